//! The numbers of a key, checked so far that the cryptographic library takes them.

use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, ParsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::JwkError;
use super::wire::RawJwk;
use crate::algorithm::Scheme;

/// Sizes of RSA moduli that can sign and verify, in bits.
const USABLE_RSA: std::ops::RangeInclusive<usize> = 2048..=8192;
/// The longest modulus that is stored and shown at all, in bits.
const LONGEST_RSA: usize = 16_384;

#[derive(Clone)]
pub(crate) enum Material {
    Rsa(RsaKey),
    Ec(EcKey),
    Ed25519(EdKey),
    Oct(Vec<u8>),
}

/// Big-endian integers without leading zeros.
#[derive(Clone)]
pub(crate) struct RsaKey {
    pub(crate) n: Vec<u8>,
    pub(crate) e: Vec<u8>,
    pub(crate) private: Option<RsaPrivate>,
}

#[derive(Clone)]
pub(crate) struct RsaPrivate {
    pub(crate) d: Vec<u8>,
    pub(crate) p: Vec<u8>,
    pub(crate) q: Vec<u8>,
    pub(crate) dp: Vec<u8>,
    pub(crate) dq: Vec<u8>,
    pub(crate) qi: Vec<u8>,
}

/// Coordinates and `d` have the full length of the curve's field.
#[derive(Clone)]
pub(crate) struct EcKey {
    pub(crate) curve: Curve,
    pub(crate) x: Vec<u8>,
    pub(crate) y: Vec<u8>,
    pub(crate) d: Option<Vec<u8>>,
}

#[derive(Clone)]
pub(crate) struct EdKey {
    pub(crate) x: Vec<u8>,
    pub(crate) d: Option<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    fn named(name: &str) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521].into_iter().find(|curve| curve.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    fn coordinate_len(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    pub(crate) fn scheme(self) -> Scheme {
        let (sign, verify) = match self {
            Self::P256 => (&signature::ECDSA_P256_SHA256_FIXED_SIGNING, &signature::ECDSA_P256_SHA256_FIXED),
            Self::P384 => (&signature::ECDSA_P384_SHA384_FIXED_SIGNING, &signature::ECDSA_P384_SHA384_FIXED),
            Self::P521 => (&signature::ECDSA_P521_SHA512_FIXED_SIGNING, &signature::ECDSA_P521_SHA512_FIXED),
        };
        Scheme::Ec { sign, verify }
    }
}

impl Material {
    pub(crate) fn read(raw: &RawJwk) -> Result<Self, JwkError> {
        match raw.text("kty") {
            Some("RSA") => RsaKey::read(raw).map(Self::Rsa),
            Some("EC") => EcKey::read(raw).map(Self::Ec),
            Some("OKP") => EdKey::read(raw).map(Self::Ed25519),
            Some("oct") => Ok(Self::Oct(required(raw, "oct", "k")?)),
            Some(other) => Err(JwkError::unknown_key_type(other)),
            None => Err(JwkError::Missing { kty: "JWK", member: "kty" }),
        }
    }

    /// Sets `kty` and all members of the key itself.
    pub(crate) fn write(&self, raw: &mut RawJwk) {
        let mut set = |name, bytes: &[u8]| raw.set(name, Some(URL_SAFE_NO_PAD.encode(bytes)));
        match self {
            Self::Rsa(key) => {
                set("n", &key.n);
                set("e", &key.e);
                if let Some(private) = &key.private {
                    let RsaPrivate { d, p, q, dp, dq, qi } = private;
                    for (name, bytes) in [("d", d), ("p", p), ("q", q), ("dp", dp), ("dq", dq), ("qi", qi)] {
                        set(name, bytes);
                    }
                }
            }
            Self::Ec(key) => {
                set("x", &key.x);
                set("y", &key.y);
                key.d.iter().for_each(|d| set("d", d));
                raw.set("crv", Some(key.curve.name().to_owned()));
            }
            Self::Ed25519(key) => {
                set("x", &key.x);
                key.d.iter().for_each(|d| set("d", d));
                raw.set("crv", Some("Ed25519".to_owned()));
            }
            Self::Oct(k) => set("k", k),
        }
        raw.set("kty", Some(self.kty().to_owned()));
    }

    pub(crate) fn kty(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RSA",
            Self::Ec(_) => "EC",
            Self::Ed25519(_) => "OKP",
            Self::Oct(_) => "oct",
        }
    }

    pub(crate) fn is_private(&self) -> bool {
        match self {
            Self::Rsa(key) => key.private.is_some(),
            Self::Ec(key) => key.d.is_some(),
            Self::Ed25519(key) => key.d.is_some(),
            Self::Oct(_) => true,
        }
    }

    /// The public half; a symmetric key has none.
    pub(crate) fn to_public(&self) -> Option<Self> {
        match self {
            Self::Rsa(key) => Some(Self::Rsa(RsaKey { private: None, ..key.clone() })),
            Self::Ec(key) => Some(Self::Ec(EcKey { d: None, ..key.clone() })),
            Self::Ed25519(key) => Some(Self::Ed25519(EdKey { d: None, ..key.clone() })),
            Self::Oct(_) => None,
        }
    }
}

impl RsaKey {
    fn read(raw: &RawJwk) -> Result<Self, JwkError> {
        let n = integer(raw, "n")?;
        let e = integer(raw, "e")?;
        if n.last().is_none_or(|low| low % 2 == 0) || bits(&n) > LONGEST_RSA {
            return Err(JwkError::OutOfRange { member: "n", rule: "an odd number of at most 16384 bits" });
        }
        if e.last().is_none_or(|low| low % 2 == 0) || e == [1] || bits(&e) > 33 {
            return Err(JwkError::OutOfRange { member: "e", rule: "an odd number from 3 up to 33 bits" });
        }
        if raw.text("d").is_none() {
            return Ok(Self { n, e, private: None });
        }
        if raw.multi_prime {
            return Err(JwkError::MultiPrime);
        }
        let [d, p, q, dp, dq, qi] = ["d", "p", "q", "dp", "dq", "qi"].map(|member| integer(raw, member));
        let private = RsaPrivate { d: d?, p: p?, q: q?, dp: dp?, dq: dq?, qi: qi? };
        let key = Self { n, e, private: Some(private) };
        // Keys of other sizes can be kept, as existing installations keep them, but never used: nothing to check against.
        if key.has_usable_size() && key.pair().is_none() { Err(JwkError::HalvesDiffer { kty: "RSA" }) } else { Ok(key) }
    }

    pub(crate) fn has_usable_size(&self) -> bool {
        USABLE_RSA.contains(&bits(&self.n))
    }

    pub(crate) fn public(&self) -> PublicKeyComponents<&[u8]> {
        PublicKeyComponents { n: &self.n, e: &self.e }
    }

    pub(crate) fn pair(&self) -> Option<RsaKeyPair> {
        let RsaPrivate { d, p, q, dp, dq, qi } = self.private.as_ref()?;
        let components = KeyPairComponents {
            public_key: self.public(),
            d: d.as_slice(),
            p: p.as_slice(),
            q: q.as_slice(),
            dP: dp.as_slice(),
            dQ: dq.as_slice(),
            qInv: qi.as_slice(),
        };
        RsaKeyPair::from_components(&components).ok()
    }
}

impl EcKey {
    fn read(raw: &RawJwk) -> Result<Self, JwkError> {
        let crv = raw.text("crv").ok_or(JwkError::Missing { kty: "EC", member: "crv" })?;
        let curve = Curve::named(crv).ok_or_else(|| JwkError::unknown_curve("EC", crv))?;
        let len = curve.coordinate_len();
        let x = fixed(raw, "EC", "x", len)?;
        let y = fixed(raw, "EC", "y", len)?;
        let d = raw.text("d").map(|_| fixed(raw, "EC", "d", len)).transpose()?;
        let key = Self { curve, x, y, d };
        if key.parsed().is_none() {
            return Err(JwkError::NotOnCurve { crv: curve.name() });
        }
        if key.d.is_some() && key.pair().is_none() {
            return Err(JwkError::HalvesDiffer { kty: "EC" });
        }
        Ok(key)
    }

    /// The uncompressed point: `04 ‖ x ‖ y`.
    pub(crate) fn point(&self) -> Vec<u8> {
        [&[4], self.x.as_slice(), &self.y].concat()
    }

    pub(crate) fn parsed(&self) -> Option<ParsedPublicKey> {
        let Scheme::Ec { verify, .. } = self.curve.scheme() else { return None };
        ParsedPublicKey::new(verify, self.point()).ok()
    }

    pub(crate) fn pair(&self) -> Option<EcdsaKeyPair> {
        let Scheme::Ec { sign, .. } = self.curve.scheme() else { return None };
        EcdsaKeyPair::from_private_key_and_public_key(sign, self.d.as_ref()?, &self.point()).ok()
    }

    /// Takes a public point apart; the half of it is `x`.
    pub(crate) fn from_point(curve: Curve, point: &[u8], d: Vec<u8>) -> Option<Self> {
        let (4, coordinates) = point.split_first().map(|(form, rest)| (*form, rest))? else { return None };
        let (x, y) = coordinates.split_at_checked(curve.coordinate_len())?;
        (y.len() == x.len()).then(|| Self { curve, x: x.to_vec(), y: y.to_vec(), d: Some(d) })
    }
}

impl EdKey {
    fn read(raw: &RawJwk) -> Result<Self, JwkError> {
        match raw.text("crv") {
            Some("Ed25519") => {}
            Some(other) => return Err(JwkError::unknown_curve("OKP", other)),
            None => return Err(JwkError::Missing { kty: "OKP", member: "crv" }),
        }
        let x = fixed(raw, "OKP", "x", 32)?;
        let d = raw.text("d").map(|_| fixed(raw, "OKP", "d", 32)).transpose()?;
        let key = Self { x, d };
        if key.parsed().is_none() {
            return Err(JwkError::NotOnCurve { crv: "Ed25519" });
        }
        if key.d.is_some() && key.pair().is_none() {
            return Err(JwkError::HalvesDiffer { kty: "OKP" });
        }
        Ok(key)
    }

    pub(crate) fn parsed(&self) -> Option<ParsedPublicKey> {
        ParsedPublicKey::new(&signature::ED25519, &self.x).ok()
    }

    pub(crate) fn pair(&self) -> Option<Ed25519KeyPair> {
        Ed25519KeyPair::from_seed_and_public_key(self.d.as_ref()?, &self.x).ok()
    }
}

fn required(raw: &RawJwk, kty: &'static str, member: &'static str) -> Result<Vec<u8>, JwkError> {
    let text = raw.text(member).ok_or(JwkError::Missing { kty, member })?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| JwkError::NotBase64Url { member })
}

/// An RSA integer. Zeros in front are against RFC 7518 section 2, but often seen, and change nothing.
fn integer(raw: &RawJwk, member: &'static str) -> Result<Vec<u8>, JwkError> {
    let bytes = required(raw, "RSA", member)?;
    match bytes.iter().position(|byte| *byte != 0) {
        Some(first) => Ok(bytes[first..].to_vec()),
        None => Err(JwkError::OutOfRange { member, rule: "a number greater than zero" }),
    }
}

fn fixed(raw: &RawJwk, kty: &'static str, member: &'static str, expected: usize) -> Result<Vec<u8>, JwkError> {
    let bytes = required(raw, kty, member)?;
    if bytes.len() == expected {
        Ok(bytes)
    } else {
        Err(JwkError::WrongLength { member, expected, found: bytes.len() })
    }
}

fn bits(number: &[u8]) -> usize {
    number.len() * 8 - number.first().map_or(0, |high| high.leading_zeros() as usize)
}
