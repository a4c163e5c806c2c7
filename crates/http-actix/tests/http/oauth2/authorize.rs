//! `/oauth2/auth`: statuses, cookies, and where answers and errors travel.

use serde_json::json;

use crate::support::{
    browser::{Browser, CALLBACK, Plan, parameter, request_url, try_parameter},
    http::Request,
    log,
    server::{Server, secret_of},
};

#[test]
fn a_login_ends_with_a_code_that_buys_tokens_once() {
    let server = &Server::shared();
    server.register_web("web");
    let plan = Plan { login: json!({"acr": "2", "amr": ["pwd"]}), ..Plan::new("web", "alice", "openid offline email") };
    let plan = Plan {
        consent: json!({"session": {"id_token": {"email": "a@example.org"}, "access_token": {"tier": "gold"}}}),
        ..plan
    };
    let answer = Browser::at(server).go(&plan).expect(303);
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    assert_eq!(answer.header("Pragma"), Some("no-cache"));
    assert_eq!(parameter(&answer, "state"), "a-state-of-the-tests");
    assert_eq!(parameter(&answer, "scope"), "openid offline email");
    let code = parameter(&answer, "code");
    let tokens = server.redeem("web", &code).expect(200).json();
    assert_eq!(tokens["token_type"], "bearer");
    let described = server.introspect(tokens["access_token"].as_str().expect("an access token"));
    assert_eq!((&described["sub"], &described["ext"]), (&json!("alice"), &json!({"tier": "gold"})));
    assert_eq!(server.redeem("web", &code).expect(400).error(), "invalid_grant");
    assert_eq!(server.introspect(tokens["refresh_token"].as_str().expect("a refresh token"))["active"], false);
}

#[test]
fn cookies_are_for_this_server_alone_and_hidden_from_scripts() {
    let server = &Server::shared();
    server.register_web("cookies");
    let plan = Plan { login: json!({"remember": true, "remember_for": 60}), ..Plan::new("cookies", "alice", "openid") };
    let mut browser = Browser::at(server);
    let asked = browser.ask(&plan).expect(302);
    let csrf = asked.header("Set-Cookie").expect("a cookie");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=1800", "Expires="] {
        assert!(csrf.contains(attribute), "{csrf}");
    }
    assert!(csrf.starts_with("ory_hydra_login_csrf_dev_") && !csrf.contains("Secure"), "{csrf}");
    let logged_in = browser.log_in(&asked, &plan).expect(302);
    let cookies = logged_in.headers("Set-Cookie");
    let session = cookies.iter().find(|cookie| cookie.starts_with("ory_hydra_session_dev=")).expect("a session");
    assert!(session.contains("Max-Age=60"), "{session}");
}

#[test]
fn outside_development_cookies_are_secure() {
    let environment =
        [("DEV", "false"), ("URLS_SELF_ISSUER", "https://id.example/"), ("SERVE_COOKIES_DOMAIN", "id.example")];
    let server = &Server::start(&environment).with_quick_keys();
    server.register_web("secure");
    let asked = Browser::at(server).ask(&Plan::new("secure", "alice", "openid")).expect(302);
    let cookie = asked.header("Set-Cookie").expect("a cookie");
    assert!(cookie.starts_with("ory_hydra_login_csrf_") && !cookie.contains("_dev"), "{cookie}");
    for attribute in ["Secure", "SameSite=None", "Domain=id.example"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
}

#[test]
fn a_typical_challenge_fits_into_any_address() {
    let server = &Server::shared();
    let id = "9f2b6c1e-6b7f-4d52-9a5e-1b0c3f2a7d11";
    server.register_web(id);
    let with = [
        ("state", "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE"),
        ("nonce", "cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmF"),
        ("code_challenge", "TDp3C-wPo3aKDK1Bg-ukP78nZ9YiqUD2ToRD96HoaHU"),
        ("code_challenge_method", "S256"),
    ];
    let plan = Plan { with: &with, ..Plan::new(id, "alice", "openid offline email") };
    let challenge = parameter(&Browser::at(server).ask(&plan).expect(302), "login_challenge");
    assert!(challenge.len() <= 600, "{} characters", challenge.len());
}

#[test]
fn answers_travel_as_the_request_says() {
    let server = &Server::shared();
    server.register_web("modes");
    let fragment = Plan { with: &[("response_type", "id_token token")], ..Plan::new("modes", "alice", "openid") };
    let answer = Browser::at(server).go(&fragment).expect(303);
    let location = answer.header("Location").expect("a redirect");
    assert!(location.starts_with(&format!("{CALLBACK}#")), "{location}");
    assert_eq!(parameter(&answer, "token_type"), "bearer");
    assert!(try_parameter(&answer, "id_token").is_some());
    let form = Plan { with: &[("response_mode", "form_post")], ..Plan::new("modes", "alice", "openid") };
    let answer = Browser::at(server).go(&form).expect(200);
    let policy = answer.header("Content-Security-Policy").expect("a policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'sha256-"), "{policy}");
    assert_eq!(answer.header("X-Frame-Options"), Some("DENY"));
    let html = answer.text();
    assert!(html.contains(&format!("action=\"{CALLBACK}\"")) && html.contains("name=\"code\""), "{html}");
}

#[test]
fn a_form_post_cannot_be_broken_out_of() {
    let server = &Server::shared();
    server.register_web("escape");
    let with = [("response_mode", "form_post"), ("state", "\"><script>alert(1)</script>")];
    let answer = Browser::at(server).go(&Plan { with: &with, ..Plan::new("escape", "alice", "openid") }).expect(200);
    assert!(!answer.text().contains("<script>alert"), "{}", answer.text());
}

#[test]
fn parameters_of_a_posted_request_are_kept() {
    let server = &Server::shared();
    server.register_web("posted");
    let plan = Plan::new("posted", "alice", "openid");
    let url = request_url(&plan);
    let (path, query) = url.split_once('?').expect("a query");
    let mut browser = Browser::at(server);
    let asked = browser.send(Request::post(path).raw_form(query)).expect(302);
    let logged_in = browser.log_in(&asked, &plan).expect(302);
    let code = parameter(&browser.consent(&logged_in, &plan).expect(303), "code");
    server.redeem("posted", &code).expect(200);
}

#[test]
fn an_error_that_may_not_reach_the_client_is_shown_to_the_user() {
    let server = &Server::shared();
    server.register_web("shown");
    for (with, error) in [
        (("client_id", "nobody-here"), "invalid_client"),
        (("redirect_uri", "https://app.example/other"), "invalid_request"),
        (("response_mode", "telepathy"), "unsupported_response_mode"),
        (("scope", "openid&scope=openid"), "invalid_scope"),
    ] {
        let with = [with];
        let answer = Browser::at(server).ask(&Plan { with: &with, ..Plan::new("shown", "alice", "openid") });
        let location = answer.header("Location").expect("a redirect").to_owned();
        assert_eq!(parameter(&answer, "error"), error, "{location}");
        if error == "invalid_scope" {
            assert!(location.starts_with(CALLBACK), "{location}");
        } else {
            assert!(location.contains("/oauth2/fallbacks/error?"), "{location}");
        }
    }
    let twice = format!("{}&state=another-state", request_url(&Plan::new("shown", "alice", "openid")));
    assert_eq!(parameter(&Browser::at(server).visit(&twice).expect(302), "error"), "invalid_request");
    let broken = Browser::at(server).visit("/oauth2/auth?client_id=shown&state=%zz").expect(302);
    assert_eq!(parameter(&broken, "error"), "invalid_request");
}

#[test]
fn the_error_page_repeats_nothing_that_a_browser_would_run() {
    let server = &Server::shared();
    let page =
        Browser::at(server).visit("/oauth2/fallbacks/error?error=%3Cscript%3Ex&error_hint=%22%27%3E%3Cimg%20src=x%3E");
    assert_eq!(page.status, 400);
    assert!(!page.text().contains("<script>") && !page.text().contains("<img"), "{}", page.text());
}

#[test]
fn a_browser_without_the_cookie_is_told_and_so_is_the_log() {
    let server = &Server::shared();
    server.register_web("no-cookie");
    let plan = Plan::new("no-cookie", "alice", "openid");
    let mut browser = Browser::at(server);
    let asked = browser.ask(&plan).expect(302);
    let url = browser.accept("login", &parameter(&asked, "login_challenge"), &json!({"subject": "alice"}));
    browser.cookies.clear();
    let refused = browser.visit(&url).expect(303);
    assert_eq!(parameter(&refused, "error"), "request_forbidden");
    assert!(refused.headers("Set-Cookie").is_empty(), "{refused:?}");
    assert!(log::said().contains("[issuer_mismatch] Browsers reach this server as 'test'"));
    // Another name of the same machine is another place to a browser.
    let query = url.split_once("/oauth2/auth").expect("the endpoint").1;
    let elsewhere = format!(
        "GET /oauth2/auth{query} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Mozilla/5.0\r\nConnection: close\r\n\r\n"
    );
    server.public.send_bytes(elsewhere.as_bytes()).expect("an answer");
    assert!(log::said().contains("This login began at 'test' and came back at 'localhost'"));
}

#[test]
fn two_tabs_of_one_browser_both_get_there() {
    let server = &Server::shared();
    server.register_web("tabs");
    let plan = Plan::new("tabs", "alice", "openid");
    let mut browser = Browser::at(server);
    let (first, second) = (browser.ask(&plan).expect(302), browser.ask(&plan).expect(302));
    let (first, second) = (browser.log_in(&first, &plan).expect(302), browser.log_in(&second, &plan).expect(302));
    for tab in [first, second] {
        let code = parameter(&browser.consent(&tab, &plan).expect(303), "code");
        server.redeem("tabs", &code).expect(200);
    }
}

#[test]
fn a_consent_verifier_is_good_once() {
    let server = &Server::shared();
    server.register_web("once");
    let plan = Plan::new("once", "alice", "openid");
    let mut browser = Browser::at(server);
    let asked = browser.ask(&plan);
    let logged_in = browser.log_in(&asked, &plan);
    let challenge = parameter(&logged_in, "consent_challenge");
    let url = browser.accept("consent", &challenge, &json!({"grant_scope": ["openid"]}));
    assert!(try_parameter(&browser.visit(&url).expect(303), "code").is_some());
    assert_eq!(parameter(&browser.visit(&url).expect(303), "error"), "access_denied");
    let sibling = browser.accept("consent", &challenge, &json!({"grant_scope": ["openid"]}));
    assert_eq!(parameter(&browser.visit(&sibling).expect(303), "error"), "access_denied");
}

#[test]
fn what_the_reference_numbers_lose_is_kept_or_refused() {
    let server = &Server::shared();
    server.register_web("numbers");
    let exact = json!({"n": 9_007_199_254_740_993_i64, "big": u64::MAX, "f": 1.5});
    let plan = Plan { consent: json!({"session": {"access_token": exact}}), ..Plan::new("numbers", "alice", "openid") };
    let code = Browser::at(server).code(&plan);
    let token = server.redeem("numbers", &code).expect(200).json();
    let described = server.introspect(token["access_token"].as_str().expect("an access token"));
    assert_eq!(described["ext"], json!({"big": u64::MAX, "f": 1.5, "n": 9_007_199_254_740_993_i64}));
    let plan = Plan::new("numbers", "alice", "openid");
    let mut browser = Browser::at(server);
    let asked = browser.ask(&plan);
    let logged_in = browser.log_in(&asked, &plan);
    let challenge = parameter(&logged_in, "consent_challenge");
    let target = format!("/admin/oauth2/auth/requests/consent/accept?consent_challenge={challenge}");
    for number in ["1e20", "18446744073709551616", "9007199254740993.0"] {
        let body = format!(r#"{{"grant_scope":[],"session":{{"id_token":{{"a":[{number}]}}}}}}"#);
        let refused = server.admin.send(Request::put(&target).text(body)).expect(400);
        assert_eq!(refused.error(), "invalid_request");
    }
}

#[test]
fn a_database_that_is_full_of_logins_does_not_matter_to_who_never_consented() {
    let server = &Server::start(&[]).with_quick_keys();
    server.register_web("idle");
    let plan = Plan::new("idle", "alice", "openid");
    let mut browser = Browser::at(server);
    let asked = browser.ask(&plan).expect(302);
    browser.log_in(&asked, &plan).expect(302);
    assert_eq!(server.rows("hydra_oauth2_flow") + server.rows("hydra_oauth2_authentication_session"), 0);
    browser.code(&plan);
    assert_eq!(server.rows("hydra_oauth2_flow"), 1);
    let public =
        Request::post("/oauth2/token").basic("idle", &secret_of("idle")).form(&[("grant_type", "refresh_token")]);
    assert_eq!(server.public.send(public).expect(400).error(), "invalid_grant");
}
