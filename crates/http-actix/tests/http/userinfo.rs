//! `/userinfo`: who may ask, and how.

use serde_json::json;

use crate::support::{
    browser::{Browser, Plan},
    http::Request,
    server::{Server, secret_of, token_request},
};

fn token(server: &Server, client: &str, scope: &str) -> String {
    let plan = Plan {
        consent: json!({"session": {"id_token": {"email": "a@example.org", "sub": "somebody-else"}}}),
        ..Plan::new(client, "alice", scope)
    };
    let code = Browser::at(server).code(&plan);
    let tokens = server.redeem(client, &code).expect(200).json();
    tokens["access_token"].as_str().expect("an access token").to_owned()
}

#[test]
fn a_token_says_who_allowed_it() {
    let server = &Server::shared();
    server.register_web("info");
    let token = token(server, "info", "openid email");
    let bearer = |request: Request| request.header("Authorization", format!("Bearer {token}"));
    for request in [
        bearer(Request::get("/userinfo")),
        bearer(Request::post("/userinfo")),
        Request::post("/userinfo").form(&[("access_token", &token)]),
        Request::get("/userinfo").header("Authorization", &token),
    ] {
        let claims = server.public.send(request).expect(200).json();
        assert_eq!((&claims["sub"], &claims["email"]), (&json!("alice"), &json!("a@example.org")));
        assert_eq!(claims["aud"], json!(["info"]));
        for left_out in ["nonce", "at_hash", "sid", "jti", "exp"] {
            assert!(claims.get(left_out).is_none(), "{claims}");
        }
    }
}

#[test]
fn whoever_has_no_good_token_is_told_how_to_ask() {
    let server = &Server::shared();
    server.register_web("info-no");
    server.register_machine("info-machine");
    let token = token(server, "info-no", "email");
    let ask = |authorization: &str| Request::get("/userinfo").header("Authorization", authorization);
    let machine = server.public.send(token_request("info-machine", &secret_of("info-machine"))).expect(200).json();
    let machine = machine["access_token"].as_str().expect("an access token").to_owned();
    for (request, status, error) in [
        (Request::get("/userinfo"), 401, "invalid_token"),
        (ask("Bearer garbage"), 401, "invalid_token"),
        (ask(&format!("Bearer {token}")), 403, "insufficient_scope"),
        (ask(&format!("Bearer {machine}")), 403, "insufficient_scope"),
        (Request::get(format!("/userinfo?access_token={token}")), 401, "invalid_token"),
    ] {
        let answer = server.public.send(request).expect(status);
        assert_eq!(answer.error(), error);
        let challenge = answer.header("WWW-Authenticate").expect("a challenge");
        assert!(challenge.starts_with(&format!("Bearer error=\"{error}\"")), "{challenge}");
    }
    for odd in [format!("Bearer  {token}"), format!("Bearer {token} x"), "Bearer a\u{e9}".to_owned()] {
        server.public.send(ask(&odd)).expect(400);
    }
    let both = Request::post("/userinfo").form(&[("access_token", &token)]);
    server.public.send(both.header("Authorization", format!("Bearer {token}"))).expect(400);
}

#[test]
fn a_client_may_have_the_answer_signed() {
    let server = &Server::start(&[]).with_quick_keys();
    server.register_web_with("info-signed", &json!({"userinfo_signed_response_alg": "RS256"}));
    let token = token(server, "info-signed", "openid");
    let request = Request::get("/userinfo").header("Authorization", format!("Bearer {token}"));
    let answer = server.public.send(request).expect(200);
    assert_eq!(answer.header("Content-Type"), Some("application/jwt"));
    assert_eq!(answer.text().split('.').count(), 3);
}
