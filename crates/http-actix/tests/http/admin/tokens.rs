//! `DELETE /admin/oauth2/tokens`: all access tokens of a client.

use crate::support::{http::Request, server::Server};

#[test]
fn all_tokens_of_a_client_go_and_those_of_others_stay() {
    let server = &Server::shared();
    for id in ["tokens-mine", "tokens-theirs"] {
        server.register_machine(id);
    }
    let mine = [server.token("tokens-mine"), server.token("tokens-mine")];
    let theirs = server.token("tokens-theirs");
    let answer = server.admin.send(Request::delete("/admin/oauth2/tokens?client_id=tokens-mine")).expect(204);
    assert!(answer.body.is_empty());
    assert_eq!(answer.header("Content-Type"), None);
    assert!(mine.iter().all(|token| server.introspect(token)["active"] == false));
    assert_eq!(server.introspect(&theirs)["active"], true);
}

#[test]
fn a_client_that_is_not_there_has_no_tokens_and_none_named_is_an_error() {
    let server = &Server::shared();
    server.admin.send(Request::delete("/admin/oauth2/tokens?client_id=tokens-nobody")).expect(204);
    let answer = server.admin.send(Request::delete("/admin/oauth2/tokens")).expect(400);
    assert_eq!(answer.error(), "invalid_request");
    assert_eq!(answer.header("Content-Type"), Some("application/json"));
}
