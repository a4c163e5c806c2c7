//! Sealed texts: base64url with padding over `nonce ‖ ciphertext ‖ tag`.
//!
//! Two ciphers for two places. AES-256-GCM for what rests in the database; XChaCha20-Poly1305, whose nonces are long
//! enough to be drawn at random for ever, for what travels, bound to its purpose by additional data.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::SystemSecrets;

const TAG: usize = 16;
const REST_NONCE: usize = 12;
const FLOW_NONCE: usize = 24;
/// How many bytes sealing a flow adds.
pub(crate) const FLOW_OVERHEAD: usize = FLOW_NONCE + TAG;

/// Why a sealed text does not open. To an outsider all are the same: the text is not ours. They are told apart for the
/// operator, whose cure differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CannotOpen {
    /// Not padded base64url, or too short to hold a nonce and a tag.
    #[error("this is not a sealed text; it was cut short, or it was never sealed")]
    Malformed,
    /// The text says how long it is, and its end is missing.
    #[error(
        "this sealed text arrived with {characters} of {of} characters; something on its way limits the length of URLs, \
         or it was stored where it does not fit"
    )]
    Cut {
        /// How many characters arrived.
        characters: usize,
        /// How many were sent.
        of: usize,
    },
    /// The shape is right, but none of the keys opens it for this purpose.
    #[error(
        "no configured secret opens this sealed text; it was changed, it was sealed for another purpose, or the secret \
         that sealed it is no longer configured"
    )]
    NoKeyFits,
    /// It opens, but what it holds is in no form that is known here.
    #[error(
        "this sealed text is genuine, but its contents are in an unknown form; another version of this server sealed it, \
         so let all instances run the same version and start again"
    )]
    Foreign,
    /// It opens, but unpacks to more than [`LARGEST_FLOW`](crate::LARGEST_FLOW) bytes.
    #[error(
        "this sealed text is genuine, but unpacks to more than {} bytes; make the authorization request or the session \
         data of its consent smaller",
        crate::LARGEST_FLOW
    )]
    TooLarge,
}

impl SystemSecrets {
    /// Seals what rests in the database (session data, private keys): AES-256-GCM under the current key, no
    /// additional data.
    ///
    /// `nonce` must be random and must never be used twice.
    pub fn seal(&self, nonce: [u8; 12], plain: &[u8]) -> String {
        self.keys.current.rest.seal(nonce, plain)
    }

    /// Opens what [`seal`](Self::seal) wrote, under any of the keys.
    ///
    /// # Errors
    /// [`CannotOpen`]; for a row of our own database this means damage or a secret that was taken away too early.
    pub fn open(&self, sealed: &str) -> Result<Vec<u8>, CannotOpen> {
        let sealed = decode(sealed, REST_NONCE + TAG)?;
        self.keys.in_order().find_map(|key| key.rest.open(&sealed)).ok_or(CannotOpen::NoKeyFits)
    }

    /// Seals what travels through the browser: XChaCha20-Poly1305 under the current key.
    ///
    /// `nonce` must be random. `aad` names the purpose, so that a text sealed for one step opens at no other.
    pub fn seal_flow(&self, nonce: [u8; 24], aad: &[u8], plain: &[u8]) -> String {
        self.keys.current.flow.seal(nonce, aad, plain)
    }

    /// Opens what [`seal_flow`](Self::seal_flow) wrote for the same purpose, under any of the keys.
    ///
    /// # Errors
    /// [`CannotOpen`]; the text comes from outside, so this is an ordinary wrong request.
    pub fn open_flow(&self, aad: &[u8], sealed: &str) -> Result<Vec<u8>, CannotOpen> {
        open_flow_text(self.keys.in_order().map(|key| &key.flow), aad, sealed)
    }
}

/// Tries the keys in their order on a text that was sealed by [`FlowCipher::seal`].
pub(crate) fn open_flow_text<'k>(
    keys: impl Iterator<Item = &'k FlowCipher>,
    aad: &[u8],
    sealed: &str,
) -> Result<Vec<u8>, CannotOpen> {
    open_flow_bytes(keys, aad, &decode(sealed, FLOW_OVERHEAD)?)
}

/// Tries the keys in their order on what was sealed by [`FlowCipher::seal_bytes`].
pub(crate) fn open_flow_bytes<'k>(
    mut keys: impl Iterator<Item = &'k FlowCipher>,
    aad: &[u8],
    sealed: &[u8],
) -> Result<Vec<u8>, CannotOpen> {
    keys.find_map(|key| key.open(aad, sealed)).ok_or(CannotOpen::NoKeyFits)
}

/// AES-256-GCM under one key.
pub(crate) struct RestCipher(LessSafeKey);

impl RestCipher {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("32 bytes are the key length of AES-256");
        Self(LessSafeKey::new(key))
    }

    fn seal(&self, nonce: [u8; REST_NONCE], plain: &[u8]) -> String {
        let mut sealed = Vec::with_capacity(REST_NONCE + plain.len() + TAG);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut sealed[REST_NONCE..])
            .expect("AES-GCM refuses only plaintexts beyond 64 GiB");
        sealed.extend_from_slice(tag.as_ref());
        URL_SAFE.encode(sealed)
    }

    fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, rest) = sealed.split_first_chunk::<REST_NONCE>()?;
        let mut buffer = rest.to_vec();
        let plain = self.0.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::empty(), &mut buffer).ok()?.len();
        buffer.truncate(plain);
        Some(buffer)
    }
}

/// XChaCha20-Poly1305 under one key.
pub(crate) struct FlowCipher(XChaCha20Poly1305);

impl FlowCipher {
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(&key.into()))
    }

    pub(crate) fn seal(&self, nonce: [u8; FLOW_NONCE], aad: &[u8], plain: &[u8]) -> String {
        URL_SAFE.encode(self.seal_bytes(nonce, aad, plain))
    }

    pub(crate) fn seal_bytes(&self, nonce: [u8; FLOW_NONCE], aad: &[u8], plain: &[u8]) -> Vec<u8> {
        let ciphertext = self
            .0
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad })
            .expect("XChaCha20-Poly1305 refuses only plaintexts beyond 256 GiB");
        let mut sealed = Vec::with_capacity(FLOW_NONCE + ciphertext.len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        sealed
    }

    fn open(&self, aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, msg) = sealed.split_first_chunk::<FLOW_NONCE>()?;
        self.0.decrypt(&XNonce::from(*nonce), Payload { msg, aad }).ok()
    }
}

fn decode(sealed: &str, shortest: usize) -> Result<Vec<u8>, CannotOpen> {
    let bytes = URL_SAFE.decode(sealed).map_err(|_| CannotOpen::Malformed)?;
    if bytes.len() < shortest { Err(CannotOpen::Malformed) } else { Ok(bytes) }
}
