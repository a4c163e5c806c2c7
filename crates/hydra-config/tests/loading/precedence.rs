//! Which source wins.

use std::time::Duration;

use crate::support::{basics, nothing};
use hydra_config::{Backend, Purpose};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_later_file_wins() {
    let config = basics()
        .file("a.yml", "ttl: {access_token: 2h, id_token: 5h}")
        .file("b.toml", "[ttl]\naccess_token = \"3h\"")
        .file("c.json", r#"{"ttl": {"auth_code": "1m"}}"#)
        .config();
    assert_eq!(config.ttl.access_token, 3 * HOUR);
    assert_eq!(config.ttl.id_token, 5 * HOUR);
    assert_eq!(config.ttl.auth_code, HOUR / 60);
}

#[test]
fn a_list_of_a_later_file_replaces_the_list() {
    let config = nothing()
        .variable("DSN", "memory")
        .file("a.yml", "secrets: {system: [aaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbb]}")
        .file("b.yml", "secrets: {system: [cccccccccccccccc]}")
        .config();
    assert_eq!(exposed(&config.secrets.system), ["cccccccccccccccc"]);
}

#[test]
fn nothing_says_nothing() {
    let config = basics().file("a.yml", "log: {level: debug}").file("b.yml", "log:\nttl:\n  access_token:\n").config();
    assert_eq!(config.log.level.as_str(), "debug");
    assert_eq!(config.ttl.access_token, HOUR);
}

#[test]
fn a_variable_beats_the_files() {
    let config = basics().yaml("ttl: {access_token: 2h}").variable("TTL_ACCESS_TOKEN", "5m").config();
    assert_eq!(config.ttl.access_token, HOUR / 12);
}

#[test]
fn a_forced_dsn_beats_everything() {
    let config = basics().yaml("dsn: mysql://a").forced_dsn("postgres://u:p@h/d").purpose(Purpose::Migrate).config();
    assert_eq!(config.dsn.map(|dsn| dsn.backend()), Some(Backend::Postgres));
}

#[test]
fn development_mode_is_the_variables_then_the_flags_then_the_files() {
    assert!(!basics().config().dev);
    assert!(basics().dev().config().dev);
    assert!(!basics().dev().variable("DEV", "0").config().dev);
    assert!(basics().variable("DEV", "true").config().dev);
    assert!(basics().yaml("dev: true").config().dev);
    assert!(basics().yaml("dev: false").dev().config().dev);
    assert!(!basics().yaml("dev: true").variable("DEV", "false").config().dev);
}

#[test]
fn a_hook_of_a_later_file_does_not_inherit_the_credential_of_an_earlier_one() {
    let with_credential =
        "oauth2: {token_hook: {url: 'https://a/', auth: {type: api_key, config: {in: header, name: n, value: v}}}}";
    let config = basics().file("a.yml", with_credential).file("b.yml", "oauth2: {token_hook: 'https://b/'}").config();
    let hook = config.oauth2.token_hook.expect("both files name a hook");
    assert_eq!(hook.url, "https://b/");
    assert!(hook.auth.is_none());
}

fn exposed(secrets: &[hydra_config::SecretText]) -> Vec<&str> {
    secrets.iter().map(|secret| secret.expose()).collect()
}
