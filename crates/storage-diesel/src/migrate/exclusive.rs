//! One migration at a time, however many processes try.
//!
//! SQLite and PostgreSQL: a transaction that holds a lock from its beginning, so that a job happens whole or not at all.
//! MySQL commits every change of the schema at once; there it is a named lock, and jobs must bear being run again.

use diesel::{
    QueryResult,
    connection::SimpleConnection as _,
    result::{DatabaseErrorKind, Error},
};

use super::MigrateError;
use crate::connection::AnyConnection;

/// What the PostgreSQL lock is called: any number that nobody else uses in this database ("hydrars" in ASCII).
const POSTGRES_LOCK: i64 = 0x68_79_64_72_61_72_73;

/// `BEGIN IMMEDIATE` waits as long as the connection's busy timeout, five seconds by default; so often we try.
const SQLITE_TRIES: u32 = 12;

/// Runs `job` while no other process runs one on the same database.
pub(super) fn run<T>(
    conn: &mut AnyConnection,
    job: impl FnOnce(&mut AnyConnection) -> Result<T, MigrateError>,
) -> Result<T, MigrateError> {
    begin(conn)?;
    match job(conn) {
        Ok(value) => {
            end(conn, "COMMIT")?;
            Ok(value)
        }
        Err(error) => {
            // The first error is the one to tell; a connection that cannot roll back is gone, and with it the lock.
            let _ = end(conn, "ROLLBACK");
            Err(error)
        }
    }
}

fn begin(conn: &mut AnyConnection) -> Result<(), MigrateError> {
    match conn {
        AnyConnection::Sqlite(_) => begin_immediate(conn),
        AnyConnection::Postgres(_) => {
            conn.batch_execute("BEGIN")?;
            if let Err(error) = conn.batch_execute(&format!("SELECT pg_advisory_xact_lock({POSTGRES_LOCK})")) {
                let _ = conn.batch_execute("ROLLBACK");
                return Err(error.into());
            }
            Ok(())
        }
        #[cfg(feature = "mysql")]
        AnyConnection::Mysql(mysql) => mysql_lock::acquire(mysql),
    }
}

fn begin_immediate(conn: &mut AnyConnection) -> Result<(), MigrateError> {
    for _ in 0..SQLITE_TRIES {
        match conn.batch_execute("BEGIN IMMEDIATE") {
            Ok(()) => return Ok(()),
            Err(error) if is_locked(&error) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(MigrateError::Busy)
}

/// Diesel has no kind of its own for SQLITE_BUSY and SQLITE_LOCKED; SQLite's text says "is locked" for both.
fn is_locked(error: &Error) -> bool {
    matches!(error, Error::DatabaseError(DatabaseErrorKind::Unknown, information) if information.message().contains("is locked"))
}

fn end(conn: &mut AnyConnection, transaction: &str) -> QueryResult<()> {
    match conn {
        #[cfg(feature = "mysql")]
        AnyConnection::Mysql(mysql) => mysql_lock::release(mysql),
        _ => conn.batch_execute(transaction),
    }
}

#[cfg(feature = "mysql")]
mod mysql_lock {
    use diesel::{MysqlConnection, QueryResult, RunQueryDsl as _, sql_types::BigInt};

    use super::MigrateError;

    /// Locks belong to the whole server, so the name holds the database's; a name has 64 characters at most.
    const NAME: &str = "CONCAT('hydrars_migration:', SHA1(DATABASE()))";

    /// Another run takes seconds, building an index over a large table some minutes.
    const LONGEST_WAIT_SECONDS: u32 = 600;

    #[derive(diesel::QueryableByName)]
    struct Answer {
        #[diesel(sql_type = BigInt)]
        value: i64,
    }

    pub(super) fn acquire(mysql: &mut MysqlConnection) -> Result<(), MigrateError> {
        let query = format!("SELECT CAST(COALESCE(GET_LOCK({NAME}, {LONGEST_WAIT_SECONDS}), 0) AS SIGNED) AS value");
        let answer: Answer = diesel::sql_query(query).get_result(mysql)?;
        if answer.value == 1 { Ok(()) } else { Err(MigrateError::Busy) }
    }

    pub(super) fn release(mysql: &mut MysqlConnection) -> QueryResult<()> {
        let query = format!("SELECT CAST(COALESCE(RELEASE_LOCK({NAME}), 0) AS SIGNED) AS value");
        diesel::sql_query(query).get_result(mysql).map(|_: Answer| ())
    }
}
