//! Proof Key for Code Exchange (RFC 7636): whoever redeems a code must know what only the one who asked for it knows.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use subtle::ConstantTimeEq;

use crate::{Error, client::Client, policy::Policy, secret::CodeVerifier, trap::PkceMismatch};

/// Holds a verifier against what the authorization request sent (RFC 7636 §4.6). `remembered` is the `form_data` of the code's
/// challenge, if it had one.
///
/// A failure changes nothing: the challenge stays, so that the same code never works without one (RFC 9700 §4.8.2).
pub(super) fn check(
    remembered: Option<&str>,
    verifier: Option<&CodeVerifier>,
    client: &Client,
    policy: &Policy,
) -> Result<(), Error> {
    let enforced = policy.pkce.enforced || (policy.pkce.enforced_for_public_clients && client.is_public());
    let challenge = remembered.and_then(|form| parameter(form, "code_challenge")).filter(|text| !text.is_empty());
    match (challenge, verifier) {
        (None, None) if enforced => Err(Error::PkceRequired),
        (None, None) => Ok(()),
        (None, Some(_)) => Err(Error::PkceMismatch(PkceMismatch::NoChallenge)),
        (Some(_), None) => Err(Error::PkceMismatch(PkceMismatch::NoVerifier)),
        (Some(challenge), Some(verifier)) => compare(&challenge, verifier.expose()).map_err(Error::PkceMismatch),
    }
}

fn parameter(form: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(form.as_bytes()).find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
}

/// Only S256 gets as far as here.
fn compare(challenge: &str, verifier: &str) -> Result<(), PkceMismatch> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if !(43..=128).contains(&verifier.len()) || !verifier.bytes().all(allowed) {
        return Err(PkceMismatch::Malformed { length: verifier.chars().count() });
    }
    let hash = digest(&SHA256, verifier.as_bytes());
    let hash = hash.as_ref();
    let is = |text: &str| bool::from(text.as_bytes().ct_eq(challenge.as_bytes()));
    if is(&URL_SAFE_NO_PAD.encode(hash)) {
        return Ok(());
    }
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let elsewhere =
        [URL_SAFE.encode(hash), STANDARD.encode(hash), STANDARD_NO_PAD.encode(hash), URL_SAFE_NO_PAD.encode(&hex), hex];
    if is(verifier) {
        Err(PkceMismatch::Plain)
    } else if elsewhere.iter().any(|text| is(text)) {
        Err(PkceMismatch::Encoding)
    } else {
        Err(PkceMismatch::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "abcdefghijklmnopqrstuvwxyz0123456789-._~ABCDEFG";
    const CHALLENGE: &str = "TDp3C-wPo3aKDK1Bg-ukP78nZ9YiqUD2ToRD96HoaHU";

    #[test]
    fn the_challenge_is_the_hash_of_the_verifier() {
        assert_eq!(compare(CHALLENGE, VERIFIER), Ok(()));
        assert_eq!(compare(CHALLENGE, &VERIFIER.replace('a', "b")), Err(PkceMismatch::Other));
    }

    #[test]
    fn the_usual_mistakes_are_told_apart() {
        assert_eq!(compare(VERIFIER, VERIFIER), Err(PkceMismatch::Plain));
        assert_eq!(compare(&CHALLENGE.replace('-', "+"), VERIFIER), Err(PkceMismatch::Encoding));
        assert_eq!(compare(&format!("{CHALLENGE}="), VERIFIER), Err(PkceMismatch::Encoding));
        for odd in ["short", &"a".repeat(42), &"a".repeat(129), &format!("{}ä", "a".repeat(43)), &"a b".repeat(20)] {
            assert!(matches!(compare(CHALLENGE, odd), Err(PkceMismatch::Malformed { .. })), "{odd}");
        }
    }
}
