//! The client credentials grant (RFC 6749 §4.4).

use chrono::TimeDelta;

use crate::{
    Error,
    client::Client,
    error::excerpt,
    policy::Policy,
    scope,
    token::{ClientCredentials, TokenDraft},
};

/// The client asks for itself: it may ask for no more than it registered, must be confidential, and registered for the grant.
/// The order is Hydra's.
pub(crate) fn check(request: ClientCredentials, client: &Client, policy: &Policy) -> Result<TokenDraft, Error> {
    let requested_scope = scope::parse_scope(&request.scope)?;
    let allowed = || client.scope.split(' ').filter(|entry| !entry.is_empty());
    if let Some(odd) = requested_scope.iter().find(|entry| !policy.scope_strategy.any_covers(allowed(), entry)) {
        return Err(Error::ScopeNotAllowed(excerpt(odd)));
    }
    let uncovered = |wanted: &&String| !client.audience.iter().any(|entry| scope::audience_covers(entry, wanted));
    if let Some(odd) = request.audience.iter().find(uncovered) {
        return Err(Error::AudienceNotAllowed(excerpt(odd)));
    }
    if client.is_public() {
        return Err(Error::PublicClient);
    }
    if !client.may_use("client_credentials") {
        return Err(Error::GrantNotRegistered("client_credentials"));
    }
    let granted_scope = if requested_scope.is_empty() && policy.default_grant_allowed_scope {
        allowed().map(str::to_owned).collect()
    } else {
        requested_scope.clone()
    };
    Ok(TokenDraft {
        client_id: client.id.clone(),
        strategy: client.access_token_strategy.unwrap_or(policy.access_token_strategy),
        subject: client.id.as_str().to_owned(),
        requested_scope,
        granted_scope,
        requested_audience: request.audience.clone(),
        granted_audience: request.audience,
        lifespan: match client.lifespans.client_credentials_grant_access_token {
            Some(own) => TimeDelta::nanoseconds(own.as_nanos()),
            None => TimeDelta::from_std(policy.lifetimes.access_token).unwrap_or(TimeDelta::MAX),
        },
    })
}
