//! The authorization code grant (RFC 6749 §4.1.3, §4.1.4), with PKCE (RFC 7636).

use chrono::TimeDelta;
use go_duration::GoDuration;
use oauth_core::{
    Error, ErrorCode,
    client::{AccessTokenStrategy, Client},
    ids::{ClientId, CodeSignature, RefreshSignature},
    policy::Pkce,
    secret::AuthorizationCode,
    sessions::Revocation,
    storage::{CodeRecord, ConsentSelection, StorageError},
    token::TokenResponse,
    trap::{PkceMismatch, Trap},
};

use crate::support::{RACERS, Request, World, beginning, list, refused};

const VERIFIER: &str = "abcdefghijklmnopqrstuvwxyz0123456789-._~ABCDEFG";
const CHALLENGE: &str = "TDp3C-wPo3aKDK1Bg-ukP78nZ9YiqUD2ToRD96HoaHU";

async fn code(world: &World) -> String {
    world.login("alice").at("shop").allowing("openid offline").await
}

async fn with_challenge(world: &World) -> String {
    let login = world.login("alice").at("shop").with("code_challenge", CHALLENGE).with("code_challenge_method", "S256");
    login.allowing("openid offline").await
}

/// The shop redeems a code with a verifier, if any.
async fn redeem_with(world: &World, code: &str, verifier: Option<&str>) -> Result<TokenResponse, Error> {
    let ask = world.ask_as("shop").with("redirect_uri", "https://shop.example/cb");
    match verifier {
        Some(verifier) => ask.with("code_verifier", verifier).redeem(code).await,
        None => ask.redeem(code).await,
    }
}

fn signature(code: &str) -> CodeSignature {
    CodeSignature::new(token_hmac::signature_part(code).expect("a code of ours has a signature"))
}

async fn row(world: &World, code: &str) -> Option<CodeRecord> {
    let signature = signature(code);
    world.look(move |records| records.code(&signature)).await
}

async fn are_alive(world: &World, tokens: &TokenResponse) -> (bool, bool) {
    let refresh = tokens.refresh_token.as_ref().expect("a refresh token");
    (world.is_active(tokens.access_token.expose()).await, world.is_active(refresh.expose()).await)
}

#[tokio::test]
async fn a_code_buys_what_was_granted_whatever_is_asked_for_now() {
    let world = World::with_shop().await;
    let login = world.login("alice").at("shop").with("audience", "https://api.example/v1/x");
    let code = login.allowing("openid offline photos.read").await;
    let ask = world.ask_as("shop").with("redirect_uri", "https://shop.example/cb");
    let asked = ask.with("scope", "api").with("audience", "https://api.example/v2").redeem(&code).await;
    let tokens = asked.expect("tokens");
    assert_eq!(tokens.scope, ["openid", "offline", "photos.read"]);
    assert_eq!(tokens.expires_in, 3600);
    assert!(tokens.id_token.is_some());
    let told = world.ask().introspect(tokens.access_token.expose()).await.expect("an answer").expect("active");
    assert_eq!((told.audience, told.subject.as_str()), (list(&["https://api.example/v1/x"]), "alice"));
}

#[tokio::test]
async fn all_tokens_of_a_login_hang_on_its_consent() {
    let world = World::with_shop().await;
    let code = code(&world).await;
    let of_code = row(&world, &code).await.expect("it is stored").grant;
    world.wait(5);
    let tokens = world.redeem(&code).await.expect("tokens");
    let now = beginning() + TimeDelta::seconds(5);
    let access = world.row_of(tokens.access_token.expose()).await.expect("it is stored").grant;
    let refresh_token = tokens.refresh_token.expect("a refresh token").into_exposed();
    assert!(refresh_token.starts_with("ory_rt_"));
    let refresh = RefreshSignature::new(token_hmac::signature_part(&refresh_token).expect("a signature"));
    let refresh = world.look(move |records| records.refresh_token(&refresh)).await.expect("it is stored");
    assert_eq!(
        refresh.access_token_signature,
        world.row_of(tokens.access_token.expose()).await.map(|row| row.signature)
    );
    for grant in [&access, &refresh.grant] {
        assert_eq!((&grant.request_id, &grant.challenge_id), (&of_code.request_id, &of_code.challenge_id));
        assert_eq!((grant.requested_at, grant.subject.as_str(), grant.active), (now, "alice", true));
        assert_eq!(grant.form_data, "grant_type=authorization_code");
        assert_eq!(grant.session.id_token.expires_at.authorize_code, None);
        assert_eq!(grant.session.id_token.expires_at.access_token, Some(now + TimeDelta::hours(1)));
        assert_eq!(grant.session.id_token.expires_at.refresh_token, Some(now + TimeDelta::hours(720)));
    }
    assert_eq!(access.expires_at, Some(now + TimeDelta::hours(1)));
    assert_eq!(refresh.grant.expires_at, Some(now + TimeDelta::hours(720)));
}

#[tokio::test]
async fn a_refresh_token_comes_where_the_user_may_be_away_and_the_client_may_refresh() {
    for (scope, may_refresh, expected) in [
        ("openid offline", true, true),
        ("openid offline_access", true, true),
        ("offline", true, true),
        ("openid", true, false),
        ("openid offline", false, false),
    ] {
        let world = World::with_shop().await;
        if !may_refresh {
            world.provider.delete_client(ClientId::new("shop")).await.expect("it is deleted");
            world.register_app("shop", |client| client.grant_types = list(&["authorization_code"])).await;
        }
        let code = world.login("alice").at("shop").allowing(scope).await;
        let tokens = world.redeem(&code).await.expect("tokens");
        assert_eq!(tokens.refresh_token.is_some(), expected, "{scope} {may_refresh}");
        assert_eq!(tokens.id_token.is_some(), scope.contains("openid"));
    }
}

#[tokio::test]
async fn a_client_has_lifespans_of_its_own() {
    let seconds = |seconds: u64| Some(format!("{seconds}s").parse::<GoDuration>().expect("a duration"));
    let world = World::with_shop().await;
    world
        .register_app("quick", |client: &mut Client| {
            client.lifespans.authorization_code_grant_access_token = seconds(60);
            client.lifespans.authorization_code_grant_refresh_token = seconds(120);
            client.lifespans.authorization_code_grant_id_token = seconds(30);
            client.lifespans.refresh_token_grant_access_token = seconds(999);
        })
        .await;
    let code = world.login("alice").at("quick").allowing("openid offline").await;
    let tokens =
        world.ask_as("quick").with("redirect_uri", "https://quick.example/cb").redeem(&code).await.expect("tokens");
    assert_eq!(tokens.expires_in, 60);
    let (claims, _) = world.verified(tokens.id_token.as_ref().expect("an ID token").expose()).await;
    assert_eq!(claims["exp"].as_i64(), Some(beginning().timestamp() + 30));
    for (wait, expected) in [(59, (true, true)), (1, (false, true)), (59, (false, true)), (1, (false, false))] {
        world.wait(wait);
        assert_eq!(are_alive(&world, &tokens).await, expected);
    }
}

#[tokio::test]
async fn a_refresh_token_may_live_for_ever() {
    let world = World::with_shop_and(|policy| policy.lifetimes.refresh_token = None).await;
    let tokens = world.redeem(&code(&world).await).await.expect("tokens");
    world.wait(100 * 365 * 86_400);
    assert_eq!(are_alive(&world, &tokens).await, (false, true));
}

#[tokio::test]
async fn access_tokens_take_the_form_that_the_client_has_registered() {
    let world = World::with_shop().await;
    world.register_app("jwt", |client| client.access_token_strategy = Some(AccessTokenStrategy::Jwt)).await;
    let code = world.login("alice").at("jwt").allowing("openid offline").await;
    let ask = world.ask_as("jwt").with("redirect_uri", "https://jwt.example/cb");
    let tokens = ask.redeem(&code).await.expect("tokens");
    let (claims, kid) = world.verified(tokens.access_token.expose()).await;
    assert_eq!((claims["sub"].as_str(), kid.as_str()), (Some("alice"), "access-1"));
    assert_eq!(world.row_of(tokens.access_token.expose()).await.expect("it is stored").grant.session.kid, "access-1");
}

#[tokio::test]
async fn a_client_that_did_not_register_the_grant_gets_nothing_by_it() {
    let world = World::with_shop().await;
    let code = code(&world).await;
    let uris = |client: &mut Client| client.redirect_uris = list(&["https://shop.example/cb"]);
    world
        .replace("shop", None, |client| {
            uris(client);
            client.grant_types = list(&["refresh_token", "implicit"]);
        })
        .await;
    assert_eq!(refused(world.redeem(&code).await), ErrorCode::UnauthorizedClient);
    world
        .replace("shop", None, |client| {
            uris(client);
            client.grant_types = Vec::new();
        })
        .await;
    world.redeem(&code).await.expect("a client that registered no grants has this one");
}

#[tokio::test]
async fn what_is_no_code_of_ours_buys_nothing() {
    let world = World::with_shop().await;
    let code = code(&world).await;
    let (random, mac) = code.split_once('.').expect("two halves");
    let spent = world.redeem(&world.login("bob").at("shop").allowing("openid offline").await).await.expect("tokens");
    let odd = [
        String::new(),
        "x".to_owned(),
        "ory_ac_x.y".to_owned(),
        format!("{random}x.{mac}"),
        format!("{random}.{mac}x"),
        format!(".{mac}"),
        format!("x.{random}.{mac}"),
        format!("ory_ac_{}.{mac}", "A".repeat(43)),
        code.replace("ory_ac_", "ory_rt_"),
        code[..code.len() - 1].to_owned(),
        spent.access_token.expose().to_owned(),
        spent.refresh_token.as_ref().expect("a refresh token").expose().to_owned(),
    ];
    for odd in &odd {
        let why = world.redeem(odd).await.expect_err("it is no code");
        assert!(matches!(why, Error::UnknownCode) && why.code() == ErrorCode::InvalidGrant, "{odd} {why:?}");
    }
    let missing = world.ask_as("shop").with("grant_type", "authorization_code").token_as_is().await;
    assert_eq!(refused(missing), ErrorCode::InvalidGrant);
    assert_eq!(are_alive(&world, &spent).await, (true, true), "a forgery revokes nothing");
    world.redeem(code.trim_start_matches("ory_ac_")).await.expect("the prefix may be missing");
    assert!(row(&world, &code).await.is_some_and(|row| !row.grant.active));
}

#[tokio::test]
async fn a_second_use_ends_everything_that_the_first_one_bought() {
    let world = World::with_shop().await;
    let (code, other) = (code(&world).await, code(&world).await);
    let tokens = world.redeem(&code).await.expect("tokens");
    let of_other_login = world.redeem(&other).await.expect("tokens");
    let refreshed = world.refresh(tokens.refresh_token.as_ref().expect("one").expose()).await.expect("tokens");
    world.wait(3);
    let why = world.redeem(&code).await.expect_err("it is spent");
    assert_eq!(why.code(), ErrorCode::InvalidGrant);
    assert_eq!(why.trap(), Some(Trap::CodeReused { ago: TimeDelta::seconds(3) }));
    assert_eq!(are_alive(&world, &tokens).await, (false, false));
    assert_eq!(are_alive(&world, &refreshed).await, (false, false));
    assert_eq!(are_alive(&world, &of_other_login).await, (true, true));
    let third = world.redeem(&code).await.expect_err("it is spent");
    assert!(matches!(third, Error::CodeSpent { .. }));
}

#[tokio::test]
async fn a_second_use_is_recognised_whatever_else_is_wrong_with_it() {
    for (wait, verifier, redirect_uri) in
        [(700, None, "https://shop.example/cb"), (1, Some(VERIFIER), "https://evil.example")]
    {
        let world = World::with_shop().await;
        let code = code(&world).await;
        let tokens = world.redeem(&code).await.expect("tokens");
        world.wait(wait);
        let mut ask = world.ask_as("shop").with("redirect_uri", redirect_uri);
        if let Some(verifier) = verifier {
            ask = ask.with("code_verifier", verifier);
        }
        assert!(matches!(ask.redeem(&code).await, Err(Error::CodeSpent { .. })));
        assert_eq!(are_alive(&world, &tokens).await, (false, false));
    }
}

/// What was issued still lives: this must not look as if it were dead.
#[tokio::test]
async fn a_second_use_whose_revocation_fails_is_an_error_of_ours() {
    let world = World::with_shop().await;
    let code = code(&world).await;
    let tokens = world.redeem(&code).await.expect("tokens");
    world.storage.break_writes(StorageError::Unavailable("disk full".to_owned()));
    assert_eq!(refused(world.redeem(&code).await), ErrorCode::TemporarilyUnavailable);
    world.storage.repair();
    assert_eq!(are_alive(&world, &tokens).await, (true, true));
    assert_eq!(refused(world.redeem(&code).await), ErrorCode::InvalidGrant);
    assert_eq!(are_alive(&world, &tokens).await, (false, false));
}

/// N25: whoever finds a code in a log must not be able to end the login with it.
#[tokio::test]
async fn a_code_in_the_hands_of_another_client_buys_and_ends_nothing() {
    let world = World::with_shop().await;
    world.register_app("thief", |_| ()).await;
    let code = code(&world).await;
    let steal = || world.ask_as("thief").with("redirect_uri", "https://shop.example/cb").redeem(&code);
    assert!(matches!(steal().await, Err(Error::CodeOfAnotherClient)));
    let tokens = world.redeem(&code).await.expect("its owner may still redeem it");
    let why = steal().await.expect_err("it is not the thief's");
    assert_eq!(why.code(), ErrorCode::InvalidGrant);
    assert_eq!(are_alive(&world, &tokens).await, (true, true));
}

#[tokio::test]
async fn a_code_lives_as_long_as_the_server_says() {
    let world = World::with_shop().await;
    let (in_time, late) = (code(&world).await, code(&world).await);
    world.wait(599);
    world.redeem(&in_time).await.expect("in time");
    world.wait(1);
    let why = world.redeem(&late).await.expect_err("too late");
    assert_eq!(why.code(), ErrorCode::InvalidGrant);
    let (age, allowed) = (TimeDelta::seconds(600), TimeDelta::seconds(600));
    assert_eq!(why.trap(), Some(Trap::CodeExpired { age, allowed }));
    let quick = World::with_shop_and(|policy| policy.lifetimes.auth_code = std::time::Duration::from_secs(5)).await;
    let code = code(&quick).await;
    quick.wait(5);
    assert!(matches!(quick.redeem(&code).await, Err(Error::CodeExpired { .. })));
}

#[tokio::test]
async fn the_redirect_uri_must_be_the_one_of_the_request_if_it_had_one() {
    let own = "https://shop.example/cb";
    for (asked_with, scope, sent, allowed) in [
        (Some(own), "openid", Some(own), true),
        (Some(own), "openid", None, false),
        (Some(own), "openid", Some(""), false),
        (Some(own), "openid", Some("https://shop.example/cb/"), false),
        (Some(own), "openid", Some("https://SHOP.example/cb"), false),
        (Some(own), "api", None, false),
        (None, "api", None, true),
        (None, "api", Some(own), true),
        (None, "api", Some("https://evil.example/cb"), true),
    ] {
        let world = World::with_shop().await;
        let login = world.login("alice").at("shop");
        let login = if asked_with.is_some() { login } else { login.without("redirect_uri") };
        let code = login.allowing(scope).await;
        let ask = world.ask_as("shop");
        let ask = match sent {
            Some(sent) => ask.with("redirect_uri", sent),
            None => ask,
        };
        match ask.redeem(&code).await {
            Ok(_) => assert!(allowed, "{asked_with:?} {sent:?}"),
            Err(why) => {
                assert!(!allowed && matches!(why, Error::RedirectUriDiffers), "{asked_with:?} {sent:?} {why}");
                assert_eq!(why.code(), ErrorCode::InvalidGrant);
                world.redeem(&code).await.expect("the code is as good as before");
            }
        }
    }
}

#[tokio::test]
async fn a_loopback_redirect_uri_must_come_back_with_the_port_of_the_request() {
    let world = World::with_shop().await;
    world.register_public_app("app", |client| client.redirect_uris = list(&["http://127.0.0.1/cb"])).await;
    let code = world.login("alice").at("app").with("redirect_uri", "http://127.0.0.1:5555/cb").allowing("openid").await;
    let redeem = |uri| world.ask().with("client_id", "app").with("redirect_uri", uri).redeem(&code);
    for other in ["http://127.0.0.1/cb", "http://127.0.0.1:6666/cb"] {
        assert!(matches!(redeem(other).await, Err(Error::RedirectUriDiffers)));
    }
    redeem("http://127.0.0.1:5555/cb").await.expect("tokens");
}

#[tokio::test]
async fn the_verifier_must_be_the_one_whose_hash_was_sent() {
    let world = World::with_shop().await;
    let long = "a".repeat(129);
    for (challenged, verifier, mismatch) in [
        (true, Some(VERIFIER), None),
        (true, None, Some(PkceMismatch::NoVerifier)),
        (true, Some(""), Some(PkceMismatch::NoVerifier)),
        (true, Some("too-short"), Some(PkceMismatch::Malformed { length: 9 })),
        (true, Some(long.as_str()), Some(PkceMismatch::Malformed { length: 129 })),
        (true, Some("abcdefghijklmnopqrstuvwxyz0123456789-._~ABCDEF "), Some(PkceMismatch::Malformed { length: 47 })),
        (true, Some("ABCDEFGhijklmnopqrstuvwxyz0123456789-._~ABCDEFG"), Some(PkceMismatch::Other)),
        (true, Some(CHALLENGE), Some(PkceMismatch::Plain)),
        (false, None, None),
        (false, Some(VERIFIER), Some(PkceMismatch::NoChallenge)),
        (false, Some("x"), Some(PkceMismatch::NoChallenge)),
    ] {
        let code = if challenged { with_challenge(&world).await } else { code(&world).await };
        match redeem_with(&world, &code, verifier).await {
            Ok(_) => assert_eq!(mismatch, None, "{verifier:?}"),
            Err(why) => {
                assert_eq!(why.trap(), mismatch.map(Trap::Pkce), "{verifier:?}");
                assert_eq!(why.code(), ErrorCode::InvalidGrant);
            }
        }
    }
}

/// N29, RFC 9700 §4.8.2: at the reference a failed check forgets the challenge, and the code works without one.
#[tokio::test]
async fn a_failed_check_leaves_a_code_that_only_the_right_verifier_redeems() {
    let world = World::with_shop().await;
    let code = with_challenge(&world).await;
    let wrong = VERIFIER.replace('a', "b");
    for verifier in [Some(wrong.as_str()), None, Some(CHALLENGE), Some("short"), Some(""), None] {
        assert_eq!(refused(redeem_with(&world, &code, verifier).await), ErrorCode::InvalidGrant);
    }
    redeem_with(&world, &code, Some(VERIFIER)).await.expect("the right one");
    assert!(matches!(redeem_with(&world, &code, Some(VERIFIER)).await, Err(Error::CodeSpent { .. })));
}

#[tokio::test]
async fn pkce_is_required_at_the_token_endpoint_as_well() {
    for (pkce, client) in [
        (Pkce { enforced: true, enforced_for_public_clients: false }, "shop"),
        (Pkce { enforced: false, enforced_for_public_clients: true }, "app"),
    ] {
        let world = World::with_shop().await;
        world.register_public_app("app", |_| ()).await;
        let uri = format!("https://{client}.example/cb");
        let stricter = world.instance_with(&["a system secret that only tests have"], |policy| policy.pkce = pkce);
        let ask = || {
            let ask = if client == "app" { stricter.ask().with("client_id", "app") } else { stricter.ask_as(client) };
            ask.with("redirect_uri", &uri)
        };
        for before in [
            world.login("alice").at(client).allowing("openid").await,
            world.login("alice").at(client).with("code_challenge_method", "S256").allowing("openid").await,
        ] {
            let why = ask().redeem(&before).await.expect_err("the request sent no challenge");
            assert!(matches!(why, Error::PkceRequired) && why.code() == ErrorCode::InvalidRequest);
            let why = ask().with("code_verifier", VERIFIER).redeem(&before).await.expect_err("there is no challenge");
            assert_eq!(why.code(), ErrorCode::InvalidGrant);
        }
        let login =
            world.login("alice").at(client).with("code_challenge", CHALLENGE).with("code_challenge_method", "S256");
        let code = login.allowing("openid").await;
        ask().with("code_verifier", VERIFIER).redeem(&code).await.expect("tokens");
    }
}

#[tokio::test]
async fn a_spent_code_is_remembered_and_what_stood_beside_it_is_not() {
    let world = World::with_shop().await;
    let code = with_challenge(&world).await;
    let before = row(&world, &code).await.expect("it is stored");
    let forget = |code: &str, grant: &CodeRecord| {
        let (code, grant) = (AuthorizationCode::new(code), grant.grant.clone());
        let job = move |records: &mut dyn oauth_core::storage::Records| records.insert_openid_request(&code, &grant);
        let storage = world.storage.clone();
        async move {
            use oauth_core::storage::Storage;
            storage.write(job).await
        }
    };
    assert_eq!(
        forget(&code, &before).await,
        Err(StorageError::Duplicate),
        "the request is remembered under the whole code"
    );
    world.wait(60);
    redeem_with(&world, code.trim_start_matches("ory_ac_"), Some(VERIFIER)).await.expect("tokens");
    let after = row(&world, &code).await.expect("it is still stored");
    assert!(!after.grant.active);
    assert_eq!(after.grant.expires_at, Some(beginning() + TimeDelta::seconds(60) + TimeDelta::minutes(30)));
    let wanted = signature(&code);
    assert_eq!(world.look(move |records| records.code_challenge(&wanted)).await, None);
    assert_eq!(forget(&code, &before).await, Ok(()), "the request behind it is forgotten");
}

#[tokio::test]
async fn of_many_that_redeem_one_code_at_once_one_wins_and_keeps_what_it_got() {
    let world = World::with_shop().await;
    let second = world.another_instance();
    for challenged in [false, true] {
        let code = if challenged { with_challenge(&world).await } else { code(&world).await };
        let outcomes = world.race(|n| {
            let (server, code) = (if n % 2 == 0 { &world } else { &second }, &code);
            async move { redeem_with(server, code, challenged.then_some(VERIFIER)).await }
        });
        let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, RACERS - 1));
        for outcome in lost {
            assert_eq!(refused(outcome), ErrorCode::InvalidGrant);
        }
        let tokens = won.into_iter().next().expect("one").expect("tokens");
        assert_eq!(are_alive(&world, &tokens).await, (true, true), "a race is no replay");
        assert!(matches!(
            redeem_with(&world, &code, challenged.then_some(VERIFIER)).await,
            Err(Error::CodeSpent { .. })
        ));
        assert_eq!(are_alive(&world, &tokens).await, (false, false), "a replay is");
    }
}

#[tokio::test]
async fn a_code_that_goes_at_the_last_moment_buys_nothing() {
    let world = World::with_shop().await;
    for n in 0..4 {
        let code = code(&world).await;
        let id = row(&world, &code).await.expect("it is stored").grant.request_id;
        let spent = signature(&code);
        world.storage.meanwhile(move |records| match n {
            0 => drop(records.delete_consent(&id)),
            1 => drop(records.spend_code(&spent, beginning())),
            2 => drop(records.delete_client(&ClientId::new("nobody"))),
            _ => drop(records.delete_client(&ClientId::new("shop"))),
        });
        let outcome = world.redeem(&code).await;
        if n == 2 {
            outcome.expect("that was somebody else");
        } else {
            assert_eq!(refused(outcome), ErrorCode::InvalidGrant, "{n}");
        }
    }
}

#[tokio::test]
async fn with_a_revoked_consent_goes_the_code() {
    let world = World::with_shop().await;
    let code = code(&world).await;
    let of_alice = Revocation::Of(ConsentSelection::Subject("alice".to_owned()));
    world.provider.revoke_consents(of_alice).await.expect("it is revoked");
    assert!(matches!(world.redeem(&code).await, Err(Error::UnknownCode)));
}

#[tokio::test]
async fn a_code_is_not_spent_on_tokens_that_could_not_be_stored() {
    let world = World::with_shop().await;
    let code = code(&world).await;
    for fault in [StorageError::Unavailable("disk full".to_owned()), StorageError::Contention] {
        world.storage.break_writes(fault);
        assert_eq!(refused(world.redeem(&code).await), ErrorCode::TemporarilyUnavailable);
        world.storage.repair();
    }
    world.redeem(&code).await.expect("tokens");
}

#[tokio::test]
async fn a_code_of_a_hybrid_answer_is_a_code_like_any_other() {
    let world = World::with_shop().await;
    let request = Request::of("shop").with("response_type", "code id_token token").with("scope", "openid offline");
    let answer = world.browser().sign_in(&request, "alice").await;
    let tokens = world.redeem(answer.get("code")).await.expect("tokens");
    assert_eq!(are_alive(&world, &tokens).await, (true, true));
    assert!(world.is_active(answer.get("access_token")).await);
    assert_eq!(refused(world.redeem(answer.get("code")).await), ErrorCode::InvalidGrant);
    assert!(!world.is_active(answer.get("access_token")).await, "it is of the same authorization");
}
