//! `postgres://user:password@host:port/database?parameters`, and the same for CockroachDB.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{Backend, Dsn, Sqlite, ignored, misplaced_passwords, parameters, secrets, without};
use crate::connection::OpenError;

/// What libpq understands and a DSN may ask for.
const LIBPQ: &[&str] = &[
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "dbname",
    "fallback_application_name",
    "gssencmode",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "options",
    "passfile",
    "password",
    "port",
    "require_auth",
    "service",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcrl",
    "sslkey",
    "sslmode",
    "sslnegotiation",
    "sslpassword",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// Knobs of the Go driver; nothing here corresponds to them.
const GO_DRIVER: &[&str] = &[
    "default_query_exec_mode",
    "description_cache_capacity",
    "max_protocol_version",
    "min_protocol_version",
    "min_read_buffer_size",
    "prefer_simple_protocol",
    "statement_cache_capacity",
    "statement_cache_mode",
];

/// A server that went away, or a network that swallows packets, must be noticed within seconds.
const DEFAULTS: &[(&str, &str)] = &[
    ("connect_timeout", "3"),
    ("fallback_application_name", "hydra"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "2"),
    ("tcp_user_timeout", "5000"),
];

/// What a value in the query must not contain as it is.
const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'/').remove(b':');

pub(super) fn parse(rest: &str) -> Result<Dsn, OpenError> {
    let (base, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (limits, parameters) = parameters(query);
    let mut url = format!("postgresql://{base}");
    let mut passwords = passwords(base);
    let mut run_time = Vec::new();
    let mut known = Vec::new();
    for (name, value) in parameters {
        if GO_DRIVER.contains(&name.as_str()) || name.starts_with("pool_") {
            ignored(&name, "it configures Hydra's Go driver");
        } else if LIBPQ.contains(&name.as_str()) {
            if matches!(name.as_str(), "password" | "sslpassword") {
                passwords.extend([value.clone(), utf8_percent_encode(&value, IN_QUERY).to_string()]);
            }
            known.push((name, value));
        } else {
            run_time.push((name, value));
        }
    }
    for &(name, value) in DEFAULTS {
        if !known.iter().any(|(given, _)| given == name) {
            known.push((name.to_owned(), value.to_owned()));
        }
    }
    // libpq reads `+` as itself, so a space must be `%20`.
    for (n, (name, value)) in known.iter().enumerate() {
        url.push(if n == 0 { '?' } else { '&' });
        url.push_str(name);
        url.push('=');
        url.extend(utf8_percent_encode(value, IN_QUERY));
    }
    let mut place = format!("PostgreSQL at {}", base.rsplit_once('@').map_or(base, |(_, host)| host));
    // libpq ends the address at the first slash, wherever the `@` is.
    let address = base.split_once('/').map_or(base, |(address, _)| address);
    if !address.contains('@') {
        for password in misplaced_passwords(address) {
            place = without(&place, password);
            passwords.push(password.to_owned());
        }
    }
    let (secrets, sqlite) = (secrets(passwords), Sqlite::default());
    Ok(Dsn { backend: Backend::Postgres, driver_url: url, place, secrets, run_time, sqlite, limits })
}

/// The password of `user:password@host`, as written and decoded.
fn passwords(base: &str) -> Vec<String> {
    let Some((_, password)) = base.rsplit_once('@').and_then(|(user, _)| user.split_once(':')) else {
        return Vec::new();
    };
    vec![password.to_owned(), percent_decode_str(password).decode_utf8_lossy().into_owned()]
}
