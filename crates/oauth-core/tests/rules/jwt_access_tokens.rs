//! Access tokens as JWTs: exactly which claims they carry, who signed them, and that they can be introspected and revoked.

use oauth_core::{
    client::AccessTokenStrategy,
    ids::KeySetName,
    policy::{ACCESS_TOKEN_KEYS, Policy, ScopeClaim},
};
use serde_json::{Map, Value, json};
use token_jwt::{Algorithm, Jwk, SigningKey, VerifyingKey};

use crate::support::{World, beginning, list};

/// A world whose tokens are JWTs, signed by the key `first`.
async fn world_with(change: impl FnOnce(&mut Policy)) -> World {
    let world = World::with(|policy| {
        policy.access_token_strategy = AccessTokenStrategy::Jwt;
        change(policy);
    });
    world.add_access_token_key("first").await;
    world
        .register("shop", |client| {
            client.scope = "api photos.*".to_owned();
            client.audience = list(&["https://api.example/v1"]);
        })
        .await;
    world
}

async fn world() -> World {
    world_with(|_| ()).await
}

async fn signer(world: &World, kid: &str) -> Jwk {
    let keys = world.provider.list_keys(KeySetName::new(ACCESS_TOKEN_KEYS)).await.expect("the set is there");
    keys.into_iter().find(|key| key.kid() == Some(kid)).expect("the key is there")
}

fn header_of(token: &str) -> Value {
    let header = token_jwt::peek_header(token).expect("a header");
    json!({ "alg": header.alg, "kid": header.kid, "typ": header.typ })
}

fn claims_of(token: &str) -> Map<String, Value> {
    serde_json::from_slice(&token_jwt::peek_payload(token).expect("a payload")).expect("claims")
}

/// Claims of a token for `api photos.read`, as text, the random id taken out.
async fn payload(world: &World) -> String {
    let ask = world.ask_as("shop").with("scope", "api photos.read").with("audience", "https://api.example/v1");
    let token = ask.token().await.expect("a token").access_token.into_exposed();
    let text = String::from_utf8(token_jwt::peek_payload(&token).expect("a payload")).expect("JSON");
    let jti = claims_of(&token)["jti"].as_str().expect("an id").to_owned();
    assert_eq!(uuid::Uuid::parse_str(&jti).expect("a UUID").get_version_num(), 4);
    text.replace(&jti, "JTI")
}

#[tokio::test]
async fn the_claims_are_hydras_in_hydras_order() {
    assert_eq!(
        payload(&world().await).await,
        concat!(
            r#"{"aud":["https://api.example/v1"],"client_id":"shop","exp":1790003600,"ext":{},"iat":1790000000,"#,
            r#""iss":"https://op.example/","jti":"JTI","nbf":1790000000,"scp":["api","photos.read"],"sub":"shop"}"#
        )
    );
}

#[tokio::test]
async fn empty_lists_are_there_as_lists() {
    let world = world().await;
    let token = world.ask_as("shop").token().await.expect("a token").access_token.into_exposed();
    let claims = claims_of(&token);
    assert_eq!((&claims["aud"], &claims["scp"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn the_scope_is_named_as_the_operator_says() {
    for (setting, scp, scope) in [
        (ScopeClaim::List, Some(json!(["api", "photos.read"])), None),
        (ScopeClaim::Text, None, Some(json!("api photos.read"))),
        (ScopeClaim::Both, Some(json!(["api", "photos.read"])), Some(json!("api photos.read"))),
    ] {
        let world = world_with(|policy| policy.jwt_scope_claim = setting).await;
        let claims: Map<String, Value> = serde_json::from_str(&payload(&world).await).expect("claims");
        assert_eq!((claims.get("scp").cloned(), claims.get("scope").cloned()), (scp, scope), "{setting:?}");
    }
}

#[tokio::test]
async fn not_before_is_left_out_where_the_operator_says_so() {
    let world = world_with(|policy| policy.jwt_claims.exclude_not_before = true).await;
    let claims: Map<String, Value> = serde_json::from_str(&payload(&world).await).expect("claims");
    assert!(!claims.contains_key("nbf"));
    let token = world.ask_as("shop").token().await.expect("a token").access_token.into_exposed();
    assert!(world.row_of(&token).await.expect("it is stored").grant.session.exclude_not_before_claim);
}

#[tokio::test]
async fn without_mirroring_there_is_no_ext_even_if_it_should_be_preserved() {
    for preserve in [false, true] {
        let world = world_with(|policy| {
            policy.jwt_claims.mirror_top_level = false;
            policy.jwt_claims.preserve_ext = preserve;
        })
        .await;
        let claims: Map<String, Value> = serde_json::from_str(&payload(&world).await).expect("claims");
        assert!(!claims.contains_key("ext"), "a client has no session claims to preserve");
    }
}

#[tokio::test]
async fn the_header_names_the_key_that_signed() {
    let world = world().await;
    let token = world.access_token("shop").await;
    assert_eq!(header_of(&token), json!({ "alg": "ES256", "kid": "first", "typ": "JWT" }));
    let key = VerifyingKey::from_jwk(&signer(&world, "first").await.to_public().expect("a public half"));
    key.expect("a key that verifies").verify(&token).expect("the signature is the key's");
    assert_eq!(world.row_of(&token).await.expect("it is stored").grant.session.kid, "first");
}

#[tokio::test]
async fn the_newest_key_signs_and_is_named_and_tokens_of_older_keys_stay_good() {
    let world = world().await;
    let older = world.access_token("shop").await;
    world.wait(1);
    world.add_access_token_key("second").await;
    let newer = world.access_token("shop").await;
    assert_eq!(header_of(&newer)["kid"], "second");
    let key = VerifyingKey::from_jwk(&signer(&world, "second").await).expect("a key that verifies");
    key.verify(&newer).expect("the one that is named is the one that signed");
    assert!(world.is_active(&older).await && world.is_active(&newer).await);
}

#[tokio::test]
async fn a_token_of_a_key_that_was_deleted_is_not_good_any_more() {
    let world = world().await;
    let token = world.access_token("shop").await;
    world.add_access_token_key("second").await;
    let first = oauth_core::ids::KeyId::new("first");
    world.provider.delete_keys(KeySetName::new(ACCESS_TOKEN_KEYS), Some(first)).await.expect("it is deleted");
    assert!(!world.is_active(&token).await);
}

#[tokio::test]
async fn tokens_outlive_a_change_of_strategy_in_both_directions() {
    let world = world().await;
    let jwt = world.access_token("shop").await;
    let opaque_server = world.instance_with(&["a system secret that only tests have"], |policy| {
        policy.access_token_strategy = AccessTokenStrategy::Opaque;
    });
    let opaque = opaque_server.access_token("shop").await;
    assert!(opaque.starts_with("ory_at_"));
    for server in [&world, &opaque_server] {
        assert!(server.is_active(&jwt).await && server.is_active(&opaque).await);
    }
}

#[tokio::test]
async fn a_clients_own_strategy_comes_before_the_servers() {
    let world = world().await;
    for (id, own, is_jwt) in [
        ("plain", Some(AccessTokenStrategy::Opaque), false),
        ("signed", Some(AccessTokenStrategy::Jwt), true),
        ("default", None, true),
    ] {
        world.register(id, |client| client.access_token_strategy = own).await;
        assert_eq!(world.access_token(id).await.contains("eyJ"), is_jwt, "{id}");
    }
}

#[tokio::test]
async fn a_jwt_ends_and_can_be_revoked_like_any_token() {
    let world = world().await;
    let (one, two) = (world.access_token("shop").await, world.access_token("shop").await);
    assert!(world.is_active(&one).await);
    world.ask_as("shop").revoke(&one).await.expect("it is revoked");
    assert!(!world.is_active(&one).await && world.is_active(&two).await);
    world.wait(3600);
    assert!(!world.is_active(&two).await);
}

#[tokio::test]
async fn a_jwt_that_others_made_is_not_good_whatever_it_says() {
    let world = world().await;
    let token = world.access_token("shop").await;
    let claims = claims_of(&token);
    let stranger = Jwk::generate(Algorithm::ES256, "sig", "first").expect("a key");
    let forged = SigningKey::from_jwk(&stranger).expect("a key that signs").sign(&claims).expect("a token");
    assert!(!world.is_active(&forged).await, "signed by another key of the same name");
    let ours = SigningKey::from_jwk(&signer(&world, "first").await).expect("a key that signs");
    let unknown = ours.sign(&json!({ "iss": "https://op.example/", "sub": "admin" })).expect("a token");
    assert!(!world.is_active(&unknown).await, "genuine, but never issued");
    let parts: Vec<&str> = token.split('.').collect();
    let other = world.ask_as("shop").with("scope", "photos.x").token().await.expect("a token");
    let other: Vec<&str> = other.access_token.expose().split('.').collect();
    let mixed = [parts[0], other[1], parts[2]].join(".");
    assert!(!world.is_active(&mixed).await, "the claims of one and the signature of another");
    for broken in
        [format!("{}.{}.", parts[0], parts[1]), format!("..{}", parts[2]), format!("{token}="), "..".to_owned()]
    {
        assert!(!world.is_active(&broken).await, "{broken}");
    }
}

#[tokio::test]
async fn the_times_of_token_row_and_answer_agree() {
    let world = world().await;
    let answer = world.ask_as("shop").token().await.expect("a token");
    let claims = claims_of(answer.access_token.expose());
    let row = world.row_of(answer.access_token.expose()).await.expect("it is stored").grant;
    assert_eq!(claims["iat"], json!(beginning().timestamp()));
    assert_eq!(claims["exp"], json!(row.expires_at.expect("an end").timestamp()));
    assert_eq!(row.session.id_token.expires_at.access_token, row.expires_at);
    assert_eq!(answer.expires_in, 3600);
}
