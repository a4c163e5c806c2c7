//! Why a request was refused ([`Error`], in the words of our domain), and the word the RFCs have for it ([`ErrorCode`]).
//!
//! The mapping from reason to word happens here and nowhere else; statuses and bodies are the HTTP crate's.

use chrono::TimeDelta;

use crate::{
    RemoteError,
    authorize::{ObjectFault, Rejection},
    client::AssertionFault,
    storage::StorageError,
    trap::{AssertionTrap, CookieTrap, Mismatch, PkceMismatch, SealTrap, Trap},
};

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
    #[error("Client authentication failed: unknown client, or wrong secret.")]
    SecretNotEncoded,
    #[error("Client authentication failed: the client is registered for '{registered}' but used '{used}'.")]
    WrongAuthMethod { registered: String, used: String },
    #[error("The client assertion is refused: {0}.")]
    Assertion(AssertionFault),

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

    // Authorization requests.
    #[error("There is no client with the id '{0}'.")]
    UnknownClient(String),
    #[error("The client has not registered any redirect URI. Register one, and send it as 'redirect_uri'.")]
    NoRedirectUri,
    #[error(
        "The client has registered several redirect URIs, so the request must say which one it means: 'redirect_uri'."
    )]
    AmbiguousRedirectUri,
    #[error("The redirect URI cannot be redirected to: it must be absolute and have no fragment.")]
    UnusableRedirectUri,
    #[error("The redirect URI of the request is not one that the client has registered.")]
    RedirectUriMismatch(Mismatch),
    #[error("Plain http is safe on the user's own machine only; register a redirect URI with https.")]
    InsecureRedirectUri,
    #[error("The response mode '{0}' is not one of 'query', 'fragment' and 'form_post'.")]
    UnsupportedResponseMode(String),
    #[error("The response mode 'query' would leave tokens in logs and histories; use 'fragment' or 'form_post'.")]
    TokensInQuery,
    #[error("The parameter 'response_type' is missing.")]
    NoResponseType,
    #[error(
        "The response type '{0}' is not one that the client has registered. Add it to the client's response_types."
    )]
    ResponseTypeNotRegistered(String),
    #[error("The response type '{0}' needs the scope 'openid' to be asked for and granted.")]
    ResponseTypeNotServed(String),
    #[error("The parameter 'state' has {0} characters; at least 8 are needed, so that nobody can guess it.")]
    StateTooShort(usize),
    #[error("The parameter 'nonce' has {0} characters; at least 8 are needed, so that nobody can guess it.")]
    NonceTooShort(usize),
    #[error("The response type asks for an ID token in the redirect, which needs a 'nonce'.")]
    NoNonce,
    #[error("The parameter 'registration' is not served; register the client beforehand.")]
    RegistrationNotServed,
    #[error("The request object is refused: {0}.")]
    RequestObject(ObjectFault),
    #[error("The client has not registered the request_uri '{0}'. Add it to the client's request_uris, to the letter.")]
    RequestUriNotRegistered(String),
    #[error("The request object cannot be had at the request_uri: {0}.")]
    RequestUriUnusable(RemoteError),
    #[error("The 'id_token_hint' cannot be used: {0}.")]
    BadIdTokenHint(&'static str),
    #[error("The user must log in: {0}.")]
    LoginRequired(&'static str),
    #[error("The user must log in: no session of this browser is remembered.")]
    NoSession,
    #[error("The user must be asked for consent: {0}.")]
    ConsentRequired(&'static str),
    #[error("The client must send a PKCE challenge: 'code_challenge', with 'code_challenge_method=S256'.")]
    PkceRequired,
    #[error("The PKCE method '{0}' is not served; send 'code_challenge_method=S256' and the SHA-256 of the verifier.")]
    PkceMethodNotServed(String),
    #[error("Pairwise subjects need one redirect URI, or a sector_identifier_uri, to tell who the client belongs to.")]
    NoSector,

    // Challenges and verifiers.
    #[error("This challenge or verifier is not known here.")]
    UnknownChallenge(SealTrap),
    #[error("This verifier is not known here.")]
    UnknownVerifier(SealTrap),
    #[error("The request began more than {} minutes ago and has expired. Start again.", allowed.num_minutes())]
    ChallengeExpired { age: TimeDelta, allowed: TimeDelta },
    #[error("The verifier belongs to a request of another client.")]
    VerifierOfAnotherClient,
    #[error("This verifier was used before. Start again.")]
    VerifierSpent,
    #[error("The request was not begun in this browser, or the browser did not send its cookie back.")]
    Csrf(CookieTrap),
    #[error("{}", .0.description)]
    Rejected(Rejection),
    #[error("The scope '{0}' was not asked for, so it cannot be granted.")]
    ScopeNotAskedFor(String),
    #[error("The audience '{0}' was not asked for, so it cannot be granted.")]
    AudienceNotAskedFor(String),
    #[error("Another user is known to this client by the same 'force_subject_identifier'.")]
    IdentifierTaken,
    #[error("The logout cannot begin: {0}.")]
    BadLogout(&'static str),

    // Codes, refresh tokens, bearer tokens.
    #[error("The authorization code was not issued here, or not as it is.")]
    UnknownCode,
    #[error("The authorization code was redeemed before. What was issued for it is revoked.")]
    CodeSpent { ago: TimeDelta },
    #[error("The authorization code was redeemed by another call at the same moment.")]
    CodeRaceLost,
    #[error("The authorization code is older than the {} seconds that codes live (ttl.auth_code).", allowed.num_seconds())]
    CodeExpired { age: TimeDelta, allowed: TimeDelta },
    #[error("The authorization code was issued to another client.")]
    CodeOfAnotherClient,
    #[error("The 'redirect_uri' is not the one that the authorization request was sent with.")]
    RedirectUriDiffers,
    #[error("The 'code_verifier' does not fit the 'code_challenge' that the authorization request was sent with.")]
    PkceMismatch(PkceMismatch),
    #[error("The refresh token was not issued here, not as it is, or was revoked.")]
    UnknownRefreshToken,
    #[error(
        "The refresh token was used before. The authorization it belongs to has ended; the user must log in again."
    )]
    RefreshTokenSpent,
    #[error("The refresh token was used before, for something else.")]
    RefreshedOtherwise,
    #[error("The refresh token has expired.")]
    RefreshTokenExpired,
    #[error("The refresh token was issued to another client.")]
    RefreshTokenOfAnotherClient,
    #[error("The authorization does not include the scope 'offline' or 'offline_access', which refreshing needs.")]
    NotOffline,
    #[error("The scope '{0}' is not part of what was granted, and a refresh cannot add it.")]
    ScopeWidened(String),
    #[error("The request carries no access token. Send it as 'Authorization: Bearer …'.")]
    NoAccessToken,
    #[error("The access token is unknown, has expired, or was revoked.")]
    InvalidAccessToken,
    #[error("The access token was not granted the scope '{0}'.")]
    InsufficientScope(&'static str),
    #[error("The access token was issued to a client for itself, so there is no user to tell of.")]
    NoUser,
    #[error("{0}")]
    BadCredentialRequest(String),

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
    InvalidGrant,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedResponseType,
    UnsupportedResponseMode,
    InvalidScope,
    InvalidState,
    InsufficientEntropy,
    LoginRequired,
    ConsentRequired,
    AccessDenied,
    RegistrationNotSupported,
    InvalidRequestObject,
    InvalidRequestUri,
    RequestUnauthorized,
    RequestForbidden,
    ScopeNotGranted,
    InvalidToken,
    InsufficientScope,
    InvalidClientMetadata,
    InvalidRedirectUri,
    NotFound,
    Conflict,
    ServerError,
    TemporarilyUnavailable,
}

impl ErrorCode {
    /// The word as it is sent (RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 7591 §3.2.2, OIDC Core §3.1.2.6; some are Hydra's
    /// own).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::UnsupportedResponseMode => "unsupported_response_mode",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidState => "invalid_state",
            Self::InsufficientEntropy => "insufficient_entropy",
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::AccessDenied => "access_denied",
            Self::RegistrationNotSupported => "registration_not_supported",
            Self::InvalidRequestObject => "invalid_request_object",
            Self::InvalidRequestUri => "invalid_request_uri",
            Self::RequestUnauthorized => "request_unauthorized",
            Self::RequestForbidden => "request_forbidden",
            Self::ScopeNotGranted => "scope_not_granted",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
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
            | Self::NoRedirectUri
            | Self::AmbiguousRedirectUri
            | Self::UnusableRedirectUri
            | Self::RedirectUriMismatch(_)
            | Self::InsecureRedirectUri
            | Self::NoNonce
            | Self::BadIdTokenHint(_)
            | Self::PkceRequired
            | Self::PkceMethodNotServed(_)
            | Self::NoSector
            | Self::AudienceNotAskedFor(_)
            | Self::IdentifierTaken
            | Self::BadLogout(_)
            | Self::BadCredentialRequest(_)
            | Self::NoSecretToRotate(_)
            | Self::InvalidKey(_)
            | Self::UnsupportedKeyAlgorithm(_)
            | Self::BadPageToken(_) => ErrorCode::InvalidRequest,
            Self::ClientRefused
            | Self::SecretNotEncoded
            | Self::WrongAuthMethod { .. }
            | Self::Assertion(_)
            | Self::UnknownClient(_)
            | Self::VerifierOfAnotherClient => ErrorCode::InvalidClient,
            Self::UnsupportedResponseMode(_) | Self::TokensInQuery => ErrorCode::UnsupportedResponseMode,
            Self::NoResponseType | Self::ResponseTypeNotRegistered(_) | Self::ResponseTypeNotServed(_) => {
                ErrorCode::UnsupportedResponseType
            }
            Self::StateTooShort(_) => ErrorCode::InvalidState,
            Self::NonceTooShort(_) => ErrorCode::InsufficientEntropy,
            Self::RegistrationNotServed => ErrorCode::RegistrationNotSupported,
            Self::RequestObject(_) => ErrorCode::InvalidRequestObject,
            Self::RequestUriNotRegistered(_) | Self::RequestUriUnusable(_) => ErrorCode::InvalidRequestUri,
            Self::LoginRequired(_) | Self::NoSession => ErrorCode::LoginRequired,
            Self::ConsentRequired(_) => ErrorCode::ConsentRequired,
            Self::UnknownChallenge(_) => ErrorCode::NotFound,
            Self::UnknownVerifier(_) | Self::VerifierSpent | Self::Rejected(_) => ErrorCode::AccessDenied,
            Self::ChallengeExpired { .. } => ErrorCode::RequestUnauthorized,
            Self::Csrf(_) => ErrorCode::RequestForbidden,
            Self::UnknownCode
            | Self::CodeSpent { .. }
            | Self::CodeRaceLost
            | Self::CodeExpired { .. }
            | Self::CodeOfAnotherClient
            | Self::RedirectUriDiffers
            | Self::PkceMismatch(_)
            | Self::UnknownRefreshToken
            | Self::RefreshTokenSpent
            | Self::RefreshedOtherwise
            | Self::RefreshTokenExpired
            | Self::RefreshTokenOfAnotherClient => ErrorCode::InvalidGrant,
            Self::NotOffline => ErrorCode::ScopeNotGranted,
            Self::NoAccessToken | Self::InvalidAccessToken => ErrorCode::InvalidToken,
            Self::InsufficientScope(_) | Self::NoUser => ErrorCode::InsufficientScope,
            Self::UnsupportedGrantType(_) => ErrorCode::UnsupportedGrantType,
            Self::GrantNotRegistered(_) | Self::PublicClient => ErrorCode::UnauthorizedClient,
            Self::MalformedScope(_) | Self::ScopeNotAllowed(_) | Self::ScopeNotAskedFor(_) | Self::ScopeWidened(_) => {
                ErrorCode::InvalidScope
            }
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

    /// The word as it is sent. A login or consent application that refused chose its own.
    pub fn word(&self) -> &str {
        match self {
            Self::Rejected(rejection) => &rejection.error,
            other => other.code().as_str(),
        }
    }

    /// What usually lies behind this reason, where we can tell: which mistake it is, and what to change.
    pub fn trap(&self) -> Option<Trap> {
        Some(match self {
            Self::Csrf(trap) => Trap::Cookie(trap.clone()),
            Self::UnknownChallenge(trap) | Self::UnknownVerifier(trap) => Trap::Seal(*trap),
            Self::ChallengeExpired { age, allowed } => Trap::ChallengeExpired { age: *age, allowed: *allowed },
            Self::RedirectUriMismatch(mismatch) => Trap::RedirectUri(mismatch.clone()),
            Self::UnknownClient(id) => Trap::ClientUnknown { id: id.clone() },
            Self::WrongAuthMethod { registered, used } => {
                Trap::AuthMethod { registered: registered.clone(), used: used.clone() }
            }
            Self::ClientRefused => Trap::Secret,
            Self::SecretNotEncoded => Trap::SecretEncoding,
            Self::Assertion(fault) => Trap::Assertion(AssertionTrap::of(fault)?),
            Self::CodeSpent { ago } => Trap::CodeReused { ago: *ago },
            Self::CodeExpired { age, allowed } => Trap::CodeExpired { age: *age, allowed: *allowed },
            Self::PkceMismatch(mismatch) => Trap::Pkce(*mismatch),
            Self::StateTooShort(length) => Trap::StateShort { length: *length },
            Self::ScopeNotAllowed(scope) => Trap::ScopeNotAllowed { scope: scope.clone() },
            Self::NoSession => Trap::SessionNotRemembered,
            _ => return None,
        })
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
