//! JSON lists in columns, written as Go writes them: compact, with `<`, `>` and `&` escaped.

use oauth_core::storage::StorageError;

use super::damaged;
use crate::columns::Json;

pub(super) fn list(items: &[String]) -> Json {
    let mut text = String::from("[");
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            text.push(',');
        }
        text.push_str(&escaped(&serde_json::Value::from(item.as_str()).to_string()));
    }
    text.push(']');
    Json(text)
}

/// Makes JSON text safe to stand in HTML. These characters occur in JSON inside strings only.
pub(super) fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            c => text.push(c),
        }
    }
    text
}

/// Reads a list; older rows hold an empty text or `null` for an empty one.
pub(super) fn items(place: &str, json: &Json) -> Result<Vec<String>, StorageError> {
    match json.0.as_str() {
        "" | "null" => Ok(Vec::new()),
        text => serde_json::from_str(text).map_err(|_| damaged(place)),
    }
}
