//! Cross-origin requests (Fetch §3.2).

use serde_json::json;

use crate::support::{
    http::{Answer, Request},
    server::{Server, token_request},
};

const ALLOW_ORIGIN: &str = "Access-Control-Allow-Origin";
const ALLOW_CREDENTIALS: &str = "Access-Control-Allow-Credentials";

fn from(server: &Server, origin: &str) -> Answer {
    server.public.send(Request::get("/.well-known/jwks.json").header("Origin", origin)).expect(200)
}

fn preflight(server: &Server, origin: &str, method: &str, headers: &str) -> Answer {
    let request = Request::options("/oauth2/token")
        .header("Origin", origin)
        .header("Access-Control-Request-Method", method)
        .header("Access-Control-Request-Headers", headers);
    server.public.send(request).expect(204)
}

#[track_caller]
fn is_let_in(answer: &Answer, origin: &str, with_credentials: bool) {
    assert_eq!(answer.header(ALLOW_ORIGIN), Some(origin), "{answer:?}");
    assert_eq!(answer.header(ALLOW_CREDENTIALS), with_credentials.then_some("true"), "{answer:?}");
}

#[track_caller]
fn is_left_outside(answer: &Answer) {
    assert_eq!(answer.header(ALLOW_ORIGIN), None, "{answer:?}");
    assert_eq!(answer.header(ALLOW_CREDENTIALS), None, "{answer:?}");
}

#[track_caller]
fn varies_by_origin(answer: &Answer) {
    assert!(answer.headers("Vary").iter().any(|vary| vary.contains("Origin")), "{answer:?}");
}

#[test]
fn without_cors_nothing_is_said_about_origins() {
    let server = Server::start(&[]).with_quick_keys();
    let answer = from(&server, "https://app.example");
    is_left_outside(&answer);
    assert_eq!(answer.header("Vary"), None);
    let asked = Request::options("/oauth2/token").header("Origin", "https://app.example");
    let answer = server.public.send(asked.header("Access-Control-Request-Method", "POST")).expect(200);
    is_left_outside(&answer);
}

#[test]
fn without_a_list_everybody_is_let_in_but_nobody_with_credentials() {
    let server = Server::start(&[("SERVE_PUBLIC_CORS_ENABLED", "true")]).with_quick_keys();
    let answer = from(&server, "https://any.example");
    is_let_in(&answer, "https://any.example", false);
    varies_by_origin(&answer);
    assert!(answer.header("Access-Control-Expose-Headers").is_some_and(|names| names.contains("Content-Type")));
    let null = from(&server, "null");
    is_left_outside(&null);
    varies_by_origin(&null);
    is_let_in(&preflight(&server, "https://any.example", "POST", "authorization"), "https://any.example", false);
    // The other listener has settings of its own.
    is_left_outside(&server.admin.send(Request::get("/version").header("Origin", "https://any.example")));
}

#[test]
fn with_hydras_ways_everybody_is_let_in_with_credentials() {
    let server = Server::start(&[("SERVE_PUBLIC_CORS_ENABLED", "true"), ("COMPAT_HYDRA", "true")]).with_quick_keys();
    for origin in ["https://any.example", "null"] {
        is_let_in(&from(&server, origin), origin, true);
    }
}

#[test]
fn listed_origins_are_let_in_and_others_are_served_without_a_word() {
    let origins = "https://app.example,https://*.example.com";
    let server =
        Server::start(&[("SERVE_PUBLIC_CORS_ENABLED", "true"), ("SERVE_PUBLIC_CORS_ALLOWED_ORIGINS", origins)])
            .with_quick_keys();
    for origin in ["https://app.example", "https://a.example.com"] {
        is_let_in(&from(&server, origin), origin, true);
    }
    for origin in ["https://evil.example", "http://app.example", "https://app.example.evil.test", "null", "\u{e4}"] {
        let answer = from(&server, origin);
        is_left_outside(&answer);
        varies_by_origin(&answer);
    }
    varies_by_origin(&server.public.send(Request::get("/.well-known/jwks.json")));
}

#[test]
fn a_preflight_is_answered_before_any_endpoint_is_asked() {
    let server = Server::start(&[
        ("SERVE_PUBLIC_CORS_ENABLED", "true"),
        ("SERVE_PUBLIC_CORS_ALLOWED_ORIGINS", "https://app.example"),
        ("SERVE_PUBLIC_CORS_ALLOWED_METHODS", "POST"),
        ("SERVE_PUBLIC_CORS_MAX_AGE", "60"),
    ]);
    let answer = preflight(&server, "https://app.example", "POST", "Authorization, content-type");
    is_let_in(&answer, "https://app.example", true);
    assert!(answer.body.is_empty());
    assert_eq!(answer.header("Access-Control-Allow-Methods"), Some("POST"));
    assert_eq!(answer.header("Access-Control-Allow-Headers"), Some("Authorization, content-type"));
    assert_eq!(answer.header("Access-Control-Max-Age"), Some("60"));
    let vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
    for (origin, method, headers) in [
        ("https://evil.example", "POST", ""),
        ("https://app.example", "DELETE", ""),
        ("https://app.example", "POST", "X-Secret"),
    ] {
        let refused = preflight(&server, origin, method, headers);
        is_left_outside(&refused);
        assert_eq!(refused.header("Vary"), Some(vary));
        assert_eq!(refused.header("Access-Control-Allow-Methods"), None);
    }
    let nowhere = Request::options("/nowhere").header("Origin", "https://app.example");
    server.public.send(nowhere.header("Access-Control-Request-Method", "POST")).expect(204);
}

#[test]
fn the_client_that_asks_lets_its_own_origins_in() {
    let server = Server::start(&[
        ("SERVE_PUBLIC_CORS_ENABLED", "true"),
        ("SERVE_PUBLIC_CORS_ALLOWED_ORIGINS", "https://app.example"),
    ]);
    for (id, method) in [("cors-basic", "client_secret_basic"), ("cors-post", "client_secret_post")] {
        server.register(&json!({
            "client_id": id, "client_secret": "the-secret", "grant_types": ["client_credentials"], "scope": "api",
            "token_endpoint_auth_method": method, "allowed_cors_origins": ["https://own.example/"],
        }));
    }
    let own = "https://own.example";
    let basic =
        |secret: &str, origin: &str| server.public.send(token_request("cors-basic", secret).header("Origin", origin));
    is_let_in(&basic("the-secret", own).expect(200), own, true);
    // The page must be able to read why it was refused.
    is_let_in(&basic("not-the-secret", own).expect(401), own, true);
    is_left_outside(&basic("the-secret", "https://other.example").expect(200));
    let form = [("grant_type", "client_credentials"), ("client_id", "cors-post"), ("client_secret", "the-secret")];
    let post = |target: &str| Request::post(target).form(&form).header("Origin", own);
    is_let_in(&server.public.send(post("/oauth2/token")).expect(200), own, true);
    is_let_in(&server.public.send(post("/oauth2/revoke")), own, true);
    let nobody = Request::post("/oauth2/token").form(&[("client_id", "cors-nobody")]).header("Origin", own);
    is_left_outside(&server.public.send(nobody));
}

#[test]
fn the_administrative_port_has_its_own_switch() {
    let server = Server::start(&[
        ("SERVE_ADMIN_CORS_ENABLED", "true"),
        ("SERVE_ADMIN_CORS_ALLOWED_ORIGINS", "https://console.example"),
    ]);
    let origin = "https://console.example";
    is_let_in(&server.admin.send(Request::get("/clients").header("Origin", origin)).expect(200), origin, true);
    is_let_in(&server.admin.send(Request::get("/nowhere").header("Origin", origin)).expect(404), origin, true);
    let asked = Request::options("/clients").header("Origin", origin).header("Access-Control-Request-Method", "PUT");
    is_let_in(&server.admin.send(asked).expect(204), origin, true);
    is_left_outside(&server.public.send(Request::get("/health/alive").header("Origin", origin)));
}
