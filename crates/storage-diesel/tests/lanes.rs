//! Jobs in a crowd: nobody is kept waiting by those who store tokens, nor by a table that grew, and a database that stands still
//! is told to all.

mod runner;
mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::connection::SimpleConnection;
use oauth_core::{
    ids::{AccessSignature, ClientId},
    storage::{Records, Storage, StorageError},
    testkit::{
        ScriptedRandom,
        samples::{access, client},
    },
};
use runner::Test;
use storage_diesel::{DieselStorage, Options, connection::connect};
use support::{Backend, ScratchDb};
use token_hmac::SystemSecrets;

const TESTS: &[(&str, &[Backend], Test)] = &[
    ("nobody_waits_for_more_than_a_few_batches_of_tokens", &Backend::ALL, fairness),
    ("while_the_database_stands_still_everybody_is_answered", &Backend::ALL, standstill),
    ("a_table_that_grew_is_not_searched_as_when_it_was_small", &[Backend::Postgres], growth),
];

/// As many tokens as are stored together at most.
const BATCH: usize = 64;

fn main() {
    runner::run(
        TESTS.iter().flat_map(|&(name, backends, test)| backends.iter().map(move |&backend| (backend, name, test))),
    );
}

/// A storage with one lane, where whoever does not give way would be in everybody's.
async fn one_lane(database: &ScratchDb, backend: Backend) -> DieselStorage {
    let dsn = match backend {
        Backend::Sqlite => database.url.clone(),
        Backend::Postgres | Backend::Mysql => format!("{}?max_conns=1", database.url),
    };
    let secrets = SystemSecrets::new(&["a-system-secret-for-these-tests"]).expect("the secret is long enough");
    let random = Arc::new(ScriptedRandom::default());
    let options = Options { dsn, secrets, encrypt_sessions: false, random, migrate: true };
    let storage = DieselStorage::open(options).expect("a scratch database opens");
    let stored: Result<(), StorageError> = storage.write(|records| records.insert_client(&client("c"))).await;
    stored.expect("a new client is stored");
    storage
}

fn in_a_crowd<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime for a test").block_on(test)
}

fn fairness(database: &ScratchDb, backend: Backend) {
    const CROWD: usize = 2 * BATCH;
    in_a_crowd(async {
        let storage = one_lane(database, backend).await;
        let (over, stored) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let crowd: Vec<_> = (0..CROWD)
            .map(|n| {
                let (storage, over, stored) = (storage.clone(), Arc::clone(&over), Arc::clone(&stored));
                tokio::spawn(async move {
                    for i in 0.. {
                        if over.load(Ordering::Relaxed) {
                            break;
                        }
                        storage
                            .add_access_token(access(&format!("{n}-{i}"), "c", "r"))
                            .await
                            .expect("a token is stored");
                        stored.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for turn in 0..40 {
            let before = stored.load(Ordering::Relaxed);
            let look = |records: &mut dyn Records| records.client(&ClientId::new("c"));
            let found = if turn % 2 == 0 { storage.read(look).await } else { storage.write(look).await };
            assert!(found.is_ok_and(|client| client.is_some()));
            let passed = stored.load(Ordering::Relaxed) - before;
            assert!(passed <= CROWD + 3 * BATCH, "{passed} tokens were stored in the meantime");
        }
        over.store(true, Ordering::Relaxed);
        for one in crowd {
            one.await.expect("nobody in the crowd panics");
        }
        assert!(stored.load(Ordering::Relaxed) > CROWD, "there was no crowd");
    });
}

fn standstill(database: &ScratchDb, backend: Backend) {
    // More than may wait, in the list of tokens and in the queue.
    const CROWD: usize = 5000;
    in_a_crowd(async {
        let storage = one_lane(database, backend).await;
        let mut other = connect(&database.url).expect("the database opens");
        let (hold, give_back) = match backend {
            Backend::Sqlite => ("BEGIN IMMEDIATE", "ROLLBACK"),
            Backend::Postgres => ("BEGIN; LOCK TABLE hydra_oauth2_access", "ROLLBACK"),
            Backend::Mysql => ("LOCK TABLES hydra_oauth2_access WRITE", "UNLOCK TABLES"),
        };
        other.batch_execute(hold).expect("nobody else uses the table");
        let begun = Instant::now();
        let crowd: Vec<_> = (0..CROWD)
            .map(|n| {
                let storage = storage.clone();
                tokio::spawn(async move { storage.add_access_token(access(&format!("crowd-{n}"), "c", "r")).await })
            })
            .collect();
        for one in crowd {
            let told = one.await.expect("nobody in the crowd panics");
            assert!(matches!(told, Err(StorageError::Unavailable(_))), "{told:?}");
        }
        assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
        other.batch_execute(give_back).expect("the lock can be given back");
        let begun = Instant::now();
        let after = loop {
            let after = storage.add_access_token(access("after", "c", "r")).await;
            if after.is_ok() || begun.elapsed() > Duration::from_secs(5) {
                break after;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert_eq!(after, Ok(()));
    });
}

fn growth(database: &ScratchDb, backend: Backend) {
    in_a_crowd(async {
        let storage = one_lane(database, backend).await;
        storage.add_access_token(access("first", "c", "r")).await.expect("a new token is stored");
        let look_up = async |times: usize| {
            for _ in 0..times {
                let first = AccessSignature::new("first");
                let found: Result<_, StorageError> = storage.read(move |records| records.access_token(&first)).await;
                assert!(found.is_ok_and(|found| found.is_some()));
            }
        };
        // From the sixth time on PostgreSQL keeps the plan, and any index is as good as another while there is one row.
        look_up(10).await;
        let columns = "requested_at, client_id, scope, granted_scope, form_data, session_data, subject, nid";
        let grow = format!(
            "INSERT INTO hydra_oauth2_access (signature, request_id, {columns}) \
             SELECT 'grown-' || n, 'r-' || n, {columns} FROM hydra_oauth2_access, generate_series(1, 100000) AS n"
        );
        let mut connection = connect(&database.url).expect("the database opens");
        connection.batch_execute(&grow).expect("the table grows");
        let begun = Instant::now();
        look_up(300).await;
        let alone = begun.elapsed();
        assert!(alone < Duration::from_secs(2), "{alone:?}");
        // Some that are looked up together cost a few look-ups, also before the database has statistics of the table.
        let begun = Instant::now();
        for round in 0..300 {
            let find = |n: usize| storage.access_token(AccessSignature::new(format!("grown-{}", 8 * round + n)));
            let found = tokio::join!(find(1), find(2), find(3), find(4), find(5), find(6), find(7), find(8));
            assert!(found.0.is_ok_and(|found| found.is_some()) && found.7.is_ok_and(|found| found.is_some()));
        }
        let together = begun.elapsed();
        assert!(together < 6 * alone, "{together:?} for eight together, {alone:?} for one alone");
    });
}
