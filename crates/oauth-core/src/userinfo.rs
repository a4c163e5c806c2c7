//! The UserInfo endpoint (OIDC Core §5.3): what an access token says about the user who allowed it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;
use token_jwt::SigningKey;

use crate::{
    Error, Provider,
    client::userinfo_algorithm,
    id_token::flat,
    introspect::KnownToken,
    scope::is_granted,
    secret::PresentedToken,
    storage::{AccessTokenRecord, Storage},
    token::{Claims, IdTokenClaims, TokenHint},
};

/// An answer of the UserInfo endpoint.
#[derive(Debug)]
pub enum UserInfo {
    /// Plain claims.
    Claims(Claims),
    /// A signed JWT, for clients that registered `userinfo_signed_response_alg` (OIDC Core §5.3.2). Tells who somebody is.
    Signed(crate::secret::IdToken),
}

impl<S: Storage> Provider<S> {
    /// Says who allowed the token. It must be an access token with the scope `openid` of a user: a client that speaks for itself is
    /// nobody (OIDC Core §5.3.1).
    pub async fn userinfo(&self, token: Option<PresentedToken>) -> Result<UserInfo, Error> {
        let token = token.ok_or(Error::NoAccessToken)?;
        let grant = self.living_access_token(&token).await?.grant;
        let is_openid = is_granted(&grant.granted_scope, "openid");
        if !is_openid && !self.policy().compat_hydra {
            return Err(Error::InsufficientScope("openid"));
        }
        let client = self.storage().client(grant.client_id.clone()).await?;
        let client = client.ok_or(Error::InvalidAccessToken)?;
        let own = grant.session.id_token.id_token_claims.unwrap_or_default();
        if own.sub.is_empty() && !self.policy().compat_hydra {
            return Err(Error::NoUser);
        }
        let mut aud = own.aud.clone();
        if !aud.iter().any(|entry| entry == client.id.as_str()) {
            aud.push(client.id.as_str().to_owned());
        }
        // What belongs to one ID token, or to one session, is left out.
        let mut claims = flat(&IdTokenClaims {
            nonce: String::new(),
            at_hash: String::new(),
            c_hash: String::new(),
            jti: String::new(),
            exp: None,
            aud,
            ..own
        });
        claims.shift_remove("sid");
        match client.userinfo_signed_response_alg.as_str() {
            "" | "none" => Ok(UserInfo::Claims(claims)),
            _ => {
                let key = self.id_token_key(userinfo_algorithm(&client)).await?;
                self.sign_userinfo(claims, key, self.now()).await.map(UserInfo::Signed)
            }
        }
    }

    /// The row of an access token that is good at this moment.
    pub(crate) async fn living_access_token(&self, token: &PresentedToken) -> Result<AccessTokenRecord, Error> {
        let found = self.find_token(token, TokenHint::Access).await?;
        let expired = |known: &KnownToken| self.expiry(known).is_some_and(|end| end <= self.now());
        match found {
            Some(known) if !known.grant().active || expired(&known) => Err(Error::InvalidAccessToken),
            Some(KnownToken::Access(record)) => Ok(record),
            Some(KnownToken::Refresh(_)) | None => Err(Error::InvalidAccessToken),
        }
    }

    async fn sign_userinfo(
        &self,
        mut claims: Claims,
        key: Arc<SigningKey>,
        now: DateTime<Utc>,
    ) -> Result<crate::secret::IdToken, Error> {
        claims.insert("iat".to_owned(), Value::from(now.timestamp()));
        claims.insert("jti".to_owned(), Value::from(self.random().uuid().to_string()));
        let claims = crate::token::sorted(claims);
        let signed = self.slow().run(move || key.sign(&claims)).await?;
        signed
            .map(crate::secret::IdToken::new)
            .map_err(|why| Error::Internal(format!("signing an answer about a user failed: {why}")))
    }
}
