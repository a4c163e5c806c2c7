//! Clients: create, get, list, update, delete.

use serde_json::{Value, json};

use crate::support::{Server, answer, ok, run};

const MISSING: &str = r#"{"error":"Unable to locate the resource","error_description":""}"#;

/// What the server answers to the creation of the most simple client.
const CREATED: &str = r#"{"client_id":"c-1","client_name":"","client_secret":"my-secret-0","redirect_uris":null,"grant_types":["client_credentials"],"response_types":["code"],"scope":"api","audience":[],"owner":"","policy_uri":"","allowed_cors_origins":[],"tos_uri":"","client_uri":"","logo_uri":"","contacts":null,"client_secret_expires_at":0,"subject_type":"public","jwks":{},"token_endpoint_auth_method":"client_secret_basic","request_object_signing_alg":"RS256","userinfo_signed_response_alg":"none","created_at":"2026-07-24T10:00:00Z","updated_at":"2026-07-24T09:59:59.731204Z","metadata":{},"registration_access_token":"ory_at_x","registration_client_uri":"http://h/oauth2/register","skip_consent":false,"skip_logout_consent":false,"client_credentials_grant_access_token_lifespan":null}"#;

fn client(id: &str) -> String {
    json!({"client_id": id, "client_name": format!("name of {id}"), "grant_types": ["client_credentials"],
        "response_types": ["code"], "scope": "api", "audience": [], "contacts": null})
    .to_string()
}

#[test]
fn create_sends_every_member_and_prints_what_the_server_set() {
    let server = Server::answering([answer("201 Created", CREATED)]);
    let printed = server
        .hydra("create client --format json --secret my-secret-0 --grant-type client_credentials --scope api")
        .output();
    let request = server.request();
    assert_eq!(request.line, "POST /admin/clients");
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(request.header("user-agent"), Some("OpenAPI-Generator/1.0.0/go"));
    let expected = concat!(
        r#"{"access_token_strategy":"","allowed_cors_origins":[],"audience":[],"#,
        r#""backchannel_logout_session_required":false,"backchannel_logout_uri":"","client_id":"","client_name":"","#,
        r#""client_secret":"my-secret-0","client_uri":"","contacts":[],"frontchannel_logout_session_required":false,"#,
        r#""frontchannel_logout_uri":"","grant_types":["client_credentials"],"jwks_uri":"","logo_uri":"","#,
        r#""metadata":{},"owner":"","policy_uri":"","post_logout_redirect_uris":[],"redirect_uris":[],"#,
        r#""request_object_signing_alg":"RS256","request_uris":[],"response_types":["code"],"scope":"api","#,
        r#""sector_identifier_uri":"","skip_consent":false,"skip_logout_consent":false,"subject_type":"public","#,
        r#""token_endpoint_auth_method":"client_secret_basic","tos_uri":""}"#,
    );
    assert_eq!(request.body, expected);
    let shown = concat!(
        r#"{"client_id":"c-1","client_name":"","client_secret":"my-secret-0","client_secret_expires_at":0,"#,
        r#""client_uri":"","created_at":"2026-07-24T10:00:00Z","grant_types":["client_credentials"],"jwks":{},"#,
        r#""logo_uri":"","metadata":{},"owner":"","policy_uri":"","registration_access_token":"ory_at_x","#,
        r#""registration_client_uri":"http://h/oauth2/register","request_object_signing_alg":"RS256","#,
        r#""response_types":["code"],"scope":"api","skip_consent":false,"skip_logout_consent":false,"#,
        r#""subject_type":"public","token_endpoint_auth_method":"client_secret_basic","tos_uri":"","#,
        r#""updated_at":"2026-07-24T09:59:59.731204Z","userinfo_signed_response_alg":"none"}"#,
        "\n"
    );
    assert_eq!(printed, shown);
}

#[test]
fn create_prints_a_row_by_default() {
    let server = Server::answering([ok(CREATED)]);
    let expected = "CLIENT ID\tc-1\t\t\t\nCLIENT SECRET\tmy-secret-0\t\t\nGRANT TYPES\tclient_credentials\t\n\
                    RESPONSE TYPES\tcode\t\t\t\nSCOPE\t\tapi\t\t\t\nAUDIENCE\t\t\t\t\nREDIRECT URIS\t\t\t\t\n";
    assert_eq!(server.hydra("create oauth2-client").output(), expected);
}

#[test]
fn flags_of_a_client_are_csv_json_and_switches() {
    let server = Server::answering([ok(CREATED)]);
    let more = ["--metadata", r#"{"b": 1.0, "a": "<"}"#, "--contact", r#""a,b",c"#, "--contact=d", "--name", "-x"];
    let words =
        "create client --id c-1 --scope a,b --scope c --grant-type x,y --skip-consent --skip-logout-consent=false";
    server.hydra_with(words, &more).output();
    let sent: Value = serde_json::from_str(&server.request().body).unwrap();
    assert_eq!(sent["client_id"], "c-1");
    assert_eq!(sent["client_name"], "-x");
    assert_eq!(sent["scope"], "a b c");
    assert_eq!(sent["grant_types"], json!(["x", "y"]));
    assert_eq!(sent["contacts"], json!(["a,b", "c", "d"]));
    assert_eq!((&sent["skip_consent"], &sent["skip_logout_consent"]), (&json!(true), &json!(false)));
    assert!(server.request().body.contains(r#""metadata":{"b":1.0,"a":"\u003c"}"#), "{}", server.request().body);
}

#[test]
fn create_from_a_file_keeps_the_id_of_the_file_unless_one_is_given() {
    for (flag, id) in [("", "from-file"), ("--id=from-flag ", "from-flag")] {
        let server = Server::answering([ok(r#"{"client_id":"c"}"#)]);
        let words = format!("create client {flag}--file - --format json --endpoint {}", server.url());
        let file = r#"{"client_secret": "s3cret", "client_id": "from-file", "metadata": {"z": 1, "a": 2}}"#;
        let printed = run(&words.split(' ').collect::<Vec<_>>(), &[], file).output();
        let sent = format!(r#"{{"client_id":"{id}","client_secret":"s3cret","metadata":{{"z":1,"a":2}}}}"#);
        assert_eq!(server.request().body, sent);
        assert_eq!(printed, "{\"client_id\":\"c\",\"client_secret\":\"s3cret\"}\n", "the secret is shown all the same");
    }
}

#[test]
fn a_file_that_is_no_client_changes_nothing() {
    let server = Server::answering([]);
    assert!(server.hydra("create client --file /does/not/exist").error().contains("/does/not/exist cannot be read"));
    assert!(server.hydra("create client --file -").error().contains("standard input does not hold one client"));
    assert!(server.hydra("create client --metadata {").error().contains("--metadata"));
    assert!(server.requests().is_empty());
}

#[test]
fn get_one_prints_a_row_and_several_print_a_list() {
    let server = Server::answering([ok(&client("a/b")), ok(&client("1")), ok(&client("2"))]);
    let one = server.hydra("get client a/b --format json").output();
    let expected = r#"{"client_id":"a/b","client_name":"name of a/b","grant_types":["client_credentials"],"response_types":["code"],"scope":"api"}"#;
    assert_eq!(one.trim_end(), expected);
    let two: Value = serde_json::from_str(&server.hydra("get clients 1 2 --format json").output()).unwrap();
    assert_eq!(two[1]["client_id"], "2");
    assert_eq!(two[1]["audience"], json!([]), "empty lists stay in a list of clients");
    let lines: Vec<String> = server.requests().into_iter().map(|request| request.line).collect();
    assert_eq!(lines, ["GET /admin/clients/a%2Fb", "GET /admin/clients/1", "GET /admin/clients/2"]);
}

#[test]
fn get_stops_at_the_first_failure_and_prints_nothing() {
    let server = Server::answering([ok(&client("1")), answer("404 Not Found", MISSING)]);
    let error = server.hydra("get client 1 nope 3").error();
    let body = "{\n  \"error\": \"Unable to locate the resource\",\n  \"error_description\": \"\"\n}\n";
    assert!(error.starts_with(body), "{error}");
    assert_eq!(error.lines().count(), 5, "{error}");
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn ids_alone_are_printed_when_quiet() {
    let server = Server::answering([ok(&client("1")), ok(&client("2")), ok(&format!("[{}]", client("3"))), ok("[]")]);
    assert_eq!(server.hydra("get clients 1 2 -q --format json").output(), "1\n2\n");
    assert_eq!(server.hydra("ls clients --quiet").output(), "3\n");
    assert_eq!(server.hydra("list clients -q").output(), "");
}

#[test]
fn list_asks_for_one_page_and_names_the_next() {
    let link = r#"Link: </admin/clients?page_size=1&page_token=>; rel="first",</admin/clients?page_size=1&page_token=AbC%3D>; rel="next""#;
    let server = Server::answering([ok(&format!("[{}]", client("1"))).with(link), ok("[]")]);
    let page: Value = serde_json::from_str(&server.hydra("ls clients --page-size 1 --format json").output()).unwrap();
    assert_eq!(page["items"][0]["client_id"], "1");
    assert_eq!((&page["next_page_token"], &page["is_last_page"]), (&json!("AbC="), &json!(false)));
    let last = server.hydra("list oauth2-clients --page-token AbC=").output();
    assert!(last.ends_with("\t\t\nNEXT PAGE TOKEN\t\t\nIS LAST PAGE\ttrue\t\n"), "{last}");
    let lines: Vec<String> = server.requests().into_iter().map(|request| request.line).collect();
    let expected = ["GET /admin/clients?page_size=1&page_token=", "GET /admin/clients?page_size=100&page_token=AbC%3D"];
    assert_eq!(lines, expected);
}

#[test]
fn update_patches_what_the_flags_say_and_nothing_else() {
    let server = Server::answering([ok(&client("c-1")), ok(&client("c-1"))]);
    let words = "update client c-1 --skip-consent=false --secret s3cret --audience a,b --format jsonpath=client_secret";
    assert_eq!(server.hydra_with(words, &["--name", "New name"]).output(), "\"s3cret\"\n");
    server.hydra("update oauth2-client c-1").output();
    let [first, second] = server.requests().try_into().unwrap();
    assert_eq!(first.line, "PATCH /admin/clients/c-1");
    let patch = concat!(
        r#"[{"op":"replace","path":"/audience","value":["a","b"]},"#,
        r#"{"op":"replace","path":"/client_name","value":"New name"},"#,
        r#"{"op":"replace","path":"/client_secret","value":"s3cret"},"#,
        r#"{"op":"replace","path":"/skip_consent","value":false}]"#,
    );
    assert_eq!(first.body, patch);
    assert_eq!(second.body, "[]");
}

#[test]
fn update_from_a_file_replaces_the_client() {
    let stored = r#"{"client_id":"c-1","id_token_signed_response_alg":"ES256"}"#;
    let server = Server::answering([ok(stored)]);
    let words = ["update", "client", "c-1", "--secret", "ignored", "--file", "-", "-e", server.url(), "--format=json"];
    let file = r#"{"client_name":"x","id_token_signed_response_alg":"ES256"}"#;
    let printed = run(&words, &[], file).output();
    assert_eq!(server.request().line, "PUT /admin/clients/c-1");
    assert_eq!(server.request().body, file);
    assert_eq!(printed, format!("{stored}\n"));
}

#[test]
fn delete_goes_on_after_a_failure_and_tells_it_at_the_end() {
    let server = Server::answering([answer("404 Not Found", MISSING), answer("204 No Content", "")]);
    let run = server.hydra("delete client ghost c-1 --format json");
    assert_eq!((run.code, run.stdout.as_str()), (1, "\"c-1\"\n"));
    let last = run.stderr.lines().last().unwrap();
    assert_eq!(last, "ghost: the server answered 404 Not Found: Unable to locate the resource");
    assert!(run.stderr.starts_with("{\n  \"error\": "), "{}", run.stderr);
    let lines: Vec<String> = server.requests().into_iter().map(|request| request.line).collect();
    assert_eq!(lines, ["DELETE /admin/clients/ghost", "DELETE /admin/clients/c-1"]);
}

#[test]
fn delete_prints_what_is_gone() {
    let gone = || answer("204 No Content", "");
    let server = Server::answering([gone(), gone(), gone()]);
    assert_eq!(server.hydra("delete client a b").output(), "ID\t\na\t\nb\t\n");
    assert_eq!(server.hydra("delete clients c").output(), "ID\tc\t\n");
}
