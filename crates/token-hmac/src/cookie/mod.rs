//! Cookies in the form that browsers hold from Hydra: Gorilla's securecookie over a map in Go's gob.
//!
//! ```text
//! cookie = base64url( seconds "|" inner "|" MAC )      MAC = HMAC-SHA-256( name "|" seconds "|" inner )
//! inner  = base64url( IV, AES-256-CTR( gob ) )         both base64url with padding
//! ```

mod gob;
mod murmur3;

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use aws_lc_rs::iv::FixedLength;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use crate::SystemSecrets;

pub use murmur3::murmur3_32;

/// Browsers hold cookies of this size; Hydra neither writes nor reads longer ones.
const LONGEST: usize = 4096;

/// The keys of cookies: one pair for each configured cookie secret, or one pair from the current system key when there
/// are none. The first pair seals, all of them open.
///
/// Cloning is cheap, the keys are shared.
#[derive(Clone)]
pub struct CookieSecrets {
    pairs: Arc<[KeyPair]>,
}

/// What an opened cookie holds under the key that was asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenedCookie {
    /// The value, possibly empty.
    pub value: String,
    /// When the cookie was sealed. Hydra does not look at it, so a cookie of Hydra's may be of any age.
    pub unix_seconds: i64,
}

impl CookieSecrets {
    /// Makes the keys; `secrets[0]` is the current secret, the others are older ones.
    ///
    /// Without a cookie secret the *current* system key alone counts: rotating the system secret then ends all cookies,
    /// and a cookie secret of its own is the way to avoid that.
    pub fn new<S: AsRef<str>>(secrets: &[S], system: &SystemSecrets) -> Self {
        let pairs = if secrets.is_empty() {
            Arc::from([KeyPair::of(system.expose_current_key())])
        } else {
            secrets.iter().map(|secret| KeyPair::of(secret.as_ref().as_bytes())).collect()
        };
        Self { pairs }
    }

    /// The value of a cookie `name` that holds one pair.
    ///
    /// `iv` must be random. The name is sealed in: under another name the cookie does not open. Key and value together
    /// should stay below 2,000 bytes, or the cookie gets longer than the 4,096 characters that are read again.
    pub fn seal(&self, name: &str, unix_seconds: i64, iv: [u8; 16], key: &str, value: &str) -> String {
        let pair = &self.pairs[0];
        let inner = pair.encrypt(iv, gob::of_pair(key, value));
        let seconds = unix_seconds.to_string();
        let mac = hmac::sign(&pair.mac, &signed(name, seconds.as_bytes(), inner.as_bytes()));
        URL_SAFE.encode([seconds.as_bytes(), b"|", inner.as_bytes(), b"|", mac.as_ref()].concat())
    }

    /// The value of `key` in a cookie `name`, if it was sealed under any of the keys, here or by Hydra.
    ///
    /// MACs are compared in constant time, and nothing is decrypted or parsed before one is right. `None` says no more:
    /// cookies are forged, cut and left over from other installations every day.
    pub fn open(&self, name: &str, cookie: &str, key: &str) -> Option<OpenedCookie> {
        if cookie.len() > LONGEST {
            return None;
        }
        let cookie = URL_SAFE.decode(cookie).ok()?;
        // At the first two bars only: the MAC may contain that byte.
        let mut parts = cookie.splitn(3, |byte| *byte == b'|');
        let (seconds, inner, mac) = (parts.next()?, parts.next()?, parts.next()?);
        let signed = signed(name, seconds, inner);
        let pair = self.pairs.iter().find(|pair| hmac::verify(&pair.mac, &signed, mac).is_ok())?;
        let value = gob::value_of(&pair.decrypt(inner)?, key)?.to_owned();
        let unix_seconds = std::str::from_utf8(seconds).ok()?.parse().ok()?;
        Some(OpenedCookie { value, unix_seconds })
    }
}

fn signed(name: &str, seconds: &[u8], inner: &[u8]) -> Vec<u8> {
    [name.as_bytes(), b"|", seconds, b"|", inner].concat()
}

/// The key of the MAC, and its SHA-256 as the key of the cipher.
struct KeyPair {
    mac: hmac::Key,
    cipher: EncryptingKey,
}

impl KeyPair {
    fn of(secret: &[u8]) -> Self {
        let key = UnboundCipherKey::new(&AES_256, digest(&SHA256, secret).as_ref())
            .expect("SHA-256 gives as many bytes as AES-256 takes");
        Self {
            mac: hmac::Key::new(hmac::HMAC_SHA256, secret),
            cipher: EncryptingKey::ctr(key).expect("AES has a counter mode"),
        }
    }

    fn encrypt(&self, iv: [u8; 16], mut plain: Vec<u8>) -> String {
        self.apply(iv, &mut plain);
        URL_SAFE.encode([iv.as_slice(), &plain].concat())
    }

    fn decrypt(&self, inner: &[u8]) -> Option<Vec<u8>> {
        let bytes = URL_SAFE.decode(inner).ok()?;
        let (iv, rest) = bytes.split_first_chunk::<16>()?;
        let mut plain = rest.to_vec();
        self.apply(*iv, &mut plain);
        Some(plain)
    }

    /// Counter mode is its own inverse.
    fn apply(&self, iv: [u8; 16], text: &mut [u8]) {
        self.cipher
            .less_safe_encrypt(text, EncryptionContext::Iv128(FixedLength::from(iv)))
            .expect("counter mode takes texts of any length");
    }
}

impl fmt::Debug for CookieSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CookieSecrets({} keys)", self.pairs.len())
    }
}

impl fmt::Debug for OpenedCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenedCookie(…)")
    }
}
