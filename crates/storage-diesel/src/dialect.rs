//! What the databases do differently once a job runs: how a transaction begins, what a column fills itself with, and the words
//! of their errors.

use diesel::{
    QueryResult, RunQueryDsl,
    connection::SimpleConnection,
    result::{DatabaseErrorKind, Error},
};
use oauth_core::storage::StorageError;

use crate::{
    connection::AnyConnection,
    records::{AccessArrays, AccessRow},
    schema::hydra_oauth2_access,
};

/// Runs a query on the connection behind an [`AnyConnection`], so that it is compiled once for each database. Diesel knows
/// such a query by its type and finds it prepared; through `AnyConnection` it writes the statement's text anew, several times
/// for every run, which costs more than the look-up itself.
///
/// Look-ups by key end in `get_result`, not in `first`: that one adds `LIMIT ?`, and SQLite compiles a statement anew whenever a
/// value is bound to its limit.
macro_rules! on_own_connection {
    ($connection:expr, |$own:ident| $query:expr) => {
        match $connection {
            $crate::connection::AnyConnection::Postgres($own) => $query,
            #[cfg(feature = "mysql")]
            $crate::connection::AnyConnection::Mysql($own) => $query,
            $crate::connection::AnyConnection::Sqlite($own) => $query,
        }
    };
}
pub(crate) use on_own_connection;

/// Begins a transaction in which what was read may be changed and written back: when somebody else changes it meanwhile, the
/// database says so, and the job runs again. SQLite has its own way, one writer at a time.
pub(crate) fn begin(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection {
        AnyConnection::Postgres(postgres) => postgres.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ"),
        #[cfg(feature = "mysql")]
        AnyConnection::Mysql(mysql) => {
            mysql.batch_execute("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")?;
            mysql.batch_execute("BEGIN")
        }
        AnyConnection::Sqlite(sqlite) => sqlite.batch_execute("BEGIN IMMEDIATE"),
    }
}

/// Lets go of the plans of prepared statements; each is planned anew when it next runs. PostgreSQL itself does so only after it
/// gathered statistics. Until then a plan stays that was made while the table was small, when any index was as good as the
/// right one: it walks over all rows of the network to find a token.
pub(crate) fn plan_anew(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection {
        AnyConnection::Postgres(postgres) => postgres.batch_execute("DISCARD PLANS"),
        _ => Ok(()),
    }
}

/// Stores rows with one statement. Diesel's own form of it has a parameter for every value of every row; PostgreSQL would take
/// such a statement apart anew each time.
pub(crate) fn insert_access_tokens(connection: &mut AnyConnection, rows: &[&AccessRow]) -> QueryResult<usize> {
    match connection {
        AnyConnection::Postgres(postgres) => AccessArrays::new(rows).execute(postgres),
        #[cfg(feature = "mysql")]
        AnyConnection::Mysql(mysql) => {
            diesel::insert_into(hydra_oauth2_access::table).values(rows.to_vec()).execute(mysql)
        }
        AnyConnection::Sqlite(sqlite) => {
            diesel::insert_into(hydra_oauth2_access::table).values(rows.to_vec()).execute(sqlite)
        }
    }
}

/// Whether the database fills `hydra_jwk.pk_deprecated` by itself. SQLite leaves it NULL.
pub(crate) fn numbers_keys(connection: &AnyConnection) -> bool {
    !matches!(connection, AnyConnection::Sqlite(_))
}

/// What an error of the driver means to the rules. The texts of databases name tables and columns, and in some cases
/// values: those are left out.
pub(crate) fn explain(error: &Error) -> StorageError {
    let Error::DatabaseError(kind, information) = error else {
        return match error {
            Error::BrokenTransactionManager => unavailable("the connection was lost"),
            Error::DeserializationError(_) => {
                StorageError::Corrupt("a row does not have the form it should".to_owned())
            }
            Error::SerializationError(_) => StorageError::Unfit("it cannot be written".to_owned()),
            other => StorageError::Refused(other.to_string()),
        };
    };
    let said = information.message();
    let is = |parts: &[&str]| parts.iter().any(|part| said.contains(part));
    match kind {
        DatabaseErrorKind::UniqueViolation => StorageError::Duplicate,
        DatabaseErrorKind::ForeignKeyViolation => StorageError::MissingParent,
        DatabaseErrorKind::SerializationFailure => StorageError::Contention,
        DatabaseErrorKind::NotNullViolation | DatabaseErrorKind::CheckViolation => {
            StorageError::Unfit("a rule of the table is broken".to_owned())
        }
        DatabaseErrorKind::ReadOnlyTransaction => unavailable("it can only be read at the moment"),
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
            unavailable("the connection was lost")
        }
        _ if is(&["Deadlock", "deadlock detected", "could not serialize", "Record has changed since last read"]) => {
            StorageError::Contention
        }
        _ if is(LOST) => unavailable("the connection was lost"),
        _ if is(BUSY) => unavailable("others hold a lock for too long"),
        _ if is(FULL) => unavailable("it is out of space, or cannot write"),
        _ if is(UNFIT) => {
            StorageError::Unfit("too long for its column, or with a character that it cannot hold".to_owned())
        }
        _ => StorageError::Refused(said.to_owned()),
    }
}

/// Whether the connection is of no further use.
pub(crate) fn is_lost(error: &Error) -> bool {
    match error {
        Error::BrokenTransactionManager => true,
        Error::DatabaseError(
            DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ReadOnlyTransaction,
            _,
        ) => true,
        Error::DatabaseError(_, information) => LOST.iter().any(|part| information.message().contains(part)),
        _ => false,
    }
}

/// Whether the database may have rolled back more than the statement. SQLite ends the whole transaction by itself when the disk
/// is full or fails, when memory runs out, and on being interrupted. Only a broken constraint is certain to cost no more
/// than its own statement, and what never reached the database costs nothing.
pub(crate) fn may_undo_more(error: &Error) -> bool {
    let Error::DatabaseError(kind, _) = error else { return false };
    !matches!(
        kind,
        DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation
    )
}

fn unavailable(why: &str) -> StorageError {
    StorageError::Unavailable(why.to_owned())
}

/// The connection is gone, or the server is going.
const LOST: &[&str] = &[
    "server closed the connection",
    "connection to server",
    "no connection to the server",
    "could not receive data",
    "could not send data",
    "terminating connection",
    "the database system is",
    "SSL connection has been closed",
    "SSL SYSCALL",
    "Server has gone away",
    "server has gone away",
    "Lost connection",
    "Server shutdown in progress",
    "Connection was killed",
    "timeout expired",
];

/// Somebody else holds a lock, or a statement took too long.
const BUSY: &[&str] = &[
    "database is locked",
    "database table is locked",
    "database schema is locked",
    "canceling statement",
    "Lock wait timeout",
    "max_statement_time",
    "maximum statement execution time",
    "Query execution was interrupted",
    "too many connections",
    "Too many connections",
    "remaining connection slots",
];

/// No space, or a disk that fails.
const FULL: &[&str] = &[
    "database or disk is full",
    "disk I/O error",
    "attempt to write a readonly database",
    "unable to open database file",
    "could not extend file",
    "No space left",
    "could not write",
    "is full",
];

/// A value that its column cannot hold.
const UNFIT: &[&str] = &[
    "value too long",
    "Data too long",
    "invalid byte sequence",
    "unsupported Unicode escape",
    "Incorrect string value",
    "string or blob too big",
    "out of range",
    "Out of range",
];
