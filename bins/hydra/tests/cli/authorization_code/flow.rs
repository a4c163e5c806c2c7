//! From the first page to the tokens.

use std::{collections::BTreeMap, sync::mpsc, thread, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::story::{Serving, TOKENS, browse, form, get, parameters, post_from, server, token_requests, token_server};
use crate::support::{Server, answer, ok};

#[test]
fn a_code_becomes_tokens_and_the_command_ends() {
    let server = token_server();
    let serving = Serving::start(&server, "--format json");
    let asked = serving.asked();
    let shown = get(&serving.page(&format!("callback?code=c%26d&state={}", asked["state"])));
    for header in ["content-security-policy", "cache-control", "referrer-policy", "x-frame-options"] {
        assert_ne!(shown.header(header), "", "{header}");
    }
    let page = shown.with(200);
    for words in ["ory_at_x", "ory_rt_x", " UTC</code>", "<dt>ID token</dt><dd><code>none</code>"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("<a "), "there is no way back: {page}");

    let run = serving.end();
    assert_eq!(run.code, 0);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    let members: Vec<&String> = document.as_object().unwrap().keys().collect();
    assert_eq!(members, ["access_token", "token_type", "refresh_token", "expiry", "expires_in"]);
    assert_eq!((document["expires_in"].as_i64(), run.stdout.lines().count()), (Some(3599), 1));
    assert!(!run.stderr.contains("Error"), "{}", run.stderr);

    let requests = token_requests(&server);
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].header("authorization"), Some("Basic Yy0xOmh1c2g="), "c-1:hush");
    let sent = form(&requests[0].body);
    let names: Vec<&str> = sent.keys().map(String::as_str).collect();
    assert_eq!(names, ["code", "code_verifier", "grant_type", "redirect_uri"]);
    assert_eq!((sent["code"].as_str(), &sent["redirect_uri"]), ("c&d", &asked["redirect_uri"]));
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, sent["code_verifier"].as_bytes()));
    assert_eq!(asked["code_challenge"], challenge);
}

#[test]
fn the_browser_is_sent_on_with_what_the_flags_say() {
    let server = token_server();
    let serving = Serving::start(&server, "");
    let page = get(&serving.home).with(200);
    let location = get(&serving.page("perform-flow")).location().to_owned();
    let link = format!("<a href=\"{}\">", location.replace('&', "&amp;"));
    assert_eq!(page.matches("<a ").count(), 1, "{page}");
    assert!(page.contains(&link), "{page}");
    assert_eq!(get(&serving.page("anything/else")).with(200), page);
    assert!(location.starts_with(&format!("{}/oauth2/auth?client_id=c-1&", server.url())), "{location}");
    let asked = parameters(&location);
    let names: Vec<&str> = asked.keys().map(String::as_str).collect();
    let expected = [
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
    ];
    assert_eq!(names, expected);
    assert_eq!(asked["redirect_uri"], serving.page("callback"));
    assert_eq!((asked["scope"].as_str(), asked["response_type"].as_str()), ("offline openid", "code"));
    for name in ["state", "nonce"] {
        let value = &asked[name];
        assert!(value.len() == 24 && value.bytes().all(|byte| byte.is_ascii_lowercase()), "{name}: {value}");
    }

    let words = "--scope a,b --scope c --audience x,y --prompt login,consent --max-age 0 --response-mode query \
                 --state fixed-state --auth-url https://as.example/auth?tenant=1 --redirect https://tunnel.example/back";
    let serving = Serving::start(&server, words);
    let location = get(&serving.page("perform-flow")).location().to_owned();
    assert!(location.starts_with("https://as.example/auth?tenant=1&audience=x+y&client_id=c-1&"), "{location}");
    let asked = parameters(&location);
    for (name, value) in [
        ("scope", "a b c"),
        ("prompt", "login consent"),
        ("max_age", "0"),
        ("response_mode", "query"),
        ("state", "fixed-state"),
        ("redirect_uri", "https://tunnel.example/back"),
    ] {
        assert_eq!(asked[name], value, "{name}");
    }
    get(&serving.page("back?code=x&state=fixed-state")).with(200);
    assert_eq!(serving.end().code, 0);
    assert_eq!(form(&token_requests(&server)[0].body)["redirect_uri"], "https://tunnel.example/back");
}

#[test]
fn tokens_are_printed_in_every_format() {
    let server = token_server();
    for (format, expected) in [
        ("", "ACCESS TOKEN\tory_at_x\t\t\t\nREFRESH TOKEN\tory_rt_x\t\t\t\nID TOKEN\t<empty>\t\t\t\t\nEXPIRY\t\t"),
        ("--format yaml", "access_token: ory_at_x\ntoken_type: bearer\nrefresh_token: ory_rt_x\nexpiry: \""),
        ("--format jsonpath=expires_in", "3599\n"),
        ("--format jsonpointer=/access_token", "\"ory_at_x\"\n"),
        ("-q", "ory_at_x\n"),
    ] {
        let serving = Serving::start(&server, format);
        get(&serving.page(&format!("callback?code=x&state={}", serving.asked()["state"]))).with(200);
        let run = serving.end();
        assert_eq!(run.code, 0);
        assert!(run.stdout.starts_with(expected), "{format}: {}", run.stdout);
    }
    let serving = Serving::start(&server, "--format jsonpointer=/nope");
    let page = get(&serving.page(&format!("callback?code=x&state={}", serving.asked()["state"]))).with(500);
    assert!(page.contains("could not be printed"), "{page}");
    assert!(serving.end().error().contains("nope"));
}

#[test]
fn form_post_comes_back_as_a_query() {
    let server = token_server();
    let serving = Serving::start(&server, "-q --response-mode form_post");
    let asked = serving.asked();
    assert_eq!(asked["response_mode"], "form_post");
    let form = format!("code=a%26b%0D%0ASet-Cookie%3A&state={}", asked["state"]);
    let shown = post_from("cross-site", &serving.page("callback"), &form);
    let location = shown.location();
    assert_eq!(location, format!("/callback?code=a%26b%0D%0ASet-Cookie%3A&state={}", asked["state"]));
    get(&serving.page(&location[1..])).with(200);
    assert_eq!(serving.end().stdout, "ory_at_x\n");
}

#[test]
fn a_code_is_presented_once() {
    let (release, released) = mpsc::channel();
    let server = server(move |_| {
        released.recv().unwrap();
        ok(TOKENS)
    });
    let serving = Serving::start(&server, "-q");
    let callback = serving.page(&format!("callback?code=x&state={}", serving.asked()["state"]));
    thread::scope(|scope| {
        let first = scope.spawn(|| get(&callback));
        serving.wait_for("sent a code");
        assert!(get(&callback).with(410).contains("This flow is over"));
        get(&serving.home).with(410);
        get(&serving.page("perform-flow")).with(410);
        release.send(()).unwrap();
        first.join().unwrap().with(200);
    });
    let run = serving.end();
    assert_eq!((run.stdout.as_str(), token_requests(&server).len()), ("ory_at_x\n", 1));
    assert!(!run.stderr.contains("Error"), "{}", run.stderr);
}

#[test]
fn without_shutdown_every_round_has_secrets_of_its_own() {
    let server = token_server();
    let mut serving = Serving::start(&server, "-q --no-shutdown");
    let first = serving.asked();
    let callback = |asked: &BTreeMap<String, String>| format!("callback?code=x&state={}", asked["state"]);
    let page = get(&serving.page(&callback(&first))).with(200);
    assert!(page.contains("<a href=\"/\">"), "{page}");
    let second = serving.asked();
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(first[name], second[name], "{name}");
    }
    get(&serving.page(&callback(&first))).with(500);
    assert_eq!(serving.asked(), second, "a wrong answer does not spoil the round");
    get(&serving.page(&format!("callback?error=access_denied&state={}", second["state"]))).with(500);
    let third = serving.asked();
    assert_ne!(second["state"], third["state"]);
    get(&serving.page(&callback(&third))).with(200);
    thread::sleep(Duration::from_millis(1500));
    assert!(serving.is_running());
    serving.interrupt();
    let run = serving.end();
    assert_eq!((run.code, run.stdout.as_str()), (0, "ory_at_x\nory_at_x\n"));
    assert!(run.stderr.ends_with("Stopped.\n"), "{}", run.stderr);
}

#[test]
fn the_nonce_of_an_id_token_is_checked() {
    let server = server(|request| {
        // The test puts the claims of the ID token into the code.
        let claims = URL_SAFE_NO_PAD.encode(&form(&request.body)["code"]);
        ok(&format!(
            r#"{{"access_token":"ory_at_x","expires_in":1,"id_token":"e30.{claims}.c2ln","token_type":"bearer"}}"#
        ))
    });
    let serving = Serving::start(&server, "");
    let asked = serving.asked();
    let code = format!("%7B%22nonce%22%3A%22{}%22%7D", asked["nonce"]);
    let page = get(&serving.page(&format!("callback?code={code}&state={}", asked["state"]))).with(200);
    let run = serving.end();
    let id_token = run.stdout.lines().nth(2).unwrap().split('\t').find(|cell| cell.contains('.')).unwrap().to_owned();
    assert!(page.contains(&id_token), "{page}");

    let serving = Serving::start(&server, "");
    let asked = serving.asked();
    let page =
        get(&serving.page(&format!("callback?code=%7B%22nonce%22%3A%22x%22%7D&state={}", asked["state"]))).with(500);
    assert!(!page.contains("ory_at_x"), "{page}");
    let run = serving.end();
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    assert!(run.stderr.contains("Error: The nonce of the ID token"), "{}", run.stderr);
}

#[test]
fn a_client_without_a_secret_names_itself_in_the_body() {
    let server = token_server();
    let variables = [("OAUTH2_CLIENT_ID", "public"), ("ORY_SDK_URL", server.url())];
    let serving = Serving::start_with("--no-open -q", &variables);
    get(&serving.page(&format!("callback?code=x&state={}", serving.asked()["state"]))).with(200);
    assert_eq!(serving.end().stdout, "ory_at_x\n");
    let requests = token_requests(&server);
    assert_eq!((requests.len(), requests[0].header("authorization")), (1, None));
    let sent = form(&requests[0].body);
    assert!(sent["client_id"] == "public" && !sent.contains_key("client_secret"), "{sent:?}");
}

#[test]
fn the_token_endpoint_may_be_elsewhere_and_gets_the_extra_headers() {
    let server = Server::playing(|request| match request.line.as_str() {
        "POST /base/tokens" => ok(TOKENS),
        _ => answer("404 Not Found", "{}"),
    });
    let words = format!("-q -H X-Gateway:open --token-url {}/base/tokens", server.url());
    let serving = Serving::start(&server, &words);
    get(&serving.page(&format!("callback?code=x&state={}", serving.asked()["state"]))).with(200);
    assert_eq!(serving.end().stdout, "ory_at_x\n");
    let requests = server.requests();
    let request = requests.iter().find(|request| request.line.starts_with("POST")).unwrap();
    assert_eq!(request.header("x-gateway"), Some("open"));
}

#[test]
fn the_pages_speak_tls_with_a_certificate_of_their_own() {
    let server = token_server();
    let serving = Serving::start(&server, "--https -q");
    assert!(serving.home.starts_with("https://127.0.0.1:"), "{}", serving.home);
    let asked = serving.asked();
    assert_eq!(asked["redirect_uri"], serving.page("callback"));
    let fingerprint = serving.wait_for("(SHA-256): ");
    let fingerprint = fingerprint.split("(SHA-256): ").nth(1).unwrap().lines().next().unwrap().to_owned();
    assert_eq!(fingerprint.len(), 32 * 3 - 1, "{fingerprint}");
    get(&serving.page(&format!("callback?code=x&state={}", asked["state"]))).with(200);
    assert_eq!(serving.end().stdout, "ory_at_x\n");
}

#[test]
fn a_head_request_of_the_callback_is_no_answer() {
    let server = token_server();
    let mut serving = Serving::start(&server, "");
    let shown = browse(|browser| browser.head(serving.page("callback?error=x")));
    assert_eq!((shown.status, shown.header("allow")), (405, "GET, POST"));
    thread::sleep(Duration::from_millis(1500));
    assert!(serving.is_running());
}
