//! The token endpoint: from a parsed [`TokenRequest`] to a [`TokenResponse`].
//!
//! Start at [`Provider::token`]. A grant *checks* and returns a draft; tokens are minted in `issue` alone, and stored in one job
//! together with spending what they were bought with. Parsing forms and choosing status codes happen in the HTTP crate, not here.

mod grants;
mod issue;
mod pkce;
mod refresh;
mod request;
mod session;

use std::time::Duration;

use chrono::TimeDelta;
use go_duration::GoDuration;

pub use issue::TokenResponse;
pub(crate) use issue::{Authorization, RefreshExpiry, TokenDraft, later, sorted, strategy_of};
pub(crate) use request::harmless;
pub use request::{
    AuthorizationCodeGrant, ClientCredentials, Form, Grant, IntrospectionRequest, RefreshGrant, RevocationRequest,
    TokenHint, TokenRequest,
};
pub use session::{Claims, ExpiresAt, Headers, IdTokenClaims, IdTokenSession, Session};

use crate::{
    Error, Provider,
    storage::{Storage, StorageError},
};

impl<S: Storage> Provider<S> {
    /// Answers a token request (RFC 6749 §3.2): authenticate → check → issue, for every grant.
    pub async fn token(&self, request: TokenRequest) -> Result<TokenResponse, Error> {
        // Whether a call raced with another is judged by when it came in, not by how long its secret was looked at.
        let arrived = self.now();
        let method = request.credentials.method();
        let client = self.authenticate(request.credentials).await?;
        let now = self.now();
        match request.grant {
            Grant::ClientCredentials(parameters) => {
                let draft = grants::client_credentials::check(parameters, &client, self.policy())?;
                let draft = draft.for_nobody_else(self.random().uuid_of(now), self.policy(), now);
                let issued = self.mint(draft, request.form_data, now).await?;
                match self.storage().add_access_token(issued.access).await {
                    Ok(()) => Ok(issued.response),
                    // The client was deleted after it was authenticated.
                    Err(StorageError::MissingParent) => Err(Error::ClientRefused),
                    Err(other) => Err(other.into()),
                }
            }
            Grant::AuthorizationCode(parameters) => {
                self.redeem_code(parameters, &client, request.form_data, arrived).await
            }
            Grant::RefreshToken(parameters) => {
                self.refresh(parameters, &client, &method, request.form_data, arrived).await
            }
        }
    }
}

/// A lifespan that a client may have of its own.
pub(crate) fn lifespan(own: Option<GoDuration>, default: Duration) -> TimeDelta {
    match own {
        Some(own) => TimeDelta::nanoseconds(own.as_nanos()),
        None => TimeDelta::from_std(default).unwrap_or(TimeDelta::MAX),
    }
}
