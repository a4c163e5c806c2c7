//! What holds when nobody says anything, and the URLs that follow from it.

use crate::support::{basics, nothing};
use hydra_config::{Address, LogFormat, LogLevel, SameSite, SubjectType, UserCode, keys};

#[test]
fn nothing_but_dev_is_enough_to_try_it_out() {
    let config = nothing().dev().config();
    assert_eq!(config.issuer(), "http://localhost:4444/");
    assert_eq!(config.public_url(), "http://localhost:4444/");
    assert_eq!(config.admin_url(), "http://localhost:4445/");
    assert_eq!(config.serve.public.address(), Address::Everywhere(4444));
    assert_eq!(config.serve.admin.address(), Address::Everywhere(4445));
    assert!(config.is_embedded() && config.secrets.system.is_empty());
}

#[test]
fn the_defaults_are_hydras() {
    let config = basics().config();
    assert!(!config.dev && !config.compat.hydra);
    assert_eq!((config.log.level, config.log.format), (LogLevel::Info, LogFormat::Text));
    let ttl = &config.ttl;
    assert_eq!(
        [ttl.login_consent_request, ttl.access_token, ttl.id_token, ttl.auth_code, ttl.device_user_code]
            .map(|d| d.as_secs() / 60),
        [30, 60, 60, 10, 10]
    );
    assert_eq!(ttl.refresh_token.map(|d| d.as_secs()), Some(720 * 3600));
    assert_eq!(ttl.authentication_session.as_secs(), 720 * 3600);
    assert_eq!(config.oauth2.hashers.pbkdf2_iterations, 25_000);
    assert_eq!(config.oauth2.hashers.bcrypt_cost, 10);
    assert!(config.oauth2.session_encrypt_at_rest && config.oauth2.mirror_top_level_claims);
    assert!(config.oauth2.grant.jwt.omit_assertion_audience && !config.oauth2.grant.jwt.jti_optional);
    assert_eq!(config.oauth2.device_authorization.token_polling_interval.as_secs(), 5);
    assert_eq!(config.oauth2.device_authorization.user_code, UserCode::preset(hydra_config::CodePreset::High));
    assert_eq!(config.webfinger.broadcast_keys, ["hydra.openid.id-token", "hydra.jwt.access-token"]);
    assert_eq!(config.webfinger.supported_claims, ["sub"]);
    assert_eq!(config.webfinger.supported_scope, ["offline_access", "offline", "openid"]);
    assert_eq!(config.oidc.default_scope, ["offline_access", "offline", "openid"]);
    assert_eq!(config.oidc.subject_types, [SubjectType::Public]);
    let cors = &config.serve.public.cors;
    assert_eq!((cors.allowed_methods.len(), cors.allowed_headers.len(), cors.exposed_headers.len()), (9, 6, 7));
    assert!(!cors.enabled && cors.allow_credentials && cors.allowed_origins.is_empty());
    assert_eq!(config.serve.public.socket.mode, 0o755);
    assert_eq!(config.serve.cookies.session, "ory_hydra_session");
    assert_eq!(config.serve.max_body_size, 1_048_576);
    assert_eq!(config.tracing.service_name, "Ory Hydra");
    assert_eq!(config.tracing.zipkin.sampling_ratio, 0.0);
    assert_eq!(config.tracing.otlp.sampling_ratio, 1.0);
}

#[test]
fn an_unspecified_host_is_localhost_in_urls_only() {
    for (host, url) in [
        ("0.0.0.0", "http://localhost:4444/"),
        ("::", "http://localhost:4444/"),
        ("[::1]", "http://[::1]:4444/"),
        ("127.0.0.1", "http://127.0.0.1:4444/"),
        ("unix:/run/h.sock", "http://localhost:4444/"),
    ] {
        let config = nothing().dev().variable("SERVE_PUBLIC_HOST", host).config();
        assert_eq!(config.issuer(), url, "{host}");
    }
    let config = basics().variable("SERVE_ADMIN_HOST", "unix:/run/h.sock").config();
    assert_eq!(config.serve.admin.address(), Address::Unix("/run/h.sock".into()));
    assert_eq!(config.issuer(), "https://localhost:4444/");
    assert_eq!(nothing().dev().variable("SERVE_TLS_ENABLED", "true").config().issuer(), "https://localhost:4444/");
}

#[test]
fn urls_follow_from_the_issuer() {
    let config = basics().variable("URLS_SELF_ISSUER", "https://auth.example.com").config();
    assert_eq!(config.issuer(), "https://auth.example.com");
    assert_eq!(config.public_url(), "https://auth.example.com/");
    assert_eq!(config.login_url(), "https://auth.example.com/oauth2/fallbacks/login");
    assert_eq!(config.registration_url(), config.login_url());
    assert_eq!(config.device_success_url(), "https://auth.example.com/oauth2/fallbacks/device/done");
    assert_eq!(config.post_logout_redirect_url(), "https://auth.example.com/oauth2/fallbacks/logout/callback");
    assert_eq!(config.token_url(), "https://auth.example.com/oauth2/token");
    assert_eq!(config.jwks_url(), "https://auth.example.com/.well-known/jwks.json");
    assert_eq!(config.client_registration_url(), None);
}

#[test]
fn configured_urls_get_a_path_and_are_otherwise_left_alone() {
    let config = basics()
        .yaml("urls: {login: 'https://ui', consent: 'http://h/#/consent', logout: 'https://ui?x=1', error: /error, post_logout_redirect: nowhere, self: {public: 'https://p/base'}}\noidc: {dynamic_client_registration: {enabled: true}}")
        .loaded();
    assert!(
        config.warnings.iter().any(|warning| warning.contains("urls.post_logout_redirect")),
        "{:?}",
        config.warnings
    );
    let config = config.config;
    assert_eq!(config.login_url(), "https://ui/");
    assert_eq!(config.consent_url(), "http://h/#/consent");
    assert_eq!(config.logout_url(), "https://ui/?x=1");
    assert_eq!(config.error_url(), "/error");
    assert_eq!(config.post_logout_redirect_url(), "https://p/base/oauth2/fallbacks/logout/callback");
    assert_eq!(config.client_registration_url().as_deref(), Some("https://p/base/oauth2/register"));
}

#[test]
fn cookies_follow_from_the_issuer_and_the_mode() {
    let dev = nothing().dev().config();
    assert_eq!((dev.effective_same_site(), dev.secure_cookies()), (SameSite::Lax, false));
    let production = basics().config();
    assert_eq!((production.effective_same_site(), production.secure_cookies()), (SameSite::None, true));
}

#[test]
fn long_sessions_and_grace_periods_are_capped() {
    let loaded = basics()
        .variable("TTL_AUTHENTICATION_SESSION", "9999h")
        .variable("OAUTH2_GRANT_REFRESH_TOKEN_ROTATION_GRACE_PERIOD", "1h")
        .loaded();
    assert_eq!(loaded.warnings.len(), 2, "{:?}", loaded.warnings);
    assert_eq!(loaded.config.ttl.authentication_session.as_secs(), 4320 * 3600);
    assert_eq!(loaded.config.oauth2.grant.refresh_token.rotation_grace_period.as_secs(), 300);
}

#[test]
fn every_default_of_the_table_fits_its_own_key() {
    for key in keys::all() {
        if let keys::Default::Is(value) = key.default
            && !value.is_empty()
        {
            let loaded = basics().variable(&key.variable(), value).variable("HSM_ENABLED", "false").load();
            assert!(
                loaded.is_ok(),
                "{}: {}",
                key.path,
                loaded.err().map(|errors| errors.to_string()).unwrap_or_default()
            );
        }
    }
}

#[test]
fn no_two_keys_share_a_path_or_a_variable() {
    let mut variables: Vec<_> = keys::all().map(|key| key.variable()).collect();
    variables.sort();
    let count = variables.len();
    variables.dedup();
    assert_eq!(variables.len(), count);
    for map in keys::OPEN_MAPS {
        assert!(keys::all().any(|key| key.path.starts_with(&format!("{map}."))), "{map}");
    }
}
