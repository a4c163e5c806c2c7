//! The login step: when a login is remembered, when that is enough, what the login application may answer, and what happens when
//! the browser comes back from it.

use chrono::TimeDelta;
use oauth_core::{
    Error, ErrorCode,
    authorize::{CookieChange, LoginAccepted, Rejection, Shown},
    ids::{ClientId, Csrf, LoginSessionId},
    policy::ID_TOKEN_KEYS,
    storage::{LoginSession, StorageError},
    trap::{CookieTrap, SealTrap, Trap},
};
use serde_json::json;
use token_jwt::{Algorithm, Jwk, SigningKey};

use crate::support::{Browser, Request, World, beginning, failure, list, parameter, refused, told_client, turned_away};

fn shop() -> Request {
    Request::of("shop")
}

/// A browser that remembers alice, and nothing else.
async fn remembered(world: &World) -> Browser<'_> {
    let mut browser = world.browser();
    browser.sign_in_with(&shop(), "alice", |accepted| accepted.remember = true).await;
    browser
}

/// Whether the login application would be asked to let the user through, and whom.
async fn skips(browser: &mut Browser<'_>, world: &World, request: &Request) -> Option<String> {
    let challenge = browser.begin(request).await;
    let asked = world.provider.login_request(&challenge).await.expect("the challenge is good");
    assert_eq!(asked.skip, !asked.subject.is_empty());
    asked.skip.then_some(asked.subject)
}

async fn session(world: &World, id: &LoginSessionId) -> Option<LoginSession> {
    let id = id.clone();
    world.look(move |records| records.login_session(&id)).await
}

fn cookie(browser: &Browser<'_>) -> LoginSessionId {
    browser.session.clone().expect("the browser has a session cookie")
}

/// Back from the login application, at another address than it was told.
async fn resume(browser: &mut Browser<'_>, back: &str, change: impl FnOnce(Request) -> Request) -> ErrorCode {
    let resumed = change(shop()).with("login_verifier", &parameter(back, "login_verifier"));
    turned_away(browser.visit(&resumed).await)
}

#[tokio::test]
async fn a_login_that_is_remembered_spares_the_next_one() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let challenge = browser.begin(&shop()).await;
    let asked = world.provider.login_request(&challenge).await.expect("the challenge is good");
    world.wait(7);
    browser.log_in_with(&challenge, "alice", |accepted| accepted.remember = true).await.expect("it suits");
    let lasts = browser.changes.iter().find_map(|change| match change {
        CookieChange::Session(id, lasts) => Some((id.as_str().to_owned(), lasts.num_hours())),
        _ => None,
    });
    assert_eq!(lasts, Some((asked.session.clone(), 720)));
    let row = session(&world, &cookie(&browser)).await.expect("it is stored");
    let now = beginning() + TimeDelta::seconds(7);
    let expected = LoginSession {
        id: LoginSessionId::new(asked.session.as_str()),
        authenticated_at: Some(now),
        subject: "alice".to_owned(),
        remember: true,
        identity_provider_session_id: None,
        expires_at: Some(now + TimeDelta::hours(720)),
    };
    assert_eq!(row, expected);
    world.wait(3600);
    let challenge = browser.begin(&Request::of("shop").with("state", "another-state")).await;
    let again = world.provider.login_request(&challenge).await.expect("the challenge is good");
    assert_eq!((again.skip, again.subject, again.session), (true, "alice".to_owned(), asked.session));
    assert_eq!(skips(&mut world.browser(), &world, &shop()).await, None, "another browser is another matter");
}

#[tokio::test]
async fn a_login_that_is_not_remembered_leaves_nothing_behind_until_there_is_a_consent() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let written = world.storage.written();
    let login = browser.begin(&shop()).await;
    let consent = browser.log_in(&login, "alice").await;
    assert!(browser.changes.contains(&CookieChange::ForgetSession));
    assert_eq!(world.storage.written(), written);
    browser.allow(&consent, "openid").await;
    assert_eq!(world.storage.written(), written + 1, "one job stores all of it");
    let id = world.provider.login_request(&login).await.expect("the challenge is good").session;
    let row = session(&world, &LoginSessionId::new(id)).await.expect("the consent refers to it");
    assert!(!row.remember && row.subject == "alice");
    assert_eq!(skips(&mut browser, &world, &shop()).await, None);
    browser.session = Some(row.id);
    assert_eq!(skips(&mut browser, &world, &shop()).await, None, "not even if the cookie were there");
}

#[tokio::test]
async fn the_application_says_for_how_long_the_browser_remembers() {
    let world = World::with_shop().await;
    for (remember_for, lasts) in [(0, TimeDelta::hours(720)), (60, TimeDelta::seconds(60)), (i64::MAX, TimeDelta::MAX)]
    {
        let mut browser = world.browser();
        let challenge = browser.begin(&shop()).await;
        let remember = |accepted: &mut LoginAccepted| {
            accepted.remember = true;
            accepted.remember_for = remember_for;
        };
        browser.log_in_with(&challenge, "alice", remember).await.expect("it suits");
        let id = cookie(&browser);
        assert!(browser.changes.contains(&CookieChange::Session(id.clone(), lasts)), "{remember_for}");
        let row = session(&world, &id).await.expect("it is stored");
        assert_eq!(row.expires_at, Some(beginning() + TimeDelta::hours(720)), "the cookie decides, not the row");
    }
}

#[tokio::test]
async fn a_remembered_login_is_skipped_unless_the_request_asks_for_more() {
    let world = World::with_shop().await;
    let mut browser = remembered(&world).await;
    let alice = Some("alice".to_owned());
    world.wait(100);
    for (request, skipped) in [
        (shop(), true),
        (shop().with("prompt", "consent"), true),
        (shop().with("prompt", "registration"), true),
        (shop().with("prompt", "none"), true),
        (shop().with("prompt", "whatever"), true),
        (shop().with("prompt", "LOGIN"), true),
        (shop().with("max_age", "100"), true),
        (shop().with("prompt", "login"), false),
        (shop().with("prompt", "consent login"), false),
        (shop().with("prompt", "select_account"), false),
        (shop().with("max_age", "99"), false),
        (shop().with("max_age", "0"), false),
    ] {
        let expected = if skipped { alice.clone() } else { None };
        assert_eq!(skips(&mut browser, &world, &request).await, expected, "{request:?}");
    }
}

#[tokio::test]
async fn a_login_that_is_not_skipped_gets_a_session_of_its_own() {
    let world = World::with_shop().await;
    let mut browser = remembered(&world).await;
    let before = cookie(&browser);
    let challenge = browser.begin(&shop().with("prompt", "login")).await;
    let asked = world.provider.login_request(&challenge).await.expect("the challenge is good");
    assert_ne!(asked.session, before.as_str());
    world.wait(1);
    browser.log_in_with(&challenge, "alice", |accepted| accepted.remember = true).await.expect("it suits");
    assert_eq!(cookie(&browser).as_str(), asked.session);
}

#[tokio::test]
async fn a_cookie_without_a_session_counts_for_nothing() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    for odd in ["0b0c3c1e-9a2b-4b7e-8f64-1de5a4a3c001", "", "\0", "not a session"] {
        browser.session = Some(LoginSessionId::new(odd));
        assert_eq!(skips(&mut browser, &world, &shop()).await, None, "{odd:?}");
        assert_eq!(turned_away(browser.visit(&shop().with("prompt", "none")).await), ErrorCode::LoginRequired);
    }
}

#[tokio::test]
async fn a_skipped_login_keeps_its_time_and_its_cookie() {
    let world = World::with_shop().await;
    let mut browser = remembered(&world).await;
    let (id, written) = (cookie(&browser), world.storage.written());
    world.wait(500);
    let challenge = browser.begin(&shop()).await;
    let consent = browser
        .log_in_with(&challenge, "alice", |accepted| {
            // What is not the application's to say is not listened to.
            accepted.remember = false;
            accepted.acr = "gold".to_owned();
        })
        .await
        .expect("it suits")
        .consent_challenge();
    let kinds = browser.changes.iter().map(std::mem::discriminant);
    assert!(kinds.eq([std::mem::discriminant(&CookieChange::ConsentCsrf(
        ClientId::new("shop"),
        Csrf::new(""),
        TimeDelta::zero()
    ))]));
    assert_eq!(world.storage.written(), written, "nothing new is to be remembered");
    let code = browser.allow(&consent, "openid").await.get("code").to_owned();
    let tokens = world.redeem(&code).await.expect("tokens");
    let (claims, _) = world.verified(tokens.id_token.expect("an ID token").expose()).await;
    assert_eq!(claims["auth_time"], json!(beginning().timestamp()));
    assert_eq!((&claims["acr"], &claims["sid"]), (&json!("gold"), &json!(id.as_str())));
    assert_eq!(skips(&mut browser, &world, &shop()).await.as_deref(), Some("alice"), "the session lives on");
}

#[tokio::test]
async fn a_skipped_login_may_be_extended() {
    let world = World::with_shop().await;
    let mut browser = remembered(&world).await;
    let id = cookie(&browser);
    for (remember_for, lasts) in [(0, TimeDelta::hours(720)), (90, TimeDelta::seconds(90))] {
        world.wait(1000);
        let challenge = browser.begin(&shop()).await;
        let extend = |accepted: &mut LoginAccepted| {
            accepted.extend_session_lifespan = true;
            accepted.remember_for = remember_for;
        };
        browser.log_in_with(&challenge, "alice", extend).await.expect("it suits");
        assert!(browser.changes.contains(&CookieChange::Session(id.clone(), lasts)));
    }
    // Without a remembered login there is nothing to extend.
    let mut other = world.browser();
    let challenge = other.begin(&shop()).await;
    other.log_in_with(&challenge, "bob", |accepted| accepted.extend_session_lifespan = true).await.expect("it suits");
    assert_eq!(other.session, None);
}

#[tokio::test]
async fn an_application_that_lets_somebody_else_in_than_was_remembered_must_ask_properly() {
    let world = World::with_shop().await;
    let mut browser = remembered(&world).await;
    let challenge = browser.begin(&shop().with("prompt", "consent")).await;
    let back = world.accept_login(&challenge, "bob", |_| ()).await;
    assert_eq!(
        back,
        "https://op.example/oauth2/auth?client_id=shop&nonce=some-nonce-0123456789&prompt=login&redirect_uri=https%3A%2F%2F\
         shop.example%2Fcb&response_type=code&scope=openid&state=some-state-0123456789"
    );
    let challenge = browser.open(&back).await.expect("it begins anew").login_challenge();
    assert!(!world.provider.login_request(&challenge).await.expect("the challenge is good").skip);
    browser.log_in(&challenge, "bob").await;
}

#[tokio::test]
async fn back_from_the_login_the_address_is_the_request_with_a_verifier_sorted_by_name() {
    let world = World::with_shop().await;
    let challenge = world.browser().begin(&shop().and("b", "2").and("a", "1 +&")).await;
    let back = world.accept_login(&challenge, "alice", |_| ()).await;
    let verifier = parameter(&back, "login_verifier");
    assert_eq!(
        back,
        format!(
            "https://op.example/oauth2/auth?a=1+%2B%26&b=2&client_id=shop&login_verifier={verifier}&nonce=some-nonce-0123456789&\
             redirect_uri=https%3A%2F%2Fshop.example%2Fcb&response_type=code&scope=openid&state=some-state-0123456789"
        )
    );
}

#[tokio::test]
async fn without_a_page_a_remembered_login_and_a_remembered_consent_are_enough() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let silent = shop().with("prompt", "none");
    let nobody = failure(browser.visit(&silent).await);
    assert!(matches!(nobody.error, Error::NoSession), "{:?}", nobody.error);
    browser.sign_in_for_long(&shop(), "alice").await;
    world.wait(10);
    // Both applications are visited, and answer without a page.
    let login = browser.begin(&silent).await;
    let consent = browser.log_in(&login, "alice").await;
    assert!(world.provider.consent_request(&consent).await.expect("the challenge is good").skip);
    assert!(!browser.allow(&consent, "openid").await.get("code").is_empty());
}

#[tokio::test]
async fn without_a_page_a_consent_that_is_not_remembered_is_asked_for_elsewhere() {
    let world = World::with_shop().await;
    let mut browser = remembered(&world).await;
    let login = browser.begin(&shop().with("prompt", "none")).await;
    let refusal = failure(browser.log_in_with(&login, "alice", |_| ()).await);
    assert_eq!(refusal.error.code(), ErrorCode::ConsentRequired);
    assert!(browser.session.is_some(), "the login is as good as before");
}

/// OIDC Core §3.1.2.1: the login is held against the request again when the browser is back, whatever was promised before.
#[tokio::test]
async fn a_login_that_does_not_suit_the_request_ends_the_session() {
    for (name, value) in [("prompt", "login"), ("max_age", "99")] {
        let world = World::with_shop().await;
        let mut browser = remembered(&world).await;
        let id = cookie(&browser);
        world.wait(100);
        let challenge = browser.begin(&shop()).await;
        let back = world.accept_login(&challenge, "alice", |_| ()).await;
        assert_eq!(resume(&mut browser, &back, |request| request.with(name, value)).await, ErrorCode::LoginRequired);
        assert_eq!(browser.changes, [CookieChange::ForgetSession]);
        assert!(session(&world, &id).await.is_none() && browser.session.is_none());
    }
    // A login that was shown although none may be.
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let challenge = browser.begin(&shop()).await;
    world.wait(1);
    let back = world.accept_login(&challenge, "alice", |_| ()).await;
    assert_eq!(resume(&mut browser, &back, |request| request.with("prompt", "none")).await, ErrorCode::LoginRequired);
    assert!(browser.changes.is_empty(), "there was no session to end");
}

#[tokio::test]
async fn a_login_that_suits_is_as_new_as_the_request_wants_it() {
    let world = World::with_shop().await;
    let mut browser = remembered(&world).await;
    world.wait(100);
    for (name, value) in [("prompt", "login"), ("max_age", "0"), ("max_age", "1"), ("prompt", "select_account")] {
        let challenge = browser.begin(&shop().with(name, value)).await;
        browser.log_in(&challenge, "alice").await;
        world.wait(100);
        browser = remembered(&world).await;
        world.wait(100);
    }
}

#[tokio::test]
async fn prompts_that_make_no_sense_are_refused_after_the_login() {
    let world = World::with_shop().await;
    let mut browser = remembered(&world).await;
    for prompt in ["whatever", "consent whatever", "Consent", "none consent", "none registration"] {
        let challenge = browser.begin(&shop().with("prompt", prompt)).await;
        let refusal = failure(browser.log_in_with(&challenge, "alice", |_| ()).await);
        assert_eq!(refusal.error.code(), ErrorCode::InvalidRequest, "{prompt}");
        assert!(browser.session.is_some(), "the login is not to blame");
    }
}

#[tokio::test]
async fn a_public_client_on_plain_http_must_ask_every_time() {
    for (uri, dev, code) in [
        ("http://app.example/cb", false, ErrorCode::ConsentRequired),
        ("http://app.example/cb", true, ErrorCode::ConsentRequired),
        ("https://app.example/cb", false, ErrorCode::ConsentRequired),
    ] {
        let world = World::with_shop_and(|policy| policy.dev = dev).await;
        world.register_public_app("app", |client| client.redirect_uris = list(&[uri])).await;
        let mut browser = remembered(&world).await;
        let silent = Request::of("app").with("redirect_uri", uri).with("prompt", "none");
        let challenge = browser.begin(&silent).await;
        let refusal = failure(browser.log_in_with(&challenge, "alice", |_| ()).await);
        assert_eq!(refusal.error.code(), code, "{uri} {dev}");
        let is_about_http = refusal.error.description().contains("without https");
        assert_eq!(is_about_http, uri.starts_with("http:") && !dev, "{}", refusal.error);
    }
}

#[tokio::test]
async fn a_hint_names_who_must_be_there() {
    let world = World::with_shop().await;
    let mut browser = remembered(&world).await;
    let hint = |subject: &'static str| {
        let world = &world;
        async move {
            let answer = world.browser().sign_in(&shop().with("response_type", "id_token"), subject).await;
            answer.get("id_token").to_owned()
        }
    };
    let (alice, bob) = (hint("alice").await, hint("bob").await);
    world.wait(86_400);
    assert_eq!(
        skips(&mut browser, &world, &shop().with("id_token_hint", &alice)).await.as_deref(),
        Some("alice"),
        "expired is fine"
    );
    let refusal = turned_away(browser.visit(&shop().with("id_token_hint", &bob)).await);
    assert_eq!(refusal, ErrorCode::LoginRequired);
    assert!(browser.session.is_some(), "alice stays logged in");
    // Nobody is there: whoever logs in must be the one.
    let mut other = world.browser();
    let challenge = other.begin(&shop().with("id_token_hint", &alice)).await;
    let refusal = failure(other.log_in_with(&challenge, "bob", |accepted| accepted.remember = true).await);
    assert_eq!(refusal.error.code(), ErrorCode::LoginRequired);
    assert_eq!(other.session, None);
    other.log_in(&challenge, "alice").await;
    // A new login may change who is there.
    let challenge = browser.begin(&shop().with("id_token_hint", &bob).with("prompt", "login")).await;
    world.wait(1);
    browser.log_in(&challenge, "bob").await;
}

/// N32: a key that no longer signs did so once, and what it signed stays true.
#[tokio::test]
async fn a_hint_may_be_signed_by_any_key_that_is_still_published() {
    let world = World::with_shop().await;
    let mut browser = remembered(&world).await;
    let answer = world.browser().sign_in(&shop().with("response_type", "id_token"), "alice").await;
    let hint = shop().with("id_token_hint", answer.get("id_token"));
    world.wait(10);
    world.add_key(ID_TOKEN_KEYS, "id-2").await;
    assert!(skips(&mut browser, &world, &hint).await.is_some());
    world.delete_key(ID_TOKEN_KEYS, "id-1").await;
    assert_eq!(turned_away(browser.visit(&hint).await), ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn a_hint_that_is_not_ours_is_refused_at_once() {
    let world = World::with_shop().await;
    let keys = world.provider.list_keys(oauth_core::ids::KeySetName::new(ID_TOKEN_KEYS)).await.expect("keys");
    let own = SigningKey::from_jwk(&keys[0]).expect("it signs");
    let stranger = Jwk::generate(Algorithm::ES256, "sig", "id-1").expect("a key");
    let stranger = SigningKey::from_jwk(&stranger).expect("it signs");
    let now = beginning().timestamp();
    let good = json!({ "iss": "https://op.example/", "sub": "alice", "aud": ["shop"], "iat": now });
    world
        .browser()
        .visit(&shop().with("id_token_hint", &own.sign(&good).expect("signed")))
        .await
        .expect("the good one");
    for (odd, key) in [
        (good.clone(), &stranger),
        (json!({ "iss": "https://other.example/", "sub": "alice", "aud": ["shop"], "iat": now }), &own),
        (json!({ "sub": "alice", "aud": ["shop"], "iat": now }), &own),
        (json!({ "iss": "https://op.example/", "aud": ["shop"], "iat": now }), &own),
        (json!({ "iss": "https://op.example/", "sub": "", "aud": ["shop"], "iat": now }), &own),
        (json!({ "iss": "https://op.example/", "sub": 7, "aud": ["shop"], "iat": now }), &own),
    ] {
        let hint = shop().with("id_token_hint", &key.sign(&odd).expect("signed"));
        for mut browser in [world.browser(), remembered(&world).await] {
            assert_eq!(turned_away(browser.visit(&hint).await), ErrorCode::InvalidRequest, "{odd}");
        }
    }
    let signed = own.sign(&good).expect("signed");
    for odd in ["x", "a.b.c", "..", &signed[..signed.len() - 4], &format!("{signed}x"), &signed.replacen('e', "f", 1)] {
        assert_eq!(
            turned_away(world.browser().visit(&shop().with("id_token_hint", odd)).await),
            ErrorCode::InvalidRequest
        );
    }
}

#[tokio::test]
async fn a_pairwise_user_is_known_by_every_name_the_client_may_have() {
    let world = World::with_shop_and(|policy| policy.subject_types.pairwise = true).await;
    world.register_app("rp", |client| client.subject_type = "pairwise".to_owned()).await;
    let rp = || Request::of("rp").with("response_type", "id_token");
    let mut browser = world.browser();
    let computed = browser.sign_in_with(&rp(), "alice", |accepted| accepted.remember = true).await;
    let computed = computed.get("id_token").to_owned();
    let of_bob = world.browser().sign_in(&rp(), "bob").await.get("id_token").to_owned();
    let real =
        world.browser().sign_in(&shop().with("response_type", "id_token"), "alice").await.get("id_token").to_owned();
    for (hint, known) in [(&computed, true), (&real, true), (&of_bob, false)] {
        assert_eq!(browser.visit(&rp().with("id_token_hint", hint)).await.is_ok(), known);
    }
    // A made-up identifier takes the computed one's place, and both are hers.
    let forced = browser
        .sign_in_with(&rp(), "alice", |accepted| accepted.force_subject_identifier = "alice-at-rp".to_owned())
        .await;
    let forced = forced.get("id_token").to_owned();
    assert_eq!(world.verified(&forced).await.0["sub"], "alice-at-rp");
    for hint in [&forced, &computed, &real] {
        assert_eq!(skips(&mut browser, &world, &rp().with("id_token_hint", hint)).await.as_deref(), Some("alice"));
    }
    // A hint that names the identifier that this very login makes up.
    let mut other = world.browser();
    let challenge = other.begin(&rp().with("id_token_hint", &forced)).await;
    other.log_in(&challenge, "alice").await;
    assert_eq!(
        turned_away(world.browser().visit(&shop().with("prompt", "none").with("id_token_hint", &forced)).await),
        ErrorCode::LoginRequired
    );
}

#[tokio::test]
async fn a_made_up_identifier_belongs_to_one_user() {
    let world = World::with_shop_and(|policy| policy.subject_types.pairwise = true).await;
    world.register_app("rp", |client| client.subject_type = "pairwise".to_owned()).await;
    let force = |accepted: &mut LoginAccepted| accepted.force_subject_identifier = "one".to_owned();
    world.browser().sign_in_with(&Request::of("rp"), "alice", force).await;
    let mut browser = world.browser();
    let challenge = browser.begin(&Request::of("rp")).await;
    let mut taken = LoginAccepted { subject: "bob".to_owned(), ..LoginAccepted::default() };
    force(&mut taken);
    let why = world.provider.accept_login(&challenge, taken).await.expect_err("it is alice's");
    assert_eq!(why.code(), ErrorCode::InvalidRequest);
    assert!(why.description().contains("force_subject_identifier"), "the application reads what is wrong: {why}");
    // Two logins that make the same one up at the same moment.
    let [alice, bob] = ["alice", "bob"].map(|subject| {
        let (world, challenge) = (&world, &challenge);
        async move {
            let two = |accepted: &mut LoginAccepted| accepted.force_subject_identifier = "two".to_owned();
            world.accept_login(challenge, subject, two).await
        }
    });
    let (alice, bob) = (alice.await, bob.await);
    browser.open(&alice).await.expect("the first one");
    let refusal = failure(browser.open(&bob).await);
    assert!(matches!(refusal.error, Error::IdentifierTaken), "{:?}", refusal.error);
}

#[tokio::test]
async fn a_rejected_login_goes_to_the_client_in_the_applications_words() {
    let world = World::with_shop().await;
    for (rejection, word, description) in [
        (
            Rejection::new("", "", "", None, "login"),
            "login request denied",
            "The login application did not accept the request and gave no reason.",
        ),
        (Rejection::new("access_denied", "No.", "Try later.", Some(403), "login"), "access_denied", "No. Try later."),
        (Rejection::new("x", "", "Try later.", Some(9), "login"), "x", "Try later."),
        (Rejection::new("a\"b\\c\nd", "Nein, ä.", "", None, "login"), "a'b'c'd", "Nein, ä."),
    ] {
        assert!((400..600).contains(&rejection.status));
        let mut browser = world.browser();
        let written = world.storage.written();
        let challenge = browser.begin(&shop()).await;
        let back = world.provider.reject_login(&challenge, rejection).await.expect("it is rejected");
        // Before the cookie is looked at: the answer does not matter to an attacker.
        browser.clear();
        let refusal = failure(browser.open(&back).await);
        assert_eq!((refusal.error.word(), refusal.error.description().as_str()), (word, description));
        assert!(told_client(&refusal).is_some());
        assert_eq!(world.storage.written(), written);
    }
}

#[tokio::test]
async fn a_challenge_may_be_answered_again_and_otherwise() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let challenge = browser.begin(&shop()).await;
    let no = Rejection::new("access_denied", "", "", None, "login");
    world.provider.reject_login(&challenge, no).await.expect("it is rejected");
    world.provider.login_request(&challenge).await.expect("it is still there");
    let first = world.accept_login(&challenge, "alice", |accepted| accepted.remember = true).await;
    let second = world.accept_login(&challenge, "bob", |accepted| accepted.remember = true).await;
    for back in [&first, &first, &second] {
        browser.open(back).await.expect("a verifier may be used again").consent_challenge();
    }
    assert_eq!(session(&world, &cookie(&browser)).await.expect("it is stored").subject, "bob");
}

/// N5: the browser holds the cookie of a session that somebody has ended.
#[tokio::test]
async fn a_login_goes_on_where_the_browsers_old_session_is_gone() {
    for remember in [false, true] {
        let world = World::with_shop().await;
        let mut browser = remembered(&world).await;
        world.provider.end_login_session(cookie(&browser)).await.expect("it is ended");
        let answer = browser.sign_in_with(&shop(), "alice", |accepted| accepted.remember = remember).await;
        assert!(!answer.get("code").is_empty());
        assert_eq!(browser.session.is_some(), remember);
    }
}

#[tokio::test]
async fn a_login_that_is_not_remembered_takes_the_place_of_one_that_was() {
    let world = World::with_shop().await;
    let mut browser = remembered(&world).await;
    let before = cookie(&browser);
    let challenge = browser.begin(&shop().with("prompt", "login")).await;
    world.wait(1);
    browser.log_in(&challenge, "bob").await;
    assert!(session(&world, &before).await.is_none() && browser.session.is_none());
}

/// N23: at the reference the second tab takes the first one's cookie away.
#[tokio::test]
async fn two_tabs_of_one_browser_may_log_in_at_one_client_in_any_order() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let first = browser.begin(&shop()).await;
    let second = browser.begin(&shop().with("state", "the-second-tab")).await;
    let first_consent = browser.log_in(&first, "alice").await;
    let second_consent = browser.log_in(&second, "alice").await;
    assert!(!browser.allow(&first_consent, "openid").await.get("code").is_empty());
    assert_eq!(browser.allow(&second_consent, "openid").await.get("state"), "the-second-tab");
}

/// N23: at the reference the session cookie is set before it is known that the verifier belongs to another client.
#[tokio::test]
async fn a_verifier_at_another_client_sets_no_cookie() {
    let world = World::with_shop().await;
    world.register_app("thief", |_| ()).await;
    let mut browser = world.browser();
    browser.begin(&Request::of("thief")).await;
    let challenge = browser.begin(&shop()).await;
    let back = world.accept_login(&challenge, "alice", |accepted| accepted.remember = true).await;
    let verifier = parameter(&back, "login_verifier");
    let written = world.storage.written();
    let refusal = failure(browser.visit(&Request::of("thief").with("login_verifier", &verifier)).await);
    assert!(matches!(refusal.error, Error::VerifierOfAnotherClient));
    assert_eq!(refusal.error.code(), ErrorCode::InvalidClient);
    assert!(refusal.cookies.is_empty() && browser.session.is_none());
    assert_eq!(world.storage.written(), written);
}

#[tokio::test]
async fn a_login_that_began_in_another_browser_is_nobodys() {
    let world = World::with_shop().await;
    let attacker = world.browser().begin(&shop()).await;
    let back = world.accept_login(&attacker, "mallory", |accepted| accepted.remember = true).await;
    // The victim never began a login, or began another one.
    let mut victim = world.browser();
    let refusal = failure(victim.open(&back).await);
    assert_eq!(refusal.error.code(), ErrorCode::RequestForbidden);
    victim.begin(&shop()).await;
    let refusal = failure(victim.open(&back).await);
    assert!(matches!(refusal.error, Error::Csrf(CookieTrap::OtherLogin)));
    assert!(refusal.cookies.is_empty() && victim.session.is_none());
    assert!(matches!(refusal.shown, Shown::ToClient { .. }));
}

#[tokio::test]
async fn a_cookie_that_does_not_come_back_is_told_with_its_cause() {
    type Change = fn(&mut Browser<'_>);
    let lose: Change = |browser| browser.clear();
    for (domain, secure, none, change, expected) in [
        (
            None,
            true,
            true,
            (|browser| {
                browser.clear();
                browser.says.host = Some("127.0.0.1".to_owned());
            }) as Change,
            CookieTrap::OtherHost { began: "op.example".to_owned(), returned: "127.0.0.1".to_owned() },
        ),
        (
            Some("elsewhere.example"),
            true,
            true,
            lose,
            CookieTrap::Domain { domain: "elsewhere.example".to_owned(), host: "op.example".to_owned() },
        ),
        (
            None,
            true,
            true,
            |browser| {
                browser.clear();
                browser.says.agent = "curl/8.5.0".to_owned();
            },
            CookieTrap::FollowedByServer { agent: "curl/8.5.0".to_owned() },
        ),
        (
            None,
            true,
            true,
            |browser| {
                browser.clear();
                browser.says.is_https = false;
            },
            CookieTrap::SecureOverHttp,
        ),
        (None, false, true, lose, CookieTrap::SameSiteWithoutSecure),
        (None, false, false, lose, CookieTrap::Missing),
        (Some("example"), true, false, lose, CookieTrap::Missing),
        (
            None,
            true,
            true,
            |browser| {
                browser.clear();
                browser.says.has_cookies = true;
                browser.says.agent = "curl/8.5.0".to_owned();
            },
            CookieTrap::Missing,
        ),
        (
            None,
            true,
            true,
            |browser| drop(browser.login_csrf.insert(ClientId::new("shop"), Csrf::new("0".repeat(32)))),
            CookieTrap::OtherLogin,
        ),
    ] {
        let world = World::with_shop_and(|policy| {
            policy.cookies.domain = domain.map(str::to_owned);
            policy.cookies.secure = secure;
            policy.cookies.same_site_none = none;
        })
        .await;
        let mut browser = world.browser();
        let challenge = browser.begin(&shop()).await;
        let back = world.accept_login(&challenge, "alice", |_| ()).await;
        change(&mut browser);
        let refusal = failure(browser.open(&back).await);
        assert_eq!(refusal.error.code(), ErrorCode::RequestForbidden);
        assert_eq!(refusal.error.trap(), Some(Trap::Cookie(expected)));
    }
}

#[tokio::test]
async fn login_and_consent_together_have_one_span_of_time() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let challenge = browser.begin(&shop()).await;
    let on_time = world.accept_login(&challenge, "alice", |_| ()).await;
    world.wait(1800);
    world.provider.login_request(&challenge).await.expect("to the last second");
    browser.open(&on_time).await.expect("to the last second");
    world.wait(1);
    let no = || Rejection::new("", "", "", None, "login");
    for late in [
        world.provider.login_request(&challenge).await.map(drop),
        world.provider.accept_login(&challenge, LoginAccepted::default()).await.map(drop),
        world.provider.reject_login(&challenge, no()).await.map(drop),
    ] {
        let why = late.expect_err("it is too late");
        assert_eq!(why.code(), ErrorCode::RequestUnauthorized);
        let (age, allowed) = (TimeDelta::seconds(1801), TimeDelta::seconds(1800));
        assert_eq!(why.trap(), Some(Trap::ChallengeExpired { age, allowed }));
    }
    assert_eq!(turned_away(browser.open(&on_time).await), ErrorCode::RequestUnauthorized);
    // A challenge that was answered in the last second leaves none for the consent.
    let challenge = browser.begin(&shop()).await;
    world.wait(1799);
    let consent = browser.log_in(&challenge, "alice").await;
    world.wait(2);
    assert_eq!(refused(world.provider.consent_request(&consent).await), ErrorCode::RequestUnauthorized);
}

#[tokio::test]
async fn a_challenge_that_was_cut_says_how_much_is_missing() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let challenge = browser.begin(&shop()).await;
    let back = world.accept_login(&challenge, "alice", |_| ()).await;
    let verifier = parameter(&back, "login_verifier");
    for whole in [&challenge, &verifier] {
        for length in [5, 64, whole.len() - 1] {
            let cut = Some(Trap::Seal(SealTrap::Cut { length, of: Some(whole.len()) }));
            let why = world.provider.login_request(&whole[..length]).await.expect_err("it is cut");
            assert_eq!((why.code(), why.trap()), (ErrorCode::NotFound, cut.clone()));
            let why = failure(browser.visit(&shop().with("login_verifier", &whole[..length])).await).error;
            assert_eq!((why.code(), why.trap()), (ErrorCode::AccessDenied, cut));
        }
    }
    for odd in ["", "x", "made-up", &challenge.replace(['A', 'B', 'C', 'D', 'E'], "%41")] {
        let why = world.provider.login_request(odd).await.expect_err("it is damaged");
        assert!(matches!(why.trap(), Some(Trap::Seal(SealTrap::Cut { of: None, .. }))), "{odd} {why:?}");
    }
}

#[tokio::test]
async fn a_challenge_of_another_installation_says_so() {
    let world = World::with_shop().await;
    let challenge = world.browser().begin(&shop()).await;
    let foreign = Some(Trap::Seal(SealTrap::OtherSystem));
    let other_secret = world.instance_with(&["another system secret of the tests"], |_| ());
    let why = other_secret.provider.login_request(&challenge).await.expect_err("it does not open");
    assert_eq!((why.code(), why.trap()), (ErrorCode::NotFound, foreign.clone()));
    let policy = world.provider.policy().clone();
    let other_network = world.instance_of(policy, &["a system secret that only tests have"], |parts| {
        parts.network = uuid::Uuid::from_u128(7);
    });
    let why = other_network.provider.login_request(&challenge).await.expect_err("it does not open");
    assert_eq!((why.code(), why.trap()), (ErrorCode::NotFound, foreign));
}

#[tokio::test]
async fn a_login_goes_on_at_another_instance_and_under_a_newer_secret() {
    let world = World::with_shop().await;
    let (second, newer) = (world.another_instance(), world.after_rotating_the_system_secret());
    let mut browser = world.browser();
    let challenge = browser.begin(&shop()).await;
    let back = second.accept_login(&challenge, "alice", |accepted| accepted.remember = true).await;
    let mut browser = browser.at(&newer);
    let consent = browser.open(&back).await.expect("it goes on").consent_challenge();
    let mut browser = browser.at(&second);
    let refusal = second.provider.consent_request(&consent).await.expect_err("the second has the old secret only");
    assert_eq!(refusal.trap(), Some(Trap::Seal(SealTrap::OtherSystem)));
    let back = newer.accept_consent(&consent, "openid", |_| ()).await;
    assert_eq!(turned_away(browser.open(&back).await), ErrorCode::AccessDenied);
    browser.at(&newer).open(&back).await.expect("it ends well").answer();
}

#[tokio::test]
async fn what_was_sealed_for_one_step_opens_at_no_other() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let login = browser.begin(&shop()).await;
    let login_back = world.accept_login(&login, "alice", |accepted| accepted.remember = true).await;
    let login_verifier = parameter(&login_back, "login_verifier");
    let consent = browser.open(&login_back).await.expect("it goes on").consent_challenge();
    let consent_verifier = parameter(&world.accept_consent(&consent, "openid", |_| ()).await, "consent_verifier");
    let logout = match browser.log_out(&[]).await.expect("it begins").step {
        oauth_core::logout::LogoutStep::Visit(url) => parameter(&url, "logout_challenge"),
        other => panic!("{other:?}"),
    };
    let logout_verifier = parameter(&world.provider.accept_logout(&logout).await.expect("accepted"), "logout_verifier");
    for text in [&login_verifier, &consent, &consent_verifier, &logout, &logout_verifier] {
        assert_eq!(refused(world.provider.login_request(text).await), ErrorCode::NotFound);
        assert_eq!(refused(world.provider.accept_login(text, LoginAccepted::default()).await), ErrorCode::NotFound);
    }
    for text in [&login, &login_verifier, &consent_verifier, &logout, &logout_verifier] {
        assert_eq!(refused(world.provider.consent_request(text).await), ErrorCode::NotFound);
    }
    for text in [&login, &consent, &consent_verifier, &logout, &logout_verifier] {
        let refusal = turned_away(browser.visit(&shop().with("login_verifier", text)).await);
        assert_eq!(refusal, ErrorCode::AccessDenied);
    }
    for text in [&login, &login_verifier, &consent, &logout, &logout_verifier] {
        let refusal = turned_away(browser.visit(&shop().with("consent_verifier", text)).await);
        assert_eq!(refusal, ErrorCode::AccessDenied);
    }
    for text in [&login, &login_verifier, &consent, &consent_verifier, &logout_verifier] {
        assert_eq!(refused(world.provider.logout_request(text).await), ErrorCode::NotFound);
    }
    for text in [&login, &login_verifier, &consent, &consent_verifier, &logout] {
        assert_eq!(refused(browser.log_out(&[("logout_verifier", text)]).await), ErrorCode::NotFound);
    }
}

#[tokio::test]
async fn the_session_at_the_identity_provider_is_remembered_with_ours() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let challenge = browser.begin(&shop()).await;
    let accept = |accepted: &mut LoginAccepted| {
        accepted.remember = true;
        accepted.identity_provider_session_id = "kratos-7".to_owned();
    };
    browser.log_in_with(&challenge, "alice", accept).await.expect("it suits");
    let row = session(&world, &cookie(&browser)).await.expect("it is stored");
    assert_eq!(row.identity_provider_session_id.as_deref(), Some("kratos-7"));
}

#[tokio::test]
async fn a_client_that_is_deleted_during_the_login_is_told_as_such() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let challenge = browser.begin(&shop()).await;
    let back = world.accept_login(&challenge, "alice", |_| ()).await;
    world.provider.delete_client(ClientId::new("shop")).await.expect("it is deleted");
    assert!(matches!(world.provider.login_request(&challenge).await, Err(Error::NoSuchClient)));
    let refusal = failure(browser.open(&back).await);
    assert!(matches!(refusal.shown, Shown::ToUser) && refusal.error.code() == ErrorCode::InvalidClient);
}

#[tokio::test]
async fn a_database_that_goes_away_during_the_login_is_told_to_the_client_as_such() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let challenge = browser.begin(&shop()).await;
    let back = world.accept_login(&challenge, "alice", |accepted| accepted.remember = true).await;
    world.storage.break_writes(StorageError::Unavailable("disk full".to_owned()));
    let refusal = failure(browser.open(&back).await);
    assert_eq!(refusal.error.code(), ErrorCode::TemporarilyUnavailable);
    assert!(refusal.cookies.is_empty(), "a cookie without a session would be worth nothing");
    world.storage.repair();
    browser.open(&back).await.expect("once it is back the login goes on");
}
