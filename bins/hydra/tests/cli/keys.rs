//! Key sets: create, get, delete.

use crate::support::{Server, answer, ok};

const KEY: &str = r#"{"use":"sig","kty":"RSA","kid":"k-1","alg":"RS256","n":"nn","e":"AQAB","d":"hush"}"#;

#[test]
fn create_prints_a_collection_even_for_one_key() {
    let server = Server::answering([answer("201 Created", &format!(r#"{{"keys":[{KEY}]}}"#))]);
    let printed = server.hydra("create jwk my/set --public --format json").output();
    let expected = r#"{"set":"my/set","keys":[{"alg":"RS256","e":"AQAB","kid":"k-1","kty":"RSA","n":"nn","set":"my/set","use":"sig"}]}"#;
    assert_eq!(printed.trim_end(), expected);
    assert_eq!(server.request().line, "POST /admin/keys/my%2Fset");
    assert_eq!(server.request().body, r#"{"alg":"RS256","kid":"","use":"sig"}"#);
}

#[test]
fn create_names_the_key_as_asked() {
    let server = Server::answering([ok(&format!(r#"{{"keys":[{KEY}]}}"#))]);
    assert_eq!(server.hydra("create jwks s k-1 --alg ES256 --use enc -q").output(), "k-1\n");
    assert_eq!(server.request().body, r#"{"alg":"ES256","kid":"k-1","use":"enc"}"#);
}

#[test]
fn get_prints_one_key_as_a_row_and_more_as_a_collection() {
    let one = format!(r#"{{"keys":[{KEY}]}}"#);
    let two = format!(r#"{{"keys":[{KEY},{KEY}]}}"#);
    let server = Server::answering([ok(&one), ok(&two), ok(&one), ok(&one), ok(r#"{"keys":[]}"#)]);
    assert_eq!(
        server.hydra("get jwk s").output(),
        "SET ID\t\ts\t\nKEY ID\t\tk-1\t\nALGORITHM\tRS256\t\nUSE\t\tsig\t\n"
    );
    let several = server.hydra("get jwk s").output();
    assert!(several.starts_with("SET ID\tKEY ID\tALGORITHM\tUSE\t\ns\tk-1\tRS256\t\tsig\t\n"), "{several}");
    let of_two_sets = server.hydra("get jwks s t --format json").output();
    assert!(of_two_sets.starts_with(r#"{"keys":[{"alg":"#), "{of_two_sets}");
    assert!(of_two_sets.contains(r#""d":"hush""#) && of_two_sets.contains(r#""set":"t""#), "{of_two_sets}");
    assert_eq!(server.hydra("get jwk s --format json").output(), "", "no keys, nothing to print");
}

#[test]
fn delete_stops_at_the_first_failure() {
    let refusal = r#"{"error":{"message":"What went wrong","reason":"and why"}}"#;
    let server = Server::answering([answer("204 No Content", ""), answer("500 Internal Server Error", refusal)]);
    assert_eq!(server.hydra("delete jwk a b c").error(), "What went wrong\nand why\n");
    assert_eq!(server.requests()[1].line, "DELETE /admin/keys/b");
    assert_eq!(server.requests().len(), 2);
}
