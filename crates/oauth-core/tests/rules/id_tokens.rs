//! ID tokens (OIDC Core §2): their claims, by which way they come, who signed them, and what a client calls a user.

use aws_lc_rs::digest::{SHA256, digest};
use go_duration::GoDuration;
use oauth_core::{
    ErrorCode,
    authorize::{ConsentAccepted, LoginAccepted},
    client::{AccessTokenStrategy, Client},
    ids::ClientId,
    policy::{ID_TOKEN_KEYS, PairwiseSalt, Policy},
    token::{Claims, TokenResponse},
};
use serde_json::{Value, json};

use crate::support::{Answer, Request, World, beginning, list, turned_away};

fn shop() -> Request {
    Request::of("shop")
}

fn claims(json: Value) -> Claims {
    json.as_object().cloned().expect("an object")
}

/// The hash of the algorithm that signs here.
fn left_half_hash(text: &str) -> String {
    token_jwt::left_half_hash(token_jwt::Algorithm::ES256, text)
}

async fn verified(world: &World, tokens: &TokenResponse) -> Claims {
    world.verified(tokens.id_token.as_ref().expect("an ID token").expose()).await.0
}

/// A login of which both applications say more.
async fn sign_in(
    world: &World,
    request: &Request,
    of_login: impl FnOnce(&mut LoginAccepted),
    of_consent: impl FnOnce(&mut ConsentAccepted),
) -> Answer {
    let mut browser = world.browser();
    let login = browser.begin(request).await;
    let consent = browser.log_in_with(&login, "alice", of_login).await.expect("it suits").consent_challenge();
    let asked = world.provider.consent_request(&consent).await.expect("the challenge is good");
    let scope = asked.requested_scope.join(" ");
    browser.allow_with(&consent, &scope, of_consent).await.expect("it suits").answer()
}

#[tokio::test]
async fn the_claims_are_hydras_in_hydras_order() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let login = browser.begin(&shop()).await;
    let sid = world.provider.login_request(&login).await.expect("the challenge is good").session;
    world.wait(10);
    let consent = browser.log_in(&login, "alice").await;
    world.wait(10);
    let code = browser.allow(&consent, "openid").await.get("code").to_owned();
    world.wait(10);
    let tokens = world.redeem(&code).await.expect("tokens");
    let token = tokens.id_token.as_ref().expect("an ID token").expose();
    let payload = String::from_utf8(token_jwt::peek_payload(token).expect("a payload")).expect("JSON");
    let jti = verified(&world, &tokens).await["jti"].as_str().expect("an id").to_owned();
    assert_eq!(uuid::Uuid::parse_str(&jti).expect("a UUID").get_version_num(), 4);
    let at_hash = left_half_hash(tokens.access_token.expose());
    let now = beginning().timestamp();
    assert_eq!(
        payload,
        format!(
            r#"{{"at_hash":"{at_hash}","aud":["shop"],"auth_time":{},"exp":{},"iat":{},"iss":"https://op.example/","jti":"{jti}","nonce":"some-nonce-0123456789","rat":{now},"sid":"{sid}","sub":"alice"}}"#,
            now + 10,
            now + 3630,
            now + 30
        )
    );
    let header = token_jwt::peek_header(token).expect("a header");
    assert_eq!(
        (header.alg.as_str(), header.kid.as_deref(), header.typ.as_deref()),
        ("ES256", Some("id-1"), Some("JWT"))
    );
}

/// The worked example of the hash.
#[test]
fn at_hash_is_the_left_half_of_the_hash() {
    let token = "ory_at_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8.vyoD2W9D0T4iv1tjg-V7UAr7F0BWZL4gtr1EXzjErQw";
    assert_eq!(left_half_hash(token), "_fadPzrunIJSLSwQ6thYNQ");
}

#[tokio::test]
async fn how_somebody_logged_in_is_told_as_the_application_said_it() {
    for (acr_values, acr, amr, expected) in [
        ("", "", vec![], (None, None)),
        ("", "gold", vec!["pwd", "otp"], (Some(json!("gold")), Some(json!(["pwd", "otp"])))),
        ("gold silver", "", vec![], (Some(json!("0")), None)),
        ("gold silver", "silver", vec!["pwd"], (Some(json!("silver")), Some(json!(["pwd"])))),
    ] {
        let world = World::with_shop().await;
        let request = if acr_values.is_empty() { shop() } else { shop().with("acr_values", acr_values) };
        let say = |accepted: &mut LoginAccepted| {
            accepted.acr = acr.to_owned();
            accepted.amr = list(&amr);
        };
        let answer = sign_in(&world, &request.without("nonce"), say, |_| ()).await;
        let claims = verified(&world, &world.redeem(answer.get("code")).await.expect("tokens")).await;
        assert_eq!((claims.get("acr").cloned(), claims.get("amr").cloned()), expected);
        assert!(!claims.contains_key("nonce"), "none was sent");
    }
}

#[tokio::test]
async fn each_response_type_has_its_parameters_and_its_hashes() {
    let world = World::with_shop().await;
    for (types, parameters, hashes) in [
        ("code", vec!["code", "scope", "state"], None),
        ("token", vec!["access_token", "expires_in", "scope", "state", "token_type"], None),
        ("id_token", vec!["id_token", "state"], Some((false, false))),
        (
            "token id_token",
            vec!["access_token", "expires_in", "id_token", "scope", "state", "token_type"],
            Some((true, false)),
        ),
        ("code id_token", vec!["code", "id_token", "state"], Some((false, true))),
        ("code token", vec!["access_token", "code", "expires_in", "scope", "state", "token_type"], None),
        (
            "code token id_token",
            vec!["access_token", "code", "expires_in", "id_token", "scope", "state", "token_type"],
            Some((true, true)),
        ),
    ] {
        let request = shop().with("response_type", types).with("scope", "openid api");
        let answer = world.browser().sign_in(&request, "alice").await;
        assert_eq!(answer.names(), parameters, "{types}");
        assert_eq!(answer.get("state"), "some-state-0123456789");
        let sign = if types == "code" { '?' } else { '#' };
        assert!(answer.url.starts_with(&format!("https://shop.example/cb{sign}")), "{}", answer.url);
        if parameters.contains(&"access_token") {
            assert_eq!((answer.get("expires_in"), answer.get("token_type")), ("3600", "bearer"));
            assert_eq!(answer.get("scope"), "openid api");
            assert!(world.is_active(answer.get("access_token")).await);
        }
        if let Some((of_access_token, of_code)) = hashes {
            let (claims, _) = world.verified(answer.get("id_token")).await;
            let expected = |known: bool, name| known.then(|| Value::from(left_half_hash(answer.get(name))));
            assert_eq!(claims.get("at_hash").cloned(), expected(of_access_token, "access_token"), "{types}");
            assert_eq!(claims.get("c_hash").cloned(), expected(of_code, "code"), "{types}");
            assert_eq!((&claims["nonce"], &claims["sub"]), (&json!("some-nonce-0123456789"), &json!("alice")));
        }
    }
}

#[tokio::test]
async fn the_id_token_that_a_hybrid_code_buys_vouches_for_the_code_once() {
    let world = World::with_shop().await;
    let request = shop().with("response_type", "code id_token").with("scope", "openid offline");
    let answer = world.browser().sign_in(&request, "alice").await;
    let c_hash = json!(left_half_hash(answer.get("code")));
    let tokens = world.redeem(answer.get("code")).await.expect("tokens");
    let claims = verified(&world, &tokens).await;
    assert_eq!(claims["c_hash"], c_hash);
    assert_eq!(claims["at_hash"], json!(left_half_hash(tokens.access_token.expose())));
    let refreshed = world.refresh(tokens.refresh_token.expect("one").expose()).await.expect("tokens");
    assert!(!verified(&world, &refreshed).await.contains_key("c_hash"));
    let plain = world.browser().sign_in(&shop(), "alice").await;
    let claims = verified(&world, &world.redeem(plain.get("code")).await.expect("tokens")).await;
    assert!(!claims.contains_key("c_hash"), "there was no ID token in front");
}

#[tokio::test]
async fn what_comes_by_the_redirect_has_the_lifespans_of_the_implicit_grant() {
    let world = World::with_shop().await;
    let seconds = |seconds: u64| Some(format!("{seconds}s").parse::<GoDuration>().expect("a duration"));
    world
        .register_app("quick", |client: &mut Client| {
            client.lifespans.implicit_grant_access_token = seconds(60);
            client.lifespans.implicit_grant_id_token = seconds(30);
        })
        .await;
    let request = Request::of("quick").with("response_type", "code id_token token");
    let answer = world.browser().sign_in(&request, "alice").await;
    assert_eq!(answer.get("expires_in"), "60");
    let (claims, _) = world.verified(answer.get("id_token")).await;
    assert_eq!(claims["exp"], json!(beginning().timestamp() + 30));
    let ask = world.ask_as("quick").with("redirect_uri", "https://quick.example/cb");
    assert_eq!(ask.redeem(answer.get("code")).await.expect("tokens").expires_in, 3600);
    world.wait(60);
    assert!(!world.is_active(answer.get("access_token")).await);
}

#[tokio::test]
async fn a_refresh_tells_of_the_same_login_anew() {
    let world = World::with_shop().await;
    let say = |accepted: &mut LoginAccepted| {
        accepted.acr = "gold".to_owned();
        accepted.amr = list(&["pwd"]);
    };
    let name = |accepted: &mut ConsentAccepted| accepted.id_token_claims = claims(json!({ "name": "Alice" }));
    let answer = sign_in(&world, &shop().with("scope", "openid offline"), say, name).await;
    let tokens = world.redeem(answer.get("code")).await.expect("tokens");
    let first = verified(&world, &tokens).await;
    world.wait(1000);
    let tokens = world.refresh(tokens.refresh_token.expect("one").expose()).await.expect("tokens");
    let second = verified(&world, &tokens).await;
    for same in ["aud", "auth_time", "rat", "acr", "amr", "sid", "sub", "iss", "nonce", "name"] {
        assert_eq!(first[same], second[same], "{same}");
    }
    for other in ["at_hash", "jti"] {
        assert_ne!(first[other], second[other], "{other}");
    }
    let now = beginning().timestamp() + 1000;
    assert_eq!((&second["iat"], &second["exp"]), (&json!(now), &json!(now + 3600)));
    assert_eq!(second["at_hash"], json!(left_half_hash(tokens.access_token.expose())));
    assert_eq!(second.len(), first.len());
}

#[tokio::test]
async fn the_consent_application_adds_claims_and_overrides_none_that_vouch() {
    let world = World::with_shop().await;
    let forged = json!({
        "iss": "https://evil.example/", "sub": "root", "aud": ["bank"], "exp": 1, "iat": 1, "jti": "x", "nonce": "x", "auth_time": 1,
        "at_hash": "x", "c_hash": "x", "acr": "x", "amr": ["x"], "rat": 1, "sid": "x", "azp": "bank", "nbf": 1,
        "name": "Alice", "address": { "city": "Ulm", "b": 1, "a": 2 }, "ok": null,
    });
    let answer = sign_in(
        &world,
        &shop().with("response_type", "code id_token").with("scope", "openid offline"),
        |_| (),
        |accepted| accepted.id_token_claims = claims(forged),
    )
    .await;
    let tokens = world.redeem(answer.get("code")).await.expect("tokens");
    let refreshed = world.refresh(tokens.refresh_token.as_ref().expect("one").expose()).await.expect("tokens");
    for told in [
        world.verified(answer.get("id_token")).await.0,
        verified(&world, &tokens).await,
        verified(&world, &refreshed).await,
    ] {
        assert_eq!(
            (&told["iss"], &told["sub"], &told["aud"]),
            (&json!("https://op.example/"), &json!("alice"), &json!(["shop"]))
        );
        assert_eq!(
            (&told["nonce"], &told["auth_time"]),
            (&json!("some-nonce-0123456789"), &json!(beginning().timestamp()))
        );
        for vouching in ["exp", "iat", "jti", "sid", "rat", "at_hash", "c_hash"] {
            assert!(told.get(vouching) != Some(&json!("x")) && told.get(vouching) != Some(&json!(1)), "{vouching}");
        }
        for absent in ["acr", "amr", "azp", "nbf"] {
            assert!(!told.contains_key(absent), "{absent} was not set, and cannot be made up");
        }
        assert_eq!((&told["name"], &told["ok"]), (&json!("Alice"), &json!(null)));
        assert_eq!(told["address"], json!({ "city": "Ulm", "a": 2, "b": 1 }));
    }
}

#[tokio::test]
async fn claims_of_the_access_token_are_not_claims_of_the_id_token() {
    let world = World::with_shop().await;
    world.register_app("jwt", |client| client.access_token_strategy = Some(AccessTokenStrategy::Jwt)).await;
    for client in ["shop", "jwt"] {
        let request = Request::of(client).with("response_type", "code token").with("scope", "openid offline");
        let answer = sign_in(
            &world,
            &request,
            |_| (),
            |accepted| {
                accepted.access_token_claims = claims(json!({ "tier": "gold", "sub": "root", "b": 1, "a": 2 }));
                accepted.id_token_claims = claims(json!({ "name": "Alice" }));
            },
        )
        .await;
        let uri = format!("https://{client}.example/cb");
        let tokens = world.ask_as(client).with("redirect_uri", &uri).redeem(answer.get("code")).await.expect("tokens");
        let claims_of = verified(&world, &tokens).await;
        assert!(claims_of.contains_key("name") && !claims_of.contains_key("tier"));
        let before = [answer.get("access_token").to_owned(), tokens.access_token.expose().to_owned()];
        for access in &before {
            access_token_tells(&world, access).await;
        }
        let refresh_token = tokens.refresh_token.expect("one").into_exposed();
        let refreshed = world.ask_as(client).refresh(&refresh_token).await.expect("tokens");
        access_token_tells(&world, refreshed.access_token.expose()).await;
        for access in &before {
            assert!(!world.is_active(access).await, "a refresh replaces all access tokens of the login");
        }
    }
}

async fn access_token_tells(world: &World, access: &str) {
    let told = world.ask().introspect(access).await.expect("an answer").expect("active");
    assert_eq!((told.subject.as_str(), &told.extra.expect("claims")["tier"]), ("alice", &json!("gold")));
    if !access.starts_with("ory_at_") {
        let (own, _) = world.verified(access).await;
        assert_eq!((&own["sub"], &own["ext"]["tier"]), (&json!("alice"), &json!("gold")));
        assert!(!own.contains_key("tier") && !own.contains_key("name"));
    }
}

/// N32: at the reference a refreshed token names the key that was there at the consent, and is signed by another.
#[tokio::test]
async fn a_token_names_the_key_that_signed_it() {
    let world = World::with_shop().await;
    let code = world.login("alice").at("shop").allowing("openid offline").await;
    world.wait(10);
    world.add_key(ID_TOKEN_KEYS, "id-2").await;
    let tokens = world.redeem(&code).await.expect("tokens");
    let (_, kid) = world.verified(tokens.id_token.expect("an ID token").expose()).await;
    assert_eq!(kid, "id-2");
    world.wait(10);
    world.add_key(ID_TOKEN_KEYS, "id-3").await;
    world.delete_key(ID_TOKEN_KEYS, "id-1").await;
    let tokens = world.refresh(tokens.refresh_token.expect("one").expose()).await.expect("tokens");
    let (_, kid) = world.verified(tokens.id_token.expect("an ID token").expose()).await;
    assert_eq!(kid, "id-3");
}

// What a client calls a user.

async fn pairwise_world(change: impl FnOnce(&mut Policy)) -> World {
    let world = World::with_shop_and(|policy| {
        policy.subject_types.pairwise = true;
        change(policy);
    })
    .await;
    world.register_app("rp", |client| client.subject_type = "pairwise".to_owned()).await;
    world
}

/// `sub` of alice at a client.
async fn sub(world: &World, client: &str, uri: &str) -> String {
    let request = Request::of(client).with("redirect_uri", uri).with("response_type", "id_token");
    let answer = world.browser().sign_in(&request, "alice").await;
    world.verified(answer.get("id_token")).await.0["sub"].as_str().expect("text").to_owned()
}

fn hash(text: &str) -> String {
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_pairwise_subject_is_hydras_to_the_digit() {
    for (uri, sector, subject, salt, expected) in [
        (
            "https://app.vectors.test:8443/cb",
            "",
            "user-1",
            "pairwise-salt",
            "7f5c42477c079e18da637e0083cdf09105153dbdf5a9efc1829a860e73a1d67e",
        ),
        (
            "https://rp.example.com/cb",
            "",
            "user-42",
            "saltsaltsalt",
            "1361135ee378bd9515e439a1aa7b7542e37029ade1742b2ed194eb33449a7275",
        ),
        ("https://a.example:443/cb", "", "alice", "s", &hash("a.example:443alices")),
        ("https://A.Example/cb", "", "alice", "s", &hash("A.Examplealices")),
        ("http://[::1]:80/cb?x=1", "", "alice", "s", &hash("[::1]:80alices")),
        (
            "https://a.example/cb",
            "https://s.example/sector.json",
            "alice",
            "s",
            &hash("https://s.example/sector.jsonalices"),
        ),
    ] {
        let world = pairwise_world(|policy| policy.pairwise_salt = PairwiseSalt(salt.to_owned())).await;
        world.remote.publish("https://s.example/sector.json", &json!([uri]).to_string());
        world
            .register_app("app", |client| {
                client.redirect_uris = list(&[uri]);
                client.sector_identifier_uri = sector.to_owned();
                client.subject_type = "pairwise".to_owned();
            })
            .await;
        let request = Request::of("app").with("redirect_uri", uri).with("response_type", "id_token");
        let answer = world.browser().sign_in(&request, subject).await;
        assert_eq!(world.verified(answer.get("id_token")).await.0["sub"], expected, "{uri}");
    }
}

#[tokio::test]
async fn a_pairwise_subject_is_told_to_the_client_and_the_real_one_to_resource_servers() {
    let world = pairwise_world(|_| ()).await;
    let expected = hash("rp.examplealicesaltsaltsalt");
    let code = world.login("alice").at("rp").allowing("openid offline").await;
    let tokens = world.ask_as("rp").with("redirect_uri", "https://rp.example/cb").redeem(&code).await.expect("tokens");
    assert_eq!(verified(&world, &tokens).await["sub"], expected.as_str());
    for token in [tokens.access_token.expose(), tokens.refresh_token.as_ref().expect("one").expose()] {
        let told = world.ask().introspect(token).await.expect("an answer").expect("active");
        assert_eq!((told.subject.as_str(), told.obfuscated_subject.as_deref()), ("alice", Some(expected.as_str())));
    }
    let tokens = world.ask_as("rp").refresh(tokens.refresh_token.expect("one").expose()).await.expect("tokens");
    assert_eq!(verified(&world, &tokens).await["sub"], expected.as_str());
    assert_eq!(sub(&world, "shop", "https://shop.example/cb").await, "alice", "a public one stays what it is");
}

#[tokio::test]
async fn subjects_are_pairwise_where_the_server_serves_that_and_access_tokens_are_opaque() {
    for (change, pairwise) in [
        ((|_| ()) as fn(&mut Policy), true),
        (|policy| policy.subject_types.pairwise = false, false),
        (|policy| policy.access_token_strategy = AccessTokenStrategy::Jwt, false),
    ] {
        let world = pairwise_world(|_| ()).await;
        let other = world.instance_with(&["a system secret that only tests have"], change);
        assert_eq!(sub(&other, "rp", "https://rp.example/cb").await != "alice", pairwise);
    }
}

#[tokio::test]
async fn without_a_sector_there_is_no_pairwise_subject() {
    let world = pairwise_world(|_| ()).await;
    world
        .change(|records| {
            let mut client = records.client(&ClientId::new("rp"))?.expect("it is registered");
            client.redirect_uris.push("https://other.example/cb".to_owned());
            records.update_client(&client)
        })
        .await;
    let mut browser = world.browser();
    let login = browser.begin(&Request::of("rp")).await;
    let consent = browser.log_in(&login, "alice").await;
    assert_eq!(turned_away(browser.allow_with(&consent, "openid", |_| ()).await), ErrorCode::InvalidRequest);
}

/// N33: at the reference the next skipped login gets the computed identifier, and the user is somebody else to the client.
#[tokio::test]
async fn a_made_up_identifier_stays_also_where_the_login_is_skipped() {
    let world = pairwise_world(|_| ()).await;
    world.register_app("other", |client| client.subject_type = "pairwise".to_owned()).await;
    let mut browser = world.browser();
    let request = |client| Request::of(client).with("response_type", "id_token");
    let force = |accepted: &mut LoginAccepted| {
        accepted.remember = true;
        accepted.force_subject_identifier = "alice-at-rp".to_owned();
    };
    browser.sign_in_with(&request("rp"), "alice", force).await;
    for (client, expected) in [
        ("rp", "alice-at-rp".to_owned()),
        ("other", hash("other.examplealicesaltsaltsalt")),
        ("shop", "alice".to_owned()),
    ] {
        for mut browser in [browser.at(&world), world.browser()] {
            let answer = browser.sign_in(&request(client), "alice").await;
            assert_eq!(world.verified(answer.get("id_token")).await.0["sub"], expected.as_str(), "{client}");
        }
    }
    // A later login may make up another one; a skipped one too.
    let force = |accepted: &mut LoginAccepted| accepted.force_subject_identifier = "alice-2".to_owned();
    let answer = browser.sign_in_with(&request("rp"), "alice", force).await;
    assert_eq!(world.verified(answer.get("id_token")).await.0["sub"], "alice-2");
    // At a client whose subjects are public nothing is made up.
    let answer = browser.sign_in_with(&request("shop"), "alice", force).await;
    assert_eq!(world.verified(answer.get("id_token")).await.0["sub"], "alice");
}
