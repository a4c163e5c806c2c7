//! Making, reading, replacing and deleting a client.

use serde_json::{Value, json};

use crate::support::{
    http::{Answer, Request},
    server::{Server, secret_of, token_request},
};

fn get(server: &Server, id: &str) -> Answer {
    server.admin.send(Request::get(format!("/admin/clients/{id}")))
}

/// 404 as the API says it.
#[track_caller]
fn is_not_there(answer: &Answer) {
    assert_eq!(answer.status, 404, "{answer:?}");
    assert_eq!(answer.text(), "{\"error\":\"Unable to locate the resource\",\"error_description\":\"\"}\n");
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
}

#[test]
fn a_new_client_is_shown_once_with_its_secret_and_then_without() {
    let server = &Server::shared();
    let answer = server.admin.send(Request::post("/admin/clients").json(&json!({"client_name": "Robin"}))).expect(201);
    assert_eq!(answer.header("Content-Type"), Some("application/json; charset=utf-8"));
    assert!(answer.text().ends_with("}\n"));
    let made = answer.json();
    let id = made["client_id"].as_str().expect("an id was made").to_owned();
    assert_eq!(answer.header("Location"), Some(format!("/admin/clients/{id}").as_str()));
    assert_eq!(made["client_secret"].as_str().map(str::len), Some(26));
    assert!(made["registration_access_token"].as_str().is_some_and(|token| token.starts_with("ory_at_")));
    assert!(made["registration_client_uri"].as_str().is_some_and(|uri| uri.starts_with(&server.issuer)));
    assert_eq!(made["scope"], "offline_access offline openid");
    assert_eq!(made["token_endpoint_auth_method"], "client_secret_basic");

    let kept = get(server, &id).expect(200).json();
    for hidden in ["client_secret", "registration_access_token", "registration_client_uri"] {
        assert_eq!(kept.get(hidden), None, "{hidden} is shown");
    }
    assert_eq!(kept["created_at"], made["created_at"]);
}

#[test]
fn lists_that_were_not_given_are_null_in_the_reply_and_empty_afterwards() {
    let server = &Server::shared();
    let made = server.register(&json!({"client_id": "life-lists", "contacts": []}));
    for (member, in_reply) in [
        ("redirect_uris", Value::Null),
        ("grant_types", Value::Null),
        ("response_types", Value::Null),
        ("contacts", json!([])),
    ] {
        assert_eq!(made[member], in_reply, "{member}");
        assert_eq!(get(server, "life-lists").json()[member], json!([]), "{member}");
    }
}

#[test]
fn members_come_in_their_order_and_angle_brackets_are_escaped() {
    let server = &Server::shared();
    let metadata = json!({"z": 1, "a": {"<b>": 1.5}});
    server.register(&json!({"client_id": "life-order", "client_name": "<Robin & co>", "metadata": metadata}));
    let answer = get(server, "life-order").expect(200);
    let text = answer.text();
    assert!(
        text.starts_with(r#"{"client_id":"life-order","client_name":"\u003cRobin \u0026 co\u003e","redirect_uris""#),
        "{text}"
    );
    assert!(text.contains(r#""metadata":{"z":1,"a":{"\u003cb\u003e":1.5}}"#), "{text}");
    assert_eq!(answer.json()["metadata"], metadata);
}

#[test]
fn an_id_is_given_once() {
    let server = &Server::shared();
    server.register(&json!({"client_id": "life-once"}));
    let again = server.admin.send(Request::post("/admin/clients").json(&json!({"client_id": "life-once"}))).expect(409);
    assert_eq!(
        again.text(),
        "{\"error\":\"Unable to insert or update resource because a resource with that value exists already\",\
         \"error_description\":\"\"}\n"
    );
}

#[test]
fn the_location_of_an_odd_id_leads_to_its_client() {
    let server = &Server::shared();
    for id in ["a/b", "a b", "a%2Fb", "a?b#c", "...", "a:b@c", "\\\"<>", "new+client"] {
        let answer = server.admin.send(Request::post("/admin/clients").json(&json!({"client_id": id}))).expect(201);
        let location = answer.header("Location").expect("a new client is somewhere").to_owned();
        assert!(location.is_ascii() && !location.contains([' ', '"', '<', '#', '?']), "{location}");
        let found = server.admin.send(Request::get(location.as_str())).expect(200);
        assert_eq!(found.json()["client_id"], id, "{location}");
        server.admin.send(Request::delete(location)).expect(204);
    }
}

#[test]
fn an_id_that_no_address_can_hold_is_refused_and_one_that_hydra_gave_is_reached_by_its_escapes() {
    let server = &Server::shared();
    for (id, target) in [(".", "/admin/clients/%2E"), ("..", "/admin/clients/%2E%2E")] {
        let answer = server.admin.send(Request::post("/admin/clients").json(&json!({"client_id": id}))).expect(400);
        assert_eq!(answer.error(), "invalid_client_metadata");
        assert!(answer.text().contains("client_id"), "{answer:?}");
        server.register_machine("life-dots");
        server.sql(&format!("UPDATE hydra_client SET id = '{id}' WHERE id = 'life-dots'"));
        let rename = json!([{"op": "add", "path": "/client_name", "value": "Robin"}]);
        server.admin.send(Request::patch(target).json(&rename)).expect(200);
        assert_eq!(server.admin.send(Request::get(target)).expect(200).json()["client_name"], "Robin", "{target}");
        server.admin.send(Request::delete(target)).expect(204);
    }
}

#[test]
fn replacing_sets_everything_and_keeps_the_secret_unless_a_new_one_is_given() {
    let server = &Server::shared();
    let old = server.register_machine("life-replaced");
    let replace = |body: &Value| server.admin.send(Request::put("/admin/clients/life-replaced").json(body));
    let kept =
        json!({"client_name": "new", "grant_types": ["client_credentials"], "scope": "api", "client_id": "other"});
    let answer = replace(&kept).expect(200).json();
    assert_eq!(answer["client_id"], "life-replaced");
    assert_eq!(answer.get("client_secret"), None);
    assert_eq!(answer["audience"], json!([]));
    server.public.send(token_request("life-replaced", &old)).expect(200);

    let changed = json!({"client_secret": "another-secret", "grant_types": ["client_credentials"], "scope": "api"});
    assert_eq!(replace(&changed).expect(200).json()["client_secret"], "another-secret");
    assert_eq!(get(server, "life-replaced").json()["client_name"], "");
    server.public.send(token_request("life-replaced", &old)).expect(401);
    server.public.send(token_request("life-replaced", "another-secret")).expect(200);
}

#[test]
fn what_may_not_be_registered_is_refused_with_its_code() {
    let server = &Server::shared();
    for (client, code) in [
        (json!({"redirect_uris": ["https://a.example/#f"]}), "invalid_redirect_uri"),
        (json!({"client_secret": "short"}), "invalid_client_metadata"),
        (json!({"grant_types": ["magic"]}), "invalid_client_metadata"),
        (json!({"subject_type": "pairwise"}), "invalid_client_metadata"),
        (json!({"access_token_strategy": "paper"}), "invalid_client_metadata"),
        (json!({"allowed_cors_origins": ["https://a.example/path"]}), "invalid_client_metadata"),
    ] {
        let answer = server.admin.send(Request::post("/admin/clients").json(&client)).expect(400);
        assert_eq!(answer.error(), code, "{client}");
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
        // A body is looked at before the client it is for.
        let absent = server.admin.send(Request::put("/admin/clients/life-absent").json(&client)).expect(400);
        assert_eq!(absent.error(), code, "{client}");
    }
}

#[test]
fn lifespans_are_replaced_as_a_whole() {
    let server = &Server::shared();
    server.register_machine("life-spans");
    let set = |body: &Value| server.admin.send(Request::put("/admin/clients/life-spans/lifespans").json(body));
    let answer = set(&json!({"client_credentials_grant_access_token_lifespan": "90s"})).expect(200).json();
    assert_eq!(answer["client_credentials_grant_access_token_lifespan"], "1m30s");
    let token = server.public.send(token_request("life-spans", &secret_of("life-spans"))).expect(200).json();
    assert!(token["expires_in"].as_i64().is_some_and(|seconds| (80..=90).contains(&seconds)), "{token}");
    let answer = set(&json!({})).expect(200).json();
    assert_eq!(answer["client_credentials_grant_access_token_lifespan"], Value::Null);
    for odd in [json!({"client_credentials_grant_access_token_lifespan": "1d"}), json!([]), json!("1h")] {
        set(&odd).expect(400);
    }
    is_not_there(&server.admin.send(Request::put("/admin/clients/life-nobody/lifespans").text("not even JSON")));
}

#[test]
fn a_deleted_client_is_gone_with_its_tokens() {
    let server = &Server::shared();
    server.register_machine("life-deleted");
    let token = server.token("life-deleted");
    let answer = server.admin.send(Request::delete("/admin/clients/life-deleted")).expect(204);
    assert!(answer.body.is_empty());
    assert_eq!(answer.header("Content-Type"), None);
    is_not_there(&get(server, "life-deleted"));
    assert_eq!(server.introspect(&token)["active"], false);
    server.public.send(token_request("life-deleted", &secret_of("life-deleted"))).expect(401);
}

#[test]
fn a_client_that_is_not_there_is_not_there_for_any_method() {
    let server = &Server::shared();
    let target = "/admin/clients/life-nobody";
    for request in [
        Request::get(target),
        Request::put(target).json(&json!({})),
        Request::patch(target),
        Request::delete(target),
        Request::post(format!("{target}/secrets/rotate")),
        Request::delete(format!("{target}/secrets/rotate")),
    ] {
        is_not_there(&server.admin.send(request));
    }
    let head = server.admin.send(Request::head(target)).expect(404);
    assert!(head.body.is_empty());
}
