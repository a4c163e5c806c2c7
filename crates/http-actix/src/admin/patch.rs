//! JSON Patch (RFC 6902) over a client: `add`, `remove` and `replace`, with the leniences that Hydra's users rely on: `replace`
//! of a member that is not there adds it, `add` makes missing parents, negative indices count from the end. What cannot be
//! applied is the caller's error (RFC 5789 §2.2), never ours. `move`, `copy` and `test` are refused, as Hydra does: they would
//! let a small patch grow a large client, and ask about what must not be shown. `metadata` stays to the letter where the patch
//! does not change it; elsewhere its numbers keep their digits.

use hydra_api::Client as ClientJson;
use serde_json::{Map, Value, json};

use super::numbers;
use crate::{
    error::Reason,
    extract::{check_strictly, parse},
};

/// Operations in one patch at most.
const MAX_OPERATIONS: usize = 1000;
/// Segments in a path at most: what is nested deeper could not be read again.
const MAX_DEPTH: usize = 32;

/// A patched client.
pub(super) struct Patched {
    /// The result; its `client_secret` is set only when the patch set a new one.
    pub(super) client: ClientJson,
    /// The patch removed `/client_secret`.
    pub(super) secret_removed: bool,
}

/// Applies a patch document to a client.
pub(super) fn apply(client: &ClientJson, patch: &[u8]) -> Result<Patched, Reason> {
    let operations = operations(patch)?;
    let mut document = document(client)?;
    let before = document.get("metadata").cloned();
    for (n, operation) in operations.into_iter().enumerate() {
        apply_one(&mut document, operation).map_err(|why| match why {
            Refusal::Malformed(why) => Reason::Malformed(format!("Operation {n} of the patch: {why}.")),
            Refusal::Conflict(why) => {
                Reason::PatchConflict(format!("Operation {n} of the patch cannot be applied: {why}."))
            }
        })?;
    }
    let metadata_is_the_same = before.as_ref() == document.get("metadata");
    let Value::Object(members) = &mut document else {
        return Err(Reason::Malformed("The patched client is not a JSON object.".to_owned()));
    };
    let secret = members.remove("client_secret");
    let secret_removed = secret.as_ref().is_none_or(Value::is_null);
    if let Some(secret) = secret.filter(|secret| secret != PRESENT_SECRET) {
        members.insert("client_secret".to_owned(), secret);
    }
    let mut patched: ClientJson = parse(numbers::show(&document.to_string()).as_bytes())?;
    if metadata_is_the_same {
        patched.metadata.clone_from(&client.metadata);
    }
    Ok(Patched { client: patched, secret_removed })
}

/// Stands in for the secret: its hash is nobody's business, but the member can be replaced and removed. No caller can send
/// this, for a text of theirs that begins so gets its first character twice.
const PRESENT_SECRET: &str = "\u{1}the present secret";

/// The patch, with its numbers hidden.
fn operations(patch: &[u8]) -> Result<Vec<Value>, Reason> {
    check_strictly(patch)?;
    let malformed = |why| Reason::Malformed(format!("The body is not one JSON value: {why}."));
    match read(&String::from_utf8_lossy(patch)).map_err(malformed)? {
        Value::Null => Ok(Vec::new()),
        Value::Array(operations) if operations.len() > MAX_OPERATIONS => {
            Err(Reason::Malformed(format!("A patch may hold {MAX_OPERATIONS} operations at most.")))
        }
        Value::Array(operations) => Ok(operations),
        _ => Err(Reason::Malformed("The body must be a list of JSON Patch operations.".to_owned())),
    }
}

/// The client as the document that is patched, with its numbers hidden.
fn document(client: &ClientJson) -> Result<Value, Reason> {
    let unfit = |why| Reason::PatchConflict(format!("The client cannot be patched: {why}."));
    let mut document = serde_json::to_string(client).and_then(|text| read(&text)).map_err(unfit)?;
    if let Some(members) = document.as_object_mut() {
        members.insert("client_secret".to_owned(), PRESENT_SECRET.into());
    }
    Ok(document)
}

fn read(json: &str) -> serde_json::Result<Value> {
    serde_json::from_str(&numbers::hide(json))
}

enum Refusal {
    Malformed(String),
    Conflict(String),
}

fn apply_one(document: &mut Value, operation: Value) -> Result<(), Refusal> {
    let Value::Object(mut operation) = operation else {
        return Err(Refusal::Malformed("it is not an object".to_owned()));
    };
    let word = operation.get("op").and_then(Value::as_str).unwrap_or_default().to_owned();
    if !matches!(word.as_str(), "add" | "remove" | "replace") {
        return Err(Refusal::Malformed("its 'op' must be 'add', 'remove' or 'replace'".to_owned()));
    }
    let path = settle(document, operation.get("path").and_then(Value::as_str).unwrap_or_default())?;
    operation.insert("path".to_owned(), path.as_str().into());
    if word == "replace" && !last_segment(&path).chars().all(|c| c.is_ascii_digit() || c == '-') {
        operation.insert("op".to_owned(), json!("add"));
    }
    if matches!(word.as_str(), "add" | "replace") && operation.contains_key("value") {
        make_parents(document, &path)?;
    }
    let operation: json_patch::PatchOperation = serde_json::from_value(Value::Object(operation)).map_err(|_| {
        Refusal::Malformed("it needs 'op', 'path' and what the operation takes (RFC 6902 §4)".to_owned())
    })?;
    json_patch::patch(document, &[operation])
        .map_err(|_| Refusal::Conflict(format!("nothing is at '{}'", path.escape_default())))
}

/// Checks a path, and turns negative indices into those that count from the start.
fn settle(document: &Value, path: &str) -> Result<String, Refusal> {
    if !path.is_empty() && !path.starts_with('/') {
        return Err(Refusal::Malformed(format!("'{}' is no JSON Pointer", path.escape_default())));
    }
    if path.matches('/').count() > MAX_DEPTH {
        return Err(Refusal::Malformed(format!("its path has more than {MAX_DEPTH} segments")));
    }
    for private in ["/id", "/rotatedsecrets", "/rotated_secrets"] {
        let lower = path.to_ascii_lowercase();
        if lower == private || lower.starts_with(&format!("{private}/")) {
            return Err(Refusal::Malformed(format!("'{}' cannot be patched", path.escape_default())));
        }
    }
    let mut settled = String::new();
    for segment in path.split('/').skip(1) {
        let list = document.pointer(&settled).and_then(Value::as_array);
        let from_end = segment.strip_prefix('-').and_then(|n| n.parse::<usize>().ok());
        settled.push('/');
        match (list, from_end) {
            (Some(list), Some(n)) if n <= list.len() => settled.push_str(&(list.len() - n).to_string()),
            _ => settled.push_str(segment),
        }
    }
    Ok(settled)
}

fn last_segment(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Makes the objects and lists above `path` that are missing or `null`: a list where the next segment is an index.
fn make_parents(document: &mut Value, path: &str) -> Result<(), Refusal> {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let mut place = document;
    for pair in segments.windows(2) {
        let next_is_index = pair[1] == "-" || pair[1].parse::<usize>().is_ok();
        let name = pair[0].replace("~1", "/").replace("~0", "~");
        let missing = || if next_is_index { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
        place = match place {
            Value::Object(members) => {
                let child = members.entry(name).or_insert_with(missing);
                if child.is_null() {
                    *child = missing();
                }
                child
            }
            Value::Array(items) => match name.parse::<usize>().ok().and_then(|n| items.get_mut(n)) {
                Some(child) => child,
                None => return Ok(()),
            },
            _ => return Err(Refusal::Conflict(format!("nothing can stand below '{}'", name.escape_default()))),
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patched(patch: Value) -> Result<Patched, Reason> {
        let client = ClientJson {
            client_id: "c".to_owned(),
            contacts: Some(vec!["a".to_owned(), "b".to_owned()]),
            ..ClientJson::default()
        };
        apply(&client, patch.to_string().as_bytes())
    }

    #[test]
    fn operations_change_what_they_name() {
        let done = patched(json!([
            {"op": "replace", "path": "/client_name", "value": "new"},
            {"op": "add", "path": "/contacts/-", "value": "c"},
            {"op": "remove", "path": "/contacts/-3"},
            {"op": "replace", "path": "/jwks_uri", "value": "https://example.org/keys"},
            {"op": "add", "path": "/post_logout_redirect_uris/-", "value": "https://example.org/"},
        ]));
        let client = done.map(|done| done.client).unwrap_or_default();
        assert_eq!(client.client_name, "new");
        assert_eq!(client.contacts, Some(vec!["b".to_owned(), "c".to_owned()]));
        assert_eq!(client.jwks_uri, "https://example.org/keys");
        assert_eq!(client.post_logout_redirect_uris, ["https://example.org/"]);
        assert_eq!(client.client_secret, "");
    }

    #[test]
    fn the_secret_can_be_set_and_removed_but_not_looked_at() {
        let set = patched(json!([{"op": "replace", "path": "/client_secret", "value": "new-secret"}])).ok();
        assert_eq!(set.map(|done| done.client.client_secret), Some("new-secret".to_owned()));
        let removed = patched(json!([{"op": "remove", "path": "/client_secret"}])).ok();
        assert_eq!(removed.map(|done| done.secret_removed), Some(true));
        assert!(patched(json!([{"op": "test", "path": "/client_secret", "value": "$pbkdf2"}])).is_err());
    }

    #[test]
    fn metadata_keeps_its_letters_and_its_numbers_their_digits() {
        let stored = r#"{ "price": 1.10, "big": 12345678901234567890123, "list": [1e2, "\u0001"] }"#;
        let metadata = |patch: &str| {
            let raw = serde_json::value::RawValue::from_string(stored.to_owned()).expect("it is JSON");
            let client = ClientJson { metadata: Some(raw), ..ClientJson::default() };
            let done = apply(&client, patch.as_bytes()).expect("it can be applied");
            done.client.metadata.map(|raw| raw.get().to_owned()).expect("it is there")
        };
        for other in [
            "[]",
            r#"[{"op":"replace","path":"/client_name","value":"x"}]"#,
            r#"[{"op":"replace","path":"/metadata/price","value":1.10}]"#,
        ] {
            assert_eq!(metadata(other), stored, "{other}");
        }
        assert_eq!(
            metadata(r#"[{"op":"add","path":"/metadata/list/-","value":2.50},{"op":"remove","path":"/metadata/big"}]"#),
            r#"{"price":1.10,"list":[1e2,"\u0001",2.50]}"#
        );
        assert_eq!(metadata(r#"[{"op":"replace","path":"/metadata/price","value":1.1}]"#).find("1.1,"), Some(9));
        let whole = r#"{"op":"replace","path":"/metadata","value":{"n":100000000000000000000.0}}"#;
        assert_eq!(metadata(&format!("[{whole}]")), r#"{"n":100000000000000000000.0}"#);
    }

    #[test]
    fn what_cannot_be_applied_is_refused() {
        for odd in [
            json!({}),
            json!([1]),
            json!([{"op": "dance", "path": "/client_name"}]),
            json!([{"op": "add", "path": "/client_name"}]),
            json!([{"op": "add", "path": "client_name", "value": "x"}]),
            json!([{"op": "remove", "path": "/nothing"}]),
            json!([{"op": "test", "path": "/client_name", "value": "other"}]),
            json!([{"op": "move", "path": "/owner", "from": "/client_id"}]),
            json!([{"op": "copy", "path": "/owner", "from": "/client_secret"}]),
            json!([{"op": "add", "path": format!("/metadata{}", "/a".repeat(100_000)), "value": 1}]),
            json!([{"op": "add", "path": "/Client_Name", "value": "x"}]),
            json!([{"op": "replace", "path": "/id", "value": "x"}]),
            json!([{"op": "add", "path": "/RotatedSecrets/-", "value": "x"}]),
            json!([{"op": "replace", "path": "/client_name", "value": 7}]),
            json!([{"op": "add", "path": 7, "value": "x"}]),
            json!([{"op": 7, "path": "/client_name", "value": "x"}]),
            json!([{"op": "add", "path": "/client_name/deeper/still", "value": 7}]),
            json!([{"op": "replace", "path": "/contacts/17", "value": "x"}]),
            json!([{"op": "replace", "path": "", "value": []}]),
        ] {
            assert!(patched(odd.clone()).is_err(), "{odd}");
        }
        assert!(apply(&ClientJson::default(), b"").is_err());
        assert!(apply(&ClientJson::default(), b"null").is_ok());
    }
}
