//! Challenges and verifiers as Hydra writes them: a line of JSON, gzipped, sealed.

use std::io::{Read as _, Write as _};

use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};
use serde_json::value::RawValue;

use super::must_fit;
use crate::{CannotOpen, FlowPurpose, FlowTooLarge, LARGEST_FLOW, SystemSecrets};

/// A gzip header that does not say on which system it was made, as Go writes it.
const UNKNOWN_SYSTEM: u8 = 255;

impl SystemSecrets {
    /// Seals JSON in Hydra's form, under the current key; base64url with padding.
    ///
    /// `nonce` must be random.
    ///
    /// # Errors
    /// [`FlowTooLarge`] above [`LARGEST_FLOW`] bytes, the newline that Hydra puts behind the JSON included.
    pub fn seal_hydra_flow(&self, nonce: [u8; 24], purpose: FlowPurpose, json: &[u8]) -> Result<String, FlowTooLarge> {
        must_fit(json.len() + 1)?;
        Ok(self.seal_flow(nonce, purpose.hydra_aad().as_bytes(), &zip_line(json)))
    }

    /// Opens what [`seal_hydra_flow`](Self::seal_hydra_flow) or Hydra wrote for the same purpose, under any of the keys,
    /// and gives the first JSON value in it.
    ///
    /// # Errors
    /// [`CannotOpen`]; the text comes from outside, so this is an ordinary wrong request. A text that was cut is
    /// [`Malformed`](CannotOpen::Malformed) unless it was cut between groups of four characters; then this form cannot
    /// tell, and it is [`NoKeyFits`](CannotOpen::NoKeyFits).
    pub fn open_hydra_flow(&self, purpose: FlowPurpose, text: &str) -> Result<Vec<u8>, CannotOpen> {
        let zipped = self.open_flow(purpose.hydra_aad().as_bytes(), text)?;
        first_json_value(&unzip(&zipped)?)
    }
}

fn zip_line(json: &[u8]) -> Vec<u8> {
    let mut gzip = GzBuilder::new().operating_system(UNKNOWN_SYSTEM).write(Vec::new(), Compression::best());
    gzip.write_all(json)
        .and_then(|()| gzip.write_all(b"\n"))
        .and_then(|()| gzip.finish())
        .expect("writing to a Vec cannot fail")
}

/// Takes any gzip member, but stops at [`LARGEST_FLOW`]: a few bytes can unpack to gigabytes.
fn unzip(zipped: &[u8]) -> Result<Vec<u8>, CannotOpen> {
    let mut plain = Vec::new();
    let one_too_many = LARGEST_FLOW as u64 + 1;
    GzDecoder::new(zipped).take(one_too_many).read_to_end(&mut plain).map_err(|_| CannotOpen::Foreign)?;
    if plain.len() > LARGEST_FLOW { Err(CannotOpen::TooLarge) } else { Ok(plain) }
}

fn first_json_value(text: &[u8]) -> Result<Vec<u8>, CannotOpen> {
    match serde_json::Deserializer::from_slice(text).into_iter::<&RawValue>().next() {
        Some(Ok(value)) => Ok(value.get().as_bytes().to_vec()),
        _ => Err(CannotOpen::Foreign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gzip_header_says_as_little_as_hydras() {
        assert_eq!(zip_line(b"{}")[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
    }

    #[test]
    fn any_gzip_member_is_unzipped() {
        let named = GzBuilder::new().filename("flow.json").comment("by hand").extra(*b"more").mtime(1_782_900_000);
        let mut gzip = named.write(Vec::new(), Compression::none());
        gzip.write_all(b"{}\n").expect("writing to a Vec cannot fail");
        let mut zipped = gzip.finish().expect("writing to a Vec cannot fail");
        zipped.extend_from_slice(b"something after the member");
        assert_eq!(unzip(&zipped).as_deref(), Ok(b"{}\n".as_slice()));
    }

    #[test]
    fn a_damaged_gzip_member_is_foreign() {
        let zipped = zip_line(br#"{"i":"0123456789abcdef"}"#);
        let mut wrong_checksum = zipped.clone();
        let checksum = zipped.len() - 8;
        wrong_checksum[checksum] ^= 1;
        for damaged in [&zipped[..checksum], &zipped[1..], &wrong_checksum, b"{}\n", b""] {
            assert_eq!(unzip(damaged), Err(CannotOpen::Foreign));
        }
    }

    #[test]
    fn the_first_json_value_counts() {
        assert_eq!(first_json_value(b" {\"a\": 1} {\"a\":2} rest").as_deref(), Ok(b"{\"a\": 1}".as_slice()));
        for foreign in [b"".as_slice(), b"\n", b"{\"a\":", b"not json", b"\"\xff\""] {
            assert_eq!(first_json_value(foreign), Err(CannotOpen::Foreign));
        }
    }
}
