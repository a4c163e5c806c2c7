//! Stored forms of client secrets: PBKDF2 by default, bcrypt by configuration, argon2 where an operator imported it.
//! The stored text says how it was made, so every form verifies whatever the configuration says today.

use std::num::NonZeroU32;

use argon2::{
    Argon2,
    password_hash::{PasswordVerifier, phc::PasswordHash},
};
use aws_lc_rs::pbkdf2::{self, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512};
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use hmac::SimpleHmac;
use sha3::{Sha3_224, Sha3_384};
use subtle::ConstantTimeEq;

use crate::{Error, client::SecretHash, policy::SecretHashing, secret::ClientSecret};

/// bcrypt looks at no more than this; a longer secret would be accepted with any tail.
const BCRYPT_LIMIT: usize = 72;
/// More rounds than any real hash has: a damaged row must not keep a core busy for minutes.
const MAX_ROUNDS: u32 = 10_000_000;

/// Hashes a secret. Slow on purpose: run it on the pool for hashes.
pub(super) fn hash(secret: &ClientSecret, how: SecretHashing, salt: [u8; 16]) -> Result<SecretHash, Error> {
    let secret = secret.expose().as_bytes();
    match how {
        SecretHashing::Pbkdf2 { iterations } => {
            let rounds = NonZeroU32::new(iterations).ok_or_else(|| Error::Internal("zero PBKDF2 rounds".to_owned()))?;
            let mut key = [0; 32];
            pbkdf2::derive(PBKDF2_HMAC_SHA256, rounds, &salt, secret, &mut key);
            let [salt, key] = [&salt[..], &key[..]].map(|part| BASE64_STANDARD_NO_PAD.encode(part));
            Ok(SecretHash::new(format!("$pbkdf2-sha256$i={iterations},l=32${salt}${key}")))
        }
        SecretHashing::Bcrypt { cost } => {
            if secret.len() > BCRYPT_LIMIT {
                return Err(Error::InvalidClientMetadata(format!(
                    "client_secret is longer than {BCRYPT_LIMIT} bytes, which is all that bcrypt looks at. Choose a shorter one, or let the server make one."
                )));
            }
            bcrypt::hash_with_salt(secret, cost, salt)
                .map(|parts| SecretHash::new(parts.format_for_version(bcrypt::Version::TwoA)))
                .map_err(|why| Error::Internal(format!("bcrypt: {why}")))
        }
    }
}

/// Whether `presented` is the secret behind `stored`. Slow on purpose. An unknown or damaged form never verifies.
pub(super) fn verify(presented: &ClientSecret, stored: &SecretHash) -> bool {
    let presented = presented.expose().as_bytes();
    let stored = stored.expose();
    if let Some(rest) = stored.strip_prefix("$pbkdf2-") {
        verify_pbkdf2(presented, rest).unwrap_or(false)
    } else if stored.starts_with("$2") {
        presented.len() <= BCRYPT_LIMIT && bcrypt::verify(presented, stored).unwrap_or(false)
    } else if stored.starts_with("$argon2") {
        PasswordHash::new(stored).is_ok_and(|hash| Argon2::default().verify_password(presented, &hash).is_ok())
    } else {
        false
    }
}

/// `<digest>$i=<rounds>,l=<length>$<salt>$<key>`. The length of the key itself counts, not `l`.
fn verify_pbkdf2(presented: &[u8], rest: &str) -> Option<bool> {
    let mut parts = rest.split('$');
    let (digest, parameters, salt, key) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let rounds: u32 = parameters.split(',').find_map(|pair| pair.strip_prefix("i="))?.parse().ok()?;
    let salt = BASE64_STANDARD_NO_PAD.decode(salt).ok()?;
    let key = BASE64_STANDARD_NO_PAD.decode(key).ok()?;
    let rounds = NonZeroU32::new(rounds).filter(|rounds| rounds.get() <= MAX_ROUNDS)?;
    if parts.next().is_some() || key.is_empty() || key.len() > 64 {
        return None;
    }
    let mut derived = vec![0; key.len()];
    match digest {
        "sha1" => pbkdf2::derive(PBKDF2_HMAC_SHA1, rounds, &salt, presented, &mut derived),
        "sha512" => pbkdf2::derive(PBKDF2_HMAC_SHA512, rounds, &salt, presented, &mut derived),
        // These two names mean SHA-3 in the stored form.
        "sha224" => ::pbkdf2::pbkdf2::<SimpleHmac<Sha3_224>>(presented, &salt, rounds.get(), &mut derived).ok()?,
        "sha384" => ::pbkdf2::pbkdf2::<SimpleHmac<Sha3_384>>(presented, &salt, rounds.get(), &mut derived).ok()?,
        _ => pbkdf2::derive(PBKDF2_HMAC_SHA256, rounds, &salt, presented, &mut derived),
    }
    Some(bool::from(derived.ct_eq(&key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> ClientSecret {
        ClientSecret::new(text)
    }

    #[test]
    fn pbkdf2_has_the_stored_form_that_hydra_reads() {
        let salt: [u8; 16] = std::array::from_fn(|n| 0x51 + n as u8);
        let stored = hash(&secret("s3cr3t-for-vectors"), SecretHashing::Pbkdf2 { iterations: 25_000 }, salt)
            .expect("it is hashed");
        assert_eq!(
            stored.expose(),
            "$pbkdf2-sha256$i=25000,l=32$UVJTVFVWV1hZWltcXV5fYA$4tv58Ega1809DDo5roM6s8zKj3/q9xCx1SyUs8mmNAI"
        );
        assert!(verify(&secret("s3cr3t-for-vectors"), &stored));
        assert!(!verify(&secret("s3cr3t-for-vectorz"), &stored));
    }

    #[test]
    fn imported_forms_verify_by_what_they_say_of_themselves() {
        for (text, stored) in [
            ("secret", "$2a$10$lsrJjLPOUF7I75s3339R2uwqpjSlYGfhFyg7YsPtrSoITVy5UF3B2"),
            (
                "s3cr3t-for-vectors",
                "$pbkdf2-sha224$i=1000,l=32$UVJTVFVWV1hZWltcXV5fYA$asZDkEGrXK6lUngU1aRUItDPDX21prb3Co5PoG9avLk",
            ),
            (
                "s3cr3t-for-vectors",
                "$pbkdf2-sha384$i=1000,l=32$UVJTVFVWV1hZWltcXV5fYA$HMlTBDJ6SYVh1YFi+WhkmYXVUdCDSPdsPrH4dhpN7gY",
            ),
            (
                "s3cr3t-for-vectors",
                "$pbkdf2-sha512$i=1000,l=32$UVJTVFVWV1hZWltcXV5fYA$MYNY64iQMVdOOP2JdwtvqMyKcM1h+wTC1cuH5INUyRA",
            ),
        ] {
            assert!(verify(&secret(text), &SecretHash::new(stored)), "{stored}");
            assert!(!verify(&secret("something else"), &SecretHash::new(stored)), "{stored}");
        }
    }

    #[test]
    fn bcrypt_never_accepts_a_secret_by_its_first_72_bytes() {
        let exact = "x".repeat(72);
        let stored = hash(&secret(&exact), SecretHashing::Bcrypt { cost: 4 }, [7; 16]).expect("it is hashed");
        assert!(verify(&secret(&exact), &stored));
        assert!(!verify(&secret(&format!("{exact}y")), &stored));
        assert!(hash(&secret(&format!("{exact}y")), SecretHashing::Bcrypt { cost: 4 }, [7; 16]).is_err());
    }

    #[test]
    fn damaged_forms_never_verify_and_never_take_long() {
        for stored in [
            "",
            "plain",
            "$pbkdf2-sha256$",
            "$pbkdf2-sha256$i=0,l=32$UVJTVFVWV1hZWltcXV5fYA$AAAA",
            "$pbkdf2-sha256$i=4294967295,l=32$UVJTVFVWV1hZWltcXV5fYA$AAAA",
            "$pbkdf2-sha256$i=1,l=32$UVJTVFVWV1hZWltcXV5fYA$",
            "$pbkdf2-sha256$i=1,l=32$!$AAAA",
            "$2a$10$short",
            "$argon2id$v=19$m=8,t=1,p=1$c2FsdA",
        ] {
            assert!(!verify(&secret(""), &SecretHash::new(stored)), "{stored}");
        }
    }
}
