//! Mistakes that waiting does not cure: the process ends at once, with status 1 and what to do about it.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
};

use crate::process::{SYSTEM_SECRET, Setup};

#[track_caller]
fn says(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "'{word}' is not said:\n{said}");
    }
}

pub(crate) fn a_missing_dsn_says_what_to_set() {
    let setup =
        Setup::bare().variable("SECRETS_SYSTEM", SYSTEM_SECRET).variable("URLS_SELF_ISSUER", "https://id.example/");
    let said = setup.refusal();
    says(&said, &["DSN", "dsn"]);
    assert!(!said.contains(SYSTEM_SECRET), "{said}");
    let made = fs::read_dir(setup.path()).expect("the folder is there").count();
    assert_eq!(made, 1, "nothing but the log is made");
}

pub(crate) fn a_port_in_use_is_named_at_once_and_nothing_else_keeps_running() {
    for name in ["public", "admin"] {
        let setup = Setup::dev();
        let (taken, other) = if name == "public" { (setup.public, setup.admin) } else { (setup.admin, setup.public) };
        let _held = TcpListener::bind((Ipv4Addr::UNSPECIFIED, taken.0.port())).expect("the port is free for us");
        let said = setup.refusal();
        says(&said, &[&format!("{}", taken.0.port()), name, "in use"]);
        assert!(other.connect().is_err(), "the other port is served");
        assert!(!setup.path().join("hydra-dev.sqlite").exists(), "a database was made for nothing");
    }
}

pub(crate) fn what_waiting_does_not_cure_ends_at_once_with_advice() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let at = |name: &str| format!("sqlite://{}/{name}", folder.path().display());
    fs::write(folder.path().join("letter"), "Dear database, this is a letter, not a database at all.".repeat(99))
        .expect("a file");
    fs::create_dir(folder.path().join("folder")).expect("a folder");
    fs::write(folder.path().join("empty.sqlite"), "").expect("a file");
    for (dsn, words) in [
        (at("no/such/folder/db.sqlite"), &["does not exist", "no/such/folder"][..]),
        (at("folder"), &["is a folder"]),
        (at("letter"), &["letter", "something else"]),
        (at("mistyped.sqlite"), &["no database at that path", "hydra migrate sql"]),
        (at("empty.sqlite"), &["not migrated", "hydra migrate sql"]),
        ("oracle://someone:pass-word-of-dsn@127.0.0.1/db".to_owned(), &["oracle", "postgres"]),
        ("someone:pass-word-of-dsn".to_owned(), &["dsn"]),
        ("postgres://someone:pass-word-of-dsn@127.0.0.1:port/db".to_owned(), &["port"]),
    ] {
        let said = Setup::over(&dsn).refusal();
        says(&said, words);
        assert!(!said.contains("pass-word-of-dsn") && !said.contains(SYSTEM_SECRET), "{said}");
    }
    assert!(!folder.path().join("mistyped.sqlite").exists(), "a database was made for nothing");
    let short = Setup::dev().variable("DSN", &at("x")).variable("SECRETS_SYSTEM", "short-secret").refusal();
    says(&short, &["secrets.system", "16"]);
    assert!(!short.contains("short-secret"), "{short}");
    let plain = Setup::bare()
        .variable("DSN", &at("x"))
        .variable("SECRETS_SYSTEM", SYSTEM_SECRET)
        .variable("URLS_SELF_ISSUER", "http://id.example/");
    says(&plain.refusal(), &["urls.self.issuer", "https"]);
}

pub(crate) fn words_that_are_no_arguments_are_refused() {
    says(&Setup::dev().word("--danger").refusal(), &["--danger", "usage"]);
    says(&Setup::dev().word("-c").refusal(), &["-c"]);
    says(&Setup::dev().word("-c").word("nowhere.yml").refusal(), &["nowhere.yml"]);
}
