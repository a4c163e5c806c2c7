//! How the command begins, and what keeps it from beginning.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt};

use super::story::{Serving, get, token_server};
use crate::support::run;

fn refused(words: &str) -> String {
    let words: Vec<&str> = ["perform", "authorization-code"].into_iter().chain(words.split_whitespace()).collect();
    run(&words, &[], "").error()
}

#[test]
fn it_says_where_it_is_and_how_to_stop_it() {
    let serving = Serving::start(&token_server(), "ignored words");
    let home = &serving.home;
    let said = serving.wait_for(&format!("\n\n\t{home}\n"));
    for words in [format!("on {home}\n"), format!("on {home}callback\n"), "Ctrl-C".to_owned()] {
        assert!(said.contains(&words), "{words}: {said}");
    }
    serving.interrupt();
    let run = serving.end();
    assert_eq!((run.code, run.stdout.as_str()), (0, ""));
    assert!(run.stderr.ends_with("Stopped.\n"), "{}", run.stderr);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = refused(&format!("-p {port} --endpoint http://127.0.0.1:1 --client-id c --no-open"));
    assert!(error.starts_with(&format!("Error: port {port} is in use")) && error.contains("--port"), "{error}");
}

#[test]
fn a_client_is_needed() {
    let words = ["perform", "authorization-code", "--endpoint", "http://127.0.0.1:1", "--client-id", ""];
    let run = run(&words, &[], "");
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert!(run.stdout.starts_with("Usage: hydra perform authorization-code"), "{}", run.stdout);
    assert!(run.stdout.contains("OAUTH2_CLIENT_ID"), "{}", run.stdout);
}

#[test]
fn flags_that_cannot_work_are_refused_with_their_name() {
    for (flag, reason) in [
        ("--redirect nowhere", "--redirect"),
        ("--auth-url ftp://as.example/", "--auth-url"),
        ("--token-url as.example/token", "--token-url"),
        ("--response-mode fragment", "form_post"),
        ("--response-mode web_message", "--response-mode"),
        ("--port 65536", "--port"),
        ("--max-age soon", "--max-age"),
    ] {
        let error = refused(&format!("--endpoint http://127.0.0.1:1 --client-id c --no-open {flag}"));
        assert!(error.contains(reason), "{flag}: {error}");
    }
}

#[test]
fn a_redirect_uri_that_leads_to_another_page_is_told() {
    for page in ["", "login"] {
        let serving = Serving::start(&token_server(), &format!("--redirect https://tunnel.example/{page}"));
        assert!(serving.wait_for("Warning: ").contains(&format!("/{page} is another page")));
    }
}

#[test]
fn the_browser_is_opened_on_the_first_page() {
    let folder = tempfile::tempdir().unwrap();
    let opened = folder.path().join("opened");
    let opener = folder.path().join(if cfg!(target_os = "macos") { "open" } else { "xdg-open" });
    fs::write(&opener, format!("#!/bin/sh\necho \"$1\" > {}\nexit 3\n", opened.display())).unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let path = folder.path().to_str().unwrap();
    let server = token_server();
    let words = format!("--endpoint {} --client-id c", server.url());
    let serving = Serving::start_with(&words, &[("PATH", path)]);
    assert!(serving.wait_for("No browser could be opened").contains("exit status: 3"));
    assert_eq!(fs::read_to_string(&opened).unwrap().trim_end(), serving.home);

    let serving = Serving::start_with(&words, &[("PATH", "/nowhere")]);
    serving.wait_for("No browser could be opened");
    get(&serving.home).with(200);
}

#[test]
fn the_help_page_describes_the_defaults() {
    let page = run(&["perform", "authorization-code", "--help"], &[("OAUTH2_CLIENT_SECRET", "hush")], "").output();
    for words in ["[default: 4446]", "[default: offline,openid]", "[default: -1]", "urls.login", "--no-shutdown"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("hush") && !page.contains("IGNORED"), "{page}");
    assert_eq!(run(&["help", "perform", "authorization-code"], &[], "").output(), page);
    let verbs = run(&["perform", "--help"], &[], "").output();
    assert!(verbs.contains("  authorization-code  Log in with a browser"), "{verbs}");
}
