//! JSON Web Keys (RFC 7517, 7518, 8037) and signed JSON Web Tokens in the compact form (RFC 7515, 7519).
//!
//! - Keys come in as JSON and become a [`Jwk`] or [`JwkSet`]: checked once, then trusted.
//! - To sign, make a [`SigningKey`] of a private key; to verify, a [`VerifyingKey`]. Both are made once and kept.
//! - [`peek_header`] and [`peek_payload`] read a token that nobody has verified, to find out whose key it needs.
//!
//! The key decides the algorithm, never the token: a [`VerifyingKey`] takes only what its own type and `alg` allow, and
//! neither `none` nor an HMAC is an [`Algorithm`], so that a public key can never be mistaken for a shared secret.
//! Embedded keys and addresses (`jwk`, `jku`, `x5c`, `x5u` in a header) are never looked at, but for the `jwk` of a
//! [`proof_of_possession`], which says nothing about who made it.
//!
//! What does not belong here: what a claim means and whether it is still valid, fetching key sets, choosing and rotating
//! keys (all `oauth-core`). There is no clock here. Random bytes for new keys and for ECDSA and PSS signatures come from
//! AWS-LC's own generator, which takes none from outside.

mod algorithm;
mod compact;
mod hash;
mod json;
mod jwk;
mod possession;
mod signing;
mod verifying;

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use compact::{Header, JwsError, LONGEST_TOKEN, peek_header, peek_payload, unsecured_payload};
pub use hash::left_half_hash;
pub use jwk::{GenerateError, Jwk, JwkError, JwkSet};
pub use possession::{PossessionError, proof_of_possession};
pub use signing::{SignError, SigningKey};
pub use verifying::{KeyError, VerifiedJws, VerifyingKey};
