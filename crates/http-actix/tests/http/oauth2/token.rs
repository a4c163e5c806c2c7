//! `POST /oauth2/token` (RFC 6749 §3.2).

use serde_json::json;

use crate::support::{
    http::{Answer, Request},
    server::{Server, secret_of, token_request},
};

/// No answer of this endpoint may be kept (RFC 6749 §5.1).
#[track_caller]
fn is_not_to_be_kept(answer: &Answer) {
    assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{answer:?}");
    assert_eq!(answer.header("Pragma"), Some("no-cache"), "{answer:?}");
    assert_eq!(answer.header("Content-Type"), Some("application/json;charset=UTF-8"), "{answer:?}");
}

/// The two members of RFC 6749 §5.2, and no line end after them.
#[track_caller]
fn is_oauth_error(answer: &Answer, code: &str) {
    let body = answer.json();
    assert_eq!(body["error"], code, "{answer:?}");
    let description = body["error_description"].as_str().expect("a description is text");
    assert!(!description.is_empty() && !description.contains(['"', '\\']), "{description}");
    assert_eq!(body.as_object().map(|members| members.len()), Some(2), "{answer:?}");
    assert!(answer.text().starts_with("{\"error\":") && answer.text().ends_with('}'), "{answer:?}");
    is_not_to_be_kept(answer);
}

#[test]
fn a_client_gets_a_bearer_token_that_nobody_may_keep() {
    let server = &Server::shared();
    server.register_machine("token-basic");
    let answer = server.public.send(token_request("token-basic", &secret_of("token-basic"))).expect(200);
    is_not_to_be_kept(&answer);
    assert_eq!(answer.header("WWW-Authenticate"), None);
    let body = answer.json();
    let members: Vec<_> = body.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(members, ["access_token", "expires_in", "scope", "token_type"]);
    assert!(body["access_token"].as_str().is_some_and(|token| token.starts_with("ory_at_")));
    assert!(body["expires_in"].as_i64().is_some_and(|seconds| (3590..=3600).contains(&seconds)), "{body}");
    assert_eq!(body["scope"], "api");
    assert_eq!(body["token_type"], "bearer");
    assert!(!answer.text().ends_with('\n'));
}

#[test]
fn the_secret_may_come_in_the_body_if_the_client_is_registered_so() {
    let server = &Server::shared();
    server.register(&json!({
        "client_id": "token-post", "client_secret": "secret-in-body", "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "client_secret_post",
    }));
    let own = [("client_id", "token-post"), ("client_secret", "secret-in-body"), ("grant_type", "client_credentials")];
    server.public.send(Request::post("/oauth2/token").form(&own)).expect(200);
    let multipart =
        own.map(|(name, value)| format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    let body = format!("{}--b--\r\n", multipart.concat());
    server.public.send(Request::post("/oauth2/token").body("multipart/form-data; boundary=b", body)).expect(200);
    let basic = Request::post("/oauth2/token").basic("token-post", "secret-in-body");
    let refused = server.public.send(basic.form(&[("grant_type", "client_credentials")])).expect(401);
    is_oauth_error(&refused, "invalid_client");
}

#[test]
fn ids_and_secrets_are_form_encoded_inside_basic_credentials() {
    let server = &Server::shared();
    server.register(&json!({
        "client_id": "my app+%", "client_secret": "p+q% r:s", "grant_types": ["client_credentials"],
    }));
    let request = Request::post("/oauth2/token").basic("my app+%", "p+q% r:s");
    server.public.send(request.form(&[("grant_type", "client_credentials")])).expect(200);
}

#[test]
fn a_wrong_secret_and_an_unknown_client_get_the_same_challenge() {
    let server = &Server::shared();
    server.register_machine("token-guessed");
    let wrong = server.public.send(token_request("token-guessed", "not-the-secret")).expect(401);
    let unknown = server.public.send(token_request("token-never-made", "not-the-secret")).expect(401);
    for answer in [&wrong, &unknown] {
        is_oauth_error(answer, "invalid_client");
        assert!(answer.header("WWW-Authenticate").is_some_and(|challenge| challenge.starts_with("Basic realm=")));
    }
    assert_eq!(wrong.text(), unknown.text());
}

#[test]
fn what_is_wrong_with_a_request_has_its_own_code() {
    let server = &Server::shared();
    server.register_machine("token-codes");
    server
        .register(&json!({"client_id": "token-no-grant", "client_secret": "the-secret", "grant_types": ["implicit"]}));
    let asking = |id: &str, secret: &str, form: &[(&str, &str)]| {
        server.public.send(Request::post("/oauth2/token").basic(id, secret).form(form))
    };
    let secret = secret_of("token-codes");
    let grant = ("grant_type", "client_credentials");
    for (answer, code) in [
        (asking("token-codes", &secret, &[]), "invalid_request"),
        (asking("token-codes", &secret, &[("scope", "api")]), "invalid_request"),
        (asking("token-codes", &secret, &[("grant_type", "password")]), "unsupported_grant_type"),
        (asking("token-codes", &secret, &[grant, ("scope", "other")]), "invalid_scope"),
        (asking("token-codes", &secret, &[grant, ("audience", "https://other.example")]), "invalid_request"),
        (asking("token-codes", &secret, &[grant, grant]), "invalid_request"),
        (asking("token-codes", &secret, &[grant, ("scope", "api"), ("scope", "api")]), "invalid_request"),
        (asking("token-codes", &secret, &[grant, ("client_secret", &secret)]), "invalid_request"),
        (asking("token-no-grant", "the-secret", &[grant]), "unauthorized_client"),
    ] {
        is_oauth_error(&answer.expect(400), code);
    }
}

#[test]
fn parameters_in_the_query_or_in_json_do_not_count() {
    let server = &Server::shared();
    let secret = server.register_machine("token-query");
    let query = "/oauth2/token?grant_type=client_credentials";
    is_oauth_error(
        &server.public.send(Request::post(query).basic("token-query", &secret)).expect(400),
        "invalid_request",
    );
    let as_json = Request::post("/oauth2/token").basic("token-query", &secret);
    let as_json = as_json.json(&json!({"grant_type": "client_credentials"}));
    is_oauth_error(&server.public.send(as_json).expect(400), "invalid_request");
}

#[test]
fn credentials_that_are_not_well_formed_are_a_bad_request() {
    let server = &Server::shared();
    for header in ["Basic !!!", "Basic", "Basic ", "Basic YWJj", "Basic YTolenoK", "Basic YTpiYw"] {
        let request = Request::post("/oauth2/token").header("Authorization", header);
        let answer = server.public.send(request.form(&[("grant_type", "client_credentials")])).expect(400);
        is_oauth_error(&answer, "invalid_request");
    }
    let twice = token_request("a", "b").header("Authorization", "Basic YTpi");
    is_oauth_error(&server.public.send(twice).expect(400), "invalid_request");
}

#[test]
fn any_other_method_is_told_which_ones_there_are() {
    let server = &Server::shared();
    for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE"] {
        let answer = server.public.send(Request::new(method, "/oauth2/token")).expect(405);
        assert_eq!(answer.header("Allow"), Some("POST, OPTIONS"), "{method}");
    }
    let options = server.public.send(Request::options("/oauth2/token")).expect(200);
    assert!(options.body.is_empty());
}

#[test]
fn a_signed_token_is_a_jwt_that_the_published_keys_verify() {
    let server = Server::start(&[("STRATEGIES_ACCESS_TOKEN", "jwt")]).with_quick_keys();
    server.register_machine("token-jwt");
    let token = server.token("token-jwt");
    let keys = server.public.send(Request::get("/.well-known/jwks.json")).expect(200);
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "{token}");
    let decoded = |part: &str| {
        use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).expect("parts of a JWT are Base64url");
        serde_json::from_slice::<serde_json::Value>(&bytes).expect("head and claims of a JWT are JSON")
    };
    let (head, claims) = (decoded(parts[0]), decoded(parts[1]));
    let kid = head["kid"].as_str().expect("the head names its key");
    assert!(keys.text().contains(kid), "{kid} is not published");
    assert_eq!(head["alg"], "ES256");
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!(server.issuer), &json!("token-jwt")));
    assert_eq!(server.introspect(&token)["active"], true);
}

#[test]
fn with_hydras_ways_unknown_grants_are_bad_requests_and_repeats_do_not_matter() {
    let server = Server::start(&[("COMPAT_HYDRA", "true")]);
    let secret = server.register_machine("token-compat");
    let asking = |form: &[(&str, &str)]| {
        server.public.send(Request::post("/oauth2/token").basic("token-compat", &secret).form(form))
    };
    is_oauth_error(&asking(&[("grant_type", "magic")]).expect(400), "invalid_request");
    asking(&[("grant_type", "client_credentials"), ("scope", "api"), ("scope", "never")]).expect(200);
    server.public.send(Request::get("/oauth2/token")).expect(404);
}
