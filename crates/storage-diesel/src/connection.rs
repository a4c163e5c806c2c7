//! One connection type over all databases, and how to open one from a DSN.
//!
//! [`connect`] reads the DSN (`dsn.rs`), opens the connection and puts it into the state every job relies on: times in the
//! zone that Hydra's rows are written in, foreign keys on, no wait without end. [`patiently`] opens a database that may not be
//! there yet. SQL does not belong here, nor does anything that decides by backend *during* a job: that is `dialect.rs`.

#![expect(missing_docs, reason = "the derive of AnyConnection makes public items without any")]

mod patience;
mod settings;

use diesel::{Connection, ConnectionError, PgConnection, SqliteConnection};

pub use crate::dsn::{Backend, Dsn};
pub use patience::patiently;

/// A connection to any of the supported databases. Diesel builds each statement for the one behind it.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// PostgreSQL, CockroachDB, YugabyteDB.
    Postgres(PgConnection),
    /// MySQL, MariaDB.
    #[cfg(feature = "mysql")]
    Mysql(diesel::MysqlConnection),
    /// SQLite, a file or in memory.
    Sqlite(SqliteConnection),
}

/// Why a database cannot be opened. The texts name the cause and what to do next, never a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Waiting may cure it: refused, still starting up, not reachable, too many clients.
    #[error("{0}")]
    Transient(String),
    /// Waiting does not cure it: a typing error, a missing folder, a wrong password, a database that was never created.
    #[error("{0}")]
    Permanent(String),
}

/// What a connection is for; it decides how long a single statement may take, and whether a SQLite file may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Serving requests: every wait ends after about three seconds.
    Serve,
    /// Reading in place on a thread that serves requests: SQLite waits for a lock for half a second only.
    ServeInPlace,
    /// Maintenance: statements may take as long as they need.
    Maintain,
    /// Migrations: the same, and a SQLite file that is not there is made. For all other purposes it must be there, so that a
    /// typing error in a path does not end in an empty database.
    Create,
}

impl Purpose {
    /// Whether somebody waits for the answer to a request.
    fn is_serving(self) -> bool {
        matches!(self, Self::Serve | Self::ServeInPlace)
    }
}

/// Opens a connection to migrate a database with, which for SQLite means to make it.
///
/// # Errors
/// See [`OpenError`].
pub fn connect(dsn: &str) -> Result<AnyConnection, OpenError> {
    open(&Dsn::parse(dsn)?, Purpose::Create)
}

/// Opens a connection and applies the settings that `purpose` asks for.
///
/// # Errors
/// See [`OpenError`].
pub fn open(dsn: &Dsn, purpose: Purpose) -> Result<AnyConnection, OpenError> {
    let url = dsn.driver_url();
    let mut connection = match dsn.backend() {
        Backend::Sqlite => {
            SqliteConnection::establish(&dsn.sqlite.url(purpose == Purpose::Create)).map(AnyConnection::Sqlite)
        }
        Backend::Postgres => PgConnection::establish(url).map(AnyConnection::Postgres),
        Backend::Mysql => establish_mysql(url),
    }
    .map_err(|error| settings::explain(dsn, purpose, &cause(error)))?;
    prepare(&mut connection, dsn, purpose)?;
    Ok(connection)
}

/// Applies the settings of a purpose to a connection that was opened for another.
pub(crate) fn prepare(connection: &mut AnyConnection, dsn: &Dsn, purpose: Purpose) -> Result<(), OpenError> {
    settings::apply(connection, dsn, purpose).map_err(|error| settings::explain(dsn, purpose, &error.to_string()))
}

#[cfg(feature = "mysql")]
fn establish_mysql(url: &str) -> Result<AnyConnection, ConnectionError> {
    diesel::MysqlConnection::establish(url).map(AnyConnection::Mysql)
}

#[cfg(not(feature = "mysql"))]
fn establish_mysql(_url: &str) -> Result<AnyConnection, ConnectionError> {
    Err(ConnectionError::BadConnection(settings::NO_MYSQL.to_owned()))
}

fn cause(error: ConnectionError) -> String {
    match error {
        ConnectionError::BadConnection(text) | ConnectionError::InvalidConnectionUrl(text) => text,
        other => other.to_string(),
    }
}
