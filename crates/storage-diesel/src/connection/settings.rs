//! The state every connection is put into, and what to say when one cannot be had.

use diesel::{QueryResult, RunQueryDsl as _, connection::SimpleConnection as _, sql_types::Text};

use super::{AnyConnection, OpenError, Purpose};
use crate::dsn::{Backend, Dsn};

/// The longest wait for another process's lock, in milliseconds.
const LONGEST_SQLITE_WAIT: u32 = 3000;

/// What is said when the program was built without MySQL.
#[cfg(not(feature = "mysql"))]
pub(super) const NO_MYSQL: &str = "this program was built without MySQL; use a build with the cargo feature `mysql`, or \
                                   another database";

pub(super) fn apply(connection: &mut AnyConnection, dsn: &Dsn, purpose: Purpose) -> QueryResult<()> {
    match connection {
        AnyConnection::Sqlite(sqlite) => sqlite.batch_execute(&pragmas(dsn, purpose)),
        AnyConnection::Postgres(postgres) => {
            for (name, value) in &dsn.run_time {
                diesel::sql_query("SELECT set_config($1, $2, false)")
                    .bind::<Text, _>(name)
                    .bind::<Text, _>(value)
                    .execute(postgres)?;
            }
            if !purpose.is_serving() {
                return Ok(());
            }
            postgres.batch_execute(
                "SET statement_timeout = 3000; SET lock_timeout = 2500; SET idle_in_transaction_session_timeout = 10000",
            )
        }
        #[cfg(feature = "mysql")]
        AnyConnection::Mysql(mysql) => mysql_session(mysql, purpose),
    }
}

fn pragmas(dsn: &Dsn, purpose: Purpose) -> String {
    let wait = match purpose {
        Purpose::Maintain | Purpose::Create => dsn.sqlite.busy_timeout.unwrap_or(5000),
        Purpose::Serve => dsn.sqlite.busy_timeout.unwrap_or(LONGEST_SQLITE_WAIT).min(LONGEST_SQLITE_WAIT),
        Purpose::ServeInPlace => dsn.sqlite.busy_timeout.unwrap_or(500).min(500),
    };
    // The wait comes first: turning the journal to WAL may need a lock.
    // Readers have one each, and the pages of the system besides.
    let cache = if purpose == Purpose::ServeInPlace { 4096 } else { 8192 };
    let mut pragmas = format!("PRAGMA busy_timeout = {wait}; PRAGMA foreign_keys = ON; PRAGMA cache_size = -{cache};");
    if !dsn.is_in_memory() {
        let journal = dsn.sqlite.journal_mode.unwrap_or("WAL");
        let synchronous = dsn.sqlite.synchronous.unwrap_or("FULL");
        pragmas += &format!("PRAGMA journal_mode = {journal}; PRAGMA synchronous = {synchronous};");
    }
    pragmas
}

/// Hydra leaves the session in the server's default time zone, and MySQL converts timestamps from and to the session's
/// zone. To read what Hydra wrote, and to be read by it, the zone must be the server's, not the UTC that Diesel sets.
#[cfg(feature = "mysql")]
fn mysql_session(mysql: &mut diesel::MysqlConnection, purpose: Purpose) -> QueryResult<()> {
    #[derive(diesel::QueryableByName)]
    struct Offset {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        seconds: i64,
    }
    diesel::sql_query("SET SESSION time_zone = @@GLOBAL.time_zone").execute(mysql)?;
    diesel::sql_query("SET SESSION sql_mode = CONCAT(@@SESSION.sql_mode, ',STRICT_TRANS_TABLES')").execute(mysql)?;
    // The classification of errors reads the server's messages.
    diesel::sql_query("SET SESSION lc_messages = 'en_US'").execute(mysql)?;
    if purpose.is_serving() {
        diesel::sql_query("SET SESSION innodb_lock_wait_timeout = 3, SESSION lock_wait_timeout = 3").execute(mysql)?;
        // Each of the two families knows one of these.
        let limits = ["SET SESSION max_statement_time = 3", "SET SESSION max_execution_time = 3000"];
        let _ = limits.iter().any(|limit| diesel::sql_query(*limit).execute(mysql).is_ok());
    }
    let offset: Offset =
        diesel::sql_query("SELECT CAST(TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW()) AS SIGNED) AS seconds")
            .get_result(mysql)?;
    if offset.seconds.abs() > 60 {
        static WARNED: std::sync::Once = std::sync::Once::new();
        WARNED.call_once(|| {
            log::warn!(
                "the MySQL server's default time zone is {} seconds from UTC; times are stored in that zone, as Hydra does. \
                 Set default_time_zone = '+00:00' on the server before there is data, for in a zone with summer time some \
                 times cannot be stored",
                offset.seconds
            );
        });
    }
    Ok(())
}

/// Turns what a driver said into what the operator needs.
pub(super) fn explain(dsn: &Dsn, purpose: Purpose, cause: &str) -> OpenError {
    let cause = dsn.redact(cause);
    let said = cause.to_ascii_lowercase();
    let any = |parts: &[&str]| parts.iter().any(|part| said.contains(part));
    if let Some(cure) = permanent(dsn, purpose, any) {
        return OpenError::Permanent(format!("cannot open {dsn}: {cause}; {cure}"));
    }
    OpenError::Transient(format!("cannot open {dsn}: {cause}"))
}

/// What to do about a cause that waiting does not cure; `None` when it may.
fn permanent(dsn: &Dsn, purpose: Purpose, any: impl Fn(&[&str]) -> bool) -> Option<String> {
    if any(&["built without mysql"]) {
        return Some("choose one of the two".to_owned());
    }
    if dsn.backend() == Backend::Sqlite {
        return sqlite_cure(dsn, purpose, any);
    }
    let cures: [(&[&str], &str); 6] = [
        (
            &["password authentication failed", "access denied for user", "no password supplied"],
            "check user and password in the DSN, and that this user may use this database",
        ),
        (&["does not exist", "unknown database"], "create it first, or correct its name in the DSN"),
        (
            &["no pg_hba.conf entry", "not allowed to connect"],
            "the server's own access rules must allow this host and user",
        ),
        (
            &[
                "ssl support",
                "does not support ssl",
                "server does not support ssl",
                "certificate",
                "ssl_mode",
                "sslmode",
            ],
            "check the TLS parameters of the DSN against what the server offers",
        ),
        (&["unrecognized configuration parameter", "invalid value for parameter"], "correct the parameters of the DSN"),
        (
            &[
                "invalid port",
                "invalid integer value",
                "invalid percent",
                "in uri",
                "uri query",
                "connection urls must be",
            ],
            "correct the DSN; in a password, signs such as / ? # @ are written percent-encoded",
        ),
    ];
    cures.iter().find(|(signs, _)| any(signs)).map(|(_, cure)| (*cure).to_owned())
}

fn sqlite_cure(dsn: &Dsn, purpose: Purpose, any: impl Fn(&[&str]) -> bool) -> Option<String> {
    let path = std::path::Path::new(dsn.sqlite.path.as_deref()?);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => {
            return Some(format!("the folder {} does not exist; create it, or correct the DSN", folder.display()));
        }
        _ => {}
    }
    if path.is_dir() {
        return Some("it is a folder; name a file in it".to_owned());
    }
    if purpose != Purpose::Create && !path.exists() {
        return Some(
            "there is no database at that path; correct the DSN, or make one with `hydra migrate sql up -e --yes`"
                .to_owned(),
        );
    }
    if any(&["not a database", "malformed"]) {
        return Some("the file is something else or damaged; correct the DSN, or restore a backup".to_owned());
    }
    if any(&["unable to open", "readonly", "read-only", "permission"]) {
        return Some("give this process's user the right to read and write the file and its folder".to_owned());
    }
    None
}
