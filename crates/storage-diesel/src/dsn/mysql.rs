//! `mysql://user:password@tcp(host:3306)/database?parameters`, the form of Go's driver; without `tcp(…)` as well.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Backend, Dsn, Sqlite, ignored, misplaced_passwords, parameters, secrets, without};
use crate::connection::OpenError;

pub(super) fn parse(rest: &str) -> Result<Dsn, OpenError> {
    // As Go's driver does: the last slash starts the database name, so that a password may contain slashes.
    let Some((left, right)) = rest.rsplit_once('/') else { return Err(unreadable("it has no `/database`")) };
    let (database, query) = right.split_once('?').unwrap_or((right, ""));
    if database.is_empty() {
        return Err(unreadable("it names no database"));
    }
    let parted = left.rsplit_once('@');
    let (credentials, address) = parted.unwrap_or(("root", left));
    let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
    let (limits, parameters) = parameters(query);

    let mut options = Vec::new();
    let host = match address.strip_suffix(')').and_then(|address| address.split_once('(')) {
        Some(("tcp" | "tcp6", host)) => host,
        Some(("unix", socket)) => {
            options.push(format!("unix_socket={}", utf8_percent_encode(socket, NON_ALPHANUMERIC)));
            "localhost"
        }
        Some(_) => return Err(unreadable("what stands before the address is neither `tcp` nor `unix`")),
        None if address == "tcp" || address.is_empty() => "127.0.0.1",
        None => address,
    };
    for (name, value) in parameters {
        match (name.as_str(), value.as_str()) {
            ("tls", "true") => options.push("ssl_mode=verify_identity".to_owned()),
            ("tls", "skip-verify") => options.push("ssl_mode=required".to_owned()),
            ("tls", "preferred") => options.push("ssl_mode=preferred".to_owned()),
            ("tls", "false") => options.push("ssl_mode=disabled".to_owned()),
            ("unix_socket" | "ssl_mode" | "ssl_ca" | "ssl_cert" | "ssl_key", value) => {
                options.push(format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
            }
            // What Hydra sets by itself, or what is so anyhow.
            ("parseTime" | "multiStatements" | "clientFoundRows" | "charset" | "collation" | "loc", _) => {}
            _ => ignored(&name, "this server chooses it by itself, or it configures Hydra's Go driver"),
        }
    }
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let mut url = format!("mysql://{}:{}@{host}/{database}", encode(user), encode(password));
    for (n, option) in options.iter().enumerate() {
        url.push(if n == 0 { '?' } else { '&' });
        url.push_str(option);
    }
    let mut passwords = vec![password.to_owned(), encode(password).to_string()];
    let mut place = format!("MySQL at {address}/{database}");
    if parted.is_none() {
        for password in misplaced_passwords(host) {
            place = without(&place, password);
            passwords.push(password.to_owned());
        }
    }
    let (secrets, sqlite) = (secrets(passwords), Sqlite::default());
    Ok(Dsn { backend: Backend::Mysql, driver_url: url, place, secrets, run_time: Vec::new(), sqlite, limits })
}

fn unreadable(why: &str) -> OpenError {
    OpenError::Permanent(format!(
        "the MySQL DSN cannot be read: {why}; write it like `mysql://user:password@tcp(host:3306)/database`"
    ))
}
