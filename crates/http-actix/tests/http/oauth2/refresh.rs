//! Refreshing over HTTP.

use serde_json::Value;

use crate::support::{
    browser::{Browser, Plan},
    http::Request,
    server::{Server, secret_of},
};

fn tokens(server: &Server, client: &str) -> Value {
    let code = Browser::at(server).code(&Plan::new(client, "alice", "openid offline email"));
    server.redeem(client, &code).expect(200).json()
}

fn text<'v>(answer: &'v Value, member: &str) -> &'v str {
    answer[member].as_str().unwrap_or_else(|| panic!("no {member} in {answer}"))
}

#[test]
fn a_refresh_gives_a_new_pair_and_ends_the_old_one() {
    let server = &Server::shared();
    server.register_web("refresh");
    let first = tokens(server, "refresh");
    let answer = server.refresh("refresh", text(&first, "refresh_token")).expect(200);
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    let second = answer.json();
    assert_eq!(second["scope"], "openid offline email");
    assert!(second["id_token"].is_string());
    assert_eq!(server.introspect(text(&first, "access_token"))["active"], false);
    assert_eq!(server.introspect(text(&second, "access_token"))["active"], true);
    // A second use, later, is reuse.
    assert_eq!(server.refresh("refresh", text(&first, "refresh_token")).expect(400).error(), "invalid_grant");
    assert_eq!(server.introspect(text(&second, "access_token"))["active"], false);
    assert_eq!(server.refresh("refresh", text(&second, "refresh_token")).expect(400).error(), "invalid_grant");
}

#[test]
fn inside_the_window_the_same_answer_is_given_again() {
    let server = &Server::start(&[("OAUTH2_GRANT_REFRESH_TOKEN_IDEMPOTENT_WINDOW", "60s")]).with_quick_keys();
    server.register_web("again");
    let first = tokens(server, "again");
    let second = server.refresh("again", text(&first, "refresh_token")).expect(200).json();
    let again = server.refresh("again", text(&first, "refresh_token")).expect(200).json();
    for member in ["access_token", "refresh_token", "id_token", "scope"] {
        assert_eq!(again[member], second[member], "{member}");
    }
    let third = server.refresh("again", text(&second, "refresh_token")).expect(200).json();
    // Its successor was used: whoever shows the first token now did not lose an answer.
    assert_eq!(server.refresh("again", text(&first, "refresh_token")).expect(400).error(), "invalid_grant");
    assert_eq!(server.introspect(text(&third, "access_token"))["active"], false);
}

#[test]
fn a_refresh_may_ask_for_less_and_not_for_more() {
    let server = &Server::shared();
    server.register_web("narrow");
    let first = tokens(server, "narrow");
    let ask = |token: &str, scope: &str| {
        server.public.send(Request::post("/oauth2/token").basic("narrow", &secret_of("narrow")).form(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("scope", scope),
        ]))
    };
    assert_eq!(ask(text(&first, "refresh_token"), "openid profile").expect(400).error(), "invalid_scope");
    let second = ask(text(&first, "refresh_token"), "email").expect(200).json();
    assert_eq!(second["scope"], "email");
    let third = server.refresh("narrow", text(&second, "refresh_token")).expect(200).json();
    assert_eq!(third["scope"], "openid offline email");
}
