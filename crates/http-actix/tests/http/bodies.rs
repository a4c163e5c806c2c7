//! Bodies that are too large, too slow, or not what they claim to be.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{
    http::{Answer, Request},
    server::{Server, secret_of},
};

/// The limit of these servers, bytes.
const LIMIT: usize = 4096;

fn small() -> Server {
    Server::start(&[("SERVE_MAX_BODY_SIZE", "4096")])
}

#[track_caller]
fn names_the_limit(answer: &Answer) {
    let body = answer.json();
    let description = body["error_description"].as_str().expect("a description is text");
    assert!(description.contains("4096") && description.contains("serve.max_body_size"), "{description}");
}

#[test]
fn a_body_over_the_limit_is_refused_however_it_is_sent() {
    let server = small();
    let json = json!({"client_name": "x".repeat(LIMIT)});
    let form = [("token", "x".repeat(LIMIT))].map(|(name, value)| format!("{name}={value}")).concat();
    for request in [Request::post("/admin/clients").json(&json), Request::put("/admin/keys/x").json(&json)] {
        for request in [request.clone(), request.chunked()] {
            let answer = server.admin.send(request).expect(413);
            assert_eq!(answer.header("Content-Type"), Some("application/json"));
            names_the_limit(&answer);
        }
    }
    for (listener, target) in [
        (server.admin, "/admin/oauth2/introspect"),
        (server.public, "/oauth2/token"),
        (server.public, "/oauth2/revoke"),
    ] {
        let request = Request::post(target).raw_form(form.clone());
        for request in [request.clone(), request.chunked()] {
            let answer = listener.send(request).expect(413);
            assert_eq!(answer.error(), "invalid_request");
            assert_eq!(answer.header("Cache-Control"), Some("no-store"));
            names_the_limit(&answer);
        }
    }
}

#[test]
fn a_body_just_within_the_limit_is_read() {
    let server = small();
    let frame = r#"{"client_name":""}"#.len();
    let body = |length: usize| json!({"client_name": "x".repeat(length - frame)});
    for chunked in [false, true] {
        let request = |length| {
            let request = Request::post("/admin/clients").json(&body(length));
            if chunked { request.chunked() } else { request }
        };
        server.admin.send(request(LIMIT)).expect(201);
        server.admin.send(request(LIMIT + 1)).expect(413);
    }
}

#[test]
fn a_body_that_does_not_arrive_is_cut_off_while_others_are_served() {
    let server = small();
    for (listener, target) in [(server.public, "/oauth2/token"), (server.admin, "/admin/clients")] {
        let mut slow = listener.connect().expect("the server accepts");
        let head = format!(
            "POST {target} HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\ngrant_type="
        );
        slow.write(head.as_bytes()).expect("the head is taken");
        let begun = Instant::now();
        listener.send(Request::get("/health/alive")).expect(200);
        assert!(begun.elapsed() < Duration::from_secs(2));
        let answer = slow.read("POST").expect("a slow client is told");
        assert_eq!(answer.status, 408, "{answer:?}");
        assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    }
}

#[test]
fn a_head_that_does_not_arrive_is_cut_off() {
    let server = small();
    let mut slow = server.public.connect().expect("the server accepts");
    slow.write(b"GET /health/alive HTTP/1.1\r\nHost:").expect("the beginning is taken");
    let begun = Instant::now();
    // It may say 408 or just hang up.
    assert!(slow.read("GET").is_ok_and(|answer| answer.status == 408) || begun.elapsed() > Duration::from_secs(3));
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[test]
fn forms_that_are_not_well_formed_are_refused_whole() {
    let server = &Server::shared();
    server.register_machine("bodies-form");
    let basic = || Request::post("/oauth2/token").basic("bodies-form", &secret_of("bodies-form"));
    for pair in [
        &b"scope=%zz"[..],
        b"scope=%4",
        b"scope=%",
        b"scope=%ff",
        b"scope=\xff\xfe",
        b"scope=a%00b",
        b"scope=a\0b",
        b"scope=a;b",
        b"%zz=1",
    ] {
        let body = [b"grant_type=client_credentials&", pair].concat();
        let answer = server.public.send(basic().raw_form(body)).expect(400);
        assert_eq!(answer.error(), "invalid_request", "{:?}", String::from_utf8_lossy(pair));
    }
    let twice = "grant_type=client_credentials&grant_type=client_credentials";
    let answer = server.public.send(basic().raw_form(twice)).expect(400);
    assert!(answer.json()["error_description"].as_str().is_some_and(|text| text.contains("grant_type")));
    for odd in ["token=%ff", "token=a&token=b", "token=%00"] {
        let answer = server.admin.send(Request::post("/admin/oauth2/introspect").raw_form(odd)).expect(400);
        assert_eq!(answer.error(), "invalid_request", "{odd}");
    }
}

#[test]
fn text_that_claims_to_be_compressed_or_is_not_http_does_no_harm() {
    let server = &Server::shared();
    let odd = Request::post("/admin/clients").text("{}").header("Content-Encoding", "gzip");
    let status = server.admin.send(odd).status;
    assert!((200..500).contains(&status), "{status}");
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /health/alive HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /oauth2/token HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST /oauth2/token HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
        b"POST /oauth2/token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let came = server.public.send_bytes(bytes).expect("the server hangs up by itself");
        let text = String::from_utf8_lossy(&came);
        assert!(!text.starts_with("HTTP/1.1 5"), "{:?}: {text}", String::from_utf8_lossy(bytes));
    }
    server.public.send(Request::get("/health/alive")).expect(200);
}
