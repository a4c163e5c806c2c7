//! `/admin/oauth2/auth/sessions/…`: consents and logins, listed and ended.

use serde_json::json;

use crate::support::{
    browser::{Browser, Plan, parameter},
    http::Request,
    server::Server,
};

#[test]
fn consents_are_listed_page_by_page_and_revoked_with_their_tokens() {
    let server = &Server::start(&[]).with_quick_keys();
    server.register_web("list-a");
    server.register_web("list-b");
    let mut tokens = Vec::new();
    for client in ["list-a", "list-b", "list-a"] {
        let code = Browser::at(server).code(&Plan::new(client, "carol", "openid offline"));
        tokens.push(server.redeem(client, &code).expect(200).json());
    }
    Browser::at(server).code(&Plan::new("list-a", "dave", "openid"));
    let list = |query: &str| server.admin.send(Request::get(format!("/admin/oauth2/auth/sessions/consent?{query}")));
    let first = list("subject=carol&page_size=2").expect(200);
    assert_eq!(first.json().as_array().map(Vec::len), Some(2));
    let next = first.header("Link").and_then(|link| link.split(',').find(|part| part.contains("rel=\"next\"")));
    let next = next.and_then(|part| part.split(['<', '>']).nth(1)).expect("a next page").to_owned();
    let second = server.admin.send(Request::get(next)).expect(200).json();
    assert_eq!(second.as_array().map(Vec::len), Some(1));
    let shown = &second[0];
    assert_eq!(shown["consent_request"]["challenge"], "");
    assert_eq!(shown["grant_scope"], json!(["openid", "offline"]));
    assert_eq!(list("subject=nobody").expect(200).json(), json!([]));
    for (query, error) in [("", "invalid_request"), ("subject=carol&page_token=made-up", "invalid_request")] {
        assert_eq!(list(query).expect(400).error(), error);
    }
    let revoke =
        |query: &str| server.admin.send(Request::delete(format!("/admin/oauth2/auth/sessions/consent?{query}")));
    for odd in ["", "subject=carol", "subject=carol&client=list-a&all=true", "client=list-a", "subject=carol&all=yes"] {
        assert_eq!(revoke(odd).expect(400).error(), "invalid_request", "{odd}");
    }
    revoke("subject=carol&client=list-a").expect(204);
    let active = |n: usize, kind: &str| server.introspect(tokens[n][kind].as_str().expect("a token"))["active"] == true;
    assert_eq!((active(0, "access_token"), active(0, "refresh_token")), (false, false));
    assert!(active(1, "access_token") && !active(2, "refresh_token"));
    revoke("subject=carol&all=true").expect(204);
    assert!(!active(1, "access_token"));
    assert_eq!(list("subject=carol").expect(200).json(), json!([]));
    assert_eq!(list("subject=dave").expect(200).json().as_array().map(Vec::len), Some(1));
}

#[test]
fn a_login_that_an_operator_ended_must_be_repeated() {
    let server = &Server::shared();
    server.register_web("ended");
    let plan = Plan { login: json!({"remember": true}), ..Plan::new("ended", "erin", "openid") };
    let mut browser = Browser::at(server);
    browser.code(&plan);
    let silent = Plan { with: &[("prompt", "none")], ..Plan::new("ended", "erin", "openid") };
    browser.ask(&silent).expect(302);
    server.admin.send(Request::delete("/admin/oauth2/auth/sessions/login?subject=erin")).expect(204);
    assert_eq!(parameter(&browser.ask(&silent).expect(303), "error"), "login_required");
    // The cookie of the deleted session is no obstacle to a new login.
    let plan = Plan::new("ended", "erin", "openid");
    browser.code(&plan);
    let nobody = Request::delete("/admin/oauth2/auth/sessions/login");
    assert_eq!(server.admin.send(nobody).expect(400).error(), "invalid_request");
    server.admin.send(Request::delete("/admin/oauth2/auth/sessions/login?sid=unknown")).expect(204);
}
