//! From a reason to a status and a body. There are two shapes: OAuth endpoints answer as RFC 6749 §5.2 asks
//! ([`OAuthFailure`]), all others in the flat shape of Hydra's API ([`ApiFailure`]). A failure is logged here, once; what is
//! wrong on our side is told to the log alone.

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use hydra_api::ErrorBody;
use oauth_core::{Error, ErrorCode, storage::StorageError, trap::Trap};

use crate::respond::{NO_STORE, json_bytes};

/// Why a request failed: a rule of the core, or trouble with HTTP itself.
#[derive(Debug)]
pub(crate) enum Reason {
    /// A rule of the core.
    Rule(Error),
    /// The body is larger than `serve.max_body_size`.
    BodyTooLarge(usize),
    /// The body did not arrive whole.
    BodyCutOff,
    /// The body is no JSON of the right form, or a parameter is malformed; the text says where.
    Malformed(String),
    /// What a login, consent or logout application sent, or a parameter of theirs, is not right. These endpoints answer with the
    /// code of OAuth instead of Hydra's phrase.
    InvalidRequest(String),
    /// A JSON Patch that is well-formed but cannot be applied (RFC 5789 §2.2).
    PatchConflict(String),
}

impl From<Error> for Reason {
    fn from(error: Error) -> Self {
        Self::Rule(error)
    }
}

impl Reason {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Rule(error) => match error.code() {
                ErrorCode::InvalidRequest
                | ErrorCode::UnauthorizedClient
                | ErrorCode::UnsupportedGrantType
                | ErrorCode::InvalidScope
                | ErrorCode::InvalidClientMetadata
                | ErrorCode::InvalidRedirectUri
                | ErrorCode::InvalidGrant
                | ErrorCode::UnsupportedResponseType
                | ErrorCode::UnsupportedResponseMode
                | ErrorCode::InvalidState
                | ErrorCode::InsufficientEntropy
                | ErrorCode::LoginRequired
                | ErrorCode::ConsentRequired
                | ErrorCode::RegistrationNotSupported
                | ErrorCode::InvalidRequestObject
                | ErrorCode::InvalidRequestUri => StatusCode::BAD_REQUEST,
                ErrorCode::InvalidClient | ErrorCode::InvalidToken | ErrorCode::RequestUnauthorized => {
                    StatusCode::UNAUTHORIZED
                }
                ErrorCode::AccessDenied
                | ErrorCode::RequestForbidden
                | ErrorCode::ScopeNotGranted
                | ErrorCode::InsufficientScope => StatusCode::FORBIDDEN,
                ErrorCode::NotFound => StatusCode::NOT_FOUND,
                ErrorCode::Conflict => StatusCode::CONFLICT,
                ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
                ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            },
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyCutOff => StatusCode::REQUEST_TIMEOUT,
            Self::Malformed(_) | Self::InvalidRequest(_) => StatusCode::BAD_REQUEST,
            Self::PatchConflict(_) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }

    pub(crate) fn description(&self) -> String {
        match self {
            Self::Rule(error) => error.description(),
            Self::BodyTooLarge(limit) => {
                format!("The body is larger than the {limit} bytes that this server reads (serve.max_body_size).")
            }
            Self::BodyCutOff => "The body did not arrive whole and in time.".to_owned(),
            Self::Malformed(text) | Self::InvalidRequest(text) | Self::PatchConflict(text) => text.clone(),
        }
    }

    /// What the caller gets to read of a refusal. In development that includes what usually lies behind it, and what to change.
    pub(crate) fn told(&self, dev: bool) -> String {
        with_trap(&self.description(), self.trap().filter(|_| dev))
    }

    /// What usually lies behind it.
    pub(crate) fn trap(&self) -> Option<Trap> {
        match self {
            Self::Rule(error) => error.trap(),
            _ => None,
        }
    }

    /// The word in the `error` member of an OAuth answer.
    pub(crate) fn word(&self) -> &str {
        match self {
            Self::Rule(error) => error.word(),
            Self::BodyTooLarge(_)
            | Self::BodyCutOff
            | Self::Malformed(_)
            | Self::InvalidRequest(_)
            | Self::PatchConflict(_) => ErrorCode::InvalidRequest.as_str(),
        }
    }

    /// `error` and `error_description` of an API answer. Clients compare the phrases, so they are Hydra's to the letter.
    fn phrase(&self) -> (&str, String) {
        const MALFORMED: &str = "The request was malformed or contained invalid parameters";
        let error = match self {
            Self::Rule(error) => error,
            Self::InvalidRequest(_) => return (self.word(), self.description()),
            _ => return (MALFORMED, self.description()),
        };
        match error {
            Error::NoSuchClient | Error::NoSuchKey => ("Unable to locate the resource", String::new()),
            Error::NoSuchKeySet | Error::UnknownChallenge(_) => ("Not Found", self.description()),
            Error::ClientExists | Error::KeyExists | Error::Storage(StorageError::Duplicate) => {
                ("Unable to insert or update resource because a resource with that value exists already", String::new())
            }
            Error::UnsupportedKeyAlgorithm(_) => ("Bad Request", self.description()),
            Error::InvalidKey(_)
            | Error::NoSecretToRotate(_)
            | Error::BadPageToken(_)
            | Error::MalformedParameter(_)
            | Error::Storage(StorageError::Unfit(_)) => (MALFORMED, self.description()),
            _ => (error.word(), self.description()),
        }
    }

    /// Writes the failure to the log, once. A reason never carries a secret, and control characters cannot forge lines.
    pub(crate) fn log(&self) {
        let status = self.status();
        if status.is_server_error() {
            match self {
                Self::Rule(error) => log::error!("{}: {}", status.as_u16(), one_line(&error.to_string())),
                _ => log::error!("{}: {}", status.as_u16(), one_line(&self.description())),
            }
        } else {
            let said = one_line(&self.description());
            match self.trap() {
                Some(trap) => {
                    let (name, cure) = (trap.name(), one_line(&trap.to_string()));
                    log::info!("refused with {} {}: {said} [{name}] {cure}", status.as_u16(), self.word());
                }
                None => log::info!("refused with {} {}: {said}", status.as_u16(), self.word()),
            }
        }
    }
}

/// A description, and behind it the sentence of a trap, as RFC 6749 §5.2 lets it be: printable ASCII without `"` and `\`.
fn with_trap(description: &str, trap: Option<Trap>) -> String {
    match trap {
        Some(trap) => quotable(&format!("{description} {}", trap.to_string().replace('…', "..."))),
        None => quotable(description),
    }
}

fn one_line(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

/// A failure in the shape of RFC 6749 §5.2.
#[derive(Debug)]
pub(crate) struct OAuthFailure {
    reason: Reason,
    /// Development mode: the answer says which trap it was.
    dev: bool,
}

/// A failure in the flat shape of the API.
#[derive(Debug)]
pub(crate) struct ApiFailure {
    reason: Reason,
    dev: bool,
}

/// A failure at an endpoint that bearer tokens open (RFC 6750 §3).
#[derive(Debug)]
pub(crate) struct BearerFailure {
    reason: Reason,
    dev: bool,
}

macro_rules! failure {
    ($name:ident) => {
        impl $name {
            /// A failure that, in development, tells more.
            pub(crate) fn new(reason: impl Into<Reason>, dev: bool) -> Self {
                Self { reason: reason.into(), dev }
            }
        }

        impl<R: Into<Reason>> From<R> for $name {
            fn from(reason: R) -> Self {
                Self::new(reason, false)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.reason.description())
            }
        }
    };
}

failure!(OAuthFailure);
failure!(ApiFailure);
failure!(BearerFailure);

impl ResponseError for OAuthFailure {
    fn status_code(&self) -> StatusCode {
        self.reason.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.reason.log();
        let status = self.reason.status();
        let mut response = HttpResponse::build(status);
        response
            .insert_header((header::CONTENT_TYPE, "application/json;charset=UTF-8"))
            .insert_header(NO_STORE)
            .insert_header((header::PRAGMA, HeaderValue::from_static("no-cache")));
        if status == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"hydra\"")));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((header::RETRY_AFTER, HeaderValue::from_static("1")));
        }
        response.body(error_body(self.reason.word(), self.reason.told(self.dev)))
    }
}

impl ResponseError for ApiFailure {
    fn status_code(&self) -> StatusCode {
        self.reason.status()
    }

    fn error_response(&self) -> HttpResponse {
        flat(&self.reason, self.dev)
    }
}

/// The flat shape; and a line in the log.
fn flat(reason: &Reason, dev: bool) -> HttpResponse {
    reason.log();
    let (error, description) = reason.phrase();
    let description = with_trap(&description, reason.trap().filter(|_| dev));
    let mut response = HttpResponse::build(reason.status());
    response.insert_header((header::CONTENT_TYPE, "application/json"));
    if reason.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.insert_header((header::RETRY_AFTER, HeaderValue::from_static("1")));
    }
    let mut body = error_body(error, description);
    body.push(b'\n');
    response.body(body)
}

impl ResponseError for BearerFailure {
    fn status_code(&self) -> StatusCode {
        self.reason.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = flat(&self.reason, self.dev);
        if matches!(self.reason.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            let (word, said) = (self.reason.word(), quotable(&self.reason.description()));
            let challenge = format!("Bearer error=\"{word}\",error_description=\"{said}\"");
            if let Ok(challenge) = HeaderValue::from_str(&challenge) {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            }
        }
        response
    }
}

/// Quotes inside a description become apostrophes (RFC 6749 §5.2 rules `"` and `\` out).
fn quotable(description: &str) -> String {
    description.replace(['"', '\\'], "'")
}

fn error_body(error: &str, error_description: String) -> Vec<u8> {
    json_bytes(&ErrorBody { error: error.to_owned(), error_description })
}
