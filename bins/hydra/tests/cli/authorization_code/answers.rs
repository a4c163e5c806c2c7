//! Answers that bring no tokens. The command tells why, and ends with 0 all the same.

use super::story::{Serving, TOKENS, form, get, server, token_requests, token_server};
use crate::support::{Answer, Request, Server, answer, ok};

fn refusal(error: &str) -> Answer {
    let status = if error == "invalid_client" { "401 Unauthorized" } else { "400 Bad Request" };
    answer(status, &format!(r#"{{"error":"{error}","error_description":"Because of \"that\"."}}"#))
}

/// Lets a code arrive and returns the page and what the command said.
fn arrive(server: &Server, words: &str) -> (String, String) {
    let serving = Serving::start(server, words);
    let page = get(&serving.page(&format!("callback?code=x&state={}", serving.asked()["state"]))).with(500);
    let run = serving.end();
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
    (page, run.stderr)
}

#[test]
fn an_error_is_shown_and_cannot_speak_for_itself() {
    let serving = Serving::start(&token_server(), "");
    let hostile = "error=access_denied&error_description=%3Cscript%3Ealert(1)%3C%2Fscript%3E%1B%5B2J%0AError%3A+forged\
                   &error_hint=%22%3E%3Cimg+src%3Dx%3E&error_debug=%E2%80%AEtxt";
    let state = serving.asked()["state"].clone();
    let page = get(&serving.page(&format!("callback?{hostile}&state={state}"))).with(500);
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{page}");
    assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    for name in ["error", "error_description", "error_hint", "error_debug"] {
        assert!(page.contains(&format!("<dt>{name}</dt>")), "{name}: {page}");
    }
    let run = serving.end();
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    let lines: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with("Error")).collect();
    assert_eq!(lines.len(), 1, "{}", run.stderr);
    assert!(lines[0].contains("error: access_denied; error_description: <script>"), "{}", lines[0]);
    assert!(lines[0].contains("\\u{1b}[2J Error: forged") && lines[0].contains("\\u{202e}"), "{}", lines[0]);
    assert!(!run.stderr.contains("somebody else"), "{}", run.stderr);
}

#[test]
fn an_error_with_another_state_may_be_meant_for_another() {
    let serving = Serving::start(&token_server(), "");
    get(&serving.page("callback?error=access_denied&state=other")).with(500);
    assert!(serving.end().stderr.contains("may answer somebody else's request"));
}

#[test]
fn a_code_with_another_state_is_not_used() {
    let server = token_server();
    for query in ["code=x&state=other", "code=x", ""] {
        let serving = Serving::start(&server, "");
        let page = get(&serving.page(&format!("callback?{query}"))).with(500);
        assert!(page.contains("The state of the answer"), "{page}");
        let run = serving.end();
        assert_eq!((run.code, run.stdout.as_str()), (0, ""));
        assert!(
            run.stderr.contains("is not the one that was sent") && run.stderr.contains("Begin anew"),
            "{}",
            run.stderr
        );
    }
    assert!(token_requests(&server).is_empty());
}

#[test]
fn an_answer_without_a_code_is_told() {
    let serving = Serving::start(&token_server(), "");
    get(&serving.page(&format!("callback?state={}", serving.asked()["state"]))).with(500);
    let run = serving.end();
    assert!(run.stderr.contains("neither a code nor an error") && run.stderr.contains("--auth-url"), "{}", run.stderr);
}

#[test]
fn a_refused_header_is_followed_by_the_secret_in_the_body() {
    let in_header = |request: &Request| request.header("authorization").is_some();
    let server = server(move |request| if in_header(request) { refusal("invalid_client") } else { ok(TOKENS) });
    let serving = Serving::start(&server, "-q");
    get(&serving.page(&format!("callback?code=x&state={}", serving.asked()["state"]))).with(200);
    let run = serving.end();
    assert_eq!(run.stdout, "ory_at_x\n");
    assert!(!run.stderr.contains("Error"), "{}", run.stderr);
    let sent = form(&token_requests(&server)[1].body);
    assert_eq!((sent["client_id"].as_str(), sent["client_secret"].as_str()), ("c-1", "hush"));
    assert_eq!(sent["code_verifier"], form(&token_requests(&server)[0].body)["code_verifier"]);
}

#[test]
fn a_refused_client_is_told_of_both_ways() {
    let server = server(|_| refusal("invalid_client"));
    let (page, said) = arrive(&server, "");
    assert_eq!(token_requests(&server).len(), 2);
    for words in [
        r#"with the secret in the header: oauth2: "invalid_client" "Because of \"that\".""#,
        r#"with the secret in the body: oauth2: "invalid_client""#,
        "--client-secret",
        "token_endpoint_auth_method",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!page.contains("hush") && !said.contains("hush"), "the secret is not shown: {page} {said}");
    assert!(page.contains("invalid_client"), "{page}");
}

#[test]
fn a_refused_code_is_not_sent_again() {
    let server = server(|_| refusal("invalid_grant"));
    let (_, said) = arrive(&server, "");
    assert_eq!(token_requests(&server).len(), 1, "the server could take a code that comes twice for stolen");
    assert!(said.contains("invalid_grant") && said.contains("begin anew"), "{said}");
}

#[test]
fn a_token_endpoint_that_is_none_is_told_with_its_flag() {
    let (_, said) = arrive(&token_server(), "--token-url http://127.0.0.1:1/token");
    assert!(said.contains("POST http://127.0.0.1:1/token: ") && said.contains("--token-url"), "{said}");
    let gateway = server(|_| answer("502 Bad Gateway", "<html>\noops"));
    let (page, said) = arrive(&gateway, "");
    assert!(said.contains("502 Bad Gateway Response: <html> oops"), "{said}");
    assert!(page.contains("&lt;html&gt;"), "{page}");
    let (_, said) = arrive(&server(|_| ok("{}")), "");
    assert!(said.contains("no access token"), "{said}");
}

#[test]
fn a_redirect_uri_that_is_not_registered_is_told_with_the_command_that_registers_it() {
    let client =
        r#"{"client_id":"c-1","grant_types":["refresh_token"],"redirect_uris":["https://app.example/a?b=1,2"]}"#;
    let server = Server::playing(|request| match request.line.as_str() {
        "GET /admin/clients/c-1" => ok(client),
        _ => answer("404 Not Found", "{}"),
    });
    let serving = Serving::start(&server, "");
    let callback = serving.page("callback");
    let command = format!(
        "hydra update oauth2-client c-1 --endpoint {} --redirect-uri '\"https://app.example/a?b=1,2\"' --redirect-uri {callback}",
        server.url()
    );
    serving.wait_for(&format!("the client has no redirect URI {callback}"));
    serving.wait_for(&command);
    serving.wait_for("authorization_code is not among the client's grant types");

    let refused = "error?error=invalid_request&error_description=The+'redirect_uri'+parameter+does+not+match";
    let page = get(&serving.page(refused)).with(500);
    assert!(page.contains("hydra update oauth2-client c-1"), "{page}");
    let state = serving.asked()["state"].clone();
    get(&serving.page(&format!("callback?error=invalid_scope&state={state}"))).with(500);
    let said = serving.end().stderr;
    assert_eq!(said.matches(&command).count(), 2, "{said}");
    assert!(said.contains("--scope"), "{said}");
}

#[test]
fn a_registered_loopback_address_fits_on_any_port() {
    let client =
        r#"{"client_id":"c-1","grant_types":["authorization_code"],"redirect_uris":["http://127.0.0.1/callback"]}"#;
    let server = server(|_| ok(TOKENS));
    let admin = Server::playing(move |_| ok(client));
    let words = format!("--endpoint {} --token-url {}/oauth2/token", admin.url(), server.url());
    let serving = Serving::start(&server, &words);
    get(&serving.page(&format!("callback?code=x&state={}", serving.asked()["state"]))).with(200);
    let said = serving.end().stderr;
    assert!(!said.contains("Warning"), "{said}");
    assert_eq!(admin.requests()[0].line, "GET /admin/clients/c-1");
}
