//! `POST /oauth2/token` by clients that sign (RFC 7523 §3), and authorization requests that are signed (OIDC Core §6): what travels over
//! HTTP. Which of them are believed is tested in `oauth-core`.

use serde_json::{Value, json};
use token_jwt::{Algorithm, Jwk, SigningKey};

use crate::support::{
    browser::{Browser, Plan, parameter},
    http::{Answer, Request},
    server::Server,
    site::Site,
};

fn key(kid: &str) -> Jwk {
    Jwk::generate(Algorithm::ES256, "sig", kid).expect("a key is made")
}

fn jwks(key: &Jwk) -> Value {
    json!({ "keys": [key.to_public().expect("it has a public half")] })
}

fn sign(key: &Jwk, claims: &Value) -> String {
    SigningKey::from_jwk(key).expect("it signs").sign(claims).expect("claims are an object")
}

/// A good assertion, for as long as anybody may look at it.
fn assertion(server: &Server, key: &Jwk, client: &str, jti: &str) -> String {
    let aud = format!("{}oauth2/token", server.issuer);
    sign(key, &json!({ "iss": client, "sub": client, "aud": aud, "jti": jti, "exp": 9_999_999_999_u64 }))
}

fn ask(server: &Server, assertion: &str) -> Answer {
    server.public.send(Request::post("/oauth2/token").form(&[
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion),
    ]))
}

/// Registers a client that signs.
fn register(server: &Server, id: &str, keys: (&str, Value)) {
    let mut client = json!({
        "client_id": id, "grant_types": ["client_credentials"], "scope": "api",
        "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256",
    });
    client[keys.0] = keys.1;
    server.register(&client);
}

#[test]
fn an_assertion_gets_a_token_once() {
    let (server, key) = (&Server::shared(), key("k1"));
    register(server, "signing", ("jwks", jwks(&key)));
    let assertion = assertion(server, &key, "signing", "signing-1");
    let token = ask(server, &assertion).expect(200).json();
    assert_eq!(server.introspect(token["access_token"].as_str().expect("a token"))["client_id"], "signing");
    for odd in [assertion.as_str(), "x", "a.b.c"] {
        let answer = ask(server, odd).expect(401);
        assert_eq!(answer.error(), "invalid_client");
        assert!(answer.header("WWW-Authenticate").is_some_and(|challenge| challenge.starts_with("Basic realm=")));
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    }
}

/// CVE-2020-5300 (Ory Hydra): also by two instances over one database.
#[test]
fn what_one_instance_took_no_other_takes() {
    let server = Server::start(&[]);
    let issuer = ("URLS_SELF_ISSUER", server.issuer.as_str());
    let (other, key) = (server.another_instance(&[issuer]), key("k1"));
    register(&server, "signing", ("jwks", jwks(&key)));
    let assertion = assertion(&server, &key, "signing", "1");
    ask(&server, &assertion).expect(200);
    assert_eq!(ask(&other, &assertion).expect(401).error(), "invalid_client");
    assert_eq!(server.rows("hydra_oauth2_jti_blacklist"), 1);
}

#[test]
fn published_keys_are_fetched_when_they_are_needed() {
    let (server, site, key) = (&Server::shared(), Site::start(), key("k1"));
    site.publish("/jwks.json", jwks(&key).to_string());
    register(server, "publishing", ("jwks_uri", json!(site.url("/jwks.json"))));
    assert!(site.calls().is_empty());
    for jti in ["publishing-1", "publishing-2"] {
        ask(server, &assertion(server, &key, "publishing", jti)).expect(200);
    }
    assert_eq!(site.calls(), ["/jwks.json"]);
}

/// N3. Neither is anybody led in a circle.
#[test]
fn keys_that_cannot_be_had_are_the_clients_trouble() {
    let (server, site, key) = (&Server::shared(), Site::start(), key("k1"));
    site.publish("/no.json", "<html>");
    site.publish("/much.json", " ".repeat(6 << 20));
    site.redirect("/circle.json", "/circle.json");
    site.publish("/keys", jwks(&key).to_string());
    site.redirect("/moved.json", "/keys");
    for path in ["/missing.json", "/no.json", "/much.json", "/circle.json"] {
        let id = format!("unpublished-{}", &path[1..]);
        register(server, &id, ("jwks_uri", json!(site.url(path))));
        let answer = ask(server, &assertion(server, &key, &id, &id)).expect(401);
        assert_eq!(answer.error(), "invalid_client", "{path}");
        assert!(answer.text().contains("jwks_uri") && !answer.text().contains("127.0.0.1"), "{answer:?}");
    }
    assert!(site.calls().iter().filter(|path| *path == "/circle.json").count() < 10);
    register(server, "moved", ("jwks_uri", json!(site.url("/moved.json"))));
    ask(server, &assertion(server, &key, "moved", "moved")).expect(200);
}

/// CVE-2026-1180, CVE-2026-4874 (Keycloak), OEL 26.2.8 (Ory Hydra): addresses that were stored before the operator forbade private
/// ones, or that a name leads to, are not called either.
#[test]
fn a_private_address_is_not_called_where_the_operator_forbids_it() {
    let (server, site, key) = (Server::start(&[]).with_quick_keys(), Site::start(), key("k1"));
    site.publish("/jwks.json", jwks(&key).to_string());
    site.publish("/object.jwt", sign(&key, &json!({ "state": "state-of-the-object" })));
    let by_name = |path| site.url(path).replace("127.0.0.1", "localhost");
    register(&server, "by-address", ("jwks_uri", json!(site.url("/jwks.json"))));
    register(&server, "by-name", ("jwks_uri", json!(by_name("/jwks.json"))));
    let objects = [site.url("/object.jwt"), by_name("/object.jwt")];
    server.register_web_with("objects", &json!({ "jwks": jwks(&key), "request_uris": objects }));
    let guard = ("CLIENTS_HTTP_DISALLOW_PRIVATE_IP_RANGES", "true");
    let guarded = server.another_instance(&[guard, ("URLS_SELF_ISSUER", server.issuer.as_str())]);
    for id in ["by-address", "by-name"] {
        let answer = ask(&guarded, &assertion(&server, &key, id, id)).expect(401);
        assert_eq!(answer.error(), "invalid_client", "{id}");
        assert!(!answer.text().contains("127.0.0.1"), "{answer:?}");
    }
    for uri in &objects {
        let with = [("request_uri", uri.as_str())];
        let plan = Plan { with: &with, ..Plan::new("objects", "alice", "openid") };
        let sent = Browser::at(&guarded).ask(&plan);
        assert_eq!(parameter(&sent, "error"), "invalid_request_uri", "{uri}");
        assert!(!parameter(&sent, "error_description").contains("127.0.0.1"), "{sent:?}");
    }
    assert!(site.calls().is_empty(), "{:?}", site.calls());
}

#[test]
fn a_request_may_be_signed_and_sent_by_value_or_by_reference() {
    let (server, site, key) = (&Server::shared(), Site::start(), key("k1"));
    let object = sign(&key, &json!({ "iss": "objects", "state": "state-of-the-object" }));
    site.publish("/object.jwt", &object);
    let uri = site.url("/object.jwt");
    server.register_web_with("objects", &json!({ "jwks": jwks(&key), "request_uris": [uri] }));
    for with in [[("request", object.as_str())], [("request_uri", uri.as_str())]] {
        let plan = Plan { with: &with, ..Plan::new("objects", "alice", "openid") };
        let answer = Browser::at(server).go(&plan).expect(303);
        assert_eq!(parameter(&answer, "state"), "state-of-the-object");
        server.redeem("objects", &parameter(&answer, "code")).expect(200);
    }
    assert_eq!(site.calls(), ["/object.jwt"], "once, at the first visit");
    let elsewhere = site.url("/elsewhere.jwt");
    for (with, error) in [
        (("request", "a.b.c"), "invalid_request_object"),
        (("request", "eyJhbGciOiJub25lIn0.e30."), "invalid_request_object"),
        (("request_uri", elsewhere.as_str()), "invalid_request_uri"),
    ] {
        let with = [with];
        let plan = Plan { with: &with, ..Plan::new("objects", "alice", "openid") };
        let sent = Browser::at(server).ask(&plan).expect(302);
        assert!(
            sent.header("Location").is_some_and(|url| url.starts_with(&server.issuer)),
            "the user reads it: {sent:?}"
        );
        assert_eq!(parameter(&sent, "error"), error, "{with:?}");
    }
    assert_eq!(site.calls().len(), 1);
}
