//! Tokens: perform client-credentials, introspect, revoke, delete access-tokens.

use serde_json::Value;

use crate::support::{Server, answer, ok, run};

const TOKEN: &str = r#"{"access_token":"ory_at_x","expires_in":3599,"scope":"api","token_type":"bearer"}"#;

#[test]
fn client_credentials_are_sent_form_encoded_in_the_header() {
    let server = Server::answering([ok(TOKEN)]);
    let words = "perform client-credentials --client-id my:id --client-secret a&b --scope a,b --scope c --format json";
    let printed = server.hydra(words).output();
    let request = server.request();
    assert_eq!(request.line, "POST /oauth2/token");
    assert_eq!(request.header("authorization"), Some("Basic bXklM0FpZDphJTI2Yg=="), "my%3Aid:a%26b");
    assert_eq!(request.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(request.body, "audience=&grant_type=client_credentials&scope=a+b+c");
    let document: Value = serde_json::from_str(&printed).unwrap();
    let members: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(members, ["access_token", "token_type", "expiry"]);
    let expiry = document["expiry"].as_str().unwrap();
    assert!(expiry.ends_with('Z') && expiry.contains('.'), "{expiry}");
}

#[test]
fn a_token_is_printed_as_a_row_or_alone() {
    let server = Server::answering([ok(TOKEN), ok(TOKEN)]);
    let table = server.hydra("perform client-credentials --client-id a --client-secret b").output();
    assert!(table.starts_with("ACCESS TOKEN\tory_at_x\t\t\t\nREFRESH TOKEN\t<empty>\t\t\t\t\nID TOKEN\t"), "{table}");
    assert!(table.ends_with(" +0000 UTC\t\n"), "{table}");
    assert!(!server.requests()[0].body.contains("scope"), "no scope is asked for unless one is given");
    assert_eq!(server.hydra("perform client-credentials --client-id a --client-secret b -q").output(), "ory_at_x\n");
}

#[test]
fn a_refused_header_is_followed_by_credentials_in_the_body() {
    let refusal =
        || answer("401 Unauthorized", r#"{"error":"invalid_client","error_description":"No such \"client\"."}"#);
    let server = Server::answering([refusal(), ok(TOKEN), refusal(), refusal(), answer("502 Bad Gateway", "<html>")]);
    let words = "perform client-credentials --client-id a --client-secret b -q --audience https://x";
    assert_eq!(server.hydra(words).output(), "ory_at_x\n");
    let second = &server.requests()[1];
    let body = "audience=https%3A%2F%2Fx&client_id=a&client_secret=b&grant_type=client_credentials";
    assert_eq!((second.header("authorization"), second.body.as_str()), (None, body));
    let error = server.hydra(words).error();
    assert!(error.contains(r#"could not get a token: oauth2: "invalid_client" "No such \"client\".""#), "{error}");
}

#[test]
fn an_answer_without_json_is_shown_as_it_is() {
    let gateway = || answer("502 Bad Gateway", "<html>");
    let server = Server::answering([gateway(), gateway()]);
    let error = server.hydra("perform client-credentials --client-id a --client-secret b").error();
    assert!(error.contains("oauth2: cannot fetch token: 502 Bad Gateway\nResponse: <html>"), "{error}");
}

#[test]
fn credentials_may_come_from_the_environment_and_must_come_from_somewhere() {
    let server = Server::answering([ok(TOKEN)]);
    let variables = [("OAUTH2_CLIENT_ID", "a"), ("OAUTH2_CLIENT_SECRET", "hush"), ("ORY_SDK_URL", server.url())];
    assert_eq!(run(&["perform", "client-credentials", "-q"], &variables, "").output(), "ory_at_x\n");
    let help = run(&["perform", "client-credentials", "--help"], &variables, "").output();
    assert!(!help.contains("hush"), "help does not show the secret: {help}");

    let perform = run(&["perform", "client-credentials"], &variables[2..], "");
    assert_eq!(perform.code, 1);
    assert!(perform.stdout.starts_with("Usage: hydra perform client-credentials"), "{}", perform.stdout);
    assert!(perform.stderr.contains("--client-secret"), "{}", perform.stderr);
    let revoke = run(&["revoke", "token", "t"], &variables[2..], "").error();
    assert!(revoke.contains("--client-secret") && revoke.contains("Usage: hydra revoke token"), "{revoke}");
}

#[test]
fn introspect_asks_with_scope_and_token() {
    let active = r#"{"active":true,"scope":"api","client_id":"c-1","sub":"c-1","exp":1784890800,"iat":1784887200,"nbf":1784887200,"aud":[],"iss":"http://localhost:4444/","token_type":"Bearer","token_use":"access_token"}"#;
    let server = Server::answering([ok(active), ok(active), ok(r#"{"active":false}"#)]);
    let printed = server.hydra("introspect token ory_at_x --format json").output();
    let expected = r#"{"active":true,"client_id":"c-1","exp":1784890800,"iat":1784887200,"iss":"http://localhost:4444/","nbf":1784887200,"scope":"api","sub":"c-1","token_type":"Bearer","token_use":"access_token"}"#;
    assert_eq!(printed.trim_end(), expected);
    let request = &server.requests()[0];
    assert_eq!(
        (request.line.as_str(), request.body.as_str()),
        ("POST /admin/oauth2/introspect", "scope=&token=ory_at_x")
    );
    let table = server.hydra("introspect token ory_at_x --scope a --scope b").output();
    assert!(table.contains("EXPIRY\t\t2026-07-24 11:00:00 +0000 UTC\t\n"), "{table}");
    assert_eq!(server.requests()[1].body, "scope=a+b&token=ory_at_x");
    assert_eq!(server.hydra("introspect token nope --format json").output(), "{\"active\":false}\n");
}

#[test]
fn revoke_sends_plain_basic_credentials_and_prints_the_token() {
    let server = Server::answering([ok("")]);
    let printed = server.hydra("revoke token ory_at_x --client-id a --client-secret b&c --format json").output();
    assert_eq!(printed, "\"ory_at_x\"\n");
    let request = server.request();
    assert_eq!((request.line.as_str(), request.body.as_str()), ("POST /oauth2/revoke", "token=ory_at_x"));
    assert_eq!(request.header("authorization"), Some("Basic YTpiJmM="));
}

#[test]
fn access_tokens_of_a_client_are_deleted_at_once() {
    let server = Server::answering([answer("204 No Content", "")]);
    assert_eq!(server.hydra("delete access-tokens a&b").output(), "ID\ta&b\t\n");
    assert_eq!(server.request().line, "DELETE /admin/oauth2/tokens?client_id=a%26b");
}
