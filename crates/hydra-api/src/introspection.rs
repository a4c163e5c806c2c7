//! The answer of the introspection endpoint (RFC 7662 §2.2).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What is known about a token. The default is the answer for every token that is not active: `{"active":false}` and
/// nothing else, so that nobody learns why.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Introspection {
    /// Whether the token works now.
    pub active: bool,
    /// Granted scope, separated by spaces; left out when empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Whose token it is; always there when active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The subject; always there when active, may be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// The subject of the ID token, where it differs from `sub` (pairwise identifiers).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obfuscated_subject: Option<String>,
    /// End of life, Unix seconds; always there when active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// When it was issued, Unix seconds; always there when active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// The same as `iat`; always there when active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Reserved for the password grant, which this server does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Granted audience; always there when active, may be empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Vec<String>>,
    /// The issuer; always there when active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// `Bearer`; always there when active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
    /// `access_token` or `refresh_token`; always there when active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_use: Option<String>,
    /// Session data from the consent or a hook; left out when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ext: Option<Map<String, Value>>,
}

impl Introspection {
    /// `{"active":false}`.
    pub fn inactive() -> Self {
        Self::default()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]
mod tests {
    use super::Introspection;
    use crate::go_json;

    #[test]
    fn an_inactive_token_reveals_nothing() {
        assert_eq!(go_json::to_string(&Introspection::inactive()).unwrap(), r#"{"active":false}"#);
    }

    #[test]
    fn an_active_token_keeps_the_order_of_the_reference() {
        let text = r#"{"active":true,"scope":"openid offline","client_id":"robin","sub":"wren","obfuscated_subject":"o","exp":1784890800,"iat":1784887200,"nbf":1784887200,"username":"u","aud":[],"iss":"https://id.example/","token_type":"Bearer","token_use":"access_token","ext":{"tier":"gold"}}"#;
        let introspection: Introspection = serde_json::from_str(text).unwrap();
        assert_eq!(go_json::to_string(&introspection).unwrap(), text);
    }
}
