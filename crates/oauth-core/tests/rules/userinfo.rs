//! The UserInfo endpoint (OIDC Core §5.3): which tokens open it, and what it tells.

use oauth_core::{
    Error, ErrorCode,
    authorize::{ConsentAccepted, LoginAccepted},
    client::{AccessTokenStrategy, Client},
    ids::ClientId,
    policy::{ACCESS_TOKEN_KEYS, ID_TOKEN_KEYS},
    secret::PresentedToken,
    storage::StorageError,
    token::{Claims, TokenResponse},
    userinfo::UserInfo,
};
use serde_json::json;

use crate::support::{Request, World, beginning, list, refused};

async fn tokens(world: &World) -> TokenResponse {
    world.redeem(&world.login("alice").at("shop").allowing("openid offline api").await).await.expect("tokens")
}

async fn ask(world: &World, token: &str) -> Result<UserInfo, Error> {
    world.provider.userinfo(Some(PresentedToken::new(token))).await
}

async fn told(world: &World, token: &str) -> Claims {
    match ask(world, token).await.expect("the token is good") {
        UserInfo::Claims(claims) => claims,
        UserInfo::Signed(_) => panic!("nobody asked for a signature"),
    }
}

#[tokio::test]
async fn it_tells_what_the_id_token_tells_of_the_user_and_nothing_of_the_token() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let request = Request::of("shop").with("response_type", "code id_token token").with("scope", "openid offline");
    let login = browser.begin(&request).await;
    world.wait(5);
    let say = |accepted: &mut LoginAccepted| {
        accepted.acr = "gold".to_owned();
        accepted.amr = list(&["pwd"]);
    };
    let consent = browser.log_in_with(&login, "alice", say).await.expect("it suits").consent_challenge();
    world.wait(5);
    let name = |accepted: &mut ConsentAccepted| {
        let claims = json!({ "name": "Alice", "sub": "root", "address": { "city": "Ulm" } });
        accepted.id_token_claims = claims.as_object().cloned().expect("an object");
    };
    let answer = browser.allow_with(&consent, "openid offline", name).await.expect("it suits").answer();
    world.wait(100);
    let tokens = world.redeem(answer.get("code")).await.expect("tokens");
    let refresh_token = tokens.refresh_token.expect("one").into_exposed();
    let now = beginning().timestamp();
    let expected = format!(
        r#"{{"acr":"gold","address":{{"city":"Ulm"}},"amr":["pwd"],"aud":["shop"],"auth_time":{},"iat":{},"iss":"https://op.example/","name":"Alice","rat":{now},"sub":"alice"}}"#,
        now + 5,
        now + 10
    );
    for token in [answer.get("access_token"), tokens.access_token.expose()] {
        assert_eq!(serde_json::to_string(&told(&world, token).await).expect("JSON"), expected);
    }
    world.wait(100);
    let refreshed = world.refresh(&refresh_token).await.expect("tokens");
    assert_eq!(serde_json::to_string(&told(&world, refreshed.access_token.expose()).await).expect("JSON"), expected);
}

/// N12, RFC 6750 §3.1: one word for every token that is not good.
#[tokio::test]
async fn a_token_that_is_not_good_is_an_invalid_token() {
    let world = World::with_shop().await;
    assert!(matches!(world.provider.userinfo(None).await, Err(Error::NoAccessToken)));
    assert_eq!(refused(world.provider.userinfo(None).await), ErrorCode::InvalidToken);
    let good = tokens(&world).await;
    let token = good.access_token.expose();
    let (random, mac) = token.split_once('.').expect("two halves");
    let code = world.login("alice").at("shop").allowing("openid").await;
    for odd in [
        "",
        "x",
        "a.b.c",
        &format!("ory_at_{}.{mac}", "A".repeat(43)),
        &format!("{random}.{mac}x"),
        &token[..token.len() - 1],
        &token.replace("ory_at_", "ory_rt_"),
        good.refresh_token.as_ref().expect("one").expose(),
        good.id_token.as_ref().expect("one").expose(),
        &code,
    ] {
        let why = ask(&world, odd).await.expect_err("it is no access token");
        assert!(matches!(why, Error::InvalidAccessToken) && why.code() == ErrorCode::InvalidToken, "{odd}");
    }
    told(&world, token).await;
    told(&world, token.trim_start_matches("ory_at_")).await;
    world.wait(3600);
    assert!(matches!(ask(&world, token).await, Err(Error::InvalidAccessToken)), "it has expired");
    let revoked = world.refresh(good.refresh_token.expect("one").expose()).await.expect("tokens");
    told(&world, revoked.access_token.expose()).await;
    world.ask_as("shop").revoke(revoked.access_token.expose()).await.expect("it is revoked");
    assert!(matches!(ask(&world, revoked.access_token.expose()).await, Err(Error::InvalidAccessToken)));
    let last = tokens(&world).await;
    world.provider.delete_client(ClientId::new("shop")).await.expect("it is deleted");
    assert!(matches!(ask(&world, last.access_token.expose()).await, Err(Error::InvalidAccessToken)));
}

/// N35, OIDC Core §5.3.1.
#[tokio::test]
async fn only_a_token_with_openid_of_a_user_opens_it() {
    let world = World::with_shop().await;
    world.register("machine", |client| client.scope = "openid api".to_owned()).await;
    let like_hydra =
        world.instance_with(&["a system secret that only tests have"], |policy| policy.compat_hydra = true);
    let plain = world.redeem(&world.login("alice").at("shop").allowing("api").await).await.expect("tokens");
    let narrowed = tokens(&world).await.refresh_token.expect("one");
    let narrowed = world.ask_as("shop").with("scope", "api").refresh(narrowed.expose()).await.expect("tokens");
    for token in [plain.access_token.expose(), narrowed.access_token.expose()] {
        let why = ask(&world, token).await.expect_err("openid was not granted");
        assert!(matches!(why, Error::InsufficientScope("openid")) && why.code() == ErrorCode::InsufficientScope);
        assert_eq!(told(&like_hydra, token).await["sub"], "alice");
    }
    for (scope, code) in [("openid", ErrorCode::InsufficientScope), ("api", ErrorCode::InsufficientScope)] {
        let machine = world.ask_as("machine").with("scope", scope).token().await.expect("a token");
        assert_eq!(refused(ask(&world, machine.access_token.expose()).await), code, "{scope}");
        let told = told(&like_hydra, machine.access_token.expose()).await;
        assert_eq!(told.keys().collect::<Vec<_>>(), ["aud", "iat", "iss"]);
        assert_eq!(told["aud"], json!(["machine"]));
    }
}

#[tokio::test]
async fn access_tokens_of_either_form_open_it_also_after_the_form_or_the_key_changed() {
    let world = World::with_shop().await;
    world.register_app("jwt", |client| client.access_token_strategy = Some(AccessTokenStrategy::Jwt)).await;
    let code = world.login("alice").at("jwt").allowing("openid").await;
    let tokens =
        world.ask_as("jwt").with("redirect_uri", "https://jwt.example/cb").redeem(&code).await.expect("tokens");
    let token = tokens.access_token.into_exposed();
    assert_eq!(told(&world, &token).await["sub"], "alice");
    world.wait(10);
    world.add_key(ACCESS_TOKEN_KEYS, "access-2").await;
    world
        .replace("jwt", None, |client: &mut Client| {
            client.redirect_uris = list(&["https://jwt.example/cb"]);
            client.access_token_strategy = Some(AccessTokenStrategy::Opaque);
        })
        .await;
    assert_eq!(told(&world, &token).await["sub"], "alice");
}

#[tokio::test]
async fn a_client_that_registered_for_a_signature_gets_one() {
    let world = World::with_shop_and(|policy| policy.subject_types.pairwise = true).await;
    for (alg, signed) in [("RS256", true), ("none", false), ("", false)] {
        world.provider.delete_client(ClientId::new("rp")).await.ok();
        world
            .register_app("rp", |client| {
                client.userinfo_signed_response_alg = alg.to_owned();
                client.subject_type = "pairwise".to_owned();
            })
            .await;
        let code = world.login("alice").at("rp").allowing("openid").await;
        let tokens =
            world.ask_as("rp").with("redirect_uri", "https://rp.example/cb").redeem(&code).await.expect("tokens");
        let (of_id_token, _) = world.verified(tokens.id_token.as_ref().expect("one").expose()).await;
        let issued = world.provider.now().timestamp();
        world.wait(100);
        let answer = ask(&world, tokens.access_token.expose()).await.expect("the token is good");
        let (claims, is_signed) = match answer {
            UserInfo::Claims(claims) => (claims, false),
            UserInfo::Signed(token) => {
                let (claims, kid) = world.verified(token.expose()).await;
                assert_eq!(kid, "id-1");
                (claims, true)
            }
        };
        assert_eq!(is_signed, signed, "{alg}");
        assert_eq!(
            (&claims["sub"], &claims["iss"], &claims["aud"]),
            (&of_id_token["sub"], &of_id_token["iss"], &json!(["rp"]))
        );
        assert_ne!(claims["sub"], "alice", "the client knows her by another name");
        assert_eq!(claims["iat"], json!(if signed { issued + 100 } else { issued }));
        assert_eq!(claims.contains_key("jti"), signed);
        assert!(claims.get("jti") != Some(&of_id_token["jti"]) && !claims.contains_key("sid"));
    }
}

#[tokio::test]
async fn a_signature_is_the_newest_keys() {
    let world = World::with_shop().await;
    world.register_app("rp", |client| client.userinfo_signed_response_alg = "RS256".to_owned()).await;
    let code = world.login("alice").at("rp").allowing("openid").await;
    let tokens = world.ask_as("rp").with("redirect_uri", "https://rp.example/cb").redeem(&code).await.expect("tokens");
    world.wait(10);
    world.add_key(ID_TOKEN_KEYS, "id-2").await;
    let UserInfo::Signed(token) = ask(&world, tokens.access_token.expose()).await.expect("the token is good") else {
        panic!("the client registered for a signature");
    };
    assert_eq!(world.verified(token.expose()).await.1, "id-2");
}

#[tokio::test]
async fn a_database_that_is_away_is_not_a_token_that_is_not_good() {
    let world = World::with_shop().await;
    let tokens = tokens(&world).await;
    world.storage.break_down(StorageError::Unavailable("disk full".to_owned()));
    assert_eq!(refused(ask(&world, tokens.access_token.expose()).await), ErrorCode::TemporarilyUnavailable);
}
