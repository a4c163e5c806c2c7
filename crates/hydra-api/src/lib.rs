//! The JSON of the public and admin API: one type per body, shared by the server and the command line.
//!
//! A type here fixes member names, their order and which of them are left out when empty, nothing else. Rules (which
//! values are allowed, what a default is) live in `oauth-core`; status codes and headers in `http-actix`. Bodies are
//! read with [`decode`], which names the member that does not fit, and written with [`go_json`], which escapes as
//! Hydra's clients are used to.

mod client;
mod credential;
mod decode;
mod discovery;
mod error_body;
mod flow;
pub mod go_json;
mod introspection;
mod jwk;
mod status;
mod time;
mod token;

pub use client::{Client, Lifespans};
pub use credential::{CredentialProof, CredentialRequest, CredentialResponse, ProofMissing};
pub use decode::{DecodeError, decode};
pub use discovery::{OpenIdConfiguration, SupportedCredential};
pub use error_body::{ErrorBody, NotFoundPage, NotFoundReason};
pub use flow::{
    AcceptConsent, AcceptLogin, ConsentClaims, ConsentRequest, ConsentSession, LoginRequest, LogoutRequest, RedirectTo,
    Reject,
};
pub use introspection::Introspection;
pub use jwk::{CreateJwkRequest, JWK_MEMBERS, JwkSet};
pub use status::{Health, Version};
pub use time::rfc3339;
pub use token::TokenResponse;
