//! The words of `hydra migrate`.

use clap::{Args, Subcommand};

use super::{Output, Strings};

/// Where the configuration is.
#[derive(Args)]
pub(crate) struct ConfigFiles {
    /// Configuration files; of several, the later ones win.
    #[arg(long, short, global = true, value_name = "LIST")]
    config: Vec<Strings>,
}

impl ConfigFiles {
    pub(crate) fn paths(&self) -> Vec<std::path::PathBuf> {
        Strings::all(&self.config).into_iter().map(Into::into).collect()
    }
}

/// What can be migrated, or asked about it.
#[derive(Subcommand)]
pub(crate) enum Migrate {
    /// Apply what is pending; the old name of migrate sql up.
    #[command(after_help = "hydra migrate sql up --yes \"$DSN\"")]
    Sql {
        #[command(flatten)]
        target: AnyDsn,
        #[command(flatten)]
        consent: Consent,
        #[command(subcommand)]
        what: Option<MigrateSql>,
    },
    /// Show which migrations were applied; the old name of migrate sql status.
    #[command(after_help = "hydra migrate sql status \"$DSN\"")]
    Status(MigrationStatus),
}

/// What can be done to the database.
#[derive(Subcommand)]
pub(crate) enum MigrateSql {
    /// Show the SQL of all pending migrations, ask, and apply them.
    #[command(after_help = "hydra migrate sql up sqlite:///var/lib/hydra/db.sqlite
DSN=postgres://user:password@host:5432/hydra hydra migrate sql up --yes
hydra migrate sql up -c hydra.yml")]
    Up(OneDsn),
    /// Show the SQL that takes the newest migrations back, ask, and run it. What they stored is lost.
    #[command(after_help = "hydra migrate sql down --steps 1 sqlite:///var/lib/hydra/db.sqlite")]
    Down {
        #[command(flatten)]
        target: OneDsn,
        /// How many migrations to take back, the newest first.
        #[arg(long, default_value_t = 0, value_name = "NUMBER")]
        steps: i64,
    },
    /// Show which migrations were applied.
    #[command(after_help = "hydra migrate sql status \"$DSN\"
hydra migrate sql status --block -c hydra.yml")]
    Status(MigrationStatus),
}

/// A database.
#[derive(Args)]
pub(crate) struct OneDsn {
    /// The database; when left out, the environment variable DSN or the configuration names it.
    pub(crate) dsn: Option<String>,
}

/// A database; words that follow it are ignored.
#[derive(Args)]
pub(crate) struct AnyDsn {
    /// The database; when left out, the environment variable DSN or the configuration names it.
    #[arg(hide_possible_values = true)]
    dsn: Vec<String>,
    /// Accepted for the sake of old scripts: the environment is always read.
    #[arg(long = "read-from-env", short = 'e', global = true)]
    read_from_env: bool,
}

impl AnyDsn {
    /// The first word.
    pub(crate) fn first(self) -> Option<String> {
        self.dsn.into_iter().next()
    }
}

/// Whether to go ahead without asking.
#[derive(Args)]
pub(crate) struct Consent {
    /// Do not ask before changing the database.
    #[arg(long, short, global = true)]
    pub(crate) yes: bool,
}

/// How to ask for the state of the migrations.
#[derive(Args)]
pub(crate) struct MigrationStatus {
    #[command(flatten)]
    pub(crate) target: AnyDsn,
    /// Wait until nothing is pending.
    #[arg(long)]
    pub(crate) block: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}
