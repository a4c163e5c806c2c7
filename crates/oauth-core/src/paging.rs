//! Page tokens: the position of a page in a list, encrypted and bound to its list, so that nobody can make one up or carry it
//! from one list to another.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use token_hmac::PageSecrets;

use crate::Error;

/// How long a page token works, in seconds.
const LIFETIME: i64 = 3600;

#[derive(Serialize, Deserialize)]
struct Position {
    /// When the token ends, seconds since 1970.
    e: i64,
    /// The last key of the page before; empty on the first page.
    a: String,
}

/// A token for the page after `after` of `list`.
pub(crate) fn seal(secrets: &PageSecrets, list: &str, after: &str, now: DateTime<Utc>, nonce: [u8; 24]) -> String {
    let position = serde_json::json!({ "e": now.timestamp() + LIFETIME, "a": after }).to_string();
    secrets.seal(nonce, binding(list).as_bytes(), position.as_bytes())
}

/// The position inside a token of this list.
pub(crate) fn open(secrets: &PageSecrets, list: &str, token: &str, now: DateTime<Utc>) -> Result<String, Error> {
    let made_up = || Error::BadPageToken("it was not made by this list");
    let plain = secrets.open(binding(list).as_bytes(), token).map_err(|_| made_up())?;
    let position: Position = serde_json::from_slice(&plain).map_err(|_| made_up())?;
    if position.e <= now.timestamp() {
        return Err(Error::BadPageToken("it is older than an hour"));
    }
    Ok(position.a)
}

fn binding(list: &str) -> String {
    format!("page token of {list}")
}
