//! What can go wrong with migrations, in words that say what to do.

use std::fmt;

/// Why the schema could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The tables are not there yet.
    #[error(
        "the database is not migrated: it holds no tables of this server; run `hydra migrate sql up -e --yes` first"
    )]
    NotMigrated,
    /// See [`TooOld`].
    #[error("{0}")]
    TooOld(TooOld),
    /// A migration could not be applied or rolled back.
    #[error("migration {migration} failed: {source}; {remedy}")]
    Failed {
        /// Number and name: `0001_hydra_schema`.
        migration: String,
        /// What the database said.
        source: diesel::result::Error,
        /// What the state is now and what to do next.
        remedy: &'static str,
    },
    /// Another process kept the database locked for longer than we wait.
    #[error(
        "another process is migrating or writing to this database and did not finish in time; run the command again once it is done"
    )]
    Busy,
    /// The database failed outside of a migration's own statements.
    #[error("cannot read or change the migration state of the database: {0}")]
    Database(#[from] diesel::result::Error),
}

/// The database holds tables of Hydra, but not all of the level that we can take over (Hydra's release v26.2.0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooOld {
    /// The newest of Hydra's migrations found, 20 digits; `None` when its bookkeeping is missing or names none we know.
    pub newest: Option<String>,
    /// The release of Hydra that the database is at: `v2.3.0`, or `a release before v2.0.3`.
    pub release: &'static str,
    /// How many of Hydra's migrations are missing for us to start from.
    pub missing: usize,
}

impl TooOld {
    pub(super) fn new(newest: Option<String>, missing: usize) -> Self {
        let release = newest.as_deref().map_or("an unknown release", release_at);
        Self { newest, release, missing }
    }
}

impl fmt::Display for TooOld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let newest = self.newest.as_deref().unwrap_or("none found");
        write!(
            f,
            "the database is at the level of {} of Ory Hydra (newest migration: {newest}) and lacks {} migrations of v26.2; \
             back it up and run `hydra migrate sql` of Ory Hydra v26.2 on it first, then run this program again",
            self.release, self.missing
        )
    }
}

/// The newest migration of each release.
const RELEASES: [(&str, &str); 6] = [
    ("20221109000010000001", "v2.0.3"),
    ("20230512112801000001", "v2.1.2"),
    ("20240129174410000001", "v2.2.0"),
    ("20241129111700000000", "v2.3.0"),
    ("20251030112809000000", "v25.4.0"),
    ("20251202130532000001", "v26.2.0"),
];

/// The last release that has nothing newer than `newest`. 14-digit versions of old databases compare as their beginning.
fn release_at(newest: &str) -> &'static str {
    RELEASES.iter().rev().find(|(last, _)| *last <= newest).map_or("a release before v2.0.3", |(_, release)| release)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_reaches_until_the_next_one() {
        assert_eq!(release_at("20190100000001000000"), "a release before v2.0.3");
        assert_eq!(release_at("20230512112801000001"), "v2.1.2");
        assert_eq!(release_at("20241609000001000000"), "v2.3.0");
        assert_eq!(release_at("20251202130532000000"), "v25.4.0");
    }
}
