//! No message, warning or debug output shows a secret.

use crate::support::nothing;
use hydra_config::{Dsn, Sources};

const SECRET: &str = "hunter2-hunter2-hunter2";

#[test]
fn wrong_types_do_not_show_secrets() {
    for yaml in [
        "secrets: SECRET",
        "secrets: {system: SECRET}",
        "secrets: {system: {a: SECRET}}",
        "secrets: {system: [[SECRET]]}",
        "secrets: {SECRETS: [SECRET]}",
        "dsn: [SECRET]",
        "dsn: SECRET",
        "dsn: 'nosuch://user:SECRET@host/db'",
        "hsm: {pin: [SECRET]}",
        "tracing: {providers: {otlp: {authorization_header: [SECRET]}}}",
        "oauth2: {token_hook: {url: 'https://h/', auth: {type: api_key, config: {name: n, value: [SECRET]}}}}",
        "urls: {identity_provider: {headers: {Authorization: [SECRET]}}}",
        "urls: {identity_provider: {headers: SECRET}}",
        "oidc: {subject_identifiers: {pairwise: {salt: [SECRET]}}}",
        "serve: {tls: {key: {base64: [SECRET]}}}",
        "urls: {self: {issuer: 'ftp://user:SECRET@host/'}}",
        "secrets: {system: [\"SECRET]}",
        "secrets: {system: [SECRET\n  broken: [",
    ] {
        let text = nothing().yaml(&yaml.replace("SECRET", SECRET)).mistakes().join("\n");
        // The name of an unknown key may be shown, its value may not.
        assert!(!text.replace("secrets.hunter2-hunter2-hunter2S", "").contains(SECRET), "{yaml}: {text}");
    }
}

#[test]
fn wrong_files_are_not_quoted() {
    for (name, text) in [
        ("h.toml", "dsn = SECRET"),
        ("h.toml", "secrets = { system = [\"SECRET ] }"),
        ("h.json", "{\"dsn\": SECRET}"),
        ("h.json", "{\"secrets\": {\"system\": [\"SECRET]}}"),
        ("h.yml", "dsn: \"SECRET"),
        ("h.yml", "dsn: &SECRET\n\t- SECRET: ]"),
    ] {
        let message = nothing().file(name, &text.replace("SECRET", SECRET)).mistake();
        assert!(!message.contains(SECRET), "{text}: {message}");
    }
}

#[test]
fn wrong_variables_do_not_show_secrets() {
    for (name, value) in [
        ("SECRETS_SYSTEM", "\"hunter2-hunter2-hunter2"),
        ("SECRETS_SYSTEM", "[[\"hunter2-hunter2-hunter2\"]]"),
        ("OAUTH2_TOKEN_HOOK", "{\"auth\": \"hunter2-hunter2-hunter2"),
        ("URLS_IDENTITY_PROVIDER_HEADERS", "hunter2-hunter2-hunter2"),
        ("DSN", "hunter2-hunter2-hunter2"),
        ("OAUTH2_TOKEN_HOOK", "https//user:hunter2-hunter2-hunter2@h"),
    ] {
        let text = nothing().variable(name, value).mistakes().join("\n");
        assert!(!text.contains(SECRET), "{name}: {text}");
    }
}

#[test]
fn printing_a_configuration_shows_no_secrets() {
    let config = nothing()
        .variable("DSN", &format!("postgres://hydra:{SECRET}@db:5432/hydra?password={SECRET}"))
        .variable("SECRETS_SYSTEM", SECRET)
        .variable("SECRETS_COOKIE", SECRET)
        .variable("HSM_PIN", SECRET)
        .variable("SERVE_TLS_KEY_BASE64", SECRET)
        .variable("TRACING_PROVIDERS_OTLP_AUTHORIZATION_HEADER", SECRET)
        .variable("OIDC_SUBJECT_IDENTIFIERS_PAIRWISE_SALT", SECRET)
        .variable("URLS_IDENTITY_PROVIDER_HEADERS", &format!(r#"{{"Authorization": "{SECRET}"}}"#))
        .variable(
            "OAUTH2_TOKEN_HOOK",
            &format!(r#"{{"url":"https://h/","auth":{{"type":"api_key","config":{{"in":"cookie","name":"n","value":"{SECRET}"}}}}}}"#),
        )
        .config();
    assert_eq!(config.secrets.system[0].expose(), SECRET);
    let printed = format!("{config:#?}");
    assert!(!printed.contains(SECRET), "{printed}");
    assert!(printed.contains("Dsn(postgres://…@db:5432/hydra?…)"), "{printed}");
}

#[test]
fn a_dsn_shows_its_place_only_when_it_can_be_told_from_its_password() {
    for (dsn, shown) in [
        ("memory", "memory"),
        ("sqlite:///var/lib/h.db?_fk=true", "sqlite:///var/lib/h.db?…"),
        ("mysql://u:p@tcp(h:3306)/d", "mysql://…@tcp(h:3306)/d"),
        ("postgres://u:p@ss@h/d", "postgres://…@h/d"),
        ("postgres://u:p?ss@h/d", "postgres://…"),
        ("postgres://u:p", "postgres://…"),
        ("CockroachDB://root@h:26257/d?sslmode=disable", "CockroachDB://…@h:26257/d?…"),
    ] {
        assert_eq!(Dsn::parse(dsn).map(|dsn| dsn.to_string()).as_deref(), Ok(shown), "{dsn}");
    }
}

#[test]
fn the_process_environment_is_read_in_one_place() {
    let sources = Sources::from_process(vec!["a.yml".into()], true, None);
    assert!(sources.dev && sources.files.len() == 1);
    assert!(sources.environment.iter().any(|(name, _)| name == "PATH"));
}
