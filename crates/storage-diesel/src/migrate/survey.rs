//! What a database says about itself: tables, Hydra's version rows, our own notes. Reading only.

use std::collections::BTreeSet;

use diesel::{QueryResult, RunQueryDsl as _, sql_types::Text};

use super::{
    MigrateError, SchemaState, TooOld,
    catalogue::{Flavor, Migration},
};
use crate::connection::AnyConnection;

/// The table in which we note what we applied.
pub(super) const LEDGER: &str = "hydrars_migration";

/// One look at a database.
pub(super) struct Survey {
    pub(super) flavor: Flavor,
    tables: BTreeSet<String>,
    /// Hydra's rows as they are: 20 digits, or 14 in old databases; also rows of migrations that we do not know.
    versions: BTreeSet<String>,
    /// Versions of migrations of ours that were begun and not finished.
    begun: BTreeSet<String>,
    /// Versions of migrations of ours that were finished.
    done: BTreeSet<String>,
}

impl Survey {
    pub(super) fn of(conn: &mut AnyConnection) -> QueryResult<Self> {
        let flavor = flavor(conn)?;
        let tables: BTreeSet<String> = texts(conn, tables_query(flavor))?;
        let versions = match tables.contains("schema_migration") {
            true => texts(conn, "SELECT version AS value FROM schema_migration")?,
            false => BTreeSet::new(),
        };
        let notes = match tables.contains(LEDGER) {
            true => notes(conn)?,
            false => Vec::new(),
        };
        let (done, begun): (Vec<_>, Vec<_>) = notes.into_iter().partition(|note| note.stage == "done");
        let versions_of = |notes: Vec<Note>| notes.into_iter().map(|note| note.version).collect();
        Ok(Self { flavor, tables, versions, begun: versions_of(begun), done: versions_of(done) })
    }

    pub(super) fn has_table(&self, name: &str) -> bool {
        self.tables.contains(name)
    }

    pub(super) fn state(&self, catalogue: &[Migration]) -> SchemaState {
        if let Some(too_old) = self.too_old(catalogue) {
            return SchemaState::TooOld(too_old);
        }
        let pending: Vec<_> = self.pending(catalogue).map(Migration::full_name).collect();
        match pending.len() {
            0 => SchemaState::Current,
            all if all == catalogue.len() && self.begun.is_empty() => SchemaState::Fresh,
            _ => SchemaState::Pending(pending),
        }
    }

    pub(super) fn refuse_too_old(&self, catalogue: &[Migration]) -> Result<(), MigrateError> {
        self.too_old(catalogue).map_or(Ok(()), |too_old| Err(MigrateError::TooOld(too_old)))
    }

    /// What [`super::up`] has to apply, oldest first.
    pub(super) fn pending<'a>(&self, catalogue: &'a [Migration]) -> impl Iterator<Item = &'a Migration> {
        catalogue.iter().filter(|migration| !self.is_applied(migration))
    }

    /// Whether everything that is pending concerns tables of our own.
    pub(super) fn lacks_only_ours(&self, catalogue: &[Migration]) -> bool {
        self.pending(catalogue).all(|migration| migration.hydra_versions(self.flavor).next().is_none())
    }

    /// What was applied, or begun, by us and not by Hydra: what [`super::down`] may roll back, oldest first.
    pub(super) fn ours<'a>(&self, catalogue: &'a [Migration]) -> impl DoubleEndedIterator<Item = &'a Migration> {
        catalogue.iter().filter(|migration| {
            self.begun.contains(migration.version)
                || self.done.contains(migration.version) && self.is_applied(migration)
        })
    }

    /// For a change that Hydra knows, its rows decide, whoever wrote them; for others our own note does.
    pub(super) fn is_applied(&self, migration: &Migration) -> bool {
        if self.begun.contains(migration.version) {
            return false;
        }
        let mut versions = migration.hydra_versions(self.flavor).peekable();
        match versions.peek() {
            Some(_) => versions.all(|version| self.has_version(version)),
            None => self.done.contains(migration.version),
        }
    }

    /// The first migration of the catalogue is where we can start from: a database has it, or nothing of Hydra.
    fn too_old(&self, catalogue: &[Migration]) -> Option<TooOld> {
        let first = catalogue.first()?;
        if self.begun.contains(first.version) {
            return None; // a run of ours on MySQL that can be resumed
        }
        let missing = first.hydra_versions(self.flavor).filter(|version| !self.has_version(version)).count();
        let newest =
            first.hydra_versions(self.flavor).filter(|version| self.has_version(version)).max().map(str::to_owned);
        let holds_hydra = newest.is_some() || self.tables.iter().any(|table| table.starts_with("hydra_"));
        (missing > 0 && holds_hydra).then(|| TooOld::new(newest, missing))
    }

    /// Old releases of Hydra wrote the first 14 digits only; such a row stands for all versions that begin with it.
    fn has_version(&self, version: &str) -> bool {
        self.versions.contains(version) || version.get(..14).is_some_and(|legacy| self.versions.contains(legacy))
    }
}

fn flavor(conn: &mut AnyConnection) -> QueryResult<Flavor> {
    Ok(match conn {
        AnyConnection::Sqlite(_) => Flavor::Sqlite,
        #[cfg(feature = "mysql")]
        AnyConnection::Mysql(_) => Flavor::Mysql,
        AnyConnection::Postgres(_) => {
            let banner: Vec<String> = texts(conn, "SELECT version() AS value")?;
            match banner.iter().any(|text| text.contains("CockroachDB")) {
                true => Flavor::Cockroach,
                false => Flavor::Postgres,
            }
        }
    })
}

fn tables_query(flavor: Flavor) -> &'static str {
    match flavor {
        Flavor::Sqlite => "SELECT name AS value FROM sqlite_master WHERE type = 'table'",
        Flavor::Postgres | Flavor::Cockroach => {
            "SELECT CAST(c.relname AS text) AS value FROM pg_catalog.pg_class c \
             WHERE c.relkind IN ('r', 'p') AND pg_catalog.pg_table_is_visible(c.oid)"
        }
        Flavor::Mysql => "SELECT table_name AS value FROM information_schema.tables WHERE table_schema = DATABASE()",
    }
}

/// What we noted of a migration.
#[derive(diesel::QueryableByName)]
struct Note {
    #[diesel(sql_type = Text)]
    version: String,
    /// `begun` or `done`. As text, because integers have not the same width everywhere.
    #[diesel(sql_type = Text)]
    stage: String,
}

fn notes(conn: &mut AnyConnection) -> QueryResult<Vec<Note>> {
    let query = format!("SELECT version, CASE WHEN done = 1 THEN 'done' ELSE 'begun' END AS stage FROM {LEDGER}");
    diesel::sql_query(query).load(conn)
}

pub(super) fn texts<C: FromIterator<String>>(conn: &mut AnyConnection, query: &str) -> QueryResult<C> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let rows: Vec<Row> = diesel::sql_query(query).load(conn)?;
    Ok(rows.into_iter().map(|row| row.value).collect())
}
