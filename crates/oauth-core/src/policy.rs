//! Settings of the rules: plain data, read once from the configuration.

use std::time::Duration;

use crate::{client::AccessTokenStrategy, ids::KeySetName, scope::ScopeStrategy};

/// What an operator decided.
#[derive(Clone, Debug)]
pub struct Policy {
    /// `iss` of every token, exactly as configured.
    pub issuer: String,
    /// Base of the public endpoints.
    pub public_url: String,
    /// How scopes are compared.
    pub scope_strategy: ScopeStrategy,
    /// Format of access tokens for clients that registered none.
    pub access_token_strategy: AccessTokenStrategy,
    /// How JWT access tokens name their scope.
    pub jwt_scope_claim: ScopeClaim,
    /// Lifetimes that a client does not override.
    pub lifetimes: Lifetimes,
    /// Grant a client's whole scope when it asks for none.
    pub default_grant_allowed_scope: bool,
    /// Which claims JWT access tokens carry.
    pub jwt_claims: JwtClaims,
    /// Scope of clients registered without one.
    pub default_client_scope: Vec<String>,
    /// Whether `public` and `pairwise` subjects are served.
    pub subject_types: SubjectTypes,
    /// How new client secrets are hashed.
    pub secret_hashing: SecretHashing,
    /// Key sets published besides the two that sign tokens.
    pub broadcast_keys: Vec<KeySetName>,
    /// Outgoing requests must not reach private addresses.
    pub disallow_private_ip_ranges: bool,
    /// Answer like Hydra where its answer is a judgement call, while both run side by side.
    pub compat_hydra: bool,
}

/// Lifetimes of what is issued.
#[derive(Clone, Debug)]
pub struct Lifetimes {
    /// `ttl.access_token`.
    pub access_token: Duration,
    /// `ttl.refresh_token`; `None` never ends.
    pub refresh_token: Option<Duration>,
}

/// `strategies.jwt.scope_claim`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeClaim {
    /// `scp`, a list.
    List,
    /// `scope`, one text.
    Text,
    /// Both.
    Both,
}

/// Claims of JWT access tokens (`oauth2.*`).
#[derive(Clone, Debug)]
pub struct JwtClaims {
    /// Leave `nbf` out.
    pub exclude_not_before: bool,
    /// Session claims promoted to the top level.
    pub allowed_top_level: Vec<String>,
    /// Keep all session claims under `ext`.
    pub mirror_top_level: bool,
    /// Without mirroring: keep what was not promoted under `ext`.
    pub preserve_ext: bool,
}

/// `oidc.subject_identifiers.supported_types`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectTypes {
    /// `public`.
    pub public: bool,
    /// `pairwise`; never together with JWT access tokens.
    pub pairwise: bool,
}

/// `oauth2.hashers`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretHashing {
    /// PBKDF2-HMAC-SHA256.
    Pbkdf2 {
        /// Rounds.
        iterations: u32,
    },
    /// bcrypt.
    Bcrypt {
        /// Cost, 4 to 31.
        cost: u32,
    },
}

/// Keys that sign ID tokens.
pub const ID_TOKEN_KEYS: &str = "hydra.openid.id-token";
/// Keys that sign JWT access tokens.
pub const ACCESS_TOKEN_KEYS: &str = "hydra.jwt.access-token";
