//! `at_hash` and `c_hash` of ID tokens.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The left half of the SHA-256 of a token or code, 22 characters of unpadded base64url (OpenID Connect Core 3.1.3.6,
/// 3.3.2.11).
///
/// Always SHA-256, whatever signs the ID token: that is what clients of existing installations were given.
pub fn left_half_hash(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_left_half_of_sha_256() {
        let token = "ory_at_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8.vyoD2W9D0T4iv1tjg-V7UAr7F0BWZL4gtr1EXzjErQw";
        assert_eq!(left_half_hash(token), "_fadPzrunIJSLSwQ6thYNQ");
    }
}
