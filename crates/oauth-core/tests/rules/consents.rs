//! The consent step: when the question is skipped, what the consent application may grant, and what is stored once it has.

use chrono::TimeDelta;
use oauth_core::{
    Error, ErrorCode,
    authorize::{AuthorizeFailure, ConsentAccepted, LoginAccepted, Rejection, Shown},
    client::AuthMethod,
    ids::{ClientId, CodeSignature, Csrf, FlowId, LoginSessionId, RequestId},
    sessions::Revocation,
    storage::{ConsentQuery, ConsentRecord, ConsentSelection, StorageError},
    token::Claims,
    trap::CookieTrap,
};
use serde_json::json;

use crate::support::{
    Browser, RACERS, Request, Stop, World, beginning, failure, list, parameter, refused, turned_away,
};

fn shop() -> Request {
    Request::of("shop")
}

fn claims(json: serde_json::Value) -> Claims {
    json.as_object().cloned().expect("an object")
}

/// All consents of a subject that were given in person.
async fn consents_of(world: &World, subject: &str) -> Vec<ConsentRecord> {
    let now = world.provider.now();
    let query = ConsentQuery { subject: subject.to_owned(), session: None, after: None, now, limit: 100 };
    world.look(move |records| records.list_consents(&query)).await
}

/// Logs alice in and says whether the consent application would be asked to let her through.
async fn skips(world: &World, browser: &mut Browser<'_>, request: &Request) -> bool {
    let login = browser.begin(request).await;
    let consent = browser.log_in(&login, "alice").await;
    world.provider.consent_request(&consent).await.expect("the challenge is good").skip
}

/// Alice allows the request for longer, or not.
async fn allow(world: &World, request: &Request, scope: &str, change: impl FnOnce(&mut ConsentAccepted)) {
    let mut browser = world.browser();
    let login = browser.begin(request).await;
    let consent = browser.log_in(&login, "alice").await;
    browser.allow_with(&consent, scope, change).await.expect("the consent suits");
}

fn remember(accepted: &mut ConsentAccepted) {
    accepted.remember = true;
}

async fn asked(world: &World, change: impl FnOnce(&mut LoginAccepted)) -> (Browser<'_>, String) {
    let mut browser = world.browser();
    let login = browser.begin(&shop().with("scope", "openid offline photos.read")).await;
    let consent = browser.log_in_with(&login, "alice", change).await.expect("it suits").consent_challenge();
    (browser, consent)
}

#[tokio::test]
async fn the_consent_application_reads_who_wants_what_from_whom() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let request =
        shop().with("scope", "openid photos.read").with("audience", "https://api.example/v1").with("display", "popup");
    let login = browser.begin(&request).await;
    let of_login = world.provider.login_request(&login).await.expect("the challenge is good");
    let accept = |accepted: &mut LoginAccepted| {
        accepted.acr = "gold".to_owned();
        accepted.amr = list(&["pwd", "otp"]);
        accepted.context = Some(r#"{"tenant":7}"#.to_owned());
    };
    let consent = browser.log_in_with(&login, "alice", accept).await.expect("it suits").consent_challenge();
    let asked = world.provider.consent_request(&consent).await.expect("the challenge is good");
    assert_eq!((asked.id.len(), asked.flow.len()), (32, 32));
    assert!(asked.id != asked.flow);
    assert_eq!(asked.requested_scope, ["openid", "photos.read"]);
    assert_eq!(asked.requested_audience, ["https://api.example/v1"]);
    assert_eq!((asked.skip, asked.subject.as_str(), asked.client.id.as_str()), (false, "alice", "shop"));
    assert_eq!(asked.oidc_context, claims(json!({ "display": "popup" })));
    assert_eq!((asked.request_url, asked.session), (of_login.request_url, of_login.session));
    assert_eq!((asked.acr.as_str(), asked.amr), ("gold", list(&["pwd", "otp"])));
    assert_eq!(asked.context.as_deref(), Some(r#"{"tenant":7}"#));
    let (_, plain) = self::asked(&world, |_| ()).await;
    let plain = world.provider.consent_request(&plain).await.expect("the challenge is good");
    assert_eq!((plain.acr.as_str(), plain.amr, plain.context), ("", Vec::new(), None));
}

#[tokio::test]
async fn a_consent_that_is_remembered_spares_the_question_for_what_it_covers() {
    let world = World::with_shop().await;
    world.register_app("other", |_| ()).await;
    let mut browser = world.browser();
    allow(&world, &shop().with("scope", "openid api photos.*"), "openid photos.*", remember).await;
    for (request, skipped) in [
        (shop(), true),
        (shop().with("scope", "openid photos.read photos.a.b"), true),
        (shop().with("scope", "photos.*"), true),
        (shop().with("audience", "https://api.example/v1"), true),
        (shop().with("max_age", "0"), true),
        (shop().with("prompt", "login"), true),
        (shop().with("scope", "openid api"), false),
        (shop().with("scope", "openid offline"), false),
        (shop().with("prompt", "consent"), false),
        (shop().with("prompt", "login consent"), false),
        (Request::of("other"), false),
    ] {
        assert_eq!(skips(&world, &mut browser, &request).await, skipped, "{request:?}");
    }
    let login = browser.begin(&shop()).await;
    let of_bob = browser.log_in(&login, "bob").await;
    assert!(!world.provider.consent_request(&of_bob).await.expect("the challenge is good").skip);
}

#[tokio::test]
async fn a_consent_that_is_not_remembered_spares_nothing() {
    let world = World::with_shop().await;
    allow(&world, &shop(), "openid", |_| ()).await;
    assert!(!skips(&world, &mut world.browser(), &shop()).await);
}

#[tokio::test]
async fn the_newest_consent_counts() {
    let world = World::with_shop().await;
    allow(&world, &shop().with("scope", "openid api"), "openid api", remember).await;
    world.wait(1);
    allow(&world, &shop().with("scope", "openid api").with("prompt", "consent"), "openid", remember).await;
    assert!(skips(&world, &mut world.browser(), &shop()).await);
    assert!(!skips(&world, &mut world.browser(), &shop().with("scope", "openid api")).await);
}

#[tokio::test]
async fn a_skipped_consent_is_stored_but_is_no_ground_for_skipping_another() {
    let world = World::with_shop().await;
    allow(&world, &shop(), "openid", remember).await;
    world.wait(1);
    let (mut browser, _) = asked(&world, |_| ()).await;
    let login = browser.begin(&shop()).await;
    let consent = browser.log_in(&login, "alice").await;
    let second = world.provider.consent_request(&consent).await.expect("the challenge is good");
    assert!(second.skip);
    browser.allow_with(&consent, "openid", remember).await.expect("it suits");
    let id = RequestId::new(second.id);
    let row = world
        .look({
            let id = id.clone();
            move |records| records.consent(&id)
        })
        .await
        .expect("it is stored");
    assert!(row.skip && row.remember);
    let first = consents_of(&world, "alice").await;
    assert_eq!(first.len(), 1, "the skipped one is not listed");
    world.provider.revoke_consents(Revocation::One(first[0].id.clone())).await.expect("it is revoked");
    assert!(!skips(&world, &mut browser, &shop()).await, "only the skipped one is left");
}

#[tokio::test]
async fn a_consent_is_remembered_for_so_long_from_the_beginning_of_the_request() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let login = browser.begin(&shop()).await;
    world.wait(50);
    let consent = browser.log_in(&login, "alice").await;
    world.wait(50);
    let remember = |accepted: &mut ConsentAccepted| {
        accepted.remember = true;
        accepted.remember_for = 150;
    };
    browser.allow_with(&consent, "openid", remember).await.expect("it suits");
    world.wait(49);
    assert!(skips(&world, &mut world.browser(), &shop()).await);
    world.wait(1);
    assert!(!skips(&world, &mut world.browser(), &shop()).await);
    // Zero is for ever.
    allow(&world, &shop(), "openid", self::remember).await;
    world.wait(100 * 365 * 86_400);
    assert!(skips(&world, &mut world.browser(), &shop()).await);
}

#[tokio::test]
async fn a_public_client_is_let_through_only_where_its_address_proves_who_it_is() {
    for (uri, public, confidential) in [
        ("https://app.example/cb", true, true),
        ("http://localhost/cb", true, true),
        ("http://a.localhost/cb", true, true),
        ("http://127.0.0.1/cb", true, true),
        ("http://[::1]/cb", true, true),
        ("http://app.example/cb", false, true),
        ("com.example.app:/cb", false, true),
        ("app://localhost/cb", false, true),
    ] {
        for (is_public, skipped) in [(true, public), (false, confidential)] {
            let world = World::with_shop_and(|policy| policy.dev = true).await;
            world
                .register_public_app("app", |client| {
                    client.redirect_uris = list(&[uri]);
                    if !is_public {
                        client.token_endpoint_auth_method = AuthMethod::ClientSecretBasic;
                    }
                })
                .await;
            let request = Request::of("app").with("redirect_uri", uri);
            allow(&world, &request, "openid", remember).await;
            assert_eq!(skips(&world, &mut world.browser(), &request).await, skipped, "{uri} {is_public}");
        }
    }
}

/// N34: the user was not asked about anything else.
#[tokio::test]
async fn nothing_is_granted_that_was_not_asked_for() {
    let world = World::with_shop().await;
    let like_hydra =
        world.instance_with(&["a system secret that only tests have"], |policy| policy.compat_hydra = true);
    let mut browser = world.browser();
    let request = shop().with("scope", "openid photos.*").with("audience", "https://api.example/v1");
    let login = browser.begin(&request).await;
    let consent = browser.log_in(&login, "alice").await;
    for (scope, audience, here, anywhere) in [
        ("openid photos.*", vec!["https://api.example/v1"], true, true),
        ("openid", vec![], true, true),
        ("", vec![], true, true),
        ("photos.read", vec![], true, true),
        ("openid api", vec![], false, true),
        ("admin", vec![], false, true),
        ("OPENID", vec![], false, true),
        ("openid", vec!["https://api.example/v2"], false, true),
        ("openid", vec!["https://api.example/v1/x"], false, true),
        ("openid", vec!["https://bank.example"], false, true),
        ("photos.a|admin", vec![], false, false),
        ("openid", vec!["https://a.example|https://b.example"], false, false),
        ("openid", vec!["a\0"], false, false),
        ("é", vec![], false, false),
    ] {
        let accepted = || ConsentAccepted {
            granted_scope: scope.split(' ').filter(|entry| !entry.is_empty()).map(str::to_owned).collect(),
            granted_audience: list(&audience),
            ..ConsentAccepted::default()
        };
        for (server, allowed) in [(&world, here), (&like_hydra, anywhere)] {
            match server.provider.accept_consent(&consent, accepted()).await {
                Ok(_) => assert!(allowed, "{scope} {audience:?}"),
                Err(why) => {
                    assert!(!allowed, "{scope} {audience:?}: {why}");
                    assert!(matches!(why.code(), ErrorCode::InvalidScope | ErrorCode::InvalidRequest), "{why}");
                }
            }
        }
    }
    let mut odd = ConsentAccepted { granted_scope: list(&["openid", "two words"]), ..ConsentAccepted::default() };
    assert_eq!(refused(like_hydra.provider.accept_consent(&consent, odd).await), ErrorCode::InvalidScope);
    odd = ConsentAccepted { granted_scope: list(&[""]), ..ConsentAccepted::default() };
    assert_eq!(refused(like_hydra.provider.accept_consent(&consent, odd).await), ErrorCode::InvalidScope);
}

#[tokio::test]
async fn like_hydra_an_application_may_grant_what_it_likes() {
    let world = World::with_shop_and(|policy| policy.compat_hydra = true).await;
    let mut browser = world.browser();
    let login = browser.begin(&shop()).await;
    let consent = browser.log_in(&login, "alice").await;
    let answer = browser
        .allow_with(&consent, "openid admin", |accepted| accepted.granted_audience = list(&["https://bank.example"]))
        .await
        .expect("it suits")
        .answer();
    let tokens = world.redeem(answer.get("code")).await.expect("tokens");
    assert_eq!(tokens.scope, ["openid", "admin"]);
    let told = world.ask().introspect(tokens.access_token.expose()).await.expect("an answer").expect("active");
    assert_eq!(told.audience, ["https://bank.example"]);
}

#[tokio::test]
async fn less_may_be_granted_than_was_asked_for_and_the_client_gets_to_know() {
    let world = World::with_shop().await;
    let (mut browser, consent) = asked(&world, |_| ()).await;
    let answer = browser.allow(&consent, "openid").await;
    assert_eq!(answer.get("scope"), "openid");
    let tokens = world.redeem(answer.get("code")).await.expect("tokens");
    assert_eq!(tokens.scope, ["openid"]);
    assert!(tokens.refresh_token.is_none(), "offline was not granted");
    let (mut browser, consent) = asked(&world, |_| ()).await;
    let nothing = browser.allow(&consent, "").await;
    assert_eq!(nothing.get("scope"), "");
    let tokens = world.redeem(nothing.get("code")).await.expect("tokens");
    assert!(tokens.scope.is_empty() && tokens.id_token.is_none());
}

#[tokio::test]
async fn one_job_stores_the_consent_and_everything_that_hangs_on_it() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let request = shop()
        .with("scope", "openid offline photos.read")
        .with("audience", "https://api.example/v1")
        .with("acr_values", "gold")
        .with("max_age", "3600")
        .with("code_challenge", "TDp3C-wPo3aKDK1Bg-ukP78nZ9YiqUD2ToRD96HoaHU")
        .with("code_challenge_method", "S256");
    let login = browser.begin(&request).await;
    world.wait(10);
    let accept = |accepted: &mut LoginAccepted| {
        accepted.amr = list(&["pwd"]);
        accepted.context = Some("1".to_owned());
    };
    let consent = browser.log_in_with(&login, "alice", accept).await.expect("it suits").consent_challenge();
    let asked = world.provider.consent_request(&consent).await.expect("the challenge is good");
    world.wait(10);
    let back = world
        .accept_consent(&consent, "openid offline", |accepted| {
            accepted.granted_audience = list(&["https://api.example/v1"]);
            accepted.remember = true;
            accepted.remember_for = 86_400;
            accepted.context = Some("2".to_owned());
            accepted.id_token_claims = claims(json!({ "name": "Alice" }));
            accepted.access_token_claims = claims(json!({ "tier": "gold" }));
        })
        .await;
    world.wait(10);
    let written = world.storage.written();
    let answer = browser.open(&back).await.expect("it ends well").answer();
    assert_eq!(world.storage.written(), written + 1);

    let id = RequestId::new(asked.id.as_str());
    let row = world
        .look({
            let id = id.clone();
            move |records| records.consent(&id)
        })
        .await
        .expect("it is stored");
    let expected = ConsentRecord {
        flow: FlowId::new(asked.flow),
        id: id.clone(),
        requested_at: beginning(),
        requested_scope: list(&["openid", "offline", "photos.read"]),
        requested_audience: list(&["https://api.example/v1"]),
        granted_scope: list(&["openid", "offline"]),
        granted_audience: list(&["https://api.example/v1"]),
        subject: "alice".to_owned(),
        client_id: ClientId::new("shop"),
        request_url: asked.request_url,
        acr: String::new(),
        amr: list(&["pwd"]),
        session: Some(LoginSessionId::new(asked.session)),
        skip: false,
        remember: true,
        remember_for: 86_400,
        handled_at: Some(beginning() + TimeDelta::seconds(20)),
        oidc_context: claims(json!({ "acr_values": ["gold"] })),
        context: Some("2".to_owned()),
        id_token_claims: claims(json!({ "name": "Alice" })),
        access_token_claims: claims(json!({ "tier": "gold" })),
        device: None,
    };
    assert_eq!(row, expected);

    let signature = CodeSignature::new(token_hmac::signature_part(answer.get("code")).expect("a signature"));
    let (code, challenge) =
        world.look(move |records| Ok((records.code(&signature)?, records.code_challenge(&signature)?))).await;
    let grant = code.expect("it is stored").grant;
    let now = beginning() + TimeDelta::seconds(30);
    assert_eq!((grant.requested_at, grant.expires_at), (now, Some(now + TimeDelta::minutes(10))));
    assert_eq!((grant.request_id.as_str(), grant.challenge_id.as_deref()), (id.as_str(), Some(id.as_str())));
    assert_eq!((grant.subject.as_str(), grant.client_id.as_str(), grant.active), ("alice", "shop", true));
    assert_eq!(grant.granted_scope, ["openid", "offline"]);
    assert_eq!(grant.requested_scope, ["openid", "offline", "photos.read"]);
    assert_eq!(
        grant.form_data,
        "client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcb&response_type=code&scope=openid+offline+photos.read"
    );
    assert_eq!(
        challenge.as_deref(),
        Some(
            "client_id=shop&code_challenge=TDp3C-wPo3aKDK1Bg-ukP78nZ9YiqUD2ToRD96HoaHU&code_challenge_method=S256&response_type=code\
             &scope=openid+offline+photos.read"
        )
    );
    let session = grant.session;
    assert_eq!(session.extra, Some(claims(json!({ "tier": "gold" }))));
    assert_eq!((session.consent_challenge.as_str(), session.client_id.as_str()), (id.as_str(), "shop"));
    assert_eq!(
        (session.id_token.subject.as_str(), session.id_token.expires_at.authorize_code),
        ("alice", grant.expires_at)
    );
    let of_id_token = session.id_token.id_token_claims.expect("claims");
    assert_eq!(
        (of_id_token.rat, of_id_token.auth_time),
        (Some(beginning()), Some(beginning() + TimeDelta::seconds(10)))
    );
    assert_eq!((of_id_token.iat, of_id_token.acr.as_str(), of_id_token.amr), (Some(now), "0", list(&["pwd"])));
}

#[tokio::test]
async fn the_context_of_the_login_stays_where_the_consent_has_none() {
    let world = World::with_shop().await;
    for (of_login, of_consent, stored) in [
        (Some("1"), None, Some("1")),
        (Some("1"), Some("2"), Some("2")),
        (None, Some("2"), Some("2")),
        (None, None, None),
    ] {
        let (mut browser, consent) = asked(&world, |accepted| accepted.context = of_login.map(str::to_owned)).await;
        let id = world.provider.consent_request(&consent).await.expect("the challenge is good").id;
        let accept = |accepted: &mut ConsentAccepted| accepted.context = of_consent.map(str::to_owned);
        browser.allow_with(&consent, "openid", accept).await.expect("it suits");
        let row = world.look(move |records| records.consent(&RequestId::new(id))).await.expect("it is stored");
        assert_eq!(row.context.as_deref(), stored);
    }
}

#[tokio::test]
async fn a_rejected_consent_goes_to_the_client_and_leaves_nothing() {
    let world = World::with_shop().await;
    for (rejection, word) in [
        (Rejection::new("", "", "", None, "consent"), "consent request denied"),
        (Rejection::new("access_denied", "Bob says no.", "", Some(403), "consent"), "access_denied"),
    ] {
        let (mut browser, consent) = asked(&world, |_| ()).await;
        let written = world.storage.written();
        let back = world.provider.reject_consent(&consent, rejection).await.expect("it is rejected");
        let refusal = failure(browser.open(&back).await);
        assert_eq!(refusal.error.word(), word);
        assert!(matches!(refusal.shown, Shown::ToClient { .. }));
        assert_eq!(world.storage.written(), written);
        // The application may change its mind as long as nothing was granted.
        browser.allow(&consent, "openid").await;
    }
}

#[tokio::test]
async fn a_consent_verifier_works_once_and_its_siblings_not_at_all() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let login = browser.begin(&shop()).await;
    let (first, second) = (browser.log_in(&login, "alice").await, browser.log_in(&login, "alice").await);
    let backs = [
        world.accept_consent(&first, "openid", |_| ()).await,
        world.accept_consent(&first, "openid", |_| ()).await,
        world.accept_consent(&second, "openid", |_| ()).await,
    ];
    let code = browser.open(&backs[0]).await.expect("the first one").answer().get("code").to_owned();
    for back in &backs {
        let refusal = failure(browser.open(back).await);
        assert!(matches!(refusal.error, Error::VerifierSpent), "{:?}", refusal.error);
        assert_eq!(refusal.error.code(), ErrorCode::AccessDenied);
        assert!(matches!(refusal.shown, Shown::ToClient { .. }));
    }
    world.redeem(&code).await.expect("what was granted first is as good as before");
    assert_eq!(consents_of(&world, "alice").await.len(), 1);
}

#[tokio::test]
async fn of_many_that_bring_one_consent_back_at_once_one_gets_a_code() {
    let world = World::with_shop().await;
    for types in ["code", "code id_token token"] {
        let mut browser = world.browser();
        let login = browser.begin(&shop().with("response_type", types)).await;
        let consent = browser.log_in(&login, "alice").await;
        let back = world.accept_consent(&consent, "openid", |_| ()).await;
        let outcomes = world.race(|_| {
            let (mut browser, back) = (browser.at(&world), &back);
            async move { browser.open(back).await }
        });
        let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, RACERS - 1));
        for outcome in lost {
            assert_eq!(turned_away(outcome), ErrorCode::AccessDenied);
        }
    }
}

#[tokio::test]
async fn a_consent_verifier_works_in_the_browser_and_at_the_client_it_was_made_for() {
    let world = World::with_shop().await;
    world.register_app("thief", |_| ()).await;
    let (mut browser, consent) = asked(&world, |_| ()).await;
    let back = world.accept_consent(&consent, "openid", |_| ()).await;
    let verifier = parameter(&back, "consent_verifier");
    let refusal = failure(browser.visit(&Request::of("thief").with("consent_verifier", &verifier)).await);
    assert!(matches!(refusal.error, Error::VerifierOfAnotherClient));
    let refusal = failure(world.browser().open(&back).await);
    assert_eq!(refusal.error.code(), ErrorCode::RequestForbidden);
    let (mut other, _) = asked(&world, |_| ()).await;
    let refusal = failure(other.open(&back).await);
    assert!(matches!(refusal.error, Error::Csrf(CookieTrap::OtherLogin)));
    let mut forged = browser.at(&world);
    forged.consent_csrf.insert(ClientId::new("shop"), Csrf::new("f".repeat(32)));
    assert_eq!(turned_away(forged.open(&back).await), ErrorCode::RequestForbidden);
    browser.open(&back).await.expect("none of that has spent it");
}

#[tokio::test]
async fn what_fails_after_the_consent_does_not_spend_it() {
    let world = World::with_shop().await;
    let (mut browser, consent) = asked(&world, |_| ()).await;
    let back = world.accept_consent(&consent, "openid", |_| ()).await;
    let resumed = shop().with("consent_verifier", &parameter(&back, "consent_verifier"));
    let with_plain = resumed.with("code_challenge", "x").with("code_challenge_method", "plain");
    assert_eq!(turned_away(browser.visit(&with_plain).await), ErrorCode::InvalidRequest);
    for fault in [StorageError::Unavailable("disk full".to_owned()), StorageError::Contention] {
        world.storage.break_writes(fault);
        let refusal = failure(browser.open(&back).await);
        assert_eq!(refusal.error.code(), ErrorCode::TemporarilyUnavailable);
        assert!(matches!(refusal.shown, Shown::ToClient { .. }));
        world.storage.repair();
    }
    assert!(consents_of(&world, "alice").await.is_empty());
    browser.open(&back).await.expect("it is still good");
}

#[tokio::test]
async fn a_session_that_ends_between_login_and_consent_does_not_end_the_request() {
    let world = World::with_shop().await;
    let (mut browser, consent) = asked(&world, |accepted| accepted.remember = true).await;
    world.provider.end_login_sessions_of("alice".to_owned()).await.expect("they are ended");
    assert!(!browser.allow(&consent, "openid").await.get("code").is_empty());
    assert_eq!(consents_of(&world, "alice").await[0].session, None);
    // The same for a login that was skipped.
    let mut browser = world.browser();
    browser.sign_in_with(&shop(), "bob", |accepted| accepted.remember = true).await;
    let login = browser.begin(&shop()).await;
    let consent = browser.log_in(&login, "bob").await;
    world.provider.end_login_sessions_of("bob".to_owned()).await.expect("they are ended");
    browser.allow(&consent, "openid").await;
}

/// The session goes while the consent is being stored: databases tell by the foreign key.
#[tokio::test]
async fn a_session_that_ends_at_the_last_moment_does_not_end_the_request() {
    let world = World::with_shop().await;
    let (mut browser, consent) = asked(&world, |accepted| accepted.remember = true).await;
    let session = browser.session.clone().expect("a session");
    world.storage.meanwhile(move |records| drop(records.delete_login_session(&session)));
    assert!(!browser.allow(&consent, "openid").await.get("code").is_empty());
    let (mut browser, consent) = asked(&world, |accepted| accepted.remember = true).await;
    world.storage.break_one_write(StorageError::MissingParent);
    browser.allow(&consent, "openid").await;
}

#[tokio::test]
async fn a_client_that_is_deleted_at_the_last_moment_gets_nothing() {
    let world = World::with_shop().await;
    let (mut browser, consent) = asked(&world, |_| ()).await;
    world.storage.meanwhile(|records| drop(records.delete_client(&ClientId::new("shop"))));
    let outcome: Result<Stop, AuthorizeFailure> = browser.allow_with(&consent, "openid", |_| ()).await;
    assert_eq!(turned_away(outcome), ErrorCode::InvalidClient);
}

#[tokio::test]
async fn a_consent_that_was_revoked_spares_nothing_any_more() {
    let world = World::with_shop().await;
    for revocation in [
        Revocation::Of(ConsentSelection::Subject("alice".to_owned())),
        Revocation::Of(ConsentSelection::SubjectAt("alice".to_owned(), ClientId::new("shop"))),
    ] {
        allow(&world, &shop(), "openid", remember).await;
        assert!(skips(&world, &mut world.browser(), &shop()).await);
        world.provider.revoke_consents(revocation).await.expect("it is revoked");
        assert!(!skips(&world, &mut world.browser(), &shop()).await);
    }
}
