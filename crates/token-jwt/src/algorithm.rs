//! The signature algorithms, all of them with public and private keys.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{self, EcdsaSigningAlgorithm, EcdsaVerificationAlgorithm, RsaEncoding, RsaParameters};

use crate::jwk::material::{Curve, Material};

/// A signature algorithm of RFC 7518 section 3.1 or RFC 8037. `none` and the HMACs (`HS256`, …) are no members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the registered ones")]
pub enum Algorithm {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    ES512,
    EdDSA,
}

/// The text names no algorithm of [`Algorithm`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown signature algorithm; use one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA")]
pub struct UnknownAlgorithm;

/// What aws-lc-rs needs to know to use an algorithm.
pub(crate) enum Scheme {
    Rsa { sign: &'static dyn RsaEncoding, verify: &'static RsaParameters },
    Ec { sign: &'static EcdsaSigningAlgorithm, verify: &'static EcdsaVerificationAlgorithm },
    Ed25519,
}

impl Algorithm {
    /// All algorithms, in the order of their declaration.
    pub const ALL: [Self; 10] = [
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::ES512,
        Self::EdDSA,
    ];
    const FOR_RSA: [Self; 6] = [Self::RS256, Self::RS384, Self::RS512, Self::PS256, Self::PS384, Self::PS512];

    /// The registered name, as it stands in `alg`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::ES512 => "ES512",
            Self::EdDSA => "EdDSA",
        }
    }

    /// What a key of this kind can be used with, the default first; nothing for a symmetric key.
    pub(crate) fn fitting(material: &Material) -> &'static [Self] {
        match material {
            Material::Rsa(_) => &Self::FOR_RSA,
            Material::Ec(key) => match key.curve {
                Curve::P256 => &[Self::ES256],
                Curve::P384 => &[Self::ES384],
                Curve::P521 => &[Self::ES512],
            },
            Material::Ed25519(_) => &[Self::EdDSA],
            Material::Oct(_) => &[],
        }
    }

    pub(crate) fn scheme(self) -> Scheme {
        let rsa = |sign, verify| Scheme::Rsa { sign, verify };
        match self {
            Self::RS256 => rsa(&signature::RSA_PKCS1_SHA256, &signature::RSA_PKCS1_2048_8192_SHA256),
            Self::RS384 => rsa(&signature::RSA_PKCS1_SHA384, &signature::RSA_PKCS1_2048_8192_SHA384),
            Self::RS512 => rsa(&signature::RSA_PKCS1_SHA512, &signature::RSA_PKCS1_2048_8192_SHA512),
            Self::PS256 => rsa(&signature::RSA_PSS_SHA256, &signature::RSA_PSS_2048_8192_SHA256),
            Self::PS384 => rsa(&signature::RSA_PSS_SHA384, &signature::RSA_PSS_2048_8192_SHA384),
            Self::PS512 => rsa(&signature::RSA_PSS_SHA512, &signature::RSA_PSS_2048_8192_SHA512),
            Self::ES256 => Curve::P256.scheme(),
            Self::ES384 => Curve::P384.scheme(),
            Self::ES512 => Curve::P521.scheme(),
            Self::EdDSA => Scheme::Ed25519,
        }
    }
}

impl FromStr for Algorithm {
    type Err = UnknownAlgorithm;

    /// Case-sensitive, as RFC 7515 section 4.1.1 has it.
    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name).ok_or(UnknownAlgorithm)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
