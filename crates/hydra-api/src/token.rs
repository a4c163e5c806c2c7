//! The answer of the token endpoint.

use std::fmt;

use serde::{Deserialize, Serialize};

/// RFC 6749 §5.1 with the members that OpenID Connect Core §3.1.3.3 adds.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: String,
    /// Nonce for a credential request (OIDC userinfo credentials, draft 00).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub c_nonce_draft_00: Option<String>,
    /// Seconds for which that nonce works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub c_nonce_expires_in_draft_00: Option<i64>,
    /// Seconds for which the access token works.
    #[serde(default)]
    pub expires_in: i64,
    /// The ID token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// The refresh token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Granted scope, separated by spaces; may be empty.
    #[serde(default)]
    pub scope: String,
    /// `bearer`.
    pub token_type: String,
}

/// Everything but the tokens.
impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse")
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .field("token_type", &self.token_type)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]
mod tests {
    use super::TokenResponse;
    use crate::go_json;

    #[test]
    fn members_are_in_alphabetical_order_and_absent_when_not_granted() {
        let mut response = TokenResponse {
            access_token: "at".into(),
            expires_in: 3599,
            scope: "api".into(),
            token_type: "bearer".into(),
            ..TokenResponse::default()
        };
        let short = r#"{"access_token":"at","expires_in":3599,"scope":"api","token_type":"bearer"}"#;
        assert_eq!(go_json::to_string(&response).unwrap(), short);
        response.refresh_token = Some("rt".into());
        response.id_token = Some("it".into());
        let long = r#"{"access_token":"at","expires_in":3599,"id_token":"it","refresh_token":"rt","scope":"api","token_type":"bearer"}"#;
        assert_eq!(go_json::to_string(&response).unwrap(), long);
    }

    #[test]
    fn debug_output_shows_no_token() {
        let response = TokenResponse {
            access_token: "hush-1".into(),
            refresh_token: Some("hush-2".into()),
            id_token: Some("hush-3".into()),
            c_nonce_draft_00: Some("hush-4".into()),
            ..TokenResponse::default()
        };
        assert!(!format!("{response:?}").contains("hush"));
    }
}
