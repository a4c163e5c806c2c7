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
    /// Addresses of the token endpoint: what a client assertion may call us besides the issuer (RFC 7523 §3).
    pub token_urls: Vec<String>,
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
    /// Development mode: plain http is fine, and errors say more.
    pub dev: bool,
    /// Where browsers are sent.
    pub pages: Pages,
    /// When PKCE is required.
    pub pkce: Pkce,
    /// How refresh tokens rotate.
    pub refresh: RefreshRotation,
    /// Mixed into pairwise subject identifiers.
    pub pairwise_salt: PairwiseSalt,
    /// What cookies are sent with; the rules only look at it to explain why one did not come back.
    pub cookies: Cookies,
}

/// Addresses of pages, absolute or paths from the root.
#[derive(Clone, Debug)]
pub struct Pages {
    /// The authorization endpoint as browsers reach it.
    pub authorization: String,
    /// The logout endpoint as browsers reach it.
    pub end_session: String,
    /// `urls.login`.
    pub login: String,
    /// `urls.registration`: the login page for `prompt=registration`.
    pub registration: String,
    /// `urls.consent`.
    pub consent: String,
    /// `urls.logout`.
    pub logout: String,
    /// `urls.post_logout_redirect`.
    pub post_logout: String,
}

/// `oauth2.pkce` (RFC 7636).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pkce {
    /// For every client.
    pub enforced: bool,
    /// For clients without a secret.
    pub enforced_for_public_clients: bool,
}

/// `oauth2.grant.refresh_token`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshRotation {
    /// How long after its rotation a token gets the same answer again, when the first one was lost.
    pub idempotent_window: Duration,
    /// How long an answer is kept for calls that raced with the one that rotated.
    pub race_window: Duration,
    /// Hydra's own grace period, in which each use gives a pair of its own: only with a reuse count, or side by side with Hydra.
    pub fork: Option<Forking>,
    /// Which tokens rotate.
    pub rotation: Rotation,
    /// What a second use outside every window costs.
    pub on_reuse: OnReuse,
}

/// Hydra's grace period (`rotation_grace_period`, `rotation_grace_reuse_count`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forking {
    /// Counted from the first use.
    pub period: Duration,
    /// How many uses there may be in all; 0: any number.
    pub uses: u32,
}

/// `oauth2.grant.refresh_token.rotation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// Every token, at every use.
    Always,
    /// Those of clients without a secret.
    PublicClients,
    /// None: the token stays and is repeated in the answer.
    Never,
}

/// `oauth2.grant.refresh_token.on_reuse`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnReuse {
    /// The whole authorization ends.
    Revoke,
    /// A client that proved who it is is only refused; others lose the authorization as well.
    Refuse,
}

/// `oidc.subject_identifiers.pairwise.salt`. Whoever knows it can test guesses at who hides behind an identifier.
#[derive(Clone, Default)]
pub struct PairwiseSalt(pub String);

impl std::fmt::Debug for PairwiseSalt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PairwiseSalt(…)")
    }
}

/// `serve.cookies`, as far as it explains a cookie that is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cookies {
    /// `Domain`, if one is configured.
    pub domain: Option<String>,
    /// Whether they carry `Secure`.
    pub secure: bool,
    /// Whether they carry `SameSite=None`.
    pub same_site_none: bool,
}

/// Lifetimes of what is issued.
#[derive(Clone, Debug)]
pub struct Lifetimes {
    /// `ttl.access_token`.
    pub access_token: Duration,
    /// `ttl.refresh_token`; `None` never ends.
    pub refresh_token: Option<Duration>,
    /// `ttl.id_token`.
    pub id_token: Duration,
    /// `ttl.auth_code`.
    pub auth_code: Duration,
    /// `ttl.login_consent_request`: for login and consent together, and for logouts.
    pub login_consent_request: Duration,
    /// `ttl.authentication_session`.
    pub authentication_session: Duration,
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
