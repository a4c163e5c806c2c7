//! `id_token_signed_response_alg` (OIDC Registration §2), which Hydra does not know.

use serde_json::{Value, json};

use crate::support::{
    browser::{Browser, Plan},
    http::Request,
    server::Server,
};

const MEMBER: &str = "id_token_signed_response_alg";

fn get(server: &Server, id: &str) -> Value {
    server.admin.send(Request::get(format!("/admin/clients/{id}"))).expect(200).json()
}

#[test]
fn a_client_shows_its_algorithm_wherever_it_is_shown_until_it_is_taken_back() {
    let server = &Server::start(&[]).with_quick_keys();
    let plain = server.register(&json!({"client_id": "plain"}));
    assert_eq!((plain.get(MEMBER), get(server, "plain").get(MEMBER)), (None, None), "as at Hydra");
    let made = server.admin.send(Request::post("/admin/clients").json(&json!({"client_id": "rp", MEMBER: "ES384"})));
    let made = made.expect(201);
    assert!(made.text().contains(r#""userinfo_signed_response_alg":"none","id_token_signed_response_alg":"ES384","#));
    let shown = |id: &str| get(server, id)[MEMBER].clone();
    assert_eq!(shown("rp"), "ES384");
    let listed = server.admin.send(Request::get("/admin/clients")).expect(200).json();
    assert_eq!((listed[0].get(MEMBER), &listed[1][MEMBER]), (None, &json!("ES384")));
    for request in [
        Request::post("/admin/clients/rp/secrets/rotate"),
        Request::delete("/admin/clients/rp/secrets/rotate"),
        Request::put("/admin/clients/rp/lifespans").json(&json!({})),
        Request::patch("/admin/clients/rp").json(&json!([{"op": "add", "path": "/client_name", "value": "Robin"}])),
    ] {
        assert_eq!(server.admin.send(request).expect(200).json()[MEMBER], "ES384");
    }
    let patch =
        |operations: Value| server.admin.send(Request::patch("/admin/clients/rp").json(&operations)).expect(200);
    let changed = patch(json!([{"op": "replace", "path": format!("/{MEMBER}"), "value": "EdDSA"}]));
    assert_eq!((&changed.json()[MEMBER], shown("rp")), (&json!("EdDSA"), json!("EdDSA")));
    let removed = patch(json!([{"op": "remove", "path": format!("/{MEMBER}")}]));
    assert_eq!((removed.json().get(MEMBER), shown("rp")), (None, Value::Null));
    let put = |body: Value| server.admin.send(Request::put("/admin/clients/rp").json(&body)).expect(200).json();
    assert_eq!(put(json!({MEMBER: "EdDSA"}))[MEMBER], "EdDSA");
    assert_eq!(server.rows("hx_client"), 1);
    assert_eq!((put(json!({})).get(MEMBER), shown("rp")), (None, Value::Null), "a replacement sets everything");
    put(json!({MEMBER: "EdDSA"}));
    server.admin.send(Request::delete("/admin/clients/rp")).expect(204);
    assert_eq!(server.rows("hx_client"), 0);
}

#[test]
fn an_unknown_algorithm_is_refused_with_those_there_are() {
    let server = &Server::shared();
    server.register(&json!({"client_id": "signing-odd"}));
    for odd in ["none", "HS256", "es256"] {
        let body = json!({MEMBER: odd});
        let patch = json!([{"op": "add", "path": format!("/{MEMBER}"), "value": odd}]);
        for request in [
            Request::post("/admin/clients").json(&body),
            Request::put("/admin/clients/signing-odd").json(&body),
            Request::patch("/admin/clients/signing-odd").json(&patch),
        ] {
            let answer = server.admin.send(request).expect(400);
            assert_eq!(answer.error(), "invalid_client_metadata");
            assert!(answer.text().contains("RS256, RS384") && answer.text().contains("EdDSA"), "{answer:?}");
        }
    }
}

#[test]
fn what_a_client_registers_is_published_beside_what_signs_for_all_others() {
    let server = &Server::start(&[]).with_quick_keys();
    let document = |name: &str| server.public.send(Request::get(format!("/.well-known/{name}"))).expect(200);
    let (before, keys) = (document("openid-configuration").json(), document("jwks.json").json());
    server.register_web("plain");
    server.register_web_with("rp", &json!({MEMBER: "EdDSA", "userinfo_signed_response_alg": "ES512"}));
    let mut expected = before.clone();
    expected["id_token_signing_alg_values_supported"] = json!(["ES256", "ES512", "EdDSA"]);
    expected["userinfo_signing_alg_values_supported"] = json!(["none", "ES256", "ES512", "EdDSA"]);
    assert_eq!(document("openid-configuration").json(), expected);
    let published = document("jwks.json").json()["keys"].as_array().cloned().expect("keys");
    assert_eq!(published[..2], keys["keys"].as_array().expect("keys")[..]);
    let added: Vec<_> = published[2..].iter().map(|key| (&key["alg"], key.get("d"))).collect();
    assert_eq!(added, [(&json!("ES512"), None), (&json!("EdDSA"), None)]);
    for (client, alg) in [("plain", "ES256"), ("rp", "EdDSA")] {
        let code = Browser::at(server).code(&Plan::new(client, "alice", "openid"));
        let tokens = server.redeem(client, &code).expect(200).json();
        let id_token = tokens["id_token"].as_str().expect("an ID token");
        assert_eq!(token_jwt::peek_header(id_token).expect("a header").alg, alg, "{client}");
    }
}
