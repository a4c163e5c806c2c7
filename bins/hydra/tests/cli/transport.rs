//! How the server is reached, and what is said when that fails.

use std::net::TcpListener;

use crate::support::{Server, answer, ok, run};

#[test]
fn the_path_of_the_endpoint_is_kept() {
    let server = Server::answering([ok(r#"{"client_id":"x"}"#)]);
    let endpoint = format!("{}/base//", server.url());
    assert_eq!(run(&["get", "-e", &endpoint, "client", "x", "-q"], &[], "").output(), "x\n");
    assert_eq!(server.request().line, "GET /base/admin/clients/x");
}

#[test]
fn extra_headers_overwrite_and_values_may_hold_colons() {
    let server = Server::answering([ok(r#"{"client_id":"x"}"#)]);
    let more = ["-H", "X-Time: 12:30", "-H", "accept: text/plain,\"x-list: a, b\"", "-H", "X-Time: 99"];
    server.hydra_with("get client x", &more).output();
    let request = server.request();
    assert_eq!(request.header("x-time"), Some("12:30"));
    assert_eq!(request.header("accept"), Some("text/plain"));
    assert_eq!(request.header("x-list"), Some("a, b"));
}

#[test]
fn a_header_without_a_colon_is_refused_without_repeating_it() {
    let error = run(&["get", "client", "x", "-e", "http://127.0.0.1:1", "-H", "hush hush"], &[], "").error();
    assert!(error.contains("--http-header") && !error.contains("hush"), "{error}");
}

#[test]
fn the_proxy_of_the_environment_is_not_used() {
    let server = Server::answering([ok(r#"{"client_id":"x"}"#)]);
    let variables = [
        ("http_proxy", "http://127.0.0.1:1"),
        ("HTTP_PROXY", "http://127.0.0.1:1"),
        ("ALL_PROXY", "http://127.0.0.1:1"),
    ];
    run(&["get", "client", "x", "-q", "-e", server.url()], &variables, "").output();
}

#[test]
fn a_server_that_is_not_there_is_told_once() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = run(&["get", "client", "x", "-e", &format!("http://127.0.0.1:{port}")], &[], "").error();
    assert!(error.starts_with(&format!("Error: GET http://127.0.0.1:{port}/admin/clients/x: ")), "{error}");
    assert_eq!(error.matches("refused").count(), 1, "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn an_error_page_of_something_else_is_not_repeated() {
    let server = Server::answering([answer("502 Bad Gateway", "<html>oops</html>"), ok("<html>hello</html>")]);
    let error = server.hydra("get client x").error();
    assert!(error.contains("502 Bad Gateway") && !error.contains("oops"), "{error}");
    let error = server.hydra("get client x").error();
    assert!(error.contains("--endpoint"), "{error}");
}

#[test]
fn an_endpoint_is_needed_and_has_a_scheme() {
    assert!(run(&["get", "client", "x"], &[], "").error().contains("ORY_SDK_URL"));
    let error = run(&["get", "client", "x", "-e", "localhost:4445"], &[], "").error();
    assert!(error.contains("http://") && error.contains("Usage: hydra get oauth2-client"), "{error}");
}

#[test]
fn an_id_cannot_climb_out_of_its_collection() {
    let server = Server::answering([]);
    for id in ["..", ".", ""] {
        server.hydra_with("delete jwk", &[id]).error();
    }
    assert!(server.requests().is_empty());
}

#[test]
fn a_password_in_the_endpoint_is_not_repeated() {
    for endpoint in ["http://user:hush@127.0.0.1:1", "user:hush@127.0.0.1:1"] {
        let error = run(&["get", "client", "x", "-e", endpoint], &[], "").error();
        assert!(!error.contains("hush"), "{error}");
    }
}

#[test]
fn plain_http_needs_no_certificate_authorities() {
    let server = Server::answering([ok(r#"{"client_id":"x"}"#)]);
    let none = [("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")];
    assert_eq!(run(&["get", "client", "x", "-q", "-e", server.url()], &none, "").output(), "x\n");
}
