//! Logout (OIDC RP-Initiated, Front-Channel and Back-Channel Logout): who may begin one, what the application is asked, and who is
//! told at the end.

use chrono::TimeDelta;
use oauth_core::{
    Error, ErrorCode,
    authorize::{CookieChange, LoginAccepted},
    client::Client,
    ids::{ClientId, KeySetName, LoginSessionId},
    logout::LogoutStep,
    policy::ID_TOKEN_KEYS,
    storage::StorageError,
    trap::{SealTrap, Trap},
};
use serde_json::{Value, json};
use token_jwt::SigningKey;

use crate::support::{Browser, RACERS, Request, World, beginning, failure, message, parameter, refused};

const AT_THE_END: &str = "https://id.example/bye";

fn with_logout(client: &mut Client) {
    let id = client.id.as_str().to_owned();
    client.post_logout_redirect_uris =
        vec![format!("https://{id}.example/bye"), format!("https://{id}.example/bye?state=own&x=1")];
}

async fn world() -> World {
    let world = World::new();
    world.add_key(ID_TOKEN_KEYS, "id-1").await;
    world.add_access_token_key("access-1").await;
    world.register_app("shop", with_logout).await;
    world
}

/// Alice logs in at the shop and is remembered; the shop's ID token.
async fn log_in(browser: &mut Browser<'_>, client: &str) -> String {
    let request = Request::of(client).with("response_type", "id_token");
    let remember = |accepted: &mut LoginAccepted| accepted.remember = true;
    browser.sign_in_with(&request, "alice", remember).await.get("id_token").to_owned()
}

fn cookie(browser: &Browser<'_>) -> LoginSessionId {
    browser.session.clone().expect("the browser has a session cookie")
}

async fn is_logged_in(world: &World, session: &LoginSessionId) -> bool {
    let session = session.clone();
    world.look(move |records| records.login_session(&session)).await.is_some()
}

/// Where the logout endpoint sends the browser.
async fn sent_to(browser: &mut Browser<'_>, pairs: &[(&str, &str)]) -> String {
    match browser.log_out(pairs).await.expect("the logout goes on").step {
        LogoutStep::Visit(url) => url,
        frames => panic!("{frames:?}"),
    }
}

/// The challenge for the logout application.
async fn challenge(browser: &mut Browser<'_>, pairs: &[(&str, &str)]) -> String {
    let url = sent_to(browser, pairs).await;
    assert!(url.starts_with("https://id.example/logout?logout_challenge="), "{url}");
    parameter(&url, "logout_challenge")
}

/// The application lets the user go; the verifier.
async fn accept(world: &World, challenge: &str) -> String {
    let back = world.provider.accept_logout(challenge).await.expect("it is accepted");
    assert!(back.starts_with("https://op.example/oauth2/sessions/logout?logout_verifier="), "{back}");
    parameter(&back, "logout_verifier")
}

#[tokio::test]
async fn a_user_who_is_not_logged_in_is_at_the_end_at_once() {
    let world = world().await;
    let mut browser = world.browser();
    assert_eq!(sent_to(&mut browser, &[]).await, AT_THE_END);
    browser.sign_in(&Request::of("shop"), "alice").await;
    assert_eq!(sent_to(&mut browser, &[]).await, AT_THE_END, "that login was not remembered");
    browser.session = Some(LoginSessionId::new("0b0c3c1e-9a2b-4b7e-8f64-1de5a4a3c001"));
    assert_eq!(sent_to(&mut browser, &[]).await, AT_THE_END);
}

#[tokio::test]
async fn a_user_may_log_out_by_the_cookie_alone() {
    let world = world().await;
    let mut browser = world.browser();
    log_in(&mut browser, "shop").await;
    let session = cookie(&browser);
    world.wait(10);
    let challenge = challenge(&mut browser, &[]).await;
    let asked = world.provider.logout_request(&challenge).await.expect("the challenge is good");
    assert_eq!((asked.subject.as_str(), asked.session.as_str()), ("alice", session.as_str()));
    assert_eq!((asked.request_url.as_str(), asked.rp_initiated), ("/oauth2/sessions/logout?", false));
    let now = beginning() + TimeDelta::seconds(10);
    assert_eq!((asked.requested_at, asked.expires_at), (now, now + TimeDelta::minutes(30)));
    assert!(asked.client.is_none());
    assert!(is_logged_in(&world, &session).await, "nothing has happened yet");
    let verifier = accept(&world, &challenge).await;
    assert!(is_logged_in(&world, &session).await);
    assert_eq!(sent_to(&mut browser, &[("logout_verifier", &verifier)]).await, AT_THE_END);
    assert_eq!(browser.changes, [CookieChange::ForgetSession]);
    assert!(!is_logged_in(&world, &session).await);
}

#[tokio::test]
async fn without_a_hint_nobody_may_say_where_it_ends() {
    let world = world().await;
    let mut browser = world.browser();
    for logged_in in [false, true] {
        if logged_in {
            log_in(&mut browser, "shop").await;
        }
        for pairs in [
            vec![("post_logout_redirect_uri", "https://shop.example/bye")],
            vec![("state", "some-state")],
            vec![("id_token_hint", ""), ("state", "some-state")],
        ] {
            let why = browser.log_out(&pairs).await.expect_err("no client asks");
            assert!(matches!(why, Error::BadLogout(_)) && why.code() == ErrorCode::InvalidRequest, "{pairs:?}");
        }
    }
}

#[tokio::test]
async fn a_client_begins_a_logout_with_its_id_token() {
    let world = world().await;
    let mut browser = world.browser();
    let hint = log_in(&mut browser, "shop").await;
    let session = cookie(&browser);
    // The browser need not show its cookie: the session is the one of the ID token.
    let mut other = world.browser();
    let bye = "https://shop.example/bye";
    let pairs = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", bye), ("state", "a b")];
    let challenge = challenge(&mut other, &pairs).await;
    let asked = world.provider.logout_request(&challenge).await.expect("the challenge is good");
    assert_eq!((asked.subject.as_str(), asked.session.as_str(), asked.rp_initiated), ("alice", session.as_str(), true));
    assert!(asked.request_url.starts_with("/oauth2/sessions/logout?id_token_hint="));
    assert_eq!(asked.client.expect("the shop").id.as_str(), "shop");
    let verifier = accept(&world, &challenge).await;
    let end = sent_to(&mut other, &[("logout_verifier", &verifier)]).await;
    assert_eq!(end, "https://shop.example/bye?state=a+b");
    assert!(!is_logged_in(&world, &session).await);
}

#[tokio::test]
async fn it_ends_where_the_client_registered_and_nowhere_else() {
    let world = world().await;
    for (target, state, end) in [
        (None, None, AT_THE_END),
        (None, Some("dropped"), AT_THE_END),
        (Some("https://shop.example/bye"), None, "https://shop.example/bye"),
        (Some("https://shop.example/bye?state=own&x=1"), None, "https://shop.example/bye?state=own&x=1"),
        (Some("https://shop.example/bye?state=own&x=1"), Some("mine"), "https://shop.example/bye?state=mine&x=1"),
    ] {
        let mut browser = world.browser();
        let hint = log_in(&mut browser, "shop").await;
        let mut pairs = vec![("id_token_hint", hint.as_str())];
        pairs.extend(target.map(|target| ("post_logout_redirect_uri", target)));
        pairs.extend(state.map(|state| ("state", state)));
        let verifier = accept(&world, &challenge(&mut browser, &pairs).await).await;
        assert_eq!(sent_to(&mut browser, &[("logout_verifier", &verifier)]).await, end);
        // Now that the session is gone it ends there at once.
        assert_eq!(sent_to(&mut browser, &pairs).await, end);
    }
    let mut browser = world.browser();
    let hint = log_in(&mut browser, "shop").await;
    for evil in [
        "https://evil.example/",
        "https://shop.example/bye/",
        "https://shop.example/bye?x=1",
        "https://SHOP.example/bye",
        "https://shop.example/bye#",
        "https://shop.example/cb",
    ] {
        let pairs = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", evil)];
        assert_eq!(refused(browser.log_out(&pairs).await), ErrorCode::InvalidRequest, "{evil}");
    }
}

#[tokio::test]
async fn a_session_that_is_gone_needs_no_application_and_no_calls() {
    let world = world().await;
    world
        .register_app("other", |client| client.backchannel_logout_uri = "https://other.example/logout".to_owned())
        .await;
    let mut browser = world.browser();
    let hint = log_in(&mut browser, "other").await;
    world.provider.end_login_session(cookie(&browser)).await.expect("it is ended");
    world.delivered.notices();
    assert_eq!(sent_to(&mut browser, &[("id_token_hint", &hint)]).await, AT_THE_END);
    let not_remembered = browser.sign_in(&Request::of("other").with("response_type", "id_token"), "alice").await;
    assert_eq!(sent_to(&mut browser, &[("id_token_hint", not_remembered.get("id_token"))]).await, AT_THE_END);
    assert!(world.delivered.notices().is_empty());
}

#[tokio::test]
async fn a_hint_may_have_expired_and_its_key_may_be_an_older_one() {
    let world = world().await;
    let mut browser = world.browser();
    let hint = log_in(&mut browser, "shop").await;
    world.wait(86_400);
    world.add_key(ID_TOKEN_KEYS, "id-2").await;
    challenge(&mut browser, &[("id_token_hint", &hint)]).await;
    world.delete_key(ID_TOKEN_KEYS, "id-1").await;
    assert_eq!(refused(browser.log_out(&[("id_token_hint", &hint)]).await), ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn a_hint_that_is_not_an_id_token_of_ours_begins_nothing() {
    let world = world().await;
    let mut browser = world.browser();
    let hint = log_in(&mut browser, "shop").await;
    let (claims, _) = world.verified(&hint).await;
    let keys = world.provider.list_keys(KeySetName::new(ID_TOKEN_KEYS)).await.expect("keys");
    let key = SigningKey::from_jwk(&keys[0]).expect("it signs");
    let signed = |change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
        let mut claims = claims.clone();
        change(&mut claims);
        key.sign(&claims).expect("signed")
    };
    challenge(&mut browser, &[("id_token_hint", &signed(&|_| ()))]).await;
    challenge(
        &mut browser,
        &[("id_token_hint", &signed(&|claims| drop(claims.insert("aud".to_owned(), json!("shop")))))],
    )
    .await;
    let several = json!(["nobody", "shop", "other"]);
    let of_several = signed(&|claims| drop(claims.insert("aud".to_owned(), several.clone())));
    let asked = challenge(&mut browser, &[("id_token_hint", &of_several)]).await;
    let asked = world.provider.logout_request(&asked).await.expect("the challenge is good");
    assert_eq!(asked.client.expect("the first that is registered").id.as_str(), "shop");
    for (name, value) in [
        ("iss", Some(json!("https://other.example/"))),
        ("iss", None),
        ("iat", None),
        ("iat", Some(json!("yesterday"))),
        ("iat", Some(json!(beginning().timestamp() + 1))),
        ("sid", None),
        ("sid", Some(json!(""))),
        ("sid", Some(json!(7))),
        ("sub", None),
        ("sub", Some(json!(""))),
        ("aud", None),
        ("aud", Some(json!([]))),
        ("aud", Some(json!(["nobody"]))),
        ("aud", Some(json!({ "shop": 1 }))),
    ] {
        let odd = signed(&|claims| match value.clone() {
            Some(value) => drop(claims.insert(name.to_owned(), value)),
            None => drop(claims.shift_remove(name)),
        });
        let why = browser.log_out(&[("id_token_hint", &odd)]).await.expect_err("it is odd");
        assert!(matches!(why, Error::BadIdTokenHint(_)) && why.code() == ErrorCode::InvalidRequest, "{name} {value:?}");
    }
    for odd in ["x", "a.b.c", "..", &hint[..hint.len() - 2], &hint.replacen('e', "f", 1)] {
        assert_eq!(refused(browser.log_out(&[("id_token_hint", odd)]).await), ErrorCode::InvalidRequest, "{odd}");
    }
}

/// N6.
#[tokio::test]
async fn the_id_token_of_a_client_that_is_gone_says_so() {
    let world = world().await;
    let mut browser = world.browser();
    let hint = log_in(&mut browser, "shop").await;
    world.provider.delete_client(ClientId::new("shop")).await.expect("it is deleted");
    let outcome = browser.log_out(&[("id_token_hint", &hint)]).await;
    assert!(message(outcome).contains("is gone"));
    // The user alone may still log out.
    challenge(&mut browser, &[]).await;
}

#[tokio::test]
async fn no_parameter_counts_twice() {
    let world = world().await;
    let mut browser = world.browser();
    let hint = log_in(&mut browser, "shop").await;
    let (bye, hint) = ("https://shop.example/bye", hint.as_str());
    for pairs in [
        vec![("id_token_hint", hint), ("id_token_hint", hint)],
        vec![("id_token_hint", hint), ("post_logout_redirect_uri", bye), ("post_logout_redirect_uri", bye)],
        vec![("id_token_hint", hint), ("state", "a"), ("state", "b")],
    ] {
        assert!(matches!(browser.log_out(&pairs).await, Err(Error::RepeatedParameter(_))));
    }
}

#[tokio::test]
async fn the_application_may_look_again_and_change_its_mind() {
    let world = world().await;
    let mut browser = world.browser();
    log_in(&mut browser, "shop").await;
    let session = cookie(&browser);
    let challenge = challenge(&mut browser, &[]).await;
    world.provider.reject_logout(&challenge).await.expect("it is rejected");
    assert!(is_logged_in(&world, &session).await);
    let first = accept(&world, &challenge).await;
    world.provider.logout_request(&challenge).await.expect("it is still there");
    let second = accept(&world, &challenge).await;
    world.provider.reject_logout(&challenge).await.expect("that changes nothing");
    assert_ne!(first, second);
    sent_to(&mut browser, &[("logout_verifier", &second)]).await;
    assert!(!is_logged_in(&world, &session).await);
}

#[tokio::test]
async fn a_logout_takes_as_long_as_a_login_may() {
    let world = world().await;
    let mut browser = world.browser();
    log_in(&mut browser, "shop").await;
    let challenge = challenge(&mut browser, &[]).await;
    let verifier = accept(&world, &challenge).await;
    world.wait(1799);
    world.provider.logout_request(&challenge).await.expect("in time");
    world.wait(1);
    for late in [
        world.provider.logout_request(&challenge).await.map(drop),
        world.provider.accept_logout(&challenge).await.map(drop),
        world.provider.reject_logout(&challenge).await,
        browser.log_out(&[("logout_verifier", &verifier)]).await.map(drop),
    ] {
        let why = late.expect_err("it is too late");
        assert_eq!(why.code(), ErrorCode::RequestUnauthorized);
        let allowed = TimeDelta::seconds(1800);
        assert_eq!(why.trap(), Some(Trap::ChallengeExpired { age: allowed, allowed }));
    }
    assert!(is_logged_in(&world, &cookie(&browser)).await);
}

#[tokio::test]
async fn what_is_no_challenge_is_not_found_and_one_of_old_has_expired() {
    let world = world().await;
    let mut browser = world.browser();
    log_in(&mut browser, "shop").await;
    let challenge = challenge(&mut browser, &[]).await;
    let verifier = accept(&world, &challenge).await;
    let cut = |whole: &str| Some(Trap::Seal(SealTrap::Cut { length: 40, of: Some(whole.len()) }));
    for (text, code, trap) in [
        ("", ErrorCode::NotFound, Some(Trap::Seal(SealTrap::Cut { length: 0, of: None }))),
        ("unknown", ErrorCode::NotFound, Some(Trap::Seal(SealTrap::Cut { length: 7, of: None }))),
        (&challenge[..40], ErrorCode::NotFound, cut(&challenge)),
        (&verifier[..40], ErrorCode::NotFound, cut(&verifier)),
        (
            "7c9e6679-7425-40de-944b-e07fc1f90ae7",
            ErrorCode::RequestUnauthorized,
            Some(Trap::ChallengeExpired { age: TimeDelta::minutes(30), allowed: TimeDelta::minutes(30) }),
        ),
    ] {
        for outcome in [
            world.provider.logout_request(text).await.map(drop),
            world.provider.accept_logout(text).await.map(drop),
            world.provider.reject_logout(text).await,
            browser.log_out(&[("logout_verifier", text)]).await.map(drop),
        ] {
            let why = outcome.expect_err("it is no challenge");
            assert_eq!((why.code(), why.trap()), (code, trap.clone()), "{text}");
        }
    }
}

/// A logout that no client asked for is about one browser: nobody logs another one out with a link.
#[tokio::test]
async fn a_user_logs_out_in_the_browser_it_began_in() {
    let world = world().await;
    let (mut alice, mut mallory) = (world.browser(), world.browser());
    log_in(&mut alice, "shop").await;
    let session = cookie(&alice);
    let verifier = accept(&world, &challenge(&mut alice, &[]).await).await;
    assert_eq!(sent_to(&mut mallory, &[("logout_verifier", &verifier)]).await, AT_THE_END);
    log_in(&mut mallory, "shop").await;
    assert_eq!(sent_to(&mut mallory, &[("logout_verifier", &verifier)]).await, AT_THE_END);
    assert!(is_logged_in(&world, &session).await && is_logged_in(&world, &cookie(&mallory)).await);
    assert!(mallory.changes.is_empty());
    sent_to(&mut alice, &[("logout_verifier", &verifier)]).await;
    assert!(!is_logged_in(&world, &session).await);
}

#[tokio::test]
async fn a_browser_that_shows_another_session_loses_that_as_well() {
    let world = world().await;
    let mut browser = world.browser();
    let hint = log_in(&mut browser, "shop").await;
    let first = cookie(&browser);
    let verifier = accept(&world, &challenge(&mut browser, &[("id_token_hint", &hint)]).await).await;
    browser.clear();
    log_in(&mut browser, "shop").await;
    let second = cookie(&browser);
    sent_to(&mut browser, &[("logout_verifier", &verifier)]).await;
    assert!(!is_logged_in(&world, &first).await && !is_logged_in(&world, &second).await);
    assert_eq!(browser.changes, [CookieChange::ForgetSession]);
}

/// A world of clients that want to hear of it, and alice logged in at all but the last.
async fn listeners() -> (World, String, LoginSessionId) {
    let world = world().await;
    for id in ["front", "back", "both", "stranger"] {
        world
            .register_app(id, |client| {
                if id != "back" {
                    client.frontchannel_logout_uri = format!("https://{id}.example/front?iss=x&tenant=7");
                }
                if id != "front" {
                    client.backchannel_logout_uri = format!("https://{id}.example/back");
                }
            })
            .await;
    }
    let mut browser = world.browser();
    let hint = log_in(&mut browser, "shop").await;
    for id in ["front", "back", "both"] {
        log_in(&mut browser, id).await;
    }
    // Somebody else, and alice in another browser: neither is part of this session.
    let remember = |accepted: &mut LoginAccepted| accepted.remember = true;
    world.browser().sign_in_with(&Request::of("stranger"), "bob", remember).await;
    world.browser().sign_in_with(&Request::of("stranger"), "alice", remember).await;
    let session = cookie(&browser);
    (world, hint, session)
}

#[tokio::test]
async fn at_the_end_all_clients_of_the_session_are_told_each_in_its_way() {
    let (world, hint, session) = listeners().await;
    world.wait(100);
    let mut browser = world.browser();
    let pairs = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", "https://shop.example/bye")];
    let verifier = accept(&world, &challenge(&mut browser, &pairs).await).await;
    assert!(world.delivered.notices().is_empty(), "not before the end");
    let directions = browser.log_out(&[("logout_verifier", &verifier)]).await.expect("it ends");
    let LogoutStep::NotifyInFrames { mut frames, then } = directions.step else { panic!("{:?}", directions.step) };
    frames.sort();
    let told = |id| format!("https://{id}.example/front?iss=https%3A%2F%2Fop.example%2F&sid={session}&tenant=7");
    assert_eq!(frames, [told("both"), told("front")]);
    assert_eq!(
        (then.as_str(), browser.changes.as_slice()),
        ("https://shop.example/bye", [CookieChange::ForgetSession].as_slice())
    );
    let mut notices = world.delivered.notices();
    notices.sort_by(|a, b| a.client.cmp(&b.client));
    assert_eq!(notices.iter().map(|notice| notice.client.as_str()).collect::<Vec<_>>(), ["back", "both"]);
    for notice in &notices {
        assert_eq!(notice.uri, format!("https://{}.example/back", notice.client));
        let token = notice.token.expose();
        let (claims, kid) = world.verified(token).await;
        let jti = claims["jti"].as_str().expect("text").to_owned();
        let header = token_jwt::peek_header(token).expect("a header");
        assert_eq!((kid.as_str(), header.typ.as_deref()), ("id-1", Some("logout+jwt")));
        assert_eq!(
            String::from_utf8(token_jwt::peek_payload(token).expect("a payload")).expect("JSON"),
            format!(
                r#"{{"aud":["{}"],"events":{{"http://schemas.openid.net/event/backchannel-logout":{{}}}},"exp":{},"iat":{},"iss":"https://op.example/","jti":"{jti}","sid":"{session}"}}"#,
                notice.client,
                beginning().timestamp() + 220,
                beginning().timestamp() + 100
            )
        );
        assert!(!format!("{notice:?}").contains(token), "a logout token stays out of logs");
        assert_eq!(
            refused(browser.log_out(&[("id_token_hint", token)]).await),
            ErrorCode::InvalidRequest,
            "it is no ID token"
        );
    }
}

#[tokio::test]
async fn like_hydra_a_logout_token_is_a_jwt_like_any_other_and_never_ends() {
    let world = World::with_shop_and(|policy| policy.compat_hydra = true).await;
    world.register_app("back", |client| client.backchannel_logout_uri = "https://back.example/out".to_owned()).await;
    let mut browser = world.browser();
    let hint = log_in(&mut browser, "back").await;
    let verifier = accept(&world, &challenge(&mut browser, &[("id_token_hint", &hint)]).await).await;
    browser.log_out(&[("logout_verifier", &verifier)]).await.expect("it ends");
    let notices = world.delivered.notices();
    let token = notices.first().expect("the client was told").token.expose();
    assert_eq!(token_jwt::peek_header(token).expect("a header").typ.as_deref(), Some("JWT"));
    assert!(!world.verified(token).await.0.contains_key("exp"));
}

#[tokio::test]
async fn a_verifier_ends_a_session_once_and_after_that_nobody_is_told() {
    let (world, hint, _) = listeners().await;
    let mut browser = world.browser();
    let verifier = accept(&world, &challenge(&mut browser, &[("id_token_hint", &hint)]).await).await;
    browser.log_out(&[("logout_verifier", &verifier)]).await.expect("it ends");
    assert_eq!(world.delivered.notices().len(), 2);
    for _ in 0..2 {
        assert_eq!(sent_to(&mut browser, &[("logout_verifier", &verifier)]).await, AT_THE_END);
    }
    assert!(world.delivered.notices().is_empty());
}

#[tokio::test]
async fn of_many_that_end_one_session_at_once_one_tells_the_clients() {
    let (world, hint, _) = listeners().await;
    let verifier = accept(&world, &challenge(&mut world.browser(), &[("id_token_hint", &hint)]).await).await;
    let outcomes = world.race(|_| {
        let (world, verifier) = (&world, &verifier);
        async move { world.browser().log_out(&[("logout_verifier", verifier)]).await.expect("it ends").step }
    });
    let told = outcomes.iter().filter(|step| matches!(step, LogoutStep::NotifyInFrames { .. })).count();
    assert_eq!((outcomes.len(), told, world.delivered.notices().len()), (RACERS, 1, 2));
}

#[tokio::test]
async fn a_logout_that_could_not_be_stored_has_not_happened() {
    let (world, hint, session) = listeners().await;
    let mut browser = world.browser();
    let verifier = accept(&world, &challenge(&mut browser, &[("id_token_hint", &hint)]).await).await;
    world.storage.break_writes(StorageError::Unavailable("disk full".to_owned()));
    let outcome = browser.log_out(&[("logout_verifier", &verifier)]).await;
    assert_eq!(refused(outcome), ErrorCode::TemporarilyUnavailable);
    world.storage.repair();
    assert!(is_logged_in(&world, &session).await && world.delivered.notices().is_empty());
    browser.log_out(&[("logout_verifier", &verifier)]).await.expect("once it is back it ends");
    assert_eq!(world.delivered.notices().len(), 2);
}

#[tokio::test]
async fn tokens_outlive_a_logout() {
    let world = world().await;
    let mut browser = world.browser();
    let request = Request::of("shop").with("scope", "openid offline");
    let answer = browser.sign_in_with(&request, "alice", |accepted| accepted.remember = true).await;
    let tokens = world.redeem(answer.get("code")).await.expect("tokens");
    let verifier = accept(&world, &challenge(&mut browser, &[]).await).await;
    sent_to(&mut browser, &[("logout_verifier", &verifier)]).await;
    assert!(world.is_active(tokens.access_token.expose()).await);
    world
        .refresh(tokens.refresh_token.expect("one").expose())
        .await
        .expect("they were given to the client, not to the browser");
}

#[tokio::test]
async fn the_session_at_the_identity_provider_ends_with_ours() {
    let world = world().await;
    let mut browser = world.browser();
    for expected in [Some("kratos-7"), None] {
        let accept_login = |accepted: &mut LoginAccepted| {
            accepted.remember = true;
            accepted.identity_provider_session_id = expected.unwrap_or_default().to_owned();
        };
        browser.sign_in_with(&Request::of("shop"), "alice", accept_login).await;
        let verifier = accept(&world, &challenge(&mut browser, &[]).await).await;
        assert!(world.delivered.ended_at_identity_provider().is_empty());
        sent_to(&mut browser, &[("logout_verifier", &verifier)]).await;
        assert_eq!(world.delivered.ended_at_identity_provider(), expected.into_iter().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn after_a_logout_a_login_is_asked_for_again() {
    let world = world().await;
    let mut browser = world.browser();
    browser.sign_in_for_long(&Request::of("shop"), "alice").await;
    let silent = Request::of("shop").with("prompt", "none");
    browser.begin(&silent).await;
    let verifier = accept(&world, &challenge(&mut browser, &[]).await).await;
    sent_to(&mut browser, &[("logout_verifier", &verifier)]).await;
    let refusal = failure(browser.visit(&silent).await);
    assert!(matches!(refusal.error, Error::NoSession));
}
