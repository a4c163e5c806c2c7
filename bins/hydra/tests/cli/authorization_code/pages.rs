//! What all pages have in common, and what the server behind them puts up with.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use super::story::{Serving, browse, get, post, token_server};

#[test]
fn pages_load_nothing_and_cannot_be_framed_or_kept() {
    let serving = Serving::start(&token_server(), "");
    for path in ["", "login", "error?error=x", "callback?error=x"] {
        let shown = get(&serving.page(path));
        let policy = shown.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "style-src 'sha256-",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(shown.header("cache-control"), "no-store");
        assert_eq!(shown.header("x-content-type-options"), "nosniff");
        assert_eq!(shown.header("content-type"), "text/html; charset=utf-8");
        let page = shown.body;
        assert!(page.starts_with("<!doctype html><html lang=\"en\">"), "{page}");
        assert!(page.contains("<title>") && page.contains("<main><h1>"), "{page}");
        assert!(!page.contains("<script") && !page.contains("src="), "{page}");
    }
}

#[test]
fn other_methods_are_told_which_there_are() {
    let serving = Serving::start(&token_server(), "");
    let put = |path: &str| browse(|browser| browser.put(serving.page(path)));
    for (path, allowed) in
        [("", "GET, HEAD"), ("perform-flow", "GET, HEAD"), ("callback", "GET, POST"), ("login", "GET, POST")]
    {
        let shown = put(path);
        assert_eq!((shown.status, shown.header("allow")), (405, allowed), "{path}");
    }
    assert_eq!(post(&serving.page("nowhere"), "a=b").status, 405);
    let head = browse(|browser| browser.head(&serving.home));
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[test]
fn bodies_that_are_no_forms_or_too_large_are_refused() {
    let serving = Serving::start(&token_server(), "");
    let json =
        browse(|browser| browser.post(serving.page("callback")).header("content-type", "application/json").body("{}"));
    assert_eq!(json.status, 415);
    let large = post(&serving.page("callback"), &format!("code={}", "x".repeat(300 * 1024)));
    assert_eq!(large.status, 413);
    get(&serving.home).with(200);
}

#[test]
fn a_request_that_does_not_arrive_is_given_up() {
    let serving = Serving::start(&token_server(), "");
    let address = serving.home.trim_start_matches("http://").trim_end_matches('/');
    let open = |text: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    };
    let start = Instant::now();
    let mut head = open("GET / HTTP/1.1\r\nHost: x\r\n");
    let mut body = open(
        "POST /callback HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nco",
    );
    get(&serving.home).with(200);
    let mut answer = String::new();
    body.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    head.read_to_string(&mut String::new()).unwrap();
    let waited = start.elapsed();
    assert!(waited > Duration::from_secs(4) && waited < Duration::from_secs(15), "{waited:?}");
}
