//! A registered client as the rules see it.

use std::fmt;

use chrono::{DateTime, Utc};
use go_duration::GoDuration;

use crate::ids::ClientId;

/// A registered client: the metadata of RFC 7591 §2 and Hydra's own additions. Empty text and empty lists mean "not set".
#[derive(Clone, Debug, PartialEq)]
pub struct Client {
    /// `client_id`.
    pub id: ClientId,
    /// `client_name`.
    pub name: String,
    /// Hash of the present secret; a public client has one too, of a secret nobody knows.
    pub secret: SecretHash,
    /// Hashes of earlier secrets that still authenticate, newest first, at most [`Client::MAX_ROTATED_SECRETS`].
    pub rotated_secrets: Vec<SecretHash>,
    /// `redirect_uris`.
    pub redirect_uris: Vec<String>,
    /// `grant_types`; empty means `authorization_code` alone (RFC 7591 §2). See [`Client::may_use`].
    pub grant_types: Vec<String>,
    /// `response_types`; empty means `code` alone.
    pub response_types: Vec<String>,
    /// `scope`: what the client may ask for, entries separated by spaces.
    pub scope: String,
    /// Audiences that the client may ask for.
    pub audience: Vec<String>,
    /// Free text of the operator.
    pub owner: String,
    /// `policy_uri`.
    pub policy_uri: String,
    /// Origins allowed by CORS for this client, normalised.
    pub allowed_cors_origins: Vec<String>,
    /// `tos_uri`.
    pub tos_uri: String,
    /// `client_uri`.
    pub client_uri: String,
    /// `logo_uri`.
    pub logo_uri: String,
    /// `contacts`.
    pub contacts: Vec<String>,
    /// `subject_type`: `public` or `pairwise`.
    pub subject_type: String,
    /// `sector_identifier_uri`.
    pub sector_identifier_uri: String,
    /// `jwks_uri`.
    pub jwks_uri: String,
    /// `jwks` as JSON text; `{}` means none.
    pub jwks: String,
    /// `token_endpoint_auth_method`.
    pub token_endpoint_auth_method: AuthMethod,
    /// `token_endpoint_auth_signing_alg`.
    pub token_endpoint_auth_signing_alg: String,
    /// `request_uris`.
    pub request_uris: Vec<String>,
    /// `request_object_signing_alg`.
    pub request_object_signing_alg: String,
    /// `userinfo_signed_response_alg`: `none` or an algorithm.
    pub userinfo_signed_response_alg: String,
    /// When it was registered, whole seconds.
    pub created_at: DateTime<Utc>,
    /// When it was last changed, microseconds.
    pub updated_at: DateTime<Utc>,
    /// `frontchannel_logout_uri`.
    pub frontchannel_logout_uri: String,
    /// `frontchannel_logout_session_required`.
    pub frontchannel_logout_session_required: bool,
    /// `post_logout_redirect_uris`.
    pub post_logout_redirect_uris: Vec<String>,
    /// `backchannel_logout_uri`.
    pub backchannel_logout_uri: String,
    /// `backchannel_logout_session_required`.
    pub backchannel_logout_session_required: bool,
    /// Any JSON of the operator, kept byte for byte.
    pub metadata: String,
    /// Signature part of the registration access token (RFC 7592 §3); empty once it was invalidated.
    pub registration_access_token_signature: String,
    /// Format of this client's access tokens; `None` follows the server's setting.
    pub access_token_strategy: Option<AccessTokenStrategy>,
    /// Shown to the consent application, which may then accept without asking.
    pub skip_consent: bool,
    /// Shown to the logout application.
    pub skip_logout_consent: Option<bool>,
    /// Lifespans that differ from the server's.
    pub lifespans: Lifespans,
}

impl Client {
    /// How many earlier secrets keep working after rotations.
    pub const MAX_ROTATED_SECRETS: usize = 5;

    /// Whether the client registered this grant type; the comparison ignores case, as Hydra's does.
    pub fn may_use(&self, grant_type: &str) -> bool {
        if self.grant_types.is_empty() {
            return grant_type == "authorization_code";
        }
        self.grant_types.iter().any(|registered| registered.eq_ignore_ascii_case(grant_type))
    }

    /// The registered scope, entry by entry.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scope.split(' ').filter(|entry| !entry.is_empty())
    }

    /// A client that cannot keep a secret (RFC 6749 §2.1).
    pub fn is_public(&self) -> bool {
        self.token_endpoint_auth_method == AuthMethod::None
    }
}

/// How a client authenticates at the token endpoint (OIDC Core §9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthMethod {
    /// `client_secret_basic`; also what an empty value means.
    ClientSecretBasic,
    /// `client_secret_post`.
    ClientSecretPost,
    /// `private_key_jwt`.
    PrivateKeyJwt,
    /// `none`: a public client.
    None,
    /// A word that Hydra stored without looking at it. Such a client cannot authenticate.
    Other(String),
}

impl AuthMethod {
    /// The registered word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::None => "none",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for AuthMethod {
    fn from(word: &str) -> Self {
        match word {
            "" | "client_secret_basic" => Self::ClientSecretBasic,
            "client_secret_post" => Self::ClientSecretPost,
            "private_key_jwt" => Self::PrivateKeyJwt,
            "none" => Self::None,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// The two forms of an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessTokenStrategy {
    /// `ory_at_…`: random text with a MAC.
    Opaque,
    /// A signed JWT.
    Jwt,
}

impl AccessTokenStrategy {
    /// The registered word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opaque => "opaque",
            Self::Jwt => "jwt",
        }
    }

    /// Reads the word in any case; `None` for anything else.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Opaque, Self::Jwt].into_iter().find(|strategy| strategy.as_str().eq_ignore_ascii_case(word))
    }
}

/// Hash of a client secret in its stored text form, such as `$pbkdf2-sha256$i=25000,l=32$…`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretHash(String);

impl SecretHash {
    /// Takes the stored text as it is; an unknown form simply never verifies.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The stored text. It must not reach a log: it invites guessing offline.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

/// Lifespans of a client's tokens by grant; `None` follows the server's setting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is the member of the same name in Hydra's API")]
pub struct Lifespans {
    pub authorization_code_grant_access_token: Option<GoDuration>,
    pub authorization_code_grant_id_token: Option<GoDuration>,
    pub authorization_code_grant_refresh_token: Option<GoDuration>,
    pub client_credentials_grant_access_token: Option<GoDuration>,
    pub implicit_grant_access_token: Option<GoDuration>,
    pub implicit_grant_id_token: Option<GoDuration>,
    pub jwt_bearer_grant_access_token: Option<GoDuration>,
    pub refresh_token_grant_id_token: Option<GoDuration>,
    pub refresh_token_grant_access_token: Option<GoDuration>,
    pub refresh_token_grant_refresh_token: Option<GoDuration>,
    pub device_authorization_grant_id_token: Option<GoDuration>,
    pub device_authorization_grant_access_token: Option<GoDuration>,
    pub device_authorization_grant_refresh_token: Option<GoDuration>,
}
