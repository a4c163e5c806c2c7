//! How variables become settings.

use crate::support::{Given, basics, nothing};
use hydra_config::{CredentialPlace, Purpose, SecretText};

fn exposed(secrets: &[SecretText]) -> Vec<&str> {
    secrets.iter().map(|secret| secret.expose()).collect()
}

#[test]
fn a_list_is_one_csv_record_or_json() {
    let origins = |value| {
        basics().variable("SERVE_PUBLIC_CORS_ALLOWED_ORIGINS", value).config().serve.public.cors.allowed_origins
    };
    assert_eq!(origins("https://a.example,https://b.example"), ["https://a.example", "https://b.example"]);
    assert_eq!(origins(r#"["https://a.example"]"#), ["https://a.example"]);
    let claims =
        |value| basics().variable("OAUTH2_ALLOWED_TOP_LEVEL_CLAIMS", value).config().oauth2.allowed_top_level_claims;
    assert_eq!(claims(r#""a,b","c""d", e"#), ["a,b", "c\"d", " e"]);
    assert!(claims("").is_empty());
}

#[test]
fn a_secret_of_digits_is_a_secret() {
    let config = nothing().variable("DSN", "memory").variable("SECRETS_SYSTEM", "1234567890123456").config();
    assert_eq!(exposed(&config.secrets.system), ["1234567890123456"]);
}

#[test]
fn a_list_replaces_a_files_list_entry_by_entry_and_says_so() {
    let given = nothing()
        .variable("DSN", "memory")
        .yaml("secrets: {system: [aaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbb]}")
        .variable("SECRETS_SYSTEM", "cccccccccccccccc")
        .loaded();
    assert_eq!(exposed(&given.config.secrets.system), ["cccccccccccccccc", "bbbbbbbbbbbbbbbb"]);
    assert!(given.warnings.iter().any(|warning| warning.contains("SECRETS_SYSTEM")), "{:?}", given.warnings);
}

#[test]
fn entries_of_a_list_have_names_of_their_own() {
    let config = basics().variable("SECRETS_SYSTEM_1", "bbbbbbbbbbbbbbbb").config();
    assert_eq!(exposed(&config.secrets.system), ["0123456789abcdef", "bbbbbbbbbbbbbbbb"]);
    let gap = basics().variable("SECRETS_COOKIE_4000000000", "bbbbbbbbbbbbbbbb").mistake();
    assert!(gap.contains("SECRETS_COOKIE_4000000000") && gap.contains("without gaps"), "{gap}");
}

#[test]
fn whole_numbers_tell_their_base() {
    let mode = |value| basics().variable("SERVE_ADMIN_SOCKET_MODE", value).config().serve.admin.socket.mode;
    assert_eq!(mode("0770"), 0o770);
    assert_eq!(mode("0x1F8"), 0o770);
    assert_eq!(mode("504"), 0o770);
    assert_eq!(basics().variable("SERVE_PUBLIC_PORT", "8080.9").config().serve.public.port, 8080);
}

#[test]
fn garbage_is_an_error_that_names_the_variable() {
    assert_eq!(
        basics().variable("SERVE_PUBLIC_PORT", "abc").mistake(),
        "environment variable SERVE_PUBLIC_PORT: serve.public.port: \"abc\" is not a whole number from 1 to 65535"
    );
    for wrong in ["yes", "on", "2"] {
        assert!(basics().variable("OAUTH2_PKCE_ENFORCED", wrong).mistake().contains("OAUTH2_PKCE_ENFORCED"), "{wrong}");
    }
    assert!(basics().variable("SERVE_PUBLIC_PORT", "0").mistake().contains("from 1 to 65535"));
}

#[test]
fn an_empty_variable_counts_only_where_empty_text_means_something() {
    let config = basics()
        .yaml("serve: {public: {host: 10.0.0.1, port: 5000}}\nttl: {access_token: 2h}\noauth2: {token_hook: 'https://h/'}")
        .variable("SERVE_PUBLIC_HOST", "")
        .variable("SERVE_PUBLIC_PORT", "")
        .variable("TTL_ACCESS_TOKEN", "")
        .variable("OAUTH2_TOKEN_HOOK", "")
        .variable("SECRETS_COOKIE", "")
        .variable("DEV", "")
        .config();
    assert_eq!(config.serve.public.host, None);
    assert_eq!(config.serve.public.port, 5000);
    assert_eq!(config.ttl.access_token.as_secs(), 7200);
    assert!(config.oauth2.token_hook.is_none());
    let dsn = nothing().yaml("dsn: memory").variable("DSN", "").purpose(Purpose::Migrate).config().dsn;
    assert!(dsn.is_some());
}

#[test]
fn a_hook_is_a_url_or_a_json_object_or_its_parts() {
    let hook = |given: Given| given.config().oauth2.token_hook.expect("a hook is given");
    assert_eq!(hook(basics().variable("OAUTH2_TOKEN_HOOK", "https://h/t")).url, "https://h/t");
    assert_eq!(hook(basics().variable("OAUTH2_TOKEN_HOOK", r#"{"url": "https://h/t"}"#)).url, "https://h/t");
    let parts = hook(
        basics()
            .yaml("oauth2: {token_hook: 'https://h/t'}")
            .variable("OAUTH2_TOKEN_HOOK_AUTH_TYPE", "api_key")
            .variable("OAUTH2_TOKEN_HOOK_AUTH_CONFIG_IN", "header")
            .variable("OAUTH2_TOKEN_HOOK_AUTH_CONFIG_NAME", "X-Api-Key")
            .variable("OAUTH2_TOKEN_HOOK_AUTH_CONFIG_VALUE", "abc"),
    );
    assert_eq!(parts.url, "https://h/t");
    let auth = parts.auth.expect("all parts are given");
    assert_eq!((auth.place, auth.name.as_str(), auth.value.expose()), (CredentialPlace::Header, "X-Api-Key", "abc"));
}

#[test]
fn a_map_takes_a_json_object_and_its_keys_come_after() {
    let config =
        basics().variable("TTL_ID_TOKEN", "3h").variable("TTL", r#"{"access_token": "2h", "id_token": "2h"}"#).config();
    assert_eq!((config.ttl.access_token.as_secs(), config.ttl.id_token.as_secs()), (7200, 10800));
}

#[test]
fn variables_of_other_programs_are_ignored_with_a_warning() {
    let strays = [
        ("DB", "mydb"),
        ("LOG", "/var/log/x"),
        ("SERVE", "1"),
        ("TTL", "60"),
        ("SECRETS", "hunter2hunter2"),
        ("OAUTH2", "[]"),
        ("VERSION", "1.2.3"),
        ("PROFILING", "block"),
        ("HSM", "true"),
    ];
    let loaded = strays.iter().fold(basics(), |given, (name, value)| given.variable(name, value)).loaded();
    for (name, value) in strays {
        let warning = loaded.warnings.iter().find(|warning| warning.contains(&format!("variable {name} is ignored")));
        let warning = warning.unwrap_or_else(|| panic!("no warning about {name} in {:?}", loaded.warnings));
        assert!(value.len() < 5 || !warning.contains(value), "{warning}");
    }
    assert!(
        basics().variable("HOME", "/root").variable("PATH", "/bin").variable("DB", "").loaded().warnings.is_empty()
    );
}

#[test]
fn a_misspelled_or_former_variable_gets_a_warning() {
    let warning = |name| basics().variable(name, "x").loaded().warnings.join("\n");
    assert!(warning("URLS_SELF_ISUER").contains("did you mean URLS_SELF_ISSUER?"));
    assert!(warning("PUBLIC_PORT").contains("SERVE_PUBLIC_PORT"));
    assert!(warning("OAUTH2_ACCESS_TOKEN_STRATEGY").contains("STRATEGIES_ACCESS_TOKEN"));
    assert_eq!(warning("SERVE_PUBLIC_PORT_4444_TCP_ADDR"), "");
}

#[test]
fn case_does_not_matter() {
    let config = nothing()
        .variable("dsn", "memory")
        .variable("secrets_system", "0123456789abcdef")
        .variable("URLS_IDENTITY_PROVIDER_PUBLICURL", "https://kratos/")
        .config();
    assert_eq!(config.urls.identity_provider.public_url.as_deref(), Some("https://kratos/"));
}

#[test]
fn never_is_minus_one() {
    assert_eq!(basics().variable("TTL_REFRESH_TOKEN", "-1").config().ttl.refresh_token, None);
    assert_eq!(basics().yaml("ttl: {refresh_token: -1}").config().ttl.refresh_token, None);
    assert_eq!(basics().yaml("ttl: {refresh_token: '-1'}").config().ttl.refresh_token, None);
    assert!(basics().config().ttl.refresh_token.is_some());
}

#[test]
fn our_own_keys_have_variables_too() {
    let config = basics().variable("COMPAT_HYDRA", "true").variable("SERVE_MAX_BODY_SIZE", "2048").config();
    assert!(config.compat.hydra);
    assert_eq!(config.serve.max_body_size, 2048);
}
