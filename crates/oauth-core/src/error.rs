//! Why a request was refused ([`Error`], in the words of our domain), and the word the RFCs have for it ([`ErrorCode`]).
//!
//! The mapping from reason to word happens here and nowhere else; statuses and bodies are the HTTP crate's.

use crate::storage::StorageError;

/// A reason. Its text is what the caller gets to read, except for the server's own troubles, which stay in the log.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the message of each variant says what happened")]
pub enum Error {
    // The shape of a request.
    #[error(
        "The request carries no form parameters. Send them in the body as application/x-www-form-urlencoded; the query is not read."
    )]
    EmptyForm,
    #[error("The body is not a well-formed form: {0}.")]
    MalformedForm(&'static str),
    #[error("The parameter '{0}' is missing.")]
    MissingParameter(&'static str),
    #[error("The parameter '{0}' was sent more than once.")]
    RepeatedParameter(String),
    #[error("{0}")]
    MalformedParameter(String),

    // Who is asking.
    #[error(
        "The request does not say which client it comes from. Use HTTP Basic authentication, or send 'client_id' in the body."
    )]
    NoClientCredentials,
    #[error(
        "The Authorization header does not hold well-formed Basic credentials. Form-encode client id and secret, join them with ':' and encode the result with Base64."
    )]
    MalformedBasic,
    #[error(
        "The request authenticates the client in two ways at once. Send either Basic credentials or parameters in the body, not both."
    )]
    TwoAuthentications,
    #[error("Client authentication failed: unknown client, or wrong secret.")]
    ClientRefused,
    #[error("Client authentication failed: the client is registered for '{registered}' but used '{used}'.")]
    WrongAuthMethod { registered: String, used: String },
    #[error("The client assertion type is not served.")]
    AssertionNotServed,

    // What is asked for.
    #[error("The grant type '{0}' is not served here.")]
    UnsupportedGrantType(String),
    #[error("The client is not registered for the grant type '{0}'. Add it to the client's grant_types.")]
    GrantNotRegistered(&'static str),
    #[error(
        "The grant type 'client_credentials' needs a client that can keep a secret; this one is registered with token_endpoint_auth_method 'none'."
    )]
    PublicClient,
    #[error("The scope '{0}' is not well-formed.")]
    MalformedScope(String),
    #[error("The client may not ask for the scope '{0}'.")]
    ScopeNotAllowed(String),
    #[error("The client may not ask for the audience '{0}'.")]
    AudienceNotAllowed(String),

    // Administration.
    #[error("{0}")]
    InvalidClientMetadata(String),
    #[error("{0}")]
    InvalidRedirectUri(String),
    #[error("There is no client with this id.")]
    NoSuchClient,
    #[error("A client with this id exists already.")]
    ClientExists,
    #[error("The client was changed by somebody else at the same time. Read it again and repeat the change.")]
    ClientChanged,
    #[error("The client authenticates by '{0}', so it has no secret to rotate.")]
    NoSecretToRotate(String),
    #[error("There is no key set of this name.")]
    NoSuchKeySet,
    #[error("The set has no key with this id.")]
    NoSuchKey,
    #[error("The set has a key with this id already.")]
    KeyExists,
    #[error("{0}")]
    InvalidKey(String),
    #[error(
        "The algorithm '{0}' is not one that keys are made for: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA."
    )]
    UnsupportedKeyAlgorithm(String),
    #[error("The page token cannot be used here: {0}. Start again without one.")]
    BadPageToken(&'static str),

    // Our own troubles.
    #[error("The server has more to do than it can. Try again in a moment.")]
    Busy,
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("{0}")]
    Internal(String),
}

/// The word a client gets to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the error code of the same name")]
pub enum ErrorCode {
    InvalidRequest,
    InvalidClient,
    UnauthorizedClient,
    UnsupportedGrantType,
    InvalidScope,
    InvalidClientMetadata,
    InvalidRedirectUri,
    NotFound,
    Conflict,
    ServerError,
    TemporarilyUnavailable,
}

impl ErrorCode {
    /// The word as it is sent (RFC 6749 §5.2, RFC 7591 §3.2.2).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }
}

impl Error {
    /// The word for this reason.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::EmptyForm
            | Self::MalformedForm(_)
            | Self::MissingParameter(_)
            | Self::RepeatedParameter(_)
            | Self::MalformedParameter(_)
            | Self::NoClientCredentials
            | Self::MalformedBasic
            | Self::TwoAuthentications
            | Self::AudienceNotAllowed(_)
            | Self::NoSecretToRotate(_)
            | Self::InvalidKey(_)
            | Self::UnsupportedKeyAlgorithm(_)
            | Self::BadPageToken(_) => ErrorCode::InvalidRequest,
            Self::ClientRefused | Self::WrongAuthMethod { .. } | Self::AssertionNotServed => ErrorCode::InvalidClient,
            Self::UnsupportedGrantType(_) => ErrorCode::UnsupportedGrantType,
            Self::GrantNotRegistered(_) | Self::PublicClient => ErrorCode::UnauthorizedClient,
            Self::MalformedScope(_) | Self::ScopeNotAllowed(_) => ErrorCode::InvalidScope,
            Self::InvalidClientMetadata(_) => ErrorCode::InvalidClientMetadata,
            Self::InvalidRedirectUri(_) => ErrorCode::InvalidRedirectUri,
            Self::NoSuchClient | Self::NoSuchKeySet | Self::NoSuchKey => ErrorCode::NotFound,
            Self::ClientExists | Self::ClientChanged | Self::KeyExists => ErrorCode::Conflict,
            Self::Busy => ErrorCode::TemporarilyUnavailable,
            Self::Storage(storage) => match storage {
                StorageError::Unavailable(_) | StorageError::Contention => ErrorCode::TemporarilyUnavailable,
                StorageError::Unfit(_) => ErrorCode::InvalidRequest,
                StorageError::Duplicate | StorageError::MissingParent => ErrorCode::Conflict,
                StorageError::Corrupt(_) | StorageError::Refused(_) => ErrorCode::ServerError,
            },
            Self::Internal(_) => ErrorCode::ServerError,
        }
    }

    /// What the caller gets to read: the reason, unless it is about our own insides.
    pub fn description(&self) -> String {
        match (self.code(), self) {
            (ErrorCode::ServerError, _) => "The server met an error of its own; its log says more.".to_owned(),
            (ErrorCode::TemporarilyUnavailable, Self::Storage(_)) => {
                "The server cannot reach its database at the moment. Try again.".to_owned()
            }
            (_, reason) => reason.to_string(),
        }
    }
}

/// The beginning of a text that a caller sent, fit for a message: printable, and short whatever was sent.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 64;
    let mut shown: String = text.chars().take(LONGEST).flat_map(char::escape_default).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}
