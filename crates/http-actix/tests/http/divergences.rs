//! Where Hydra's answer is a defect and ours is another (`docs/divergences.md`), as far as the files of the endpoints do not
//! show it: with the switch `compat.hydra` off and, for the debatable ones, on.

use serde_json::{Value, json};

use crate::support::{
    http::{Answer, Request},
    server::{Server, quick_key, secret_of, token_request},
};

fn register(server: &Server, client: &Value) -> Answer {
    server.admin.send(Request::post("/admin/clients").json(client))
}

/// The P-256 key of RFC 7517 appendix A.2, its two halves.
fn private_and_public_key() -> [Value; 2] {
    let private = json!({
        "kty": "EC", "crv": "P-256", "kid": "1",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        "d": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE",
    });
    let mut public = private.clone();
    public.as_object_mut().map(|members| members.remove("d"));
    [private, public]
}

#[test]
fn clients_that_could_not_work_or_would_be_dangerous_are_refused_unless_hydra_is_imitated() {
    let strict = Server::shared();
    let compatible = Server::start(&[("COMPAT_HYDRA", "true")]);
    for odd in [
        json!({"redirect_uris": ["javascript:alert(1)"]}),
        json!({"redirect_uris": ["*"]}),
        json!({"redirect_uris": ["/cb"]}),
        json!({"redirect_uris": ["https://user@a.example/cb"]}),
        json!({"tos_uri": "http://"}),
        json!({"frontchannel_logout_uri": "/bye"}),
        json!({"backchannel_logout_uri": "javascript:alert(1)"}),
        json!({"token_endpoint_auth_method": "NONE"}),
        json!({"token_endpoint_auth_method": "tls_client_auth"}),
        json!({"grant_types": ["client_credential"]}),
        json!({"response_types": ["codes"]}),
        json!({"request_object_signing_alg": "HS256"}),
        json!({"client_id": "shöp"}),
        json!({"client_secret": "pässwörd"}),
    ] {
        let answer = register(&strict, &odd);
        assert_eq!(answer.status, 400, "{odd}: {answer:?}");
        assert!(["invalid_redirect_uri", "invalid_client_metadata"].contains(&answer.error().as_str()), "{answer:?}");
        assert_eq!(register(&compatible, &odd).status, 201, "{odd}");
    }
    let [private, public] = private_and_public_key();
    for odd in [
        json!({"redirect_uris": ["https://a.example/cb#x"]}),
        json!({"redirect_uris": ["https://a.example/ü"]}),
        json!({"redirect_uris": ["https://a.example/"], "post_logout_redirect_uris": ["https://a.example/#x"]}),
        json!({"jwks": {"keys": [private]}}),
        json!({"jwks": {"keys": [public, public]}}),
    ] {
        for server in [&*strict, &compatible] {
            assert_eq!(register(server, &odd).status, 400, "{odd}");
        }
    }
}

#[test]
fn pairwise_subjects_of_several_hosts_need_a_sector_unless_hydra_is_imitated() {
    let odd = json!({"subject_type": "pairwise", "redirect_uris": ["https://a.example/cb", "https://b.example/cb"]});
    let both = ("OIDC_SUBJECT_IDENTIFIERS_SUPPORTED_TYPES", "public,pairwise");
    let salt = ("OIDC_SUBJECT_IDENTIFIERS_PAIRWISE_SALT", "a-salt-of-the-tests");
    let strict = Server::start(&[both, salt]);
    assert_eq!(register(&strict, &odd).expect(400).error(), "invalid_client_metadata");
    register(&Server::start(&[both, salt, ("COMPAT_HYDRA", "true")]), &odd).expect(201);
}

#[test]
fn a_request_authenticates_in_one_way() {
    let server = Server::shared();
    let secret = server.register_machine("divergences-two-ways");
    server.register_machine("divergences-other");
    let asking = |more: &[(&str, &str)]| {
        let form = [&[("grant_type", "client_credentials")], more].concat();
        server.public.send(Request::post("/oauth2/token").basic("divergences-two-ways", &secret).form(&form))
    };
    asking(&[("client_id", "divergences-two-ways")]).expect(200);
    for more in [("client_secret", secret.as_str()), ("client_id", "divergences-other")] {
        assert_eq!(asking(&[more]).expect(400).error(), "invalid_request", "{more:?}");
    }
}

#[test]
fn living_tokens_outlive_another_strategy_and_another_key() {
    let server = Server::start(&[]).with_quick_keys();
    server.register_machine("divergences-alive");
    let strategy = |word: &str| {
        let patch = json!([{"op": "add", "path": "/access_token_strategy", "value": word}]);
        server.admin.send(Request::patch("/admin/clients/divergences-alive").json(&patch)).expect(200);
    };
    let opaque = server.token("divergences-alive");
    strategy("jwt");
    let jwt = server.token("divergences-alive");
    assert!(jwt.starts_with("ey") && opaque.starts_with("ory_at_"));
    server.admin.send(quick_key("hydra.jwt.access-token")).expect(201);
    let of_new_key = server.token("divergences-alive");
    strategy("opaque");
    let kid = |token: &str| token.split('.').next().map(str::to_owned);
    assert_ne!(kid(&jwt), kid(&of_new_key), "the newest key signs");
    for token in [&opaque, &jwt, &of_new_key] {
        assert_eq!(server.introspect(token)["active"], true, "{token}");
    }
}

#[test]
fn audiences_and_scopes_are_no_wider_than_what_was_registered() {
    let server = Server::shared();
    let id = "divergences-wide";
    server.register(&json!({
        "client_id": id, "client_secret": secret_of(id), "grant_types": ["client_credentials"], "scope": "* photos.*",
        "audience": ["urn:thing", "https://api.example/v1"],
    }));
    let asking = |name: &str, value: &str| {
        let form = [("grant_type", "client_credentials"), (name, value)];
        server.public.send(Request::post("/oauth2/token").basic(id, &secret_of(id)).form(&form))
    };
    for audience in ["urn:thing", "https://api.example/v1", "https://api.example/v1/x", "https://api.example/v1/a/../b"]
    {
        asking("audience", audience).expect(200);
    }
    for audience in [
        "urn:other",
        "https://api.example/v1/../v2",
        "https://api.example/v1/%2e%2e/v2",
        "https://api.example/v10",
        "https://api.example\\@evil.example/v1",
        "urn:thing|urn:other",
    ] {
        assert_eq!(asking("audience", audience).expect(400).error(), "invalid_request", "{audience}");
    }
    for scope in ["é", "a\"b", "photos.x|admin", "a\\b"] {
        assert_eq!(asking("scope", scope).expect(400).error(), "invalid_scope", "{scope}");
    }
}

#[test]
fn a_client_that_cannot_keep_a_secret_may_not_use_this_grant() {
    let server = Server::shared();
    server.register(&json!({
        "client_id": "divergences-public", "token_endpoint_auth_method": "none", "grant_types": ["client_credentials"],
    }));
    let form = [("grant_type", "client_credentials"), ("client_id", "divergences-public")];
    let answer = server.public.send(Request::post("/oauth2/token").form(&form)).expect(400);
    assert_eq!(answer.error(), "unauthorized_client");
}

#[test]
fn a_forged_token_revokes_nothing_and_a_401_says_how_to_authenticate() {
    let server = Server::shared();
    let secret = server.register_machine("divergences-forged");
    let token = server.token("divergences-forged");
    let (random, signature) = token.split_once('.').expect("an opaque token has two parts");
    let (kept, last) = random.split_at(random.len() - 4);
    let forged = format!("{kept}{}.{signature}", if last == "AAAA" { "BBBB" } else { "AAAA" });
    let revoke = |secret: &str| {
        let request = Request::post("/oauth2/revoke").basic("divergences-forged", secret);
        server.public.send(request.form(&[("token", &forged)]))
    };
    revoke(&secret).expect(200);
    assert_eq!(server.introspect(&token)["active"], true);
    assert_eq!(revoke("wrong-secret").expect(401).header("WWW-Authenticate"), Some("Basic realm=\"hydra\""));
    let wrong = server.public.send(token_request("divergences-forged", "wrong-secret")).expect(401);
    assert_eq!(wrong.header("WWW-Authenticate"), Some("Basic realm=\"hydra\""));
}
