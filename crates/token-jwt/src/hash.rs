//! `at_hash` and `c_hash` of ID tokens.

use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Algorithm;

/// The left half of the hash of a token or code, in unpadded base64url (OpenID Connect Core 3.1.3.6, 3.3.2.11). The hash is
/// the one inside the algorithm that signs the ID token; for Ed25519 that is SHA-512 (RFC 8032 section 5.1).
pub fn left_half_hash(algorithm: Algorithm, text: &str) -> String {
    let hash = match algorithm {
        Algorithm::RS256 | Algorithm::PS256 | Algorithm::ES256 => &SHA256,
        Algorithm::RS384 | Algorithm::PS384 | Algorithm::ES384 => &SHA384,
        Algorithm::RS512 | Algorithm::PS512 | Algorithm::ES512 | Algorithm::EdDSA => &SHA512,
    };
    let hash = digest(hash, text.as_bytes());
    let (left, _) = hash.as_ref().split_at(hash.as_ref().len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str =
        "ory_at_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8.vyoD2W9D0T4iv1tjg-V7UAr7F0BWZL4gtr1EXzjErQw";

    #[test]
    fn the_hash_is_the_left_half_of_the_one_inside_the_algorithm() {
        for (algorithms, expected) in [
            (["RS256", "PS256", "ES256"].as_slice(), "_fadPzrunIJSLSwQ6thYNQ"),
            (["RS384", "PS384", "ES384"].as_slice(), "q7tSlF_Nj5xZ59kTTXQlUHnykDoUQQ6L"),
            (["RS512", "PS512", "ES512", "EdDSA"].as_slice(), "t1ldDVVvJcl2igvAvft-J_SLoUdbx8uPDxHJQDYrZJE"),
        ] {
            for name in algorithms {
                let algorithm = name.parse().expect("an algorithm");
                assert_eq!(left_half_hash(algorithm, TOKEN), expected, "{name}");
            }
        }
    }
}
