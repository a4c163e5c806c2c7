//! `/.well-known/…`: what the server says about itself.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::support::{
    http::Request,
    server::{Server, quick_key},
};

#[test]
fn the_server_describes_itself_under_both_names_alike() {
    let server = Server::start(&[("WEBFINGER_OIDC_DISCOVERY_SUPPORTED_SCOPE", "api")]).with_quick_keys();
    let openid = server.public.send(Request::get("/.well-known/openid-configuration")).expect(200);
    let oauth = server.public.send(Request::get("/.well-known/oauth-authorization-server")).expect(200);
    assert_eq!(openid.text(), oauth.text());
    assert_eq!(openid.header("Content-Type"), Some("application/json; charset=utf-8"));
    let body = openid.json();
    let at = |path: &str| format!("{}{path}", server.issuer);
    for (member, expected) in [
        ("issuer", at("")),
        ("token_endpoint", at("oauth2/token")),
        ("revocation_endpoint", at("oauth2/revoke")),
        ("jwks_uri", at(".well-known/jwks.json")),
        ("authorization_endpoint", at("oauth2/auth")),
    ] {
        assert_eq!(body[member], expected.as_str(), "{member}");
    }
    assert_eq!(body["id_token_signing_alg_values_supported"], serde_json::json!(["ES256"]));
    let scopes = body["scopes_supported"].as_array().expect("a list");
    assert!(scopes.iter().any(|scope| scope == "api") && scopes.iter().any(|scope| scope == "openid"), "{scopes:?}");
    assert_eq!(body.get("registration_endpoint"), None);
    assert!(openid.text().starts_with("{\"issuer\":"));
}

#[test]
fn the_public_halves_of_the_signing_keys_are_published() {
    let server = Server::start(&[]).with_quick_keys();
    let answer = server.public.send(Request::get("/.well-known/jwks.json")).expect(200);
    assert_eq!(answer.header("Content-Type"), Some("application/json; charset=utf-8"));
    let body = answer.json();
    let keys = body["keys"].as_array().expect("a set of keys");
    assert_eq!(keys.len(), 2);
    for key in keys {
        assert_eq!((&key["kty"], &key["alg"], &key["use"]), (&"EC".into(), &"ES256".into(), &"sig".into()));
        assert!(key["kid"].as_str().is_some_and(|kid| !kid.is_empty()));
        for private in ["d", "p", "q", "k"] {
            assert!(key.get(private).is_none(), "{private} is published");
        }
    }
}

#[test]
fn a_new_key_is_published_at_once_and_the_old_one_stays() {
    let server = Server::start(&[]).with_quick_keys();
    let published = || {
        let body = server.public.send(Request::get("/.well-known/jwks.json")).expect(200).json();
        let keys = body["keys"].as_array().cloned().unwrap_or_default();
        keys.iter().filter_map(|key| Some(key["kid"].as_str()?.to_owned())).collect::<Vec<_>>()
    };
    let before = published();
    let made = server.admin.send(quick_key("hydra.jwt.access-token")).expect(201).json();
    let after = published();
    assert!(before.iter().all(|kid| after.contains(kid)), "{after:?}");
    assert!(after.contains(&made["keys"][0]["kid"].as_str().unwrap_or_default().to_owned()), "{after:?}");
}

#[test]
fn keys_that_another_instance_makes_are_published_within_seconds() {
    let server = Server::start(&[]).with_quick_keys();
    let document = |target: &str| server.public.send(Request::get(target)).expect(200).text().to_owned();
    let (keys, description) = (document("/.well-known/jwks.json"), document("/.well-known/openid-configuration"));
    assert_eq!(document("/.well-known/jwks.json"), keys);
    // What another instance does, as far as this one can see.
    let set = "WHERE sid = 'hydra.openid.id-token'";
    server.admin.send(Request::post("/admin/keys/other").json(&serde_json::json!({"alg": "EdDSA"}))).expect(201);
    server.sql(&format!(
        "DELETE FROM hydra_jwk {set}; UPDATE hydra_jwk SET sid = 'hydra.openid.id-token' WHERE sid = 'other'"
    ));
    let begun = Instant::now();
    while document("/.well-known/jwks.json") == keys || document("/.well-known/openid-configuration") == description {
        assert!(begun.elapsed() < Duration::from_secs(10), "the old documents are still there");
        thread::sleep(Duration::from_millis(50));
    }
    assert!(document("/.well-known/jwks.json").contains("Ed25519"));
    assert!(
        document("/.well-known/openid-configuration").contains(r#""id_token_signing_alg_values_supported":["EdDSA"]"#)
    );
}

#[test]
fn these_documents_answer_head_and_options_but_take_nothing() {
    let server = Server::start(&[]).with_quick_keys();
    for target in
        ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json"]
    {
        let got = server.public.send(Request::get(target)).expect(200);
        let head = server.public.send(Request::head(target)).expect(200);
        assert!(head.body.is_empty());
        assert_eq!(head.header("Content-Type"), got.header("Content-Type"));
        assert_eq!(head.header("Content-Length"), got.header("Content-Length"));
        server.public.send(Request::options(target)).expect(200);
        let post = server.public.send(Request::post(target)).expect(405);
        assert_eq!(post.header("Allow"), Some("GET, HEAD, OPTIONS"));
    }
}
