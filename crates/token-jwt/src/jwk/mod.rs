//! One JSON Web Key: [`Jwk`], from JSON and back.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

mod certificate;
mod error;
mod generate;
pub(crate) mod material;
mod set;
mod wire;

pub use error::JwkError;
pub use generate::GenerateError;
pub use set::JwkSet;

use certificate::Certificates;
use material::Material;
use wire::RawJwk;

/// A key that was checked when it was read: all members of its type are there and well-formed, points lie on their
/// curves, private and public half belong together, certificates carry this very key.
///
/// Types: `RSA` (two primes), `EC` (P-256, P-384, P-521), `OKP` (Ed25519), `oct`. Whether `alg` and `use` suit the type is
/// not checked here but where the key is used, and the size of an RSA key neither: keys that cannot be used may still be
/// kept and shown.
///
/// As JSON it has, in this order, `use, kty, kid, crv, alg, k, x, y, n, e, d, p, q, dp, dq, qi, x5c, x5u, x5t, x5t#S256`,
/// **private members included**; take [`to_public`](Self::to_public) first for everybody but the owner. Empty members
/// are left out, unknown ones dropped.
#[derive(Clone)]
pub struct Jwk {
    pub(crate) material: Material,
    kid: Option<String>,
    use_: Option<String>,
    alg: Option<String>,
    certificates: Certificates,
}

impl Jwk {
    /// Reads one key.
    ///
    /// # Errors
    /// [`JwkError`], which names the member and never shows a value of the key. A member that stands there twice is an
    /// error (RFC 7517 section 4), as are coordinates that are too short or too long.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, JwkError> {
        let raw: RawJwk =
            serde_json::from_slice(json.as_ref()).map_err(|error| JwkError::Malformed(error.to_string()))?;
        Self::try_from(raw)
    }

    /// The key id; `None` when absent or empty.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// What the key is meant for: `sig`, `enc` or any other text; `None` when absent or empty.
    pub fn use_(&self) -> Option<&str> {
        self.use_.as_deref()
    }

    /// The algorithm the key is meant for, as written, which need not be an [`Algorithm`](crate::Algorithm).
    pub fn alg(&self) -> Option<&str> {
        self.alg.as_deref()
    }

    /// The key type: `RSA`, `EC`, `OKP` or `oct`.
    pub fn kty(&self) -> &'static str {
        self.material.kty()
    }

    /// Whether the key holds a secret: a private half, or a symmetric key.
    pub fn is_private(&self) -> bool {
        self.material.is_private()
    }

    /// Whether this is a shared secret (`oct`), which neither signs nor verifies here.
    pub fn is_symmetric(&self) -> bool {
        matches!(self.material, Material::Oct(_))
    }

    /// The same key with another id, for stores that name the keys they take in.
    #[must_use]
    pub fn with_kid(self, kid: &str) -> Self {
        Self { kid: Some(kid.to_owned()).filter(|kid| !kid.is_empty()), ..self }
    }

    /// The public half with all that describes it; `None` for a symmetric key, which has none.
    pub fn to_public(&self) -> Option<Self> {
        self.material.to_public().map(|material| Self { material, ..self.clone() })
    }

    /// The SHA-256 thumbprint of RFC 7638, 43 characters of unpadded base64url. The same for both halves of a key.
    pub fn thumbprint(&self) -> String {
        let mut raw = RawJwk::default();
        self.material.write(&mut raw);
        // The required members of each type in lexical order (RFC 7638 section 3.2, RFC 8037 section 2). None of the
        // values needs escaping: they are base64url or fixed names.
        let members: &[&str] = match self.material {
            Material::Rsa(_) => &["e", "kty", "n"],
            Material::Ec(_) => &["crv", "kty", "x", "y"],
            Material::Ed25519(_) => &["crv", "kty", "x"],
            Material::Oct(_) => &["k", "kty"],
        };
        let members: Vec<_> =
            members.iter().map(|name| format!("\"{name}\":\"{}\"", raw.text(name).unwrap_or_default())).collect();
        URL_SAFE_NO_PAD.encode(digest(&SHA256, format!("{{{}}}", members.join(",")).as_bytes()))
    }

    fn to_raw(&self) -> RawJwk {
        let mut raw = RawJwk::default();
        raw.set("use", self.use_.clone());
        raw.set("kid", self.kid.clone());
        raw.set("alg", self.alg.clone());
        self.material.write(&mut raw);
        self.certificates.write(&mut raw);
        raw
    }
}

impl TryFrom<RawJwk> for Jwk {
    type Error = JwkError;

    fn try_from(raw: RawJwk) -> Result<Self, JwkError> {
        let material = Material::read(&raw)?;
        let certificates = Certificates::read(&raw, &material)?;
        let text = |name| raw.text(name).map(str::to_owned);
        Ok(Self { material, kid: text("kid"), use_: text("use"), alg: text("alg"), certificates })
    }
}

impl<'de> Deserialize<'de> for Jwk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(RawJwk::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Serialize for Jwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_raw().serialize(serializer)
    }
}

impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwk")
            .field("kty", &self.kty())
            .field("kid", &self.kid)
            .field("use", &self.use_)
            .field("alg", &self.alg)
            .field("private", &self.is_private())
            .finish_non_exhaustive()
    }
}
