//! Logins and logouts in flight while a server takes Hydra's place, or gives it back: both forms of challenges and verifiers. What
//! Hydra writes stands in `vectors/flows.json`; cookies are the HTTP crate's.

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use oauth_core::{
    ErrorCode,
    authorize::{ConsentAccepted, CookieChange, LoginAccepted, Rejection},
    client::Client,
    ids::{ClientId, Csrf, LoginSessionId, RequestId},
    logout::LogoutStep,
    storage::LoginSession,
    token::Claims,
};
use serde_json::{Value, json};
use token_hmac::{FlowPurpose, SystemSecrets};

use crate::support::{Browser, NETWORK, Request, World, beginning, failure, list, parameter, refused, turned_away};

const SECRET: &str = "vector-system-secret-number-one";
const CLIENT: &str = "vector-client";
const USER: &str = "user-1";

static VECTORS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("vectors/flows.json")).expect("the file is JSON"));

/// A text as Hydra sealed it.
fn sealed(name: &str) -> &'static str {
    VECTORS["flows"][name]["sealed"].as_str().expect("there is such a vector")
}

/// What is inside.
fn inside(name: &str) -> Claims {
    let json = VECTORS["flows"][name]["json"].as_str().expect("there is such a vector");
    serde_json::from_str(json).expect("it holds an object")
}

fn moment(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// Shows a client as the API does: the vector's client by heart.
fn show_client(client: &Client) -> Claims {
    match client.id.as_str() {
        CLIENT => inside("login_challenge")["c"].as_object().cloned().expect("an object"),
        other => json!({ "client_id": other }).as_object().cloned().expect("an object"),
    }
}

/// A server in Hydra's place, a few seconds after the vectors were made. With `like_hydra` it writes Hydra's form.
async fn in_hydras_place(like_hydra: bool) -> World {
    let base = World::new();
    let world = second(&base, like_hydra);
    world.add_key(oauth_core::policy::ID_TOKEN_KEYS, "id-1").await;
    world.add_access_token_key("access-1").await;
    world
        .register_app(CLIENT, |client| {
            client.redirect_uris = list(&["https://app.vectors.test/cb"]);
            client.post_logout_redirect_uris = list(&["https://app.vectors.test/bye"]);
        })
        .await;
    at(&world, "2026-07-01T10:00:10Z");
    world
}

/// Another server beside it that writes the other form, or the same.
fn second(world: &World, like_hydra: bool) -> World {
    let mut policy = world.provider.policy().clone();
    policy.compat_hydra = like_hydra;
    policy.pages.authorization = "https://auth.vectors.test/oauth2/auth".to_owned();
    world.instance_of(policy, &[SECRET], |parts| parts.show_client = show_client)
}

fn at(world: &World, time: &str) {
    world.clock.advance(moment(time) - world.provider.now());
}

/// The vectors' request; with the redirect URI that the endpoint wants beside `openid`.
fn request() -> Request {
    Request(Vec::new())
        .with("client_id", CLIENT)
        .with("response_type", "code")
        .with("scope", "openid offline")
        .with("state", "abcdefgh")
        .with("redirect_uri", "https://app.vectors.test/cb")
}

/// The browser in which the vectors' login began.
fn browser(world: &World) -> Browser<'_> {
    let mut browser = world.browser();
    browser.says.host = Some("auth.vectors.test".to_owned());
    browser.login_csrf.insert(ClientId::new(CLIENT), Csrf::new("aaaabbbbccccddddeeeeffff00001111"));
    browser.consent_csrf.insert(ClientId::new(CLIENT), Csrf::new("11110000ffffeeeeddddccccbbbbaaaa"));
    browser
}

/// Hydra seals a flow that is a vector but for some members.
fn hydra_seals(purpose: FlowPurpose, name: &str, change: Value) -> String {
    let mut flow = inside(name);
    for (name, value) in change.as_object().expect("an object") {
        flow.insert(name.clone(), value.clone());
    }
    let secrets = SystemSecrets::new(&[SECRET]).expect("it is long enough");
    secrets.seal_hydra_flow([7; 24], purpose, &serde_json::to_vec(&flow).expect("JSON")).expect("it fits")
}

/// The members of a flow in Hydra's form, in their order.
fn opened(purpose: FlowPurpose, text: &str) -> Claims {
    let secrets = SystemSecrets::new(&[SECRET]).expect("it is long enough");
    let json = secrets.open_hydra_flow(purpose, text).expect("it is in Hydra's form");
    serde_json::from_slice(&json).expect("it holds an object")
}

#[tokio::test]
async fn a_login_challenge_of_hydra_is_read_and_answered() {
    for like_hydra in [false, true] {
        let world = in_hydras_place(like_hydra).await;
        let asked = world.provider.login_request(sealed("login_challenge")).await.expect("it opens");
        assert_eq!(asked.requested_scope, ["openid", "offline"]);
        assert_eq!((asked.skip, asked.subject.as_str(), asked.requested_audience), (false, "", Vec::new()));
        assert_eq!(asked.session, "3f0c9a44-6f0d-4c5b-9d8e-2b1a7c6d5e4f");
        assert_eq!(asked.request_url, inside("login_challenge")["r"].as_str().expect("text"));
        assert_eq!(asked.client.id.as_str(), CLIENT);
        let back = world.accept_login(sealed("login_challenge"), USER, |_| ()).await;
        let resumed = request().with("login_verifier", &parameter(&back, "login_verifier"));
        let consent = browser(&world).visit(&resumed).await.expect("it goes on").consent_challenge();
        let asked = world.provider.consent_request(&consent).await.expect("it opens");
        assert_eq!((asked.flow.as_str(), asked.subject.as_str()), ("0123456789abcdef0123456789abcdef", USER));
        let no = Rejection::new("access_denied", "", "", None, "login");
        let back = world.provider.reject_login(sealed("login_challenge"), no).await.expect("it is rejected");
        let resumed = request().with("login_verifier", &parameter(&back, "login_verifier"));
        assert_eq!(failure(browser(&world).visit(&resumed).await).error.word(), "access_denied");
    }
}

#[tokio::test]
async fn a_login_verifier_of_hydra_goes_on_here() {
    for like_hydra in [false, true] {
        let world = in_hydras_place(like_hydra).await;
        let mut browser = browser(&world);
        let resumed = request().with("login_verifier", sealed("login_verifier"));
        let consent = browser.visit(&resumed).await.expect("it goes on").consent_challenge();
        let id = LoginSessionId::new("3f0c9a44-6f0d-4c5b-9d8e-2b1a7c6d5e4f");
        assert!(browser.changes.contains(&CookieChange::Session(id.clone(), TimeDelta::seconds(3600))));
        let row = world
            .look({
                let id = id.clone();
                move |records| records.login_session(&id)
            })
            .await;
        let expected = LoginSession {
            id,
            authenticated_at: Some(moment("2026-07-01T10:00:03Z")),
            subject: USER.to_owned(),
            remember: true,
            identity_provider_session_id: None,
            expires_at: Some(moment("2026-07-01T10:00:10Z") + TimeDelta::hours(720)),
        };
        assert_eq!(row, Some(expected));
        let asked = world.provider.consent_request(&consent).await.expect("it opens");
        assert_eq!((asked.subject.as_str(), asked.context.as_deref()), (USER, Some(r#"{"a":1}"#)));
    }
}

#[tokio::test]
async fn a_consent_challenge_of_hydra_is_read_and_answered() {
    for like_hydra in [false, true] {
        let world = in_hydras_place(like_hydra).await;
        let asked = world.provider.consent_request(sealed("consent_challenge")).await.expect("it opens");
        assert_eq!(asked.id, "fedcba9876543210fedcba9876543210");
        assert_eq!(asked.flow, "0123456789abcdef0123456789abcdef");
        assert_eq!((asked.skip, asked.subject.as_str()), (false, USER));
        assert_eq!((asked.acr.as_str(), asked.amr, asked.context.as_deref()), ("", Vec::new(), Some(r#"{"a":1}"#)));
        let back = world.accept_consent(sealed("consent_challenge"), "openid", |_| ()).await;
        let resumed = request().with("consent_verifier", &parameter(&back, "consent_verifier"));
        let answer = browser(&world).visit(&resumed).await.expect("it ends well").answer();
        assert_eq!(answer.get("scope"), "openid");
    }
}

#[tokio::test]
async fn a_consent_verifier_of_hydra_buys_a_code_here_once() {
    let world = in_hydras_place(false).await;
    let resumed = request().with("consent_verifier", sealed("consent_verifier"));
    let mut browser = browser(&world);
    let answer = browser.visit(&resumed).await.expect("it ends well").answer();
    assert_eq!(answer.get("scope"), "openid offline");
    let id = RequestId::new("fedcba9876543210fedcba9876543210");
    let row = world.look(move |records| records.consent(&id)).await.expect("it is stored");
    assert_eq!((row.flow.as_str(), row.remember, row.remember_for), ("0123456789abcdef0123456789abcdef", true, 0));
    assert_eq!(row.requested_at, moment("2026-07-01T10:00:00Z"));
    assert_eq!(row.handled_at, Some(moment("2026-07-01T10:00:05.25Z")));
    assert_eq!(row.context.as_deref(), Some(r#"{"a":1}"#));
    let ask = world.ask_as(CLIENT).with("redirect_uri", "https://app.vectors.test/cb");
    let tokens = ask.redeem(answer.get("code")).await.expect("tokens");
    let (claims, _) = world.verified(tokens.id_token.expect("an ID token").expose()).await;
    assert_eq!((&claims["name"], &claims["sub"]), (&json!("A<B"), &json!(USER)));
    assert_eq!(claims["auth_time"], json!(moment("2026-07-01T10:00:03Z").timestamp()));
    let told = world.ask().introspect(tokens.access_token.expose()).await.expect("an answer").expect("active");
    assert_eq!(told.extra, json!({ "role": "admin" }).as_object().cloned());
    assert_eq!(turned_away(browser.visit(&resumed).await), ErrorCode::AccessDenied);
}

#[tokio::test]
async fn what_applications_refused_at_hydra_is_refused_here() {
    let world = in_hydras_place(false).await;
    let refused = |valid| {
        json!({
            "error": "access_denied", "error_description": "No.", "error_hint": "Try later.", "status_code": 403, "valid": valid,
        })
    };
    for (purpose, name, verifier, change, expected) in [
        (
            FlowPurpose::LoginVerifier,
            "login_verifier",
            "login_verifier",
            json!({ "q": 128, "le": refused(true) }),
            true,
        ),
        (FlowPurpose::LoginVerifier, "login_verifier", "login_verifier", json!({ "le": refused(true) }), true),
        (FlowPurpose::LoginVerifier, "login_verifier", "login_verifier", json!({ "le": refused(false) }), false),
        (
            FlowPurpose::ConsentVerifier,
            "consent_verifier",
            "consent_verifier",
            json!({ "q": 129, "cx": refused(true) }),
            true,
        ),
        (FlowPurpose::ConsentVerifier, "consent_verifier", "consent_verifier", json!({ "cx": refused(true) }), true),
        (FlowPurpose::ConsentVerifier, "consent_verifier", "consent_verifier", json!({ "cx": refused(false) }), false),
    ] {
        let resumed = request().with(verifier, &hydra_seals(purpose, name, change.clone()));
        let outcome = browser(&world).visit(&resumed).await;
        if expected {
            let refusal = failure(outcome).error;
            assert_eq!(
                (refusal.word(), refusal.description().as_str()),
                ("access_denied", "No. Try later."),
                "{change}"
            );
        } else {
            outcome.expect("that was no refusal");
        }
    }
}

#[tokio::test]
async fn a_flow_of_another_step_network_or_time_is_none() {
    let world = in_hydras_place(false).await;
    let challenge = |change| hydra_seals(FlowPurpose::LoginChallenge, "login_challenge", change);
    let asks = |text: String| {
        let world = &world;
        async move { refused(world.provider.login_request(&text).await) }
    };
    world
        .provider
        .login_request(&challenge(json!({ "n": NETWORK.to_string().to_uppercase() })))
        .await
        .expect("the same one");
    for change in [
        json!({ "n": "00000000-0000-0000-0000-000000000007" }),
        json!({ "n": "" }),
        json!({ "n": null }),
        json!({ "ia": null }),
        json!({ "ia": "yesterday" }),
        json!({ "r": "" }),
        json!({ "r": 7 }),
        json!({ "rs": 7 }),
        json!({ "ls": true, "s": USER }),
    ] {
        assert_eq!(asks(challenge(change.clone())).await, ErrorCode::NotFound, "{change}");
    }
    assert_eq!(asks(challenge(json!({ "ia": "2026-07-01T09:30:09Z" }))).await, ErrorCode::RequestUnauthorized);
    for (purpose, name, change) in [
        (FlowPurpose::LoginVerifier, "login_verifier", json!({ "q": 3 })),
        (FlowPurpose::LoginVerifier, "login_verifier", json!({ "q": 5 })),
        (FlowPurpose::LoginVerifier, "login_verifier", json!({ "la": null })),
        (FlowPurpose::ConsentVerifier, "consent_verifier", json!({ "q": 6 })),
        (FlowPurpose::ConsentVerifier, "consent_verifier", json!({ "q": 2 })),
        (FlowPurpose::ConsentVerifier, "consent_verifier", json!({ "ch": null })),
        (FlowPurpose::ConsentVerifier, "consent_verifier", json!({ "n": "00000000-0000-0000-0000-000000000007" })),
    ] {
        let resumed = request().with(name, &hydra_seals(purpose, name, change.clone()));
        assert_eq!(turned_away(browser(&world).visit(&resumed).await), ErrorCode::AccessDenied, "{name} {change}");
    }
    // For whom it was sealed, and for nothing else.
    let names = [
        "login_challenge",
        "login_verifier",
        "consent_challenge",
        "consent_verifier",
        "logout_challenge",
        "logout_verifier",
    ];
    for name in names {
        assert_eq!(world.provider.login_request(sealed(name)).await.is_ok(), name == "login_challenge", "{name}");
        assert_eq!(world.provider.consent_request(sealed(name)).await.is_ok(), name == "consent_challenge", "{name}");
    }
}

#[tokio::test]
async fn a_skipped_login_of_hydra_stays_skipped() {
    let world = in_hydras_place(false).await;
    let skipped = json!({ "ls": true, "s": USER, "la": "2026-06-30T08:00:00Z" });
    let challenge = hydra_seals(FlowPurpose::LoginChallenge, "login_challenge", skipped);
    let asked = world.provider.login_request(&challenge).await.expect("it opens");
    assert_eq!((asked.skip, asked.subject.as_str()), (true, USER));
    let mut browser = browser(&world);
    browser.session = Some(LoginSessionId::new(asked.session));
    let back = world.accept_login(&challenge, USER, |_| ()).await;
    let resumed = request().with("login_verifier", &parameter(&back, "login_verifier"));
    let consent = browser.visit(&resumed).await.expect("it goes on").consent_challenge();
    let answer = browser.allow_at(&request(), &consent, "openid").await;
    let ask = world.ask_as(CLIENT).with("redirect_uri", "https://app.vectors.test/cb");
    let tokens = ask.redeem(answer.get("code")).await.expect("tokens");
    let (claims, _) = world.verified(tokens.id_token.expect("an ID token").expose()).await;
    assert_eq!(claims["auth_time"], json!(moment("2026-06-30T08:00:00Z").timestamp()));
}

/// With `compat.hydra` a whole login is written member by member as Hydra writes it.
#[tokio::test]
async fn what_is_written_for_hydra_is_what_hydra_writes() {
    let world = in_hydras_place(true).await;
    at(&world, "2026-07-01T10:00:00Z");
    let mut browser = browser(&world);
    browser.consent_csrf.clear();
    let login = browser.begin(&request()).await;
    at(&world, "2026-07-01T10:00:03.7Z");
    let accept = |accepted: &mut LoginAccepted| {
        accepted.remember = true;
        accepted.remember_for = 3600;
        accepted.context = Some(r#"{"a":1}"#.to_owned());
    };
    let back = world.accept_login(&login, USER, accept).await;
    let login_verifier = parameter(&back, "login_verifier");
    let consent = browser.open(&back).await.expect("it goes on").consent_challenge();
    at(&world, "2026-07-01T10:00:05.25Z");
    let accept = |accepted: &mut ConsentAccepted| {
        accepted.remember = true;
        accepted.id_token_claims = json!({ "name": "A<B" }).as_object().cloned().expect("an object");
        accepted.access_token_claims = json!({ "role": "admin" }).as_object().cloned().expect("an object");
    };
    let back = world.accept_consent(&consent, "openid offline", accept).await;
    let consent_verifier = parameter(&back, "consent_verifier");
    for (purpose, name, text) in [
        (FlowPurpose::LoginChallenge, "login_challenge", &login),
        (FlowPurpose::LoginVerifier, "login_verifier", &login_verifier),
        (FlowPurpose::ConsentChallenge, "consent_challenge", &consent),
        (FlowPurpose::ConsentVerifier, "consent_verifier", &consent_verifier),
    ] {
        let (mut ours, mut hydras) = (opened(purpose, text), inside(name));
        // What is random, and the redirect URI that the vectors go without.
        for random in ["i", "si", "cc", "cr", "r"] {
            if let Some(own) = ours.get(random).and_then(Value::as_str) {
                let like = hydras[random].as_str().expect("text");
                assert_eq!(own.len() - if random == "r" { extra(own) } else { 0 }, like.len(), "{name} {random}");
                ours.insert(random.to_owned(), json!(like));
            }
        }
        hydras.insert("lc".to_owned(), json!("aaaabbbbccccddddeeeeffff00001111"));
        assert_eq!(
            serde_json::to_string(&ours).expect("JSON"),
            serde_json::to_string(&hydras).expect("JSON"),
            "{name}"
        );
    }
}

fn extra(url: &str) -> usize {
    let redirect_uri = "&redirect_uri=https%3A%2F%2Fapp.vectors.test%2Fcb";
    assert!(url.ends_with(redirect_uri), "{url}");
    redirect_uri.len()
}

#[tokio::test]
async fn what_is_written_of_a_refusal_and_of_a_skip_reads_back_as_it_was() {
    let world = in_hydras_place(true).await;
    let mut browser = browser(&world);
    let login = browser.begin(&request()).await;
    let no = Rejection::new("access_denied", "No.", "", Some(403), "login");
    let back = world.provider.reject_login(&login, no).await.expect("it is rejected");
    let flow = opened(FlowPurpose::LoginVerifier, &parameter(&back, "login_verifier"));
    assert_eq!((&flow["q"], &flow["la"]), (&json!(128), &json!(null)));
    assert_eq!(
        serde_json::to_string(&flow["le"]).expect("JSON"),
        r#"{"error":"access_denied","error_description":"No.","status_code":403,"valid":true}"#
    );
    browser.sign_in_with(&request(), USER, |accepted| accepted.remember = true).await;
    let skipped = browser.begin(&request()).await;
    let flow = opened(FlowPurpose::LoginChallenge, &skipped);
    assert_eq!((&flow["ls"], &flow["s"], &flow["la"]), (&json!(true), &json!(USER), &json!("2026-07-01T10:00:10Z")));
    let consent = browser.log_in(&skipped, USER).await;
    let no = Rejection::new("", "", "", None, "consent");
    let back = world.provider.reject_consent(&consent, no).await.expect("it is rejected");
    let flow = opened(FlowPurpose::ConsentVerifier, &parameter(&back, "consent_verifier"));
    assert_eq!((&flow["q"], &flow["cx"]["error"]), (&json!(129), &json!("consent request denied")));
    assert_eq!(failure(browser.open(&back).await).error.word(), "consent request denied");
}

/// A flow that begins in one form goes on and ends in the other, wherever the change of servers falls.
#[tokio::test]
async fn a_login_survives_a_change_of_servers_at_every_step() {
    let ours = in_hydras_place(false).await;
    let hydras = second(&ours, true);
    for turns in 0..32_u32 {
        let server = |step: u32| if turns >> step & 1 == 0 { &ours } else { &hydras };
        let mut visitor = browser(server(0));
        let login = visitor.begin(&request()).await;
        let back = server(1).accept_login(&login, USER, |accepted| accepted.amr = list(&["pwd"])).await;
        let mut visitor = visitor.at(server(2));
        let consent = visitor.open(&back).await.expect("it goes on").consent_challenge();
        let back = server(3).accept_consent(&consent, "openid", |_| ()).await;
        let mut visitor = visitor.at(server(4));
        let answer = visitor.open(&back).await.expect("it ends well").answer();
        let ask = ours.ask_as(CLIENT).with("redirect_uri", "https://app.vectors.test/cb");
        let tokens = ask.redeem(answer.get("code")).await.expect("tokens");
        let (claims, _) = ours.verified(tokens.id_token.expect("an ID token").expose()).await;
        assert_eq!((&claims["amr"], &claims["sub"]), (&json!(["pwd"]), &json!(USER)));
    }
}

/// The vectors' session, as if Hydra had stored it.
async fn hydra_remembers(world: &World) -> LoginSessionId {
    let session = LoginSession {
        id: LoginSessionId::new("3f0c9a44-6f0d-4c5b-9d8e-2b1a7c6d5e4f"),
        authenticated_at: Some(moment("2026-07-01T10:00:03Z")),
        subject: USER.to_owned(),
        remember: true,
        identity_provider_session_id: None,
        expires_at: None,
    };
    let id = session.id.clone();
    world.change(move |records| records.put_login_session(&session)).await;
    id
}

#[tokio::test]
async fn a_logout_of_hydra_goes_on_here() {
    for like_hydra in [false, true] {
        let world = in_hydras_place(like_hydra).await;
        at(&world, "2026-07-01T12:10:00Z");
        let id = hydra_remembers(&world).await;
        let asked = world.provider.logout_request(sealed("logout_challenge")).await.expect("it opens");
        assert_eq!((asked.subject.as_str(), asked.session.as_str(), asked.rp_initiated), (USER, id.as_str(), true));
        assert_eq!(asked.request_url, "/oauth2/sessions/logout?id_token_hint=x");
        assert_eq!(asked.requested_at, moment("2026-07-01T12:00:00Z"));
        assert_eq!(asked.expires_at, moment("2026-07-01T12:30:00Z"));
        assert_eq!(asked.client.expect("the client").id.as_str(), CLIENT);
        world.provider.reject_logout(sealed("logout_challenge")).await.expect("it is rejected");
        let back = world.provider.accept_logout(sealed("logout_challenge")).await.expect("it is accepted");
        for verifier in [sealed("logout_verifier"), &parameter(&back, "logout_verifier")] {
            hydra_remembers(&world).await;
            let directions = world.browser().log_out(&[("logout_verifier", verifier)]).await.expect("it ends");
            assert!(matches!(directions.step, LogoutStep::Visit(url) if url == "https://app.vectors.test/bye?state=1"));
            let id = id.clone();
            assert!(world.look(move |records| records.login_session(&id)).await.is_none());
        }
        at(&world, "2026-07-01T12:30:00Z");
        for late in [sealed("logout_challenge"), &parameter(&back, "logout_verifier")] {
            let outcome = world.provider.logout_request(late).await.map(drop);
            let outcome = if late == sealed("logout_challenge") {
                outcome
            } else {
                world.browser().log_out(&[("logout_verifier", late)]).await.map(drop)
            };
            assert_eq!(refused(outcome), ErrorCode::RequestUnauthorized);
        }
    }
}

#[tokio::test]
async fn a_logout_is_written_for_hydra_as_hydra_writes_it() {
    let world = in_hydras_place(true).await;
    let mut visitor = browser(&world);
    let remember = |accepted: &mut LoginAccepted| accepted.remember = true;
    let answer = visitor
        .sign_in_with(&request().with("response_type", "id_token").with("nonce", "some-nonce"), USER, remember)
        .await;
    let session = visitor.session.clone().expect("a session");
    at(&world, "2026-07-01T12:00:00Z");
    let bye = "https://app.vectors.test/bye";
    let by_client = [("id_token_hint", answer.get("id_token")), ("post_logout_redirect_uri", bye), ("state", "1")];
    for (pairs, client) in [(by_client.as_slice(), true), (&[], false)] {
        let LogoutStep::Visit(url) = visitor.log_out(pairs).await.expect("it begins").step else {
            panic!("a challenge")
        };
        let challenge = parameter(&url, "logout_challenge");
        let asked = world.provider.logout_request(&challenge).await.expect("it opens");
        let back = world.provider.accept_logout(&challenge).await.expect("it is accepted");
        for (purpose, name, text) in [
            (FlowPurpose::LogoutChallenge, "logout_challenge", &challenge),
            (FlowPurpose::LogoutVerifier, "logout_verifier", &parameter(&back, "logout_verifier")),
        ] {
            let (ours, mut hydras) = (opened(purpose, text), inside(name));
            hydras.insert("sid".to_owned(), json!(session.as_str()));
            if name == "logout_challenge" {
                assert!(asked.request_url.starts_with("/oauth2/sessions/logout?"));
                hydras.insert("request_url".to_owned(), json!(asked.request_url));
            }
            if !client {
                hydras.insert("rp_initiated".to_owned(), json!(false));
                hydras.insert("client".to_owned(), json!(null));
                hydras.insert("redir_url".to_owned(), json!("https://id.example/bye"));
            }
            assert_eq!(
                serde_json::to_string(&ours).expect("JSON"),
                serde_json::to_string(&hydras).expect("JSON"),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn a_logout_survives_a_change_of_servers_at_every_step() {
    let ours = in_hydras_place(false).await;
    let hydras = second(&ours, true);
    for turns in 0..8_u32 {
        for by_client in [false, true] {
            let server = |step: u32| if turns >> step & 1 == 0 { &ours } else { &hydras };
            let mut visitor = browser(server(0));
            let remember = |accepted: &mut LoginAccepted| accepted.remember = true;
            let hybrid = request().with("response_type", "id_token").with("nonce", "some-nonce");
            let answer = visitor.sign_in_with(&hybrid, USER, remember).await;
            let id = visitor.session.clone().expect("a session");
            let pairs = [
                ("id_token_hint", answer.get("id_token")),
                ("post_logout_redirect_uri", "https://app.vectors.test/bye"),
            ];
            let directions = visitor.log_out(if by_client { &pairs } else { &[] }).await.expect("it begins");
            let LogoutStep::Visit(url) = directions.step else { panic!("a challenge") };
            let back = server(1).provider.accept_logout(&parameter(&url, "logout_challenge")).await.expect("accepted");
            let verifier = parameter(&back, "logout_verifier");
            let directions = visitor.at(server(2)).log_out(&[("logout_verifier", &verifier)]).await.expect("it ends");
            let end = if by_client { "https://app.vectors.test/bye" } else { "https://id.example/bye" };
            assert!(matches!(directions.step, LogoutStep::Visit(url) if url == end));
            assert!(ours.look(move |records| records.login_session(&id)).await.is_none());
        }
    }
}

/// Hydra's have 1,000 to 4,000 characters, which proxies, mail programs and log columns cut.
#[tokio::test]
async fn challenges_of_our_own_are_short() {
    let world = World::with_shop().await;
    let id = "9e5d3c1a-7b2f-4d8e-9a6c-0f1e2d3c4b5a";
    let uri = "https://app.customer-portal.example.com/auth/callb";
    world.register_app(id, |client| client.redirect_uris = list(&[uri])).await;
    let request = Request::of(id)
        .with("redirect_uri", uri)
        .with("scope", "openid offline_access api photos.read")
        .with("state", "Zk3tQv9xLr2mWc8nYp5hBd7jGs4fTa6uEi1oKq0wXzM")
        .with("nonce", "pN7vR2kT9wQ4mX6cZ8bL1hJ3gF5dS0aYuIeOrWtPqVk")
        .with("code_challenge", "TDp3C-wPo3aKDK1Bg-ukP78nZ9YiqUD2ToRD96HoaHU")
        .with("code_challenge_method", "S256");
    let mut browser = world.browser();
    let login = browser.begin(&request).await;
    assert!(login.len() <= 600, "a login challenge has {} characters", login.len());
    let back =
        world.accept_login(&login, "b6f1c0de-2a3b-4c5d-8e9f-a0b1c2d3e4f5", |accepted| accepted.remember = true).await;
    let verifier = parameter(&back, "login_verifier");
    let consent = browser.open(&back).await.expect("it goes on").consent_challenge();
    let back = world.accept_consent(&consent, "openid offline_access", |_| ()).await;
    let consent_verifier = parameter(&back, "consent_verifier");
    for (name, text) in
        [("login verifier", verifier), ("consent challenge", consent), ("consent verifier", consent_verifier)]
    {
        assert!(text.len() <= 700, "a {name} has {} characters", text.len());
    }
    let LogoutStep::Visit(url) = browser.log_out(&[]).await.expect("it begins").step else { panic!("a challenge") };
    assert!(parameter(&url, "logout_challenge").len() <= 400);
    assert_eq!(world.provider.now(), beginning());
}
