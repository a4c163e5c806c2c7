//! JSON in columns, written as Go writes it: compact, members in order of their names, with `<`, `>` and `&` escaped.

use oauth_core::{storage::StorageError, token::Claims};
use serde_json::Value;

use super::damaged;
use crate::columns::Json;

pub(super) fn list(items: &[String]) -> Json {
    let mut text = String::from("[");
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            text.push(',');
        }
        text.push_str(&escaped(&Value::from(item.as_str()).to_string()));
    }
    text.push(']');
    Json(text)
}

pub(super) fn object(members: &Claims) -> Json {
    let mut object = Value::Object(members.clone());
    object.sort_all_objects();
    Json(escaped(&object.to_string()))
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

/// Reads an object; nothing and `null` are one without members.
pub(super) fn members(place: &str, json: Option<&Json>) -> Result<Claims, StorageError> {
    match json.map_or("null", |json| json.0.as_str()) {
        "" | "null" => Ok(Claims::new()),
        text => serde_json::from_str(text).map_err(|_| damaged(place)),
    }
}

/// Whether a string in it holds a NUL: PostgreSQL refuses such JSON.
pub(super) fn holds_nul(json: &Json) -> bool {
    let mut rest = json.0.as_str();
    while let Some((_, after)) = rest.split_once('\\') {
        if after.starts_with("u0000") {
            return true;
        }
        // What follows a backslash is escaped by it, another backslash too.
        rest = after.get(1..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_in_json_is_told_from_a_backslash_before_digits() {
        for (text, holds) in [
            (r#""""#, false),
            (r#""\\u0000""#, false),
            (r#""\\\\u0000""#, false),
            (r#""a\n\u00001""#, true),
            (r#"{"a":"\u0000"}"#, true),
            (r#""\\\u0000""#, true),
            (r#""\"\u0000""#, true),
            (r#""\n日\u0001\u0000""#, true),
            (r#""\n日\u0001""#, false),
        ] {
            assert_eq!(holds_nul(&Json(text.to_owned())), holds, "{text}");
        }
    }

    #[test]
    fn objects_are_written_in_order_and_safe_for_html() {
        let text = r#"{"b": {"z": 1, "a": "<&>"}, "a": [{"y": null, "x": 1.5}]}"#;
        let members: Claims = serde_json::from_str(text).expect("JSON");
        assert_eq!(object(&members).0, r#"{"a":[{"x":1.5,"y":null}],"b":{"a":"\u003c\u0026\u003e","z":1}}"#);
    }
}
