//! Reading JSON objects strictly: no member twice, and no value in an error, for it may be a private key.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

/// An object that is filled member by member.
pub(crate) trait Shape: Default {
    /// What the object is, for error messages: "a JSON Web Key".
    const WHAT: &'static str;

    /// Takes the value of one member out of `map`. Names come at most once.
    fn take<'de, A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error>;
}

/// Reads a whole object.
///
/// Asks for "any" value, since serde_json prints the value itself when an object was asked for and something else came.
pub(crate) fn read<'de, S: Shape, D: Deserializer<'de>>(deserializer: D) -> Result<S, D::Error> {
    deserializer.deserialize_any(Members(PhantomData))
}

/// Reads a member that nobody asked for.
pub(crate) fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(|_| ())
}

struct Members<S>(PhantomData<S>);

impl<'de, S: Shape> Visitor<'de> for Members<S> {
    type Value = S;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, which is a JSON object", S::WHAT)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<S, A::Error> {
        let mut shape = S::default();
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            shape.take(&name, &mut map)?;
            if !seen.insert(name.clone()) {
                let name: String = name.chars().take(32).collect(); // it comes from outside and goes into a log
                return Err(A::Error::custom(format_args!("the member {name:?} of {} stands there twice", S::WHAT)));
            }
        }
        Ok(shape)
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<S, E> {
        Err(E::custom(format_args!("{} is a JSON object, not a text", S::WHAT)))
    }
}

/// A member that is a text, or `null`, which counts as absent.
pub(crate) struct Text<'n>(pub(crate) &'n str);

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<String>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Text<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a text as the value of {:?}", self.0)
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<String>, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Option<String>, E> {
        Ok(Some(text))
    }

    fn visit_unit<E>(self) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Option<String>, E> {
        Err(self.not_a_text())
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Option<String>, E> {
        Err(self.not_a_text())
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Option<String>, E> {
        Err(self.not_a_text())
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Option<String>, E> {
        Err(self.not_a_text())
    }
}

impl Text<'_> {
    /// The serde default would print the value.
    fn not_a_text<E: serde::de::Error>(&self) -> E {
        E::custom(format_args!("the member {:?} must be a text", self.0))
    }
}
