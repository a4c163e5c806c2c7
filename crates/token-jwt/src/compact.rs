//! The compact form `header.payload.signature` and what can be read of it without a key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::MapAccess;

use crate::json::{Shape, Text, read, skip};

/// The longest token that is looked at, in bytes. Longer ones are refused before anything is decoded.
pub const LONGEST_TOKEN: usize = 16 * 1024;

/// The protected header, as far as anybody may act on it. Keys and addresses of keys inside a header are not kept: a
/// token must not name the key that vouches for it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Header {
    /// The algorithm as written; `none` and foreign names are possible as long as nothing was verified.
    pub alg: String,
    /// The key id; a hint, until the key it names has verified the token. `None` when absent or empty.
    pub kid: Option<String>,
    /// The media type; `None` when absent or empty.
    pub typ: Option<String>,
}

/// Why a token is not taken. No text of the token is in here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwsError {
    /// More than [`LONGEST_TOKEN`] bytes.
    #[error("the token has {0} bytes; at most {LONGEST_TOKEN} are read")]
    TooLong(usize),
    /// Not exactly three parts with a header and a payload.
    #[error("the token is not of the form header.payload.signature")]
    NotThreeParts,
    /// A part is not base64url without padding.
    #[error("the {0} of the token is not base64url without padding")]
    NotBase64Url(&'static str),
    /// The header is no JSON object, has a member twice, or one of the wrong type, or no `alg`.
    #[error("the header of the token is not a JSON object with a text in \"alg\" and each member once")]
    BadHeader,
    /// The header has `crit`: it asks for an extension (RFC 7515 section 4.1.11), and none is known here.
    #[error("the token demands an extension (\"crit\") that is not supported")]
    UnknownExtension,
    /// The algorithm of the header is not one that the key is for; `none` and HMACs never are.
    #[error("the algorithm of the token is not one its key is for")]
    WrongAlgorithm,
    /// The signature is not the key's.
    #[error("the signature of the token does not fit its content and the key")]
    BadSignature,
    /// The verified payload is not the JSON that was asked for.
    #[error("the payload of the token does not have the expected JSON form")]
    BadPayload,
    /// Asked for an unsecured token, but it names an algorithm or has a signature.
    #[error("the token is not an unsecured one (\"alg\":\"none\" and nothing after the last dot)")]
    NotUnsecured,
}

/// The header of a token that **nobody has verified**: good for choosing the key and for nothing else.
///
/// # Errors
/// [`JwsError`] for a text that could not be a token.
pub fn peek_header(compact: &str) -> Result<Header, JwsError> {
    Parts::of(compact)?.header()
}

/// The payload of a token that **nobody has verified**: good for finding out whose key it needs (its `iss`, for example)
/// and for nothing else.
///
/// # Errors
/// [`JwsError`] for a text that could not be a token.
pub fn peek_payload(compact: &str) -> Result<Vec<u8>, JwsError> {
    let parts = Parts::of(compact)?;
    parts.header()?;
    parts.payload()
}

/// The payload of an unsecured token (RFC 7515 appendix A.5): `alg` is `none` and the signature is empty. Anybody can make
/// one, so this is for places where the same content could as well be sent in the open, such as request objects.
///
/// # Errors
/// [`JwsError::NotUnsecured`] for a signed token, so that a signature is never silently ignored.
pub fn unsecured_payload(compact: &str) -> Result<Vec<u8>, JwsError> {
    let parts = Parts::of(compact)?;
    if parts.header()?.alg != "none" || !parts.signature.is_empty() {
        return Err(JwsError::NotUnsecured);
    }
    parts.payload()
}

/// The three parts, still encoded.
pub(crate) struct Parts<'t> {
    header: &'t str,
    payload: &'t str,
    signature: &'t str,
    /// `header.payload`, what the signature is over.
    pub(crate) signed: &'t str,
}

impl<'t> Parts<'t> {
    pub(crate) fn of(compact: &'t str) -> Result<Self, JwsError> {
        if compact.len() > LONGEST_TOKEN {
            return Err(JwsError::TooLong(compact.len()));
        }
        // Two splits and one search, however many dots there are.
        let (header, rest) = compact.split_once('.').ok_or(JwsError::NotThreeParts)?;
        let (payload, signature) = rest.split_once('.').ok_or(JwsError::NotThreeParts)?;
        if header.is_empty() || payload.is_empty() || signature.contains('.') {
            return Err(JwsError::NotThreeParts);
        }
        Ok(Self { header, payload, signature, signed: &compact[..header.len() + 1 + payload.len()] })
    }

    pub(crate) fn header_json(&self) -> Result<Vec<u8>, JwsError> {
        decode(self.header, "header")
    }

    pub(crate) fn header(&self) -> Result<Header, JwsError> {
        let json = self.header_json()?;
        let mut deserializer = serde_json::Deserializer::from_slice(&json);
        let raw: RawHeader = read(&mut deserializer).map_err(|_| JwsError::BadHeader)?;
        deserializer.end().map_err(|_| JwsError::BadHeader)?;
        if raw.critical {
            return Err(JwsError::UnknownExtension);
        }
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let alg = filled(raw.alg).ok_or(JwsError::BadHeader)?;
        Ok(Header { alg, kid: filled(raw.kid), typ: filled(raw.typ) })
    }

    pub(crate) fn payload(&self) -> Result<Vec<u8>, JwsError> {
        decode(self.payload, "payload")
    }

    pub(crate) fn signature(&self) -> Result<Vec<u8>, JwsError> {
        decode(self.signature, "signature")
    }
}

fn decode(part: &str, name: &'static str) -> Result<Vec<u8>, JwsError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JwsError::NotBase64Url(name))
}

#[derive(Default)]
struct RawHeader {
    alg: Option<String>,
    kid: Option<String>,
    typ: Option<String>,
    critical: bool,
}

impl Shape for RawHeader {
    const WHAT: &'static str = "a JWS header";

    fn take<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        let slot = match name {
            "alg" => &mut self.alg,
            "kid" => &mut self.kid,
            "typ" => &mut self.typ,
            _ => {
                // "b64" (RFC 7797) changes what is signed; it must come with "crit", but is refused without it as well.
                self.critical |= matches!(name, "crit" | "b64");
                return skip(map);
            }
        };
        *slot = map.next_value_seed(Text(name))?;
        Ok(())
    }
}
