//! The migrations that this program carries: the folders below `migrations/`, built into it.
//!
//! A folder holds `up.sql`, `down.sql` and `hydra_versions.txt`: the versions that Hydra notes in `schema_migration` for
//! the same change, one per line. An empty list means a migration of tables of our own. To add a migration, make the
//! folder for all three databases and add its name to [`CATALOGUE`]. On MySQL its statements must bear being run again.

use super::{Event, Progress};

macro_rules! file {
    ($database:literal, $version:literal, $name:literal, $file:literal) => {
        include_str!(concat!("../../../../migrations/", $database, "/", $version, "_", $name, "/", $file))
    };
}

macro_rules! migration {
    ($version:literal, $name:literal) => {
        migration!($version, $name, cockroach: "hydra_versions.txt")
    };
    ($version:literal, $name:literal, cockroach: $cockroach:literal) => {
        Migration {
            version: $version,
            name: $name,
            sqlite: migration!(@scripts "sqlite", $version, $name),
            postgres: migration!(@scripts "postgres", $version, $name),
            mysql: migration!(@scripts "mysql", $version, $name),
            cockroach_versions: file!("postgres", $version, $name, $cockroach),
        }
    };
    (@scripts $database:literal, $version:literal, $name:literal) => {
        Scripts {
            up: file!($database, $version, $name, "up.sql"),
            down: file!($database, $version, $name, "down.sql"),
            hydra_versions: file!($database, $version, $name, "hydra_versions.txt"),
        }
    };
}

/// All migrations, oldest first.
pub(super) static CATALOGUE: &[Migration] = &[
    // The oldest level of Hydra's schema that we can take over, and create: its release v26.2.0.
    migration!("0001", "hydra_schema", cockroach: "hydra_versions.cockroach.txt"),
    // What Hydra added since.
    migration!("0002", "hydra_rotated_secrets"),
    migration!("0003", "hydra_flow_session_index"),
    migration!("0004", "hydra_subject_indexes"),
    // What is ours alone.
    migration!("0005", "refresh_answers"),
    migration!("0006", "client_signing"),
];

/// One migration, for all databases.
pub(super) struct Migration {
    /// Four digits.
    pub(super) version: &'static str,
    pub(super) name: &'static str,
    pub(super) sqlite: Scripts,
    pub(super) postgres: Scripts,
    pub(super) mysql: Scripts,
    /// Hydra's versions on CockroachDB, whose SQL is PostgreSQL's.
    pub(super) cockroach_versions: &'static str,
}

/// The three files of a migration's folder.
pub(super) struct Scripts {
    pub(super) up: &'static str,
    pub(super) down: &'static str,
    pub(super) hydra_versions: &'static str,
}

/// The kinds of databases that differ in SQL or in Hydra's list of versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavor {
    Sqlite,
    Postgres,
    Cockroach,
    #[cfg_attr(not(feature = "mysql"), expect(dead_code, reason = "a build without MySQL still reads its migrations"))]
    Mysql,
}

impl Migration {
    /// Hydra's versions for this change; none for a migration of our own tables.
    pub(super) fn hydra_versions(&self, flavor: Flavor) -> impl Iterator<Item = &'static str> + use<> {
        let list = match flavor {
            Flavor::Cockroach => self.cockroach_versions,
            _ => self.scripts(flavor).hydra_versions,
        };
        list.lines().map(str::trim).filter(|line| !line.is_empty())
    }

    /// The statements that apply it, the rows that Hydra would have written last. `${network_id}` is still to be filled in.
    pub(super) fn up_sql(&self, flavor: Flavor) -> String {
        let up = self.scripts(flavor).up.trim_end();
        let rows: Vec<_> = self.hydra_versions(flavor).map(|version| format!("('{version}', 0)")).collect();
        if rows.is_empty() {
            return format!("{up}\n");
        }
        let (insert, unless_there) = match flavor {
            Flavor::Sqlite => ("INSERT OR IGNORE", ""),
            Flavor::Postgres | Flavor::Cockroach => ("INSERT", "\nON CONFLICT (version) DO NOTHING"),
            Flavor::Mysql => ("INSERT IGNORE", ""),
        };
        let rows = rows.join(",\n    ");
        format!("{up}\n\n{insert} INTO schema_migration (version, version_self) VALUES\n    {rows}{unless_there};\n")
    }

    /// The statements that roll it back, the rows that Hydra would delete first.
    pub(super) fn down_sql(&self, flavor: Flavor) -> String {
        let down = self.down_sql_without_rows(flavor);
        let versions: Vec<_> = self.hydra_versions(flavor).map(|version| format!("'{version}'")).collect();
        if versions.is_empty() {
            return down;
        }
        format!("DELETE FROM schema_migration WHERE version IN (\n    {}\n);\n\n{down}", versions.join(",\n    "))
    }

    /// [`Self::down_sql`] for when the table of Hydra's rows is gone.
    pub(super) fn down_sql_without_rows(&self, flavor: Flavor) -> String {
        format!("{}\n", self.scripts(flavor).down.trim_end())
    }

    /// How people and error messages call it: `0001_hydra_schema`.
    pub(super) fn full_name(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }

    pub(super) fn progress(&self, event: Event) -> Progress {
        Progress { version: self.version, name: self.name, event }
    }

    fn scripts(&self, flavor: Flavor) -> &Scripts {
        match flavor {
            Flavor::Sqlite => &self.sqlite,
            Flavor::Postgres | Flavor::Cockroach => &self.postgres,
            Flavor::Mysql => &self.mysql,
        }
    }
}
