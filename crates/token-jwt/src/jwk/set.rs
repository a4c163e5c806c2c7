//! Sets of keys (RFC 7517 section 5).

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::{Jwk, JwkError};
use crate::json::{Shape, read, skip};

/// Each key costs a check on its curve; nobody publishes this many.
const MOST_FOREIGN_KEYS: usize = 1000;

/// Keys in an order that its owner gives a meaning; `{"keys":[…]}` as JSON, **private members included**.
///
/// Reading is strict: one bad key spoils the set, for it is our own or about to become so. An absent or `null` list is
/// an empty one. For sets that others publish there is [`from_foreign_json`](Self::from_foreign_json).
#[derive(Debug, Clone, Default, Serialize)]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<Jwk>,
}

impl JwkSet {
    /// Reads a set strictly.
    ///
    /// # Errors
    /// [`JwkError::Malformed`], which says which key of the list is wrong and why.
    pub fn from_json(json: impl AsRef<[u8]>) -> Result<Self, JwkError> {
        serde_json::from_slice(json.as_ref()).map_err(|error| JwkError::Malformed(error.to_string()))
    }

    /// Reads a set that somebody else publishes and leaves out keys that we do not understand, as RFC 7517 section 5 asks:
    /// one key of a new type must not make the others useless. Gives the reasons, too, for the log.
    ///
    /// # Errors
    /// [`JwkError`] if the whole is no set, or has more than 1000 keys.
    pub fn from_foreign_json(json: impl AsRef<[u8]>) -> Result<(Self, Vec<JwkError>), JwkError> {
        let ForeignSet { keys: list } = serde_json::from_slice(json.as_ref()).map_err(|error| {
            // Not the error itself: it may repeat megabytes of what somebody else wrote.
            let place = format!("at line {} column {}", error.line(), error.column());
            JwkError::Malformed(format!("no JSON object with a list of keys in \"keys\", {place}"))
        })?;
        if list.len() > MOST_FOREIGN_KEYS {
            return Err(JwkError::TooManyKeys { found: list.len(), most: MOST_FOREIGN_KEYS });
        }
        let mut set = Self::default();
        let mut refused = Vec::new();
        for json in list {
            match Jwk::from_json(json.get()) {
                Ok(key) => set.keys.push(key),
                Err(reason) => refused.push(reason),
            }
        }
        Ok((set, refused))
    }

    /// The first key with this id.
    pub fn find(&self, kid: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.kid() == Some(kid))
    }

    /// The public halves in the same order, without symmetric keys.
    #[must_use]
    pub fn to_public(&self) -> Self {
        Self { keys: self.keys.iter().filter_map(Jwk::to_public).collect() }
    }
}

#[derive(Deserialize)]
struct ForeignSet {
    keys: Vec<Box<RawValue>>,
}

#[derive(Default)]
struct RawSet {
    keys: Vec<Jwk>,
}

impl Shape for RawSet {
    const WHAT: &'static str = "a JSON Web Key Set";

    fn take<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        if name != "keys" {
            return skip(map);
        }
        self.keys = map.next_value::<Numbered>()?.0;
        Ok(())
    }
}

/// A list of keys whose errors tell the place in the list.
struct Numbered(Vec<Jwk>);

impl<'de> Deserialize<'de> for Numbered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberedVisitor)
    }
}

struct NumberedVisitor;

impl<'de> Visitor<'de> for NumberedVisitor {
    type Value = Numbered;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of JSON Web Keys in \"keys\"")
    }

    fn visit_unit<E>(self) -> Result<Numbered, E> {
        Ok(Numbered(Vec::new()))
    }

    /// The serde default would print the text.
    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<Numbered, E> {
        Err(E::custom("the member \"keys\" must be a list of keys, not a text"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Numbered, A::Error> {
        let mut keys = Vec::new();
        loop {
            match list.next_element() {
                Ok(Some(key)) => keys.push(key),
                Ok(None) => return Ok(Numbered(keys)),
                Err(error) => return Err(A::Error::custom(format_args!("key {} of the set: {error}", keys.len() + 1))),
            }
        }
    }
}

impl<'de> Deserialize<'de> for JwkSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read::<RawSet, D>(deserializer).map(|raw| Self { keys: raw.keys })
    }
}
