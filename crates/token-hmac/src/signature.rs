//! The texts under which tokens are found in the database.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA384, digest};

/// The part of a token that its row is found by: the text after the only dot, or the third part of a JWT.
///
/// `None` for any other number of dots and for an empty part; no row belongs to such a text. Nothing is verified here,
/// the answer is good for looking a row up and for nothing else.
pub fn signature_part(token: &str) -> Option<&str> {
    let (_, rest) = token.split_once('.')?;
    let part = match rest.split_once('.') {
        None => rest,
        Some((_, third)) if !third.contains('.') => third,
        Some(_) => return None,
    };
    (!part.is_empty()).then_some(part)
}

/// How an access token's signature part is stored: lower-case hex of its SHA-384, 96 characters.
pub fn access_row_signature(signature: &str) -> String {
    let hash = digest(&SHA384, signature.as_bytes());
    hash.as_ref().iter().fold(String::with_capacity(96), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a String cannot fail");
        hex
    })
}
