//! The usual traps: each reaches the log, and in development the answer, in the words that say what to change.

use std::{thread, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;
use url::Url;

use crate::support::{
    browser::CALLBACK,
    http::{Answer, Request},
    log,
    pages::{Arrived, Browser},
    people::{VERIFIER, code, redemption, s256},
    server::{Server, secret_of, token_request},
};

/// Whether the log has a line about this trap with these words.
#[track_caller]
fn is_logged(trap: &str, words: &str) {
    let said = log::said();
    let is_line = |line: &&str| line.contains(&format!("[{trap}]")) && line.contains(words);
    assert!(said.lines().any(|line| is_line(&line)), "no line about {trap} with '{words}'");
}

/// Whether an error that the browser brought to the application, or to the error page, has these words; and the log.
#[track_caller]
fn arrives_with(arrived: &Arrived, error: &str, trap: &str, words: &str) {
    assert_eq!(arrived.must_have("error"), error, "{arrived:?}");
    let told = arrived.must_have("error_description");
    assert!(told.contains(words), "'{words}' is not in '{told}'");
    assert!(told.chars().all(|c| matches!(c, ' '..='~') && c != '"' && c != '\\'), "RFC 6749 §4.1.2.1: {told}");
    is_logged(trap, words);
}

/// The same for an answer in JSON.
#[track_caller]
fn is_told(answer: &Answer, error: &str, trap: &str, words: &str) {
    assert_eq!(answer.error(), error, "{answer:?}");
    let json = answer.json();
    let told = json["error_description"].as_str().unwrap_or_default();
    assert!(told.contains(words), "'{words}' is not in '{told}'");
    is_logged(trap, words);
}

/// An address of the server as browsers of the tests reach it, whatever it calls itself.
fn here(server: &Server, url: &str) -> String {
    let query = url.split_once('?').map(|(_, query)| query).unwrap_or_default();
    format!("{}oauth2/auth?{query}", server.issuer)
}

/// Begins a login in a browser, and lets the login application say yes; where the browser is to go then.
#[track_caller]
fn come_back(browser: &mut Browser, server: &Server, url: &str) -> String {
    let login = browser.visit(url);
    let back = server.accept_login(&login.must_have("login_challenge"), "alice");
    here(server, &back)
}

/// A parameter of an address, changed.
fn with(url: &str, name: &str, change: impl Fn(&str) -> String) -> String {
    let mut url = Url::parse(url).expect("an address");
    let pairs: Vec<(String, String)> = url
        .query_pairs()
        .map(|(own, value)| (own.to_string(), if own == name { change(&value) } else { value.to_string() }))
        .collect();
    url.query_pairs_mut().clear().extend_pairs(pairs);
    url.to_string()
}

#[test]
fn a_login_that_began_at_localhost_and_comes_back_at_127_0_0_1() {
    let server = Server::shared();
    server.register_app("trap-host", json!({}));
    let mut browser = Browser::new();
    let began = server.login_url("trap-host", &[]).replace("127.0.0.1", "localhost");
    let back = come_back(&mut browser, &server, &began);
    let words = "began at 'localhost' and came back at '127.0.0.1'";
    arrives_with(&browser.visit(&back), "request_forbidden", "csrf_no_cookie", words);
}

#[test]
fn cookies_for_every_site_without_https() {
    let server = Server::start(&[("URLS_SELF_ISSUER", "https://127.0.0.1/")]);
    server.register_app("trap-samesite", json!({}));
    let mut browser = Browser::new();
    let back = come_back(&mut browser, &server, &server.login_url("trap-samesite", &[]));
    arrives_with(
        &browser.visit(&back),
        "request_forbidden",
        "csrf_samesite",
        "set serve.cookies.same_site_mode to Lax",
    );
}

#[test]
fn secure_cookies_over_http() {
    let server = Server::start(&[("SERVE_COOKIES_SECURE", "true")]);
    server.register_app("trap-secure", json!({}));
    let mut browser = Browser::new();
    let back = come_back(&mut browser, &server, &server.login_url("trap-secure", &[]));
    arrives_with(
        &browser.visit(&back),
        "request_forbidden",
        "csrf_secure_http",
        "marked Secure, and the page came by http",
    );
}

#[test]
fn a_login_application_that_follows_the_redirect_itself() {
    let server = Server::shared();
    server.register_app("trap-follow", json!({}));
    let back = come_back(&mut Browser::new(), &server, &server.login_url("trap-follow", &[]));
    let landed = Browser::program("Go-http-client/1.1").visit(&back);
    arrives_with(&landed, "request_forbidden", "csrf_server_side_follow", "a program ('Go-http-client/1.1') followed");
}

#[test]
fn the_cookie_of_another_login() {
    let server = Server::shared();
    server.register_app("trap-other", json!({}));
    let url = server.login_url("trap-other", &[]);
    let back = come_back(&mut Browser::new(), &server, &url);
    let mut other = Browser::new();
    other.visit(&url);
    arrives_with(&other.visit(&back), "request_forbidden", "csrf_other_tab", "the cookie of another login");
}

#[test]
fn a_cookie_domain_that_does_not_cover_the_host() {
    let server = Server::start(&[("SERVE_COOKIES_DOMAIN", "other.example")]);
    server.register_app("trap-domain", json!({}));
    let mut browser = Browser::new();
    let back = come_back(&mut browser, &server, &server.login_url("trap-domain", &[]));
    let words = "serve.cookies.domain is 'other.example', which does not cover '127.0.0.1'";
    arrives_with(&browser.visit(&back), "request_forbidden", "csrf_cookie_domain", words);
}

#[test]
fn a_cookie_that_is_missing_for_no_reason_we_know() {
    let server = Server::shared();
    server.register_app("trap-missing", json!({}));
    let back = come_back(&mut Browser::new(), &server, &server.login_url("trap-missing", &[]));
    let landed = Browser::new().visit(&back);
    arrives_with(&landed, "request_forbidden", "csrf_cookie_missing", "The browser sent no cookie of this login");
}

#[test]
fn a_name_that_is_not_ours_is_logged_once_and_explains_a_missing_cookie() {
    let server = Server::start(&[]);
    server.register_app("trap-name", json!({}));
    let elsewhere = |url: String| url.replace("127.0.0.1", "localhost");
    let url = elsewhere(server.login_url("trap-name", &[]));
    let back = elsewhere(come_back(&mut Browser::new(), &server, &url));
    let words = format!("as 'localhost', but urls.self.issuer says {}.", server.issuer);
    let told = || log::said().lines().filter(|line| line.starts_with("WARN") && line.contains(&words)).count();
    assert_eq!(told(), 1);
    arrives_with(&Browser::new().visit(&back), "request_forbidden", "issuer_mismatch", &words);
    assert_eq!(told(), 1, "each name is worth one line");
    // Under our own name nothing is to be said.
    Browser::new().visit(&server.login_url("trap-name", &[]));
    assert!(!log::said().contains(&format!("as '127.0.0.1', but urls.self.issuer says {}", server.issuer)));
}

#[test]
fn a_login_that_took_too_long() {
    let server = Server::start(&[("TTL_LOGIN_CONSENT_REQUEST", "1s")]);
    server.register_app("trap-late", json!({}));
    let mut browser = Browser::new();
    let login = browser.visit(&server.login_url("trap-late", &[]));
    let challenge = login.must_have("login_challenge");
    let back = here(&server, &server.accept_login(&challenge, "alice"));
    thread::sleep(Duration::from_millis(2100));
    let words = "and 1 s are allowed (ttl.login_consent_request)";
    arrives_with(&browser.visit(&back), "request_unauthorized", "challenge_expired", words);
    let asked =
        server.admin.send(Request::get(format!("/admin/oauth2/auth/requests/login?login_challenge={challenge}")));
    is_told(&asked.expect(401), "request_unauthorized", "challenge_expired", words);
}

#[test]
fn challenges_and_verifiers_that_were_cut_or_made_elsewhere() {
    let server = Server::shared();
    let other = Server::start(&[("SECRETS_SYSTEM", "another-system-secret-of-the-tests")]);
    for server in [&*server, &other] {
        server.register_app("trap-seal", json!({}));
    }
    let mut browser = Browser::new();
    let url = server.login_url("trap-seal", &[]);
    let back = come_back(&mut browser, &server, &url);
    let cut = with(&back, "login_verifier", |verifier| verifier[..verifier.len() - 7].to_owned());
    arrives_with(&browser.visit(&cut), "access_denied", "challenge_cut", "something on its way cuts long URLs");
    let foreign = here(&server, &come_back(&mut Browser::new(), &other, &other.login_url("trap-seal", &[])));
    arrives_with(&browser.visit(&foreign), "access_denied", "challenge_other_system", "Keep the old secret");

    let challenge = browser.visit(&url).must_have("login_challenge");
    let ask = |challenge: &str| {
        server
            .admin
            .send(Request::get(format!("/admin/oauth2/auth/requests/login?login_challenge={challenge}")))
            .expect(404)
    };
    let cut = &challenge[..challenge.len() - 7];
    let words = format!("arrived with {} of its {} characters", cut.len(), challenge.len());
    is_told(&ask(cut), "Not Found", "challenge_cut", &words);
    let foreign = Browser::new().visit(&other.login_url("trap-seal", &[])).must_have("login_challenge");
    is_told(&ask(&foreign), "Not Found", "challenge_other_system", "made by another installation");
}

#[test]
fn redirect_uris_that_are_almost_right() {
    let server = Server::shared();
    server.register_app("trap-redirect", json!({}));
    let sent = |uri: &str| Browser::new().visit(&server.login_url("trap-redirect", &[("redirect_uri", uri)]));
    let slash = sent(&format!("{CALLBACK}/"));
    let words = format!("registered is {CALLBACK}: they differ in a slash at the end");
    arrives_with(&slash, "invalid_request", "redirect_uri_mismatch", &words);
    assert!(slash.text().contains(&words) && slash.answer.status == 400, "the page says so too: {slash:?}");
    arrives_with(
        &sent("https://app.example:8443/cb"),
        "invalid_request",
        "redirect_localhost_port",
        "they differ in the port",
    );
}

#[test]
fn a_client_that_is_not_there() {
    let server = Server::shared();
    let shown = Browser::new().visit(&server.login_url("trap-nobody", &[]));
    arrives_with(&shown, "invalid_client", "client_unknown", "This database has no client 'trap-nobody'");
}

#[test]
fn a_client_that_authenticates_in_another_way_than_it_registered() {
    let server = Server::shared();
    server.register_app("trap-method", json!({"token_endpoint_auth_method": "client_secret_post"}));
    let answer = server.public.send(token_request("trap-method", &secret_of("trap-method"))).expect(401);
    let words = "registered for 'client_secret_post' and used 'client_secret_basic'";
    is_told(&answer, "invalid_client", "auth_method_mismatch", words);
}

#[test]
fn a_secret_that_is_wrong_or_right_but_not_encoded() {
    let server = Server::shared();
    let secret = "a+secret+of%2Bthe+tests";
    let client = json!({"client_id": "trap-secret", "client_secret": secret, "grant_types": ["client_credentials"]});
    server.register(&client);
    let ask = |server: &Server, password: &str| {
        let pair = BASE64_STANDARD.encode(format!("trap-secret:{password}"));
        let form = [("grant_type", "client_credentials")];
        server.public.send(Request::post("/oauth2/token").header("Authorization", format!("Basic {pair}")).form(&form))
    };
    let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    ask(&server, &encoded).expect(200);
    let words = "The secret is right, but was not form-encoded";
    is_told(&ask(&server, secret).expect(401), "invalid_client", "secret_encoding", words);
    // It was only looked at: such a secret lets nobody in, the second time either.
    is_told(&ask(&server, secret).expect(401), "invalid_client", "secret_encoding", words);
    let wrong = ask(&server, "another+secret").expect(401);
    is_told(&wrong, "invalid_client", "secret_wrong", "its secret is another one");
    let revoked = server.public.send(
        Request::post("/oauth2/revoke")
            .header("Authorization", format!("Basic {}", BASE64_STANDARD.encode(format!("trap-secret:{secret}"))))
            .form(&[("token", "x")]),
    );
    is_told(&revoked.expect(401), "invalid_client", "secret_encoding", words);

    // A server that is not for development spends no second hash on it, and tells the client nothing.
    let quiet = Server::start(&[("DEV", "false"), ("URLS_SELF_ISSUER", "https://id.example/")]);
    quiet.register(&client);
    let answer = ask(&quiet, secret).expect(401);
    assert_eq!(answer.json()["error_description"], wrong_without_trap(&wrong), "{answer:?}");
}

/// The description without the sentence that development mode adds.
fn wrong_without_trap(answer: &Answer) -> String {
    let json = answer.json();
    let told = json["error_description"].as_str().unwrap_or_default();
    told.split(" Either the client").next().unwrap_or_default().to_owned()
}

#[test]
fn a_code_that_is_redeemed_twice_or_too_late() {
    let server = Server::start(&[("TTL_AUTH_CODE", "1s")]).with_quick_keys();
    server.register_app("trap-code", json!({}));
    let first = code(&server, "trap-code", &[]);
    server.redeem("trap-code", &first).expect(200);
    is_told(
        &server.redeem("trap-code", &first).expect(400),
        "invalid_grant",
        "code_reused",
        "The same code was redeemed",
    );
    let late = code(&server, "trap-code", &[]);
    thread::sleep(Duration::from_millis(2100));
    is_told(
        &server.redeem("trap-code", &late).expect(400),
        "invalid_grant",
        "code_expired",
        "it lives 1 s (ttl.auth_code)",
    );
}

#[test]
fn proof_keys_that_do_not_fit() {
    let server = Server::start(&[]).with_quick_keys();
    server.register_app("trap-pkce", json!({}));
    let padded = format!("{}=", s256(VERIFIER));
    let other = s256("another-verifier-that-is-long-enough-for-the-rules");
    for (challenge, verifier, words) in [
        (Some(VERIFIER), Some(VERIFIER), "is the verifier itself"),
        (Some(padded.as_str()), Some(VERIFIER), "the right hash in the wrong encoding"),
        (Some(other.as_str()), Some(VERIFIER), "is not the SHA-256 of this 'code_verifier'"),
        (Some(other.as_str()), Some("short"), "has 5 characters; it must have 43 to 128"),
        (Some(other.as_str()), None, "but the token request has no 'code_verifier'"),
        (None, Some(VERIFIER), "but the authorization request had no 'code_challenge'"),
    ] {
        let asked = challenge.map(|challenge| [("code_challenge", challenge), ("code_challenge_method", "S256")]);
        let code = code(&server, "trap-pkce", asked.as_ref().map_or(&[], |asked| asked.as_slice()));
        let shown = verifier.map(|verifier| [("code_verifier", verifier)]);
        let request = redemption("trap-pkce", &code, shown.as_ref().map_or(&[], |shown| shown.as_slice()));
        is_told(&server.public.send(request).expect(400), "invalid_grant", "pkce_mismatch", words);
    }
}

#[test]
fn requests_that_ask_for_what_they_cannot_have() {
    let server = Server::shared();
    server.register_app("trap-request", json!({}));
    let sent = |more: &[(&str, &str)]| Browser::new().visit(&server.login_url("trap-request", more));
    arrives_with(&sent(&[("state", "1234")]), "invalid_state", "state_short", "'state' has 4 characters");
    let words = "The client is not registered for the scope 'films'";
    arrives_with(&sent(&[("scope", "openid films")]), "invalid_scope", "scope_not_allowed", words);
    let words = "if the login application accepts with 'remember': true";
    arrives_with(&sent(&[("prompt", "none")]), "login_required", "session_not_remembered", words);
}

/// Not a failure, so only the log can tell.
#[test]
fn a_consent_that_grants_nothing() {
    let server = Server::shared();
    server.register_app("trap-nothing", json!({"scope": "openid photos trap-nothing"}));
    let mut browser = Browser::new();
    let url = server.login_url("trap-nothing", &[("scope", "photos trap-nothing")]);
    let back = come_back(&mut browser, &server, &url);
    let challenge = browser.visit(&back).must_have("consent_challenge");
    let accept = Request::put(format!("/admin/oauth2/auth/requests/consent/accept?consent_challenge={challenge}"));
    server.admin.send(accept.json(&json!({}))).expect(200);
    let words = "accepted without 'grant_scope', so nothing of 'photos trap-nothing' was granted";
    is_logged("consent_granted_nothing", words);
}

#[test]
fn without_dev_the_log_alone_tells() {
    let server = Server::start(&[("DEV", "false"), ("URLS_SELF_ISSUER", "https://id.example/")]);
    let shown = Browser::new().visit(&server.login_url("trap-quiet", &[]));
    assert_eq!(shown.must_have("error"), "invalid_client");
    assert!(!shown.must_have("error_description").contains("This database has no client"), "{shown:?}");
    is_logged("client_unknown", "This database has no client 'trap-quiet'");
    let asked = server.admin.send(Request::get("/admin/oauth2/auth/requests/login?login_challenge=abc")).expect(404);
    assert_eq!(asked.json()["error_description"], "This challenge or verifier is not known here.");
}
