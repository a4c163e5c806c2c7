//! `/admin/oauth2/auth/requests/consent`: what a consent application asks and answers.

use hydra_api::{AcceptConsent, ConsentRequest, RedirectTo, Reject};
use oauth_core::{authorize::ConsentAccepted, token::Claims};
use serde_json::{Value, value::RawValue};

use super::{
    clients::shown,
    login::{challenge, rejection},
};
use crate::{
    error::{ApiFailure, Reason},
    extract::{Query, RawBody, parse_answer},
    respond::Json,
    state::Shared,
};

const CHALLENGE: &str = "consent_challenge";

pub(crate) async fn get(state: Shared, query: Query) -> Result<Json<ConsentRequest>, ApiFailure> {
    let challenge = challenge(&query, CHALLENGE)?;
    let asked = state.provider.consent_request(challenge).await.map_err(|why| ApiFailure::new(why, state.dev))?;
    Ok(Json::ok(ConsentRequest {
        challenge: challenge.to_owned(),
        consent_request_id: asked.id,
        requested_scope: asked.requested_scope,
        requested_access_token_audience: asked.requested_audience,
        skip: asked.skip,
        subject: asked.subject,
        oidc_context: Some(asked.oidc_context),
        client: shown(asked.client),
        request_url: asked.request_url,
        login_challenge: asked.flow,
        login_session_id: asked.session,
        acr: asked.acr,
        amr: asked.amr,
        context: raw(asked.context),
    }))
}

/// JSON text as a member.
pub(super) fn raw(json: Option<String>) -> Option<Box<RawValue>> {
    json.and_then(|json| RawValue::from_string(json).ok())
}

pub(crate) async fn accept(state: Shared, query: Query, body: RawBody) -> Result<Json<RedirectTo>, ApiFailure> {
    let challenge = challenge(&query, CHALLENGE)?;
    let sent: AcceptConsent = parse_answer(&body.0)?;
    let remember_for = i32::try_from(sent.remember_for).ok().filter(|seconds| *seconds >= 0).ok_or_else(|| {
        Reason::InvalidRequest("The member 'remember_for' must be a number of seconds from 0 to 2147483647.".to_owned())
    })?;
    must_be_exact("session.access_token", &sent.session.access_token)?;
    must_be_exact("session.id_token", &sent.session.id_token)?;
    let accepted = ConsentAccepted {
        granted_scope: sent.grant_scope,
        granted_audience: sent.grant_access_token_audience,
        remember: sent.remember,
        remember_for,
        context: sent.context.map(|raw| raw.get().to_owned()),
        id_token_claims: sent.session.id_token,
        access_token_claims: sent.session.access_token,
    };
    let redirect_to =
        state.provider.accept_consent(challenge, accepted).await.map_err(|why| ApiFailure::new(why, state.dev))?;
    Ok(Json::ok(RedirectTo { redirect_to }))
}

/// Numbers that would come back as others are refused: whole ones beyond 64 bits, and fractions so large that their digits are lost
/// (RFC 8259 §6).
fn must_be_exact(member: &str, claims: &Claims) -> Result<(), Reason> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    fn is_exact(value: &Value) -> bool {
        match value {
            Value::Number(number) => !number.is_f64() || number.as_f64().is_some_and(|n| n.abs() < EXACT),
            Value::Array(items) => items.iter().all(is_exact),
            Value::Object(members) => members.values().all(is_exact),
            _ => true,
        }
    }
    match claims.iter().find(|(_, value)| !is_exact(value)) {
        Some((name, _)) => Err(Reason::InvalidRequest(format!(
            "The member '{member}.{name}' holds a number that cannot be kept exactly. Send it as a string."
        ))),
        None => Ok(()),
    }
}

pub(crate) async fn reject(state: Shared, query: Query, body: RawBody) -> Result<Json<RedirectTo>, ApiFailure> {
    let challenge = challenge(&query, CHALLENGE)?;
    let sent: Reject = parse_answer(&body.0)?;
    let redirect_to = state
        .provider
        .reject_consent(challenge, rejection(&sent, "consent"))
        .await
        .map_err(|why| ApiFailure::new(why, state.dev))?;
    Ok(Json::ok(RedirectTo { redirect_to }))
}
