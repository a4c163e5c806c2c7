//! `/admin/keys/…`: sets of JSON Web Keys.

use serde_json::{Value, json};

use crate::support::{
    http::{Answer, Request},
    server::{Server, quick_key},
};

fn get(server: &Server, path: &str) -> Answer {
    server.admin.send(Request::get(format!("/admin/keys/{path}")))
}

fn kids(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let keys = body["keys"].as_array().cloned().unwrap_or_default();
    keys.iter().map(|key| key["kid"].as_str().unwrap_or_default().to_owned()).collect()
}

fn symmetric(kid: &str) -> Value {
    json!({"kty": "oct", "kid": kid, "alg": "HS256", "k": "c2VjcmV0LW9mLXRoZS10ZXN0cw"})
}

#[test]
fn a_key_is_made_and_read_with_its_private_half() {
    let server = &Server::shared();
    let request = Request::post("/admin/keys/keys-made").json(&json!({"alg": "ES256", "kid": "mine", "use": "sig"}));
    let answer = server.admin.send(request).expect(201);
    assert_eq!(answer.header("Location"), Some(format!("{}keys/keys-made", server.issuer).as_str()));
    assert_eq!(answer.header("Content-Type"), Some("application/json; charset=utf-8"));
    let made = answer.json();
    let members: Vec<_> = made["keys"][0].as_object().expect("a key").keys().map(String::as_str).collect();
    assert_eq!(members, ["use", "kty", "kid", "crv", "alg", "x", "y", "d"]);
    assert_eq!(get(server, "keys-made").expect(200).json(), made);
    assert_eq!(get(server, "keys-made/mine").expect(200).json(), made);
}

#[test]
fn algorithms_for_which_no_key_can_be_made_are_refused() {
    let server = &Server::shared();
    for alg in ["HS256", "none", "", "es256", "RSA-OAEP"] {
        let answer = server.admin.send(Request::post("/admin/keys/keys-odd").json(&json!({"alg": alg}))).expect(400);
        assert_eq!(answer.error(), "Bad Request", "{alg}");
    }
    for body in ["", "[]", r#"{"alg":7}"#, r#"{"ALG":"ES256"}"#, r#"{"alg":"ES256","alg":"ES256"}"#] {
        let answer = server.admin.send(Request::post("/admin/keys/keys-odd").text(body)).expect(400);
        assert_eq!(answer.error(), "The request was malformed or contained invalid parameters", "{body}");
    }
    get(server, "keys-odd").expect(404);
}

#[test]
fn quick_algorithms_make_keys_that_say_what_they_are_for() {
    let server = &Server::shared();
    for (alg, kty) in [("ES256", "EC"), ("ES384", "EC"), ("ES512", "EC"), ("EdDSA", "OKP")] {
        let made =
            server.admin.send(Request::post("/admin/keys/keys-kinds").json(&json!({"alg": alg}))).expect(201).json();
        let key = &made["keys"][0];
        assert_eq!((&key["kty"], &key["alg"], &key["use"]), (&kty.into(), &alg.into(), &"sig".into()));
        assert_eq!(key["kid"].as_str().map(str::len), Some(36));
    }
    assert_eq!(kids(&get(server, "keys-kinds").expect(200)).len(), 4);
}

#[test]
fn a_kid_is_given_once_in_a_set_unless_it_is_put() {
    let server = &Server::shared();
    let make = || Request::post("/admin/keys/keys-once").json(&json!({"alg": "ES256", "kid": "k"}));
    server.admin.send(make()).expect(201);
    let again = server.admin.send(make()).expect(409);
    assert_eq!(again.error(), "Unable to insert or update resource because a resource with that value exists already");
    let put = server.admin.send(Request::put("/admin/keys/keys-once/k").json(&symmetric("k"))).expect(200);
    assert_eq!(put.json(), symmetric_as_shown("k"));
    assert_eq!(get(server, "keys-once/k").json()["keys"], json!([symmetric_as_shown("k")]));
}

/// Members come in an order of their own; equality of JSON objects does not look at it.
fn symmetric_as_shown(kid: &str) -> Value {
    symmetric(kid)
}

#[test]
fn a_key_without_kid_gets_the_one_of_the_address() {
    let server = &Server::shared();
    let mut key = symmetric("x");
    key.as_object_mut().and_then(|members| members.remove("kid"));
    let put = server.admin.send(Request::put("/admin/keys/keys-path/from-path").json(&key)).expect(200);
    assert_eq!(put.json()["kid"], "from-path");
    assert_eq!(kids(&get(server, "keys-path/from-path").expect(200)), ["from-path"]);
    server.admin.send(Request::put("/admin/keys/keys-path/ignored").json(&symmetric("own"))).expect(200);
    assert_eq!(kids(&get(server, "keys-path/own").expect(200)), ["own"]);
    get(server, "keys-path/ignored").expect(404);
}

#[test]
fn a_set_is_replaced_as_a_whole_or_not_at_all() {
    let server = &Server::shared();
    let put = |keys: Value| server.admin.send(Request::put("/admin/keys/keys-whole").json(&json!({"keys": keys})));
    let answer = put(json!([symmetric("a"), symmetric("b")])).expect(200);
    assert_eq!(kids(&answer), ["a", "b"]);
    put(json!([symmetric("c"), symmetric("c")])).expect(409);
    put(json!([symmetric("c"), {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}])).expect(400);
    put(json!([symmetric("c"), 7])).expect(400);
    let mut kept = kids(&get(server, "keys-whole").expect(200));
    kept.sort_unstable();
    assert_eq!(kept, ["a", "b"]);
    put(json!([symmetric("c")])).expect(200);
    assert_eq!(kids(&get(server, "keys-whole").expect(200)), ["c"]);
    assert_eq!(put(json!([])).expect(200).text(), "{\"keys\":[]}\n");
    get(server, "keys-whole").expect(404);
}

#[test]
fn a_missing_set_and_a_missing_key_are_told_apart() {
    let server = &Server::shared();
    server.admin.send(quick_key("keys-there")).expect(201);
    assert_eq!(get(server, "keys-nowhere").expect(404).error(), "Not Found");
    for path in ["keys-nowhere/x", "keys-there/x"] {
        let answer = get(server, path).expect(404);
        assert_eq!(answer.text(), "{\"error\":\"Unable to locate the resource\",\"error_description\":\"\"}\n");
    }
    server.admin.send(Request::get("/admin/keys")).expect(404);
}

#[test]
fn keys_are_deleted_one_by_one_or_all_and_twice_does_not_matter() {
    let server = &Server::shared();
    for kid in ["a", "b", "c"] {
        server.admin.send(Request::put(format!("/admin/keys/keys-gone/{kid}")).json(&symmetric(kid))).expect(200);
    }
    for target in ["keys-gone/a", "keys-gone/a", "keys-gone/never"] {
        let answer = server.admin.send(Request::delete(format!("/admin/keys/{target}"))).expect(204);
        assert!(answer.body.is_empty());
    }
    assert_eq!(kids(&get(server, "keys-gone").expect(200)).len(), 2);
    for _ in 0..2 {
        server.admin.send(Request::delete("/admin/keys/keys-gone")).expect(204);
    }
    get(server, "keys-gone").expect(404);
}

#[test]
fn names_that_need_escaping_work() {
    let server = &Server::shared();
    let answer = server.admin.send(quick_key("keys%2Fodd%20name")).expect(201);
    let kid = kids(&answer).remove(0);
    assert!(
        answer.header("Location").is_some_and(|location| location.ends_with("/keys/keys%2Fodd%20name")),
        "{answer:?}"
    );
    get(server, &format!("keys%2Fodd%20name/{kid}")).expect(200);
    for target in ["keys%00nul", "x/kid%00"] {
        get(server, target).expect(400);
    }
    server.admin.send(quick_key(&"s".repeat(256))).expect(400);
}
