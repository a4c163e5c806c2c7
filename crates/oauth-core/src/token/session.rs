//! What is remembered with every token, in the JSON layout that Hydra reads and writes.
//!
//! Only what is set is written: a client-credentials session takes a third of what Hydra spends on it, and Hydra accepts
//! missing members. The member names that releases up to 1.11 used are understood as well.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A JSON object with its members in the order they came.
pub type Claims = Map<String, Value>;

/// The session of a token.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// The OpenID Connect half, and the expiry times.
    #[serde(alias = "idToken")]
    pub id_token: IdTokenSession,
    /// Claims of the access token: `session.access_token` of the consent, or what a hook answered.
    #[serde(alias = "Extra", skip_serializing_if = "Option::is_none")]
    pub extra: Option<Claims>,
    /// Key that signed a JWT access token; empty for opaque ones.
    #[serde(alias = "KID", skip_serializing_if = "String::is_empty")]
    pub kid: String,
    /// The client.
    #[serde(alias = "ClientID", skip_serializing_if = "String::is_empty")]
    pub client_id: String,
    /// Consent request id; empty outside flows with a consent.
    #[serde(alias = "ConsentChallenge", skip_serializing_if = "String::is_empty")]
    pub consent_challenge: String,
    /// Leave `nbf` out of JWT access tokens.
    #[serde(alias = "ExcludeNotBeforeClaim", skip_serializing_if = "is_false")]
    pub exclude_not_before_claim: bool,
    /// Session claims that become top-level claims of JWT access tokens.
    #[serde(
        alias = "AllowedTopLevelClaims",
        deserialize_with = "null_is_empty",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub allowed_top_level_claims: Vec<String>,
    /// Keep session claims under `ext` as well. Always written: Hydra takes a missing member for `false`.
    pub mirror_top_level_claims: bool,
    /// Without mirroring: keep the claims that were not promoted under `ext`.
    #[serde(skip_serializing_if = "is_false")]
    pub preserve_ext_claims: bool,
}

/// The OpenID Connect half of a [`Session`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IdTokenSession {
    /// Claims of the ID token.
    #[serde(alias = "Claims", skip_serializing_if = "Option::is_none")]
    pub id_token_claims: Option<IdTokenClaims>,
    /// Header members of the ID token.
    #[serde(alias = "Headers", skip_serializing_if = "Headers::is_empty")]
    pub headers: Headers,
    /// When each kind of token of this session ends. This, not the row's column, decides.
    #[serde(alias = "ExpiresAt")]
    pub expires_at: ExpiresAt,
    /// Set by the password grant only.
    #[serde(alias = "Username", skip_serializing_if = "String::is_empty")]
    pub username: String,
    /// The real, never the pairwise, subject.
    #[serde(alias = "Subject", skip_serializing_if = "String::is_empty")]
    pub subject: String,
}

/// Claims of the ID token as stored. Zero times are year 1, as Hydra writes them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each field is the claim of the same name (OIDC Core §2)")]
pub struct IdTokenClaims {
    #[serde(alias = "JTI", skip_serializing_if = "String::is_empty")]
    pub jti: String,
    #[serde(alias = "Issuer", skip_serializing_if = "String::is_empty")]
    pub iss: String,
    #[serde(alias = "Subject", skip_serializing_if = "String::is_empty")]
    pub sub: String,
    #[serde(alias = "Audience", deserialize_with = "null_is_empty", skip_serializing_if = "Vec::is_empty")]
    pub aud: Vec<String>,
    #[serde(alias = "Nonce", skip_serializing_if = "String::is_empty")]
    pub nonce: String,
    #[serde(alias = "ExpiresAt", skip_serializing_if = "Option::is_none")]
    pub exp: Option<DateTime<Utc>>,
    #[serde(alias = "IssuedAt", skip_serializing_if = "Option::is_none")]
    pub iat: Option<DateTime<Utc>>,
    #[serde(alias = "RequestedAt", skip_serializing_if = "Option::is_none")]
    pub rat: Option<DateTime<Utc>>,
    #[serde(alias = "AuthTime", skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<DateTime<Utc>>,
    #[serde(alias = "AccessTokenHash", skip_serializing_if = "String::is_empty")]
    pub at_hash: String,
    #[serde(alias = "AuthenticationContextClassReference", skip_serializing_if = "String::is_empty")]
    pub acr: String,
    #[serde(
        alias = "AuthenticationMethodsReferences",
        deserialize_with = "null_is_empty",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub amr: Vec<String>,
    #[serde(alias = "CodeHash", skip_serializing_if = "String::is_empty")]
    pub c_hash: String,
    #[serde(alias = "Extra", skip_serializing_if = "Option::is_none")]
    pub ext: Option<Claims>,
}

/// Header members of the ID token.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Headers {
    /// Holds `kid`.
    #[serde(alias = "Extra")]
    pub extra: Option<Claims>,
}

impl Headers {
    fn is_empty(&self) -> bool {
        self.extra.is_none()
    }
}

/// When each kind of token ends; `None` means: not issued, or never ends.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "each field is the kind of token of the same name")]
pub struct ExpiresAt {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorize_code: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_code: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_code: Option<DateTime<Utc>>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// Go writes a nil slice as `null`.
fn null_is_empty<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::deserialize(value)?.unwrap_or_default())
}
