//! Challenges and verifiers in a form of our own, for URLs that stay short.
//!
//! ```text
//! text   = base64url( length of the rest, 3 bytes ) base64url( nonce, ciphertext, tag )     both without padding
//! plain  = 1, payload  or  2, payload deflated: whichever is shorter
//! AAD    = "hydra-rs " word of the purpose "|" binding
//! ```
//!
//! The length in front costs four characters. It tells a text that was cut, a common trouble with
//! challenges, from one under another secret; mails, logs and columns cut at lengths where base64url alone shows nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::must_fit;
use crate::sealing::{FLOW_OVERHEAD, open_flow_bytes};
use crate::{CannotOpen, FlowPurpose, FlowTooLarge, LARGEST_FLOW, SystemSecrets};

const RAW: u8 = 1;
const DEFLATED: u8 = 2;
/// Characters of the length in front.
const LENGTH: usize = 4;

/// Payloads from this many bytes on are deflated if that makes them shorter. A typical one is half as long, and mostly random:
/// deflating it would cost more time than sealing it, for nothing.
const LONG: usize = 512;

impl SystemSecrets {
    /// Seals a payload in our own form, under the current key; base64url without padding.
    ///
    /// `nonce` must be random. `binding` is the network id: a text sealed for one database opens at no other, whatever secrets
    /// they share. How long the text is tells how well the payload could be deflated, so do not put a lasting secret beside
    /// what a stranger may choose.
    ///
    /// # Errors
    /// [`FlowTooLarge`] above [`LARGEST_FLOW`] bytes.
    pub fn seal_compact_flow(
        &self,
        nonce: [u8; 24],
        purpose: FlowPurpose,
        binding: &[u8],
        payload: &[u8],
    ) -> Result<String, FlowTooLarge> {
        must_fit(payload.len())?;
        let sealed = self.keys.current.flow.seal_bytes(nonce, &aad(purpose, binding), &pack(payload));
        let [_, length @ ..] = u32::try_from(sealed.len()).expect("it is little more than 64 KiB").to_be_bytes();
        let mut text = URL_SAFE_NO_PAD.encode(length);
        URL_SAFE_NO_PAD.encode_string(sealed, &mut text);
        Ok(text)
    }

    /// Opens what [`seal_compact_flow`](Self::seal_compact_flow) wrote for the same purpose and binding, under any of the
    /// keys. A text in Hydra's form is [`Malformed`](CannotOpen::Malformed), but for one in about 250 that looks
    /// [`Cut`](CannotOpen::Cut).
    ///
    /// # Errors
    /// [`CannotOpen`]; the text comes from outside, so this is an ordinary wrong request.
    pub fn open_compact_flow(&self, purpose: FlowPurpose, binding: &[u8], text: &str) -> Result<Vec<u8>, CannotOpen> {
        let sealed = decode(text)?;
        let plain = open_flow_bytes(self.keys.in_order().map(|key| &key.flow), &aad(purpose, binding), &sealed)?;
        unpack(&plain)
    }
}

fn aad(purpose: FlowPurpose, binding: &[u8]) -> Vec<u8> {
    [b"hydra-rs ", purpose.word().as_bytes(), b"|", binding].concat()
}

fn decode(text: &str) -> Result<Vec<u8>, CannotOpen> {
    let (length, rest) = text.split_at_checked(LENGTH).ok_or(CannotOpen::Malformed)?;
    let of = LENGTH + characters(sealed_length(length).ok_or(CannotOpen::Malformed)?);
    if text.len() < of {
        return Err(CannotOpen::Cut { characters: text.len(), of });
    }
    if text.len() > of {
        return Err(CannotOpen::Malformed);
    }
    URL_SAFE_NO_PAD.decode(rest).map_err(|_| CannotOpen::Malformed)
}

/// `None` for a length that no text of ours has.
fn sealed_length(characters: &str) -> Option<usize> {
    let mut bytes = [0; 4];
    URL_SAFE_NO_PAD.decode_slice(characters, &mut bytes[1..]).ok()?;
    let length = usize::try_from(u32::from_be_bytes(bytes)).ok()?;
    let ours = FLOW_OVERHEAD + 1..=FLOW_OVERHEAD + 1 + LARGEST_FLOW;
    ours.contains(&length).then_some(length)
}

/// How many characters of unpadded base64url so many bytes are.
fn characters(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

fn pack(payload: &[u8]) -> Vec<u8> {
    match deflate(payload) {
        Some(deflated) => [[DEFLATED].as_slice(), &deflated].concat(),
        None => [[RAW].as_slice(), payload].concat(),
    }
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, CannotOpen> {
    match packed.split_first() {
        Some((&RAW, payload)) => Ok(payload.to_vec()),
        Some((&DEFLATED, deflated)) => inflate(deflated),
        _ => Err(CannotOpen::Foreign),
    }
}

/// `None` if it is not worth it.
fn deflate(payload: &[u8]) -> Option<Vec<u8>> {
    if payload.len() < LONG {
        return None;
    }
    let mut deflate = Compress::new(Compression::best(), false);
    let mut deflated = Vec::with_capacity(payload.len());
    match deflate.compress_vec(payload, &mut deflated, FlushCompress::Finish) {
        Ok(Status::StreamEnd) if deflated.len() < payload.len() => Some(deflated),
        _ => None,
    }
}

/// Stops at [`LARGEST_FLOW`]: a few bytes can unpack to gigabytes.
fn inflate(deflated: &[u8]) -> Result<Vec<u8>, CannotOpen> {
    let mut inflate = Decompress::new(false);
    let mut payload = Vec::with_capacity(LARGEST_FLOW + 1);
    let ended = inflate.decompress_vec(deflated, &mut payload, FlushDecompress::Finish);
    if payload.len() > LARGEST_FLOW {
        return Err(CannotOpen::TooLarge);
    }
    match ended {
        Ok(Status::StreamEnd) => Ok(payload),
        _ => Err(CannotOpen::Foreign),
    }
}
