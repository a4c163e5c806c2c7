//! The schema of the database: what state it is in, and how to bring it to ours.
//!
//! The schema is Ory Hydra's own, so that either server can work on a database that the other made. Start at [`look`],
//! [`up`] and [`down`]; [`status`] and [`plan`] say what would happen. [`network_id`] reads the one row that every other
//! row refers to.
//!
//! A migration is a folder `migrations/<database>/NNNN_name` (`catalogue.rs`). Most correspond to migrations of Hydra:
//! what Hydra's table `schema_migration` says about those counts, whoever ran them, which is how a database that Hydra
//! migrated is recognised. What *we* ran is noted in a table of ours, `hydrars_migration` (`ledger.rs`); only that is ever
//! rolled back. Rows and columns of records do not belong here, nor do texts for a terminal.

mod catalogue;
mod error;
mod exclusive;
mod ledger;
mod network;
mod survey;
#[cfg(test)]
mod tests;

use std::fmt;

use uuid::Uuid;

use crate::connection::AnyConnection;
use catalogue::{CATALOGUE, Migration};
use survey::Survey;

pub use error::{MigrateError, TooOld};
pub use network::{ensure_network, network_id};

/// How far a database is from the schema that this program works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaState {
    /// It holds no table of Hydra: [`up`] creates all.
    Fresh,
    /// Nothing is missing.
    Current,
    /// The schema is there, but these migrations, `NNNN_name`, oldest first, are missing: [`up`] applies them.
    Pending(Vec<String>),
    /// It was made by a release of Hydra that is too old for us to take over; [`up`] refuses.
    TooOld(TooOld),
}

/// Says what state it is and what to do next, in one sentence without a full stop.
impl fmt::Display for SchemaState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fresh => write!(f, "{}", MigrateError::NotMigrated),
            Self::Current => f.write_str("the schema is up to date"),
            Self::Pending(missing) => {
                write!(
                    f,
                    "migrations are pending ({}); run `hydra migrate sql up -e --yes` to apply them",
                    missing.join(", ")
                )
            }
            Self::TooOld(too_old) => too_old.fmt(f),
        }
    }
}

/// What a process has to know of a database before it serves from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How far its schema is.
    pub state: SchemaState,
    /// As [`network_id`] answers.
    pub network_id: Option<String>,
}

/// One migration, as `hydra migrate sql status` lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its number, four digits: `0001`.
    pub version: String,
    /// Its name in lower case with underscores: `hydra_schema`.
    pub name: String,
    /// Whether it was applied.
    pub state: MigrationState,
    /// The SQL that applies it to this database. `${network_id}` stands for a random UUID.
    pub up_sql: String,
    /// The SQL that rolls it back on this database.
    pub down_sql: String,
}

/// What was, or is to be, done with a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MigrationState {
    /// The schema holds it.
    Applied,
    /// It is missing, or was begun and not finished (MySQL): [`up`] applies it.
    Pending,
    /// [`down`] would roll it back. Only in a [`plan`] for [`Direction::Down`].
    Rollback,
}

impl fmt::Display for MigrationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Applied => "Applied",
            Self::Pending => "Pending",
            Self::Rollback => "Rollback",
        })
    }
}

/// Which way a [`plan`] goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Apply everything that is pending.
    Up,
    /// Roll back so many migrations, newest first.
    Down {
        /// How many at most.
        steps: usize,
    },
}

/// What [`up`] and [`down`] report while they work, for a log line each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The number of the migration, four digits.
    pub version: &'static str,
    /// The name of the migration.
    pub name: &'static str,
    /// What happens to it.
    pub event: Event,
}

/// What happens to a migration; see [`Progress`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Its statements are about to run.
    Applying,
    /// They ran and are committed.
    Applied,
    /// Its rollback is about to run.
    RollingBack,
    /// The rollback ran and is committed.
    RolledBack,
}

/// Reads how far the database is. Takes no lock and writes nothing.
///
/// # Errors
/// [`MigrateError::Database`] when the catalogue of the database cannot be read.
pub fn state(conn: &mut AnyConnection) -> Result<SchemaState, MigrateError> {
    Ok(Survey::of(conn)?.state(CATALOGUE))
}

/// Reads how far the database is and whom it serves, in as few statements as there are. Takes no lock and writes nothing.
///
/// # Errors
/// As [`state`].
pub fn look(conn: &mut AnyConnection) -> Result<Standing, MigrateError> {
    let survey = Survey::of(conn)?;
    let network_id = match survey.has_table("networks") {
        true => network::oldest(conn)?,
        false => None,
    };
    Ok(Standing { state: survey.state(CATALOGUE), network_id })
}

/// Lists all migrations, oldest first, [applied](MigrationState::Applied) or [pending](MigrationState::Pending).
///
/// # Errors
/// [`MigrateError::Database`]; [`MigrateError::TooOld`], for then none of the answers would be true.
pub fn status(conn: &mut AnyConnection) -> Result<Vec<MigrationStatus>, MigrateError> {
    plan(conn, Direction::Up)
}

/// Lists all migrations, oldest first, with what [`up`] or [`down`] would do to each.
///
/// A plan for [`Direction::Down`] without any [`MigrationState::Rollback`] means that there is nothing to roll back:
/// what Hydra itself applied stays.
///
/// # Errors
/// As [`status`].
pub fn plan(conn: &mut AnyConnection, direction: Direction) -> Result<Vec<MigrationStatus>, MigrateError> {
    let survey = Survey::of(conn)?;
    survey.refuse_too_old(CATALOGUE)?;
    let leaving = match direction {
        Direction::Up => Vec::new(),
        Direction::Down { steps } => {
            survey.ours(CATALOGUE).rev().take(steps).map(|migration| migration.version).collect()
        }
    };
    let statuses = CATALOGUE.iter().map(|migration| MigrationStatus {
        version: migration.version.to_owned(),
        name: migration.name.to_owned(),
        state: if leaving.contains(&migration.version) {
            MigrationState::Rollback
        } else if survey.is_applied(migration) {
            MigrationState::Applied
        } else {
            MigrationState::Pending
        },
        up_sql: migration.up_sql(survey.flavor),
        down_sql: migration.down_sql(survey.flavor),
    });
    Ok(statuses.collect())
}

/// Applies what is pending, oldest first, and answers how many migrations that were.
///
/// `network_id` becomes the network of a fresh database; pass a random UUID (version 4). Several processes may do this at
/// once: each migration runs in one of them. On PostgreSQL and SQLite a migration happens whole or not at all; MySQL
/// commits as it goes, and running `up` again finishes what a killed one began.
///
/// # Errors
/// [`MigrateError::TooOld`] before anything is changed; [`MigrateError::Failed`] with the migration that could not be
/// applied, those before it stay applied; [`MigrateError::Busy`]; [`MigrateError::Database`].
pub fn up(
    conn: &mut AnyConnection,
    network_id: Uuid,
    progress: &mut dyn FnMut(Progress),
) -> Result<usize, MigrateError> {
    up_from(CATALOGUE, conn, network_id, progress)
}

/// Rolls back the newest `steps` migrations that [`up`] applied here, and answers how many those were.
///
/// What Hydra itself applied to an adopted database is never rolled back. Rolling back `0001` of a database that we made
/// drops every table of Hydra with all that is in it.
///
/// # Errors
/// As [`up`].
pub fn down(conn: &mut AnyConnection, steps: usize, progress: &mut dyn FnMut(Progress)) -> Result<usize, MigrateError> {
    down_from(CATALOGUE, conn, steps, progress)
}

/// Applies what is pending when that concerns tables of our own alone, and answers how many migrations that were: taking over
/// from Hydra is a restart, and nothing of Hydra's is touched. Changes of Hydra's tables are for [`up`].
///
/// # Errors
/// As [`up`].
pub fn up_ours(conn: &mut AnyConnection, progress: &mut dyn FnMut(Progress)) -> Result<usize, MigrateError> {
    let survey = Survey::of(conn)?;
    survey.refuse_too_old(CATALOGUE)?;
    match survey.lacks_only_ours(CATALOGUE) {
        true => up_from(CATALOGUE, conn, Uuid::nil(), progress),
        false => Ok(0),
    }
}

fn up_from(
    catalogue: &'static [Migration],
    conn: &mut AnyConnection,
    network_id: Uuid,
    progress: &mut dyn FnMut(Progress),
) -> Result<usize, MigrateError> {
    let mut applied = 0;
    loop {
        let survey = Survey::of(conn)?;
        survey.refuse_too_old(catalogue)?;
        if survey.pending(catalogue).next().is_none() {
            return Ok(applied);
        }
        let next = exclusive::run(conn, |conn| {
            // Somebody else may have been faster while we waited for our turn.
            let survey = Survey::of(conn)?;
            let Some(next) = survey.pending(catalogue).next() else { return Ok(None) };
            progress(next.progress(Event::Applying));
            ledger::apply(conn, &survey, next, network_id)?;
            Ok(Some(next))
        })?;
        if let Some(next) = next {
            progress(next.progress(Event::Applied));
            applied += 1;
        }
    }
}

fn down_from(
    catalogue: &'static [Migration],
    conn: &mut AnyConnection,
    steps: usize,
    progress: &mut dyn FnMut(Progress),
) -> Result<usize, MigrateError> {
    Survey::of(conn)?.refuse_too_old(catalogue)?;
    for rolled_back in 0..steps {
        let newest = exclusive::run(conn, |conn| {
            let survey = Survey::of(conn)?;
            let Some(newest) = survey.ours(catalogue).next_back() else { return Ok(None) };
            progress(newest.progress(Event::RollingBack));
            ledger::roll_back(conn, &survey, newest)?;
            Ok(Some(newest))
        })?;
        let Some(newest) = newest else { return Ok(rolled_back) };
        progress(newest.progress(Event::RolledBack));
    }
    Ok(steps)
}
