//! The DSN, taken apart: which database, what the driver is told, how many connections.
//!
//! Hydra's forms are understood as they are. Parameters that belong to Hydra or its drivers are taken out here, so that the
//! drivers behind Diesel see only what they know.

mod mysql;
mod postgres;
mod sqlite;

use std::{fmt, time::Duration};

use go_duration::GoDuration;

use crate::connection::OpenError;

pub(crate) use sqlite::Sqlite;

/// The kinds of databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// SQLite, a file or in memory.
    Sqlite,
    /// PostgreSQL and what speaks its protocol: CockroachDB, YugabyteDB.
    Postgres,
    /// MySQL, MariaDB.
    Mysql,
}

/// A DSN that was understood. `Debug` and `Display` show where the database is, not who connects with which password.
#[derive(Clone)]
pub struct Dsn {
    backend: Backend,
    /// What Diesel's connection is given.
    driver_url: String,
    /// Where the database is, for people.
    place: String,
    /// What must not appear in any message.
    secrets: Vec<String>,
    /// Run-time parameters to set after connecting (PostgreSQL).
    pub(crate) run_time: Vec<(String, String)>,
    pub(crate) sqlite: Sqlite,
    limits: PoolLimits,
}

/// `max_conns`, `max_idle_conns`, `max_conn_lifetime`, `max_conn_idle_time`; `None` is the default of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolLimits {
    /// At most this many connections; Hydra's `0`, no limit, is `None` here.
    pub max_conns: Option<u32>,
    /// At most this many connections that wait for work.
    pub max_idle_conns: Option<u32>,
    /// A connection is replaced after this long.
    pub max_conn_lifetime: Option<Duration>,
    /// A connection that had no work for this long is closed.
    pub max_conn_idle_time: Option<Duration>,
}

impl Dsn {
    /// Takes a DSN apart.
    ///
    /// # Errors
    /// [`OpenError::Permanent`] when the scheme is unknown or the rest cannot be read.
    pub fn parse(text: &str) -> Result<Self, OpenError> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("memory") {
            return Ok(sqlite::in_memory());
        }
        // What does not look like a scheme may be a password with `://` in it, and is not repeated.
        let is_scheme = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else {
            return Err(OpenError::Permanent(format!(
                "the DSN has no scheme; write it like {EXAMPLES}, or `memory` for a try-out without a file"
            )));
        };
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" | "sqlite3" => sqlite::parse(rest),
            "postgres" | "postgresql" | "pg" | "pgx" | "cockroach" | "cockroachdb" | "crdb" => postgres::parse(rest),
            "mysql" | "mariadb" => mysql::parse(rest),
            _ => Err(OpenError::Permanent(format!(
                "the DSN's scheme {scheme:?} names no known database; use one like {EXAMPLES}"
            ))),
        }
    }

    /// The kind of database.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Limits on connections.
    pub fn limits(&self) -> PoolLimits {
        self.limits
    }

    /// Whether the data is gone when the process ends.
    pub fn is_in_memory(&self) -> bool {
        self.sqlite.in_memory
    }

    /// What Diesel is given. It holds the password.
    pub(crate) fn driver_url(&self) -> &str {
        &self.driver_url
    }

    /// `text` without anything that must not be shown, on one line.
    pub(crate) fn redact(&self, text: &str) -> String {
        let mut clean = text.replace(&self.driver_url, &self.place);
        for secret in &self.secrets {
            clean = without(&clean, secret);
        }
        clean.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// A secret of fewer characters is looked for only where it stands alone.
const SHORT: usize = 8;

/// Takes a secret out of a text. A short one stays where letters or digits touch it: drivers quote a password with what
/// surrounds it in the DSN, which are signs, and when every `a` is taken out nobody can read what went wrong.
fn without(text: &str, secret: &str) -> String {
    let short = secret.chars().count() < SHORT;
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(secret) {
        clean.push_str(before);
        // What was taken out before ends in a sign, `…`.
        let is_part_of_a_word = clean.ends_with(char::is_alphanumeric) || after.starts_with(char::is_alphanumeric);
        clean.push_str(if short && is_part_of_a_word { secret } else { "…" });
        rest = after;
    }
    clean.push_str(rest);
    clean
}

/// Secrets in the order in which they are taken out: the longest first, for one may be a part of another.
fn secrets(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut secrets: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    secrets.sort_by_key(|text| std::cmp::Reverse(text.len()));
    secrets
}

impl fmt::Display for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)
    }
}

impl fmt::Debug for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dsn({})", self.place)
    }
}

const EXAMPLES: &str = "`postgres://user:password@host:5432/database`, `mysql://user:password@tcp(host:3306)/database` or \
                        `sqlite:///folder/file.sqlite`";

/// What stands where ports do and is no number, in an address before which there is no `user:password@`: the host was left
/// out, or the password holds a `/`, and this is the password or its beginning.
fn misplaced_passwords(hosts: &str) -> impl Iterator<Item = &str> {
    let hosts = hosts.split(',').filter(|host| !host.starts_with('['));
    let ports = hosts.filter_map(|host| host.split_once(':').map(|(_, port)| port));
    ports.filter(|port| !port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Splits the parameters off, takes those of the pool out of them, and returns the rest decoded, in their order.
fn parameters(query: &str) -> (PoolLimits, Vec<(String, String)>) {
    let mut limits = PoolLimits::default();
    let mut others = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()).into_owned() {
        match name.as_str() {
            "max_conns" => limits.max_conns = count(&name, &value).filter(|&most| most > 0),
            "max_idle_conns" => limits.max_idle_conns = count(&name, &value),
            "max_conn_lifetime" => limits.max_conn_lifetime = duration(&name, &value),
            "max_conn_idle_time" => limits.max_conn_idle_time = duration(&name, &value),
            _ => others.push((name, value)),
        }
    }
    (limits, others)
}

fn count(name: &str, value: &str) -> Option<u32> {
    let parsed = value.parse().ok();
    if parsed.is_none() {
        log::warn!("DSN parameter {name}: {value:?} is not a whole number from 0 on; the default is used");
    }
    parsed
}

fn duration(name: &str, value: &str) -> Option<Duration> {
    let nanos = value.parse::<GoDuration>().ok().and_then(|duration| u64::try_from(duration.as_nanos()).ok());
    match nanos {
        Some(0) => None,
        Some(nanos) => Some(Duration::from_nanos(nanos)),
        None => {
            log::warn!("DSN parameter {name}: {value:?} is not a duration such as 30m or 1h30m; the default is used");
            None
        }
    }
}

fn ignored(name: &str, why: &str) {
    log::warn!("DSN parameter {name} is not used: {why}");
}

#[cfg(test)]
mod tests;
