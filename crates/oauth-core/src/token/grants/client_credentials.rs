//! The client credentials grant (RFC 6749 §4.4).

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    Error,
    client::{AccessTokenStrategy, Client, SigningChoice},
    ids::{ClientId, RequestId},
    policy::Policy,
    scope,
    token::{
        Authorization, ClientCredentials, IdTokenClaims, IdTokenSession, Session, TokenDraft, lifespan, strategy_of,
    },
};

/// What a client gets for itself.
pub(crate) struct Granted {
    client_id: ClientId,
    requested_scope: Vec<String>,
    granted_scope: Vec<String>,
    audience: Vec<String>,
    strategy: AccessTokenStrategy,
    lifespan: chrono::TimeDelta,
}

/// The client asks for itself: it may ask for no more than it registered, must be confidential, and registered for the grant.
/// The order is Hydra's.
pub(crate) fn check(request: ClientCredentials, client: &Client, policy: &Policy) -> Result<Granted, Error> {
    let requested_scope = scope::parse_scope(&request.scope)?;
    scope::must_be_allowed(&requested_scope, client, policy.scope_strategy)?;
    scope::audience_must_be_allowed(&request.audience, client)?;
    if client.is_public() {
        return Err(Error::PublicClient);
    }
    if !client.may_use("client_credentials") {
        return Err(Error::GrantNotRegistered("client_credentials"));
    }
    let granted_scope = if requested_scope.is_empty() && policy.default_grant_allowed_scope {
        client.scopes().map(str::to_owned).collect()
    } else {
        requested_scope.clone()
    };
    Ok(Granted {
        client_id: client.id.clone(),
        requested_scope,
        granted_scope,
        audience: request.audience,
        strategy: strategy_of(client, policy),
        lifespan: lifespan(client.lifespans.client_credentials_grant_access_token, policy.lifetimes.access_token),
    })
}

impl Granted {
    /// An authorization of its own, without a user: the client speaks for itself.
    pub(crate) fn for_nobody_else(self, request_id: Uuid, policy: &Policy, now: DateTime<Utc>) -> TokenDraft {
        let subject = self.client_id.as_str().to_owned();
        let claims = IdTokenClaims { iss: policy.issuer.clone(), iat: Some(now), ..IdTokenClaims::default() };
        let session = Session {
            id_token: IdTokenSession {
                id_token_claims: Some(claims),
                subject: subject.clone(),
                ..IdTokenSession::default()
            },
            ..Session::begin(&self.client_id, policy)
        };
        TokenDraft {
            authorization: Authorization {
                request_id: RequestId::new(request_id.to_string()),
                challenge_id: None,
                client_id: self.client_id,
                subject,
                requested_scope: self.requested_scope,
                granted_scope: self.granted_scope,
                requested_audience: self.audience.clone(),
                granted_audience: self.audience,
                session,
            },
            narrowed_scope: None,
            strategy: self.strategy,
            access_lifespan: self.lifespan,
            refresh: None,
            id_token_lifespan: None,
            signing: SigningChoice::default(),
        }
    }
}
