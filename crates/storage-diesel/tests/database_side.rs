//! What a database sees of the storage: the file, the connections, the statements, and what Hydra will read in the rows.

mod runner;
mod support;

use std::{
    cell::Cell,
    path::Path,
    sync::{Arc, Barrier},
    thread,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta};
use diesel::{
    RunQueryDsl,
    connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation},
    sql_types::BigInt,
};
use oauth_core::{
    ids::{ClientId, KeySetName},
    storage::{KeyRecord, Storage, StorageError},
    testkit::ScriptedRandom,
};
use runner::Test;
use storage_diesel::{
    DieselStorage, OpenError, Options,
    connection::{AnyConnection, Dsn, Purpose, connect, open},
};
use support::{Backend, ScratchDb};
use token_hmac::SystemSecrets;
use token_jwt::{Algorithm, Jwk};
use uuid::Uuid;

const TESTS: &[(&str, &[Backend], Test)] = &[
    ("a_file_that_is_not_there_is_made_by_migrations_alone", &[Backend::Sqlite], file_that_is_not_there),
    ("opening_a_database_takes_few_statements", &Backend::ALL, few_statements),
    ("a_key_is_numbered_as_hydra_reads_it", &Backend::ALL, key_number),
    ("connections_rest_as_the_dsn_allows", &[Backend::Postgres, Backend::Mysql], resting_connections),
];

fn main() {
    set_default_instrumentation(|| Some(Box::new(Counter))).expect("nobody holds the lock");
    runner::run(
        TESTS.iter().flat_map(|&(name, backends, test)| backends.iter().map(move |&backend| (backend, name, test))),
    );
}

thread_local! {
    /// Connections and statements of this thread.
    static COUNT: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

struct Counter;

impl Instrumentation for Counter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        let (connections, statements) = COUNT.get();
        match event {
            InstrumentationEvent::StartEstablishConnection { .. } => COUNT.set((connections + 1, statements)),
            InstrumentationEvent::StartQuery { .. } => COUNT.set((connections, statements + 1)),
            _ => {}
        }
    }
}

fn options(dsn: &str, migrate: bool) -> Options {
    let secrets = SystemSecrets::new(&["a-system-secret-for-these-tests"]).expect("the secret is long enough");
    let random = Arc::new(ScriptedRandom::default());
    Options { dsn: dsn.to_owned(), secrets, encrypt_sessions: false, random, migrate }
}

#[track_caller]
fn opened(dsn: &str) -> DieselStorage {
    DieselStorage::open(options(dsn, true)).expect("a scratch database opens")
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime for a test").block_on(future)
}

fn number(connection: &mut AnyConnection, query: &str) -> i64 {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        number: i64,
    }
    let row: Row = diesel::sql_query(query).get_result(connection).unwrap_or_else(|why| panic!("{query}: {why}"));
    row.number
}

fn file_that_is_not_there(database: &ScratchDb, _: Backend) {
    let path = database.url.trim_start_matches("sqlite://").split('?').next().expect("a path");
    let folder = Path::new(path).parent().expect("a file has a folder");
    let refused = |outcome: Result<(), OpenError>| {
        let Err(OpenError::Permanent(why)) = outcome else { panic!("{outcome:?}") };
        for word in [path, "no database at that path", "hydra migrate sql up"] {
            assert!(why.contains(word), "'{word}' is not said: {why}");
        }
        assert_eq!(folder.read_dir().expect("the folder is there").count(), 0, "something was made");
    };
    let dsn = Dsn::parse(&database.url).expect("it is one");
    for purpose in [Purpose::Serve, Purpose::ServeInPlace, Purpose::Maintain] {
        refused(open(&dsn, purpose).map(drop));
        // Also when the DSN itself allows it.
        let dsn = Dsn::parse(&format!("{}&mode=rwc", database.url)).expect("it is one");
        refused(open(&dsn, purpose).map(drop));
    }
    refused(DieselStorage::open(options(&database.url, false)).map(drop));

    drop(opened(&database.url));
    DieselStorage::open(options(&database.url, false)).expect("now it is there");
}

/// What happens on the thread that opens; the lanes take their time.
fn few_statements(database: &ScratchDb, backend: Backend) {
    drop(opened(&database.url));
    COUNT.set((0, 0));
    let storage = DieselStorage::open(options(&database.url, true)).expect("a migrated database opens");
    let (connections, statements) = COUNT.get();
    // Settings of the connection, tables, Hydra's versions, our notes, the network; SQLite's writer has its own connection.
    let (most_connections, most_statements) = match backend {
        Backend::Sqlite => (2, 6),
        Backend::Postgres => (1, 6),
        Backend::Mysql => (1, 10),
    };
    assert!(connections <= most_connections, "{connections} connections");
    assert!(statements <= most_statements, "{statements} statements");
    assert_eq!(block_on(storage.ready()), Ok(()));
}

/// Hydra v26.2.0 and older read this column into a number, and fail on NULL.
fn key_number(database: &ScratchDb, backend: Backend) {
    let storage = opened(&database.url);
    for n in 0..2 {
        let key = KeyRecord {
            id: Uuid::from_u128(n + 1),
            set: KeySetName::new("set"),
            jwk: Jwk::generate(Algorithm::EdDSA, "sig", &format!("key-{n}")).expect("an Ed25519 key is made"),
            created_at: DateTime::UNIX_EPOCH + TimeDelta::days(20_000),
        };
        let stored: Result<(), StorageError> = block_on(storage.write(move |records| records.insert_key(&key)));
        assert_eq!(stored, Ok(()));
    }
    let mut connection = connect(&database.url).expect("the database opens");
    let mut count = |condition: &str| {
        number(
            &mut connection,
            &format!(
                "SELECT CAST(COUNT(*) AS {}) AS number FROM hydra_jwk WHERE {condition}",
                match backend {
                    Backend::Mysql => "SIGNED",
                    _ => "BIGINT",
                }
            ),
        )
    };
    assert_eq!(count("version = 0"), 2);
    assert_eq!(count("pk_deprecated IS NULL"), 0);
    // Where the database has numbers of its own, those of Hydra's keys and ours go on from one another.
    assert_eq!(count("pk_deprecated = 0"), if backend == Backend::Sqlite { 2 } else { 0 });
    assert_eq!(count("pk_deprecated IN (1, 2)"), if backend == Backend::Sqlite { 0 } else { 2 });
}

fn resting_connections(database: &ScratchDb, backend: Backend) {
    let dsn = |limit: &str| format!("{}?{limit}", database.url);
    let mut watch = connect(&database.url).expect("the database opens");
    let query = match backend {
        Backend::Postgres => {
            "SELECT COUNT(*) AS number FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()"
        }
        _ => {
            "SELECT COUNT(*) AS number FROM information_schema.processlist \
             WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        }
    };
    let mut settles_at = |expected: i64| {
        let begun = Instant::now();
        loop {
            let connections = number(&mut watch, query);
            if connections == expected {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "{connections} connections and not {expected}");
            thread::sleep(Duration::from_millis(50));
        }
    };
    drop(opened(&database.url));
    for (limit, busy, resting) in [
        ("max_idle_conns=2", 8, 2),
        ("max_idle_conns=0", 8, 0),
        ("max_conn_idle_time=1500ms", 8, 0),
        ("max_conn_lifetime=1ns", 8, 8),
        ("max_conns=3", 3, 3),
    ] {
        let storage = opened(&dsn(limit));
        for _ in 0..2 {
            keep_busy(&storage, 8, busy);
            settles_at(resting);
        }
        // Whoever may rest does not go.
        thread::sleep(Duration::from_millis(300));
        settles_at(resting);
        drop(storage);
        settles_at(0);
    }
}

/// Runs jobs that hold as many lanes as there are at the same time.
fn keep_busy(storage: &DieselStorage, jobs: usize, lanes: usize) {
    let together = Arc::new(Barrier::new(lanes));
    thread::scope(|scope| {
        for n in 0..jobs / lanes * lanes {
            let together = Arc::clone(&together);
            scope.spawn(move || {
                let found = block_on(storage.read(move |records| {
                    together.wait();
                    records.client(&ClientId::new(format!("nobody-{n}")))
                }));
                assert_eq!(found, Ok(None));
            });
        }
    });
}
