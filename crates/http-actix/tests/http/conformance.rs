//! What the conformance suite of the OpenID Foundation asks of a provider (plans basic, implicit, hybrid, form post, config and
//! logout), where no other test does: each as one conversation over HTTP, as the suite has it.

use std::{
    collections::{BTreeMap, BTreeSet},
    thread,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::{
    browser::{Browser, CALLBACK, Plan, parameter, request_url, try_parameter},
    http::{Answer, Request},
    people::{VERIFIER, claims, redemption, s256},
    server::{Server, secret_of},
};

const STATE: &str = "a-state-of-the-tests";
const NONCE: &str = "a-nonce-of-the-tests";

fn remembered<'p>(client: &'p str, with: &'p [(&'p str, &'p str)]) -> Plan<'p> {
    let (login, consent) = (json!({"remember": true}), json!({"remember": true}));
    Plan { with, login, consent, ..Plan::new(client, "alice", "openid") }
}

/// The claims of the ID token that a code buys.
#[track_caller]
fn id_token(server: &Server, client: &str, code: &str) -> Value {
    let tokens = server.redeem(client, code).expect(200).json();
    claims(tokens["id_token"].as_str().expect("an ID token"))
}

/// The parameters of an answer: those of the redirect's fragment or query, or of the form that the browser posts.
#[track_caller]
fn answered(answer: &Answer) -> BTreeMap<String, String> {
    let pairs = match answer.header("Location") {
        Some(location) => {
            let (_, pairs) = location.split_once(['#', '?']).expect("parameters");
            form_urlencoded::parse(pairs.as_bytes()).into_owned().collect()
        }
        None => fields(answer.text()),
    };
    pairs.into_iter().collect()
}

/// The hidden fields of a form, which hold nothing here that HTML would escape but quotes.
fn fields(html: &str) -> Vec<(String, String)> {
    let field = |line: &str| {
        let (name, value) = line.strip_prefix("<input type=\"hidden\" name=\"")?.split_once("\" value=\"")?;
        Some((name.to_owned(), value.strip_suffix("\">")?.replace("&#39;", "'")))
    };
    html.lines().filter_map(field).collect()
}

fn modes() -> [(&'static [(&'static str, &'static str)], u16); 2] {
    [(&[], 303), (&[("response_mode", "form_post")], 200)]
}

/// Module `oidcc-discovery-endpoint-verification`, and those of the logout plans.
#[test]
fn the_server_describes_itself_as_the_suite_wants_it() {
    let server = Server::start(&[("DEV", "false"), ("URLS_SELF_ISSUER", "https://op.example/")]).with_quick_keys();
    let document = server.public.send(Request::get("/.well-known/openid-configuration")).expect(200).json();
    assert_eq!(document["issuer"], "https://op.example/");
    for member in ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "end_session_endpoint", "jwks_uri"]
    {
        assert!(document[member].is_string(), "no {member}");
    }
    for (member, url) in document.as_object().expect("an object").iter().filter(|(name, _)| name.ends_with("_endpoint"))
    {
        assert!(url.as_str().is_some_and(|url| url.starts_with("https://op.example/")), "{member}: {url}");
    }
    for (member, expected) in [
        ("response_types_supported", &["code", "id_token", "token id_token", "code id_token"][..]),
        ("grant_types_supported", &["authorization_code", "implicit", "refresh_token"]),
        ("response_modes_supported", &["query", "fragment", "form_post"]),
        ("token_endpoint_auth_methods_supported", &["client_secret_basic", "client_secret_post"]),
        ("scopes_supported", &["openid", "offline_access"]),
        ("subject_types_supported", &["public"]),
        ("claims_supported", &["sub"]),
        ("request_object_signing_alg_values_supported", &["RS256"]),
    ] {
        let list: Vec<_> = document[member].as_array().expect(member).iter().filter_map(Value::as_str).collect();
        assert!(expected.iter().all(|word| list.contains(word)), "{member}: {list:?}");
    }
    for transport in ["frontchannel", "backchannel"] {
        for what in ["supported", "session_supported"] {
            assert_eq!(document[format!("{transport}_logout_{what}")], true);
        }
    }
    let keys = server.public.send(Request::get("/.well-known/jwks.json")).expect(200).json();
    let keys = keys["keys"].as_array().expect("keys");
    let names: BTreeSet<_> = keys.iter().filter_map(|key| key["kid"].as_str()).collect();
    assert_eq!(names.len(), keys.len(), "each has a name of its own");
}

/// Modules `oidcc-unsigned-request-object-…` and `oidcc-ensure-request-object-with-redirect-uri`: the suite skips them where the
/// discovery document does not have `none`.
#[test]
fn unsigned_request_objects_are_for_clients_that_ask_for_them_and_not_advertised() {
    let server = &Server::shared();
    let document = server.public.send(Request::get("/.well-known/openid-configuration")).expect(200).json();
    let algorithms = document["request_object_signing_alg_values_supported"].as_array().expect("a list");
    assert!(!algorithms.contains(&json!("none")), "{algorithms:?}");
    server.register_web("object-default");
    server.register_web_with("object-none", &json!({"request_object_signing_alg": "none"}));
    for (client, is_taken) in [("object-default", false), ("object-none", true)] {
        let object = json!({
            "client_id": client, "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid",
            "state": "the-state-of-the-object", "nonce": NONCE,
        });
        let object = [json!({"alg": "none"}), object].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
        let object = format!("{}.{}.", object[0], object[1]);
        let with = [("request", object.as_str()), ("redirect_uri", "https://app.example/another"), ("state", "")];
        let plan = Plan { with: &with, ..Plan::new(client, "alice", "openid") };
        let mut browser = Browser::at(server);
        if is_taken {
            let answer = browser.go(&plan).expect(303);
            assert!(answer.header("Location").is_some_and(|url| url.starts_with(&format!("{CALLBACK}?code="))));
            assert_eq!(parameter(&answer, "state"), "the-state-of-the-object");
        } else {
            let refused = browser.ask(&plan).expect(302);
            assert_eq!(parameter(&refused, "error"), "invalid_request_object");
            assert!(refused.header("Location").is_some_and(|url| url.starts_with(&server.issuer)), "{refused:?}");
        }
    }
}

/// Module `oidcc-response-type-missing`: in the query, for no response type says otherwise.
#[test]
fn without_a_response_type_the_error_is_in_the_query_unless_a_form_is_asked_for() {
    let server = &Server::shared();
    server.register_web("no-type");
    for (with, status) in modes() {
        let with = [with, &[("response_type", "")]].concat();
        let answer =
            Browser::at(server).ask(&Plan { with: &with, ..Plan::new("no-type", "alice", "openid") }).expect(status);
        let told = answered(&answer);
        assert_eq!((told["error"].as_str(), told["state"].as_str()), ("unsupported_response_type", STATE));
        assert!(answer.header("Location").is_none_or(|url| url.starts_with(&format!("{CALLBACK}?"))), "{answer:?}");
    }
}

/// Modules `oidcc-ensure-request-without-nonce-…`.
#[test]
fn an_id_token_by_the_redirect_needs_a_nonce_and_one_that_a_code_buys_does_not() {
    let server = &Server::shared();
    let types = ["code", "code token", "code id_token", "code id_token token", "id_token", "id_token token"];
    server.register_web_with("nonce", &json!({"response_types": types}));
    for (mode, status) in modes() {
        for types in types {
            let with = [mode, &[("response_type", types), ("nonce", "")]].concat();
            let plan = Plan { with: &with, ..Plan::new("nonce", "alice", "openid") };
            let answer = Browser::at(server).go(&plan).expect(status);
            let told = answered(&answer);
            assert_eq!(told["state"], STATE);
            if types.contains("id_token") {
                assert_eq!(told["error"], "invalid_request", "{types}");
                assert!(answer.header("Location").is_none_or(|url| url.starts_with(&format!("{CALLBACK}#"))));
            } else {
                assert_eq!(id_token(server, "nonce", &told["code"]).get("nonce"), None, "{types}");
            }
        }
    }
}

/// Module `oidcc-server` of the hybrid plans: what comes by the redirect and what the code buys tell of one login.
#[test]
fn both_id_tokens_of_a_hybrid_answer_tell_of_one_login() {
    let server = &Server::shared();
    let types = ["code id_token", "code id_token token"];
    server.register_web_with("hybrid", &json!({"response_types": types}));
    for (mode, status) in modes() {
        for types in types {
            let with = [mode, &[("response_type", types)]].concat();
            let answer = Browser::at(server).go(&Plan { with: &with, ..Plan::new("hybrid", "alice", "openid") });
            let told = answered(&answer.expect(status));
            let first = claims(&told["id_token"]);
            let second = id_token(server, "hybrid", &told["code"]);
            assert_eq!(first["nonce"], NONCE);
            for same in ["iss", "sub", "aud", "nonce", "auth_time", "sid", "c_hash"] {
                assert_eq!(first[same], second[same], "{same} of {types}");
            }
            assert_eq!(first.get("at_hash").is_some(), types.ends_with(" token"));
            if let Some(token) = told.get("access_token") {
                let ask = Request::get("/userinfo").header("Authorization", format!("Bearer {token}"));
                assert_eq!(server.public.send(ask).expect(200).json()["sub"], first["sub"]);
            }
        }
    }
}

/// What the suite checks of every error that comes by the redirect (RFC 6749 §4.1.2.1).
#[test]
fn an_error_has_the_members_and_the_characters_that_oauth_allows() {
    let server = &Server::shared();
    server.register_web("errors");
    for with in [
        ("prompt", "none"),
        ("scope", "openid \"\\\r\n\tü"),
        ("response_type", "telepathy \"\\ü"),
        ("max_age", "\"\\ü\n"),
        ("id_token_hint", "\"\\ü\n"),
        ("audience", "https://ü.example/\"\\"),
    ] {
        let with = [with];
        let answer = Browser::at(server).ask(&Plan { with: &with, ..Plan::new("errors", "alice", "openid") });
        let told = answered(&answer.expect(303));
        assert_eq!(told.keys().collect::<Vec<_>>(), ["error", "error_description", "state"]);
        let allowed = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
        assert!(told["error"].bytes().all(allowed) && told["error_description"].bytes().all(allowed), "{told:?}");
    }
}

/// Modules `oidcc-display-…`, `-ui-locales`, `-claims-locales`, `-login-hint`, `-claims-essential`, `-ensure-request-with-acr-values-…`,
/// `-ensure-request-with-unknown-parameter-…` and `-ensure-other-scope-order-…`.
#[test]
fn what_need_not_be_understood_does_not_matter() {
    let server = &Server::shared();
    server.register_web("lenient");
    for with in [
        ("display", "page"),
        ("display", "popup"),
        ("ui_locales", "se"),
        ("claims_locales", "se"),
        ("login_hint", "alice@example.com"),
        ("claims", r#"{"userinfo":{"name":{"essential":true}},"id_token":{"name":{"essential":true}}}"#),
        ("acr_values", "1 2"),
        ("extra", "foobar"),
    ] {
        let with = [with];
        let plan = Plan { with: &with, ..Plan::new("lenient", "alice", "email openid") };
        let told = id_token(server, "lenient", &Browser::at(server).code(&plan));
        assert!(told.get("acr").is_none_or(Value::is_string), "{told}");
    }
}

/// Modules `oidcc-prompt-…`, `oidcc-max-age-…` and `oidcc-id-token-hint`, by the clock on the wall.
#[test]
fn a_new_login_is_newer_by_whole_seconds_and_a_silent_one_is_the_old_one() {
    let server = &Server::shared();
    server.register_web("again-login");
    let mut browser = Browser::at(server);
    let code = browser.code(&remembered("again-login", &[]));
    let tokens = server.redeem("again-login", &code).expect(200).json();
    let hint = tokens["id_token"].as_str().expect("an ID token");
    let first = claims(hint);
    let silent: [&[(&str, &str)]; 3] =
        [&[("prompt", "none")], &[("prompt", "none"), ("id_token_hint", hint)], &[("max_age", "10000")]];
    for with in silent {
        let told = id_token(server, "again-login", &browser.code(&remembered("again-login", with)));
        for same in ["sub", "auth_time", "sid"] {
            assert_eq!(told[same], first[same], "{same} with {with:?}");
        }
    }
    let mut before = first;
    for with in [("prompt", "login"), ("max_age", "1")] {
        thread::sleep(Duration::from_millis(2050));
        let with = [with];
        let told = id_token(server, "again-login", &browser.code(&remembered("again-login", &with)));
        assert!(told["auth_time"].as_i64() > before["auth_time"].as_i64(), "{with:?}: {told} after {before}");
        before = told;
    }
}

/// Module `oidcc-refresh-token`.
#[test]
fn a_refresh_with_the_scope_of_the_request_gives_a_newer_id_token_of_the_same_login() {
    let server = &Server::shared();
    for id in ["offline-1", "offline-2"] {
        server.register_web_with(id, &json!({"scope": "openid offline_access"}));
    }
    let nonce = "A-nonce-of-43-characters-that-ends-with-._~";
    let with = [("prompt", "consent"), ("nonce", nonce)];
    let plan = Plan { with: &with, ..Plan::new("offline-1", "alice", "openid offline_access") };
    let first = server.redeem("offline-1", &Browser::at(server).code(&plan)).expect(200).json();
    let refresh = |client: &str, tokens: &Value| {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens["refresh_token"].as_str().expect("a refresh token")),
            ("scope", "openid offline_access"),
        ];
        server.public.send(Request::post("/oauth2/token").basic(client, &secret_of(client)).form(&form))
    };
    thread::sleep(Duration::from_secs(1));
    let second = refresh("offline-1", &first).expect(200).json();
    let told = [&first, &second].map(|tokens| claims(tokens["id_token"].as_str().expect("an ID token")));
    for same in ["iss", "sub", "aud", "auth_time"] {
        assert_eq!(told[0][same], told[1][same], "{same}");
    }
    assert_eq!(told[0]["nonce"], nonce);
    assert!(told[0]["iat"].as_i64() < told[1]["iat"].as_i64() && told[1].get("azp").is_none());
    assert_eq!(refresh("offline-2", &second).expect(400).error(), "invalid_grant");
}

/// Modules `oidcc-server-client-secret-post` and `oidcc-ensure-request-with-valid-pkce-succeeds`.
#[test]
fn a_code_may_be_redeemed_with_the_secret_in_the_body_and_with_pkce() {
    let server = &Server::shared();
    server.register_web_with("secret-post", &json!({"token_endpoint_auth_method": "client_secret_post"}));
    let code = Browser::at(server).code(&Plan::new("secret-post", "alice", "openid"));
    let secret = secret_of("secret-post");
    let own = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("client_id", "secret-post"),
        ("client_secret", &secret),
    ];
    server.public.send(Request::post("/oauth2/token").form(&own)).expect(200);
    server.register_web("pkce-speculative");
    let challenge = s256(VERIFIER);
    let with = [("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")];
    let plan = Plan { with: &with, ..Plan::new("pkce-speculative", "alice", "openid") };
    let code = Browser::at(server).code(&plan);
    server.public.send(redemption("pkce-speculative", &code, &[("code_verifier", VERIFIER)])).expect(200);
}

/// Module `oidcc-codereuse-30seconds`: the first access token is good no more.
#[test]
fn a_code_that_comes_again_takes_the_access_token_away() {
    let server = &Server::shared();
    server.register_web("reuse");
    let code = Browser::at(server).code(&Plan::new("reuse", "alice", "openid"));
    let tokens = server.redeem("reuse", &code).expect(200).json();
    let token = tokens["access_token"].as_str().expect("an access token");
    let ask = || Request::get("/userinfo").header("Authorization", format!("Bearer {token}"));
    server.public.send(ask()).expect(200);
    assert_eq!(server.redeem("reuse", &code).expect(400).error(), "invalid_grant");
    server.public.send(ask()).expect(401);
}

/// Modules `oidcc-rp-initiated-logout` and `…-no-state`: a state of all the characters that the suite sends, escaped as little as
/// it does.
#[test]
fn the_state_of_a_logout_comes_back_to_the_letter_or_not_at_all() {
    let server = &Server::shared();
    server.register_web("state-out");
    let state = r##"aZ09!"#$%&'()*,-./:<=>?@[\]^_`{|}~"##;
    let sent = "aZ09!%22%23$%25%26'()*,-./:%3C%3D%3E?@%5B%5C%5D%5E_%60%7B%7C%7D~";
    for (sent, expected) in [(format!("&state={sent}"), Some(state)), (String::new(), None)] {
        let mut browser = Browser::at(server);
        let code = browser.code(&remembered("state-out", &[]));
        let tokens = server.redeem("state-out", &code).expect(200).json();
        let hint = tokens["id_token"].as_str().expect("an ID token");
        let asked = browser.visit(&format!(
            "/oauth2/sessions/logout?id_token_hint={hint}&post_logout_redirect_uri=https://app.example/bye{sent}"
        ));
        let target = format!(
            "/admin/oauth2/auth/requests/logout/accept?logout_challenge={}",
            parameter(&asked.expect(302), "logout_challenge")
        );
        let accepted = server.admin.send(Request::put(target)).expect(200).json();
        let gone = browser.visit(accepted["redirect_to"].as_str().expect("an address")).expect(302);
        assert!(gone.header("Location").is_some_and(|url| url.starts_with("https://app.example/bye")), "{gone:?}");
        assert_eq!(try_parameter(&gone, "state").as_deref(), expected);
        let silent = browser.ask(&remembered("state-out", &[("prompt", "none")])).expect(303);
        assert_eq!(parameter(&silent, "error"), "login_required");
    }
}

/// TLS ends at a proxy in front: nothing of it reaches this server, and nothing that it says is plain http.
#[test]
fn behind_a_proxy_that_ends_tls_every_address_is_https() {
    let server = &Server::start(&[("DEV", "false"), ("URLS_SELF_ISSUER", "https://op.example/")]).with_quick_keys();
    server.register_web("proxied");
    let plan = Plan { with: &[("response_mode", "form_post")], ..remembered("proxied", &[]) };
    let forwarded =
        |request: Request| request.header("X-Forwarded-Proto", "https").header("X-Forwarded-Host", "op.example");
    let mut browser = Browser::at(server);
    let asked = browser.send(forwarded(Request::get(request_url(&plan)))).expect(302);
    let url = browser.accept("login", &parameter(&asked, "login_challenge"), &json!({"subject": "alice"}));
    assert!(url.starts_with("https://op.example/oauth2/auth?"), "{url}");
    let logged_in = browser.visit(&url).expect(302);
    let posted = browser.consent(&logged_in, &plan).expect(200);
    assert_eq!(id_token(server, "proxied", &answered(&posted)["code"])["iss"], "https://op.example/");
    for answer in [&asked, &logged_in] {
        assert!(
            answer.headers("Set-Cookie").iter().all(|cookie| cookie.contains("Secure; ") || cookie.ends_with("Secure"))
        );
    }
    let unknown =
        Plan { with: &[("redirect_uri", "https://app.example/cb/other")], ..Plan::new("proxied", "a", "openid") };
    let refused = browser.ask(&unknown).expect(302);
    assert!(
        refused.header("Location").is_some_and(|url| url.starts_with("https://op.example/oauth2/fallbacks/error?"))
    );
}
