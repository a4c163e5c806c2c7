//! Request objects (OIDC Core §6, RFC 9101): whose are believed, what they override, and from where they are fetched.

use oauth_core::{
    Error, ErrorCode,
    authorize::{AuthorizeFailure, ObjectFault},
    client::{Client, KeyFault},
};
use serde_json::{Value, json};

use crate::support::{
    OwnKey, Request, Stop, World, failure, hmac_with_public, jwks, list, made_up, parameter, refused, told_client,
    turned_away, unsecured, with,
};

const ISSUER: &str = "https://op.example/";
const OBJECT_URL: &str = "https://shop.example/request.jwt";

/// A world with `shop`, which registered a key, and what else it registered.
async fn shop_and(change: impl FnOnce(&mut Client)) -> (World, OwnKey) {
    let world = World::with_shop().await;
    let key = OwnKey::new("k1");
    world
        .register_app("store", |client| {
            client.jwks = jwks([&key]);
            client.redirect_uris.push("https://store.example/other".to_owned());
            client.request_uris = list(&[OBJECT_URL]);
            change(client);
        })
        .await;
    (world, key)
}

async fn shop() -> (World, OwnKey) {
    shop_and(|_| ()).await
}

/// For those who did not register keys, but that they do not sign.
async fn shop_that_does_not_sign() -> World {
    let does_not_sign = |client: &mut Client| {
        client.jwks = "{}".to_owned();
        client.request_object_signing_alg = "none".to_owned();
    };
    shop_and(does_not_sign).await.0
}

/// What the tests' client puts into an object.
fn claims() -> Value {
    json!({ "iss": "store", "aud": ISSUER, "client_id": "store", "state": "state-of-the-object" })
}

/// A good request, and this object beside it.
fn request(object: &str) -> Request {
    Request::of("store").with("request", object)
}

fn by_reference(uri: &str) -> Request {
    Request::of("store").with("request_uri", uri)
}

/// The `state` that the client gets back: it tells whether the object counted.
async fn state_after(world: &World, request: &Request) -> String {
    world.browser().sign_in(request, "alice").await.get("state").to_owned()
}

/// The request as the login application sees it.
async fn seen(world: &World, request: &Request) -> url::Url {
    let challenge = world.browser().begin(request).await;
    let login = world.provider.login_request(&challenge).await.expect("the challenge is good");
    url::Url::parse(&login.request_url).expect("an address")
}

fn values<'u>(url: &'u url::Url, name: &str) -> Vec<std::borrow::Cow<'u, str>> {
    url.query_pairs().filter(|(own, _)| own == name).map(|(_, value)| value).collect()
}

/// What is wrong with an object. The user gets to read it: no redirect is made on its account, or beside it.
async fn fault(world: &World, request: &Request) -> ObjectFault {
    let failure = failure(world.browser().visit(request).await);
    assert_eq!(told_client(&failure), None);
    object_fault(failure)
}

fn object_fault(failure: AuthorizeFailure) -> ObjectFault {
    assert_eq!(failure.error.code(), ErrorCode::InvalidRequestObject, "{}", failure.error);
    assert!(failure.error.description().len() < 400);
    match failure.error {
        Error::RequestObject(fault) => fault,
        other => panic!("{other}"),
    }
}

/// Whether a request was refused because it is no more what the object said.
fn was_changed(outcome: Result<Stop, AuthorizeFailure>) -> bool {
    matches!(object_fault(failure(outcome)), ObjectFault::Changed)
}

#[tokio::test]
async fn a_signed_object_may_hold_the_whole_request() {
    let (world, key) = shop().await;
    let whole = json!({
        "response_type": "code", "redirect_uri": "https://store.example/other", "scope": "openid offline",
        "nonce": "nonce-of-the-object", "audience": ["https://api.example/v1", "https://api.example/v2"],
    });
    let object = key.sign(&with(&claims(), &whole));
    let least = Request(vec![("client_id".to_owned(), "store".to_owned()), ("request".to_owned(), object)]);
    let answer = world.browser().sign_in(&least, "alice").await;
    assert!(answer.url.starts_with("https://store.example/other?"), "{}", answer.url);
    assert_eq!(answer.get("state"), "state-of-the-object");
    let redeemed = world.ask_as("store").with("redirect_uri", "https://store.example/other").redeem(answer.get("code"));
    let tokens = redeemed.await.expect("tokens");
    assert_eq!(tokens.scope, ["openid", "offline"]);
    let row = world.row_of(tokens.access_token.expose()).await.expect("it is stored");
    assert_eq!(row.grant.granted_audience, ["https://api.example/v1", "https://api.example/v2"]);
    let (told, _) = world.verified(tokens.id_token.expect("one").expose()).await;
    assert_eq!(told["nonce"], "nonce-of-the-object");
}

#[tokio::test]
async fn what_the_object_says_overrides_and_scope_adds_up() {
    let (world, key) = shop().await;
    let object = key.sign(&with(
        &claims(),
        &json!({
            "scope": "api openid", "redirect_uri": "https://store.example/other", "nonce": "nonce-of-the-object",
            "max_age": 60, "ui_locales": ["de", "en"], "prompt": "login consent", "audience": "https://api.example/v1",
            "claims": { "id_token": { "email": null } }, "flag": true, "login_hint": "é&=+ %", "display": null, "acr_values": "",
        }),
    ));
    let beside = request(&object)
        .with("scope", "openid offline")
        .with("max_age", "1")
        .with("display", "page")
        .with("acr_values", "gold")
        .and("audience", "https://api.example/v2")
        .with("code_challenge", "TDp3C-wPo3aKDK1Bg-ukP78nZ9YiqUD2ToRD96HoaHU")
        .with("code_challenge_method", "S256");
    let url = seen(&world, &beside).await;
    for (name, expected) in [
        ("client_id", "store"),
        ("response_type", "code"),
        ("scope", "api openid offline"),
        ("state", "state-of-the-object"),
        ("redirect_uri", "https://store.example/other"),
        ("nonce", "nonce-of-the-object"),
        ("max_age", "60"),
        ("ui_locales", "de en"),
        ("prompt", "login consent"),
        ("audience", "https://api.example/v1"),
        ("claims", r#"{"id_token":{"email":null}}"#),
        ("flag", "true"),
        ("login_hint", "é&=+ %"),
        ("display", "page"),
        ("acr_values", ""),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(values(&url, name), [expected], "{name}");
    }
    for of_the_jwt in ["request", "request_uri", "iss", "aud", "exp"] {
        assert!(values(&url, of_the_jwt).is_empty(), "{of_the_jwt}");
    }
}

/// N18: it counts without `openid` as well.
#[tokio::test]
async fn it_counts_in_a_plain_oauth_request_too() {
    let (world, key) = shop().await;
    let object = key.sign(&claims());
    let plain = request(&object).with("scope", "api").without("nonce");
    assert_eq!(state_after(&world, &plain).await, "state-of-the-object");
    fault(&world, &request(&unsecured(&claims())).with("scope", "api")).await;
}

/// What is strict about parameters is as strict about those of an object.
#[tokio::test]
async fn an_object_gets_nothing_that_its_client_may_not_have() {
    let (world, key) = shop().await;
    for (change, code, told) in [
        (json!({ "scope": "admin" }), ErrorCode::InvalidScope, true),
        (json!({ "scope": "api|admin" }), ErrorCode::InvalidScope, true),
        (json!({ "audience": "https://bank.example" }), ErrorCode::InvalidRequest, true),
        (json!({ "response_type": "code telepathy" }), ErrorCode::UnsupportedResponseType, true),
        (json!({ "registration": { "jwks": {} } }), ErrorCode::RegistrationNotSupported, true),
        (json!({ "state": "short" }), ErrorCode::InvalidState, true),
        (json!({ "max_age": -1 }), ErrorCode::InvalidRequest, true),
        (json!({ "max_age": 1.5 }), ErrorCode::InvalidRequest, true),
        (json!({ "redirect_uri": "https://evil.example/cb" }), ErrorCode::InvalidRequest, false),
        (json!({ "redirect_uri": ["https://store.example/cb", "x"] }), ErrorCode::InvalidRequest, false),
        (json!({ "redirect_uri": { "a": 1 } }), ErrorCode::InvalidRequest, false),
        (json!({ "response_mode": "carrier_pigeon" }), ErrorCode::UnsupportedResponseMode, false),
    ] {
        let object = key.sign(&with(&claims(), &change));
        let failure = failure(world.browser().visit(&request(&object)).await);
        assert_eq!(failure.error.code(), code, "{change}: {}", failure.error);
        assert_eq!(told_client(&failure).is_some(), told, "{change}");
    }
    // An error goes where the object wants it, if that is the client's.
    let object =
        key.sign(&with(&claims(), &json!({ "scope": "admin", "redirect_uri": "https://store.example/other" })));
    let told = told_client(&failure(world.browser().visit(&request(&object)).await)).expect("the client is told");
    assert!(told.starts_with("https://store.example/other?") && told.contains("state=state-of-the-object"), "{told}");
}

/// N18, RFC 9101 §10.2: anybody can make an object that nobody signs.
#[tokio::test]
async fn an_unsigned_object_is_refused_unless_the_client_registered_that() {
    for registered in ["", "ES256", "RS256"] {
        let (world, _) = shop_and(|client| client.request_object_signing_alg = registered.to_owned()).await;
        let refusal = fault(&world, &request(&unsecured(&claims()))).await;
        assert!(matches!(refusal, ObjectFault::Unsigned), "{registered}: {refusal}");
    }
    let (world, key) = shop_and(|client| client.request_object_signing_alg = "none".to_owned()).await;
    assert_eq!(state_after(&world, &request(&unsecured(&claims()))).await, "state-of-the-object");
    // A signature that would not be looked at is refused instead.
    let refusal = fault(&world, &request(&key.sign(&claims()))).await;
    assert!(matches!(refusal, ObjectFault::Algorithm { .. }), "{refusal}");
    let half = made_up(&json!({ "alg": "none" }), claims().to_string().as_bytes(), &[7; 64]);
    assert!(matches!(fault(&world, &request(&half)).await, ObjectFault::Malformed(_)));
    for alg in ["None", "NONE", "nonE", "none "] {
        let odd = made_up(&json!({ "alg": alg }), claims().to_string().as_bytes(), &[]);
        assert!(matches!(fault(&world, &request(&odd)).await, ObjectFault::Algorithm { .. }), "{alg}");
    }
}

/// N52: without keys there is nothing to miss.
#[tokio::test]
async fn an_unsigned_object_needs_no_keys() {
    let world = shop_that_does_not_sign().await;
    assert_eq!(state_after(&world, &request(&unsecured(&claims()))).await, "state-of-the-object");
    let signed = OwnKey::new("k1").sign(&claims());
    assert!(matches!(fault(&world, &request(&signed)).await, ObjectFault::Algorithm { .. }));
    let refusal = fault(&world, &Request::of("shop").with("request", &signed)).await;
    assert!(matches!(refusal, ObjectFault::Key(KeyFault::NoneRegistered)), "{refusal}");
}

/// CVE-2018-0114, CVE-2022-29217, CVE-2024-37568, CVE-2026-11800 and their kind.
#[tokio::test]
async fn neither_the_algorithm_nor_the_key_is_the_objects_choice() {
    for registered in ["", "ES256"] {
        let (world, key) = shop_and(|client| client.request_object_signing_alg = registered.to_owned()).await;
        let payload = claims().to_string();
        for alg in ["HS256", "HS512", "EdDSA", "es256", "x"] {
            for forged in
                [hmac_with_public(&key, alg, &claims()), made_up(&json!({ "alg": alg }), payload.as_bytes(), &[])]
            {
                let refusal = fault(&world, &request(&forged)).await;
                assert!(matches!(refusal, ObjectFault::Algorithm { .. }), "{alg}: {refusal}");
            }
        }
        let thief = OwnKey::new("k1");
        for header in [
            json!({ "alg": "ES256", "kid": "k1" }),
            json!({ "alg": "ES256", "kid": "k1", "jwk": thief.public() }),
            json!({ "alg": "ES256", "jku": "https://evil.example/jwks.json" }),
            json!({ "alg": "ES256", "kid": "k2" }),
        ] {
            let refusal = fault(&world, &request(&thief.sign_raw(&header, payload.as_bytes()))).await;
            assert!(matches!(refusal, ObjectFault::Key(_)), "{header}: {refusal}");
        }
        fault(&world, &request(&made_up(&json!({ "alg": "ES256", "kid": "k1" }), payload.as_bytes(), &[]))).await;
        assert!(world.remote.fetched().is_empty());
        assert_eq!(state_after(&world, &request(&key.sign(&claims()))).await, "state-of-the-object");
    }
    let (world, key) = shop_and(|client| client.request_object_signing_alg = "RS256".to_owned()).await;
    let refusal = fault(&world, &request(&key.sign(&claims()))).await;
    assert!(matches!(refusal, ObjectFault::Algorithm { .. }), "{refusal}");
}

/// RFC 9101 §10.2.
#[tokio::test]
async fn an_object_of_another_client_or_for_another_server_is_not_good_here() {
    let (world, key) = shop().await;
    world.register_app("bank", |client| client.jwks = jwks([&key])).await;
    for change in [
        json!({ "iss": "bank" }),
        json!({ "iss": "" }),
        json!({ "iss": ISSUER }),
        json!({ "client_id": "bank" }),
        json!({ "client_id": "" }),
        json!({ "client_id": ["store", "bank"] }),
        json!({ "client_id": { "id": "store" } }),
        json!({ "aud": "https://other.example/" }),
        json!({ "aud": "" }),
        json!({ "aud": "store" }),
        json!({ "aud": ["https://other.example/", "https://op.example.evil.example/"] }),
    ] {
        let refusal = fault(&world, &request(&key.sign(&with(&claims(), &change)))).await;
        assert!(matches!(refusal, ObjectFault::OfAnother(_, _)), "{change}: {refusal}");
    }
    let own = key.sign(&claims());
    let at_bank = Request::of("bank").with("request", &own);
    assert!(matches!(fault(&world, &at_bank).await, ObjectFault::OfAnother("iss", _)));
    let anonymous = key.sign(&with(&claims(), &json!({ "iss": null })));
    let at_bank = Request::of("bank").with("request", &anonymous);
    assert!(matches!(fault(&world, &at_bank).await, ObjectFault::OfAnother("client_id", _)));
    for change in [
        json!({ "iss": null, "aud": null, "client_id": null }),
        json!({ "aud": "https://op.example" }),
        json!({ "aud": "https://op.example/oauth2/auth" }),
        json!({ "aud": ["https://other.example/", ISSUER] }),
        json!({ "aud": [] }),
    ] {
        let object = key.sign(&with(&claims(), &change));
        assert_eq!(state_after(&world, &request(&object)).await, "state-of-the-object", "{change}");
    }
}

/// N2.
#[tokio::test]
async fn an_object_is_good_in_its_time_alone() {
    let (world, key) = shop().await;
    let now = world.provider.now().timestamp();
    for change in [
        json!({ "exp": now }),
        json!({ "exp": 0 }),
        json!({ "nbf": now + 1 }),
        json!({ "iat": now + 1 }),
        json!({ "iat": 1e300 }),
    ] {
        let refusal = fault(&world, &request(&key.sign(&with(&claims(), &change)))).await;
        assert!(matches!(refusal, ObjectFault::Untimely(_)), "{change}: {refusal}");
    }
    let timely = key.sign(&with(&claims(), &json!({ "exp": now + 1, "nbf": now, "iat": now })));
    assert_eq!(state_after(&world, &request(&timely)).await, "state-of-the-object");
    world.wait(1);
    assert!(matches!(fault(&world, &request(&timely)).await, ObjectFault::Untimely(_)));
}

/// OIDC Core §6.1; and verifiers are ours to send.
#[tokio::test]
async fn an_object_holds_no_other_object_and_no_verifier() {
    let (world, key) = shop().await;
    let inner = key.sign(&claims());
    for (name, value) in [
        ("request", inner.as_str()),
        ("request", ""),
        ("request_uri", OBJECT_URL),
        ("login_verifier", "x"),
        ("consent_verifier", "x"),
    ] {
        let object = key.sign(&with(&claims(), &json!({ name: value })));
        let refusal = fault(&world, &request(&object)).await;
        assert!(matches!(&refusal, ObjectFault::NoParameter(own) if own == name), "{name}: {refusal}");
    }
    assert!(world.remote.fetched().is_empty());
}

#[tokio::test]
async fn garbage_is_refused_whatever_its_size() {
    let world = shop_that_does_not_sign().await;
    let none = json!({ "alg": "none" });
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(4000), "]".repeat(4000));
    for payload in [
        "x",
        "null",
        "[]",
        "\"state\"",
        "{",
        "{}x",
        r#"["store","store"]"#,
        r#"{"state":"state-of-one","state":"state-of-another"}"#,
        r#"{"state":"state-of-one","st\u0061te":"state-of-another"}"#,
        r#"{"iss":"store","iss":"store"}"#,
        r#"{"iss":1}"#,
        r#"{"aud":{"a":1}}"#,
        r#"{"exp":"tomorrow"}"#,
        r#"{"state":"a\ud800b"}"#,
        &deep,
    ] {
        let refusal = fault(&world, &request(&made_up(&none, payload.as_bytes(), &[]))).await;
        assert!(matches!(refusal, ObjectFault::Claims), "{payload:.80}: {refusal}");
    }
    assert!(matches!(fault(&world, &request(&made_up(&none, b"{\"a\":\"\xff\"}", &[]))).await, ObjectFault::Claims));
    for odd in [json!({ "scope": ["openid", 1] }), json!({ "ui_locales": [["de"]] }), json!({ "audience": [null] })] {
        let refusal = fault(&world, &request(&unsecured(&with(&claims(), &odd)))).await;
        assert!(matches!(refusal, ObjectFault::NoParameter(_)), "{odd}: {refusal}");
    }
    for odd in [
        "x".to_owned(),
        "..".to_owned(),
        ".".repeat(1_000_000),
        "a".repeat(10_000_000),
        unsecured(&with(&claims(), &json!({ "state": "x".repeat(20_000) }))),
        format!("{}=", unsecured(&claims())),
        format!("{}x.", unsecured(&claims())),
        unsecured(&claims()).replacen('.', "%2E", 1),
    ] {
        assert!(matches!(fault(&world, &request(&odd)).await, ObjectFault::Malformed(_)), "{odd:.80}");
    }
}

/// No database holds a NUL, and a form with one is refused: better now than after the login.
#[tokio::test]
async fn a_nul_is_refused_in_names_and_values() {
    let world = shop_that_does_not_sign().await;
    for odd in [
        json!({ "state": "before\0after" }),
        json!({ "anything": "\0" }),
        json!({ "scope": ["openid", "a\0"] }),
        json!({ "audience": ["https://api.example/v1", "a\0"] }),
        json!({ "before\0after": "x" }),
        json!({ "\0": 1 }),
    ] {
        let refusal = fault(&world, &request(&unsecured(&with(&claims(), &odd)))).await;
        assert!(matches!(refusal, ObjectFault::NoParameter(_)), "{odd}: {refusal}");
        assert!(!refusal.to_string().contains('\0'), "{refusal}");
    }
    // Inside of JSON it is six characters.
    let claims = with(&claims(), &json!({ "claims": { "id_token": { "a\0b": null } } }));
    assert_eq!(state_after(&world, &request(&unsecured(&claims))).await, "state-of-the-object");
}

#[tokio::test]
async fn a_parameter_that_comes_twice_is_refused_in_either_place() {
    let (world, key) = shop().await;
    let object = key.sign(&claims());
    for twice in [
        request(&object).and("request", &object),
        by_reference(OBJECT_URL).and("request_uri", OBJECT_URL),
        request(&object).with("request_uri", OBJECT_URL),
        // Also one that the object would override.
        request(&object).and("state", "some-state-0123456789"),
        request(&object).and("client_id", "store"),
    ] {
        assert_eq!(turned_away(world.browser().visit(&twice).await), ErrorCode::InvalidRequest, "{twice:?}");
    }
    assert!(world.remote.fetched().is_empty());
    let empty = Request::of("store").with("request", "").with("request_uri", "");
    assert_eq!(state_after(&world, &empty).await, "some-state-0123456789");
}

#[tokio::test]
async fn an_object_is_fetched_from_an_address_that_the_client_registered() {
    let (world, key) = shop().await;
    world.remote.publish(OBJECT_URL, &format!("\r\n {}\n", key.sign(&claims())));
    assert_eq!(state_after(&world, &by_reference(OBJECT_URL)).await, "state-of-the-object");
    assert_eq!(world.remote.fetched(), [OBJECT_URL], "once, at the first visit");
    // It is no better for lying there.
    world.remote.publish(OBJECT_URL, &unsecured(&claims()));
    assert!(matches!(fault(&world, &by_reference(OBJECT_URL)).await, ObjectFault::Unsigned));
    world.remote.publish(OBJECT_URL, &key.sign(&with(&claims(), &json!({ "exp": 1 }))));
    assert!(matches!(fault(&world, &by_reference(OBJECT_URL)).await, ObjectFault::Untimely(_)));
    for document in ["", "<html>404</html>", &"a".repeat(1_000_000), &key.sign(&claims()).replacen('.', " .", 1)] {
        world.remote.publish(OBJECT_URL, document);
        assert!(matches!(fault(&world, &by_reference(OBJECT_URL)).await, ObjectFault::Malformed(_)), "{document:.80}");
    }
}

/// CVE-2026-1180, CVE-2026-4366 (Keycloak), RFC 9101 §10.4.1: whoever asks must not be able to send us anywhere.
#[tokio::test]
async fn nothing_is_fetched_from_an_address_that_is_not_registered_to_the_letter() {
    let (world, key) = shop().await;
    world.register_app("bank", |client| client.request_uris = list(&["https://bank.example/request.jwt"])).await;
    for odd in [
        "https://evil.example/request.jwt",
        "http://169.254.169.254/latest/meta-data",
        "https://bank.example/request.jwt",
        "https://shop.example/request.jwt/",
        "https://shop.example/request.jwt?x",
        "https://shop.example/request.jwt#x",
        "https://shop.example/REQUEST.jwt",
        "https://SHOP.example/request.jwt",
        "https://shop.example:443/request.jwt",
        "http://shop.example/request.jwt",
        "https://shop.example@evil.example/request.jwt",
        "https://shop.example/a/../request.jwt",
        " https://shop.example/request.jwt",
        "urn:ietf:params:oauth:request_uri:x",
        "file:///etc/passwd",
        "data:,x",
        "x",
    ] {
        world.remote.publish(odd, &key.sign(&claims()));
        let failure = failure(world.browser().visit(&by_reference(odd)).await);
        assert_eq!(failure.error.code(), ErrorCode::InvalidRequestUri, "{odd}");
        assert_eq!(told_client(&failure), None, "{odd}");
    }
    let of_nobody = Request::of("nobody").with("request_uri", OBJECT_URL);
    assert_eq!(turned_away(world.browser().visit(&of_nobody).await), ErrorCode::InvalidClient);
    let without_client = by_reference(OBJECT_URL).without("client_id");
    assert_eq!(turned_away(world.browser().visit(&without_client).await), ErrorCode::InvalidClient);
    assert!(world.remote.fetched().is_empty());
}

#[tokio::test]
async fn an_address_that_gives_nothing_is_said_so() {
    let (world, _) = shop_and(|client| client.request_uris = list(&[OBJECT_URL, "https://shop.example/[x"])).await;
    for (uri, words) in [(OBJECT_URL, "cannot be fetched"), ("https://shop.example/[x", "")] {
        let failure = failure(world.browser().visit(&by_reference(uri)).await);
        assert_eq!((failure.error.code(), told_client(&failure)), (ErrorCode::InvalidRequestUri, None));
        assert!(failure.error.description().contains(words), "{}", failure.error);
    }
    world.remote.publish_bytes(OBJECT_URL, b"\xff\xfe");
    assert_eq!(turned_away(world.browser().visit(&by_reference(OBJECT_URL)).await), ErrorCode::InvalidRequestUri);
}

#[tokio::test]
async fn the_keys_may_be_published() {
    let keys_url = "https://shop.example/jwks.json";
    let (world, _) = shop_and(|client| {
        client.jwks = "{}".to_owned();
        client.jwks_uri = keys_url.to_owned();
    })
    .await;
    let key = OwnKey::new("k1");
    let object = key.sign(&claims());
    let refusal = fault(&world, &request(&object)).await;
    assert!(matches!(refusal, ObjectFault::Key(KeyFault::Unreachable(_))), "{refusal}");
    world.remote.publish(keys_url, &jwks([&key]));
    for _ in 0..3 {
        assert_eq!(state_after(&world, &request(&object)).await, "state-of-the-object");
    }
    assert_eq!(world.remote.fetched().len(), 2, "held after they were found");
    for n in 0..50 {
        let forged = made_up(&json!({ "alg": "ES256", "kid": n.to_string() }), b"{}", &[7; 64]);
        assert!(matches!(fault(&world, &request(&forged)).await, ObjectFault::Key(KeyFault::NoneFits { .. })));
    }
    assert!(world.remote.fetched().len() <= 10, "{}", world.remote.fetched().len());
}

/// The object was opened at the first visit: what becomes of it afterwards does not matter.
#[tokio::test]
async fn a_login_goes_on_when_the_object_expires_or_goes_meanwhile() {
    let (world, key) = shop().await;
    for by_value in [true, false] {
        let now = world.provider.now().timestamp();
        let object = key.sign(&with(&claims(), &json!({ "exp": now + 10, "scope": "offline" })));
        world.remote.publish(OBJECT_URL, &object);
        let mut browser = world.browser();
        let login = browser.begin(&if by_value { request(&object) } else { by_reference(OBJECT_URL) }).await;
        world.wait(60);
        world.remote.withdraw(OBJECT_URL);
        let consent = browser.log_in(&login, "alice").await;
        world.wait(60);
        let answer = browser.allow(&consent, "openid offline").await;
        assert_eq!(answer.get("state"), "state-of-the-object");
        let ask = world.ask_as("store").with("redirect_uri", "https://store.example/cb");
        assert_eq!(ask.redeem(answer.get("code")).await.expect("tokens").scope, ["openid", "offline"]);
    }
    assert_eq!(world.remote.fetched().len(), 1);
}

/// CVE-2026-7571 (Keycloak), for what was signed: nobody changes it on its way, not even to what the client may have.
#[tokio::test]
async fn what_an_object_asked_for_is_not_changed_on_the_way() {
    let (world, key) = shop().await;
    let object = key.sign(&claims());
    let other = key.sign(&with(&claims(), &json!({ "state": "state-of-another" })));
    let same = key.sign(&with(&claims(), &json!({ "iss": null })));
    let mut browser = world.browser();
    let login = browser.begin(&request(&object)).await;
    let back = world.accept_login(&login, "alice", |_| ()).await;
    let pairs = |url: &str| Request(url::Url::parse(url).expect("an address").query_pairs().into_owned().collect());
    let resumed = pairs(&back);
    assert!(!back.contains("request="), "{back}");
    let changes = |resumed: &Request| {
        [
            resumed.clone().with("state", "some-state-0123456789"),
            resumed.clone().with("scope", "openid offline"),
            resumed.clone().with("redirect_uri", "https://store.example/other"),
            resumed.clone().with("nonce", "another-nonce-0123456789"),
            resumed.clone().with("more", "x"),
            resumed.clone().without("nonce"),
            resumed.clone().with("request", &other),
        ]
    };
    for changed in changes(&resumed) {
        assert!(was_changed(browser.visit(&changed).await), "{changed:?}");
    }
    let consent = browser.visit(&resumed.with("request", &same)).await.expect("it says the same").consent_challenge();
    let back = world.accept_consent(&consent, "openid", |_| ()).await;
    let resumed = pairs(&back);
    for changed in changes(&resumed) {
        assert!(was_changed(browser.visit(&changed).await), "{changed:?}");
    }
    assert_eq!(parameter(&back, "state"), "state-of-the-object");
    let answer = browser.open(&back).await.expect("nothing has spent it").answer();
    assert_eq!(answer.get("state"), "state-of-the-object");
}

/// The verifier of a request with an object does not work for one without, nor the other way round.
#[tokio::test]
async fn a_verifier_belongs_to_its_object() {
    let (world, key) = shop().await;
    let object = key.sign(&claims());
    let mut browser = world.browser();
    let login = browser.begin(&request(&object)).await;
    let back = world.accept_login(&login, "alice", |_| ()).await;
    let without_object = Request::of("store").with("login_verifier", &parameter(&back, "login_verifier"));
    assert!(was_changed(browser.visit(&without_object).await));
    assert_eq!(refused(world.provider.login_request(&parameter(&back, "login_verifier")).await), ErrorCode::NotFound);
}
