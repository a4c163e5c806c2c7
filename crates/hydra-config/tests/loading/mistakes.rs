//! What is wrong is said with its place, and with what would be right.

use crate::support::{basics, nothing};
use hydra_config::Purpose;

fn mistake(yaml: &str) -> String {
    basics().yaml(yaml).mistake()
}

#[test]
fn the_place_is_line_and_column_in_every_format() {
    assert!(
        mistake("# comment\nlog:\n  level: loud\n").starts_with("hydra.yml:3:10: log.level: \"loud\" is not one of")
    );
    let json = basics().file("h.json", "{\n\t\"log\": {\n\t\t\"level\": \"loud\"\n\t}\n}").mistake();
    assert!(json.starts_with("h.json:3:12: log.level"), "{json}");
    let toml = basics().file("h.toml", "dev = false\n[log]\nlevel = \"loud\"\n").mistake();
    assert!(toml.starts_with("h.toml:3:9: log.level"), "{toml}");
}

#[test]
fn everything_is_reported_at_once() {
    let given = nothing().yaml("foo: 1\nlog: {level: loud}\nserve: {public: {port: 0}}\n").variable("DEV", "maybe");
    let mistakes = given.mistakes();
    assert_eq!(mistakes.len(), 6, "{mistakes:#?}");
    for key in ["foo", "log.level", "serve.public.port", "dev", "dsn", "secrets.system"] {
        assert!(mistakes.iter().any(|mistake| mistake.contains(&format!("{key}: "))), "{key} in {mistakes:#?}");
    }
}

#[test]
fn an_unknown_key_gets_the_nearest_known_one() {
    assert_eq!(mistake("serve: {publik: {}}"), "hydra.yml:1:9: serve.publik: the key is unknown; did you mean public?");
    assert!(mistake("foo: 1").starts_with("hydra.yml:1:1: foo: the key is unknown; known here: dsn, dev,"));
    assert!(mistake("issuer: https://x/").ends_with("did you mean urls.self.issuer?"));
    assert!(mistake("urls.self.issuer: https://x/").ends_with("write it as nested maps, urls: self: issuer"));
    assert!(mistake("log: {format: gelf}").contains("\"json\", \"json_pretty\", \"text\""));
    assert!(mistake("log: {level: warning}").contains("did you mean \"warn\"?"));
}

#[test]
fn open_maps_take_unknown_keys_with_a_warning() {
    let warnings = basics().yaml("serve: {public: {prot: 1}}\nsqa: {foo: 1}").loaded().warnings;
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("serve.public.prot") && warnings[0].contains("did you mean port?"), "{warnings:?}");
}

#[test]
fn types_are_strict_and_the_way_out_is_named() {
    assert!(mistake("serve: {public: {port: '4444'}}").contains("write it without quotation marks"));
    assert!(mistake("dev: yes").contains("is not true or false"));
    assert!(mistake("urls: {login: 5}").contains("write it in quotation marks"));
    assert!(mistake("log: loud").contains("text stands where a map with level, format"));
    assert!(mistake("log: {level: [info]}").contains("a list is not one of"));
    assert!(mistake("webfinger: {jwks: {broadcast_keys: x}}").contains("in a file write [a, b]"));
}

#[test]
fn a_file_mode_in_decimal_is_explained() {
    let message = mistake("serve: {public: {socket: {mode: 770}}}");
    assert!(message.contains("770 is not a file mode") && message.contains("0770 in YAML"), "{message}");
    assert_eq!(basics().yaml("serve: {admin: {socket: {mode: 0770}}}").config().serve.admin.socket.mode, 0o770);
}

#[test]
fn durations_are_whole_numbers_with_units() {
    assert!(mistake("ttl: {id_token: 1.5h}").ends_with("; write 1h30m0s"));
    assert!(mistake("ttl: {id_token: 90}").ends_with("write 90s if seconds are meant"));
    for wrong in ["-1h", "1d", "''", "h", "'0'", "9999999999h"] {
        assert!(mistake(&format!("ttl: {{id_token: {wrong}}}")).contains("is not a duration"), "{wrong}");
    }
}

#[test]
fn a_short_secret_is_refused_by_its_place() {
    let message = nothing().variable("DSN", "memory").yaml("secrets:\n  system:\n    - short\n").mistake();
    assert!(message.starts_with("hydra.yml:3:7: secrets.system.0: the secret has 5 characters"), "{message}");
    let number = nothing().variable("DSN", "memory").yaml("secrets: {system: [1234567890123456]}").mistake();
    assert!(number.contains("quotation marks") && !number.contains("12345"), "{number}");
}

#[test]
fn the_issuer_is_https_outside_development_mode() {
    assert!(mistake("urls: {self: {issuer: 'http://x/'}}").contains("urls.self.issuer: \"http://x/\" is not https"));
    assert!(mistake("urls: {self: {issuer: 'localhost:4444'}}").contains("not an http or https URL"));
    basics().dev().yaml("urls: {self: {issuer: 'http://x/'}}").config();
    assert!(basics().dev().yaml("urls: {self: {issuer: 'localhost:4444'}}").mistake().contains("http or https"));
}

#[test]
fn a_server_needs_a_database_and_a_secret() {
    let mistakes = nothing().mistakes();
    assert!(mistakes[0].starts_with("dsn: no database") && mistakes[0].contains("DSN"), "{mistakes:?}");
    assert!(
        mistakes[1].starts_with("secrets.system: ") && mistakes[1].contains("openssl rand -hex 32"),
        "{mistakes:?}"
    );
    assert!(nothing().dev().config().is_embedded());
    assert!(nothing().dev().variable("DSN", "memory").mistake().starts_with("secrets.system: "));
    let scheme = basics().variable("DSN", "oracle://scott:tiger@h/d").mistakes();
    assert!(scheme[0].contains("\"oracle\" is not supported") && !scheme[0].contains("tiger"), "{scheme:?}");
}

#[test]
fn pairwise_needs_a_salt() {
    let pairwise = |salt: &str| {
        format!("oidc: {{subject_identifiers: {{supported_types: [pairwise], pairwise: {{salt: {salt}}}}}}}")
    };
    assert!(mistake("oidc: {subject_identifiers: {supported_types: [pairwise]}}").contains("pairwise.salt"));
    assert!(mistake(&pairwise("abc")).contains("the salt has 3 characters"));
    basics().yaml(&pairwise("abcdefgh")).config();
    let jwt = basics().yaml(&pairwise("abcdefgh")).variable("STRATEGIES_ACCESS_TOKEN", "jwt").loaded();
    assert!(jwt.warnings[0].contains("pairwise is ignored"));
    assert_eq!(jwt.config.oidc.subject_types, [hydra_config::SubjectType::Public]);
}

#[test]
fn certificates_come_one_way_and_with_their_key() {
    assert!(mistake("serve: {tls: {cert: {path: a, base64: b}}}").contains("serve.tls.cert: path and base64"));
    assert!(mistake("serve: {tls: {cert: {}}}").contains("the map is empty"));
    assert!(mistake("serve: {public: {tls: {enabled: true, cert: {path: a}}}}").contains("needs serve.public.tls.key"));
    let shared = basics()
        .yaml("serve: {tls: {enabled: true, cert: {path: a}, key: {path: b}}, admin: {tls: {enabled: false}}}")
        .config();
    assert!(shared.serve.public.tls.enabled && !shared.serve.admin.tls.enabled);
    assert!(shared.serve.public.tls.key.is_some());
}

#[test]
fn hosts_origins_and_ranges_are_looked_at() {
    for host in ["'0.0.0.0:4444'", "'http://x'", "'a b'", "'unix:'"] {
        assert!(mistake(&format!("serve: {{public: {{host: {host}}}}}")).contains("serve.public.host"), "{host}");
    }
    for host in ["'::1'", "'[::1]'", "localhost", "'fe80::1%eth0'"] {
        basics().yaml(&format!("serve: {{public: {{host: {host}}}}}")).config();
    }
    let origins = |list: &str| format!("serve: {{public: {{cors: {{allowed_origins: [{list}]}}}}}}");
    for origin in ["app.example.com", "'https://*.*.example.com'", "''"] {
        assert!(mistake(&origins(origin)).contains("allowed_origins.0"), "{origin}");
    }
    basics().yaml(&origins("'*', 'https://*.example.com', 'http://localhost:*'")).config();
    assert!(mistake("serve: {tls: {allow_termination_from: [10.0.0.0/33]}}").contains("allow_termination_from.0"));
    basics().yaml("serve: {tls: {allow_termination_from: [10.0.0.0/8, 'fd00::/8']}}").config();
}

#[test]
fn hooks_codes_and_tracers_are_complete_or_refused() {
    assert!(
        mistake("oauth2: {token_hook: {auth: {type: api_key, config: {in: header, name: a, value: b}}}}")
            .contains("no URL")
    );
    let partial = basics().yaml("oauth2: {token_hook: {url: 'https://h/', auth: {type: api_key}}}").mistakes();
    assert_eq!(partial.len(), 2, "{partial:?}");
    assert!(mistake("oauth2: {device_authorization: {user_code: {length: 8}}}").contains("character_set"));
    assert!(
        mistake("oauth2: {device_authorization: {user_code: {entropy_preset: low, length: 8}}}").contains("not both")
    );
    assert!(mistake("tracing: {provider: jaeger}").contains("local_agent_address"));
    assert!(mistake("tracing: {provider: elastic-apm}").contains("\"jaeger\", \"otel\", \"zipkin\""));
    assert!(mistake("hsm: {enabled: true}").contains("hardware security"));
}

#[test]
fn a_file_that_cannot_be_read_is_the_only_news() {
    let message = nothing().yaml("serve:\n  public: {port: 1\n").mistake();
    assert!(message.starts_with("hydra.yml:") && message.contains("not valid YAML"), "{message}");
    assert!(nothing().file("h.json", "{\"dsn\": memory}").mistake().starts_with("h.json:1:9: this is not valid JSON"));
    assert!(nothing().file("h.toml", "dsn = memory").mistake().starts_with("h.toml:1:7: this is not valid TOML"));
    assert!(nothing().file("h.ini", "").mistake().contains("*.yaml, *.yml, *.json or *.toml"));
    assert!(nothing().yaml("- a\n").mistake().contains("hydra.yml:1:1: the file must hold keys"));
    assert!(
        nothing().yaml("dev: true\ndev: false\n").mistake().contains("hydra.yml:2:1: the key \"dev\" is given twice")
    );
}

#[test]
fn migrating_minds_the_database_alone_and_the_janitor_the_lifetimes_too() {
    let wrong = || nothing().variable("DSN", "memory").yaml("foo: 1\nlog: {level: loud}\nttl: {access_token: x}\n");
    wrong().purpose(Purpose::Migrate).config();
    assert!(wrong().purpose(Purpose::Janitor).mistake().contains("ttl.access_token"));
    assert!(nothing().purpose(Purpose::Migrate).mistake().starts_with("dsn: "));
}

#[test]
fn yaml_knows_anchors_and_merge_keys() {
    let config = basics()
        .yaml("serve:\n  public: &common\n    host: localhost\n    cors: {enabled: true}\n  admin:\n    <<: *common\n    host: 127.0.0.1\n")
        .config();
    assert_eq!(config.serve.admin.host.as_deref(), Some("127.0.0.1"));
    assert!(config.serve.admin.cors.enabled);
}
