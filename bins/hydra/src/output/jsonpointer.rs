//! `--format jsonpointer=…`: RFC 6901 over the result.

use serde_json::Value;

use crate::failure::Failure;

/// What `pointer` finds in `document`. A member that the document may have but does not is `null`.
pub(super) fn find<'a>(
    document: &'a Value,
    pointer: &str,
    known_members: &[&'static str],
) -> Result<&'a Value, Failure> {
    if let Some(found) = document.pointer(pointer) {
        return Ok(found);
    }
    let member = pointer.strip_prefix('/').unwrap_or_default();
    if document.is_object() && known_members.contains(&member) {
        return Ok(&Value::Null);
    }
    Err(Failure::Message(format!(
        "the JSON pointer {pointer:?} finds nothing in the result; a pointer looks like /client_id or /grant_types/0"
    )))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::find;

    #[test]
    fn a_pointer_finds_members_and_elements() {
        let document = json!({"a/b": {"~": [1, 2]}});
        assert_eq!(find(&document, "/a~1b/~0/1", &[]).ok(), Some(&json!(2)));
        assert_eq!(find(&document, "", &[]).ok(), Some(&document));
    }

    #[test]
    fn a_known_member_that_is_not_set_is_null_and_others_are_errors() {
        let document = json!({"a": [1]});
        assert_eq!(find(&document, "/b", &["b"]).ok(), Some(&json!(null)));
        for pointer in ["/c", "a", "/a/1", "/a/01", "/a/-"] {
            assert!(find(&document, pointer, &["b"]).is_err(), "{pointer}");
        }
    }
}
