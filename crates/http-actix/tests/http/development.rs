//! The built-in pages of `--dev`.

use serde_json::json;

use crate::support::{
    browser::CALLBACK,
    http::{Answer, Request},
    pages::{Arrived, Browser, unescaped},
    people::{STATE, agree, claims, sign_in},
    server::Server,
};

/// What every page must say for itself.
#[track_caller]
fn is_for_itself(answer: &Answer) {
    assert!(answer.text().contains("For development only"), "{answer:?}");
    assert_eq!(answer.header("Content-Type"), Some("text/html; charset=utf-8"));
    assert_eq!(answer.header("X-Frame-Options"), Some("DENY"));
    assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"));
    assert_eq!(answer.header("Referrer-Policy"), Some("no-referrer"));
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    let policy = answer.header("Content-Security-Policy").unwrap_or_default();
    for part in
        ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "style-src 'sha256-", "form-action "]
    {
        assert!(policy.contains(part), "{part}: {policy}");
    }
    assert!(!policy.contains("script") && !policy.contains("unsafe"), "{policy}");
    let html = answer.text();
    for outside in ["<script", "src=", "href=", "style=", "onclick", "@import", "url("] {
        assert!(!html.contains(outside), "{outside}: {html}");
    }
    assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">") && html.matches("<h1>").count() == 1, "{html}");
}

/// A page that shows why it cannot go on.
#[track_caller]
fn is_an_end(answer: &Answer, words: &str) {
    assert_eq!(answer.status, 400, "{answer:?}");
    is_for_itself(answer);
    assert!(unescaped(answer.text()).contains(words), "'{words}' is not in {answer:?}");
}

fn page(name: &str, parameters: &[(&str, &str)]) -> Request {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    Request::get(format!("/oauth2/fallbacks/{name}?{query}"))
}

fn post(name: &str, parameters: &[(&str, &str)]) -> Request {
    Request::post(format!("/oauth2/fallbacks/{name}")).form(parameters)
}

#[test]
fn a_person_signs_in_and_allows_and_the_application_gets_tokens() {
    let server = Server::start(&[]).with_quick_keys();
    server.register_app("dev-story", json!({"client_name": "Photo shop", "audience": ["https://api.example"]}));
    let mut browser = Browser::new();
    let asked =
        [("scope", "openid offline photos"), ("audience", "https://api.example"), ("nonce", "a-nonce-nobody-guesses")];
    let login = browser.visit(&server.login_url("dev-story", &asked));
    is_for_itself(&login.answer);
    assert!(login.text().contains("<strong>Photo shop</strong> asks who you are"), "{login:?}");
    let consent = sign_in(&mut browser, &login, "  alice ");
    is_for_itself(&consent.answer);
    let text = consent.text();
    for shown in ["Photo shop", "<strong>alice</strong>", "openid", "offline", "photos", "https://api.example"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    let landed = browser.press("Allow", consent.form());
    assert!(landed.url.as_str().starts_with(CALLBACK), "{landed:?}");
    assert_eq!(landed.must_have("state"), STATE);
    let tokens = server.redeem("dev-story", &landed.must_have("code")).expect(200).json();
    let id = claims(tokens["id_token"].as_str().expect("an ID token"));
    assert_eq!((id["sub"].as_str(), id["nonce"].as_str()), (Some("alice"), Some("a-nonce-nobody-guesses")));
    assert!(tokens["refresh_token"].is_string());
    let described = server.introspect(tokens["access_token"].as_str().expect("an access token"));
    assert_eq!(described["scope"], "openid offline photos");
    assert_eq!(described["aud"], json!(["https://api.example"]));
}

#[test]
fn what_is_not_ticked_is_not_granted() {
    let server = Server::shared();
    server.register_app("dev-part", json!({"audience": ["https://a.example", "https://b.example"]}));
    let mut browser = Browser::new();
    let audiences = [("audience", "https://a.example https://b.example")];
    let login = browser.visit(&server.login_url("dev-part", &audiences));
    let form = sign_in(&mut browser, &login, "alice").form();
    let landed = browser.press("Allow", form.untick("scope", "openid").untick("audience", "https://b.example"));
    let tokens = server.redeem("dev-part", &landed.must_have("code")).expect(200).json();
    assert!(tokens["id_token"].is_null(), "{tokens}");
    let described = server.introspect(tokens["access_token"].as_str().expect("an access token"));
    assert_eq!((&described["scope"], &described["aud"]), (&json!("photos"), &json!(["https://a.example"])));
}

#[test]
fn who_is_remembered_is_asked_nothing_until_the_session_ends() {
    let server = Server::start(&[]).with_quick_keys();
    server.register_app("dev-again", json!({"post_logout_redirect_uris": ["https://app.example/bye"]}));
    let mut browser = Browser::new();
    let login = browser.visit(&server.login_url("dev-again", &[]));
    let consent = browser.press("Sign in", login.form().fill("subject", "alice").tick("remember"));
    let landed = browser.press("Allow", consent.form().tick("remember"));
    let first = server.redeem("dev-again", &landed.must_have("code")).expect(200).json();
    let again = browser.visit(&server.login_url("dev-again", &[]));
    let second = server.redeem("dev-again", &again.must_have("code")).expect(200).json();
    let [first, second] = [first, second].map(|tokens| tokens["id_token"].as_str().expect("an ID token").to_owned());
    assert_eq!(claims(&first)["sid"], claims(&second)["sid"]);

    let logout = format!(
        "{}oauth2/sessions/logout?id_token_hint={second}&post_logout_redirect_uri=https://app.example/bye",
        server.issuer
    );
    let asked = browser.visit(&logout);
    is_for_itself(&asked.answer);
    assert!(asked.text().contains("signed in as <strong>alice</strong>"), "{asked:?}");
    let stays = browser.press("Stay signed in", asked.form());
    is_for_itself(&stays.answer);
    assert!(browser.visit(&server.login_url("dev-again", &[])).parameter("code").is_some());
    let asked = browser.visit(&logout);
    let left = browser.press("Sign out", asked.form());
    assert_eq!(left.url.as_str(), "https://app.example/bye");
    assert!(browser.visit(&server.login_url("dev-again", &[])).answer.text().contains("Sign in as"));
}

#[test]
fn a_logout_that_no_application_began_ends_on_our_own_page() {
    let server = Server::shared();
    server.register_app("dev-own-logout", json!({}));
    let mut browser = Browser::new();
    let login = browser.visit(&server.login_url("dev-own-logout", &[]));
    browser.press("Sign in", login.form().fill("subject", "alice").tick("remember"));
    let asked = browser.visit(&format!("{}oauth2/sessions/logout", server.issuer));
    assert!(asked.text().contains("Your session here is about to end"), "{asked:?}");
    let left = browser.press("Sign out", asked.form());
    assert!(left.text().contains("You are logged out"), "{left:?}");
}

#[test]
fn a_refusal_reaches_the_application() {
    let server = Server::shared();
    server.register_app("dev-no", json!({}));
    let mut browser = Browser::new();
    let login = browser.visit(&server.login_url("dev-no", &[]));
    // Refusing needs no name.
    let refused = browser.press("Refuse", login.form());
    assert_eq!(
        (refused.must_have("error"), refused.must_have("state")),
        ("access_denied".to_owned(), STATE.to_owned())
    );
    let login = browser.visit(&server.login_url("dev-no", &[]));
    let consent = sign_in(&mut browser, &login, "alice");
    let refused = browser.press("Refuse", consent.form());
    assert_eq!(refused.must_have("error"), "access_denied");
    assert!(refused.parameter("code").is_none());
}

#[test]
fn a_missing_name_is_asked_for_again_and_a_hint_is_filled_in() {
    let server = Server::shared();
    server.register_app("dev-name", json!({}));
    let mut browser = Browser::new();
    let login = browser.visit(&server.login_url("dev-name", &[("login_hint", "bob@b.example")]));
    assert!(login.form().fields.contains(&("subject".to_owned(), "bob@b.example".to_owned())), "{login:?}");
    let again = sign_in(&mut browser, &login, "  ");
    is_for_itself(&again.answer);
    assert!(again.text().contains("Nobody can sign in without a name"), "{again:?}");
    let consent = sign_in(&mut browser, &again, "bob");
    assert!(consent.text().contains("<strong>bob</strong>"), "{consent:?}");
}

#[test]
fn clients_of_the_operator_are_not_asked_about() {
    let server = Server::start(&[]).with_quick_keys();
    server.register_app("dev-own", json!({"skip_consent": true, "skip_logout_consent": true}));
    let mut browser = Browser::new();
    let login = browser.visit(&server.login_url("dev-own", &[]));
    let landed = browser.press("Sign in", login.form().fill("subject", "alice").tick("remember"));
    let tokens = server.redeem("dev-own", &landed.must_have("code")).expect(200).json();
    let hint = tokens["id_token"].as_str().expect("an ID token");
    let left = browser.visit(&format!("{}oauth2/sessions/logout?id_token_hint={hint}", server.issuer));
    assert!(left.text().contains("You are logged out"), "{left:?}");
}

#[test]
fn nothing_that_others_write_becomes_markup() {
    let server = Server::shared();
    let hostile = "<b>\"'&";
    server.register_app(
        "dev-<i>",
        json!({"client_name": hostile, "scope": "openid <b>'&", "audience": ["https://a.example/?'&"]}),
    );
    let mut browser = Browser::new();
    let asked = [("scope", "openid <b>'&"), ("audience", "https://a.example/?'&"), ("login_hint", hostile)];
    let login = browser.visit(&server.login_url("dev-<i>", &asked));
    let consent = sign_in(&mut browser, &login, hostile);
    for page in [&login, &consent] {
        let html = page.answer.text();
        assert!(!html.contains("<b>") && !html.contains("<i>") && html.contains("&lt;b&gt;&quot;&#39;&amp;"), "{html}");
    }
    let landed = browser.press("Allow", consent.form());
    let tokens = server.redeem("dev-<i>", &landed.must_have("code")).expect(200).json();
    assert_eq!(tokens["scope"], "openid <b>'&");
    for name in ["login", "consent", "logout"] {
        let challenge = format!("{name}_challenge");
        let answer = server.public.send(page(name, &[(&challenge, "<script>alert(1)</script>")]));
        assert!(!answer.text().contains("alert(1)"), "{answer:?}");
    }
}

#[test]
fn challenges_that_are_no_good_show_which_trap_it_was() {
    let server = Server::start(&[("TTL_LOGIN_CONSENT_REQUEST", "1s")]);
    let other = Server::start(&[("SECRETS_SYSTEM", "another-system-secret-of-the-tests")]);
    for server in [&server, &other] {
        server.register_app("dev-bad", json!({}));
    }
    let challenge =
        |server: &Server| Browser::new().visit(&server.login_url("dev-bad", &[])).must_have("login_challenge");
    let foreign = challenge(&other);
    let own = challenge(&server);
    let login = |challenge: &str| server.public.send(page("login", &[("login_challenge", challenge)]));
    let cut = &own[..own.len() - 5];
    let sentence = format!("The text arrived with {} of its {} characters", cut.len(), own.len());
    is_an_end(&login(cut), &sentence);
    is_an_end(&login(&foreign), "made by another installation");
    // A challenge is good at its own step alone.
    is_an_end(&server.public.send(page("consent", &[("consent_challenge", &own)])), "for another step");
    is_an_end(&server.public.send(page("logout", &[("logout_challenge", &own)])), "made by another installation");
    is_an_end(&server.public.send(page("login", &[])), "'login_challenge' is missing");
    std::thread::sleep(std::time::Duration::from_millis(2100));
    is_an_end(&login(&own), "and 1 s are allowed (ttl.login_consent_request)");
    let answered = [("login_challenge", own.as_str()), ("subject", "alice"), ("verdict", "yes")];
    is_an_end(&server.public.send(post("login", &answered)), "and 1 s are allowed");
}

#[test]
fn nothing_is_decided_by_an_address() {
    let server = Server::shared();
    server.register_app("dev-get", json!({}));
    let login = Browser::new().visit(&server.login_url("dev-get", &[]));
    let challenge = login.must_have("login_challenge");
    let decision = [("login_challenge", challenge.as_str()), ("subject", "mallory"), ("verdict", "yes")];
    let shown = server.public.send(page("login", &decision)).expect(200);
    assert!(shown.text().contains("Sign in as") && !shown.text().contains("mallory"), "{shown:?}");
    let target = page("login", &decision).target;
    is_an_end(&server.public.send(Request::post(target).form(&[("verdict", "yes")])), "'login_challenge' is missing");
    let undecided = [("login_challenge", challenge.as_str()), ("subject", "mallory"), ("verdict", "perhaps")];
    is_an_end(&server.public.send(post("login", &undecided)), "'verdict' is missing");
    let twice = [undecided.as_slice(), &[("verdict", "yes")]].concat();
    is_an_end(&server.public.send(post("login", &twice)), "more than once");
}

/// An attacker begins a login, and has somebody else's browser post the form of it.
#[test]
fn a_forged_form_ends_at_the_missing_cookie() {
    let server = Server::shared();
    server.register_app("dev-forged", json!({}));
    let attackers: Arrived = Browser::new().visit(&server.login_url("dev-forged", &[]));
    let mut victim = Browser::new();
    // The victim has begun a login of its own at the same application.
    victim.visit(&server.login_url("dev-forged", &[]));
    let landed = victim.press("Sign in", attackers.form().fill("subject", "mallory"));
    assert_eq!(landed.must_have("error"), "request_forbidden");
    assert!(landed.parameter("code").is_none());
}

#[test]
fn a_scope_that_was_not_asked_for_cannot_be_slipped_in() {
    let server = Server::shared();
    server.register_app("dev-more", json!({}));
    let mut browser = Browser::new();
    let login = browser.visit(&server.login_url("dev-more", &[("scope", "openid")]));
    let mut form = sign_in(&mut browser, &login, "alice").form();
    form.fields.push(("scope".to_owned(), "photos".to_owned()));
    is_an_end(&browser.press("Allow", form).answer, "'photos' was not asked for");
}

#[test]
fn pages_that_are_configured_elsewhere_are_not_shown() {
    let elsewhere = [("URLS_LOGIN", "https://id.example/login"), ("URLS_LOGOUT", "https://id.example/logout")];
    let server = Server::start(&elsewhere);
    server.register_app("dev-elsewhere", json!({}));
    let sent = Browser::new().visit(&server.login_url("dev-elsewhere", &[]));
    assert!(sent.url.as_str().starts_with("https://id.example/login?login_challenge="), "{sent:?}");
    let challenge = sent.must_have("login_challenge");
    for name in ["login", "logout"] {
        let shown = server.public.send(page(name, &[(&format!("{name}_challenge"), &challenge)])).expect(200);
        assert!(shown.text().contains(&format!("urls.{name}")) && !shown.text().contains("<form"), "{shown:?}");
    }
    let decision = [("login_challenge", challenge.as_str()), ("subject", "mallory"), ("verdict", "yes")];
    let refused = server.public.send(post("login", &decision)).expect(405);
    assert_eq!(refused.header("Allow"), Some("GET, HEAD"));
    is_an_end(&server.public.send(page("consent", &[])), "'consent_challenge' is missing");
}

#[test]
fn without_dev_there_are_no_built_in_pages() {
    let server = Server::start(&[("DEV", "false"), ("URLS_SELF_ISSUER", "https://id.example/")]);
    for (name, key) in [("login", "urls.login"), ("consent", "urls.consent"), ("logout", "urls.logout")] {
        let shown = server.public.send(page(name, &[(&format!("{name}_challenge"), "x")])).expect(200);
        assert!(shown.text().contains(key) && !shown.text().contains("<form"), "{shown:?}");
        server.public.send(post(name, &[("verdict", "yes")])).expect(405);
    }
}

#[test]
fn the_error_page_says_what_happened_and_escapes_it() {
    let server = Server::shared();
    let mut browser = Browser::new();
    let shown = browser.visit(&server.login_url("nobody-<i>", &[]));
    assert_eq!(shown.answer.status, 400);
    assert!(shown.text().contains("This database has no client 'nobody-<i>'"), "{shown:?}");
    assert!(!shown.answer.text().contains("<i>"), "{shown:?}");
}

#[test]
fn an_app_of_its_own_scheme_can_be_reached_from_the_forms() {
    let server = Server::shared();
    server.register_app("dev-app", json!({"redirect_uris": ["com.example.app:/cb"]}));
    let mut browser = Browser::new();
    let url = server.login_url("dev-app", &[("redirect_uri", "com.example.app:/cb")]);
    let login = browser.visit(&url);
    let policy = login.answer.header("Content-Security-Policy").unwrap_or_default().to_owned();
    assert!(policy.ends_with("form-action 'self' com.example.app: http: https:"), "{policy}");
    assert!(agree(&mut browser, &url, "alice").url.as_str().starts_with("com.example.app:/cb?"));
}
