//! Answers that are kept for whoever holds a token that was spent: sealed under a key that only that token yields.
//!
//! The database knows the MAC of a token's random half and not the half itself, so neither it nor the system secret opens such an
//! answer; a dump of both is worth nothing here. Rotating the system secret does not matter either.

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};

use crate::sealing::{FlowCipher, open_flow_bytes};
use crate::token::random_half;
use crate::{CannotOpen, Forged, TokenKind};

/// What the key is for (RFC 5869 §3.2).
const INFO: &[u8] = b"hx refresh answer 1";

/// The key that a token yields.
pub struct AnswerKey(FlowCipher);

impl AnswerKey {
    /// Derives the key from the random half of a token (HKDF-SHA-256). `salt` is the network id.
    ///
    /// # Errors
    /// [`Forged`] for a text that has not the form of a token of this kind. The MAC is not checked here.
    pub fn of(kind: TokenKind, token: &str, salt: &[u8]) -> Result<Self, Forged> {
        let secret = random_half(kind, token)?;
        let mut key = [0; 32];
        Salt::new(HKDF_SHA256, salt)
            .extract(&secret)
            .expand(&[INFO], Length32)
            .and_then(|okm| okm.fill(&mut key))
            .expect("HKDF-SHA-256 gives up to 8160 bytes");
        Ok(Self(FlowCipher::new(key)))
    }

    /// Seals an answer: XChaCha20-Poly1305, the nonce in front. `nonce` must be random; `aad` names what the answer belongs to.
    pub fn seal(&self, nonce: [u8; 24], aad: &[u8], plain: &[u8]) -> Vec<u8> {
        self.0.seal_bytes(nonce, aad, plain)
    }

    /// Opens what [`seal`](Self::seal) wrote.
    ///
    /// # Errors
    /// [`CannotOpen`] when it was sealed for another token or place, or was changed.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, CannotOpen> {
        open_flow_bytes(std::iter::once(&self.0), aad, sealed)
    }
}

struct Length32;

impl KeyType for Length32 {
    fn len(&self) -> usize {
        32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemSecrets;

    fn token(entropy: u8) -> String {
        let secrets = SystemSecrets::new(&["a secret of the answer tests"]).expect("it is long enough");
        secrets.mint(TokenKind::Refresh, [entropy; 32]).token
    }

    fn key(token: &str, salt: &[u8]) -> AnswerKey {
        AnswerKey::of(TokenKind::Refresh, token, salt).expect("it is a token")
    }

    #[test]
    fn an_answer_opens_with_its_own_token_only() {
        let sealed = key(&token(1), b"network").seal([7; 24], b"place", b"the answer");
        assert_eq!(key(&token(1), b"network").open(b"place", &sealed).as_deref(), Ok(b"the answer".as_slice()));
        // The prefix may be left out, as everywhere.
        let bare = token(1).replace("ory_rt_", "");
        assert!(key(&bare, b"network").open(b"place", &sealed).is_ok());
        for (other, salt, aad) in
            [(2, b"network".as_slice(), b"place".as_slice()), (1, b"other", b"place"), (1, b"network", b"elsewhere")]
        {
            assert_eq!(key(&token(other), salt).open(aad, &sealed), Err(CannotOpen::NoKeyFits));
        }
    }

    #[test]
    fn the_system_secret_and_the_database_do_not_open_it() {
        let token = token(1);
        let signature = token.rsplit('.').next().expect("a token has two halves");
        // Whoever has the row knows the signature; a token made of it has another random half.
        let guess = format!("ory_rt_{signature}.{signature}");
        let sealed = key(&token, b"network").seal([7; 24], b"place", b"the answer");
        assert!(key(&guess, b"network").open(b"place", &sealed).is_err());
    }
}
