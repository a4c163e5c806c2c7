//! Settings of the protocol: `urls`, `webfinger`, `oidc`, `strategies`, `ttl`, `oauth2`.

use std::time::Duration;

use super::server::IdentityProvider;
use crate::{
    check::Settings,
    secret::SecretText,
    words::{
        AccessTokenStrategy, CodePreset, CredentialPlace, HashAlgorithm, OnReuse, Rotation, ScopeClaim, ScopeStrategy,
        SubjectType,
    },
};

/// `urls.*` as configured, variables `URLS_*`. What is not configured falls back to something else: use the methods of
/// [`Config`](crate::Config), such as [`login_url`](crate::Config::login_url), not these fields.
#[derive(Clone, Debug)]
pub struct Urls {
    /// `urls.self.issuer`.
    pub issuer: Option<String>,
    /// `urls.self.public`.
    pub public: Option<String>,
    /// `urls.self.admin`.
    pub admin: Option<String>,
    /// `urls.login`.
    pub login: Option<String>,
    /// `urls.registration`.
    pub registration: Option<String>,
    /// `urls.consent`.
    pub consent: Option<String>,
    /// `urls.logout`.
    pub logout: Option<String>,
    /// `urls.device.verification`.
    pub device_verification: Option<String>,
    /// `urls.device.success`.
    pub device_success: Option<String>,
    /// `urls.error`.
    pub error: Option<String>,
    /// `urls.post_logout_redirect`.
    pub post_logout_redirect: Option<String>,
    /// `urls.identity_provider.*`.
    pub identity_provider: IdentityProvider,
}

/// `webfinger.*`, variables `WEBFINGER_*`: what the discovery document says. The URLs fall back to our own: use the
/// methods of [`Config`](crate::Config).
#[derive(Clone, Debug)]
pub struct Webfinger {
    /// `webfinger.jwks.broadcast_keys`, always with `hydra.jwt.access-token` and `hydra.openid.id-token`, each once.
    pub broadcast_keys: Vec<String>,
    /// `webfinger.oidc_discovery.jwks_url`.
    pub jwks_url: Option<String>,
    /// `webfinger.oidc_discovery.token_url`.
    pub token_url: Option<String>,
    /// `webfinger.oidc_discovery.auth_url`.
    pub auth_url: Option<String>,
    /// `webfinger.oidc_discovery.device_authorization_url`.
    pub device_authorization_url: Option<String>,
    /// `webfinger.oidc_discovery.client_registration_url`.
    pub client_registration_url: Option<String>,
    /// `webfinger.oidc_discovery.userinfo_url`.
    pub userinfo_url: Option<String>,
    /// `sub`, then `webfinger.oidc_discovery.supported_claims`, each once.
    pub supported_claims: Vec<String>,
    /// `offline_access`, `offline`, `openid`, then `webfinger.oidc_discovery.supported_scope`, each once.
    pub supported_scope: Vec<String>,
}

/// `oidc.*`, variables `OIDC_*`.
#[derive(Clone, Debug)]
pub struct Oidc {
    /// `oidc.subject_identifiers.supported_types`: never empty, `public` before `pairwise`; `pairwise` only beside
    /// opaque access tokens and with a salt.
    pub subject_types: Vec<SubjectType>,
    /// `oidc.subject_identifiers.pairwise.salt`.
    pub pairwise_salt: Option<SecretText>,
    /// `oidc.dynamic_client_registration.enabled`.
    pub registration_enabled: bool,
    /// `oidc.dynamic_client_registration.default_scope`: of every client that is made without one.
    pub default_scope: Vec<String>,
}

/// `strategies.*`, variables `STRATEGIES_*`.
#[derive(Clone, Debug)]
pub struct Strategies {
    /// `strategies.scope`.
    pub scope: ScopeStrategy,
    /// `strategies.access_token`.
    pub access_token: AccessTokenStrategy,
    /// `strategies.jwt.scope_claim`.
    pub jwt_scope_claim: ScopeClaim,
}

/// `ttl.*`, variables `TTL_*`: how long things live.
#[derive(Clone, Debug)]
pub struct Ttl {
    /// `ttl.login_consent_request`.
    pub login_consent_request: Duration,
    /// `ttl.authentication_session`, at most 180 days.
    pub authentication_session: Duration,
    /// `ttl.access_token`.
    pub access_token: Duration,
    /// `ttl.refresh_token`; `None`: never expires.
    pub refresh_token: Option<Duration>,
    /// `ttl.id_token`.
    pub id_token: Duration,
    /// `ttl.auth_code`.
    pub auth_code: Duration,
    /// `ttl.device_user_code`.
    pub device_user_code: Duration,
}

/// `oauth2.*`, variables `OAUTH2_*`.
#[derive(Clone, Debug)]
pub struct OAuth2 {
    /// `oauth2.expose_internal_errors`.
    pub expose_internal_errors: bool,
    /// `oauth2.session.encrypt_at_rest`.
    pub session_encrypt_at_rest: bool,
    /// `oauth2.exclude_not_before_claim`.
    pub exclude_not_before_claim: bool,
    /// `oauth2.allowed_top_level_claims`.
    pub allowed_top_level_claims: Vec<String>,
    /// `oauth2.mirror_top_level_claims`.
    pub mirror_top_level_claims: bool,
    /// `oauth2.preserve_ext_claims`.
    pub preserve_ext_claims: bool,
    /// `oauth2.hashers.*`.
    pub hashers: Hashers,
    /// `oauth2.pkce.*`.
    pub pkce: Pkce,
    /// `oauth2.client_credentials.default_grant_allowed_scope`.
    pub client_credentials_default_grant_allowed_scope: bool,
    /// `oauth2.grant.*`.
    pub grant: Grant,
    /// `oauth2.token_hook`.
    pub token_hook: Option<Hook>,
    /// `oauth2.refresh_token_hook`.
    pub refresh_token_hook: Option<Hook>,
    /// `oauth2.device_authorization.*`.
    pub device_authorization: DeviceAuthorization,
}

/// `oauth2.hashers.*`: for new client secrets.
#[derive(Clone, Debug)]
pub struct Hashers {
    /// `oauth2.hashers.algorithm`.
    pub algorithm: HashAlgorithm,
    /// `oauth2.hashers.pbkdf2.iterations`.
    pub pbkdf2_iterations: u32,
    /// `oauth2.hashers.bcrypt.cost`, 4 to 31.
    pub bcrypt_cost: u32,
}

/// `oauth2.pkce.*` (RFC 7636).
#[derive(Clone, Debug)]
pub struct Pkce {
    /// `oauth2.pkce.enforced`: for every client.
    pub enforced: bool,
    /// `oauth2.pkce.enforced_for_public_clients`.
    pub enforced_for_public_clients: bool,
}

/// `oauth2.grant.*`.
#[derive(Clone, Debug)]
pub struct Grant {
    /// `oauth2.grant.refresh_token.*`.
    pub refresh_token: RefreshTokenGrant,
    /// `oauth2.grant.jwt.*`.
    pub jwt: JwtGrant,
}

/// `oauth2.grant.refresh_token.*`.
#[derive(Clone, Debug)]
pub struct RefreshTokenGrant {
    /// `rotation_grace_period`, at most 5 minutes, or 180 days with a reuse count.
    pub rotation_grace_period: Duration,
    /// `rotation_grace_reuse_count`; 0: not counted.
    pub rotation_grace_reuse_count: u32,
    /// `idempotent_window`, at most 10 minutes; `None`: the grace period counts.
    pub idempotent_window: Option<Duration>,
    /// `race_window`, at most 10 minutes.
    pub race_window: Duration,
    /// `rotation`.
    pub rotation: Rotation,
    /// `on_reuse`.
    pub on_reuse: OnReuse,
}

/// `oauth2.grant.jwt.*` (RFC 7523).
#[derive(Clone, Debug)]
pub struct JwtGrant {
    /// `jti_optional`.
    pub jti_optional: bool,
    /// `iat_optional`.
    pub iat_optional: bool,
    /// `max_ttl`.
    pub max_ttl: Duration,
    /// `omit_assertion_audience`.
    pub omit_assertion_audience: bool,
}

/// `oauth2.token_hook` or `oauth2.refresh_token_hook`.
#[derive(Clone, Debug)]
pub struct Hook {
    /// The URL, absolute.
    pub url: String,
    /// `auth.config`: the credential; `None` also if `auth.config.in` is missing, for then none is sent.
    pub auth: Option<HookAuth>,
}

/// `auth.config` of a hook.
#[derive(Clone, Debug)]
pub struct HookAuth {
    /// `in`.
    pub place: CredentialPlace,
    /// `name` of the header or cookie.
    pub name: String,
    /// `value`.
    pub value: SecretText,
}

/// `oauth2.device_authorization.*` (RFC 8628).
#[derive(Clone, Debug)]
pub struct DeviceAuthorization {
    /// `token_polling_interval`.
    pub token_polling_interval: Duration,
    /// `user_code.*`.
    pub user_code: UserCode,
}

/// `oauth2.device_authorization.user_code.*`: what user codes look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCode {
    /// How many characters.
    pub length: usize,
    /// Which characters.
    pub character_set: String,
}

impl UserCode {
    /// The codes of a preset.
    pub fn preset(preset: CodePreset) -> Self {
        let (length, characters) = match preset {
            CodePreset::High => (8, "abcdefghijkmnpqrstuvwxyzACDEFGHJKLMNPQRTUVWXY34679"),
            CodePreset::Medium => (8, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            CodePreset::Low => (9, "0123456789"),
        };
        Self { length, character_set: characters.to_owned() }
    }
}

/// A login is never remembered longer, nor a rotated token kept usable: 180 days.
pub(crate) const HALF_A_YEAR: Duration = Duration::from_secs(180 * 24 * 60 * 60);
/// An answer to a refresh is never kept longer.
const LONGEST_ANSWER: Duration = Duration::from_secs(10 * 60);
/// The longest grace period without a reuse count.
pub(crate) const SHORT_GRACE: Duration = Duration::from_secs(5 * 60);

impl Urls {
    pub(super) fn from(settings: &Settings) -> Self {
        let text = |path| settings.owned_text(path);
        Self {
            issuer: text("urls.self.issuer"),
            public: text("urls.self.public"),
            admin: text("urls.self.admin"),
            login: text("urls.login"),
            registration: text("urls.registration"),
            consent: text("urls.consent"),
            logout: text("urls.logout"),
            device_verification: text("urls.device.verification"),
            device_success: text("urls.device.success"),
            error: text("urls.error"),
            post_logout_redirect: text("urls.post_logout_redirect"),
            identity_provider: IdentityProvider::from(settings),
        }
    }
}

impl Webfinger {
    pub(super) fn from(settings: &Settings) -> Self {
        let text = |path| settings.owned_text(path);
        let list = |path| settings.list(path);
        Self {
            broadcast_keys: unique([
                list("webfinger.jwks.broadcast_keys"),
                vec!["hydra.jwt.access-token".into(), "hydra.openid.id-token".into()],
            ]),
            jwks_url: text("webfinger.oidc_discovery.jwks_url"),
            token_url: text("webfinger.oidc_discovery.token_url"),
            auth_url: text("webfinger.oidc_discovery.auth_url"),
            device_authorization_url: text("webfinger.oidc_discovery.device_authorization_url"),
            client_registration_url: text("webfinger.oidc_discovery.client_registration_url"),
            userinfo_url: text("webfinger.oidc_discovery.userinfo_url"),
            supported_claims: unique([vec!["sub".into()], list("webfinger.oidc_discovery.supported_claims")]),
            supported_scope: unique([
                vec!["offline_access".into(), "offline".into(), "openid".into()],
                list("webfinger.oidc_discovery.supported_scope"),
            ]),
        }
    }
}

fn unique(lists: [Vec<String>; 2]) -> Vec<String> {
    let mut all = Vec::new();
    for item in lists.into_iter().flatten() {
        if !all.contains(&item) {
            all.push(item);
        }
    }
    all
}

impl Oidc {
    pub(super) fn from(settings: &Settings, strategies: &Strategies) -> Self {
        let listed = settings.list("oidc.subject_identifiers.supported_types");
        let salt = settings.text("oidc.subject_identifiers.pairwise.salt");
        let possible = |subject_type: &SubjectType| match subject_type {
            SubjectType::Public => true,
            // A JWT is read by many, and can carry one subject only.
            SubjectType::Pairwise => strategies.access_token == AccessTokenStrategy::Opaque && salt.is_some(),
        };
        let mut subject_types: Vec<_> = [SubjectType::Public, SubjectType::Pairwise]
            .into_iter()
            .filter(|subject_type| listed.iter().any(|word| word == subject_type.as_str()) && possible(subject_type))
            .collect();
        if subject_types.is_empty() {
            subject_types.push(SubjectType::Public);
        }
        Self {
            subject_types,
            pairwise_salt: salt.map(SecretText::new),
            registration_enabled: settings.bool("oidc.dynamic_client_registration.enabled"),
            default_scope: settings.list("oidc.dynamic_client_registration.default_scope"),
        }
    }
}

impl Strategies {
    pub(super) fn from(settings: &Settings) -> Self {
        Self {
            scope: settings.word("strategies.scope").unwrap_or(ScopeStrategy::Wildcard),
            access_token: settings.word("strategies.access_token").unwrap_or(AccessTokenStrategy::Opaque),
            jwt_scope_claim: settings.word("strategies.jwt.scope_claim").unwrap_or(ScopeClaim::List),
        }
    }
}

impl Ttl {
    pub(super) fn from(settings: &Settings) -> Self {
        let duration = |path| settings.duration(path).unwrap_or_default();
        Self {
            login_consent_request: duration("ttl.login_consent_request"),
            authentication_session: duration("ttl.authentication_session").min(HALF_A_YEAR),
            access_token: duration("ttl.access_token"),
            refresh_token: settings.duration("ttl.refresh_token"),
            id_token: duration("ttl.id_token"),
            auth_code: duration("ttl.auth_code"),
            device_user_code: duration("ttl.device_user_code"),
        }
    }
}

impl OAuth2 {
    pub(super) fn from(settings: &Settings) -> Self {
        let bool = |path| settings.bool(path);
        let reuse_count = settings.integer("oauth2.grant.refresh_token.rotation_grace_reuse_count").unwrap_or_default();
        let grace = settings.duration("oauth2.grant.refresh_token.rotation_grace_period").unwrap_or_default();
        Self {
            expose_internal_errors: bool("oauth2.expose_internal_errors"),
            session_encrypt_at_rest: bool("oauth2.session.encrypt_at_rest"),
            exclude_not_before_claim: bool("oauth2.exclude_not_before_claim"),
            allowed_top_level_claims: settings.list("oauth2.allowed_top_level_claims"),
            mirror_top_level_claims: bool("oauth2.mirror_top_level_claims"),
            preserve_ext_claims: bool("oauth2.preserve_ext_claims"),
            hashers: Hashers {
                algorithm: settings.word("oauth2.hashers.algorithm").unwrap_or(HashAlgorithm::Pbkdf2),
                pbkdf2_iterations: settings.integer("oauth2.hashers.pbkdf2.iterations").unwrap_or(25_000),
                bcrypt_cost: settings.integer("oauth2.hashers.bcrypt.cost").unwrap_or(10),
            },
            pkce: Pkce {
                enforced: bool("oauth2.pkce.enforced"),
                enforced_for_public_clients: bool("oauth2.pkce.enforced_for_public_clients"),
            },
            client_credentials_default_grant_allowed_scope: bool(
                "oauth2.client_credentials.default_grant_allowed_scope",
            ),
            grant: Grant {
                refresh_token: RefreshTokenGrant {
                    rotation_grace_period: grace.min(longest_grace(reuse_count)),
                    rotation_grace_reuse_count: reuse_count,
                    idempotent_window: settings
                        .duration("oauth2.grant.refresh_token.idempotent_window")
                        .map(|window| window.min(LONGEST_ANSWER)),
                    race_window: settings
                        .duration("oauth2.grant.refresh_token.race_window")
                        .unwrap_or_default()
                        .min(LONGEST_ANSWER),
                    rotation: settings.word("oauth2.grant.refresh_token.rotation").unwrap_or(Rotation::Always),
                    on_reuse: settings.word("oauth2.grant.refresh_token.on_reuse").unwrap_or(OnReuse::Revoke),
                },
                jwt: JwtGrant {
                    jti_optional: bool("oauth2.grant.jwt.jti_optional"),
                    iat_optional: bool("oauth2.grant.jwt.iat_optional"),
                    max_ttl: settings.duration("oauth2.grant.jwt.max_ttl").unwrap_or_default(),
                    omit_assertion_audience: bool("oauth2.grant.jwt.omit_assertion_audience"),
                },
            },
            token_hook: Hook::from(settings, "oauth2.token_hook"),
            refresh_token_hook: Hook::from(settings, "oauth2.refresh_token_hook"),
            device_authorization: DeviceAuthorization {
                token_polling_interval: settings
                    .duration("oauth2.device_authorization.token_polling_interval")
                    .unwrap_or_default(),
                user_code: UserCode::from(settings),
            },
        }
    }
}

/// The longest grace period that goes with a reuse count.
pub(crate) fn longest_grace(reuse_count: u32) -> Duration {
    if reuse_count > 0 { HALF_A_YEAR } else { SHORT_GRACE }
}

impl UserCode {
    fn from(settings: &Settings) -> Self {
        let at = |name: &str| format!("oauth2.device_authorization.user_code.{name}");
        match (settings.integer(&at("length")), settings.text(&at("character_set"))) {
            (Some(length), Some(characters)) => Self { length, character_set: characters.to_owned() },
            _ => Self::preset(settings.word(&at("entropy_preset")).unwrap_or(CodePreset::High)),
        }
    }
}

impl Hook {
    fn from(settings: &Settings, at: &str) -> Option<Self> {
        let sub = |name: &str| format!("{at}.{name}");
        if let Some(url) = settings.text(at) {
            return Some(Self { url: url.to_owned(), auth: None });
        }
        let config = (
            settings.word(&sub("auth.config.in")),
            settings.text(&sub("auth.config.name")),
            settings.text(&sub("auth.config.value")),
        );
        let auth = match config {
            (Some(place), Some(name), Some(value)) => {
                Some(HookAuth { place, name: name.to_owned(), value: SecretText::new(value) })
            }
            _ => None,
        };
        Some(Self { url: settings.owned_text(&sub("url"))?, auth })
    }
}
