//! Page tokens: where a list goes on, sealed, so that nobody can write a place of their own into it.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA512_256, digest};

use crate::sealing::{FlowCipher, open_flow_text};
use crate::{CannotOpen, SecretsError};

/// The keys of page tokens, one for each secret (SHA-512/256 of its text): the first one seals, all of them open.
///
/// There is no default key: page tokens under a key that everybody knows could be forged. Pass the pagination secrets
/// or, if there are none, the system secrets. Cloning is cheap, the keys are shared.
#[derive(Clone)]
pub struct PageSecrets {
    keys: Arc<[FlowCipher]>,
}

impl PageSecrets {
    /// Makes the keys; `secrets[0]` is the current secret, the others are older ones.
    ///
    /// # Errors
    /// [`SecretsError::Empty`] without a secret. Any length will do.
    pub fn new<S: AsRef<str>>(secrets: &[S]) -> Result<Self, SecretsError> {
        if secrets.is_empty() {
            return Err(SecretsError::Empty);
        }
        Ok(Self { keys: secrets.iter().map(|secret| key_of(secret.as_ref())).collect() })
    }

    /// Seals a place in a list: XChaCha20-Poly1305, base64url with padding.
    ///
    /// `nonce` must be random. `aad` must name the list, so that its page tokens are worth nothing at another one.
    pub fn seal(&self, nonce: [u8; 24], aad: &[u8], plain: &[u8]) -> String {
        self.keys[0].seal(nonce, aad, plain)
    }

    /// Opens a page token of the list that `aad` names, under any of the keys.
    ///
    /// # Errors
    /// [`CannotOpen`]; the token comes from outside, so this is an ordinary wrong request.
    pub fn open(&self, aad: &[u8], token: &str) -> Result<Vec<u8>, CannotOpen> {
        open_flow_text(self.keys.iter(), aad, token)
    }
}

fn key_of(secret: &str) -> FlowCipher {
    let mut raw = [0; 32];
    raw.copy_from_slice(digest(&SHA512_256, secret.as_bytes()).as_ref());
    FlowCipher::new(raw)
}

impl fmt::Debug for PageSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PageSecrets({} keys)", self.keys.len())
    }
}
