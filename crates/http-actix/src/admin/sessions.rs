//! `/admin/oauth2/auth/sessions`: consents that users gave, and their logins.

use hydra_api::{ConsentClaims, ConsentRequest, ConsentSession};
use oauth_core::{
    Error,
    client::Client,
    ids::{ClientId, LoginSessionId, RequestId},
    sessions::Revocation,
    storage::{ConsentRecord, ConsentSelection},
};

use super::{
    clients::{page_query, page_size, shown},
    consent::raw,
};
use crate::{
    error::{ApiFailure, Reason},
    extract::Query,
    respond::{Json, NoContent},
    state::Shared,
};

pub(crate) async fn list_consents(state: Shared, query: Query) -> Result<Json<Vec<ConsentSession>>, ApiFailure> {
    let subject = query.get("subject").ok_or(Error::MissingParameter("subject"))?.to_owned();
    let size = page_size(query.get("page_size")).map_err(|why| Reason::InvalidRequest(why.description()))?;
    let session = query.get("login_session_id").map(LoginSessionId::new);
    let page = state.provider.list_consents(subject, session, size, query.get("page_token")).await;
    let page = page.map_err(|why| match why {
        Error::BadPageToken(_) => Reason::InvalidRequest(why.to_string()),
        other => other.into(),
    })?;
    let link = |token: &str, rel: &str| {
        format!("</admin/oauth2/auth/sessions/consent?{}>; rel=\"{rel}\"", page_query(&query, size, token))
    };
    let mut links = link(&page.first, "first");
    if let Some(next) = &page.next {
        links = format!("{links},{}", link(next, "next"));
    }
    let list: Vec<_> = page.consents.into_iter().map(|(consent, client)| session_json(consent, client)).collect();
    // Hydra names no pages where there is nothing.
    Ok(if list.is_empty() { Json::ok(list) } else { Json::ok(list).with_link(links) })
}

fn session_json(consent: ConsentRecord, client: Client) -> ConsentSession {
    let request = ConsentRequest {
        challenge: String::new(),
        consent_request_id: consent.id.as_str().to_owned(),
        requested_scope: consent.requested_scope,
        requested_access_token_audience: consent.requested_audience,
        skip: consent.skip,
        subject: consent.subject,
        oidc_context: Some(consent.oidc_context),
        client: shown(client),
        request_url: consent.request_url,
        login_challenge: consent.flow.as_str().to_owned(),
        login_session_id: consent.session.map(|id| id.as_str().to_owned()).unwrap_or_default(),
        acr: consent.acr,
        amr: consent.amr,
        context: raw(consent.context.clone()),
    };
    ConsentSession {
        consent_request_id: consent.id.as_str().to_owned(),
        grant_scope: consent.granted_scope,
        grant_access_token_audience: consent.granted_audience,
        session: ConsentClaims { access_token: consent.access_token_claims, id_token: consent.id_token_claims },
        remember: consent.remember,
        remember_for: consent.remember_for.into(),
        handled_at: consent.handled_at,
        context: raw(consent.context),
        consent_request: request,
    }
}

pub(crate) async fn revoke_consents(state: Shared, query: Query) -> Result<NoContent, ApiFailure> {
    let all = query.get("all") == Some("true");
    let which = match (query.get("consent_request_id"), query.get("subject"), query.get("client")) {
        (Some(id), None, None) => Revocation::One(RequestId::new(id)),
        (_, Some(subject), Some(client)) if !all => {
            Revocation::Of(ConsentSelection::SubjectAt(subject.to_owned(), ClientId::new(client)))
        }
        (_, Some(subject), None) if all => Revocation::Of(ConsentSelection::Subject(subject.to_owned())),
        _ => {
            return Err(Reason::InvalidRequest(
                "Say whose consents are to be revoked: 'subject' with 'client', or 'subject' with 'all=true', or \
                 'consent_request_id' alone."
                    .to_owned(),
            )
            .into());
        }
    };
    state.provider.revoke_consents(which).await?;
    Ok(NoContent)
}

pub(crate) async fn end_logins(state: Shared, query: Query) -> Result<NoContent, ApiFailure> {
    match (query.get("sid"), query.get("subject")) {
        (Some(id), _) => state.provider.end_login_session(LoginSessionId::new(id)).await?,
        (None, Some(subject)) => state.provider.end_login_sessions_of(subject.to_owned()).await?,
        (None, None) => return Err(Error::MissingParameter("subject").into()),
    }
    Ok(NoContent)
}
