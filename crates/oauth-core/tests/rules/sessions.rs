//! What operators see and end: consents of a user, and login sessions.

use oauth_core::{
    ErrorCode,
    authorize::LoginAccepted,
    ids::{ClientId, LoginSessionId, RequestId},
    sessions::Revocation,
    storage::{ConsentRecord, ConsentSelection, StorageError},
    token::TokenResponse,
};

use crate::support::{Browser, Request, World, refused};

/// A user allows a client something for longer; the consent, and the client's tokens.
async fn allow(
    world: &World,
    browser: &mut Browser<'_>,
    subject: &str,
    client: &str,
    remember_for: i32,
) -> (String, TokenResponse) {
    let login = browser.begin(&Request::of(client).with("scope", "openid offline")).await;
    let remember = |accepted: &mut LoginAccepted| accepted.remember = true;
    let consent = browser.log_in_with(&login, subject, remember).await.expect("it suits").consent_challenge();
    let id = world.provider.consent_request(&consent).await.expect("the challenge is good").id;
    let answer = browser
        .allow_with(&consent, "openid offline", |accepted| {
            accepted.remember = true;
            accepted.remember_for = remember_for;
        })
        .await
        .expect("it suits")
        .answer();
    let ask = world.ask_as(client).with("redirect_uri", &format!("https://{client}.example/cb"));
    (id, ask.redeem(answer.get("code")).await.expect("tokens"))
}

async fn world() -> World {
    let world = World::with_shop().await;
    world.register_app("other", |_| ()).await;
    world
}

async fn listed(world: &World, subject: &str, session: Option<&LoginSessionId>) -> Vec<ConsentRecord> {
    let page = world.provider.list_consents(subject.to_owned(), session.cloned(), 500, None).await.expect("a page");
    assert!(page.next.is_none());
    page.consents
        .into_iter()
        .map(|(consent, client)| {
            assert_eq!(client.id, consent.client_id);
            consent
        })
        .collect()
}

async fn is_alive(world: &World, tokens: &TokenResponse) -> bool {
    let access = world.is_active(tokens.access_token.expose()).await;
    assert_eq!(access, world.is_active(tokens.refresh_token.as_ref().expect("one").expose()).await);
    access
}

#[tokio::test]
async fn consents_are_listed_by_user_and_by_session() {
    let world = world().await;
    let (mut first, mut second) = (world.browser(), world.browser());
    let (shop, _) = allow(&world, &mut first, "alice", "shop", 0).await;
    let (other, _) = allow(&world, &mut first, "alice", "other", 0).await;
    allow(&world, &mut second, "alice", "shop", 0).await;
    let (bobs, _) = allow(&world, &mut world.browser(), "bob", "shop", 0).await;
    let ids = |consents: Vec<ConsentRecord>| {
        let mut ids: Vec<_> = consents.into_iter().map(|consent| consent.id.as_str().to_owned()).collect();
        ids.sort();
        ids
    };
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    let all = listed(&world, "alice", None).await;
    assert!(all.is_sorted_by_key(|consent| consent.flow.clone()));
    // The one in the second browser was skipped, and so is not one of its own.
    assert_eq!(ids(all), sorted(vec![shop.clone(), other.clone()]));
    assert_eq!(ids(listed(&world, "bob", None).await), [bobs]);
    assert_eq!(ids(listed(&world, "alice", first.session.as_ref()).await), sorted(vec![shop, other]));
    assert!(listed(&world, "alice", second.session.as_ref()).await.is_empty());
    assert!(listed(&world, "bob", first.session.as_ref()).await.is_empty());
    assert!(listed(&world, "nobody", None).await.is_empty());
}

#[tokio::test]
async fn a_consent_is_listed_until_it_expires_whether_or_not_it_is_remembered() {
    let world = world().await;
    let mut browser = world.browser();
    let login = browser.begin(&Request::of("shop")).await;
    let consent = browser.log_in(&login, "alice").await;
    browser.allow(&consent, "openid").await;
    allow(&world, &mut world.browser(), "alice", "other", 100).await;
    assert_eq!(listed(&world, "alice", None).await.len(), 2);
    world.wait(99);
    assert_eq!(listed(&world, "alice", None).await.len(), 2);
    world.wait(1);
    let left = listed(&world, "alice", None).await;
    assert_eq!((left.len(), left[0].remember), (1, false));
}

#[tokio::test]
async fn pages_follow_each_other_and_their_tokens_work_in_their_list_alone() {
    let world = world().await;
    for n in 0..7 {
        world.register_app(&format!("app-{n}"), |_| ()).await;
        allow(&world, &mut world.browser(), "alice", &format!("app-{n}"), 0).await;
    }
    let page = |token: Option<String>| {
        let world = &world;
        async move { world.provider.list_consents("alice".to_owned(), None, 3, token.as_deref()).await.expect("a page") }
    };
    let (mut seen, mut token, mut pages) = (Vec::new(), None, 0);
    loop {
        let found = page(token).await;
        pages += 1;
        seen.extend(found.consents.into_iter().map(|(consent, _)| consent.flow));
        token = found.next;
        if token.is_none() {
            break;
        }
    }
    assert_eq!((pages, seen.len()), (3, 7));
    assert!(seen.is_sorted() && seen.windows(2).all(|pair| pair[0] != pair[1]));
    let first = page(None).await;
    let again = page(Some(first.first.clone())).await;
    assert_eq!(again.consents[0].0.flow, seen[0]);
    // N44: a token of the list of clients opens no other, and the reverse.
    let of_clients =
        world.provider.list_clients(None, None, 1, None).await.expect("a page").next.expect("there is more");
    let own = first.next.expect("there is more");
    let tokens = [of_clients.as_str(), "", "x", &own[..own.len() - 1], &format!("{own}x")];
    for odd in tokens {
        let outcome = world.provider.list_consents("alice".to_owned(), None, 3, Some(odd)).await;
        assert_eq!(refused(outcome.map(drop)), ErrorCode::InvalidRequest, "{odd}");
    }
    assert_eq!(
        refused(world.provider.list_clients(None, None, 1, Some(&own)).await.map(drop)),
        ErrorCode::InvalidRequest
    );
    world.wait(3600);
    let late = world.provider.list_consents("alice".to_owned(), None, 3, Some(&own)).await;
    assert_eq!(refused(late.map(drop)), ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn with_a_consent_go_its_tokens_and_the_login_stays() {
    for n in 0..3 {
        let world = world().await;
        let mut browser = world.browser();
        let (shop, of_shop) = allow(&world, &mut browser, "alice", "shop", 0).await;
        let (_, of_other) = allow(&world, &mut browser, "alice", "other", 0).await;
        let (_, of_bob) = allow(&world, &mut world.browser(), "bob", "shop", 0).await;
        let alice = || "alice".to_owned();
        let (which, other_stays) = match n {
            0 => (Revocation::One(RequestId::new(shop)), true),
            1 => (Revocation::Of(ConsentSelection::SubjectAt(alice(), ClientId::new("shop"))), true),
            _ => (Revocation::Of(ConsentSelection::Subject(alice())), false),
        };
        for _ in 0..2 {
            world.provider.revoke_consents(which.clone()).await.expect("no error, also when there is nothing");
            assert!(!is_alive(&world, &of_shop).await);
            assert_eq!(is_alive(&world, &of_other).await, other_stays);
            assert!(is_alive(&world, &of_bob).await);
        }
        assert_eq!(listed(&world, "alice", None).await.len(), usize::from(other_stays));
        let login = browser.begin(&Request::of("shop")).await;
        assert!(
            world.provider.login_request(&login).await.expect("the challenge is good").skip,
            "she is still logged in"
        );
    }
}

#[tokio::test]
async fn revoking_finds_skipped_and_expired_consents_too_and_as_many_as_there_are() {
    let world = world().await;
    let mut browser = world.browser();
    let (_, first) = allow(&world, &mut browser, "alice", "shop", 10).await;
    let (_, skipped) = allow(&world, &mut browser, "alice", "shop", 10).await;
    world.wait(100);
    assert!(listed(&world, "alice", None).await.is_empty());
    assert!(is_alive(&world, &first).await && is_alive(&world, &skipped).await);
    let template = world.look(|records| {
        let ids = records.consents_of(&ConsentSelection::Subject("alice".to_owned()), 10)?;
        records.consent(&ids[0])
    });
    let template = template.await.expect("it is stored");
    for n in 0..250 {
        let consent = ConsentRecord {
            flow: oauth_core::ids::FlowId::new(format!("{n:032x}")),
            id: RequestId::new(format!("{:032x}", n + 1000)),
            ..template.clone()
        };
        world.change(move |records| records.insert_consent(&consent)).await;
    }
    world
        .provider
        .revoke_consents(Revocation::Of(ConsentSelection::Subject("alice".to_owned())))
        .await
        .expect("revoked");
    assert!(!is_alive(&world, &first).await && !is_alive(&world, &skipped).await);
    let left = world.look(|records| records.consents_of(&ConsentSelection::Subject("alice".to_owned()), 10)).await;
    assert!(left.is_empty());
}

/// A session that is ended by an operator ends as if the user had logged out; the browser notices at its next visit.
#[tokio::test]
async fn a_session_can_be_ended_and_its_clients_are_told() {
    let world = world().await;
    world.register_app("back", |client| client.backchannel_logout_uri = "https://back.example/logout".to_owned()).await;
    let mut browser = world.browser();
    let (_, tokens) = allow(&world, &mut browser, "alice", "back", 0).await;
    let session = browser.session.clone().expect("a session");
    for told in [1, 0] {
        world.provider.end_login_session(session.clone()).await.expect("no error, also when there is none");
        let notices = world.delivered.notices();
        assert_eq!(notices.len(), told);
        for notice in notices {
            assert_eq!(world.verified(notice.token.expose()).await.0["sid"], session.as_str());
        }
    }
    assert!(is_alive(&world, &tokens).await, "neither tokens nor consents go with it");
    let consents = listed(&world, "alice", None).await;
    assert_eq!((consents.len(), consents[0].session.as_ref()), (1, None));
    let login = browser.begin(&Request::of("back")).await;
    assert!(!world.provider.login_request(&login).await.expect("the challenge is good").skip);
}

#[tokio::test]
async fn a_session_that_was_not_remembered_is_not_ended_by_its_id() {
    let world = world().await;
    world.register_app("back", |client| client.backchannel_logout_uri = "https://back.example/logout".to_owned()).await;
    let mut browser = world.browser();
    let login = browser.begin(&Request::of("back")).await;
    let id = LoginSessionId::new(world.provider.login_request(&login).await.expect("the challenge is good").session);
    let consent = browser.log_in(&login, "alice").await;
    browser.allow(&consent, "openid").await;
    for odd in [id.as_str(), "unknown", "", "\0"] {
        world.provider.end_login_session(LoginSessionId::new(odd)).await.expect("no error");
    }
    assert!(world.delivered.notices().is_empty());
    assert!(world.look(move |records| records.login_session(&id)).await.is_some());
}

#[tokio::test]
async fn all_sessions_of_a_user_can_be_ended_without_telling_anybody() {
    let world = world().await;
    world.register_app("back", |client| client.backchannel_logout_uri = "https://back.example/logout".to_owned()).await;
    let remember = |accepted: &mut LoginAccepted| {
        accepted.remember = true;
        accepted.identity_provider_session_id = "kratos-7".to_owned();
    };
    let mut browsers = Vec::new();
    for subject in ["alice", "alice", "bob"] {
        let mut browser = world.browser();
        browser.sign_in_with(&Request::of("back"), subject, remember).await;
        browsers.push(browser);
    }
    for n in 0..250 {
        let session = oauth_core::storage::LoginSession {
            id: LoginSessionId::new(format!("many-{n}")),
            authenticated_at: None,
            subject: "alice".to_owned(),
            remember: n % 2 == 0,
            identity_provider_session_id: None,
            expires_at: None,
        };
        world.change(move |records| records.put_login_session(&session)).await;
    }
    for _ in 0..2 {
        world.provider.end_login_sessions_of("alice".to_owned()).await.expect("no error, also when there are none");
    }
    assert!(world.delivered.notices().is_empty() && world.delivered.ended_at_identity_provider().is_empty());
    for (mut browser, skips) in browsers.into_iter().zip([false, false, true]) {
        let login = browser.begin(&Request::of("back")).await;
        assert_eq!(world.provider.login_request(&login).await.expect("the challenge is good").skip, skips);
    }
    let left = world.look(|records| records.delete_login_sessions_of_subject("alice", 1000)).await;
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_database_that_is_away_is_never_a_success() {
    let world = world().await;
    world.storage.break_down(StorageError::Unavailable("disk full".to_owned()));
    let of_alice = || Revocation::Of(ConsentSelection::Subject("alice".to_owned()));
    for outcome in [
        world.provider.list_consents("alice".to_owned(), None, 3, None).await.map(drop),
        world.provider.revoke_consents(of_alice()).await,
        world.provider.revoke_consents(Revocation::One(RequestId::new("x"))).await,
        world.provider.end_login_session(LoginSessionId::new("x")).await,
        world.provider.end_login_sessions_of("alice".to_owned()).await,
    ] {
        assert_eq!(refused(outcome), ErrorCode::TemporarilyUnavailable);
    }
}
