//! The client credentials grant (RFC 6749 §4.4).

use crate::{
    Error,
    client::Client,
    policy::Policy,
    scope,
    token::{ClientCredentials, TokenDraft},
};

/// The client asks for itself: it must be confidential and registered for the grant, and may ask for no more than it
/// registered.
pub(crate) fn check(request: ClientCredentials, client: &Client, policy: &Policy) -> Result<TokenDraft, Error> {
    if !client.may_use("client_credentials") {
        return Err(Error::GrantNotRegistered("client_credentials"));
    }
    if client.is_public() {
        return Err(Error::PublicClient);
    }
    let allowed = || client.scope.split(' ').filter(|entry| !entry.is_empty());
    if let Some(odd) = request.scope.iter().find(|entry| !policy.scope_strategy.any_covers(allowed(), entry)) {
        return Err(Error::ScopeNotAllowed(odd.clone()));
    }
    let covered = |wanted: &&String| !client.audience.iter().any(|entry| scope::audience_covers(entry, wanted));
    if let Some(odd) = request.audience.iter().find(covered) {
        return Err(Error::AudienceNotAllowed(odd.escape_default().to_string()));
    }
    let mut granted_scope = request.scope.clone();
    if granted_scope.is_empty() && policy.default_grant_allowed_scope {
        granted_scope = allowed().map(str::to_owned).collect();
    }
    let lifespan = client.lifespans.client_credentials_grant_access_token;
    Ok(TokenDraft {
        client_id: client.id.clone(),
        strategy: client.access_token_strategy.unwrap_or(policy.access_token_strategy),
        subject: client.id.as_str().to_owned(),
        requested_scope: request.scope,
        granted_scope,
        requested_audience: request.audience.clone(),
        granted_audience: request.audience,
        lifespan: lifespan.map_or_else(
            || chrono::TimeDelta::from_std(policy.lifetimes.access_token).unwrap_or(chrono::TimeDelta::MAX),
            |own| chrono::TimeDelta::nanoseconds(own.as_nanos()),
        ),
    })
}
