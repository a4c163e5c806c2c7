//! Keys about the protocol: URLs, discovery, lifetimes, OAuth2 and OpenID Connect rules.

use super::{
    Default::{From, Is, None},
    Group, Item, Key,
    Kind::*,
    keys,
};
use crate::words::{
    AccessTokenStrategy, CodePreset, CredentialPlace, HOOK_AUTH, HashAlgorithm, OnReuse, Rotation, ScopeClaim,
    ScopeStrategy, SubjectType,
};

pub(super) const URLS: Group = Group {
    title: "URLs",
    keys: keys! {
        "urls.self.issuer"; Url; From("the public listener, such as `http://localhost:4444/` with `--dev`");
            "Who we are: the `iss` of every token, used exactly as given. `https` outside development mode." =>
        "urls.self.public"; Url; From("`urls.self.issuer`"); "Where browsers and clients reach the public endpoints." =>
        "urls.self.admin"; Url; From("the admin listener"); "Where your services reach the admin endpoints." =>
        "urls.login"; UrlReference; From("`{public}/oauth2/fallbacks/login`"); "Your login page." =>
        "urls.registration"; UrlReference; From("`urls.login`"); "Your sign-up page, for `prompt=registration`." =>
        "urls.consent"; UrlReference; From("`{public}/oauth2/fallbacks/consent`"); "Your consent page." =>
        "urls.logout"; UrlReference; From("`{public}/oauth2/fallbacks/logout`"); "Your logout page." =>
        "urls.device.verification"; UrlReference; From("`{public}/oauth2/fallbacks/device`"); "Your page for entering a device's user code." =>
        "urls.device.success"; UrlReference; From("`{public}/oauth2/fallbacks/device/done`"); "Your page after a device login." =>
        "urls.error"; UrlReference; From("`{public}/oauth2/fallbacks/error`"); "Your error page." =>
        "urls.post_logout_redirect"; UrlReference; From("`{public}/oauth2/fallbacks/logout/callback`");
            "Where a logout ends that names no page of its own." =>
        "urls.identity_provider.url"; Url; None; "Ory Kratos' admin API: sessions end there too when a user logs out." =>
        "urls.identity_provider.publicUrl"; Url; None; "Ory Kratos' public API." =>
        "urls.identity_provider.headers"; TextMap; None; "Headers for calls to Ory Kratos' admin API."; secret =>
    },
};

pub(super) const DISCOVERY: Group = Group {
    title: "Discovery",
    keys: keys! {
        "webfinger.jwks.broadcast_keys"; List(Item::Text); Is("hydra.openid.id-token");
            "Key sets shown at `/.well-known/jwks.json`. `hydra.jwt.access-token` and `hydra.openid.id-token` are always among them." =>
        "webfinger.oidc_discovery.jwks_url"; UrlReference; From("`{issuer}/.well-known/jwks.json`"); "The advertised `jwks_uri`." =>
        "webfinger.oidc_discovery.token_url"; UrlReference; From("`{public}/oauth2/token`");
            "The advertised `token_endpoint`, also an accepted audience of client assertions." =>
        "webfinger.oidc_discovery.auth_url"; UrlReference; From("`{public}/oauth2/auth`"); "The advertised `authorization_endpoint`." =>
        "webfinger.oidc_discovery.device_authorization_url"; UrlReference; From("`{public}/oauth2/device/auth`");
            "The advertised `device_authorization_endpoint`." =>
        "webfinger.oidc_discovery.client_registration_url"; UrlReference; From("`{public}/oauth2/register` if registration is enabled");
            "The advertised `registration_endpoint`." =>
        "webfinger.oidc_discovery.userinfo_url"; UrlReference; From("`{public}/userinfo`"); "The advertised `userinfo_endpoint`." =>
        "webfinger.oidc_discovery.supported_claims"; List(Item::Text); Is(""); "Advertised claims, after `sub`." =>
        "webfinger.oidc_discovery.supported_scope"; List(Item::Text); Is("");
            "Advertised scopes, after `offline_access`, `offline` and `openid`." =>
    },
};

pub(super) const OIDC: Group = Group {
    title: "OpenID Connect",
    keys: keys! {
        "oidc.subject_identifiers.supported_types"; List(Item::OneOf(SubjectType::WORDS)); Is("public");
            "Whether `sub` is the same for every client, differs per sector, or the client chooses." =>
        "oidc.subject_identifiers.pairwise.salt"; Text; None;
            "Mixed into pairwise subjects; at least 8 characters. Changing it changes every such `sub`."; secret =>
        "oidc.dynamic_client_registration.enabled"; Bool; Is("false"); "Let anybody register clients at `/oauth2/register`." =>
        "oidc.dynamic_client_registration.default_scope"; List(Item::Text); Is("offline_access,offline,openid");
            "The scope of clients that are made without one, by whichever way." =>
    },
};

pub(super) const STRATEGIES: Group = Group {
    title: "Strategies",
    keys: keys! {
        "strategies.scope"; OneOf(ScopeStrategy::WORDS); Is("wildcard"); "How scopes are matched." =>
        "strategies.access_token"; OneOf(AccessTokenStrategy::WORDS); Is("opaque");
            "What access tokens are; a client's own `access_token_strategy` comes first." =>
        "strategies.jwt.scope_claim"; OneOf(ScopeClaim::WORDS); Is("list");
            "How a JWT carries its scope: `scp` as list, `scope` as text, or both." =>
    },
};

pub(super) const TTL: Group = Group {
    title: "Lifetimes",
    keys: keys! {
        "ttl.login_consent_request"; Duration; Is("30m"); "How long a login and consent may take." =>
        "ttl.authentication_session"; Duration; Is("720h"); "How long a login is remembered; at most 180 days (4320h)." =>
        "ttl.access_token"; Duration; Is("1h"); "Access tokens." =>
        "ttl.refresh_token"; DurationOrNever; Is("720h"); "Refresh tokens; `-1` means they never expire." =>
        "ttl.id_token"; Duration; Is("1h"); "ID tokens." =>
        "ttl.auth_code"; Duration; Is("10m"); "Authorization codes." =>
        "ttl.device_user_code"; Duration; Is("10m"); "Device and user codes." =>
    },
};

pub(super) const OAUTH2: Group = Group {
    title: "OAuth2",
    keys: keys! {
        "oauth2.expose_internal_errors"; Bool; Is("false"); "Put the inner reason into OAuth2 error answers. For debugging only." =>
        "oauth2.session.encrypt_at_rest"; Bool; Is("true"); "Encrypt stored sessions with the system secret." =>
        "oauth2.exclude_not_before_claim"; Bool; Is("false"); "Leave `nbf` out of access tokens." =>
        "oauth2.allowed_top_level_claims"; List(Item::Text); Is("");
            "Session claims that JWT access tokens carry at the top. Protocol claims cannot be replaced." =>
        "oauth2.mirror_top_level_claims"; Bool; Is("true"); "Keep such claims under `ext` as well." =>
        "oauth2.preserve_ext_claims"; Bool; Is("false"); "When not mirroring: keep the claims that stay behind under `ext`." =>
        "oauth2.hashers.algorithm"; OneOf(HashAlgorithm::WORDS); Is("pbkdf2");
            "How new client secrets are hashed. Stored ones are checked by what they are." =>
        "oauth2.hashers.pbkdf2.iterations"; Integer(1, u32::MAX as i64); Is("25000"); "Rounds of PBKDF2." =>
        "oauth2.hashers.bcrypt.cost"; Integer(4, 31); Is("10"); "Cost of bcrypt." =>
        "oauth2.pkce.enforced"; Bool; Is("false"); "Ask every client for PKCE (RFC 7636)." =>
        "oauth2.pkce.enforced_for_public_clients"; Bool; Is("false"); "Ask clients without a secret for PKCE." =>
        "oauth2.client_credentials.default_grant_allowed_scope"; Bool; Is("false");
            "Grant the client's whole scope when a client credentials request names none." =>
        "oauth2.grant.refresh_token.rotation_grace_period"; Duration; Is("0s");
            "How long a rotated refresh token may be used again; at most 5m, or 180 days with a reuse count." =>
        "oauth2.grant.refresh_token.rotation_grace_reuse_count"; Integer(0, i32::MAX as i64); Is("0");
            "How often it may be used again in that time; 0 counts nothing." =>
        "oauth2.grant.refresh_token.idempotent_window"; Duration; From("`rotation_grace_period`");
            "Not one of Hydra's keys. How long after its rotation a refresh token gets the same answer again; at most 10m. Keep it short: it is for lost answers." =>
        "oauth2.grant.refresh_token.race_window"; Duration; Is("60s");
            "Not one of Hydra's keys. How long an answer is kept for calls that raced with the one that rotated the token; at most 10m." =>
        "oauth2.grant.refresh_token.rotation"; OneOf(Rotation::WORDS); Is("always");
            "Not one of Hydra's keys. Which refresh tokens are replaced when they are used." =>
        "oauth2.grant.refresh_token.on_reuse"; OneOf(OnReuse::WORDS); Is("revoke");
            "Not one of Hydra's keys. What a second use outside of the windows costs: the authorization, or, for clients that prove who they are, the request alone." =>
        "oauth2.grant.jwt.jti_optional"; Bool; Is("false"); "Accept assertions without `jti` (RFC 7523)." =>
        "oauth2.grant.jwt.iat_optional"; Bool; Is("false"); "Accept assertions without `iat`." =>
        "oauth2.grant.jwt.max_ttl"; Duration; Is("720h"); "The longest life of an assertion." =>
        "oauth2.grant.jwt.omit_assertion_audience"; Bool; Is("true"); "Do not copy the assertion's audience into the access token." =>
    },
};

macro_rules! hook {
    ($at:literal, $when:literal) => { keys! {
        $at; Hook; None; concat!("Called ", $when, ": a URL, or a map with the keys below. Empty text: no hook."); empty =>
        concat!($at, ".url"); Url; None; "The hook's URL; required in a map." =>
        concat!($at, ".auth.type"); OneOf(HOOK_AUTH); None; "How we prove ourselves to the hook; required in `auth`." =>
        concat!($at, ".auth.config.in"); OneOf(CredentialPlace::WORDS); None;
            "Where the credential goes; without it, none is sent." =>
        concat!($at, ".auth.config.name"); Text; None; "The header's or cookie's name; required in `auth`." =>
        concat!($at, ".auth.config.value"); Text; None; "The credential; required in `auth`."; secret =>
    }};
}

pub(super) const HOOKS: Group = Group { title: "Hooks", keys: HOOK_KEYS.as_flattened() };
const HOOK_KEYS: &[[Key; 6]] = &[
    *hook!("oauth2.token_hook", "before tokens are issued, for every grant"),
    *hook!("oauth2.refresh_token_hook", "before tokens are refreshed"),
];

pub(super) const DEVICE: Group = Group {
    title: "Device authorization",
    keys: keys! {
        "oauth2.device_authorization.token_polling_interval"; Duration; Is("5s"); "How often a device may ask for its token." =>
        "oauth2.device_authorization.user_code.entropy_preset"; OneOf(CodePreset::WORDS); From("`high`");
            "How long user codes are and of which characters: this, or the next two together." =>
        "oauth2.device_authorization.user_code.length"; Integer(6, 255); None; "Characters of a user code." =>
        "oauth2.device_authorization.user_code.character_set"; Text; None;
            "The characters that user codes are made of, at least 8." =>
    },
};
