//! The conversations.

use serde_json::{Value, json};

use crate::{
    support::{
        http::Request,
        server::{secret_of, token_request},
    },
    transcript::Transcript,
};

fn machine(id: &str) -> Value {
    json!({"client_id": id, "client_secret": secret_of(id), "grant_types": ["client_credentials"], "scope": "api"})
}

fn revoke(id: &str, token: &str) -> Request {
    Request::post("/oauth2/revoke").basic(id, &secret_of(id)).form(&[("token", token)])
}

fn introspect(token: &str) -> Request {
    Request::post("/admin/oauth2/introspect").form(&[("token", token)])
}

pub(crate) fn client_life(say: &mut Transcript<'_>) {
    let client = json!({
        "client_id": "life", "client_name": "Zoë \u{1f980} <&>", "client_secret": "a-secret", "owner": "o'w\"n\\er",
        "redirect_uris": ["https://a.example/cb?x=1"], "grant_types": ["client_credentials"], "scope": "api",
        "audience": ["https://api.example"], "contacts": ["é@example.org", ""], "metadata": {"b": [1, 2.5e3, null], "a": "ü"},
        "allowed_cors_origins": ["https://a.example"], "skip_consent": true, "skip_logout_consent": false,
        "client_credentials_grant_access_token_lifespan": "1h0m0.5s", "access_token_strategy": "OPAQUE",
        "frontchannel_logout_session_required": true,
    });
    say.admin(Request::post("/admin/clients").json(&client), 201);
    say.admin(Request::post("/admin/clients").json(&client), 409);
    say.admin(Request::get("/admin/clients/life"), 200);
    let spans = json!({"implicit_grant_id_token_lifespan": "-1s", "jwt_bearer_grant_access_token_lifespan": "2400h"});
    say.admin(Request::put("/admin/clients/life/lifespans").json(&spans), 200);
    let patch = json!([
        {"op": "replace", "path": "/client_name", "value": "日本語"}, {"op": "remove", "path": "/contacts/0"},
        {"op": "add", "path": "/metadata/c", "value": {"deep": []}},
    ]);
    say.admin(Request::patch("/admin/clients/life").json(&patch), 200);
    say.admin(Request::get("/admin/clients/life"), 200);
    say.admin(Request::post("/admin/clients/life/secrets/rotate"), 200);
    say.public(token_request("life", "a-secret"), 200);
    say.admin(Request::delete("/admin/clients/life/secrets/rotate"), 200);
    say.public(token_request("life", "a-secret"), 401);
    say.admin(Request::put("/admin/clients/life").json(&machine("life")), 200);
    say.public(token_request("life", &secret_of("life")), 200);
    say.admin(Request::get("/admin/clients/life"), 200);
    say.admin(Request::delete("/admin/clients/life"), 204);
    say.admin(Request::delete("/admin/clients/life"), 404);
    say.admin(Request::get("/admin/clients/life"), 404);
}

/// Case and spaces count, whatever a database's collation thinks.
pub(crate) fn similar_ids(say: &mut Transcript<'_>) {
    let ids = ["client", "Client", "CLIENT", " client", "cl_ent", "cl%ent"];
    for id in ids {
        say.admin(Request::post("/admin/clients").json(&machine(id)), 201);
    }
    for id in ids {
        say.public(token_request(id, &secret_of(id)), 200);
        say.public(token_request(id, &secret_of("another")), 401);
    }
    say.admin(Request::delete("/admin/clients/Client"), 204);
    say.admin(Request::get("/admin/clients/client"), 200);
    say.admin(Request::get("/admin/clients/client%20%20"), 404);
    say.public(token_request("client ", &secret_of("client")), 401);
}

pub(crate) fn lists(say: &mut Transcript<'_>) {
    for id in ["b", "A", "a", "_", "B", "-", "~", "10", "9", " ", "a b", "ab", "a-b"] {
        let client = json!({"client_id": id, "owner": "Team", "client_name": if id == "a" { "Name" } else { "name" }});
        say.admin(Request::post("/admin/clients").json(&client), 201);
    }
    let mut target = "/admin/clients?owner=Team&page_size=5".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = say.admin(Request::get(target.as_str()), 200);
        let clients = page.json().as_array().cloned().unwrap_or_default();
        seen.extend(clients.iter().map(|client| client["client_id"].as_str().unwrap_or_default().to_owned()));
        let link = page.header("Link").unwrap_or_default();
        let Some((_, next)) = link.split_once(",<") else { break };
        target = next.split_once('>').map(|(target, _)| target.to_owned()).unwrap_or_default();
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(seen, sorted, "clients come once, in the order of their ids' bytes");
    assert_eq!(seen.len(), 13);
    for query in ["client_name=Name", "client_name=name&page_size=2", "owner=team", "owner=%C3%BC"] {
        say.admin(Request::get(format!("/admin/clients?{query}")), 200);
    }
}

pub(crate) fn tokens(say: &mut Transcript<'_>) {
    for id in ["one", "two"] {
        say.admin(Request::post("/admin/clients").json(&machine(id)), 201);
    }
    let [first, second] = ["one", "two"].map(|id| {
        let answer = say.public(token_request(id, &secret_of(id)), 200).json();
        answer["access_token"].as_str().expect("an access token is text").to_owned()
    });
    say.public(token_request("one", "wrong"), 401);
    say.admin(introspect(&first), 200);
    say.public(revoke("two", &first), 200);
    assert_eq!(say.admin(introspect(&first), 200).json()["active"], true);
    say.public(revoke("one", &first), 200);
    say.public(revoke("one", &first), 200);
    assert_eq!(say.admin(introspect(&first), 200).json()["active"], false);
    say.admin(Request::delete("/admin/oauth2/tokens?client_id=one"), 204);
    assert_eq!(say.admin(introspect(&second), 200).json()["active"], true);
    say.admin(Request::delete("/admin/oauth2/tokens?client_id=two"), 204);
    assert_eq!(say.admin(introspect(&second), 200).json()["active"], false);
}

pub(crate) fn keys(say: &mut Transcript<'_>) {
    let key = |kid: &str| json!({"kty": "oct", "kid": kid, "alg": "HS256", "k": "c2VjcmV0LW9mLXRoZS10ZXN0cw"});
    say.admin(Request::get("/admin/keys/set"), 404);
    say.admin(Request::post("/admin/keys/set").json(&json!({"alg": "ES256", "kid": "a"})), 201);
    say.admin(Request::post("/admin/keys/set").json(&json!({"alg": "ES256", "kid": "a"})), 409);
    say.admin(Request::post("/admin/keys/set").json(&json!({"alg": "EdDSA", "kid": "A"})), 201);
    say.admin(Request::post("/admin/keys/Set").json(&json!({"alg": "ES256", "kid": "a"})), 201);
    say.admin(Request::get("/admin/keys/set/a"), 200);
    say.admin(Request::get("/admin/keys/set/A"), 200);
    say.admin(Request::get("/admin/keys/set/b"), 404);
    say.admin(Request::put("/admin/keys/set/a").json(&key("a")), 200);
    say.admin(Request::get("/admin/keys/set/a"), 200);
    say.admin(Request::put("/admin/keys/set").json(&json!({"keys": [key("x"), key("x")]})), 409);
    say.admin(Request::get("/admin/keys/set/A"), 200);
    say.admin(Request::put("/admin/keys/set").json(&json!({"keys": [key("x"), key("X")]})), 200);
    say.admin(Request::get("/admin/keys/set/a"), 404);
    say.admin(Request::delete("/admin/keys/set/x"), 204);
    say.admin(Request::get("/admin/keys/set/X"), 200);
    say.admin(Request::put("/admin/keys/set").json(&json!({"keys": []})), 200);
    say.admin(Request::get("/admin/keys/set"), 404);
    say.admin(Request::get("/admin/keys/Set"), 200);
    say.admin(Request::delete("/admin/keys/Set"), 204);
    say.admin(Request::delete("/admin/keys/Set"), 204);
}

/// Too long, or with a NUL: refused by every database alike, never by an error of ours.
pub(crate) fn odd_values(say: &mut Transcript<'_>) {
    say.admin(Request::post("/admin/clients").json(&json!({"client_id": "x".repeat(256)})), 400);
    say.admin(Request::post("/admin/clients").json(&json!({"client_id": "y".repeat(255)})), 201);
    say.admin(Request::post("/admin/clients").json(&json!({"client_name": "a\u{0}b"})), 400);
    say.admin(Request::get(format!("/admin/clients/{}", "z".repeat(3000))), 404);
    say.admin(Request::get("/admin/clients?client_name=%FF"), 200);
    say.admin(Request::get("/admin/clients?owner=%00"), 400);
    say.admin(Request::get("/admin/clients/a%00b"), 400);
    say.admin(Request::delete("/admin/oauth2/tokens?client_id=%00"), 400);
    let long = "s".repeat(256);
    say.admin(Request::post(format!("/admin/keys/{long}")).json(&json!({"alg": "ES256"})), 400);
    say.admin(Request::get(format!("/admin/keys/{long}")), 404);
    say.admin(Request::get(format!("/admin/keys/{long}/{long}")), 404);
    say.admin(Request::delete(format!("/admin/keys/{long}")), 204);
    say.admin(Request::get("/admin/keys/a%00b"), 400);
    for kid in ["k".repeat(256), "a\u{0}b".to_owned()] {
        say.admin(Request::post("/admin/keys/odd").json(&json!({"alg": "ES256", "kid": kid})), 400);
    }
    say.admin(Request::post("/admin/oauth2/introspect").form(&[("token", "a\u{0}b")]), 400);
    say.public(token_request("a\u{0}b", "secret"), 400);
    say.public(token_request(&"n".repeat(5000), "secret"), 401);
}
