//! The login page.

use serde_json::{Value, json};

use super::story::{Serving, get, post, post_from};
use crate::support::{Request, Server, answer, ok};

const REQUESTS: &str = "/admin/oauth2/auth/requests/login";

/// An admin API with one login request, whose challenge is `a=b`.
fn admin(request: Value) -> Server {
    Server::playing(move |asked| match asked.line.as_str() {
        "GET /admin/oauth2/auth/requests/login?login_challenge=a%3Db" => ok(&request.to_string()),
        "PUT /admin/oauth2/auth/requests/login/accept?login_challenge=a%3Db" => {
            ok(r#"{"redirect_to":"http://as.example/accepted"}"#)
        }
        "PUT /admin/oauth2/auth/requests/login/reject?login_challenge=a%3Db" => {
            ok(r#"{"redirect_to":"http://as.example/rejected"}"#)
        }
        line if line.starts_with("DELETE ") => answer("204 No Content", ""),
        _ => answer("404 Not Found", r#"{"error":"Unable to locate the resource","error_description":""}"#),
    })
}

fn first_visit() -> Value {
    json!({"challenge": "a=b", "skip": false, "subject": "", "oidc_context": {"login_hint": "\"wren"},
        "client": {"client_id": "c-1", "client_name": "<b>App</b>"}, "request_url": "http://as.example/"})
}

fn of_kind<'a>(requests: &'a [Request], start: &str) -> Vec<&'a Request> {
    requests.iter().filter(|request| request.line.starts_with(start)).collect()
}

#[test]
fn the_page_asks_for_a_name_and_shows_the_request() {
    let server = admin(first_visit());
    let serving = Serving::start(&server, "--skip");
    let shown = get(&serving.page("login?login_challenge=a%3Db"));
    let policy = shown.header("content-security-policy");
    assert!(policy.contains("form-action 'self' http: https:;"), "{policy}");
    let page = shown.with(200);
    for part in [
        "<form method=\"post\" action=\"/login\">",
        "<input type=\"hidden\" name=\"ls\" value=\"a=b\">",
        "<label for=\"username\">User name</label>",
        "name=\"username\" value=\"&quot;wren\"",
        "type=\"checkbox\" id=\"remember\" name=\"remember\" value=\"on\"",
        "name=\"revoke-consents\" value=\"on\"",
        "name=\"action\" value=\"accept\"",
        "name=\"action\" value=\"deny\" formnovalidate",
        "The client &lt;b&gt;App&lt;/b&gt; asks",
        "&quot;request_url&quot;: &quot;http://as.example/&quot;",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn accepting_names_the_user_and_goes_on() {
    let server = admin(first_visit());
    let serving = Serving::start(&server, "");
    let shown = post(&serving.page("login"), "ls=a%3Db&username=wren%26co&remember=on&action=accept");
    assert_eq!(shown.location(), "http://as.example/accepted");
    let shown = post(&serving.page("login"), "ls=a%3Db&username=wren&revoke-consents=on&action=accept");
    assert_eq!(shown.location(), "http://as.example/accepted");
    let requests = server.requests();
    let accepted = of_kind(&requests, "PUT ");
    let body = |request: &Request| serde_json::from_str::<Value>(&request.body).unwrap();
    let expected = |subject: &str, remember: bool| json!({"context": {"context from": "login step"}, "remember": remember, "remember_for": 3600, "subject": subject});
    assert_eq!(body(accepted[0]), expected("wren&co", true));
    assert_eq!(body(accepted[1]), expected("wren", false));
    let deleted = of_kind(&requests, "DELETE ");
    assert_eq!(deleted.len(), 1, "only when it was asked for");
    assert_eq!(deleted[0].line, "DELETE /admin/oauth2/auth/sessions/consent?all=true&subject=wren");
    let last_two: Vec<&str> = requests[requests.len() - 2..].iter().map(|request| request.line.as_str()).collect();
    assert!(last_two[0].starts_with("DELETE ") && last_two[1].starts_with("PUT "), "{last_two:?}");
}

#[test]
fn denying_rejects_and_goes_on() {
    let server = admin(first_visit());
    let serving = Serving::start(&server, "");
    let shown = post(&serving.page("login"), "ls=a%3Db&username=&action=deny");
    assert_eq!(shown.location(), "http://as.example/rejected");
    let requests = server.requests();
    let body: Value = serde_json::from_str(&of_kind(&requests, "PUT ")[0].body).unwrap();
    assert_eq!(body["error"], "access_denied");
}

#[test]
fn a_known_user_is_skipped_only_when_that_was_asked_for() {
    let server = admin(json!({"challenge": "a=b", "skip": true, "subject": "wren", "client": {"client_id": "c-1"}}));
    let serving = Serving::start(&server, "--skip");
    assert_eq!(get(&serving.page("login?login_challenge=a%3Db")).location(), "http://as.example/accepted");
    let requests = server.requests();
    assert_eq!(of_kind(&requests, "PUT ")[0].body, r#"{"subject":"wren"}"#);

    let serving = Serving::start(&server, "");
    let page = get(&serving.page("login?login_challenge=a%3Db")).with(200);
    assert!(page.contains("name=\"username\" value=\"wren\""), "{page}");
}

#[test]
fn mistakes_are_told_on_the_page_and_in_the_terminal() {
    let server = admin(first_visit());
    let serving = Serving::start(&server, "");
    for (form, status) in [
        ("ls=a%3Db&username=wren&action=perhaps", 400),
        ("ls=a%3Db&username=wren", 400),
        ("ls=a%3Db&username=&action=accept", 400),
        ("username=wren&action=accept", 400),
        ("ls=other&username=wren&action=accept", 500),
    ] {
        assert_eq!(post(&serving.page("login"), form).status, status, "{form}");
    }
    let page = get(&serving.page("login")).with(400);
    assert!(page.contains("urls.login") && page.contains(&serving.page("login")), "{page}");
    let page = get(&serving.page("login?login_challenge=other")).with(500);
    assert!(page.contains("Unable to locate the resource") && page.contains("--endpoint"), "{page}");
    serving.wait_for("Unable to locate the resource");
    assert!(of_kind(&server.requests(), &format!("PUT {REQUESTS}/accept?login_challenge=a")).is_empty());
}

#[test]
fn a_form_of_another_site_decides_nothing() {
    let server = admin(first_visit());
    let serving = Serving::start(&server, "");
    for site in ["cross-site", "same-site"] {
        let shown = post_from(site, &serving.page("login"), "ls=a%3Db&username=wren&action=accept");
        assert_eq!(shown.status, 403, "{site}");
    }
    assert!(of_kind(&server.requests(), "PUT ").is_empty());
}
