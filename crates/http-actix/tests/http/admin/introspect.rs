//! `POST /admin/oauth2/introspect` (RFC 7662).

use crate::support::{
    http::{Answer, Request},
    server::Server,
};

fn introspect(server: &Server, form: &[(&str, &str)]) -> Answer {
    server.admin.send(Request::post("/admin/oauth2/introspect").form(form))
}

#[test]
fn a_living_token_is_described() {
    let server = &Server::shared();
    server.register_machine("introspect-alive");
    let answer = introspect(server, &[("token", &server.token("introspect-alive"))]).expect(200);
    assert_eq!(answer.header("Content-Type"), Some("application/json;charset=UTF-8"));
    let body = answer.json();
    let members: Vec<_> = body.as_object().expect("an object").keys().map(String::as_str).collect();
    let expected =
        ["active", "scope", "client_id", "sub", "exp", "iat", "nbf", "aud", "iss", "token_type", "token_use"];
    assert_eq!(members, expected);
    assert_eq!(body["active"], true);
    assert_eq!(body["client_id"], "introspect-alive");
    assert_eq!(body["sub"], "introspect-alive");
    assert_eq!(body["iss"], server.issuer.as_str());
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["token_use"], "access_token");
    let lifetime = body["exp"].as_i64().zip(body["iat"].as_i64()).map(|(end, begin)| end - begin);
    assert_eq!(lifetime, Some(3600));
}

#[test]
fn of_anything_else_nothing_is_said_but_that_it_is_inactive() {
    let server = &Server::shared();
    server.register_machine("introspect-inactive");
    let token = server.token("introspect-inactive");
    let cut = &token[..token.len() - 1];
    let long = "x".repeat(100_000);
    for form in [
        vec![("token", "nonsense")],
        vec![("token", "ory_at_.")],
        vec![("token", cut)],
        vec![("token", long.as_str())],
        vec![("token", "")],
        vec![("token_type_hint", "access_token")],
        vec![("token", token.as_str()), ("scope", "api admin")],
    ] {
        let answer = introspect(server, &form).expect(200);
        assert_eq!(answer.text(), "{\"active\":false}\n", "{form:?}");
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        assert_eq!(answer.header("Pragma"), Some("no-cache"));
        assert_eq!(answer.header("Content-Type"), Some("application/json;charset=UTF-8"));
    }
    assert_eq!(introspect(server, &[("token", &token), ("scope", "api")]).json()["active"], true);
}

#[test]
fn a_request_without_a_form_is_malformed() {
    let server = &Server::shared();
    let target = "/admin/oauth2/introspect";
    for request in [
        Request::post(target),
        Request::post(format!("{target}?token=x")),
        Request::post(target).text(r#"{"token":"x"}"#),
    ] {
        let answer = server.admin.send(request).expect(400);
        assert_eq!(answer.error(), "invalid_request");
        assert_eq!(answer.header("Content-Type"), Some("application/json;charset=UTF-8"));
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        assert!(!answer.text().ends_with('\n'));
    }
    assert_eq!(server.admin.send(Request::get(target)).expect(405).header("Allow"), Some("POST"));
}

#[test]
fn the_public_port_does_not_introspect() {
    let server = &Server::shared();
    for target in ["/admin/oauth2/introspect", "/oauth2/introspect", "/admin/clients", "/version"] {
        server.public.send(Request::post(target).form(&[("token", "x")])).expect(404);
    }
}
