//! The token endpoint: from a parsed [`TokenRequest`] to a [`TokenResponse`].
//!
//! Start at [`Provider::token`]. A grant only *checks* and returns a draft; tokens are minted in `issue` alone. Parsing forms
//! and choosing status codes happen in the HTTP crate, not here.

mod grants;
mod issue;
mod request;
mod session;

pub use issue::{TokenDraft, TokenResponse};
pub use request::{ClientCredentials, Form, Grant, IntrospectionRequest, RevocationRequest, TokenHint, TokenRequest};
pub use session::{Claims, ExpiresAt, Headers, IdTokenClaims, IdTokenSession, Session};

use crate::{Error, Provider, storage::Storage};

impl<S: Storage> Provider<S> {
    /// Answers a token request (RFC 6749 §3.2): authenticate → check → issue, for every grant.
    pub async fn token(&self, request: TokenRequest) -> Result<TokenResponse, Error> {
        let client = self.authenticate(request.credentials).await?;
        let now = self.now();
        let draft = match request.grant {
            Grant::ClientCredentials(parameters) => {
                grants::client_credentials::check(parameters, &client, self.policy())?
            }
            Grant::NotServed(name) if !client.may_use(name) => return Err(Error::GrantNotRegistered(name)),
            Grant::NotServed(name) => return Err(Error::UnsupportedGrantType(name.to_owned())),
        };
        self.issue(draft, request.form_data, now).await
    }
}
