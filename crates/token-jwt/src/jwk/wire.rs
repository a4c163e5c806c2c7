//! The JSON of a key before anybody looked at its meaning, and the order of members on output.

use serde::de::{Error as _, MapAccess};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::json::{Shape, Text, read, skip};

/// All members that are texts, in the order in which they are written. `x5c`, a list, goes between `qi` and `x5u`.
const TEXTS: [&str; 19] = [
    "use", "kty", "kid", "crv", "alg", "k", "x", "y", "n", "e", "d", "p", "q", "dp", "dq", "qi", "x5u", "x5t",
    "x5t#S256",
];
const X5C_BEFORE: &str = "x5u";

/// Members by name. Absent, `null` and empty are the same.
#[derive(Default)]
pub(crate) struct RawJwk {
    texts: [Option<String>; TEXTS.len()],
    pub(crate) x5c: Vec<String>,
    /// Whether there are more than two primes (`oth`), which nothing here could keep.
    pub(crate) multi_prime: bool,
}

impl RawJwk {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.texts[position(name)?].as_deref()
    }

    pub(crate) fn set(&mut self, name: &'static str, value: Option<String>) {
        if let Some(at) = position(name) {
            self.texts[at] = value.filter(|text| !text.is_empty());
        }
    }
}

fn position(name: &str) -> Option<usize> {
    TEXTS.iter().position(|known| *known == name)
}

impl Shape for RawJwk {
    const WHAT: &'static str = "a JSON Web Key";

    fn take<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        if let Some(at) = position(name) {
            self.texts[at] = map.next_value_seed(Text(name))?.filter(|text| !text.is_empty());
        } else if name == "x5c" {
            self.x5c = map
                .next_value::<Option<Vec<String>>>()
                .map_err(|_| A::Error::custom("the member \"x5c\" must be a list of texts"))?
                .unwrap_or_default();
        } else {
            self.multi_prime |= name == "oth";
            skip(map)?;
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for RawJwk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer)
    }
}

impl Serialize for RawJwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, text) in TEXTS.iter().zip(&self.texts) {
            if *name == X5C_BEFORE && !self.x5c.is_empty() {
                map.serialize_entry("x5c", &self.x5c)?;
            }
            if let Some(text) = text {
                map.serialize_entry(name, text)?;
            }
        }
        map.end()
    }
}
