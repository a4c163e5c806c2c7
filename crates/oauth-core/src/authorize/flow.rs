//! The states of a login, from the first visit to the answer. A transition consumes its state, and nothing but a transition makes
//! the next one.
//!
//! ```text
//! AwaitingLogin ── accept, reject ──▶ LoginDone ── ask_consent ──▶ AwaitingConsent ── accept, reject ──▶ ConsentDone
//!  login_challenge                login_verifier                 consent_challenge                  consent_verifier
//! ```
//!
//! No state is stored, and none has a `Debug`: each travels through the browser, sealed (`seal`), as the challenge or verifier written below it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::seal::packed;
use crate::{
    Error,
    ids::{Csrf, FlowId, LoginSessionId, RequestId},
    token::Claims,
};

/// What does not change on the way.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Name of the flow.
    #[serde(with = "packed::hex_id")]
    pub flow: FlowId,
    /// The parameters of the authorization request, as they came.
    #[serde(with = "packed::parameters")]
    pub parameters: Vec<(String, String)>,
    /// They are those of a request object: nobody may change them on the way.
    pub is_fixed: bool,
    /// When it began, whole seconds. Login and consent together may take so long from here.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub began_at: DateTime<Utc>,
    /// The name of this server in the browser, if we know it: a cookie is sent back to the same name only.
    pub host: Option<String>,
    /// The login session that this login makes, or goes on with.
    #[serde(with = "packed::uuid_id")]
    pub session: LoginSessionId,
    /// What the browser must prove to have: 32 hex digits, in a cookie.
    #[serde(with = "packed::hex_id")]
    pub login_csrf: Csrf,
}

/// Waits for the login application: a login challenge.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct AwaitingLogin {
    /// Where it began.
    pub origin: Origin,
    /// Who the browser's session says is there, if that is enough for this request.
    pub remembered: Option<Remembered>,
}

/// A login that is remembered.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Remembered {
    /// The user.
    pub subject: String,
    /// When the user logged in, whole seconds.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub authenticated_at: DateTime<Utc>,
}

/// The login application has answered: a login verifier.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct LoginDone {
    /// Where it began.
    pub origin: Origin,
    /// What the application said.
    pub outcome: Result<Login, Rejection>,
}

/// A login that an application vouches for.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Login {
    /// The user.
    pub subject: String,
    /// When the user logged in, whole seconds.
    #[serde(with = "chrono::serde::ts_seconds")]
    pub authenticated_at: DateTime<Utc>,
    /// Whether the user was remembered, and not asked.
    pub skipped: bool,
    /// Whether the browser is to be remembered.
    pub remember: bool,
    /// For how many seconds; 0: as long as sessions are.
    pub remember_for: i64,
    /// Whether a remembered login starts anew.
    pub extend_session_lifespan: bool,
    /// Authentication Context Class Reference (OIDC Core §2).
    pub acr: String,
    /// Authentication Methods References (RFC 8176).
    pub amr: Vec<String>,
    /// Session at the identity provider, to be ended together with this one.
    pub identity_provider_session_id: String,
    /// What the client is to know the user by, instead of a computed pairwise identifier.
    pub force_subject_identifier: String,
    /// Any JSON for the consent application, as text.
    pub context: Option<String>,
}

/// Waits for the consent application: a consent challenge.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct AwaitingConsent {
    /// Where it began.
    pub origin: Origin,
    /// Who logged in.
    pub login: Login,
    /// Name of the consent; all tokens that come of it refer to it.
    #[serde(with = "packed::hex_id")]
    pub id: RequestId,
    /// Whether an earlier consent covers the request.
    pub skip: bool,
    /// What the browser must prove to have.
    #[serde(with = "packed::hex_id")]
    pub consent_csrf: Csrf,
}

/// The consent application has answered: a consent verifier.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ConsentDone {
    /// What it was asked.
    pub asked: AwaitingConsent,
    /// What the application said.
    pub outcome: Result<Consent, Rejection>,
}

/// What a user allowed.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Consent {
    /// Scope granted.
    pub granted_scope: Vec<String>,
    /// Audience granted.
    pub granted_audience: Vec<String>,
    /// Whether later requests may skip the question.
    pub remember: bool,
    /// For how many seconds from the beginning of the flow; 0: for ever.
    pub remember_for: i32,
    /// When it was given.
    #[serde(with = "chrono::serde::ts_microseconds")]
    pub handled_at: DateTime<Utc>,
    /// Any JSON of the consent application, as text; `None`: what the login application said stays.
    pub context: Option<String>,
    /// Claims for the ID token.
    pub id_token_claims: Claims,
    /// Claims for the access token.
    pub access_token_claims: Claims,
}

/// A login or consent application said no. The client gets to read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// The error code.
    pub error: String,
    /// What the client gets to read: description and hint.
    pub description: String,
    /// HTTP status that the application would like.
    pub status: u16,
}

/// Characters that RFC 6749 §4.1.2.1 keeps out of error codes and descriptions.
fn printable(text: &str) -> String {
    text.chars().map(|c| if matches!(c, ' '..='~') && c != '"' && c != '\\' { c } else { '\'' }).collect()
}

impl Rejection {
    /// Takes what an application sent; what it left out says which application it was.
    pub fn new(error: &str, description: &str, hint: &str, status: Option<u16>, asked: &'static str) -> Self {
        let mut said = description.to_owned();
        if !hint.is_empty() {
            said = format!("{said} {hint}").trim().to_owned();
        }
        if said.is_empty() {
            said = format!("The {asked} application did not accept the request and gave no reason.");
        }
        let error = if error.is_empty() { format!("{asked} request denied") } else { printable(error) };
        Self { error, description: said, status: status.filter(|status| (400..600).contains(status)).unwrap_or(400) }
    }
}

impl AwaitingLogin {
    /// The application vouches for a user. A remembered login keeps its time.
    pub(crate) fn accept(self, accepted: Login) -> LoginDone {
        let login = match self.remembered {
            Some(remembered) => {
                Login { skipped: true, remember: true, authenticated_at: remembered.authenticated_at, ..accepted }
            }
            None => Login { skipped: false, ..accepted },
        };
        LoginDone { origin: self.origin, outcome: Ok(login) }
    }

    /// The application lets nobody in.
    pub(crate) fn reject(self, rejection: Rejection) -> LoginDone {
        LoginDone { origin: self.origin, outcome: Err(rejection) }
    }
}

impl LoginDone {
    /// Who logged in, or the application's reason why nobody did.
    pub(crate) fn login(self) -> Result<(Origin, Login), Error> {
        match self.outcome {
            Ok(login) => Ok((self.origin, login)),
            Err(rejection) => Err(Error::Rejected(rejection)),
        }
    }
}

impl AwaitingConsent {
    /// The user allows something.
    pub(crate) fn accept(self, consent: Consent) -> ConsentDone {
        ConsentDone { asked: self, outcome: Ok(consent) }
    }

    /// The user, or the application, allows nothing.
    pub(crate) fn reject(self, rejection: Rejection) -> ConsentDone {
        ConsentDone { asked: self, outcome: Err(rejection) }
    }
}

impl ConsentDone {
    /// What was allowed, or the application's reason why nothing was.
    pub(crate) fn consent(self) -> Result<(AwaitingConsent, Consent), Error> {
        match self.outcome {
            Ok(consent) => Ok((self.asked, consent)),
            Err(rejection) => Err(Error::Rejected(rejection)),
        }
    }
}
