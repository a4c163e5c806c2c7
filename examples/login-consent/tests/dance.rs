//! The application beside the real server: everything a browser does between the two, by HTTP.

#[expect(dead_code, unexpected_cfgs, reason = "a part of it is for tests of the server alone, on other databases too")]
#[path = "../../../crates/http-actix/tests/support/mod.rs"]
mod support;

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use support::{
    http::{Answer, Endpoint, Request},
    pages::{Arrived, Browser},
    people::{STATE, claims},
    server::Server,
};

/// The application as a process. Dropping it kills it.
struct App {
    process: Child,
    at: Endpoint,
}

impl Drop for App {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl App {
    #[track_caller]
    fn start(port: u16, admin: SocketAddr) -> Self {
        let process = Command::new(env!("CARGO_BIN_EXE_login-consent"))
            .env("HYDRA_ADMIN_URL", format!("http://{admin}"))
            .env("PORT", port.to_string())
            .env("USERS", "alice:wonderland,bob:builder")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        let at = Endpoint(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let app = Self { process: process.expect("the application starts"), at };
        let begun = Instant::now();
        while at.try_send(&Request::get("/")).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "the application does not answer");
            thread::sleep(Duration::from_millis(5));
        }
        app
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there are free ports");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// A server whose pages are the application's, and the application.
fn both() -> (Server, App) {
    let port = free_port();
    let page = |name: &str| format!("http://127.0.0.1:{port}/{name}");
    let pages = [("URLS_LOGIN", page("login")), ("URLS_CONSENT", page("consent")), ("URLS_LOGOUT", page("logout"))];
    let server = Server::start(&pages.each_ref().map(|(name, url)| (*name, url.as_str()))).with_quick_keys();
    let app = App::start(port, server.admin.0);
    (server, app)
}

fn log_in(browser: &mut Browser, page: &Arrived, name: &str, password: &str) -> Arrived {
    browser.press("Log in", page.form().fill("name", name).fill("password", password))
}

#[track_caller]
fn shows(answer: &Answer, status: u16, words: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.text().contains(words), "'{words}' is not in {answer:?}");
    assert_eq!(answer.header("X-Frame-Options"), Some("DENY"));
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
}

#[test]
fn a_user_logs_in_allows_a_part_comes_again_and_logs_out() {
    let (server, _app) = both();
    server.register_app("shop", json!({"scope": "openid offline email photos", "client_name": "The <shop>"}));
    let url = server.login_url("shop", &[("scope", "openid email photos"), ("login_hint", "ali\"ce")]);
    let mut browser = Browser::new();
    let login = browser.visit(&url);
    shows(&login.answer, 200, "value=\"ali&quot;ce\"");
    let again = log_in(&mut browser, &login, "alice", "wrong");
    shows(&again.answer, 200, "Name or password is wrong");
    let form = again.form().fill("password", "wonderland").tick("remember");
    let consent = browser.press("Log in", form);
    shows(&consent.answer, 200, "The &lt;shop&gt; may, in your name,");
    let landed = browser.press("Allow", consent.form().untick("scope", "photos").tick("remember"));
    assert_eq!(landed.must_have("state"), STATE);
    let tokens = server.redeem("shop", &landed.must_have("code")).expect(200).json();
    assert_eq!(tokens["scope"], "openid email");
    let id = claims(tokens["id_token"].as_str().expect("an ID token"));
    assert_eq!((&id["sub"], &id["email"]), (&json!("user-alice"), &json!("user-alice@users.example")));
    assert_eq!(id["amr"], json!(["pwd"]));

    // What was allowed is not asked again; what was not, is.
    let back = browser.visit(&server.login_url("shop", &[("scope", "openid email")]));
    let tokens = server.redeem("shop", &back.must_have("code")).expect(200).json();
    let id_token = tokens["id_token"].as_str().expect("an ID token");
    assert_eq!(claims(id_token)["sid"], id["sid"]);
    shows(&browser.visit(&url).answer, 200, "Allow access?");

    let logout = format!("{}oauth2/sessions/logout?id_token_hint={id_token}", server.issuer);
    let asked = browser.visit(&logout);
    shows(&asked.answer, 200, "Log out?");
    shows(&browser.press("Cancel", asked.form()).answer, 200, "You are still logged in");
    assert!(browser.visit(&server.login_url("shop", &[("scope", "openid")])).parameter("code").is_some());
    let asked = browser.visit(&logout);
    browser.press("Log out", asked.form());
    shows(&browser.visit(&url).answer, 200, "Password");
}

#[test]
fn a_no_reaches_the_application_that_asked() {
    let (server, _app) = both();
    server.register_app("shop", json!({}));
    let mut browser = Browser::new();
    let login = browser.visit(&server.login_url("shop", &[]));
    let refused = browser.press("Cancel", login.form());
    assert_eq!(refused.must_have("error"), "access_denied");
    assert_eq!(refused.must_have("error_description"), "The user did not log in.");
    let login = browser.visit(&server.login_url("shop", &[]));
    let consent = log_in(&mut browser, &login, "bob", "builder");
    let refused = browser.press("Cancel", consent.form());
    assert_eq!(
        (refused.must_have("error"), refused.must_have("state")),
        ("access_denied".to_owned(), STATE.to_owned())
    );
}

#[test]
fn clients_of_the_operator_are_not_asked_about() {
    let (server, _app) = both();
    server.register_app("own", json!({"skip_consent": true, "skip_logout_consent": true}));
    let mut browser = Browser::new();
    let login = browser.visit(&server.login_url("own", &[]));
    let form = login.form().fill("name", "bob").fill("password", "builder").tick("remember");
    let landed = browser.press("Log in", form);
    let tokens = server.redeem("own", &landed.must_have("code")).expect(200).json();
    let hint = tokens["id_token"].as_str().expect("an ID token");
    let left = browser.visit(&format!("{}oauth2/sessions/logout?id_token_hint={hint}", server.issuer));
    assert!(left.text().contains("You are logged out"), "{left:?}");
}

#[test]
fn a_form_cannot_grant_what_was_not_asked_for() {
    let (server, _app) = both();
    server.register_app("shop", json!({}));
    let mut browser = Browser::new();
    let login = browser.visit(&server.login_url("shop", &[("scope", "openid")]));
    let mut form = log_in(&mut browser, &login, "bob", "builder").form();
    form.fields.push(("scope".to_owned(), "photos".to_owned()));
    let landed = browser.press("Allow", form);
    let tokens = server.redeem("shop", &landed.must_have("code")).expect(200).json();
    assert_eq!(tokens["scope"], "openid");
}

#[test]
fn what_goes_wrong_is_a_page_that_says_what_to_do() {
    let (server, app) = both();
    server.register_app("shop", json!({}));
    let login = Browser::new().visit(&server.login_url("shop", &[]));
    let challenge = login.must_have("login_challenge");
    let damaged = &challenge[..challenge.len() - 3];
    for name in ["login", "consent", "logout"] {
        let asked = Request::get(format!("/{name}?{name}_challenge={damaged}"));
        shows(&app.at.send(asked), 400, "start again");
    }
    let answered = Request::post("/login").form(&[
        ("challenge", damaged),
        ("name", "bob"),
        ("password", "builder"),
        ("verdict", "yes"),
    ]);
    shows(&app.at.send(answered), 400, "start again");
    // Without what every form of ours has, it is none of ours.
    app.at.send(Request::get("/login")).expect(400);
    app.at.send(Request::post("/login").form(&[("verdict", "yes")])).expect(400);

    // Nobody answers at the admin port.
    let alone = App::start(free_port(), SocketAddr::from((Ipv4Addr::LOCALHOST, free_port())));
    shows(&alone.at.send(Request::get(format!("/login?login_challenge={challenge}"))), 503, "Try again in a minute");
}
