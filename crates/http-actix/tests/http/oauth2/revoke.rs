//! `POST /oauth2/revoke` (RFC 7009).

use crate::support::{
    http::{Answer, Request},
    server::{Server, secret_of},
};

fn revoke(server: &Server, id: &str, token: &str) -> Answer {
    server.public.send(Request::post("/oauth2/revoke").basic(id, &secret_of(id)).form(&[("token", token)]))
}

#[track_caller]
fn is_empty_and_not_to_be_kept(answer: &Answer) {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body.is_empty(), "{answer:?}");
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    assert_eq!(answer.header("Pragma"), Some("no-cache"));
    assert_eq!(answer.header("Content-Type"), None);
}

#[test]
fn a_revoked_token_is_inactive_and_revoking_it_again_is_no_error() {
    let server = &Server::shared();
    server.register_machine("revoke-once");
    let token = server.token("revoke-once");
    assert_eq!(server.introspect(&token)["active"], true);
    is_empty_and_not_to_be_kept(&revoke(server, "revoke-once", &token));
    assert_eq!(server.introspect(&token)["active"], false);
    is_empty_and_not_to_be_kept(&revoke(server, "revoke-once", &token));
    is_empty_and_not_to_be_kept(&revoke(server, "revoke-once", "never-a-token"));
}

#[test]
fn nobody_revokes_what_is_not_theirs_or_what_they_only_guess() {
    let server = &Server::shared();
    server.register_machine("revoke-owner");
    server.register_machine("revoke-other");
    let token = server.token("revoke-owner");
    is_empty_and_not_to_be_kept(&revoke(server, "revoke-other", &token));
    let (_, signature) = token.split_once('.').expect("a token has two parts");
    let forged = format!("ory_at_{}.{signature}", "A".repeat(43));
    is_empty_and_not_to_be_kept(&revoke(server, "revoke-owner", &forged));
    assert_eq!(server.introspect(&token)["active"], true);
}

#[test]
fn only_authenticated_clients_revoke() {
    let server = &Server::shared();
    server.register_machine("revoke-locked");
    let token = server.token("revoke-locked");
    let wrong = Request::post("/oauth2/revoke").basic("revoke-locked", "not-the-secret").form(&[("token", &token)]);
    let answer = server.public.send(wrong).expect(401);
    assert_eq!(answer.error(), "invalid_client");
    assert!(answer.header("WWW-Authenticate").is_some());
    let nobody = server.public.send(Request::post("/oauth2/revoke").form(&[("token", &token)])).expect(400);
    assert_eq!(nobody.error(), "invalid_request");
    assert_eq!(server.introspect(&token)["active"], true);
}

#[test]
fn a_request_without_a_form_is_malformed() {
    let server = &Server::shared();
    server.register_machine("revoke-empty");
    let empty = Request::post("/oauth2/revoke").basic("revoke-empty", &secret_of("revoke-empty"));
    assert_eq!(server.public.send(empty).expect(400).error(), "invalid_request");
    assert_eq!(server.public.send(Request::get("/oauth2/revoke")).expect(405).header("Allow"), Some("POST, OPTIONS"));
}
