//! The contract of `oauth_core::storage`, on every database: one body, one line for each backend.

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use diesel::connection::SimpleConnection;
use libtest_mimic::{Arguments, Trial};
use oauth_core::{
    client::Client,
    ids::{AccessSignature, ClientId},
    storage::{AccessTokenRecord, Records, Storage, StorageError},
    testkit::{CONTRACT, Opened, ScriptedRandom},
};
use storage_diesel::{DieselStorage, Options, connection::connect, migrate};
use support::{Backend, scratch};
use token_hmac::SystemSecrets;
use uuid::Uuid;

fn open(dsn: &str, encrypt_sessions: bool) -> DieselStorage {
    let secrets = SystemSecrets::new(&["a-system-secret-for-the-contract"]).expect("the secret is long enough");
    let random = Arc::new(ScriptedRandom::default());
    let options = Options { dsn: dsn.to_owned(), secrets, encrypt_sessions, random, migrate: true };
    DieselStorage::open(options).expect("a scratch database opens")
}

/// Migrates, then gives Hydra's tables the integers that they have on CockroachDB.
fn widen_integers(dsn: &str) {
    let mut connection = connect(dsn).expect("a scratch database opens");
    migrate::up(&mut connection, Uuid::from_u128(1), &mut |_| {}).expect("it can be migrated");
    // The type of a column cannot change while another is computed from it.
    let statements = "
        ALTER TABLE hydra_oauth2_flow DROP COLUMN expires_at;
        DO $$ DECLARE narrow record; BEGIN
            FOR narrow IN
                SELECT table_name, column_name FROM information_schema.columns
                WHERE table_schema = 'public' AND data_type = 'integer' AND column_name <> 'used_times'
            LOOP
                EXECUTE format('ALTER TABLE %I ALTER COLUMN %I TYPE bigint', narrow.table_name, narrow.column_name);
            END LOOP;
        END $$;
        ALTER TABLE hydra_oauth2_flow ADD COLUMN expires_at timestamp GENERATED ALWAYS AS (
            CASE WHEN consent_remember_for > 0 THEN requested_at + consent_remember_for * INTERVAL '1 second' END
        ) STORED";
    connection.batch_execute(statements).expect("the columns can be changed");
}

/// Two servers on one database, asked in turn.
#[derive(Clone)]
struct TwoInstances {
    instances: [DieselStorage; 2],
    turn: Arc<AtomicUsize>,
}

impl TwoInstances {
    fn open(dsn: &str) -> Self {
        Self { instances: [open(dsn, true), open(dsn, true)], turn: Arc::default() }
    }

    fn next(&self) -> &DieselStorage {
        &self.instances[self.turn.fetch_add(1, Ordering::Relaxed) % 2]
    }
}

impl Storage for TwoInstances {
    async fn read<T, E>(&self, job: impl FnOnce(&mut dyn Records) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.next().read(job).await
    }

    async fn write<T, E>(&self, job: impl FnMut(&mut dyn Records) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.next().write(job).await
    }

    async fn add_access_token(&self, token: AccessTokenRecord) -> Result<(), StorageError> {
        self.next().add_access_token(token).await
    }

    async fn access_token(&self, signature: AccessSignature) -> Result<Option<AccessTokenRecord>, StorageError> {
        self.next().access_token(signature).await
    }

    async fn client(&self, id: ClientId) -> Result<Option<Client>, StorageError> {
        self.next().client(id).await
    }
}

fn main() {
    let mut trials = Vec::new();
    for backend in Backend::ALL {
        for (title, test) in CONTRACT::tests::<DieselStorage>() {
            let trial = Trial::test(format!("{backend}::{title}"), move || {
                let database = scratch(backend).ok_or("no database to run this on")?;
                test(&Opened(open(&database.url, true)));
                Ok(())
            });
            trials.push(trial.with_ignored_flag(!backend.available()));
        }
        for (title, test) in CONTRACT::tests::<TwoInstances>().into_iter().filter(|(title, _)| title.contains("many")) {
            let trial = Trial::test(format!("{backend}::two_instances::{title}"), move || {
                let database = scratch(backend).ok_or("no database to run this on")?;
                test(&Opened(TwoInstances::open(&database.url)));
                Ok(())
            });
            trials.push(trial.with_ignored_flag(!backend.available()));
        }
    }
    // On CockroachDB, which speaks PostgreSQL's protocol, most integers are wider.
    for (title, test) in CONTRACT::tests::<DieselStorage>() {
        let trial = Trial::test(format!("postgres_with_wide_integers::{title}"), move || {
            let database = scratch(Backend::Postgres).ok_or("no database to run this on")?;
            widen_integers(&database.url);
            test(&Opened(open(&database.url, true)));
            Ok(())
        });
        trials.push(trial.with_ignored_flag(!Backend::Postgres.available()));
    }
    // Sessions in plain text, and a database that lives in memory, take the same ways but for a step.
    for (title, test) in CONTRACT::tests::<DieselStorage>() {
        trials.push(Trial::test(format!("memory::{title}"), move || {
            test(&Opened(open("memory", false)));
            Ok(())
        }));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
