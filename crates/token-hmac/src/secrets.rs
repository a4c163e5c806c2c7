//! The system secrets and the keys made from them.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};

use crate::sealing::{FlowCipher, RestCipher};
use crate::token::TokenMac;

/// The first secret must have this many bytes. Older ones are taken as they are: refusing one would lock out what was
/// written under it.
const SHORTEST_FIRST_SECRET: usize = 16;

/// The keys of all configured system secrets, in the order of the configuration: the first one writes, all of them read.
///
/// A key is the SHA-256 of a secret's UTF-8 bytes. Cloning is cheap, the keys are shared.
#[derive(Clone)]
pub struct SystemSecrets {
    pub(crate) keys: Arc<Keys>,
}

/// Never empty: the current key stands apart from the older ones.
pub(crate) struct Keys {
    pub(crate) current: Key,
    pub(crate) older: Vec<Key>,
}

/// One key with everything that can be computed before the first request.
pub(crate) struct Key {
    raw: [u8; 32],
    pub(crate) mac: TokenMac,
    pub(crate) rest: RestCipher,
    pub(crate) flow: FlowCipher,
}

/// Why a list of secrets cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretsError {
    /// The list has no entry.
    #[error("no secret is configured; set at least one, for example 32 random characters")]
    Empty,
    /// The first secret is easy to guess.
    #[error(
        "the first secret has {bytes} bytes, but at least {SHORTEST_FIRST_SECRET} are needed; put a longer one in front \
         and keep this one behind it, so that what it protects stays readable"
    )]
    TooShort {
        /// How long the first secret is, in bytes.
        bytes: usize,
    },
}

impl SystemSecrets {
    /// Makes the keys; `secrets[0]` is the current secret, the others are older ones.
    ///
    /// # Errors
    /// [`SecretsError::Empty`] without a secret, [`SecretsError::TooShort`] if the first one has less than 16 bytes.
    pub fn new<S: AsRef<str>>(secrets: &[S]) -> Result<Self, SecretsError> {
        let (first, older) = secrets.split_first().ok_or(SecretsError::Empty)?;
        let bytes = first.as_ref().len();
        if bytes < SHORTEST_FIRST_SECRET {
            return Err(SecretsError::TooShort { bytes });
        }
        let keys =
            Keys { current: Key::of(first.as_ref()), older: older.iter().map(|old| Key::of(old.as_ref())).collect() };
        Ok(Self { keys: Arc::new(keys) })
    }

    /// The current key itself, for the one other use it has: signing cookies when no cookie secret is configured.
    pub fn expose_current_key(&self) -> &[u8; 32] {
        &self.keys.current.raw
    }
}

impl Keys {
    /// The current key, then the older ones in the order of the configuration.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.older)
    }
}

impl Key {
    fn of(secret: &str) -> Self {
        let mut raw = [0; 32];
        raw.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
        Self { mac: TokenMac::new(&raw), rest: RestCipher::new(&raw), flow: FlowCipher::new(raw), raw }
    }
}

impl fmt::Debug for SystemSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SystemSecrets({} keys)", self.keys.in_order().count())
    }
}
