//! The bodies of refusals.

use serde::{Deserialize, Serialize};

/// The error of RFC 6749 §5.2, in which the admin API answers too: exactly two members, both always present.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The code, or for some admin errors a fixed sentence.
    pub error: String,
    /// What went wrong, for people; may be empty.
    #[serde(default)]
    pub error_description: String,
}

/// The answer to an unknown route for a caller that prefers JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotFoundPage {
    /// The one member.
    pub error: NotFoundReason,
}

/// What [`NotFoundPage`] wraps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotFoundReason {
    /// The HTTP status, 404.
    pub code: u16,
    /// The status in words.
    pub message: String,
    /// What to check.
    pub reason: String,
}

impl NotFoundPage {
    /// The page with its fixed status and the given hint.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { error: NotFoundReason { code: 404, message: "Not Found".to_owned(), reason: reason.into() } }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]
mod tests {
    use super::{ErrorBody, NotFoundPage};
    use crate::go_json;

    #[test]
    fn an_error_has_both_members_even_when_empty() {
        let body = ErrorBody { error: "invalid_grant".into(), ..ErrorBody::default() };
        assert_eq!(go_json::to_string(&body).unwrap(), r#"{"error":"invalid_grant","error_description":""}"#);
    }

    #[test]
    fn the_page_for_unknown_routes_nests_its_error() {
        let expected = r#"{"error":{"code":404,"message":"Not Found","reason":"look again"}}"#;
        assert_eq!(go_json::to_string(&NotFoundPage::new("look again")).unwrap(), expected);
    }
}
