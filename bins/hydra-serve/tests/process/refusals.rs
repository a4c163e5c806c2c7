//! Bad input: a refusal in the right shape, and one line about it in the log, which repeats nothing that is secret.

use serde_json::{Value, json};

use crate::{
    http::{Answer, Endpoint, Request},
    process::{Process, SYSTEM_SECRET, Setup, secret_of, token_request},
};

/// A secret that stands in many of the requests.
const SECRET: &str = "a-secret-that-no-log-may-hold";

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// RFC 6749 §5.2.
    OAuth,
    /// The flat shape of the API.
    Api,
}

#[track_caller]
fn has_shape(answer: &Answer, shape: Shape) {
    let body = answer.json();
    let members: Vec<_> = body.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(members, ["error", "error_description"], "{answer:?}");
    assert!(body.as_object().into_iter().flatten().all(|(_, value)| value.is_string()), "{answer:?}");
    let kind = if shape == Shape::OAuth { "application/json;charset=UTF-8" } else { "application/json" };
    assert_eq!(answer.header("Content-Type"), Some(kind), "{answer:?}");
    assert_eq!(answer.header("Cache-Control") == Some("no-store"), shape == Shape::OAuth, "{answer:?}");
    assert_eq!(answer.text().ends_with('\n'), shape == Shape::Api, "{answer:?}");
}

/// Bodies that are no client.
fn bad_clients() -> Vec<Vec<u8>> {
    let key = json!({"kty": "oct", "k": SECRET});
    let values = [
        json!({"client_secret": [SECRET]}),
        json!({"client_secret": {"a": SECRET}}),
        json!({"client_secret": "\0", "owner": SECRET}),
        json!({"client_name": 7, "client_secret": SECRET}),
        json!({"redirect_uris": SECRET}),
        json!({"redirect_uris": [7], "client_secret": SECRET}),
        json!({"jwks": {"keys": [key]}}),
        json!({"jwks": {"keys": SECRET}}),
        json!({"created_at": SECRET}),
        json!({"jwt_bearer_grant_access_token_lifespan": SECRET}),
        json!({"access_token_strategy": SECRET}),
        json!({"subject_type": SECRET}),
        json!([SECRET]),
        json!(SECRET),
    ];
    let mut bodies: Vec<Vec<u8>> = values.iter().map(|value| value.to_string().into_bytes()).collect();
    bodies.extend([
        format!(r#"{{"client_secret":"{SECRET}","client_secret":"x"}}"#).into_bytes(),
        format!(r#"{{"Client_Secret":"{SECRET}"}}"#).into_bytes(),
        format!(r#"{{"client_secret":"{SECRET}"#).into_bytes(),
        format!(r#"{{"client_secret":"{SECRET}"}} {{}}"#).into_bytes(),
        [br#"{"client_secret":"#, &b"\"\xff"[..], SECRET.as_bytes(), b"\"}"].concat(),
        format!(r#"{{"client_secret":"{}"}}"#, SECRET.repeat(50_000)).into_bytes(),
        vec![b'['; 100_000],
        Vec::new(),
    ]);
    bodies
}

/// Requests that are refused: where they go, and in which shape the refusal comes.
fn bad_requests(process: &Process<'_>, token: &str) -> Vec<(Endpoint, Request, Shape)> {
    let basic = |target: &str| Request::post(target).basic("refused", &secret_of("refused"));
    let grant = ("grant_type", "client_credentials");
    let post = [grant, ("client_id", "refused"), ("client_secret", SECRET)];
    let mut oauth = vec![
        token_request("nobody"),
        Request::post("/oauth2/token").basic("refused", SECRET).form(&[grant]),
        Request::post("/oauth2/token").form(&post),
        Request::post("/oauth2/token").form(&[&post[..], &post[1..]].concat()),
        basic("/oauth2/token").form(&post),
        Request::post("/oauth2/token").header("Authorization", format!("Basic {SECRET}")).form(&[grant]),
        basic("/oauth2/token").form(&[("grant_type", "magic")]),
        basic("/oauth2/token").form(&[grant, ("scope", "a\"b")]),
        basic("/oauth2/token").raw_form(format!("client_secret={SECRET}&scope=%zz")),
        basic("/oauth2/token").raw_form([b"scope=\xff&client_secret=", SECRET.as_bytes()].concat()),
        basic("/oauth2/token").raw_form(format!("grant_type=client_credentials&scope=%00{SECRET}")),
        basic("/oauth2/token").raw_form(format!("scope={}", SECRET.repeat(50_000))),
        Request::post("/oauth2/token").text(json!({"client_secret": SECRET}).to_string()),
        Request::post("/oauth2/revoke").basic("refused", SECRET).form(&[("token", token)]),
        basic("/oauth2/revoke").form(&[("token", token), ("token", token)]),
        basic("/oauth2/revoke").raw_form(format!("token={token}%")),
    ];
    let grant_and_token = [("token", token), ("token", token)];
    let admin_oauth = [
        Request::post("/admin/oauth2/introspect").form(&grant_and_token),
        Request::post("/admin/oauth2/introspect").raw_form(format!("token={token}&token_type_hint=%c3")),
        Request::post("/admin/oauth2/introspect").text(json!({"token": token}).to_string()),
        Request::post(format!("/admin/oauth2/introspect?token={token}")),
    ];
    let mut api = Vec::new();
    for body in bad_clients() {
        api.push(Request::post("/admin/clients").text(body.clone()));
        api.push(Request::put("/admin/clients/refused").text(body));
    }
    let patch = |operations: Value| Request::patch("/admin/clients/refused").json(&operations);
    let key = json!({"kty": "EC", "crv": "P-256", "x": SECRET, "y": SECRET, "d": SECRET});
    api.extend([
        Request::post("/admin/clients").json(&json!({"client_id": "x".repeat(256), "client_secret": SECRET})),
        patch(json!([{"op": "test", "path": "/client_secret", "value": SECRET}])),
        patch(json!([{"op": "replace", "path": "/client_secret", "value": [SECRET]}])),
        patch(json!([{"op": "add", "path": "/client_secret/x", "value": SECRET}])),
        patch(json!({"client_secret": SECRET})),
        Request::put("/admin/clients/nobody").json(&json!({"client_secret": SECRET})),
        Request::patch("/admin/clients/nobody").text(SECRET),
        Request::get("/admin/clients/nobody"),
        Request::get("/admin/clients/%ff"),
        Request::get("/admin/clients?owner=%00"),
        Request::get("/admin/clients?page_size=many"),
        Request::get(format!("/admin/clients?page_token={SECRET}")),
        Request::delete("/admin/clients/nobody"),
        Request::delete("/admin/oauth2/tokens"),
        Request::post("/admin/clients/nobody/secrets/rotate"),
        Request::put("/admin/clients/refused/lifespans").text("[1"),
        Request::get("/admin/keys/nothing"),
        Request::get("/admin/keys/nothing/at-all"),
        Request::post("/admin/keys/refused").json(&json!({"alg": "HS256"})),
        Request::post("/admin/keys/refused").json(&json!({"alg": "ES256", "kid": "k\0"})),
        Request::put("/admin/keys/refused").json(&json!({"keys": [key]})),
        Request::put("/admin/keys/refused/k").json(&key),
        Request::put("/admin/keys/refused/k").text(format!("{{\"k\":\"{SECRET}")),
    ]);
    let public = process.public;
    let oauth = oauth.drain(..).map(|request| (public, request, Shape::OAuth));
    let admin_oauth = admin_oauth.into_iter().map(|request| (process.admin, request, Shape::OAuth));
    oauth.chain(admin_oauth).chain(api.into_iter().map(|request| (process.admin, request, Shape::Api))).collect()
}

pub(crate) fn every_refusal_has_its_shape_and_one_line_in_the_log_without_a_secret() {
    let setup = Setup::dev().variable("SECRETS_SYSTEM", SYSTEM_SECRET).variable("LOG_LEVEL", "trace");
    let process = setup.serve();
    process.register("refused");
    let token = process.token("refused");
    for (listener, request, shape) in bad_requests(&process, &token) {
        let shown = format!("{} {}", request.method, request.target);
        let lines = process.said().lines().count();
        let answer = listener.send(request);
        assert!((400..500).contains(&answer.status), "{shown}: {answer:?}");
        has_shape(&answer, shape);
        let said = process.said();
        let new: Vec<&str> = said.lines().skip(lines).collect();
        assert_eq!(new.len(), 1, "{shown}: {answer:?}\n{new:#?}");
        assert!(new[0].contains(&answer.status.to_string()), "{shown}: {new:?}");
    }
    let said = process.said();
    for secret in [SECRET, SYSTEM_SECRET, &secret_of("refused"), &token] {
        let line = said.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "a secret is in the log");
    }
}
