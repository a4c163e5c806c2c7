//! What login, consent and logout applications and this server say to each other (`/admin/oauth2/auth/requests`), and the list of
//! consents (`/admin/oauth2/auth/sessions`). Members in the order in which they are printed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};

use crate::{Client, decode::null_is_default, time};

/// `GET …/login`: what a login application is asked.
#[derive(Serialize, Deserialize)]
pub struct LoginRequest {
    /// The challenge as given.
    pub challenge: String,
    /// Scope asked for.
    pub requested_scope: Vec<String>,
    /// Audience asked for.
    pub requested_access_token_audience: Vec<String>,
    /// The user is known: accept without asking.
    pub skip: bool,
    /// The known user; empty otherwise.
    pub subject: String,
    /// What OpenID Connect asked for; members that are empty are left out. `null` in a device flow.
    pub oidc_context: Option<Map<String, Value>>,
    /// Who asks.
    pub client: Client,
    /// The authorization request.
    pub request_url: String,
    /// The login session.
    pub session_id: String,
}

/// `PUT …/login/accept`: an application vouches for a user.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AcceptLogin {
    /// The user; required.
    #[serde(deserialize_with = "null_is_default")]
    pub subject: String,
    /// Remember the login in this browser.
    #[serde(deserialize_with = "null_is_default")]
    pub remember: bool,
    /// For how many seconds; 0: as long as the server remembers logins.
    #[serde(deserialize_with = "null_is_default")]
    pub remember_for: i64,
    /// Start the time of a remembered login anew.
    #[serde(deserialize_with = "null_is_default")]
    pub extend_session_lifespan: bool,
    /// Authentication Context Class Reference, for the ID token.
    #[serde(deserialize_with = "null_is_default")]
    pub acr: String,
    /// Authentication Methods References, for the ID token.
    #[serde(deserialize_with = "null_is_default")]
    pub amr: Vec<String>,
    /// Session at the identity provider, to be ended together with this one.
    #[serde(deserialize_with = "null_is_default")]
    pub identity_provider_session_id: String,
    /// What a client with pairwise subjects is to know the user by.
    #[serde(deserialize_with = "null_is_default")]
    pub force_subject_identifier: String,
    /// Any JSON, for the consent application.
    pub context: Option<Box<RawValue>>,
}

/// `PUT …/login/reject` and `…/consent/reject`.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Reject {
    /// The error code that the client gets.
    #[serde(deserialize_with = "null_is_default")]
    pub error: String,
    /// What the client gets to read.
    #[serde(deserialize_with = "null_is_default")]
    pub error_description: String,
    /// Appended to it.
    #[serde(deserialize_with = "null_is_default")]
    pub error_hint: String,
    /// HTTP status.
    #[serde(deserialize_with = "null_is_default")]
    pub status_code: u16,
    /// For the log.
    #[serde(deserialize_with = "null_is_default")]
    pub error_debug: String,
}

/// `GET …/consent`: what a consent application is asked.
#[derive(Serialize, Deserialize)]
pub struct ConsentRequest {
    /// The challenge as given; empty in the list of consents.
    pub challenge: String,
    /// Name of the consent; its tokens refer to it.
    pub consent_request_id: String,
    /// Scope asked for.
    pub requested_scope: Vec<String>,
    /// Audience asked for.
    pub requested_access_token_audience: Vec<String>,
    /// An earlier consent covers this: accept without asking.
    pub skip: bool,
    /// The user.
    pub subject: String,
    /// What OpenID Connect asked for.
    pub oidc_context: Option<Map<String, Value>>,
    /// Who asks.
    pub client: Client,
    /// The authorization request.
    pub request_url: String,
    /// Name of the flow.
    pub login_challenge: String,
    /// The login session.
    pub login_session_id: String,
    /// Authentication Context Class Reference of the login.
    pub acr: String,
    /// Authentication Methods References of the login.
    pub amr: Vec<String>,
    /// What the login application sent; `null` if nothing.
    pub context: Option<Box<RawValue>>,
}

/// `PUT …/consent/accept`: what a user allowed.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AcceptConsent {
    /// Scope granted.
    #[serde(deserialize_with = "null_is_default")]
    pub grant_scope: Vec<String>,
    /// Audience granted.
    #[serde(deserialize_with = "null_is_default")]
    pub grant_access_token_audience: Vec<String>,
    /// Claims of the tokens.
    #[serde(deserialize_with = "null_is_default")]
    pub session: ConsentClaims,
    /// Later requests may skip the question.
    #[serde(deserialize_with = "null_is_default")]
    pub remember: bool,
    /// For how many seconds; 0: for ever.
    #[serde(deserialize_with = "null_is_default")]
    pub remember_for: i64,
    /// Any JSON, instead of what the login application sent.
    pub context: Option<Box<RawValue>>,
}

/// Claims that a consent application gives to tokens.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ConsentClaims {
    /// `ext` of introspection and of JWT access tokens.
    #[serde(deserialize_with = "null_is_default")]
    pub access_token: Map<String, Value>,
    /// Further claims of the ID token.
    #[serde(deserialize_with = "null_is_default")]
    pub id_token: Map<String, Value>,
}

/// An element of `GET …/sessions/consent`.
#[derive(Serialize, Deserialize)]
pub struct ConsentSession {
    /// Name of the consent.
    pub consent_request_id: String,
    /// Scope granted.
    pub grant_scope: Vec<String>,
    /// Audience granted.
    pub grant_access_token_audience: Vec<String>,
    /// Claims of the tokens.
    pub session: ConsentClaims,
    /// Later requests may skip the question.
    pub remember: bool,
    /// For how many seconds; 0: for ever.
    pub remember_for: i64,
    /// When it was given.
    #[serde(serialize_with = "time::serialize")]
    pub handled_at: Option<DateTime<Utc>>,
    /// Any JSON of the applications.
    pub context: Option<Box<RawValue>>,
    /// What was asked.
    pub consent_request: ConsentRequest,
}

/// `GET …/logout`: what a logout application is asked.
#[derive(Serialize, Deserialize)]
pub struct LogoutRequest {
    /// The challenge as given.
    pub challenge: String,
    /// The user.
    pub subject: String,
    /// The login session.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub sid: String,
    /// The logout request, path and query.
    pub request_url: String,
    /// A client asked for it.
    pub rp_initiated: bool,
    /// When it ends.
    #[serde(serialize_with = "time::serialize")]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it began.
    #[serde(serialize_with = "time::serialize")]
    pub requested_at: Option<DateTime<Utc>>,
    /// The client that asked.
    pub client: Option<Client>,
}

/// Where the application sends the browser.
#[derive(Serialize, Deserialize)]
pub struct RedirectTo {
    /// The address.
    pub redirect_to: String,
}
