//! `/oauth2/sessions/logout`, with and without a client that asks.

use std::{net::TcpListener, thread};

use serde_json::{Value, json};

use crate::support::{
    browser::{Browser, Plan, parameter},
    http::{Answer, Request},
    server::Server,
};

/// Somebody who is logged in and remembered; the ID token that the client got.
fn logged_in<'s>(server: &'s Server, client: &str, subject: &str) -> (Browser<'s>, String) {
    let plan = Plan { login: json!({"remember": true}), ..Plan::new(client, subject, "openid") };
    let mut browser = Browser::at(server);
    let code = browser.code(&plan);
    let tokens = server.redeem(client, &code).expect(200).json();
    let id_token = tokens["id_token"].as_str().expect("an ID token").to_owned();
    (browser, id_token)
}

fn accept(server: &Server, sent: &Answer) -> String {
    let challenge = parameter(sent, "logout_challenge");
    let target = format!("/admin/oauth2/auth/requests/logout/accept?logout_challenge={challenge}");
    let answer = server.admin.send(Request::put(target)).expect(200).json();
    answer["redirect_to"].as_str().expect("an address").to_owned()
}

#[test]
fn a_client_logs_its_user_out_and_gets_the_browser_back() {
    let server = &Server::shared();
    server.register_web("bye");
    let (mut browser, id_token) = logged_in(server, "bye", "leaver");
    let asked = browser
        .visit(&format!(
            "/oauth2/sessions/logout?id_token_hint={id_token}&state=back&post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fbye"
        ))
        .expect(302);
    let challenge = parameter(&asked, "logout_challenge");
    let target = format!("/admin/oauth2/auth/requests/logout?logout_challenge={challenge}");
    let shown = server.admin.send(Request::get(target)).expect(200).json();
    assert_eq!((&shown["subject"], &shown["rp_initiated"]), (&json!("leaver"), &json!(true)));
    assert_eq!(shown["client"]["client_id"], "bye");
    let verifier = accept(server, &asked);
    let gone = browser.visit(&verifier).expect(302);
    assert_eq!(gone.header("Location"), Some("https://app.example/bye?state=back"));
    assert!(gone.header("Set-Cookie").is_some_and(|cookie| cookie.contains("Max-Age=0")), "{gone:?}");
    // The session is gone: the verifier is spent, and the user must log in.
    assert_eq!(browser.visit(&verifier).expect(302).header("Location"), Some("https://app.example/bye?state=back"));
    let silent = Plan { with: &[("prompt", "none")], ..Plan::new("bye", "leaver", "openid") };
    assert_eq!(parameter(&browser.ask(&silent).expect(303), "error"), "login_required");
}

#[test]
fn a_user_logs_out_alone() {
    let server = &Server::shared();
    server.register_web("alone");
    let (mut browser, _) = logged_in(server, "alone", "loner");
    let asked = browser.visit("/oauth2/sessions/logout").expect(302);
    let verifier = accept(server, &asked);
    // Another browser has nothing to end.
    Browser::at(server).visit(&verifier).expect(302);
    let again = browser.visit("/oauth2/sessions/logout").expect(302);
    assert!(again.header("Location").is_some_and(|url| url.contains("logout_challenge")), "{again:?}");
    browser.visit(&verifier).expect(302);
    let done = browser.visit("/oauth2/sessions/logout").expect(302);
    assert!(done.header("Location").is_some_and(|url| url.ends_with("/fallbacks/logout/callback")), "{done:?}");
}

#[test]
fn clients_that_took_part_are_told_in_frames_and_behind_the_browsers_back() {
    let server = &Server::start(&[]).with_quick_keys();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    server.register_web_with(
        "front",
        &json!({
            "frontchannel_logout_uri": "https://app.example/front?a=b&c=d",
            "backchannel_logout_uri": format!("http://{address}/back"),
        }),
    );
    let told = thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().expect("a call");
        let mut seen = Vec::new();
        let mut piece = [0; 4096];
        while !String::from_utf8_lossy(&seen).contains("logout_token=") {
            let n = stream.read(&mut piece).expect("the call is read");
            assert!(n > 0, "the call ended early");
            seen.extend_from_slice(&piece[..n]);
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").expect("an answer");
        String::from_utf8_lossy(&seen).into_owned()
    });
    let (mut browser, id_token) = logged_in(server, "front", "both-ways");
    let asked = browser.visit(&format!("/oauth2/sessions/logout?id_token_hint={id_token}")).expect(302);
    let page = browser.visit(&accept(server, &asked)).expect(200);
    let policy = page.header("Content-Security-Policy").expect("a policy");
    assert!(policy.contains("frame-src *") && policy.contains("frame-ancestors 'none'"), "{policy}");
    let frame = "<iframe src=\"https://app.example/front?a=b&amp;c=d&amp;iss=";
    assert!(page.text().contains(frame) && page.text().contains("&amp;sid="), "{}", page.text());
    let call = told.join().expect("the client was told");
    let token = call.split_once("logout_token=").expect("a token").1.trim();
    let payload = token.split('.').nth(1).expect("a payload");
    let payload = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, payload).expect("base64url");
    let claims: Value = serde_json::from_slice(&payload).expect("claims");
    assert_eq!(claims["aud"], json!(["front"]));
    assert!(claims["events"]["http://schemas.openid.net/event/backchannel-logout"].is_object(), "{claims}");
    assert!(claims["sid"].is_string() && claims.get("nonce").is_none() && claims.get("sub").is_none(), "{claims}");
}

#[test]
fn a_logout_that_cannot_begin_says_so_on_the_error_page() {
    let server = &Server::shared();
    server.register_web("odd-logout");
    let (mut browser, id_token) = logged_in(server, "odd-logout", "odd");
    for query in [
        "state=x".to_owned(),
        "post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fbye".to_owned(),
        "id_token_hint=not.a.jwt".to_owned(),
        format!("id_token_hint={id_token}&post_logout_redirect_uri=https%3A%2F%2Fevil.example%2F"),
    ] {
        let refused = browser.visit(&format!("/oauth2/sessions/logout?{query}")).expect(302);
        assert_eq!(parameter(&refused, "error"), "invalid_request", "{query}");
    }
    server.admin.send(Request::delete("/admin/clients/odd-logout")).expect(204);
    let gone = browser.visit(&format!("/oauth2/sessions/logout?id_token_hint={id_token}")).expect(302);
    assert_eq!(parameter(&gone, "error"), "invalid_request");
}
