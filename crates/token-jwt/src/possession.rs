//! Tokens that carry their own key: whoever made one holds the private half. Who that is they do not say.

use serde::de::MapAccess;
use serde_json::value::RawValue;

use crate::compact::Parts;
use crate::json::{Shape, read, skip};
use crate::verifying::KeyError;
use crate::{Jwk, JwkError, JwsError, VerifiedJws, VerifyingKey};

/// Why a token proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PossessionError {
    /// It is no token, or its own key did not sign it.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// Its header has no `jwk`.
    #[error("the header of the token has no key (\"jwk\")")]
    NoKey,
    /// The key in its header is none.
    #[error("the key in the header of the token is {0}")]
    BadKey(JwkError),
    /// The key in its header is not the public half alone: who sends it has given the private one away.
    #[error("the key in the header of the token holds private members; send the public half only")]
    NotPublic,
    /// The key in its header does not verify tokens.
    #[error("the key in the header of the token cannot be used: {0}")]
    Unusable(#[from] KeyError),
}

/// Verifies a token with the public key in its own header (`jwk`), and gives the key and the token. Good for proofs of possession
/// (verifiable credentials, RFC 9449), and for nothing that asks who signed.
///
/// # Errors
/// [`PossessionError`].
pub fn proof_of_possession(compact: &str) -> Result<(Jwk, VerifiedJws), PossessionError> {
    let header = Parts::of(compact)?.header_json()?;
    let mut deserializer = serde_json::Deserializer::from_slice(&header);
    let WithKey { jwk } = read(&mut deserializer).map_err(|_| JwsError::BadHeader)?;
    let jwk = Jwk::from_json(jwk.ok_or(PossessionError::NoKey)?.get()).map_err(PossessionError::BadKey)?;
    if jwk.is_private() {
        return Err(PossessionError::NotPublic);
    }
    let verified = VerifyingKey::from_jwk(&jwk)?.verify(compact)?;
    Ok((jwk, verified))
}

#[derive(Default)]
struct WithKey {
    jwk: Option<Box<RawValue>>,
}

impl Shape for WithKey {
    const WHAT: &'static str = "a JWS header";

    fn take<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        if name != "jwk" {
            return skip(map);
        }
        self.jwk = Some(map.next_value()?);
        Ok(())
    }
}
