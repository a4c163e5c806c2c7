//! Health and version, for whoever watches the process.

use crate::support::{
    http::Request,
    scratch::{Backend, scratch},
    server::Server,
};

#[test]
fn a_healthy_server_is_alive_and_ready_on_both_ports() {
    let server = &Server::shared();
    for (listener, target) in [
        (server.public, "/health/alive"),
        (server.public, "/health/ready"),
        (server.admin, "/health/alive"),
        (server.admin, "/health/ready"),
        (server.admin, "/admin/health/alive"),
        (server.admin, "/admin/health/ready"),
    ] {
        let answer = listener.send(Request::get(target)).expect(200);
        assert_eq!(answer.text(), "{\"status\":\"ok\"}\n", "{target}");
        assert_eq!(answer.header("Content-Type"), Some("application/json; charset=utf-8"));
        assert!(listener.send(Request::head(target)).expect(200).body.is_empty());
    }
}

#[test]
fn operators_see_the_version_and_nobody_else_does() {
    let server = &Server::shared();
    for target in ["/version", "/admin/version"] {
        let answer = server.admin.send(Request::get(target)).expect(200);
        assert_eq!(answer.text(), format!("{{\"version\":\"{}\"}}\n", http_actix::VERSION));
    }
    server.public.send(Request::get("/version")).expect(404);
}

#[test]
fn a_server_with_pending_migrations_lives_but_is_not_ready_and_says_what_to_run() {
    let database = scratch(Backend::Sqlite).expect("SQLite is always there");
    migrate_halfway(&database.url);
    let server = Server::start_unmigrated(database, &[]);
    for listener in [server.public, server.admin] {
        listener.send(Request::get("/health/alive")).expect(200);
        let answer = listener.send(Request::get("/health/ready")).expect(503);
        assert_eq!(answer.header("Content-Type"), Some("application/json"));
        let body = answer.json();
        assert_eq!(body["error"], "error");
        let description = body["error_description"].as_str().expect("a description is text");
        assert!(description.contains("migrate"), "{description}");
        assert!(answer.text().ends_with('\n'));
    }
}

/// The newest two are tables of ours, which a server makes by itself; the one before is a change of Hydra's tables.
fn migrate_halfway(dsn: &str) {
    crate::support::server::migrate(dsn);
    let mut connection = storage_diesel::connection::connect(dsn).expect("the database opens");
    let rolled_back = storage_diesel::migrate::down(&mut connection, 3, &mut |_| {}).expect("the newest go");
    assert_eq!(rolled_back, 3);
}
