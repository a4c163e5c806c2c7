//! New keys.

use aws_lc_rs::encoding::{AsBigEndian as _, AsDer as _, Curve25519SeedBin, EcPrivateKeyBin, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use der::asn1::{AnyRef, OctetStringRef, UintRef};
use der::{Reader as _, SliceReader};

use super::Jwk;
use super::certificate::Certificates;
use super::material::{Curve, EcKey, EdKey, Material, RsaKey, RsaPrivate};
use crate::Algorithm;

/// Why no key could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// RSA keys have 2048, 3072, 4096 or 8192 bits.
    #[error("RSA keys of {0} bits cannot be made; choose 2048, 3072, 4096 or 8192")]
    UnsupportedSize(u32),
    /// A size was asked for an algorithm that is not RSA.
    #[error("{0} has no choice of key size; it is for RSA algorithms only")]
    NotRsa(Algorithm),
    /// The cryptographic library could not make a key.
    #[error("the cryptographic library could not make a key; most likely the system has no randomness to give")]
    Failed,
}

impl Jwk {
    /// Makes a private key for `alg`: RSA 4096 for RS*, RSA 2048 for PS*, the curve of ES*, Ed25519 for EdDSA. An empty
    /// `use_` or `kid` is left out.
    ///
    /// RSA takes long, up to seconds: run it where nobody waits.
    ///
    /// # Errors
    /// [`GenerateError::Failed`].
    pub fn generate(alg: Algorithm, use_: &str, kid: &str) -> Result<Self, GenerateError> {
        let material = match alg {
            Algorithm::RS256 | Algorithm::RS384 | Algorithm::RS512 => rsa(KeySize::Rsa4096),
            Algorithm::PS256 | Algorithm::PS384 | Algorithm::PS512 => rsa(KeySize::Rsa2048),
            Algorithm::ES256 => ec(Curve::P256),
            Algorithm::ES384 => ec(Curve::P384),
            Algorithm::ES512 => ec(Curve::P521),
            Algorithm::EdDSA => ed25519(),
        };
        material.map(|material| Self::made(material, alg, use_, kid)).ok_or(GenerateError::Failed)
    }

    /// Makes an RSA key of another size than [`generate`](Self::generate) would.
    ///
    /// # Errors
    /// [`GenerateError`] for another size than 2048, 3072, 4096 or 8192, or another algorithm than RS* and PS*.
    pub fn generate_rsa(alg: Algorithm, bits: u32, use_: &str, kid: &str) -> Result<Self, GenerateError> {
        if matches!(alg, Algorithm::ES256 | Algorithm::ES384 | Algorithm::ES512 | Algorithm::EdDSA) {
            return Err(GenerateError::NotRsa(alg));
        }
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            8192 => KeySize::Rsa8192,
            _ => return Err(GenerateError::UnsupportedSize(bits)),
        };
        rsa(size).map(|material| Self::made(material, alg, use_, kid)).ok_or(GenerateError::Failed)
    }

    fn made(material: Material, alg: Algorithm, use_: &str, kid: &str) -> Self {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Self {
            material,
            kid: text(kid),
            use_: text(use_),
            alg: Some(alg.as_str().to_owned()),
            certificates: Certificates::default(),
        }
    }
}

fn rsa(size: KeySize) -> Option<Material> {
    let pair = RsaKeyPair::generate(size).ok()?;
    let pkcs8: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    rsa_numbers(pkcs8.as_ref()).ok().map(Material::Rsa)
}

/// The library gives the numbers only inside of PKCS#8 (RFC 5208 section 5, RFC 8017 appendix A.1.2).
fn rsa_numbers(pkcs8: &[u8]) -> der::Result<RsaKey> {
    let inner = SliceReader::new(pkcs8)?.sequence(|outer| {
        outer.decode::<u8>()?;
        outer.decode::<AnyRef<'_>>()?;
        Ok::<_, der::Error>(outer.decode::<&OctetStringRef>()?.as_bytes())
    })?;
    SliceReader::new(inner)?.sequence(|key| {
        key.decode::<u8>()?;
        let mut number = || Ok::<_, der::Error>(key.decode::<UintRef<'_>>()?.as_bytes().to_vec());
        let (n, e) = (number()?, number()?);
        let private =
            RsaPrivate { d: number()?, p: number()?, q: number()?, dp: number()?, dq: number()?, qi: number()? };
        Ok(RsaKey { n, e, private: Some(private) })
    })
}

fn ec(curve: Curve) -> Option<Material> {
    let crate::algorithm::Scheme::Ec { sign, .. } = curve.scheme() else { return None };
    let pair = EcdsaKeyPair::generate(sign).ok()?;
    let d: EcPrivateKeyBin<'_> = pair.private_key().as_be_bytes().ok()?;
    EcKey::from_point(curve, pair.public_key().as_ref(), d.as_ref().to_vec()).map(Material::Ec)
}

fn ed25519() -> Option<Material> {
    let pair = Ed25519KeyPair::generate().ok()?;
    let seed: Curve25519SeedBin<'_> = pair.seed().ok()?.as_be_bytes().ok()?;
    Some(Material::Ed25519(EdKey { x: pair.public_key().as_ref().to_vec(), d: Some(seed.as_ref().to_vec()) }))
}
