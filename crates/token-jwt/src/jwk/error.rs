//! What can be wrong with a key that comes in.

/// Why a text is no key. Names members, never their values: the text may hold a private key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwkError {
    /// No JSON, no object, a member twice, or a member of the wrong JSON type.
    #[error("not a JSON Web Key: {0}")]
    Malformed(String),
    /// A key of this type cannot be without this member.
    #[error("the {kty} key has no member \"{member}\"; add it, keys are taken only when they are complete")]
    Missing {
        /// The key type.
        kty: &'static str,
        /// The member.
        member: &'static str,
    },
    /// A `kty` other than `RSA`, `EC`, `OKP`, `oct`.
    #[error("unknown key type {0:?} in \"kty\"; use RSA, EC, OKP or oct")]
    UnknownKeyType(String),
    /// A `crv` that is not supported for its key type.
    #[error("unknown curve {crv:?} of an {kty} key; use P-256, P-384 or P-521 for EC and Ed25519 for OKP")]
    UnknownCurve {
        /// The key type.
        kty: &'static str,
        /// The curve as it was given, cut to a readable length.
        crv: String,
    },
    /// The value is not base64url without padding.
    #[error("the member \"{member}\" is not base64url without padding")]
    NotBase64Url {
        /// The member.
        member: &'static str,
    },
    /// A coordinate, private key or thumbprint is too short or too long.
    #[error("the member \"{member}\" has {found} bytes instead of {expected}; keep zeros at the front")]
    WrongLength {
        /// The member.
        member: &'static str,
        /// The right length in bytes.
        expected: usize,
        /// The length found, in bytes.
        found: usize,
    },
    /// An RSA number that no RSA key has.
    #[error("the member \"{member}\" must be {rule}")]
    OutOfRange {
        /// The member.
        member: &'static str,
        /// What it must be.
        rule: &'static str,
    },
    /// The public point is none of the curve.
    #[error("the members \"x\" and \"y\" are no point of the curve {crv}")]
    NotOnCurve {
        /// The curve.
        crv: &'static str,
    },
    /// The private members do not belong to the public ones, or not to each other.
    #[error("the private members of the {kty} key do not belong to its public ones")]
    HalvesDiffer {
        /// The key type.
        kty: &'static str,
    },
    /// RSA with more than two primes (`oth`).
    #[error("the RSA key has more than two primes (\"oth\"), which is not supported; use one with two")]
    MultiPrime,
    /// `x5c`, `x5t` or `x5t#S256` is malformed or about another key.
    #[error("the member \"{member}\" {problem}")]
    Certificate {
        /// The member.
        member: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A set with more keys than anybody needs.
    #[error("the key set has {found} keys, at most {most} are read")]
    TooManyKeys {
        /// Keys found.
        found: usize,
        /// Keys allowed.
        most: usize,
    },
}

impl JwkError {
    pub(super) fn unknown_key_type(kty: &str) -> Self {
        Self::UnknownKeyType(excerpt(kty))
    }

    pub(super) fn unknown_curve(kty: &'static str, crv: &str) -> Self {
        Self::UnknownCurve { kty, crv: excerpt(crv) }
    }
}

/// The text comes from outside and ends up in a log or an answer.
fn excerpt(text: &str) -> String {
    text.chars().take(32).collect()
}
