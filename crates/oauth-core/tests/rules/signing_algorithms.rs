//! Algorithms that clients register for what they are told about their users (OIDC Registration §2): which key signs, what it
//! means for the hashes inside, and that it is nobody else's business.

use oauth_core::{
    ErrorCode,
    authorize::LoginAccepted,
    client::{Client, Registration, SigningChoice},
    ids::{ClientId, KeySetName},
    keys::NewKey,
    logout::LogoutStep,
    policy::ID_TOKEN_KEYS,
    secret::PresentedToken,
    token::TokenResponse,
    userinfo::UserInfo,
};
use serde_json::json;
use token_jwt::{Algorithm, left_half_hash};

use crate::support::{Request, World, message, refused, registration};

const ES384_KEYS: &str = "hydra.openid.id-token.ES384";

/// A world in which `shop` leaves it to the server, which signs with ES256, and `rp` registered an algorithm.
async fn world(alg: Algorithm) -> World {
    let world = World::with_shop().await;
    world.register_app("rp", |_| ()).await;
    choose(&world, "rp", Some(alg)).await;
    world
}

async fn choose(world: &World, id: &str, id_token: Option<Algorithm>) {
    let client = world.provider.find_client(ClientId::new(id)).await.expect("it is there");
    let wanted = Registration {
        signing: SigningChoice { id_token },
        secret: None,
        ..registration(id, |blank: &mut Client| *blank = client)
    };
    let update = world.provider.replace_client(ClientId::new(id), wanted, None).await.expect("it is replaced");
    assert_eq!(update.expect("nobody else changed it").signing.id_token, id_token);
}

async fn log_in(world: &World, client: &str, scope: &str) -> TokenResponse {
    let code = world.login("alice").at(client).allowing(scope).await;
    let redirect_uri = format!("https://{client}.example/cb");
    world.ask_as(client).with("redirect_uri", &redirect_uri).redeem(&code).await.expect("tokens")
}

fn header_alg(token: &str) -> String {
    token_jwt::peek_header(token).expect("a header").alg
}

fn id_token(tokens: &TokenResponse) -> &str {
    tokens.id_token.as_ref().expect("an ID token").expose()
}

async fn kids(world: &World, set: &str) -> Vec<String> {
    let keys = world.provider.list_keys(KeySetName::new(set)).await.unwrap_or_default();
    keys.iter().map(|key| key.kid().unwrap_or_default().to_owned()).collect()
}

async fn add_key(world: &World, set: &str, alg: &str, kid: &str) {
    let new = NewKey { alg: alg.to_owned(), key_use: "sig".to_owned(), kid: Some(kid.to_owned()) };
    world.provider.create_key(KeySetName::new(set), new).await.expect("a key is made");
}

#[tokio::test]
async fn an_id_token_is_signed_as_its_client_registered_and_its_hashes_go_with_that() {
    for alg in [Algorithm::ES256, Algorithm::ES384, Algorithm::ES512, Algorithm::EdDSA] {
        let world = world(alg).await;
        let tokens = log_in(&world, "rp", "openid offline").await;
        assert_eq!(header_alg(id_token(&tokens)), alg.as_str());
        let (claims, _) = world.verified(id_token(&tokens)).await;
        assert_eq!(claims["at_hash"], json!(left_half_hash(alg, tokens.access_token.expose())));

        let refresh = tokens.refresh_token.expect("one");
        let tokens = world.ask_as("rp").refresh(refresh.expose()).await.expect("tokens");
        assert_eq!(header_alg(id_token(&tokens)), alg.as_str(), "a refresh keeps it");
        let (claims, _) = world.verified(id_token(&tokens)).await;
        assert_eq!(claims["at_hash"], json!(left_half_hash(alg, tokens.access_token.expose())));

        let request = Request::of("rp").with("response_type", "code token id_token").with("scope", "openid");
        let answer = world.browser().sign_in(&request, "alice").await;
        assert_eq!(header_alg(answer.get("id_token")), alg.as_str());
        let (claims, _) = world.verified(answer.get("id_token")).await;
        assert_eq!(claims["at_hash"], json!(left_half_hash(alg, answer.get("access_token"))));
        let c_hash = json!(left_half_hash(alg, answer.get("code")));
        assert_eq!(claims["c_hash"], c_hash);
        let ask = world.ask_as("rp").with("redirect_uri", "https://rp.example/cb");
        let tokens = ask.redeem(answer.get("code")).await.expect("tokens");
        assert_eq!(world.verified(id_token(&tokens)).await.0["c_hash"], c_hash);
    }
}

#[tokio::test]
async fn for_all_other_clients_the_newest_key_goes_on_signing() {
    let world = world(Algorithm::ES384).await;
    log_in(&world, "rp", "openid").await;
    world.register_app("another", |_| ()).await;
    for id in ["shop", "another"] {
        let tokens = log_in(&world, id, "openid").await;
        let (_, kid) = world.verified(id_token(&tokens)).await;
        assert_eq!((kid.as_str(), header_alg(id_token(&tokens)).as_str()), ("id-1", "ES256"));
    }
    assert_eq!(kids(&world, ID_TOKEN_KEYS).await, ["id-1"]);
}

#[tokio::test]
async fn a_key_is_made_when_a_client_first_registers_for_it_and_once() {
    let world = World::with_shop().await;
    assert_eq!(world.provider.id_token_algorithms().await.expect("keys"), [Algorithm::ES256]);
    let other = world.another_instance();
    let mut registering = tokio::task::JoinSet::new();
    for (n, provider) in [&world.provider, &other.provider].into_iter().cycle().take(8).cloned().enumerate() {
        let signing = SigningChoice { id_token: Some(Algorithm::ES384) };
        let wanted = Registration { signing, ..registration(&format!("rp-{n}"), |_| ()) };
        registering.spawn(async move { provider.register_client(wanted).await.map(drop) });
    }
    registering.join_all().await.into_iter().for_each(|made| made.expect("it is registered"));
    assert_eq!(kids(&world, ES384_KEYS).await.len(), 1);
    assert_eq!(kids(&world, ID_TOKEN_KEYS).await, ["id-1"]);
    let known = [Algorithm::ES256, Algorithm::ES384];
    assert_eq!(world.provider.id_token_algorithms().await.expect("keys"), known, "the first one is still everybody's");
    choose(&world, "shop", Some(Algorithm::ES256)).await;
    assert!(kids(&world, "hydra.openid.id-token.ES256").await.is_empty(), "the newest common key will do");
}

#[tokio::test]
async fn a_key_that_was_deleted_is_made_again_when_it_is_missed() {
    let world = world(Algorithm::EdDSA).await;
    world.provider.delete_keys(KeySetName::new("hydra.openid.id-token.EdDSA"), None).await.expect("they are deleted");
    let tokens = log_in(&world, "rp", "openid").await;
    assert_eq!(header_alg(id_token(&tokens)), "EdDSA");
    world.verified(id_token(&tokens)).await;
}

#[tokio::test]
async fn operators_rotate_these_keys_as_all_others() {
    let world = world(Algorithm::ES384).await;
    let before = log_in(&world, "rp", "openid").await;
    world.wait(10);
    add_key(&world, ES384_KEYS, "ES384", "newer").await;
    world.wait(10);
    add_key(&world, ES384_KEYS, "ES512", "of another kind").await;
    let (_, kid) = world.verified(id_token(&log_in(&world, "rp", "openid").await)).await;
    assert_eq!(kid, "newer", "the newest one of the algorithm signs");
    world.verified(id_token(&before)).await;
    world.wait(10);
    add_key(&world, ID_TOKEN_KEYS, "ES384", "common").await;
    let (_, kid) = world.verified(id_token(&log_in(&world, "rp", "openid").await)).await;
    assert_eq!(kid, "common", "the common key is of the algorithm now");
    let algorithms = world.provider.id_token_algorithms().await.expect("keys");
    assert_eq!(algorithms, [Algorithm::ES384], "an older common key signs nothing more");
}

#[tokio::test]
async fn an_id_token_of_each_algorithm_is_a_hint() {
    let world = world(Algorithm::ES384).await;
    let mut browser = world.browser();
    let remember = |accepted: &mut LoginAccepted| accepted.remember = true;
    let request = Request::of("rp").with("response_type", "id_token");
    let hint = browser.sign_in_with(&request, "alice", remember).await.get("id_token").to_owned();
    assert_eq!(header_alg(&hint), "ES384");
    world.browser().visit(&Request::of("rp").with("id_token_hint", &hint)).await.expect("the hint is good");
    let directions = browser.log_out(&[("id_token_hint", &hint)]).await.expect("the logout begins");
    assert!(matches!(directions.step, LogoutStep::Visit(url) if url.starts_with("https://id.example/logout")));
    world.provider.delete_keys(KeySetName::new(ES384_KEYS), None).await.expect("they are deleted");
    assert_eq!(refused(browser.log_out(&[("id_token_hint", &hint)]).await), ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn a_logout_token_is_signed_as_the_id_tokens_of_its_client() {
    let world = world(Algorithm::EdDSA).await;
    for (id, alg) in [("mute", Some(Algorithm::ES512)), ("plain", None), ("listener", Some(Algorithm::EdDSA))] {
        world
            .register_app(id, |client| match id {
                "mute" => client.frontchannel_logout_uri = "https://mute.example/front".to_owned(),
                _ => client.backchannel_logout_uri = format!("https://{id}.example/back"),
            })
            .await;
        choose(&world, id, alg).await;
    }
    let mut browser = world.browser();
    for id in ["mute", "plain", "listener"] {
        let remember = |accepted: &mut LoginAccepted| accepted.remember = true;
        browser.sign_in_with(&Request::of(id), "alice", remember).await;
    }
    let session = browser.session.clone().expect("alice is logged in");
    world.provider.end_login_session(session).await.expect("it is ended");
    let mut told = Vec::new();
    for notice in world.delivered.notices() {
        world.verified(notice.token.expose()).await;
        told.push((notice.client, header_alg(notice.token.expose())));
    }
    told.sort();
    let expected = [("listener", "EdDSA"), ("plain", "ES256")];
    assert_eq!(told, expected.map(|(client, alg)| (client.to_owned(), alg.to_owned())));
}

#[tokio::test]
async fn user_info_is_signed_as_its_client_registered() {
    let world = World::with_shop().await;
    for (registered, signed) in [("ES384", "ES384"), ("EdDSA", "EdDSA"), ("RS256", "ES256")] {
        world.register_app(registered, |client| client.userinfo_signed_response_alg = registered.to_owned()).await;
        let request = Request::of(registered).with("response_type", "token").with("scope", "openid");
        let answer = world.browser().sign_in(&request, "alice").await;
        let told = world.provider.userinfo(Some(PresentedToken::new(answer.get("access_token")))).await;
        let UserInfo::Signed(token) = told.expect("the token is good") else { panic!("it is not signed") };
        assert_eq!(header_alg(token.expose()), signed, "{registered}");
        world.verified(token.expose()).await;
    }
}

#[tokio::test]
async fn a_choice_is_shown_changed_taken_back_and_goes_with_its_client() {
    let world = world(Algorithm::ES384).await;
    let shown = async || world.provider.show_registered_client(ClientId::new("rp")).await.expect("it is there").signing;
    let chosen = SigningChoice { id_token: Some(Algorithm::ES384) };
    assert_eq!(shown().await, chosen);
    let page = world.provider.list_clients(None, None, 9, None).await.expect("a page").clients;
    let listed: Vec<_> = page.iter().map(|entry| (entry.client.id.as_str(), entry.signing)).collect();
    assert_eq!(listed, [("rp", chosen), ("shop", SigningChoice::default())]);
    let id = || ClientId::new("rp");
    assert_eq!(world.provider.set_lifespans(id(), Default::default()).await.expect("they are set").signing, chosen);
    assert_eq!(world.provider.rotate_secret(id()).await.expect("it is rotated").signing, chosen);
    assert_eq!(world.provider.forget_rotated_secrets(id()).await.expect("they are forgotten").signing, chosen);
    choose(&world, "rp", Some(Algorithm::EdDSA)).await;
    assert_eq!(shown().await.id_token, Some(Algorithm::EdDSA));
    choose(&world, "rp", None).await;
    assert_eq!(shown().await, SigningChoice::default());
    choose(&world, "rp", Some(Algorithm::EdDSA)).await;
    world.provider.delete_client(id()).await.expect("it is deleted");
    world.register_app("rp", |_| ()).await;
    assert_eq!(shown().await, SigningChoice::default());
    assert_eq!(header_alg(id_token(&log_in(&world, "rp", "openid").await)), "ES256");
}

#[test]
fn an_algorithm_that_is_none_is_refused_with_those_there_are() {
    for odd in ["none", "HS256", "es256", " ES256"] {
        let text = message(SigningChoice::from_word(odd));
        let names = "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA";
        assert!(text.contains("id_token_signed_response_alg") && text.contains(names), "{text}");
    }
    assert_eq!(SigningChoice::from_word("").expect("none is chosen"), SigningChoice::default());
    for alg in Algorithm::ALL {
        assert_eq!(SigningChoice::from_word(alg.as_str()).expect("it is chosen").word(), alg.as_str());
    }
}
