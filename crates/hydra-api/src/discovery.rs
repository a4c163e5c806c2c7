//! The discovery document.

use serde::{Deserialize, Serialize};

/// OpenID Connect Discovery 1.0 §3, members in the order in which they are printed. Endpoints are absolute URLs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenIdConfiguration {
    /// The issuer.
    pub issuer: String,
    /// RFC 6749 §3.1.
    pub authorization_endpoint: String,
    /// RFC 8628 §3.1.
    pub device_authorization_endpoint: String,
    /// RFC 7591 §3; left out when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<String>,
    /// RFC 6749 §3.2.
    pub token_endpoint: String,
    /// The server's public keys.
    pub jwks_uri: String,
    /// `public`, `pairwise` or both.
    pub subject_types_supported: Vec<String>,
    /// Response types, each one text with spaces.
    pub response_types_supported: Vec<String>,
    /// Claims that may be in an ID token.
    pub claims_supported: Vec<String>,
    /// Grants.
    pub grant_types_supported: Vec<String>,
    /// How authorization answers travel.
    pub response_modes_supported: Vec<String>,
    /// OIDC Core §5.3.
    pub userinfo_endpoint: String,
    /// Scopes.
    pub scopes_supported: Vec<String>,
    /// How clients may authenticate.
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// Algorithms of userinfo answers.
    pub userinfo_signing_alg_values_supported: Vec<String>,
    /// Algorithms of ID tokens.
    pub id_token_signing_alg_values_supported: Vec<String>,
    /// The algorithm in use for ID tokens; a list for the sake of existing clients.
    pub id_token_signed_response_alg: Vec<String>,
    /// The algorithm in use for userinfo answers; a list as well.
    pub userinfo_signed_response_alg: Vec<String>,
    /// OIDC Core §6.1.
    pub request_parameter_supported: bool,
    /// OIDC Core §6.2.
    pub request_uri_parameter_supported: bool,
    /// Whether `request_uris` must be registered.
    pub require_request_uri_registration: bool,
    /// OIDC Core §5.5.
    pub claims_parameter_supported: bool,
    /// RFC 7009 §2.
    pub revocation_endpoint: String,
    /// OIDC Back-Channel Logout §2.1.
    pub backchannel_logout_supported: bool,
    /// Whether logout tokens carry `sid`.
    pub backchannel_logout_session_supported: bool,
    /// OIDC Front-Channel Logout §3.
    pub frontchannel_logout_supported: bool,
    /// Whether front-channel calls carry `iss` and `sid`.
    pub frontchannel_logout_session_supported: bool,
    /// OIDC RP-Initiated Logout §2.1.
    pub end_session_endpoint: String,
    /// Algorithms of request objects.
    pub request_object_signing_alg_values_supported: Vec<String>,
    /// RFC 7636 §4.3.
    pub code_challenge_methods_supported: Vec<String>,
    /// Userinfo credentials, draft 00.
    pub credentials_endpoint_draft_00: String,
    /// Credentials that endpoint issues.
    pub credentials_supported_draft_00: Vec<SupportedCredential>,
}

/// One kind of credential in [`OpenIdConfiguration::credentials_supported_draft_00`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportedCredential {
    /// `jwt_vc_json`.
    pub format: String,
    /// The types of the credential.
    pub types: Vec<String>,
    /// How the holder's key is named.
    pub cryptographic_binding_methods_supported: Vec<String>,
    /// Algorithms of the holder's proof.
    pub cryptographic_suites_supported: Vec<String>,
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]
mod tests {
    use super::OpenIdConfiguration;
    use crate::go_json;

    #[test]
    fn the_registration_endpoint_is_left_out_when_there_is_none() {
        let mut document = OpenIdConfiguration { issuer: "https://op".into(), ..OpenIdConfiguration::default() };
        assert!(!go_json::to_string(&document).unwrap().contains("registration_endpoint"));
        document.registration_endpoint = Some("https://op/oauth2/register".into());
        let start = r#"{"issuer":"https://op","authorization_endpoint":"","device_authorization_endpoint":"","registration_endpoint":"https://op/oauth2/register","token_endpoint":"","jwks_uri":"","#;
        assert!(go_json::to_string(&document).unwrap().starts_with(start));
    }
}
