//! Running one migration, and our note of it.
//!
//! The note is made before the first statement and completed after the last. Where schema changes are transactional
//! nobody ever sees it half-made; on MySQL, a note that was not completed marks the migration to be run again. Call these
//! inside [`super::exclusive::run`] only.

use diesel::{QueryResult, connection::SimpleConnection as _};
use uuid::Uuid;

use super::{
    MigrateError,
    catalogue::{Flavor, Migration},
    survey::{LEDGER, Survey},
};
use crate::connection::AnyConnection;

pub(super) fn apply(
    conn: &mut AnyConnection,
    survey: &Survey,
    migration: &Migration,
    network_id: Uuid,
) -> Result<(), MigrateError> {
    create(conn)?;
    note_begun(conn, migration)?;
    let statements = migration.up_sql(survey.flavor).replace("${network_id}", &network_id.to_string());
    conn.batch_execute(&statements).map_err(|source| failed(survey, migration, source))?;
    conn.batch_execute(&format!("UPDATE {LEDGER} SET done = 1 WHERE version = '{}'", migration.version))?;
    Ok(())
}

pub(super) fn roll_back(conn: &mut AnyConnection, survey: &Survey, migration: &Migration) -> Result<(), MigrateError> {
    note_begun(conn, migration)?;
    // A rollback on MySQL that was killed may have dropped the table of Hydra's rows already.
    let statements = match survey.has_table("schema_migration") {
        true => migration.down_sql(survey.flavor),
        false => migration.down_sql_without_rows(survey.flavor),
    };
    conn.batch_execute(&statements).map_err(|source| failed(survey, migration, source))?;
    conn.batch_execute(&format!("DELETE FROM {LEDGER} WHERE version = '{}'", migration.version))?;
    Ok(())
}

fn create(conn: &mut AnyConnection) -> QueryResult<()> {
    conn.batch_execute(&format!(
        "CREATE TABLE IF NOT EXISTS {LEDGER} (\
             version    VARCHAR(48) NOT NULL PRIMARY KEY, \
             name       VARCHAR(255) NOT NULL, \
             done       INTEGER NOT NULL, \
             changed_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)"
    ))
}

/// Numbers and names come from the catalogue, never from outside: they need no escaping.
fn note_begun(conn: &mut AnyConnection, migration: &Migration) -> QueryResult<()> {
    let Migration { version, name, .. } = migration;
    conn.batch_execute(&format!("DELETE FROM {LEDGER} WHERE version = '{version}'"))?;
    conn.batch_execute(&format!("INSERT INTO {LEDGER} (version, name, done) VALUES ('{version}', '{name}', 0)"))
}

fn failed(survey: &Survey, migration: &Migration, source: diesel::result::Error) -> MigrateError {
    let remedy = match survey.flavor {
        Flavor::Mysql => {
            "MySQL keeps what was done so far; remove the cause and run the command again, it goes on from there"
        }
        _ => "nothing of it was kept; remove the cause and run the command again",
    };
    MigrateError::Failed { migration: migration.full_name(), source, remedy }
}
