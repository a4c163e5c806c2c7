//! Reading bodies: the reason for a refusal names the member.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};

/// A body that is not the JSON it should be. The text says what is wrong and where, and never repeats a string value.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The text is no JSON, ends too early or goes on after the value (RFC 8259 §2).
    #[error("the body is not one JSON value: {0}")]
    Syntax(String),
    /// A member has another type than it should.
    #[error("the member `{member}` does not fit: {reason}")]
    Member {
        /// Path to the member, such as `redirect_uris[0]`.
        member: String,
        /// What was expected there.
        reason: String,
    },
    /// The whole value has another type than it should.
    #[error("the body does not fit: {0}")]
    Body(String),
}

/// Reads one JSON value that fills the whole of `body`.
///
/// # Errors
/// The body is not JSON, has text after the value, or a member has the wrong type.
pub fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, DecodeError> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        let reason = without_values(&inner);
        match path.as_str() {
            _ if inner.is_syntax() || inner.is_eof() => DecodeError::Syntax(reason),
            "." | "?" => DecodeError::Body(reason),
            _ => DecodeError::Member { member: path, reason },
        }
    })?;
    json.end().map_err(|error| DecodeError::Syntax(error.to_string()))?;
    Ok(value)
}

/// The parser's reason, with every text that it quotes cut out: the text may be a secret in the wrong place.
fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let (mut kept, mut in_quotes, mut escaped) = (String::with_capacity(text.len()), false, false);
    for letter in text.chars() {
        if letter == '"' && !escaped {
            in_quotes = !in_quotes;
            kept.push_str(if in_quotes { "\"…" } else { "\"" });
        } else if !in_quotes {
            kept.push(letter);
        }
        escaped = letter == '\\' && in_quotes && !escaped;
    }
    kept
}

/// For `#[serde(deserialize_with)]`: `null` counts as "not given".
pub(crate) fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]
mod tests {
    use crate::{Client, decode};

    fn refusal(body: &str) -> String {
        decode::<Client>(body.as_bytes()).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn a_wrong_type_names_its_member() {
        assert!(refusal(r#"{"client_name":5}"#).contains("`client_name`"));
        assert!(refusal(r#"{"redirect_uris":["a",true]}"#).contains("`redirect_uris[1]`"));
        assert!(refusal(r#"{"jwt_bearer_grant_access_token_lifespan":"1d"}"#).contains("`jwt_bearer_grant_access"));
        assert!(refusal(r#"{"created_at":"yesterday"}"#).contains("`created_at`"));
    }

    #[test]
    fn a_secret_in_the_wrong_place_is_not_repeated() {
        let refusal = refusal(r#"{"skip_consent":"hunter2, expected"}"#);
        assert!(!refusal.contains("hunter2"), "{refusal}");
        assert!(refusal.contains("expected a boolean"), "{refusal}");
        for secret in ["hunter2", "hunter\\\"2h", "2hunters"] {
            let body = format!(r#"{{"jwt_bearer_grant_access_token_lifespan":"{secret}"}}"#);
            let refusal = self::refusal(&body);
            assert!(!refusal.contains("hunter"), "{refusal}");
            assert!(refusal.contains("is not a duration: "), "{refusal}");
        }
    }

    #[test]
    fn what_is_no_single_json_object_is_refused() {
        assert!(refusal("").contains("not one JSON value"));
        assert!(refusal("{} {}").contains("not one JSON value"));
        assert!(refusal(r#"{"client_name":"#).contains("not one JSON value"));
        assert!(refusal("7").contains("the body does not fit"));
    }
}
