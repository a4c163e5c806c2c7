//! Checking signed tokens.

use std::fmt;

use aws_lc_rs::signature::ParsedPublicKey;
use serde::de::DeserializeOwned;

use crate::algorithm::Scheme;
use crate::compact::Parts;
use crate::jwk::material::Material;
use crate::{Algorithm, Header, Jwk, JwsError};

/// A public key, ready to verify, together with the algorithms it may be used with. Make it once and keep it.
pub struct VerifyingKey {
    kid: Option<String>,
    keys: Vec<(Algorithm, ParsedPublicKey)>,
}

/// A token whose signature is right. Says nothing about its time, issuer or audience.
#[derive(Clone)]
#[non_exhaustive]
pub struct VerifiedJws {
    /// The protected header, which the signature covers.
    pub header: Header,
    /// The algorithm of the signature.
    pub algorithm: Algorithm,
    /// The payload, decoded.
    pub payload: Vec<u8>,
}

/// Why a key cannot sign or verify, although it is a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// An `oct` key.
    #[error("a symmetric key (\"oct\") neither signs nor verifies tokens; use RSA, EC or Ed25519")]
    Symmetric,
    /// A public key was to sign.
    #[error("the key has no private half and cannot sign")]
    NotPrivate,
    /// The `alg` of the key is none that a key of this type is for.
    #[error("the \"alg\" of the {kty} key is not a signature algorithm for its type and curve; correct or remove it")]
    WrongAlgorithm {
        /// The key type.
        kty: &'static str,
    },
    /// An RSA modulus that is too short to be safe or too long to be fast.
    #[error("RSA keys sign and verify with 2048 to 8192 bits; replace this one")]
    UnusableSize,
    /// The cryptographic library does not take the key.
    #[error("the cryptographic library does not accept the key")]
    Unusable,
}

/// What a key may be used with: its `alg`, if it has one, else all that suit its type, the default first.
pub(crate) fn algorithms(jwk: &Jwk) -> Result<&[Algorithm], KeyError> {
    if matches!(&jwk.material, Material::Rsa(key) if !key.has_usable_size()) {
        return Err(KeyError::UnusableSize);
    }
    let fitting = Algorithm::fitting(&jwk.material);
    if fitting.is_empty() {
        return Err(KeyError::Symmetric);
    }
    let Some(alg) = jwk.alg() else { return Ok(fitting) };
    match fitting.iter().position(|algorithm| algorithm.as_str() == alg) {
        Some(at) => Ok(&fitting[at..=at]),
        None => Err(KeyError::WrongAlgorithm { kty: jwk.kty() }),
    }
}

impl VerifyingKey {
    /// Takes an RSA, EC or Ed25519 key, of which it keeps the public half only. With an `alg` the key verifies nothing
    /// else; without one an RSA key verifies RS* and PS*, the others the algorithm of their curve. `use` is not looked at.
    ///
    /// # Errors
    /// [`KeyError`] for a symmetric key, an `alg` that does not suit the type, or an RSA key outside of 2048 to 8192 bits.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        let parsed = |algorithm: &Algorithm| {
            let key = match (&jwk.material, algorithm.scheme()) {
                (Material::Rsa(key), Scheme::Rsa { verify, .. }) => key.public().to_parsed_public_key(verify).ok(),
                (Material::Ec(key), _) => key.parsed(),
                (Material::Ed25519(key), _) => key.parsed(),
                _ => None,
            };
            key.map(|key| (*algorithm, key)).ok_or(KeyError::Unusable)
        };
        let keys = algorithms(jwk)?.iter().map(parsed).collect::<Result<_, _>>()?;
        Ok(Self { kid: jwk.kid().map(str::to_owned), keys })
    }

    /// The id of the key.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The algorithms it verifies.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.keys.iter().map(|(algorithm, _)| *algorithm)
    }

    /// Checks a compact token: at most 16 KiB, exactly three parts, a header with each member once and without `crit`, an
    /// algorithm that this key is for, and a right signature. The `kid` of the header is not compared: choose the key by
    /// it before.
    ///
    /// # Errors
    /// [`JwsError`]. None of them depends on the payload, which is not looked at before the signature was right.
    pub fn verify(&self, compact: &str) -> Result<VerifiedJws, JwsError> {
        let parts = Parts::of(compact)?;
        let header = parts.header()?;
        let (algorithm, key) =
            self.keys.iter().find(|(algorithm, _)| algorithm.as_str() == header.alg).ok_or(JwsError::WrongAlgorithm)?;
        let signature = parts.signature()?;
        key.verify_sig(parts.signed.as_bytes(), &signature).map_err(|_| JwsError::BadSignature)?;
        Ok(VerifiedJws { header, algorithm: *algorithm, payload: parts.payload()? })
    }
}

impl VerifiedJws {
    /// The claims, as JSON of the given type. A struct refuses members that stand there twice; a map takes the last one.
    ///
    /// # Errors
    /// [`JwsError::BadPayload`].
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, JwsError> {
        serde_json::from_slice(&self.payload).map_err(|_| JwsError::BadPayload)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("kid", &self.kid)
            .field("algorithms", &self.algorithms().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for VerifiedJws {
    /// Without the payload: it is about a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedJws").field("header", &self.header).finish_non_exhaustive()
    }
}
