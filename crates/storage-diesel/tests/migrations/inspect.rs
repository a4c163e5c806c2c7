//! Looking at a database from outside: what the tests compare.

use diesel::{RunQueryDsl as _, connection::SimpleConnection as _, sql_types::Text};
use storage_diesel::{
    connection::{AnyConnection, connect},
    migrate,
};
use uuid::Uuid;

use crate::support::{Backend, ScratchDb};

/// The network of databases that tests migrate.
pub(crate) const NETWORK: Uuid = Uuid::from_u128(0x1b9e_2f3c_7c0d_4d5a_9a41_0c6f_3e5b_7a10);

pub(crate) fn open(database: &ScratchDb) -> AnyConnection {
    connect(&database.url).expect("the scratch database can be opened")
}

pub(crate) fn up(conn: &mut AnyConnection) -> usize {
    migrate::up(conn, NETWORK, &mut |_| {}).expect("the database can be migrated")
}

pub(crate) fn down(conn: &mut AnyConnection, steps: usize) -> usize {
    migrate::down(conn, steps, &mut |_| {}).expect("the database can be rolled back")
}

/// A migrated database as Hydra leaves it: with its rows and without ours.
pub(crate) fn made_by_hydra(database: &ScratchDb) -> AnyConnection {
    let mut conn = open(database);
    up(&mut conn);
    assert_eq!(down(&mut conn, 2), 2);
    execute(&mut conn, "DROP TABLE hydrars_migration");
    conn
}

/// The same at the level of Hydra's release v26.2.0.
pub(crate) fn made_by_hydras_release(database: &ScratchDb) -> AnyConnection {
    let mut conn = open(database);
    up(&mut conn);
    assert_eq!(down(&mut conn, 5), 5);
    execute(&mut conn, "DROP TABLE hydrars_migration");
    conn
}

pub(crate) fn execute(conn: &mut AnyConnection, statements: &str) {
    if statements.is_empty() {
        return; // MySQL refuses an empty query
    }
    conn.batch_execute(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
}

/// The answers of a query for one text column called `line`.
pub(crate) fn lines(conn: &mut AnyConnection, query: &str) -> Vec<String> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        line: String,
    }
    let rows: Vec<Row> = diesel::sql_query(query).load(conn).unwrap_or_else(|error| panic!("{query}: {error}"));
    rows.into_iter().map(|row| row.line).collect()
}

/// Every column, key and index of Hydra's tables and of ours, a line each, sorted.
pub(crate) fn schema(conn: &mut AnyConnection, backend: Backend) -> Vec<String> {
    let mut lines = lines(
        conn,
        match backend {
            Backend::Sqlite => include_str!("../fixtures/describe.sqlite.sql"),
            Backend::Postgres => include_str!("../fixtures/describe.postgres.sql"),
            Backend::Mysql => include_str!("../fixtures/describe.mysql.sql"),
        },
    );
    lines.sort();
    lines
}

/// The schema that Hydra makes: for SQLite and PostgreSQL as found in a database that a real Hydra filled. MySQL's is
/// MariaDB's way to put it.
fn hydras_schema(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => include_str!("../fixtures/schema.sqlite.txt"),
        Backend::Postgres => include_str!("../fixtures/schema.postgres.txt"),
        Backend::Mysql => include_str!("../fixtures/schema.mariadb.txt"),
    }
}

/// Our own tables and indexes.
fn our_schema(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => include_str!("../fixtures/ours.sqlite.txt"),
        Backend::Postgres => include_str!("../fixtures/ours.postgres.txt"),
        Backend::Mysql => include_str!("../fixtures/ours.mariadb.txt"),
    }
}

/// Hydra's schema and nothing else.
pub(crate) fn assert_hydras_schema(conn: &mut AnyConnection, backend: Backend) {
    assert_schema(conn, backend, hydras_schema(backend).lines().collect());
}

/// Hydra's schema, and what is ours alone.
pub(crate) fn assert_whole_schema(conn: &mut AnyConnection, backend: Backend) {
    assert_schema(conn, backend, hydras_schema(backend).lines().chain(our_schema(backend).lines()).collect());
}

fn assert_schema(conn: &mut AnyConnection, backend: Backend, mut expected: Vec<&str>) {
    let mut found = schema(conn, backend);
    if backend == Backend::Mysql && !lines(conn, "SELECT version() AS line")[0].contains("MariaDB") {
        // MySQL describes types and defaults in other words than the MariaDB of the fixture: compare the names then.
        found = found.iter().map(|line| names_of_column(line).to_owned()).collect();
        expected = expected.into_iter().map(names_of_column).collect();
    }
    let missing: Vec<_> = expected.iter().filter(|line| !found.iter().any(|other| other == *line)).collect();
    let superfluous: Vec<_> = found.iter().filter(|line| !expected.contains(&line.as_str())).collect();
    assert!(missing.is_empty() && superfluous.is_empty(), "missing: {missing:#?}\nsuperfluous: {superfluous:#?}");
    assert_eq!(found.len(), expected.len(), "some line appears more than once");
}

fn names_of_column(line: &str) -> &str {
    match line.strip_prefix("column ") {
        Some(_) => line.match_indices(' ').nth(2).map_or(line, |(end, _)| &line[..end]),
        None => line,
    }
}

/// Hydra's version rows, sorted.
pub(crate) fn versions(conn: &mut AnyConnection) -> Vec<String> {
    lines(conn, "SELECT version AS line FROM schema_migration ORDER BY version")
}

pub(crate) fn tables(conn: &mut AnyConnection, backend: Backend) -> Vec<String> {
    lines(
        conn,
        match backend {
            Backend::Sqlite => "SELECT name AS line FROM sqlite_schema WHERE type = 'table' ORDER BY name",
            Backend::Postgres => {
                "SELECT table_name::text AS line FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
            }
            Backend::Mysql => {
                "SELECT table_name AS line FROM information_schema.tables WHERE table_schema = DATABASE() ORDER BY 1"
            }
        },
    )
}
