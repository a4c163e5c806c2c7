//! The network: the row of `networks` that every other row refers to. One database serves one network.

use chrono::{DateTime, Utc};
use diesel::{QueryResult, connection::SimpleConnection as _};
use uuid::Uuid;

use super::{
    MigrateError, exclusive,
    survey::{Survey, texts},
};
use crate::connection::AnyConnection;

/// The id of the network this database serves, a lower-case UUID: the oldest row. `None` when there is none yet.
///
/// # Errors
/// [`MigrateError::NotMigrated`] when the table is missing; [`MigrateError::Database`].
pub fn network_id(conn: &mut AnyConnection) -> Result<Option<String>, MigrateError> {
    if !Survey::of(conn)?.has_table("networks") {
        return Err(MigrateError::NotMigrated);
    }
    Ok(oldest(conn)?)
}

/// The id of the network this database serves. If there is none, `new_id`, a random UUID (version 4), becomes it, as of
/// `now`. When several processes do this at once, all get the same answer.
///
/// # Errors
/// As [`network_id`], and [`MigrateError::Busy`].
pub fn ensure_network(conn: &mut AnyConnection, new_id: Uuid, now: DateTime<Utc>) -> Result<String, MigrateError> {
    if let Some(id) = network_id(conn)? {
        return Ok(id);
    }
    exclusive::run(conn, |conn| {
        if let Some(id) = oldest(conn)? {
            return Ok(id);
        }
        // Literals made of a UUID and a date: PostgreSQL takes them as uuid and timestamp, the others as text.
        let now = now.format("%Y-%m-%d %H:%M:%S");
        conn.batch_execute(&format!(
            "INSERT INTO networks (id, created_at, updated_at) VALUES ('{new_id}', '{now}', '{now}')"
        ))?;
        Ok(new_id.to_string())
    })
}

pub(super) fn oldest(conn: &mut AnyConnection) -> QueryResult<Option<String>> {
    let ids: Vec<String> =
        texts(conn, "SELECT CAST(id AS CHAR(36)) AS value FROM networks ORDER BY created_at, id LIMIT 1")?;
    Ok(ids.into_iter().next())
}
