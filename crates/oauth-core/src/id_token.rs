//! ID tokens (OIDC Core §2): made from the session of a login, and read back as hints.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;
use token_jwt::SigningKey;

use crate::{
    Error, Provider,
    secret::{AccessToken, AuthorizationCode, IdToken, PresentedToken},
    storage::Storage,
    token::{Claims, IdTokenClaims, Session},
};

/// What an ID token is issued together with, and vouches for.
#[derive(Default)]
pub(crate) struct IdTokenParts<'t> {
    /// `at_hash`.
    pub(crate) access_token: Option<&'t AccessToken>,
    /// `c_hash`.
    pub(crate) code: Option<&'t AuthorizationCode>,
}

/// Claims that the consent application cannot set: they say who vouches for whom, and when.
const STANDARD: [&str; 15] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "jti",
    "nonce",
    "auth_time",
    "at_hash",
    "c_hash",
    "acr",
    "amr",
    "rat",
    "azp",
    "nbf",
];

impl<S: Storage> Provider<S> {
    /// Mints an ID token from the claims of a session, signed with this key.
    pub(crate) async fn mint_id_token(
        &self,
        session: &Session,
        parts: IdTokenParts<'_>,
        key: Arc<SigningKey>,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<IdToken, Error> {
        let hash = |text: Option<&str>| text.map(|text| token_jwt::left_half_hash(key.algorithm(), text));
        let Some(own) = &session.id_token.id_token_claims else {
            return Err(Error::Internal("the session of a login has no claims for its ID token".to_owned()));
        };
        let c_hash = hash(parts.code.map(|code| code.expose()));
        let claims = IdTokenClaims {
            at_hash: hash(parts.access_token.map(|token| token.expose())).unwrap_or_default(),
            c_hash: c_hash.unwrap_or_else(|| own.c_hash.clone()),
            jti: self.random().uuid().to_string(),
            iat: Some(now),
            exp: Some(expires_at),
            ..own.clone()
        };
        let claims = flat(&claims);
        let signed = self.slow().run(move || key.sign(&claims)).await?;
        signed.map(IdToken::new).map_err(|why| Error::Internal(format!("signing an ID token failed: {why}")))
    }

    /// The claims of an ID token that this server issued, expired or not (OIDC Core §3.1.2.1). Any published key verifies: one
    /// that no longer signs did so once.
    pub(crate) async fn claims_of_own_id_token(&self, token: &PresentedToken) -> Result<Claims, Error> {
        let payload = self.verify_id_token(token.expose()).await?;
        let payload = payload.ok_or(Error::BadIdTokenHint("it was not issued here"))?;
        let claims: Claims =
            serde_json::from_slice(&payload).map_err(|_| Error::BadIdTokenHint("it holds no claims"))?;
        if claims.get("iss").and_then(Value::as_str) != Some(&self.policy().issuer) {
            return Err(Error::BadIdTokenHint("its 'iss' is another issuer"));
        }
        Ok(claims)
    }

    /// `sub` of an `id_token_hint`.
    pub(crate) async fn subject_of_hint(&self, hint: &PresentedToken) -> Result<String, Error> {
        let claims = self.claims_of_own_id_token(hint).await?;
        let subject = claims.get("sub").and_then(Value::as_str).filter(|subject| !subject.is_empty());
        subject.map(str::to_owned).ok_or(Error::BadIdTokenHint("it has no 'sub'"))
    }
}

/// The claims as one object, sorted by name: those of the consent application, and over them the standard ones. A standard claim that
/// is not set is not there at all.
pub(crate) fn flat(claims: &IdTokenClaims) -> Claims {
    let text = |text: &str| (!text.is_empty()).then(|| Value::from(text));
    let time =
        |moment: Option<DateTime<Utc>>| moment.filter(|moment| moment.timestamp() > 0).map(|m| m.timestamp().into());
    let list = |list: &[String]| (!list.is_empty()).then(|| Value::from(list.to_vec()));
    let standard = [
        ("iss", text(&claims.iss)),
        ("sub", text(&claims.sub)),
        ("aud", Some(Value::from(claims.aud.clone()))),
        ("exp", time(claims.exp)),
        ("iat", time(claims.iat)),
        ("jti", text(&claims.jti)),
        ("nonce", text(&claims.nonce)),
        ("auth_time", time(claims.auth_time)),
        ("at_hash", text(&claims.at_hash)),
        ("c_hash", text(&claims.c_hash)),
        ("acr", text(&claims.acr)),
        ("amr", list(&claims.amr)),
        ("rat", time(claims.rat)),
    ];
    let own = claims.ext.iter().flatten().filter(|(name, _)| !STANDARD.contains(&name.as_str()));
    let mut members: Vec<(String, Value)> = own.map(|(name, value)| (name.clone(), value.clone())).collect();
    members.extend(standard.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    members.into_iter().collect()
}
