use super::*;

fn dsn(text: &str) -> Dsn {
    Dsn::parse(text).expect("the tests write DSNs that can be read")
}

#[test]
fn every_scheme_finds_its_database() {
    for scheme in ["postgres", "postgresql", "POSTGRES", "cockroach", "cockroachdb", "crdb"] {
        let dsn = dsn(&format!("{scheme}://root@host:26257/db?sslmode=disable"));
        assert_eq!(dsn.backend(), Backend::Postgres);
        assert!(
            dsn.driver_url().starts_with("postgresql://root@host:26257/db?sslmode=disable&"),
            "{}",
            dsn.driver_url()
        );
    }
    assert_eq!(dsn("mysql://u:p@tcp(host:3306)/db").backend(), Backend::Mysql);
    assert_eq!(dsn("sqlite3:///tmp/x.sqlite").backend(), Backend::Sqlite);
    for wrong in ["oracle://host/db", "postgres", "", "sqlite://", "mysql://host:3306"] {
        assert!(matches!(Dsn::parse(wrong), Err(OpenError::Permanent(_))), "{wrong}");
    }
}

#[test]
fn pool_parameters_never_reach_the_driver() {
    let dsn = dsn("postgres://hydra:secret@db:5432/hydra?max_conns=20&sslmode=disable&max_idle_conns=4\
                   &max_conn_lifetime=30m&max_conn_idle_time=1m30s");
    let expected = PoolLimits {
        max_conns: Some(20),
        max_idle_conns: Some(4),
        max_conn_lifetime: Some(Duration::from_secs(1800)),
        max_conn_idle_time: Some(Duration::from_secs(90)),
    };
    assert_eq!(dsn.limits(), expected);
    assert!(!dsn.driver_url().contains("max_"), "{}", dsn.driver_url());
}

#[test]
fn a_bad_pool_parameter_counts_as_absent() {
    assert_eq!(dsn("memory").limits(), PoolLimits::default());
    assert_eq!(dsn("postgres://db/x?max_conns=many&max_conn_lifetime=soon").limits(), PoolLimits::default());
    assert_eq!(dsn("postgres://db/x?max_conns=0").limits().max_conns, None);
}

#[test]
fn parameters_that_libpq_does_not_know_are_kept_apart() {
    let dsn = dsn("postgres://db/x?search_path=tenant&statement_cache_mode=describe&application_name=a+b");
    assert_eq!(dsn.run_time, [("search_path".to_owned(), "tenant".to_owned())]);
    assert!(dsn.driver_url().contains("application_name=a%20b"), "{}", dsn.driver_url());
    assert!(!dsn.driver_url().contains("statement"), "{}", dsn.driver_url());
}

#[test]
fn go_forms_of_a_mysql_address_become_urls() {
    let pairs = [
        ("mysql://u:p/w?@tcp(host:3307)/db?parseTime=true", "mysql://u:p%2Fw%3F@host:3307/db"),
        ("mysql://u@unix(/run/my.sock)/db", "mysql://u:@localhost/db?unix_socket=%2Frun%2Fmy%2Esock"),
        ("mysql://u:p@host:1/db?tls=skip-verify", "mysql://u:p@host:1/db?ssl_mode=required"),
    ];
    for (text, url) in pairs {
        assert_eq!(dsn(text).driver_url(), url);
    }
}

#[test]
fn sqlite_files_and_memory_are_told_apart() {
    for memory in ["memory", "sqlite://:memory:?_fk=true", "sqlite://file:x.sqlite?_fk=true&mode=memory&cache=shared"] {
        assert!(dsn(memory).is_in_memory(), "{memory}");
    }
    let file = dsn("sqlite:///var/lib/hydra.sqlite?_fk=true&_busy_timeout=100&_journal_mode=delete");
    assert_eq!(file.sqlite.path.as_deref(), Some("/var/lib/hydra.sqlite"));
    assert_eq!((file.sqlite.busy_timeout, file.sqlite.journal_mode), (Some(100), Some("DELETE")));
}

#[test]
fn a_sqlite_file_is_made_only_where_that_is_wanted() {
    for (text, opened, made) in [
        ("sqlite:///lib/a.sqlite?_fk=true", "file:///lib/a.sqlite?mode=rw", "file:///lib/a.sqlite?mode=rwc"),
        ("sqlite://a.sqlite?mode=rwc", "file:a.sqlite?mode=rw", "file:a.sqlite?mode=rwc"),
        ("sqlite://./a.sqlite?mode=rw", "file:./a.sqlite?mode=rw", "file:./a.sqlite?mode=rw"),
        (
            "sqlite:///a b&c#d%.sqlite?mode=ro",
            "file:///a%20b%26c%23d%25.sqlite?mode=ro",
            "file:///a%20b%26c%23d%25.sqlite?mode=ro",
        ),
        (
            "sqlite:////a.sqlite?vfs=unix-none",
            "file:////a.sqlite?mode=rw&vfs=unix-none",
            "file:////a.sqlite?mode=rwc&vfs=unix-none",
        ),
        ("memory", ":memory:", ":memory:"),
    ] {
        let dsn = dsn(text);
        assert_eq!((dsn.sqlite.url(false).as_str(), dsn.sqlite.url(true).as_str()), (opened, made));
    }
}

#[test]
fn no_message_shows_the_password() {
    for text in [
        "postgres://hydra:p%40ss@db:5432/hydra",
        "postgres://hydra@db:5432/hydra?password=p%40ss",
        "mysql://hydra:p@ss@tcp(db:3306)/hydra",
    ] {
        let dsn = dsn(text);
        let echoed = dsn.redact(&format!("cannot open {}: \"p@ss\" in hydra:p%40ss@db", dsn.driver_url()));
        for shown in [format!("{dsn} {dsn:?}"), echoed] {
            assert!(!shown.contains("p@ss") && !shown.contains("p%40ss"), "{shown}");
        }
    }
}

#[test]
fn a_short_password_leaves_messages_readable() {
    let refusal =
        "connection to server at \"database\" failed: FATAL: password authentication failed for user \"anna\"";
    for text in ["postgres://anna:a@database/hydra", "mysql://anna:a@database/hydra"] {
        let dsn = dsn(text);
        assert_eq!(dsn.redact(refusal), refusal);
        for (said, shown) in [
            ("token: \"a\"", "token: \"…\""),
            ("anna:a@database", "anna:…@database"),
            ("password=a&user=anna", "password=…&user=anna"),
            ("a", "…"),
        ] {
            assert_eq!(dsn.redact(said), shown);
        }
    }
}

#[test]
fn a_long_password_is_taken_out_wherever_it_is() {
    let dsn = dsn("postgres://hydra:correct-horse@db/hydra");
    assert_eq!(dsn.redact("xcorrect-horsex, \"correct-horse\""), "x…x, \"…\"");
}

#[test]
fn a_password_in_the_wrong_place_is_still_not_shown() {
    for text in [
        // No host; a slash in the password, before which libpq ends the address.
        "postgres://hydra:pa55word/hydra",
        "postgres://hydra:pa55word/rest@db/hydra",
        "mysql://hydra:pa55word/hydra",
        "mysql://hydra:pa55word(x)/hydra",
        "hydra:pa55word@db://hydra",
    ] {
        let shown = match Dsn::parse(text) {
            Ok(dsn) => format!("{dsn} {dsn:?} {}", dsn.redact("invalid port number: \"pa55word\"")),
            Err(why) => why.to_string(),
        };
        assert!(!shown.contains("pa55word"), "{text}: {shown}");
    }
    assert_eq!(dsn("postgres://db:5432,[::1]:5433/hydra").to_string(), "PostgreSQL at db:5432,[::1]:5433/hydra");
}
