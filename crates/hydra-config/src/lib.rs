//! One typed [`Config`] from files, environment and flags.
//!
//! [`Config::load`] is the door: it merges the sources (defaults, files in order, `--dev`, environment, values forced by
//! a command), holds every key against the key table ([`keys`]), checks what must hold between keys, and reports
//! everything that is wrong at once, each with its place. On the way: `document` reads files into trees that remember
//! positions, `environment` lays variables over them, `check` turns the tree into settings, `config` into plain data,
//! and `rules` looks at the whole.
//!
//! What does not belong here: opening anything that is configured (databases, sockets, certificate files), and reading
//! variables or the clock. The one look at the process environment is [`Sources::from_process`].

mod check;
mod config;
mod document;
mod environment;
pub mod keys;
mod problem;
mod read;
mod rules;
mod secret;
mod suggest;
mod words;

use std::path::PathBuf;

pub use config::*;
use document::{Node, Value};
pub use problem::{ConfigErrors, Place, Problem};
pub use secret::{Backend, Dsn, SecretText};
pub use words::{
    AccessTokenStrategy, CodePreset, CredentialPlace, HashAlgorithm, LogFormat, LogLevel, OnReuse, Profiling, Rotation,
    SameSite, ScopeClaim, ScopeStrategy, SubjectType, TracingProvider,
};

/// Where the configuration comes from; later fields win over earlier ones.
#[derive(Clone, Default)]
pub struct Sources {
    /// Files in order (`-c`): `.yaml`, `.yml`, `.json` or `.toml`; later ones win.
    pub files: Vec<PathBuf>,
    /// The flag `--dev` was given. When it was not, `dev` from a file counts.
    pub dev: bool,
    /// Environment variables, name and value. Names of other programs do no harm.
    pub environment: Vec<(String, String)>,
    /// A DSN forced by a command, such as the argument of `migrate sql`.
    pub dsn: Option<String>,
}

impl Sources {
    /// Files and flags from the command line, variables from the process. Bytes in variables that are no UTF-8 are
    /// replaced.
    pub fn from_process(files: Vec<PathBuf>, dev: bool, dsn: Option<String>) -> Self {
        let environment = std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
            .collect();
        Self { files, dev, environment, dsn }
    }
}

/// What the configuration is for, which decides what must be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Running a server: everything is checked.
    Serve,
    /// Migrating the database: files must be readable, `dsn` and `secrets` right. Other mistakes are passed over, and
    /// leave the key at its default.
    Migrate,
    /// Deleting what has expired: as [`Migrate`](Self::Migrate), and the lifetimes must be right as well.
    Janitor,
}

impl Purpose {
    fn cares_about(self, problem: &Problem) -> bool {
        let Some(key) = &problem.key else { return true };
        let root = key.split('.').next().unwrap_or_default();
        match self {
            Self::Serve => true,
            Self::Migrate => matches!(root, "dsn" | "secrets"),
            Self::Janitor => matches!(root, "dsn" | "secrets" | "ttl"),
        }
    }
}

/// A configuration that is right, and what should be said about it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// What was ignored or changed and why, a line each, without secrets; log them.
    pub warnings: Vec<String>,
}

impl Config {
    /// Reads and checks the configuration.
    ///
    /// # Errors
    /// Everything that is wrong for this purpose, in the order of the sources. No message holds a secret.
    pub fn load(sources: &Sources, purpose: Purpose) -> Result<Loaded, ConfigErrors> {
        let mut problems = Vec::new();
        let mut warnings = Vec::new();
        let mut root = Node::empty_map(Place::Default);
        for file in &sources.files {
            match document::read(file, &mut warnings) {
                Ok(tree) => root.merge(tree),
                Err(problem) => problems.push(problem),
            }
        }
        let all_read = problems.is_empty();
        if sources.dev {
            force(&mut root, "dev", Value::Bool(true), Place::Flag("--dev"));
        }
        environment::overlay(&mut root, &sources.environment, &mut problems, &mut warnings);
        if let Some(dsn) = &sources.dsn {
            force(&mut root, "dsn", Value::Text(dsn.clone()), Place::Command);
        }
        let settings = check::settings(&root, &mut problems, &mut warnings);
        let config = Config::from(&settings);
        // What is missing may stand in the file that could not be read.
        if all_read {
            rules::check(&config, &settings, purpose, &mut problems, &mut warnings);
        }
        problems.retain(|problem| purpose.cares_about(problem));
        if problems.is_empty() { Ok(Loaded { config, warnings }) } else { Err(ConfigErrors(problems)) }
    }
}

fn force(root: &mut Node, key: &str, value: Value, at: Place) {
    *root.reach(key, &at, |_| None) = Node::new(value, at.clone());
}
