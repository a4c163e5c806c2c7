//! `/admin/oauth2/auth/requests/login`: what a login application asks and answers.

use hydra_api::{AcceptLogin, LoginRequest, RedirectTo, Reject};
use oauth_core::{
    Error,
    authorize::{LoginAccepted, Rejection},
};

use super::clients::shown;
use crate::{
    error::{ApiFailure, Reason},
    extract::{Query, RawBody, parse_answer},
    respond::Json,
    state::Shared,
};

/// The challenge, under its own name or the old one.
pub(super) fn challenge<'q>(query: &'q Query, name: &'static str) -> Result<&'q str, Error> {
    query.get(name).or_else(|| query.get("challenge")).ok_or(Error::MissingParameter(name))
}

const CHALLENGE: &str = "login_challenge";

pub(crate) async fn get(state: Shared, query: Query) -> Result<Json<LoginRequest>, ApiFailure> {
    let challenge = challenge(&query, CHALLENGE)?;
    let asked = state.provider.login_request(challenge).await.map_err(|why| ApiFailure::new(why, state.dev))?;
    Ok(Json::ok(LoginRequest {
        challenge: challenge.to_owned(),
        requested_scope: asked.requested_scope,
        requested_access_token_audience: asked.requested_audience,
        skip: asked.skip,
        subject: asked.subject,
        oidc_context: Some(asked.oidc_context),
        client: shown(asked.client),
        request_url: asked.request_url,
        session_id: asked.session,
    }))
}

pub(crate) async fn accept(state: Shared, query: Query, body: RawBody) -> Result<Json<RedirectTo>, ApiFailure> {
    let challenge = challenge(&query, CHALLENGE)?;
    let sent: AcceptLogin = parse_answer(&body.0)?;
    if sent.subject.is_empty() {
        return Err(Reason::InvalidRequest("The member 'subject' must say who logged in.".to_owned()).into());
    }
    if sent.remember_for < 0 {
        return Err(Reason::InvalidRequest("The member 'remember_for' must not be negative.".to_owned()).into());
    }
    let accepted = LoginAccepted {
        subject: sent.subject,
        remember: sent.remember,
        remember_for: sent.remember_for,
        extend_session_lifespan: sent.extend_session_lifespan,
        acr: sent.acr,
        amr: sent.amr,
        identity_provider_session_id: sent.identity_provider_session_id,
        force_subject_identifier: sent.force_subject_identifier,
        context: sent.context.map(|raw| raw.get().to_owned()),
    };
    let redirect_to =
        state.provider.accept_login(challenge, accepted).await.map_err(|why| ApiFailure::new(why, state.dev))?;
    Ok(Json::ok(RedirectTo { redirect_to }))
}

pub(crate) async fn reject(state: Shared, query: Query, body: RawBody) -> Result<Json<RedirectTo>, ApiFailure> {
    let challenge = challenge(&query, CHALLENGE)?;
    let sent: Reject = parse_answer(&body.0)?;
    let redirect_to = state
        .provider
        .reject_login(challenge, rejection(&sent, "login"))
        .await
        .map_err(|why| ApiFailure::new(why, state.dev))?;
    Ok(Json::ok(RedirectTo { redirect_to }))
}

/// An application's no. What it says for debugging stays in the log.
pub(super) fn rejection(sent: &Reject, asked: &'static str) -> Rejection {
    if !sent.error_debug.is_empty() {
        log::debug!("a {asked} was rejected: {:?}", sent.error_debug);
    }
    let status = (sent.status_code != 0).then_some(sent.status_code);
    Rejection::new(&sent.error, &sent.error_description, &sent.error_hint, status, asked)
}
