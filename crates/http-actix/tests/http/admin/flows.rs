//! `/admin/oauth2/auth/requests/…`: what login, consent and logout applications get to see, and how they are refused.

use serde_json::{Value, json};

use crate::support::{
    browser::{Browser, Plan, parameter},
    http::{Answer, Request},
    server::Server,
};

fn names(object: &Value) -> Vec<&str> {
    object.as_object().map(|members| members.keys().map(String::as_str).collect()).unwrap_or_default()
}

fn get(server: &Server, step: &str, challenge: &str) -> Answer {
    server.admin.send(Request::get(format!("/admin/oauth2/auth/requests/{step}?{step}_challenge={challenge}")))
}

#[test]
fn applications_see_the_request_member_by_member() {
    let server = &Server::shared();
    server.register_web("seen");
    let with = [("login_hint", "wren@example.org"), ("ui_locales", "de en"), ("audience", "")];
    let plan = Plan { with: &with, ..Plan::new("seen", "alice", "openid email") };
    let plan = Plan { login: json!({"acr": "1", "amr": ["otp"], "context": {"b": 1, "a": [2.50]}}), ..plan };
    let mut browser = Browser::at(server);
    let asked = browser.ask(&plan).expect(302);
    let challenge = parameter(&asked, "login_challenge");
    let login = get(server, "login", &challenge).expect(200);
    assert_eq!(login.header("Content-Type"), Some("application/json; charset=utf-8"));
    let login = login.json();
    let expected = [
        "challenge",
        "requested_scope",
        "requested_access_token_audience",
        "skip",
        "subject",
        "oidc_context",
        "client",
        "request_url",
        "session_id",
    ];
    assert_eq!(names(&login), expected);
    assert_eq!(login["oidc_context"], json!({"ui_locales": ["de", "en"], "login_hint": "wren@example.org"}));
    assert_eq!((&login["skip"], &login["subject"]), (&json!(false), &json!("")));
    assert!(login["request_url"].as_str().is_some_and(|url| url.starts_with(&server.issuer)), "{login}");
    assert!(login["client"].get("client_secret").is_none());
    // The old name of the parameter works as well.
    server.admin.send(Request::get(format!("/admin/oauth2/auth/requests/login?challenge={challenge}"))).expect(200);
    let logged_in = browser.log_in(&asked, &plan).expect(302);
    let consent = get(server, "consent", &parameter(&logged_in, "consent_challenge")).expect(200);
    assert!(consent.text().contains(r#""context":{"b":1,"a":[2.5]}"#), "{}", consent.text());
    let consent = consent.json();
    let expected = [
        "challenge",
        "consent_request_id",
        "requested_scope",
        "requested_access_token_audience",
        "skip",
        "subject",
        "oidc_context",
        "client",
        "request_url",
        "login_challenge",
        "login_session_id",
        "acr",
        "amr",
        "context",
    ];
    assert_eq!(names(&consent), expected);
    assert_eq!(consent["login_session_id"], login["session_id"]);
    assert_eq!((&consent["acr"], &consent["amr"]), (&json!("1"), &json!(["otp"])));
}

#[test]
fn a_challenge_works_at_its_own_step_only() {
    let server = &Server::shared();
    server.register_web("steps");
    let challenge = parameter(&Browser::at(server).ask(&Plan::new("steps", "alice", "openid")), "login_challenge");
    for step in ["consent", "logout"] {
        assert_eq!(get(server, step, &challenge).expect(404).error(), "Not Found");
    }
    let cut = &challenge[..challenge.len() - 5];
    assert_eq!(get(server, "login", cut).expect(404).error(), "Not Found");
}

#[test]
fn an_answer_that_is_not_right_is_refused_with_a_code() {
    let server = &Server::shared();
    server.register_web("answers");
    let plan = Plan::new("answers", "alice", "openid");
    let mut browser = Browser::at(server);
    let asked = browser.ask(&plan);
    let login = parameter(&asked, "login_challenge");
    let put = |step: &str, what: &str, challenge: &str, body: &str| {
        let target = format!("/admin/oauth2/auth/requests/{step}/{what}?{step}_challenge={challenge}");
        server.admin.send(Request::put(target).text(body))
    };
    for body in ["", "[]", "{", "{}", r#"{"subject":""}"#, r#"{"subject":5}"#, r#"{"subject":"a","remember_for":-1}"#] {
        assert_eq!(put("login", "accept", &login, body).expect(400).error(), "invalid_request", "{body}");
    }
    for body in ["", "[]", r#"{"Subject":"a"}"#, r#"{"subject":"a","subject":"b"}"#, r#"{"subject":"a"} x"#] {
        assert_eq!(put("login", "accept", &login, body).expect(400).error(), "invalid_request", "{body}");
    }
    let logged_in = browser.log_in(&asked, &plan);
    let consent = parameter(&logged_in, "consent_challenge");
    for body in ["", r#"{"grant_scope":"openid"}"#, r#"{"remember_for":-5}"#, r#"{"session":{"id_token":[]}}"#] {
        assert_eq!(put("consent", "accept", &consent, body).expect(400).error(), "invalid_request", "{body}");
    }
    let refused = put("consent", "accept", &consent, r#"{"grant_scope":["openid","email"]}"#).expect(400);
    assert_eq!(refused.error(), "invalid_scope");
    let refused = put("consent", "accept", &consent, r#"{"grant_access_token_audience":["https://a.example"]}"#);
    assert_eq!(refused.expect(400).error(), "invalid_request");
    put("consent", "reject", &consent, r#"{"error":"no\nway","error_description":"because \"of\" that"}"#).expect(200);
}

#[test]
fn a_rejection_reaches_the_client() {
    let server = &Server::shared();
    server.register_web("rejected");
    let plan = Plan::new("rejected", "alice", "openid");
    let mut browser = Browser::at(server);
    let asked = browser.ask(&plan);
    let target =
        format!("/admin/oauth2/auth/requests/login/reject?login_challenge={}", parameter(&asked, "login_challenge"));
    let body = json!({"error": "too_young", "error_description": "come back", "error_hint": "in a year"});
    let answer = server.admin.send(Request::put(target).json(&body)).expect(200).json();
    let refused = browser.visit(answer["redirect_to"].as_str().expect("an address")).expect(303);
    assert_eq!(parameter(&refused, "error"), "too_young");
    assert_eq!(parameter(&refused, "error_description"), "come back in a year");
}
