//! `/admin/clients/{id}/secrets/rotate`

use serde_json::json;

use crate::support::{
    http::Request,
    server::{Server, token_request},
};

#[test]
fn after_a_rotation_both_secrets_work_until_the_old_one_is_dropped() {
    let server = &Server::shared();
    let old = server.register_machine("secrets-rotated");
    let target = "/admin/clients/secrets-rotated/secrets/rotate";
    let rotated = server.admin.send(Request::post(target)).expect(200).json();
    let new = rotated["client_secret"].as_str().expect("the new secret is shown").to_owned();
    assert_eq!(new.len(), 26);
    assert_eq!(rotated["scope"], "api");
    for secret in [&old, &new] {
        server.public.send(token_request("secrets-rotated", secret)).expect(200);
    }
    let shown = server.admin.send(Request::get("/admin/clients/secrets-rotated")).expect(200);
    assert!(!shown.text().contains(&new) && !shown.text().contains("pbkdf2"));

    let cleaned = server.admin.send(Request::delete(target)).expect(200).json();
    assert_eq!(cleaned.get("client_secret"), None);
    server.public.send(token_request("secrets-rotated", &old)).expect(401);
    server.public.send(token_request("secrets-rotated", &new)).expect(200);
}

#[test]
fn only_the_last_five_old_secrets_are_kept() {
    let server = &Server::shared();
    let first = server.register_machine("secrets-many");
    let target = "/admin/clients/secrets-many/secrets/rotate";
    let mut secrets = vec![first];
    for _ in 0..6 {
        let rotated = server.admin.send(Request::post(target)).expect(200).json();
        secrets.push(rotated["client_secret"].as_str().expect("the new secret is shown").to_owned());
    }
    let works = |secret: &String| server.public.send(token_request("secrets-many", secret)).status == 200;
    let living: Vec<bool> = secrets.iter().map(works).collect();
    assert_eq!(living, [false, true, true, true, true, true, true]);
}

#[test]
fn a_client_without_a_shared_secret_has_none_to_rotate() {
    let server = &Server::shared();
    server.register(&json!({"client_id": "secrets-none", "token_endpoint_auth_method": "none"}));
    for request in [Request::post, Request::delete] {
        let answer = server.admin.send(request("/admin/clients/secrets-none/secrets/rotate".to_owned())).expect(400);
        assert_eq!(answer.error(), "The request was malformed or contained invalid parameters");
        assert!(answer.json()["error_description"].as_str().is_some_and(|text| text.contains("'none'")));
    }
}
