//! `/admin/oauth2/auth/requests/logout`: what a logout application asks and answers. Without a challenge there is nothing to find,
//! which is how Hydra says it here.

use hydra_api::{LogoutRequest, RedirectTo};

use super::clients::shown;
use crate::{
    error::ApiFailure,
    extract::Query,
    respond::{Json, NoContent},
    state::Shared,
};

fn challenge(query: &Query) -> &str {
    query.get("logout_challenge").or_else(|| query.get("challenge")).unwrap_or_default()
}

pub(crate) async fn get(state: Shared, query: Query) -> Result<Json<LogoutRequest>, ApiFailure> {
    let challenge = challenge(&query);
    let asked = state.provider.logout_request(challenge).await.map_err(|why| ApiFailure::new(why, state.dev))?;
    Ok(Json::ok(LogoutRequest {
        challenge: challenge.to_owned(),
        subject: asked.subject,
        sid: asked.session,
        request_url: asked.request_url,
        rp_initiated: asked.rp_initiated,
        expires_at: Some(asked.expires_at),
        requested_at: Some(asked.requested_at),
        client: asked.client.map(shown),
    }))
}

pub(crate) async fn accept(state: Shared, query: Query) -> Result<Json<RedirectTo>, ApiFailure> {
    let redirect_to =
        state.provider.accept_logout(challenge(&query)).await.map_err(|why| ApiFailure::new(why, state.dev))?;
    Ok(Json::ok(RedirectTo { redirect_to }))
}

pub(crate) async fn reject(state: Shared, query: Query) -> Result<NoContent, ApiFailure> {
    state.provider.reject_logout(challenge(&query)).await.map_err(|why| ApiFailure::new(why, state.dev))?;
    Ok(NoContent)
}
