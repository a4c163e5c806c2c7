//! What is wrong with a configuration, and where it stands.

use std::{fmt, sync::Arc};

/// Where a value was given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// A position in a file; line and column count from 1, the column in characters.
    File {
        /// The file as it was named on the command line.
        file: Arc<str>,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// A file as a whole: it cannot be read, say.
    WholeFile(Arc<str>),
    /// An environment variable, by name.
    Variable(Arc<str>),
    /// A command line flag, with its dashes.
    Flag(&'static str),
    /// A value forced by a command, such as the DSN that follows `migrate sql`.
    Command,
    /// Nobody gave it: the default.
    Default,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, line, column } => write!(f, "{file}:{line}:{column}"),
            Self::WholeFile(file) => f.write_str(file),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
            Self::Command => f.write_str("command line argument"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// One thing that is wrong. Its `Display` is one line: place, key, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The dotted key, such as `serve.public.port` or `secrets.system.0`; `None` if a file cannot be read at all.
    pub key: Option<String>,
    /// Where the value was given; `None` if it is missing everywhere.
    pub place: Option<Place>,
    /// What is wrong and what would be right. Never holds a secret.
    pub message: String,
}

impl Problem {
    pub(crate) fn at(key: impl Into<String>, place: Place, message: impl Into<String>) -> Self {
        let place = (place != Place::Default).then_some(place);
        Self { key: Some(key.into()), place, message: message.into() }
    }

    pub(crate) fn missing(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: Some(key.into()), place: None, message: message.into() }
    }

    pub(crate) fn in_file(place: Place, message: impl Into<String>) -> Self {
        Self { key: None, place: Some(place), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.message)
    }
}

/// Everything that is wrong with a configuration, all at once; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<Problem>);

impl std::error::Error for ConfigErrors {}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [one] => write!(f, "the configuration has a mistake:\n  {one}"),
            many => {
                write!(f, "the configuration has {} mistakes:", many.len())?;
                many.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
            }
        }
    }
}
