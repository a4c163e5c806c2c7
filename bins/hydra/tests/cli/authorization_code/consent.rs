//! The consent page.

use serde_json::{Value, json};

use super::story::{Serving, get, post, post_from};
use crate::support::{Request, Server, answer, ok};

const SESSIONS: &str = "/admin/oauth2/auth/sessions/consent?subject=wren&login_session_id=s-1";

/// An admin API with one consent request, whose challenge is `a=b`.
fn admin(skip: bool, sessions: &'static str) -> Server {
    let request = json!({"challenge": "a=b", "requested_scope": ["openid", "<i>"], "subject": "wren", "skip": skip,
        "requested_access_token_audience": ["https://api.example"], "login_session_id": "s-1",
        "client": {"client_id": "c-1", "client_name": ""}});
    Server::playing(move |asked| match asked.line.as_str() {
        "GET /admin/oauth2/auth/requests/consent?consent_challenge=a%3Db" => ok(&request.to_string()),
        "PUT /admin/oauth2/auth/requests/consent/accept?consent_challenge=a%3Db" => {
            ok(r#"{"redirect_to":"http://as.example/accepted"}"#)
        }
        "PUT /admin/oauth2/auth/requests/consent/reject?consent_challenge=a%3Db" => {
            ok(r#"{"redirect_to":"http://as.example/rejected"}"#)
        }
        line if line.strip_prefix("GET ") == Some(SESSIONS) && !sessions.is_empty() => ok(sessions),
        _ => answer("404 Not Found", r#"{"error":"Unable to locate the resource","error_description":""}"#),
    })
}

fn sent(server: &Server) -> (String, Value) {
    let is_put = |request: &Request| request.line.starts_with("PUT ");
    let request = server.requests().into_iter().find(is_put).unwrap();
    (request.line, serde_json::from_str(&request.body).unwrap())
}

#[test]
fn the_page_shows_what_is_asked_and_what_was_allowed_before() {
    let server = admin(
        false,
        r#"[{"grant_scope":["a","b"],"handled_at":"2026-07-24T10:00:00Z","consent_request":{"client":{"client_id":"c-2"}}}]"#,
    );
    let serving = Serving::start(&server, "--skip");
    let page = get(&serving.page("consent?consent_challenge=a%3Db")).with(200);
    for part in [
        "The client c-1 wants to act in the name of wren.",
        "<form method=\"post\" action=\"/consent\">",
        "<input type=\"hidden\" name=\"cs\" value=\"a=b\">",
        "<input type=\"hidden\" name=\"audience\" value=\"https://api.example\">",
        "<legend>It may</legend>",
        "type=\"checkbox\" id=\"scope-0\" name=\"scope\" value=\"openid\" checked",
        "<label for=\"scope-1\">&lt;i&gt;</label>",
        "name=\"remember\" value=\"on\"",
        "name=\"action\" value=\"accept\"",
        "name=\"action\" value=\"deny\"",
        "c-2: a b (2026-07-24T10:00:00Z)",
        "&quot;login_session_id&quot;: &quot;s-1&quot;",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn earlier_consents_may_be_none_or_unknown() {
    let page = |sessions| {
        let serving = Serving::start(&admin(false, sessions), "");
        get(&serving.page("consent?consent_challenge=a%3Db")).with(200)
    };
    assert!(page("[]").contains("nothing before"));
    assert!(page("").contains("could not be read"));
}

#[test]
fn what_is_ticked_is_granted() {
    let server = admin(false, "[]");
    let serving = Serving::start(&server, "");
    let form = "cs=a%3Db&audience=https%3A%2F%2Fapi.example&scope=openid&scope=%3Ci%3E&remember=on&action=accept";
    assert_eq!(post(&serving.page("consent"), form).location(), "http://as.example/accepted");
    let (_, body) = sent(&server);
    let session = json!({"access_token": {"foo": "bar"}, "id_token": {"baz": "bar"}});
    let expected = json!({"grant_scope": ["openid", "<i>"], "grant_access_token_audience": ["https://api.example"],
        "remember": true, "remember_for": 3600, "session": session});
    assert_eq!(body, expected);
}

#[test]
fn nothing_ticked_grants_nothing() {
    let server = admin(false, "[]");
    let serving = Serving::start(&server, "");
    post(&serving.page("consent"), "cs=a%3Db&action=accept").location();
    let (_, body) = sent(&server);
    assert_eq!((&body["grant_scope"], &body["remember"]), (&json!([]), &json!(false)));
}

#[test]
fn denying_rejects_and_goes_on() {
    let server = admin(false, "[]");
    let serving = Serving::start(&server, "");
    let shown = post(&serving.page("consent"), "cs=a%3Db&scope=openid&action=deny");
    assert_eq!(shown.location(), "http://as.example/rejected");
    assert_eq!(sent(&server).1["error"], "access_denied");
}

#[test]
fn a_consent_given_before_is_skipped_only_when_that_was_asked_for() {
    let server = admin(true, "[]");
    let serving = Serving::start(&server, "--skip");
    assert_eq!(get(&serving.page("consent?consent_challenge=a%3Db")).location(), "http://as.example/accepted");
    let (_, body) = sent(&server);
    assert_eq!(body["grant_scope"], json!(["openid", "<i>"]));
    assert_eq!(body["grant_access_token_audience"], json!(["https://api.example"]));
    assert_eq!(body["remember"], true);
    let serving = Serving::start(&server, "");
    get(&serving.page("consent?consent_challenge=a%3Db")).with(200);
}

#[test]
fn mistakes_and_forms_of_other_sites_decide_nothing() {
    let server = admin(false, "[]");
    let serving = Serving::start(&server, "");
    get(&serving.page("consent")).with(400);
    get(&serving.page("consent?consent_challenge=other")).with(500);
    assert_eq!(post(&serving.page("consent"), "cs=a%3Db&action=").status, 400);
    assert_eq!(post(&serving.page("consent"), "action=accept").status, 400);
    assert_eq!(post_from("cross-site", &serving.page("consent"), "cs=a%3Db&action=accept").status, 403);
    assert!(!server.requests().iter().any(|request| request.line.starts_with("PUT ")));
}
