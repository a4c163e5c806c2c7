//! Logins: the same on every database, and single use whatever happens at once, over two instances on one database.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Barrier,
    thread,
};

use serde_json::{Value, json};

use crate::{
    support::{
        browser::{Browser, Plan, parameter, try_parameter},
        http::{Answer, Request},
        server::{Server, secret_of},
    },
    transcript::Transcript,
};

/// How many try at once.
const RACERS: usize = 32;

/// Lets all of them go at the same moment, half at each instance; what they got, in no order.
fn at_once<T: Send>(server: &Server, other: &Server, one: impl Fn(&Server, usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(RACERS);
    thread::scope(|scope| {
        let racers: Vec<_> = (0..RACERS)
            .map(|n| {
                let (start, one) = (&start, &one);
                let at = if n % 2 == 0 { server } else { other };
                scope.spawn(move || {
                    start.wait();
                    one(at, n)
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().expect("a racer gets an answer")).collect()
    })
}

fn counted(answers: &[Answer]) -> BTreeMap<(u16, String), usize> {
    let mut counted = BTreeMap::new();
    for answer in answers {
        let error = answer.json()["error"].as_str().unwrap_or_default().to_owned();
        *counted.entry((answer.status, error)).or_default() += 1;
    }
    counted
}

fn text(answer: &Value, member: &str) -> String {
    answer[member].as_str().unwrap_or_else(|| panic!("no {member} in {answer}")).to_owned()
}

fn is_active(server: &Server, token: &str) -> bool {
    server.introspect(token)["active"] == true
}

/// A login from its beginning to its end, written down.
pub(crate) fn a_login(say: &mut Transcript<'_>) {
    let server = say.server;
    server.register_web("login");
    let plan = Plan {
        login: json!({"remember": true, "remember_for": 3600, "acr": "1", "amr": ["pwd"], "context": {"é": "|\"<&>"}}),
        consent: json!({"remember": true, "session": {"id_token": {"ü": [1, 2.5]}, "access_token": {"a|b": "<>"}}}),
        ..Plan::new("login", "Zoë \u{1f980} | O'Neill", "openid offline email")
    };
    let mut browser = Browser::at(server);
    let code = browser.code(&plan);
    let tokens = server.redeem("login", &code).expect(200).json();
    for kind in ["access_token", "refresh_token"] {
        say.admin(Request::post("/admin/oauth2/introspect").form(&[("token", &text(&tokens, kind))]), 200);
    }
    let bearer = format!("Bearer {}", text(&tokens, "access_token"));
    let mut claims = server.public.send(Request::get("/userinfo").header("Authorization", bearer)).expect(200).json();
    for member in ["auth_time", "iat", "rat", "iss"] {
        claims[member] = "…".into();
    }
    say.lines.push(claims.to_string());
    // The second time both questions are skipped.
    let asked = browser.ask(&plan).expect(302);
    let challenge = parameter(&asked, "login_challenge");
    let target = format!("/admin/oauth2/auth/requests/login?login_challenge={challenge}");
    let question = server.admin.send(Request::get(target)).expect(200).json();
    say.lines.push(format!("{} {}", question["skip"], question["subject"]));
    let logged_in = browser.log_in(&asked, &plan).expect(302);
    let challenge = parameter(&logged_in, "consent_challenge");
    let target = format!("/admin/oauth2/auth/requests/consent?consent_challenge={challenge}");
    let question = server.admin.send(Request::get(target)).expect(200).json();
    say.lines.push(format!("{} {} {}", question["skip"], question["context"], question["acr"]));
    assert_eq!(question["skip"], true);
    let refreshed = server.refresh("login", &text(&tokens, "refresh_token")).expect(200).json();
    say.lines.push(format!("{} {}", refreshed["scope"], refreshed["id_token"].is_string()));
    let list = "/admin/oauth2/auth/sessions/consent?subject=Zo%C3%AB%20%F0%9F%A6%80%20%7C%20O%27Neill";
    let consents = server.admin.send(Request::get(list)).expect(200).json();
    let consent = &consents[0];
    say.lines.push(format!("{} {} {}", consent["session"], consent["context"], consent["grant_scope"]));
    let forget = "subject=Zo%C3%AB%20%F0%9F%A6%80%20%7C%20O%27Neill&all=true";
    say.admin(Request::delete(format!("/admin/oauth2/auth/sessions/consent?{forget}")), 204);
    for token in [text(&refreshed, "access_token"), text(&refreshed, "refresh_token")] {
        say.admin(Request::post("/admin/oauth2/introspect").form(&[("token", &token)]), 200);
    }
}

pub(crate) fn one_code(server: &Server) {
    let other = server.another_instance(&[]);
    server.register_web("one-code");
    for _ in 0..3 {
        let code = Browser::at(server).code(&Plan::new("one-code", "alice", "openid offline"));
        let answers = at_once(server, &other, |at, _| at.redeem("one-code", &code));
        let expected = BTreeMap::from([((200, String::new()), 1), ((400, "invalid_grant".to_owned()), RACERS - 1)]);
        assert_eq!(counted(&answers), expected);
        // A replay revokes what the winner got.
        let won = answers.iter().find(|answer| answer.status == 200).expect("somebody won").json();
        assert_eq!(server.redeem("one-code", &code).expect(400).error(), "invalid_grant");
        assert!(!is_active(server, &text(&won, "access_token")) && !is_active(server, &text(&won, "refresh_token")));
    }
}

/// Inside the window all get the same pair, however late they come.
pub(crate) fn one_refresh_token(server: &Server) {
    let window = [("OAUTH2_GRANT_REFRESH_TOKEN_IDEMPOTENT_WINDOW", "60s")];
    let (first, other) = (server.another_instance(&window), server.another_instance(&window));
    let server = &first;
    let mut token = first_refresh_token(server, "one-refresh");
    for _ in 0..3 {
        let (refresh, access) = (server.rows("hydra_oauth2_refresh"), server.rows("hydra_oauth2_access"));
        let answers = at_once(server, &other, |at, _| at.refresh("one-refresh", &token));
        assert_eq!(counted(&answers), BTreeMap::from([((200, String::new()), RACERS)]));
        assert_eq!((distinct(&answers, "refresh_token").len(), distinct(&answers, "access_token").len()), (1, 1));
        assert_eq!(server.rows("hydra_oauth2_refresh") - refresh, 1);
        assert_eq!(server.rows("hydra_oauth2_access") - access, 0, "the earlier access token goes, one comes");
        token = distinct(&answers, "refresh_token").into_iter().next().expect("there is one");
    }
    assert!(is_active(server, &token), "the family lives");
}

/// Without a window, calls that raced with the winner get its pair. On a busy machine some come so late that they count as a second
/// use, which ends the authorization: either all live with one pair, or nothing lives.
pub(crate) fn one_refresh_token_without_a_window(server: &Server) {
    let other = server.another_instance(&[]);
    let token = first_refresh_token(server, "no-window");
    let answers = at_once(server, &other, |at, _| at.refresh("no-window", &token));
    let (won, late): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert!(late.iter().all(|answer| answer.status == 400 && answer.error() == "invalid_grant"), "{late:?}");
    let pairs = distinct(&won, "refresh_token");
    assert_eq!(pairs.len(), 1);
    let lives = is_active(server, pairs.first().expect("somebody won"));
    assert_eq!(lives, late.is_empty(), "{} came late", late.len());
}

fn first_refresh_token(server: &Server, client: &str) -> String {
    server.register_web(client);
    let code = Browser::at(server).code(&Plan::new(client, "alice", "openid offline"));
    text(&server.redeem(client, &code).expect(200).json(), "refresh_token")
}

fn distinct(answers: &[Answer], member: &str) -> BTreeSet<String> {
    answers.iter().map(|answer| text(&answer.json(), member)).collect()
}

/// Whichever comes first, afterwards nothing of the authorization is good.
pub(crate) fn rotation_against_revocation(server: &Server) {
    let other = server.another_instance(&[]);
    server.register_web("both");
    for _ in 0..12 {
        let code = Browser::at(server).code(&Plan::new("both", "alice", "offline"));
        let first = server.redeem("both", &code).expect(200).json();
        let token = text(&first, "refresh_token");
        let start = Barrier::new(2);
        let refreshed = thread::scope(|scope| {
            let rotating = scope.spawn(|| {
                start.wait();
                server.refresh("both", &token)
            });
            start.wait();
            let form = [("token", token.as_str())];
            let revoke = Request::post("/oauth2/revoke").basic("both", &secret_of("both")).form(&form);
            other.public.send(revoke).expect(200);
            rotating.join().expect("an answer")
        });
        assert!([200, 400].contains(&refreshed.status), "{refreshed:?}");
        if refreshed.status == 200 {
            // The token that was revoked had been rotated away: its successor is revoked by whoever holds it.
            let second = refreshed.json();
            let successor = text(&second, "refresh_token");
            if is_active(server, &successor) {
                let form = [("token", successor.as_str())];
                let revoke = Request::post("/oauth2/revoke").basic("both", &secret_of("both")).form(&form);
                other.public.send(revoke).expect(200);
            }
            for kind in ["access_token", "refresh_token"] {
                assert!(!is_active(server, &text(&second, kind)));
            }
        }
        for kind in ["access_token", "refresh_token"] {
            assert!(!is_active(server, &text(&first, kind)));
        }
    }
}

pub(crate) fn one_consent(server: &Server) {
    let other = server.another_instance(&[]);
    server.register_web("one-consent");
    let plan = Plan::new("one-consent", "alice", "openid");
    let mut browser = Browser::at(server);
    let asked = browser.ask(&plan);
    let logged_in = browser.log_in(&asked, &plan);
    let body = json!({"grant_scope": ["openid"]});
    let url = browser.accept("consent", &parameter(&logged_in, "consent_challenge"), &body);
    let cookies = browser.cookies.clone();
    let answers = at_once(server, &other, |at, _| {
        let mut copy = Browser { server: at, cookies: cookies.clone() };
        copy.visit(&url).expect(303)
    });
    let codes = answers.iter().filter(|answer| try_parameter(answer, "code").is_some()).count();
    let refused = answers.iter().filter_map(|answer| try_parameter(answer, "error"));
    assert_eq!(codes, 1);
    assert!(refused.clone().all(|error| error == "access_denied"), "{:?}", refused.collect::<Vec<_>>());
}

/// Sixty-four people at once.
pub(crate) fn many_logins(server: &Server) {
    let other = server.another_instance(&[]);
    server.register_web("many");
    for round in 0..2 {
        let tokens = at_once(server, &other, |at, n| {
            let subject = format!("user-{round}-{n}");
            let plan = Plan { login: json!({"remember": n % 3 == 0}), ..Plan::new("many", &subject, "openid offline") };
            let code = Browser::at(at).code(&plan);
            text(&at.redeem("many", &code).expect(200).json(), "access_token")
        });
        assert!(tokens.iter().all(|token| is_active(server, token)));
    }
}
