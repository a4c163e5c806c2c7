//! Client authentication by a signed assertion (RFC 7523 §3, OIDC Core §9): which are believed, that each is good once, and where
//! the keys come from.

use std::{collections::HashSet, time::Instant};

use oauth_core::{
    Error, ErrorCode,
    client::{AssertionFault, AuthMethod, Client, KeyFault},
    ids::JtiSignature,
    storage::{Storage, StorageError},
};
use serde_json::{Value, json};
use token_jwt::Algorithm;

use crate::support::{
    OwnKey, RACERS, World, beginning, hmac_with_public, jwks, made_up, message, refused, secret_of, with,
};

const TOKEN_URL: &str = "https://op.example/oauth2/token";
const ISSUER: &str = "https://op.example/";
const KEYS_URL: &str = "https://shop.example/jwks.json";

/// A client that authenticates with keys.
fn signing(client: &mut Client) {
    client.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
    client.token_endpoint_auth_signing_alg = "ES256".to_owned();
}

/// A world with `shop`, and the key that it registered.
async fn shop() -> (World, OwnKey) {
    let (world, key) = (World::new(), OwnKey::new("k1"));
    register(&world, "shop", &key).await;
    (world, key)
}

async fn register(world: &World, id: &str, key: &OwnKey) {
    world
        .register(id, |client| {
            signing(client);
            client.jwks = jwks([key]);
        })
        .await;
}

/// A world with `shop`, which publishes its keys.
async fn shop_that_publishes(keys: &[&OwnKey]) -> World {
    let world = World::new();
    world.remote.publish(KEYS_URL, &jwks(keys.iter().copied()));
    world
        .register("shop", |client| {
            signing(client);
            client.jwks_uri = KEYS_URL.to_owned();
        })
        .await;
    world
}

/// The claims of a good assertion of `shop`, for five minutes.
fn claims(world: &World, jti: &str) -> Value {
    let now = world.provider.now().timestamp();
    json!({ "iss": "shop", "sub": "shop", "aud": TOKEN_URL, "jti": jti, "iat": now, "exp": now + 300 })
}

/// Who an assertion proves to be asking.
async fn authenticate(world: &World, assertion: &str) -> Result<String, Error> {
    Ok(world.ask().asserting(assertion).authenticate().await?.id.as_str().to_owned())
}

/// What is wrong with an assertion.
async fn fault(world: &World, assertion: &str) -> AssertionFault {
    match authenticate(world, assertion).await {
        Err(why @ Error::Assertion(_)) if why.code() != ErrorCode::InvalidClient => panic!("{why}: {:?}", why.code()),
        Err(Error::Assertion(fault)) => fault,
        Err(why) => panic!("{why}"),
        Ok(_) => panic!("it was believed"),
    }
}

#[tokio::test]
async fn a_client_that_signs_with_its_key_gets_tokens() {
    let (world, key) = shop().await;
    let assertion = |jti| key.sign(&claims(&world, jti));
    let alone = world.ask().asserting(&assertion("1")).with("scope", "api").token().await.expect("a token");
    assert!(world.is_active(alone.access_token.expose()).await);
    let named = world.ask().with("client_id", "shop").asserting(&assertion("2")).token().await;
    let named = named.expect("a token").access_token.into_exposed();
    world.ask().asserting(&assertion("3")).revoke(&named).await.expect("it is the client's own");
    assert!(!world.is_active(&named).await);
    for (n, audience) in
        [json!(ISSUER), json!([ISSUER]), json!([TOKEN_URL, ISSUER]), json!([TOKEN_URL])].into_iter().enumerate()
    {
        let claims = with(&claims(&world, &format!("aud {n}")), &json!({ "aud": audience }));
        assert_eq!(authenticate(&world, &key.sign(&claims)).await.expect("it means us"), "shop", "{claims}");
    }
}

#[tokio::test]
async fn only_what_it_must_say_is_needed() {
    let (world, key) = shop().await;
    let least = with(&claims(&world, "least"), &json!({ "iat": null }));
    authenticate(&world, &key.sign(&least)).await.expect("'iat' and 'nbf' are optional");
    let more =
        json!({ "nbf": beginning().timestamp(), "scope": 1, "nested": { "aud": ["x"] }, "iat": 1.5, "exp": 2e10 });
    authenticate(&world, &key.sign(&with(&claims(&world, "more"), &more))).await.expect("other claims do not matter");
}

#[tokio::test]
async fn without_another_word_it_is_signed_with_rs256() {
    let world = World::new();
    let (rs256, ps256) = (OwnKey::rsa(Algorithm::RS256, "rsa"), Algorithm::PS256);
    let unpinned = rs256.saying("alg", &Value::Null);
    world
        .register("shop", |client| {
            client.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
            client.jwks = jwks([&unpinned]);
        })
        .await;
    authenticate(&world, &rs256.sign(&claims(&world, "1"))).await.expect("the default");
    let other = rs256.saying("alg", &json!(ps256.as_str()));
    let refusal = fault(&world, &other.sign(&claims(&world, "2"))).await;
    assert!(matches!(refusal, AssertionFault::Algorithm { by_default: true, .. }), "{refusal}");
    let like_key = OwnKey::new("rsa");
    let refusal = fault(&world, &like_key.sign(&claims(&world, "3"))).await;
    assert!(matches!(refusal, AssertionFault::Algorithm { .. }), "{refusal}");
}

/// One id serves them all, and is good at the end: a refusal for another reason spends nothing (N37).
#[tokio::test]
async fn each_claim_counts_and_a_refused_assertion_may_come_again() {
    let (world, key) = shop().await;
    register(&world, "bank", &key).await;
    let now = world.provider.now().timestamp();
    let cases: [(Value, &str); 34] = [
        (json!({ "iss": "bank" }), "'iss' is not"),
        (json!({ "iss": "Shop" }), "'iss' is not"),
        (json!({ "iss": "" }), "'iss' is not"),
        (json!({ "iss": null }), "'iss' is not"),
        (json!({ "iss": ISSUER }), "'iss' is not"),
        (json!({ "iss": ["shop"] }), "cannot be read"),
        (json!({ "sub": ["shop"] }), "cannot be read"),
        (json!({ "jti": null }), "no 'jti'"),
        (json!({ "jti": "" }), "no 'jti'"),
        (json!({ "jti": 1 }), "cannot be read"),
        (json!({ "exp": null }), "no 'exp'"),
        (json!({ "exp": now }), "expired"),
        (json!({ "exp": now - 1 }), "expired"),
        (json!({ "exp": 0 }), "expired"),
        (json!({ "exp": -1 }), "expired"),
        (json!({ "exp": now as f64 + 0.9 }), "expired"),
        (json!({ "exp": (now + 300).to_string() }), "cannot be read"),
        (json!({ "exp": true }), "cannot be read"),
        (json!({ "nbf": now + 1 }), "not valid yet"),
        (json!({ "nbf": 1e300 }), "not valid yet"),
        (json!({ "iat": now + 1 }), "in the future"),
        (json!({ "iat": "now" }), "cannot be read"),
        (json!({ "aud": null }), "'aud' names another"),
        (json!({ "aud": [] }), "'aud' names another"),
        (json!({ "aud": "" }), "'aud' names another"),
        (json!({ "aud": "https://other.example/oauth2/token" }), "'aud' names another"),
        (json!({ "aud": "https://op.example" }), "'aud' names another"),
        (json!({ "aud": "https://op.example/oauth2/token/" }), "'aud' names another"),
        (json!({ "aud": "https://OP.example/oauth2/token" }), "'aud' names another"),
        (json!({ "aud": "https://op.example/oauth2/auth" }), "'aud' names another"),
        (json!({ "aud": [TOKEN_URL, "https://other.example/"] }), "'aud' names another"),
        (json!({ "aud": ["https://other.example/", ISSUER] }), "'aud' names another"),
        (json!({ "aud": [TOKEN_URL, 1] }), "cannot be read"),
        (json!({ "aud": { "0": TOKEN_URL } }), "cannot be read"),
    ];
    for (change, words) in cases {
        let assertion = key.sign(&with(&claims(&world, "the one id"), &change));
        let refusal = fault(&world, &assertion).await.to_string();
        assert!(refusal.contains(words), "{change}: {refusal}");
        // Nor does it help to say whose it is to be.
        let named = world.ask().with("client_id", "shop").asserting(&assertion).token().await;
        assert_eq!(refused(named), ErrorCode::InvalidClient, "{change}");
    }
    authenticate(&world, &key.sign(&claims(&world, "the one id"))).await.expect("the id is unspent");
}

#[tokio::test]
async fn it_speaks_for_the_client_that_is_asking_alone() {
    let (world, key) = shop().await;
    register(&world, "bank", &key).await;
    register(&world, "foreign", &OwnKey::new("k1")).await;
    let assertion = key.sign(&claims(&world, "1"));
    let ask = |id: &str| world.ask().with("client_id", id).asserting(&assertion);
    // With the very same key, but for another.
    assert!(message(ask("bank").authenticate().await).contains("'iss' is not the client's id"));
    assert!(message(ask("foreign").authenticate().await).contains("not that of the client's key"));
    assert_eq!(refused(ask("nobody").authenticate().await), ErrorCode::InvalidClient);
    let of_bank = key.sign(&with(&claims(&world, "1"), &json!({ "iss": "bank" })));
    assert!(message(world.ask().with("client_id", "bank").asserting(&of_bank).authenticate().await).contains("'sub'"));
    for sub in [Value::Null, json!("")] {
        let of_nobody = key.sign(&with(&claims(&world, "1"), &json!({ "sub": sub })));
        assert!(matches!(fault(&world, &of_nobody).await, AssertionFault::Nobody));
    }
    let of_stranger = key.sign(&with(&claims(&world, "1"), &json!({ "iss": "nobody", "sub": "nobody" })));
    assert_eq!(refused(authenticate(&world, &of_stranger).await), ErrorCode::InvalidClient);
    ask("shop").authenticate().await.expect("none of this has spent its id");
}

#[tokio::test]
async fn a_client_gets_in_by_an_assertion_if_it_registered_so_and_then_by_nothing_else() {
    let (world, key) = shop().await;
    for (id, method) in
        [("basic", AuthMethod::ClientSecretBasic), ("post", AuthMethod::ClientSecretPost), ("public", AuthMethod::None)]
    {
        world
            .register(id, |client| {
                client.token_endpoint_auth_method = method;
                client.jwks = jwks([&key]);
            })
            .await;
        let own = key.sign(&with(&claims(&world, id), &json!({ "iss": id, "sub": id })));
        let outcome = authenticate(&world, &own).await;
        assert!(matches!(outcome, Err(Error::WrongAuthMethod { .. })), "{id}: {outcome:?}");
    }
    for ask in [
        world.ask_as("shop"),
        world.ask().post("shop", &secret_of("shop")),
        world.ask().with("client_id", "shop"),
        world.ask().basic("shop", ""),
        // Without a type it is no assertion at all.
        world.ask().with("client_id", "shop").with("client_assertion", &key.sign(&claims(&world, "1"))),
    ] {
        assert_eq!(refused(ask.authenticate().await), ErrorCode::InvalidClient);
    }
}

#[tokio::test]
async fn half_an_assertion_and_one_beside_a_secret_are_malformed_requests() {
    let (world, key) = shop().await;
    let assertion = key.sign(&claims(&world, "1"));
    let kind = "urn:ietf:params:oauth:client-assertion-type:";
    for ask in [
        world.ask().with("client_assertion_type", &format!("{kind}jwt-bearer")),
        world.ask().asserting(""),
        world.ask().with("client_assertion_type", &format!("{kind}saml2-bearer")).with("client_assertion", &assertion),
        world.ask().asserting(&assertion).with("client_secret", &secret_of("shop")),
        world.ask_as("shop").asserting(&assertion),
        world.ask().basic("shop", "").asserting(&assertion),
        world.ask().asserting(&assertion).with("client_assertion", &assertion),
        world.ask().asserting(&assertion).with("client_assertion_type", "x"),
    ] {
        assert_eq!(refused(ask.authenticate().await), ErrorCode::InvalidRequest);
    }
    authenticate(&world, &assertion).await.expect("none of this has spent its id");
}

/// CVE-2018-0114, CVE-2022-29217, CVE-2024-37568, CVE-2026-11800 and their kind.
#[tokio::test]
async fn neither_the_algorithm_nor_the_key_is_the_tokens_choice() {
    let (world, key) = shop().await;
    let good = claims(&world, "1");
    let payload = good.to_string();
    let signed = key.sign(&good);
    let signature = signed.rsplit('.').next().expect("a signature");
    for alg in ["none", "None", "NONE", "HS256", "HS512", "RS256", "PS256", "ES384", "EdDSA", "es256", "ES256 ", "x"] {
        let header = json!({ "alg": alg, "kid": "k1" });
        let bare = made_up(&header, payload.as_bytes(), &[]);
        for forged in [format!("{bare}{signature}"), hmac_with_public(&key, alg, &good), bare] {
            let refusal = fault(&world, &forged).await;
            assert!(matches!(refusal, AssertionFault::Algorithm { .. }), "{alg}: {refusal}");
        }
    }
    let thief = OwnKey::new("k1");
    for header in [
        json!({ "alg": "ES256", "kid": "k1", "jwk": thief.public() }),
        json!({ "alg": "ES256", "jku": "https://evil.example/jwks.json", "x5u": "https://evil.example/x5u" }),
        json!({ "alg": "ES256", "kid": "../../../../dev/null" }),
        json!({ "alg": "ES256", "kid": "k1' OR '1'='1" }),
        json!({ "alg": "ES256", "crit": ["exp"], "kid": "k1" }),
        json!({ "alg": "ES256", "b64": false, "kid": "k1" }),
    ] {
        fault(&world, &thief.sign_raw(&header, payload.as_bytes())).await;
    }
    assert!(world.remote.fetched().is_empty());
    authenticate(&world, &signed).await.expect("the true one");
}

#[tokio::test]
async fn a_key_vouches_for_what_it_signed_alone() {
    let (world, key) = shop().await;
    let assertion = key.sign(&claims(&world, "1"));
    let [header, payload, signature] = *assertion.split('.').collect::<Vec<_>>() else { panic!("three parts") };
    let other = key.sign(&claims(&world, "2"));
    let other_payload = other.split('.').nth(1).expect("a payload");
    for forged in [
        format!("{header}.{other_payload}.{signature}"),
        format!("{header}.{payload}.{}", other.rsplit('.').next().expect("a signature")),
        format!("{header}.{payload}."),
        format!("{header}.{payload}.{}", "A".repeat(86)),
        format!("{header}.{payload}.{}", &signature[..signature.len() - 4]),
        OwnKey::new("k1").sign(&claims(&world, "1")),
    ] {
        let refusal = fault(&world, &forged).await;
        assert!(matches!(refusal, AssertionFault::Key(KeyFault::BadSignature)), "{refusal}");
    }
    let refusal = fault(&world, &OwnKey::new("k2").sign(&claims(&world, "1"))).await;
    let AssertionFault::Key(KeyFault::NoneFits { kid, known, .. }) = &refusal else { panic!("{refusal}") };
    assert_eq!((kid.as_deref(), known.as_slice()), (Some("k2"), ["k1".to_owned()].as_slice()));
    authenticate(&world, &assertion).await.expect("the true one");
}

#[tokio::test]
async fn a_key_is_chosen_by_its_id_or_tried_without_one() {
    let world = World::new();
    let [first, second, nameless] = ["k1", "k2", ""].map(OwnKey::new);
    let [encrypting, vague] = [("enc", "k3"), ("", "k4")].map(|(word, kid)| {
        let word = if word.is_empty() { Value::Null } else { json!(word) };
        OwnKey::new(kid).saying("use", &word)
    });
    let unpinned = OwnKey::new("k5").saying("alg", &Value::Null);
    world
        .register("shop", |client| {
            signing(client);
            client.jwks = json!({ "keys": [
                first.public(), second.public(), nameless.public(), encrypting.public(), vague.public(), unpinned.public(),
            ] })
            .to_string();
        })
        .await;
    let mut jti = 0;
    let mut fresh = || {
        jti += 1;
        claims(&world, &jti.to_string())
    };
    let unnamed = |key: &OwnKey| key.saying("kid", &Value::Null);
    for (which, key) in [
        ("by its id", &second),
        ("without an id, of several", &unnamed(&second)),
        ("registered without an id", &nameless),
        ("registered without an id, and the token has one", &nameless.saying("kid", &json!("k9"))),
        ("without a use (N38)", &vague),
        ("without an algorithm", &unpinned),
    ] {
        let outcome = authenticate(&world, &key.sign(&fresh())).await;
        assert!(outcome.is_ok(), "{which}: {outcome:?}");
    }
    for (which, key) in [
        ("under the id of another", &first.saying("kid", &json!("k2"))),
        ("meant for encryption", &encrypting),
        ("meant for encryption, without an id", &unnamed(&encrypting)),
        ("not registered", &unnamed(&OwnKey::new("k1"))),
    ] {
        let refusal = fault(&world, &key.sign(&fresh())).await;
        assert!(matches!(refusal, AssertionFault::Key(_)), "{which}: {refusal}");
    }
}

#[tokio::test]
async fn garbage_is_refused_whatever_its_size() {
    let (world, key) = shop().await;
    let head = json!({ "alg": "ES256", "kid": "k1" });
    let begun = Instant::now();
    for payload in [
        "",
        "null",
        "[]",
        "\"shop\"",
        "{",
        "{}x",
        "\u{feff}{}",
        r#"{"sub":"shop","sub":"shop"}"#,
        r#"["shop","shop","https://op.example/oauth2/token",9999999999,1,1,"1"]"#,
        &format!("{{\"sub\":\"shop\",\"x\":{}1{}}}", "[".repeat(2000), "]".repeat(2000)),
    ] {
        let assertion = key.sign_raw(&head, payload.as_bytes());
        for ask in [world.ask(), world.ask().with("client_id", "shop")] {
            let refusal = refused(ask.asserting(&assertion).authenticate().await);
            assert_eq!(refusal, ErrorCode::InvalidClient, "{payload:.80}");
        }
    }
    let invalid_utf8 = key.sign_raw(&head, b"{\"sub\":\"shop\",\"iss\":\"\xff\"}");
    assert_eq!(refused(authenticate(&world, &invalid_utf8).await), ErrorCode::InvalidClient);
    let good = key.sign(&claims(&world, "1"));
    for odd in [
        "x".to_owned(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        format!(".{good}"),
        format!("{good}."),
        format!("{good}="),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{good}\0"),
        good.replace('.', "%2E"),
        ".".repeat(1_000_000),
        "a.".repeat(500_000),
        "a".repeat(10_000_000),
        key.sign(&with(&claims(&world, "1"), &json!({ "x": "y".repeat(20_000) }))),
        key.sign(&with(&claims(&world, &"j".repeat(20_000)), &json!({}))),
        made_up(&json!(["ES256"]), b"{\"sub\":\"shop\"}", &[7; 64]),
        made_up(&json!({ "kid": "k1" }), b"{\"sub\":\"shop\"}", &[7; 64]),
        made_up(&json!({ "alg": 1 }), b"{\"sub\":\"shop\"}", &[7; 64]),
    ] {
        for ask in [world.ask(), world.ask().with("client_id", "shop")] {
            let text = message(ask.asserting(&odd).authenticate().await);
            assert!(text.len() < 300, "{}", text.len());
        }
        let refusal = fault(&world, &odd).await;
        let is_clear = matches!(refusal, AssertionFault::Malformed(_) | AssertionFault::Key(KeyFault::BadSignature));
        assert!(is_clear, "{odd:.80}: {refusal}");
    }
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
    authenticate(&world, &good).await.expect("none of this has spent its id");
}

/// CVE-2020-5300 (Ory Hydra), CVE-2020-15222 (fosite): the ids of assertions were not remembered.
#[tokio::test]
async fn an_assertion_is_good_once_on_all_instances_together() {
    let (world, key) = shop().await;
    let other = world.another_instance();
    let assertion = key.sign(&claims(&world, "1"));
    authenticate(&world, &assertion).await.expect("the first time");
    for world in [&world, &other, &world.another_instance()] {
        assert!(matches!(fault(world, &assertion).await, AssertionFault::Replayed));
    }
    // The id is what is spent: neither another lifetime nor another signature makes it anew.
    let longer = with(&claims(&world, "1"), &json!({ "exp": world.provider.now().timestamp() + 3600 }));
    assert!(matches!(fault(&other, &key.sign(&longer)).await, AssertionFault::Replayed));
    for (n, fresh) in ["1 ", " 1", "01", "I", "i", "1\u{301}", "1\0", "é", "e\u{301}"].into_iter().enumerate() {
        authenticate(&other, &key.sign(&claims(&world, fresh))).await.unwrap_or_else(|why| panic!("{n}: {why}"));
    }
    world.wait(299);
    assert!(matches!(fault(&other, &assertion).await, AssertionFault::Replayed));
    world.wait(1);
    assert!(matches!(fault(&other, &assertion).await, AssertionFault::Untimely(_)));
    // The tables are Hydra's: an id is free again once its assertion has expired.
    let anew = key.sign(&claims(&world, "1"));
    authenticate(&other, &anew).await.expect("another assertion of this id");
    assert!(matches!(fault(&world, &anew).await, AssertionFault::Replayed));
}

#[tokio::test]
async fn of_many_that_use_one_assertion_at_once_one_gets_in() {
    let (world, key) = shop().await;
    let other = world.another_instance();
    let assertion = &key.sign(&claims(&world, "1"));
    let (first, second) = (&world, &other);
    let outcomes = world.race(|n| async move {
        let world = if n % 2 == 0 { first } else { second };
        world.ask().asserting(assertion).with("scope", "api").token().await.map_err(|why| (why.code(), why.to_string()))
    });
    let (winners, losers): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!((winners.len(), losers.len()), (1, RACERS - 1));
    for loser in losers {
        let (code, why) = loser.expect_err("a loser");
        assert!(code == ErrorCode::InvalidClient && why.contains("used before"), "{why}");
    }
}

/// RFC 7523 §3: a server of ours that cannot remember an id must not take it, and must not call the client a liar either.
#[tokio::test]
async fn without_the_database_nobody_gets_in_and_nothing_is_spent() {
    let (world, key) = shop().await;
    let assertion = key.sign(&claims(&world, "1"));
    for fault in [StorageError::Unavailable("db.internal".to_owned()), StorageError::Contention] {
        world.storage.break_writes(fault.clone());
        assert_eq!(refused(authenticate(&world, &assertion).await), ErrorCode::TemporarilyUnavailable);
        world.storage.break_down(fault);
        assert_eq!(refused(authenticate(&world, &assertion).await), ErrorCode::TemporarilyUnavailable);
        world.storage.repair();
    }
    world.storage.break_one_write(StorageError::Refused("hydra_oauth2_jti_blacklist".to_owned()));
    assert_eq!(refused(authenticate(&world, &assertion).await), ErrorCode::ServerError);
    authenticate(&world, &assertion).await.expect("its id is unspent");
}

#[tokio::test]
async fn ids_are_kept_as_hashes_and_go_when_their_time_is_over() {
    let (world, key) = shop().await;
    authenticate(&world, &key.sign(&claims(&world, "1"))).await.expect("it is good");
    let until = beginning() + chrono::TimeDelta::seconds(300);
    let known = JtiSignature::of("1");
    assert_eq!(known.as_str(), "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b");
    let mut taken = Vec::new();
    for now in [beginning(), until] {
        let known = known.clone();
        let outcome = world.storage.write(move |records| records.remember_jti(&known, until, now)).await;
        taken.push(outcome);
    }
    assert_eq!(taken, [Err(StorageError::Duplicate), Ok(())]);
    for n in 0..100 {
        authenticate(&world, &key.sign(&claims(&world, &format!("early {n}")))).await.expect("it is good");
    }
    world.wait(300);
    for n in 0..100 {
        authenticate(&world, &key.sign(&claims(&world, &format!("late {n}")))).await.expect("it is good");
    }
    let now = world.provider.now();
    let left = world.change(move |records| records.sweep_jtis(now, 1000)).await;
    assert_eq!(left, 0, "those that had expired are gone");
    assert!(matches!(fault(&world, &key.sign(&claims(&world, "late 1"))).await, AssertionFault::Replayed));
}

#[tokio::test]
async fn published_keys_are_fetched_once_and_held_for_an_hour() {
    let key = OwnKey::new("k1");
    let world = shop_that_publishes(&[&key]).await;
    let get_in = async |jti: &str| authenticate(&world, &key.sign(&claims(&world, jti))).await.expect("it is good");
    assert!(world.remote.fetched().is_empty());
    for jti in ["1", "2", "3"] {
        get_in(jti).await;
    }
    assert_eq!(world.remote.fetched(), [KEYS_URL]);
    // Also while nobody answers there.
    world.remote.withdraw(KEYS_URL);
    world.wait(3599);
    get_in("4").await;
    assert_eq!(world.remote.fetched().len(), 1);
    world.remote.publish(KEYS_URL, &jwks([&key]));
    world.wait(1);
    get_in("5").await;
    assert_eq!(world.remote.fetched().len(), 2);
    // Each server holds its own.
    authenticate(&world.another_instance(), &key.sign(&claims(&world, "6"))).await.expect("it is good");
    assert_eq!(world.remote.fetched().len(), 3);
}

#[tokio::test]
async fn many_that_need_the_same_keys_cost_one_look() {
    let key = &OwnKey::new("k1");
    let world = &shop_that_publishes(&[key]).await;
    let outcomes =
        world.race(|n| async move { authenticate(world, &key.sign(&claims(world, &n.to_string()))).await.is_ok() });
    assert!(outcomes.iter().all(|got_in| *got_in));
    assert_eq!(world.remote.fetched().len(), 1);
    let rotated = &OwnKey::new("k2");
    world.remote.publish(KEYS_URL, &jwks([rotated]));
    let outcomes = world
        .race(|n| async move { authenticate(world, &rotated.sign(&claims(world, &format!("r{n}")))).await.is_ok() });
    assert!(outcomes.iter().all(|got_in| *got_in));
    assert_eq!(world.remote.fetched().len(), 2);
}

#[tokio::test]
async fn a_rotated_key_is_found_by_one_more_look() {
    let [old, new] = ["k1", "k2"].map(OwnKey::new);
    let world = shop_that_publishes(&[&old]).await;
    authenticate(&world, &old.sign(&claims(&world, "1"))).await.expect("the old key");
    world.remote.publish(KEYS_URL, &jwks([&new, &old]));
    authenticate(&world, &old.sign(&claims(&world, "2"))).await.expect("nothing is missing yet");
    assert_eq!(world.remote.fetched().len(), 1);
    authenticate(&world, &new.sign(&claims(&world, "3"))).await.expect("the new key");
    assert_eq!(world.remote.fetched().len(), 2);
    world.remote.publish(KEYS_URL, &jwks([&new]));
    world.wait(3600);
    authenticate(&world, &new.sign(&claims(&world, "4"))).await.expect("the new key");
    let refusal = fault(&world, &old.sign(&claims(&world, "5"))).await;
    assert!(matches!(refusal, AssertionFault::Key(KeyFault::NoneFits { .. })), "a withdrawn key: {refusal}");
}

/// A key that a token names and that is there has spoken: there is nothing to look for, so junk costs nobody a fetch.
#[tokio::test]
async fn a_wrong_signature_is_no_reason_to_look_again() {
    let key = OwnKey::new("k1");
    let world = shop_that_publishes(&[&key]).await;
    let thief = OwnKey::new("k1");
    for jti in ["1", "2", "3"] {
        let refusal = fault(&world, &thief.sign(&claims(&world, jti))).await;
        assert!(matches!(refusal, AssertionFault::Key(KeyFault::BadSignature)), "{refusal}");
    }
    assert_eq!(world.remote.fetched().len(), 1);
}

/// Anybody can make up an id of a key, and must not be able to use us for a flood, nor to keep the client out by it.
#[tokio::test]
async fn made_up_key_ids_make_us_look_ten_times_a_minute_and_keep_nobody_out() {
    let key = OwnKey::new("k1");
    let world = shop_that_publishes(&[&key]).await;
    let junk = async |n: usize| {
        let header = json!({ "alg": "ES256", "kid": format!("junk {n}") });
        let forged = made_up(&header, claims(&world, "x").to_string().as_bytes(), &[7; 64]);
        fault(&world, &forged).await
    };
    for n in 0..50 {
        let refusal = junk(n).await;
        assert!(matches!(refusal, AssertionFault::Key(KeyFault::NoneFits { .. })), "{refusal}");
    }
    assert_eq!(world.remote.fetched().len(), 10);
    authenticate(&world, &key.sign(&claims(&world, "1"))).await.expect("held keys go on working");
    let rotated = OwnKey::new("k2");
    world.remote.publish(KEYS_URL, &jwks([&rotated]));
    let assertion = rotated.sign(&claims(&world, "2"));
    let refusal = fault(&world, &assertion).await;
    assert!(matches!(refusal, AssertionFault::Key(KeyFault::NoneFits { .. })), "{refusal}");
    world.wait(60);
    authenticate(&world, &assertion).await.expect("a minute later it is found");
    assert_eq!(world.remote.fetched().len(), 11);
    // What has another algorithm than the client registered is refused before anybody looks.
    let header = json!({ "alg": "RS256", "kid": "junk" });
    fault(&world, &made_up(&header, claims(&world, "x").to_string().as_bytes(), &[7; 64])).await;
    assert_eq!(world.remote.fetched().len(), 11);
}

/// Whoever makes up an id of a key while the client's own server is away must not lock the client out by it.
#[tokio::test]
async fn a_look_that_fails_takes_no_keys_away() {
    let key = OwnKey::new("k1");
    let world = shop_that_publishes(&[&key]).await;
    authenticate(&world, &key.sign(&claims(&world, "1"))).await.expect("it is good");
    for broken in [None, Some("<html>502</html>")] {
        world.remote.withdraw(KEYS_URL);
        if let Some(document) = broken {
            world.remote.publish(KEYS_URL, document);
        }
        let before = world.remote.fetched().len();
        let refusal = fault(&world, &OwnKey::new("junk").sign(&claims(&world, "2"))).await;
        assert!(matches!(refusal, AssertionFault::Key(_)), "{refusal}");
        assert_eq!(world.remote.fetched().len(), before + 1);
        let outcome = authenticate(&world, &key.sign(&claims(&world, &format!("{broken:?}")))).await;
        assert!(outcome.is_ok(), "{outcome:?}");
    }
    world.wait(3600);
    let refusal = fault(&world, &key.sign(&claims(&world, "3"))).await;
    assert!(matches!(refusal, AssertionFault::Key(KeyFault::Unreachable(_))), "but not for ever: {refusal}");
}

/// N3: what is wrong behind the client's address is not our failure, and the client's operator can read what it is.
#[tokio::test]
async fn an_address_without_keys_is_the_clients_trouble_and_is_said_clearly() {
    let key = OwnKey::new("k1");
    let world = shop_that_publishes(&[&key]).await;
    let set = jwks([&key]);
    world.remote.withdraw(KEYS_URL);
    let assertion = key.sign(&claims(&world, "1"));
    let huge = format!("{}{set}", " ".repeat(600 * 1024));
    for document in [
        None,
        Some(""),
        Some("<html>"),
        Some("{}"),
        Some("[]"),
        Some("null"),
        Some("{\"keys\":{}}"),
        Some("{\"keys\":null}"),
        Some("{\"keys\":[]} {\"keys\":[]}"),
        Some("{\"keys\":[],\"keys\":[]}"),
        Some(&set[..set.len() - 1]),
        Some(&huge),
    ] {
        if let Some(document) = document {
            world.remote.publish(KEYS_URL, document);
        }
        let shown = document.unwrap_or("nothing");
        let refusal = fault(&world, &assertion).await;
        assert!(matches!(refusal, AssertionFault::Key(KeyFault::Unreachable(_))), "{shown:.80}: {refusal}");
        assert!(refusal.to_string().contains("jwks_uri"), "{refusal}");
        world.wait(10);
    }
    world.remote.publish(KEYS_URL, &set);
    authenticate(&world, &assertion).await.expect("it came good");
}

#[tokio::test]
async fn keys_that_are_damaged_or_for_something_else_do_not_spoil_the_others() {
    let key = OwnKey::new("k1");
    let world = shop_that_publishes(&[]).await;
    let mut off_curve = key.saying("kid", &json!("off")).public();
    off_curve["y"] = off_curve["x"].clone();
    let set = json!({ "extra": 1, "keys": [
        null, 1, "key", [], {}, { "kty": "magic" }, { "kty": "EC" }, { "kid": 1 }, { "kid": "k1", "use": "enc", "kty": "RSA" },
        { "kty": "oct", "k": "c2VjcmV0", "kid": "k1", "alg": "HS256" }, off_curve, key.public(),
    ] });
    world.remote.publish(KEYS_URL, &set.to_string());
    authenticate(&world, &key.sign(&claims(&world, "1"))).await.expect("the one good key");
    let refusal = fault(&world, &OwnKey::new("off").sign(&claims(&world, "2"))).await;
    assert!(matches!(refusal, AssertionFault::Key(KeyFault::NoneFits { .. })), "{refusal}");
    for alg in ["HS256", "none"] {
        fault(&world, &hmac_with_public(&key, alg, &claims(&world, "3"))).await;
    }
}

#[tokio::test]
async fn a_client_that_moves_its_keys_is_known_by_the_new_ones_alone() {
    let [old, new] = ["k1", "k2"].map(OwnKey::new);
    let world = shop_that_publishes(&[&old]).await;
    authenticate(&world, &old.sign(&claims(&world, "1"))).await.expect("the old key");
    let moved = "https://shop.example/new.json";
    world.remote.publish(moved, &jwks([&new]));
    world
        .replace("shop", None, |client| {
            signing(client);
            client.jwks_uri = moved.to_owned();
        })
        .await;
    authenticate(&world, &new.sign(&claims(&world, "2"))).await.expect("the new key");
    assert!(matches!(fault(&world, &old.sign(&claims(&world, "3"))).await, AssertionFault::Key(_)));
    let last = OwnKey::new("k3");
    world
        .replace("shop", None, |client| {
            signing(client);
            client.jwks = jwks([&last]);
        })
        .await;
    authenticate(&world, &last.sign(&claims(&world, "4"))).await.expect("the registered key");
    for gone in [&old, &new] {
        assert!(matches!(fault(&world, &gone.sign(&claims(&world, "5"))).await, AssertionFault::Key(_)));
    }
    assert_eq!(world.remote.fetched().iter().collect::<HashSet<_>>().len(), 2, "nothing else was looked at");
}
