//! Opaque tokens: `prefix ‖ base64url(32 random bytes) ‖ "." ‖ base64url(HMAC-SHA-512/256 of these bytes)`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha512_256;

use crate::SystemSecrets;

/// Characters of 32 bytes in unpadded base64url: each half of a token.
const HALF: usize = 43;
/// Both halves and the dot between them.
const WITHOUT_PREFIX: usize = 2 * HALF + 1;

/// What an opaque token is for. The kind shows in the prefix only; the MAC does not cover it, so the place where a
/// token is looked up must not be shared between kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Access tokens, and the tokens that manage a dynamically registered client.
    Access,
    /// Refresh tokens.
    Refresh,
    /// Authorization codes.
    Code,
    /// Device codes (RFC 8628).
    Device,
}

/// A new token and the part of it that the database knows.
#[derive(Clone)]
pub struct Minted {
    /// The whole token with its prefix, 94 ASCII characters, for the client alone.
    pub token: String,
    /// The text after the dot, 43 ASCII characters.
    pub signature: String,
}

/// The text is no token of ours, or not whole, or not of this kind. Says no more on purpose: a caller that tells an
/// attacker which of these it was helps only the attacker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token was not issued here, or it was changed on the way")]
pub struct Forged;

impl TokenKind {
    /// The characters in front of a token of this kind.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Access => "ory_at_",
            Self::Refresh => "ory_rt_",
            Self::Code => "ory_ac_",
            Self::Device => "ory_dc_",
        }
    }
}

impl SystemSecrets {
    /// Makes a token out of 32 random bytes, signed with the current key.
    ///
    /// `entropy` must come from a cryptographic generator: whoever guesses it holds the token.
    pub fn mint(&self, kind: TokenKind, entropy: [u8; 32]) -> Minted {
        let signature = self.keys.current.mac.text(&entropy);
        let mut token = String::with_capacity(kind.prefix().len() + WITHOUT_PREFIX);
        token.push_str(kind.prefix());
        URL_SAFE_NO_PAD.encode_string(entropy, &mut token);
        token.push('.');
        token.push_str(&signature);
        Minted { token, signature }
    }

    /// Checks a token as presented and gives its signature part, the key of its row.
    ///
    /// Right is exactly: the prefix of this kind or none, 43 characters, a dot, 43 characters, both halves in the one
    /// canonical spelling of unpadded base64url, and a MAC that is right under any of the keys. MACs are compared in
    /// constant time. Needs no database, so that a forged token costs about a microsecond and not a query.
    ///
    /// # Errors
    /// [`Forged`] for everything else.
    pub fn verify<'t>(&self, kind: TokenKind, token: &'t str) -> Result<&'t str, Forged> {
        let bare = token.strip_prefix(kind.prefix()).unwrap_or(token);
        if bare.len() != WITHOUT_PREFIX {
            return Err(Forged);
        }
        let (random, signature) = bare.split_once('.').ok_or(Forged)?;
        let entropy = decode_half(random)?;
        let mac = decode_half(signature)?;
        if self.keys.in_order().any(|key| key.mac.is_right(&entropy, &mac)) { Ok(signature) } else { Err(Forged) }
    }

    /// The text under which a user code is stored: 43 characters, under the current key only.
    ///
    /// The code is taken exactly as given, so fold case and drop separators before.
    pub fn user_code_signature(&self, user_code: &str) -> String {
        self.keys.current.mac.text(user_code.as_bytes())
    }
}

/// HMAC-SHA-512/256 with both halves of the key schedule done: a check costs two hash blocks.
pub(crate) struct TokenMac(Hmac<Sha512_256>);

impl TokenMac {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
    }

    fn text(&self, message: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.0.clone().chain_update(message).finalize().into_bytes())
    }

    fn is_right(&self, message: &[u8], mac: &[u8; 32]) -> bool {
        self.0.clone().chain_update(message).verify_slice(mac).is_ok()
    }
}

/// The random half of a token, whatever its MAC says.
pub(crate) fn random_half(kind: TokenKind, token: &str) -> Result<[u8; 32], Forged> {
    let bare = token.strip_prefix(kind.prefix()).unwrap_or(token);
    decode_half(bare.split_once('.').ok_or(Forged)?.0)
}

/// Canonical spelling only: padding, foreign characters and stray bits at the end are refused, otherwise one token
/// would have several spellings.
fn decode_half(text: &str) -> Result<[u8; 32], Forged> {
    let mut bytes = [0; 32];
    if text.len() != HALF {
        return Err(Forged);
    }
    match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(32) => Ok(bytes),
        _ => Err(Forged),
    }
}

impl fmt::Debug for Minted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Minted(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mac_is_hmac_sha_512_256() {
        let mac = TokenMac::new(b"12345678901234567890123456789012");
        assert_eq!(mac.text(b""), "-n7EqD-bXkY3yYMH-ctEAGV8XLkU7Y6Bo6pbyT1agGA");
        assert_eq!(mac.text(b"Test"), "TMeEaHS-cDC2nijiesCNtsOyBqHHtzWqAcWvceQT50g");
    }
}
