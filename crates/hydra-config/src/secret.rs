//! Text that must never reach a log, and the database address that may hold such text.

use std::fmt;

/// A configured secret. `Debug` and `Display` show `…` in its place; [`expose`](Self::expose) is the one way out, so a
/// reviewer can search for it.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(String);

impl SecretText {
    /// Wraps the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

impl fmt::Display for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Which kind of database a [`Dsn`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// `memory`: a database that ends with the process.
    Memory,
    /// `sqlite`, `sqlite3`.
    Sqlite,
    /// `postgres`, `postgresql`, `pg`, `pgx`.
    Postgres,
    /// `mysql`, `mariadb`.
    Mysql,
    /// `cockroach`, `cockroachdb`, `crdb`.
    Cockroach,
}

/// The address of the database (`dsn`, variable `DSN`), password included. `Debug` and `Display` leave out user,
/// password and parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct Dsn {
    text: String,
    backend: Backend,
}

impl Dsn {
    /// Takes a DSN whose scheme is known; nothing behind the scheme is looked at.
    ///
    /// # Errors
    /// A sentence that names the schemes that are possible, and the given one if the text has the form of an address.
    pub fn parse(text: &str) -> Result<Self, String> {
        let scheme = match text.split_once("://") {
            Some((scheme, _)) => scheme,
            None if text.eq_ignore_ascii_case("memory") => text,
            None => return Err(format!("the value (not shown) has no scheme; {POSSIBLE}")),
        };
        let backend = match scheme.to_ascii_lowercase().as_str() {
            "memory" => Backend::Memory,
            "sqlite" | "sqlite3" => Backend::Sqlite,
            "postgres" | "postgresql" | "pg" | "pgx" => Backend::Postgres,
            "mysql" | "mariadb" => Backend::Mysql,
            "cockroach" | "cockroachdb" | "crdb" => Backend::Cockroach,
            // Without this test a password that happens to hold "://" would be printed as a scheme.
            other if other.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) && other.len() <= 20 => {
                return Err(format!("the database type {other:?} is not supported; {POSSIBLE}"));
            }
            _ => return Err(format!("the value (not shown) has no valid scheme; {POSSIBLE}")),
        };
        Ok(Self { text: text.to_owned(), backend })
    }

    /// The whole DSN, password included. Whoever calls this answers for where it goes.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Which kind of database it names.
    pub fn backend(&self) -> Backend {
        self.backend
    }
}

const POSSIBLE: &str = "use postgres://user:password@host:5432/database, mysql://user:password@tcp(host:3306)/database, \
    cockroach://user@host:26257/database, sqlite:///path/to/file.sqlite or memory";

impl fmt::Display for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((scheme, rest)) = self.text.split_once("://") else { return f.write_str(&self.text) };
        let (address, parameters) = match rest.split_once('?') {
            Some((address, parameters)) => (address, parameters),
            None => (rest, ""),
        };
        let hint = if parameters.is_empty() { "" } else { "?…" };
        // An `@` behind the `?` may be part of a password with a `?` in it: then nothing can be told apart safely.
        match address.rsplit_once('@') {
            _ if parameters.contains('@') => write!(f, "{scheme}://…"),
            Some((_, place)) => write!(f, "{scheme}://…@{place}{hint}"),
            None if self.backend == Backend::Sqlite => write!(f, "{scheme}://{address}{hint}"),
            None => write!(f, "{scheme}://…"),
        }
    }
}

impl fmt::Debug for Dsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dsn({self})")
    }
}
