//! `sqlite://path?options`.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{Backend, Dsn, PoolLimits, ignored, parameters};
use crate::connection::OpenError;

/// What the options of a SQLite DSN ask for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sqlite {
    pub(crate) in_memory: bool,
    /// The file, if there is one.
    pub(crate) path: Option<String>,
    /// `ro`, `rw` or `rwc`, when the DSN says so.
    mode: Option<String>,
    /// Parameters for SQLite itself, in their order.
    parameters: Vec<String>,
    /// Milliseconds.
    pub(crate) busy_timeout: Option<u32>,
    pub(crate) journal_mode: Option<&'static str>,
    pub(crate) synchronous: Option<&'static str>,
}

/// What must not stand as it is in a `file:` URI.
const IN_URI: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#').add(b'&').add(b' ');

pub(super) fn in_memory() -> Dsn {
    dsn(PoolLimits::default(), Sqlite { in_memory: true, ..Sqlite::default() })
}

pub(super) fn parse(rest: &str) -> Result<Dsn, OpenError> {
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = path.strip_prefix("file:").unwrap_or(path);
    let (limits, options) = parameters(query);
    let mut settings = Sqlite::default();
    for (name, value) in options {
        match name.as_str() {
            "mode" if value == "memory" => settings.in_memory = true,
            "mode" => settings.mode = Some(value),
            "immutable" | "nolock" | "psow" | "vfs" => {
                settings.parameters.push(format!("{name}={}", utf8_percent_encode(&value, IN_URI)));
            }
            // Sharing a cache makes readers wait for writers; only data in memory needed it.
            "cache" | "_txlock" | "_time_format" | "_loc" => {}
            "_pragma" => match value.strip_suffix(')').and_then(|pragma| pragma.split_once('(')) {
                Some((pragma, value)) => settings.set(pragma, value),
                None => ignored("_pragma", "write it like _pragma=busy_timeout(1000)"),
            },
            _ => settings.set(name.trim_start_matches('_'), &value),
        }
    }
    if settings.in_memory || path == ":memory:" {
        settings.in_memory = true;
        return Ok(dsn(limits, settings));
    }
    if path.is_empty() {
        return Err(OpenError::Permanent(
            "the DSN names no file; write it like `sqlite:///folder/file.sqlite`, or `memory` for a try-out".to_owned(),
        ));
    }
    settings.path = Some(path.to_owned());
    Ok(dsn(limits, settings))
}

impl Sqlite {
    /// What SQLite is told to open, and whether it may make a file that is not there. A URI, because only that can say no.
    pub(crate) fn url(&self, may_create: bool) -> String {
        let Some(path) = &self.path else { return ":memory:".to_owned() };
        let mode = match self.mode.as_deref() {
            None | Some("rwc") if may_create => "rwc",
            None | Some("rwc") => "rw",
            Some(mode) => mode,
        };
        // Two slashes, so that those of the path itself cannot be taken for the beginning of a host.
        let root = if path.starts_with('/') { "file://" } else { "file:" };
        let encode = |text| utf8_percent_encode(text, IN_URI);
        let mut url = format!("{root}{}?mode={}", encode(path), encode(mode));
        for parameter in &self.parameters {
            url.push('&');
            url.push_str(parameter);
        }
        url
    }

    fn set(&mut self, name: &str, value: &str) {
        let value = value.trim_matches('\'');
        match name.to_ascii_lowercase().as_str() {
            "busy_timeout" | "timeout" => match value.parse() {
                Ok(millis) => self.busy_timeout = Some(millis),
                Err(_) => ignored(name, "it is not a number of milliseconds"),
            },
            "journal" | "journal_mode" => {
                self.journal_mode = word(name, value, &["DELETE", "TRUNCATE", "PERSIST", "WAL"]);
            }
            "sync" | "synchronous" => {
                let named = match value {
                    "1" => "NORMAL",
                    "2" => "FULL",
                    "3" => "EXTRA",
                    other => other,
                };
                self.synchronous = word(name, named, &["NORMAL", "FULL", "EXTRA"]);
            }
            "fk" | "foreign_keys" if matches!(value.to_ascii_lowercase().as_str(), "0" | "false" | "off" | "no") => {
                ignored(name, "deleting a client must delete its tokens, so foreign keys are always on");
            }
            "fk" | "foreign_keys" => {}
            _ => ignored(name, "this server chooses it by itself"),
        }
    }
}

fn word(name: &str, value: &str, known: &[&'static str]) -> Option<&'static str> {
    let found = known.iter().copied().find(|known| known.eq_ignore_ascii_case(value));
    if found.is_none() {
        ignored(name, &format!("it must be one of {}", known.join(", ")));
    }
    found
}

fn dsn(limits: PoolLimits, sqlite: Sqlite) -> Dsn {
    let place = match &sqlite.path {
        Some(path) => format!("the SQLite file {path}"),
        None => "SQLite in memory".to_owned(),
    };
    let driver_url = sqlite.url(false);
    Dsn { backend: Backend::Sqlite, driver_url, place, secrets: Vec::new(), run_time: Vec::new(), sqlite, limits }
}
