//! `x5c`, `x5u`, `x5t` and `x5t#S256`: kept and shown, held against the key, never trusted for anything.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use der::asn1::{AnyRef, BitStringRef, UintRef};
use der::{Reader as _, SliceReader, Tag, TagNumber};

use super::JwkError;
use super::material::Material;
use super::wire::RawJwk;

/// The texts as they came.
#[derive(Clone, Default)]
pub(super) struct Certificates {
    x5c: Vec<String>,
    x5u: Option<String>,
    x5t: Option<String>,
    x5t_s256: Option<String>,
}

impl Certificates {
    /// RFC 7517 section 4.7: the first certificate must hold this key. Sections 4.8, 4.9: the thumbprints are its hashes.
    pub(super) fn read(raw: &RawJwk, material: &Material) -> Result<Self, JwkError> {
        let chain = raw
            .x5c
            .iter()
            .map(|text| STANDARD.decode(text))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| wrong("x5c", "is not a list of certificates in standard base64"))?;
        let leaf = chain.first().map(Vec::as_slice);
        if let Some(leaf) = leaf {
            let spki =
                subject_public_key(leaf).map_err(|_| wrong("x5c", "does not begin with an X.509 certificate"))?;
            if !holds(spki, material) {
                return Err(wrong("x5c", "begins with the certificate of another key"));
            }
        }
        for (member, length, algorithm) in [("x5t", 20, &SHA1_FOR_LEGACY_USE_ONLY), ("x5t#S256", 32, &SHA256)] {
            let Some(text) = raw.text(member) else { continue };
            let print = URL_SAFE_NO_PAD.decode(text).map_err(|_| JwkError::NotBase64Url { member })?;
            if print.len() != length {
                return Err(JwkError::WrongLength { member, expected: length, found: print.len() });
            }
            if leaf.is_some_and(|leaf| digest(algorithm, leaf).as_ref() != print) {
                return Err(wrong(member, "is not the thumbprint of the first certificate in \"x5c\""));
            }
        }
        let text = |name| raw.text(name).map(str::to_owned);
        Ok(Self { x5c: raw.x5c.clone(), x5u: text("x5u"), x5t: text("x5t"), x5t_s256: text("x5t#S256") })
    }

    pub(super) fn write(&self, raw: &mut RawJwk) {
        raw.x5c.clone_from(&self.x5c);
        raw.set("x5u", self.x5u.clone());
        raw.set("x5t", self.x5t.clone());
        raw.set("x5t#S256", self.x5t_s256.clone());
    }
}

fn wrong(member: &'static str, problem: &'static str) -> JwkError {
    JwkError::Certificate { member, problem }
}

/// The bits of the subject's public key (RFC 5280 section 4.1): seven fields into the signed part.
fn subject_public_key(certificate: &[u8]) -> der::Result<&[u8]> {
    let mut reader = SliceReader::new(certificate)?;
    reader.sequence(|certificate| {
        let key = certificate.sequence(|signed| {
            let version = Tag::ContextSpecific { constructed: true, number: TagNumber(0) };
            if Tag::peek(signed)? == version {
                signed.tlv_bytes()?;
            }
            for _serial_algorithm_issuer_validity_subject in 0..5 {
                signed.tlv_bytes()?;
            }
            let key = signed.sequence(|key| {
                key.decode::<AnyRef<'_>>()?;
                Ok::<_, der::Error>(key.decode::<BitStringRef<'_>>()?.raw_bytes())
            })?;
            skip_rest(signed)?;
            Ok::<_, der::Error>(key)
        })?;
        skip_rest(certificate)?;
        Ok(key)
    })
}

fn skip_rest<'a>(reader: &mut SliceReader<'a>) -> der::Result<()> {
    while !reader.is_finished() {
        reader.tlv_bytes()?;
    }
    Ok(())
}

fn holds(bits: &[u8], material: &Material) -> bool {
    match material {
        Material::Rsa(key) => rsa_numbers(bits).is_ok_and(|(n, e)| n == key.n && e == key.e),
        Material::Ec(key) => bits == key.point(),
        Material::Ed25519(key) => bits == key.x,
        Material::Oct(_) => false,
    }
}

/// `RSAPublicKey` of RFC 8017 appendix A.1.1.
fn rsa_numbers(der: &[u8]) -> der::Result<(&[u8], &[u8])> {
    SliceReader::new(der)?.sequence(|key| {
        let n = key.decode::<UintRef<'_>>()?.as_bytes();
        Ok((n, key.decode::<UintRef<'_>>()?.as_bytes()))
    })
}
