//! JSON that the user hands in: a file, or standard input.

use std::io::Read;

use serde_json::value::RawValue;
use std::collections::BTreeMap;

use crate::failure::Failure;

/// The members of a JSON object, values untouched, names in alphabetical order.
pub(super) type Members = BTreeMap<String, Box<RawValue>>;

/// Reads a JSON object from a file; `-` is standard input.
pub(super) fn object(path: &str) -> Result<Members, Failure> {
    let read = match path {
        "-" => {
            let mut text = Vec::new();
            std::io::stdin().lock().read_to_end(&mut text).map(|_| text)
        }
        path => std::fs::read(path),
    };
    let name = if path == "-" { "standard input" } else { path };
    let text = read.map_err(|error| Failure::Message(format!("{name} cannot be read: {error}")))?;
    serde_json::from_slice(&text)
        .map_err(|error| Failure::Message(format!("{name} does not hold one client as a JSON object: {error}")))
}

/// A text member of such an object, unless it is missing or empty.
pub(super) fn text(members: &Members, name: &str) -> Option<String> {
    let text: String = serde_json::from_str(members.get(name)?.get()).ok()?;
    (!text.is_empty()).then_some(text)
}
