//! Scratch databases for tests: one fresh, empty database per call, gone when the value is dropped.
//!
//! SQLite needs nothing. PostgreSQL and MySQL/MariaDB need a running server: `TEST_POSTGRES_URL` and `TEST_MYSQL_URL`
//! name a maintenance database on it (`scripts/databases.sh` starts such servers and sets both). Without the variable
//! [`Backend::available`] is false and the test must be listed as ignored, never pass silently:
//! `Trial::test(..).with_ignored_flag(!backend.available())`.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::Connection;
use diesel::connection::SimpleConnection;
use tempfile::TempDir;
use url::Url;

/// A kind of database that the storage runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
    Mysql,
}

impl Backend {
    pub(crate) const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::Mysql];

    /// Whether [`scratch`] has a place to make databases of this kind.
    pub(crate) fn available(self) -> bool {
        match self {
            Self::Sqlite => true,
            Self::Postgres => maintenance_url("TEST_POSTGRES_URL").is_some(),
            Self::Mysql => cfg!(feature = "mysql") && maintenance_url("TEST_MYSQL_URL").is_some(),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
        })
    }
}

/// An empty database of its own. Dropping it drops the database, also when connections to it are still open.
pub(crate) struct ScratchDb {
    /// How to reach it, in the form that the `dsn` of a configuration has.
    pub(crate) url: String,
    remains: Remains,
}

enum Remains {
    #[expect(dead_code, reason = "held for its drop: it removes the folder")]
    Folder(TempDir),
    Database {
        backend: Backend,
        maintenance: Url,
        name: String,
    },
}

/// Makes an empty database; `None` when the backend is not [available](Backend::available).
pub(crate) fn scratch(backend: Backend) -> Option<ScratchDb> {
    let maintenance = match backend {
        Backend::Sqlite => {
            let folder = tempfile::tempdir().expect("a temporary folder can be made");
            let url = format!("sqlite://{}/scratch.sqlite?_fk=true", folder.path().display());
            return Some(ScratchDb { url, remains: Remains::Folder(folder) });
        }
        Backend::Postgres => maintenance_url("TEST_POSTGRES_URL")?,
        Backend::Mysql => maintenance_url("TEST_MYSQL_URL")?,
    };
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("hydra_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    // A run that was killed may have left a database behind, and the system reuses process ids.
    execute(backend, &maintenance, &format!("DROP DATABASE IF EXISTS {name}"))?;
    execute(backend, &maintenance, &format!("CREATE DATABASE {name}"))?;
    let mut url = maintenance.clone();
    url.set_path(&name);
    Some(ScratchDb { url: url.into(), remains: Remains::Database { backend, maintenance, name } })
}

impl Drop for ScratchDb {
    fn drop(&mut self) {
        if let Remains::Database { backend, maintenance, name } = &self.remains {
            let force = if *backend == Backend::Postgres { " WITH (FORCE)" } else { "" };
            execute(*backend, maintenance, &format!("DROP DATABASE IF EXISTS {name}{force}"));
        }
    }
}

/// Runs one statement on the maintenance database; `None` when this build cannot speak to the backend.
fn execute(backend: Backend, maintenance: &Url, statement: &str) -> Option<()> {
    let done = match backend {
        Backend::Sqlite => return None,
        Backend::Postgres => diesel::PgConnection::establish(maintenance.as_str())
            .expect("the server of TEST_POSTGRES_URL can be reached")
            .batch_execute(statement),
        #[cfg(feature = "mysql")]
        Backend::Mysql => diesel::MysqlConnection::establish(maintenance.as_str())
            .expect("the server of TEST_MYSQL_URL can be reached")
            .batch_execute(statement),
        #[cfg(not(feature = "mysql"))]
        Backend::Mysql => return None,
    };
    if let Err(error) = done
        && !std::thread::panicking()
    {
        panic!("{backend}: {statement}: {error}");
    }
    Some(())
}

#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where databases are")]
fn maintenance_url(variable: &str) -> Option<Url> {
    let text = std::env::var(variable).ok().filter(|text| !text.is_empty())?;
    Some(Url::parse(&text).unwrap_or_else(|error| panic!("{variable} is no URL: {error}")))
}
