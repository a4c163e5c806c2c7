//! `PATCH /admin/clients/{id}` (RFC 6902, RFC 5789).

use serde_json::{Value, json};

use crate::support::{
    http::{Answer, Request},
    server::{Server, secret_of, token_request},
};

fn patch(server: &Server, id: &str, operations: &Value) -> Answer {
    server.admin.send(Request::patch(format!("/admin/clients/{id}")).json(operations))
}

#[test]
fn what_a_patch_names_changes_and_the_rest_stays() {
    let server = &Server::shared();
    server.register_machine("patch-some");
    let answer = patch(
        server,
        "patch-some",
        &json!([
            {"op": "replace", "path": "/client_name", "value": "Wren"},
            {"op": "add", "path": "/redirect_uris/-", "value": "https://app.example/cb"},
            {"op": "add", "path": "/post_logout_redirect_uris/-", "value": "https://app.example/bye"},
        ]),
    );
    let client = answer.expect(200).json();
    assert_eq!(client["client_name"], "Wren");
    assert_eq!(client["redirect_uris"], json!(["https://app.example/cb"]));
    assert_eq!(client["post_logout_redirect_uris"], json!(["https://app.example/bye"]));
    assert_eq!(client["scope"], "api");
    assert_eq!(client.get("client_secret"), None);
    let kept = server.admin.send(Request::get("/admin/clients/patch-some")).expect(200).json();
    assert_eq!(kept["client_name"], "Wren");
    server.public.send(token_request("patch-some", &secret_of("patch-some"))).expect(200);
}

#[test]
fn a_patch_can_set_a_secret_which_is_shown_once() {
    let server = &Server::shared();
    server.register_machine("patch-secret");
    let operations = json!([{"op": "replace", "path": "/client_secret", "value": "patched-secret"}]);
    let client = patch(server, "patch-secret", &operations).expect(200).json();
    assert_eq!(client["client_secret"], "patched-secret");
    server.public.send(token_request("patch-secret", "patched-secret")).expect(200);
    server.public.send(token_request("patch-secret", &secret_of("patch-secret"))).expect(401);
}

#[test]
fn a_patch_that_is_not_one_is_malformed() {
    let server = &Server::shared();
    server.register(&json!({"client_id": "patch-malformed"}));
    server.register(&json!({"client_id": "patch-another"}));
    for operations in [
        json!({}),
        json!("x"),
        json!([1]),
        json!([{"op": "dance", "path": "/client_name"}]),
        json!([{"op": "test", "path": "/client_name", "value": ""}]),
        json!([{"op": "copy", "path": "/owner", "from": "/client_name"}]),
        json!([{"op": "move", "path": "/owner", "from": "/client_name"}]),
        json!([{"op": "add", "path": "/client_name"}]),
        json!([{"path": "/client_name", "value": "x"}]),
        json!([{"op": "add", "path": "client_name", "value": "x"}]),
        json!([{"op": "replace", "path": "/client_name", "value": 7}]),
        json!([{"op": "replace", "path": "/id", "value": "x"}]),
        json!([{"op": "replace", "path": "/client_id", "value": "patch-another"}]),
    ] {
        let answer = patch(server, "patch-malformed", &operations);
        assert_eq!(answer.status, 400, "{operations}: {answer:?}");
    }
    let target = "/admin/clients/patch-malformed";
    for body in ["", "{", "[] []", r#"[{"op":"add","op":"remove","path":"/client_name","value":"x"}]"#] {
        server.admin.send(Request::patch(target).text(body)).expect(400);
    }
    let kept = server.admin.send(Request::get(target)).expect(200).json();
    assert_eq!(kept["client_name"], "");
}

#[test]
fn a_patch_that_cannot_be_applied_is_a_conflict_with_the_client_as_it_is() {
    let server = &Server::shared();
    server.register(&json!({"client_id": "patch-conflict", "client_name": "Robin"}));
    for operations in [
        json!([{"op": "remove", "path": "/nothing"}]),
        json!([{"op": "replace", "path": "/contacts/17", "value": "x"}]),
        json!([{"op": "add", "path": "/client_name/deeper", "value": "x"}]),
    ] {
        patch(server, "patch-conflict", &operations).expect(422);
    }
    let kept = server.admin.send(Request::get("/admin/clients/patch-conflict")).expect(200).json();
    assert_eq!(kept["client_name"], "Robin");
}

#[test]
fn nothing_and_rules_that_are_broken_leave_the_client_alone() {
    let server = &Server::shared();
    let made = server.register(&json!({"client_id": "patch-nothing", "client_name": "Robin"}));
    assert_eq!(patch(server, "patch-nothing", &json!([])).expect(200).json()["client_name"], made["client_name"]);
    assert_eq!(patch(server, "patch-nothing", &Value::Null).expect(200).json()["client_name"], made["client_name"]);
    let broken = json!([
        {"op": "replace", "path": "/client_name", "value": "Wren"},
        {"op": "replace", "path": "/client_secret", "value": "short"},
    ]);
    assert_eq!(patch(server, "patch-nothing", &broken).expect(400).error(), "invalid_client_metadata");
    let kept = server.admin.send(Request::get("/admin/clients/patch-nothing")).expect(200).json();
    assert_eq!(kept["client_name"], "Robin");
}

#[test]
fn the_stored_secret_cannot_be_copied_into_sight() {
    let server = &Server::shared();
    server.register_machine("patch-curious");
    for op in ["copy", "move"] {
        let operations = json!([{"op": op, "from": "/client_secret", "path": "/client_name"}]);
        let answer = patch(server, "patch-curious", &operations);
        assert!(!answer.text().contains("pbkdf2"), "{op}: {answer:?}");
    }
    let kept = server.admin.send(Request::get("/admin/clients/patch-curious")).expect(200);
    assert!(!kept.text().contains("pbkdf2"), "{kept:?}");
}

#[test]
fn patches_at_the_same_time_all_count() {
    let server = &Server::shared();
    server.register(&json!({"client_id": "patch-race"}));
    let one = |n: usize| {
        let operations = json!([{"op": "add", "path": "/contacts/-", "value": format!("c{n}")}]);
        // Whoever lost too often against others is told to come again.
        while patch(server, "patch-race", &operations).status != 200 {}
    };
    std::thread::scope(|scope| (0..4).for_each(|n| drop(scope.spawn(move || one(n)))));
    let kept = server.admin.send(Request::get("/admin/clients/patch-race")).expect(200).json();
    let mut contacts: Vec<_> = kept["contacts"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    contacts.sort_unstable();
    assert_eq!(contacts, ["c0", "c1", "c2", "c3"]);
}

/// As Hydra would have stored it.
const ODD_CLIENT: &str = r#"UPDATE hydra_client SET
    redirect_uris = '["javascript:alert(1)","https://a.example/cb"]', grant_types = '["client_credentials","magic"]',
    token_endpoint_auth_method = 'client_secret_basic', tos_uri = 'http://', frontchannel_logout_uri = '/bye',
    jwks = '{"keys":[{"kty":"EC","crv":"P-256","kid":"k",
        "x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        "d":"870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE"}]}',
    metadata = '{ "price": 1.10, "big": 12345678901234567890123 }' WHERE id = 'patch-odd'"#;

#[test]
fn a_client_of_looser_days_can_be_changed_but_not_made_worse() {
    let server = &Server::shared();
    server.register_machine("patch-odd");
    server.sql(ODD_CLIENT);
    let target = "/admin/clients/patch-odd";
    let before = server.admin.send(Request::get(target)).expect(200);
    let renamed = patch(server, "patch-odd", &json!([{"op": "replace", "path": "/client_name", "value": "Wren"}]));
    let renamed = renamed.expect(200);
    for text in [r#""metadata":{"price":1.10,"big":12345678901234567890123}"#, r#""d":"870MB6gf"#] {
        assert!(before.text().contains(text) && renamed.text().contains(text), "{renamed:?}");
    }
    let mut whole = before.json();
    whole["client_name"] = "Robin".into();
    let replaced = server.admin.send(Request::put(target).json(&whole)).expect(200).json();
    assert_eq!((&replaced["client_name"], &replaced["jwks"]), (&json!("Robin"), &before.json()["jwks"]));
    server.public.send(token_request("patch-odd", &secret_of("patch-odd"))).expect(200);

    for (operation, code) in [
        (json!({"op": "add", "path": "/redirect_uris/-", "value": "data:,x"}), "invalid_redirect_uri"),
        (json!({"op": "replace", "path": "/tos_uri", "value": "https://"}), "invalid_client_metadata"),
        (json!({"op": "add", "path": "/grant_types/-", "value": "more magic"}), "invalid_client_metadata"),
        (json!({"op": "replace", "path": "/jwks/keys/0/kid", "value": "other"}), "invalid_client_metadata"),
    ] {
        assert_eq!(patch(server, "patch-odd", &json!([operation])).expect(400).error(), code, "{operation}");
    }
    let repair = json!([{"op": "remove", "path": "/redirect_uris/0"}, {"op": "remove", "path": "/jwks"}]);
    patch(server, "patch-odd", &repair).expect(200);
    let back = json!([{"op": "add", "path": "/redirect_uris/-", "value": "javascript:alert(1)"}]);
    patch(server, "patch-odd", &back).expect(400);
}

#[test]
fn numbers_of_the_operator_keep_their_digits() {
    let server = &Server::shared();
    let body = r#"{"client_id":"patch-numbers","metadata":{ "price": 1.10, "big": 12345678901234567890123 }}"#;
    server.admin.send(Request::post("/admin/clients").text(body)).expect(201);
    let text = r#"[{"op":"add","path":"/metadata/more","value":[2.50,1e2]},{"op":"remove","path":"/metadata/big"}]"#;
    for _ in 0..2 {
        let answer = server.admin.send(Request::patch("/admin/clients/patch-numbers").text(text));
        let kept = server.admin.send(Request::get("/admin/clients/patch-numbers")).expect(200);
        assert!(kept.text().contains(r#""metadata":{"price":1.10,"more":[2.50,1e2]}"#), "{answer:?} {kept:?}");
    }
}
