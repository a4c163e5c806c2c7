//! How JSON is read: strictly (RFC 8259), whatever it claims to be.

use serde_json::json;

use crate::support::{http::Request, server::Server};

const MALFORMED: &str = "The request was malformed or contained invalid parameters";

#[test]
fn bodies_that_are_not_strictly_one_json_object_are_refused() {
    let server = &Server::shared();
    server.register(&json!({"client_id": "bodies-target"}));
    for body in [
        "",
        " ",
        "{",
        "[]",
        "1",
        "\"text\"",
        "{} {}",
        "{}x",
        r#"{"client_name":"a","client_name":"b"}"#,
        r#"{"metadata":{"a":1,"a":2}}"#,
        r#"{"Client_Name":"a"}"#,
        r#"{"CLIENT_ID":"a"}"#,
        r#"{"client_name":1}"#,
        r#"{"grant_types":"client_credentials"}"#,
        r#"{"skip_consent":"true"}"#,
        r#"{"client_name":"\ud800"}"#,
        r#"{'client_name':'a'}"#,
    ] {
        for request in [Request::post("/admin/clients"), Request::put("/admin/clients/bodies-target")] {
            let answer = server.admin.send(request.text(body)).expect(400);
            assert_eq!(answer.error(), MALFORMED, "{body}");
            assert!(!answer.json()["error_description"].as_str().unwrap_or_default().is_empty(), "{body}");
        }
    }
}

#[test]
fn bytes_that_are_not_utf8_are_refused() {
    let server = &Server::shared();
    for body in [&b"{\"client_name\":\"\xff\"}"[..], b"\xef\xbb\xbf{}", b"{\"a\xc3\":1}", b"\0", b"{\"a\":\"\0\"}"] {
        let answer = server.admin.send(Request::post("/admin/clients").text(body)).expect(400);
        assert_eq!(answer.error(), MALFORMED, "{body:?}");
    }
}

#[test]
fn a_refusal_says_where_and_does_not_repeat_the_body() {
    let server = &Server::shared();
    let body = r#"{"client_secret":"very-secret-words","redirect_uris":[7]}"#;
    let answer = server.admin.send(Request::post("/admin/clients").text(body)).expect(400);
    let description = answer.json()["error_description"].as_str().unwrap_or_default().to_owned();
    assert!(description.contains("redirect_uris"), "{description}");
    assert!(!description.contains("very-secret-words"), "{description}");
}

#[test]
fn unknown_members_null_and_any_content_type_are_fine() {
    let server = &Server::shared();
    let made = |request: Request| server.admin.send(request).expect(201);
    made(Request::post("/admin/clients").text(r#"{"shoe_size":43,"client_id":"bodies-unknown"}"#));
    made(Request::post("/admin/clients").text("null"));
    made(Request::post("/admin/clients").text("\n\t {} \r\n"));
    made(Request::post("/admin/clients").body("text/plain", "{}"));
    made(Request::post("/admin/clients").body("application/xml", "{}"));
    made(Request::post("/admin/clients").text(r#"{"client_name":null,"redirect_uris":null,"skip_consent":null}"#));
    made(Request::post("/admin/clients").json(&json!({"client_id": "bodies-chunked"})).chunked());
}

#[test]
fn a_nul_character_is_refused_wherever_it_stands() {
    let server = &Server::shared();
    for body in [
        r#"{"client_id":"a\u0000b"}"#,
        r#"{"client_name":"a\u0000b"}"#,
        r#"{"owner":"\u0000"}"#,
        r#"{"audience":["\u0000"]}"#,
        r#"{"contacts":["a\u0000"]}"#,
        r#"{"scope":"a\u0000"}"#,
        r#"{"client_secret":"secret\u0000secret"}"#,
        r#"{"metadata":{"a":"\u0000"}}"#,
        r#"{"metadata":{"\u0000":1}}"#,
    ] {
        let answer = server.admin.send(Request::post("/admin/clients").text(body));
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
    }
}

#[test]
fn members_longer_than_their_columns_are_refused() {
    let server = &Server::shared();
    let long = "x".repeat(256);
    for (client, code) in [
        (json!({"client_id": long}), "invalid_client_metadata"),
        (json!({"client_id": "bodies-long-1", "token_endpoint_auth_method": long}), "invalid_client_metadata"),
        (json!({"client_id": "bodies-long-2", "request_object_signing_alg": long}), "invalid_client_metadata"),
        (json!({"client_id": "bodies-long-3", "subject_type": long}), "invalid_client_metadata"),
    ] {
        let answer = server.admin.send(Request::post("/admin/clients").json(&client)).expect(400);
        assert_eq!(answer.error(), code, "{client}");
    }
    server.register(&json!({"client_id": "y".repeat(255)}));
    server.admin.send(Request::get(format!("/admin/clients/{}", "z".repeat(10_000)))).expect(404);
}
