//! JSON Web Key sets of the admin API. Keys stay plain JSON here; `token-jwt` knows what is inside.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::decode::null_is_default;

/// The members of a key (RFC 7517 §4, RFC 7518 §6) in the order in which the server prints them. Others are dropped.
pub const JWK_MEMBERS: [&str; 20] = [
    "use", "kty", "kid", "crv", "alg", "k", "x", "y", "n", "e", "d", "p", "q", "dp", "dq", "qi", "x5c", "x5u", "x5t",
    "x5t#S256",
];

/// `POST /admin/keys/{set}`: what key to make.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateJwkRequest {
    /// The signature algorithm (RFC 7518 §3.1), such as `RS256`; required by the server.
    #[serde(default, deserialize_with = "null_is_default")]
    pub alg: String,
    /// The name of the new key; empty lets the server choose.
    #[serde(default, deserialize_with = "null_is_default")]
    pub kid: String,
    /// `sig` or `enc`; empty means `sig`.
    #[serde(default, rename = "use", deserialize_with = "null_is_default")]
    pub usage: String,
}

/// A set of keys, private members included where the caller may see them.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct JwkSet {
    /// The keys; `None` is printed as `null`, which echoes a request without the member.
    #[serde(default)]
    pub keys: Option<Vec<Value>>,
}

/// Only the number of keys: they may be private.
impl fmt::Debug for JwkSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JwkSet({} keys)", self.keys.as_deref().map_or(0, <[Value]>::len))
    }
}
