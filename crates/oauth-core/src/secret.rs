//! Text that must never reach a log.

use std::{fmt, marker::PhantomData};

/// Text that must never reach a log. [`Secret::expose`] is the one way out, so that a reviewer can search for it. There
/// is no `PartialEq`: secrets are compared by what verifies them, in constant time.
pub struct Secret<Kind>(String, PhantomData<fn() -> Kind>);

impl<Kind> Secret<Kind> {
    /// Takes the text in custody.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into(), PhantomData)
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Gives the text away, to be sent to the one who asked for it.
    pub fn into_exposed(self) -> String {
        self.0
    }
}

impl<Kind> Clone for Secret<Kind> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<Kind> fmt::Debug for Secret<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Kind of a `client_secret`.
pub enum OfClient {}
/// Kind of a client assertion.
pub enum Assertion {}
/// Kind of an access token.
pub enum Access {}
/// Kind of a refresh token.
pub enum Refresh {}
/// Kind of an ID token.
pub enum Id {}
/// Kind of a logout token.
pub enum Logout {}
/// Kind of an authorization code.
pub enum Code {}
/// Kind of a nonce for a credential.
pub enum Nonce {}
/// Kind of a credential.
pub enum OfUser {}
/// Kind of a PKCE code verifier.
pub enum Verifier {}
/// Kind of a token whose kind is not known yet.
pub enum Unknown {}

/// A `client_secret` (RFC 6749 §2.3.1).
pub type ClientSecret = Secret<OfClient>;
/// A client assertion (RFC 7523 §2.2): until it is used, whoever has it is the client.
pub type ClientAssertion = Secret<Assertion>;
/// An access token (RFC 6749 §1.4).
pub type AccessToken = Secret<Access>;
/// A refresh token (RFC 6749 §1.5).
pub type RefreshToken = Secret<Refresh>;
/// An ID token (OIDC Core §2). It tells who somebody is.
pub type IdToken = Secret<Id>;
/// A logout token (OIDC Back-Channel Logout §2.4): whoever has it can end a session at the client.
pub type LogoutToken = Secret<Logout>;
/// An authorization code (RFC 6749 §1.3.1).
pub type AuthorizationCode = Secret<Code>;
/// A `code_verifier` (RFC 7636 §4.1).
pub type CodeVerifier = Secret<Verifier>;
/// A nonce that ties the proof of a key to an access token.
pub type CredentialNonce = Secret<Nonce>;
/// A verifiable credential. It tells who somebody is.
pub type Credential = Secret<OfUser>;
/// A token somebody presented: access or refresh, genuine or not.
pub type PresentedToken = Secret<Unknown>;
