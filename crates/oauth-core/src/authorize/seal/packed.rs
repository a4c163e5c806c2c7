//! Short spellings: an id of 32 hex digits is 16 bytes, a well-known parameter name is one. Anything unusual travels as text.

use serde::{
    Deserialize, Deserializer, Serializer,
    de::{Error, SeqAccess, Visitor},
    ser::{SerializeSeq, SerializeTuple},
};
use std::fmt;
use uuid::Uuid;

use crate::ids::{Csrf, FlowId, LoginSessionId, RequestId};

/// An identifier that is text outside and perhaps bytes here.
pub(in crate::authorize) trait TextId {
    fn text(&self) -> &str;
    fn from_text(text: String) -> Self;
}

macro_rules! text_ids {
    ($($id:ty),*) => {$(
        impl TextId for $id {
            fn text(&self) -> &str {
                self.as_str()
            }

            fn from_text(text: String) -> Self {
                Self::new(text)
            }
        }
    )*};
}
text_ids!(Csrf, FlowId, LoginSessionId, RequestId);

impl TextId for String {
    fn text(&self) -> &str {
        self
    }

    fn from_text(text: String) -> Self {
        text
    }
}

/// Declares a spelling: which texts are 16 bytes, and how those are written out again.
macro_rules! spelling {
    ($(#[$doc:meta])* $name:ident, |$uuid:ident| $write:expr) => {
        $(#[$doc])*
        pub(in crate::authorize) mod $name {
            use super::*;

            fn write($uuid: Uuid) -> String {
                $write
            }

            /// The bytes, if writing them out gives this very text.
            pub(super) fn bytes(text: &str) -> Option<[u8; 16]> {
                let uuid = Uuid::try_parse(text).ok()?;
                (write(uuid) == text).then(|| uuid.into_bytes())
            }

            pub(in crate::authorize) fn serialize<I: TextId, S: Serializer>(id: &I, to: S) -> Result<S::Ok, S::Error> {
                match bytes(id.text()) {
                    Some(bytes) => to.serialize_bytes(&bytes),
                    None => to.serialize_str(id.text()),
                }
            }

            pub(in crate::authorize) fn deserialize<'de, I: TextId, D: Deserializer<'de>>(from: D) -> Result<I, D::Error> {
                from.deserialize_any(TextOrBytes(write)).map(I::from_text)
            }
        }
    };
}

spelling!(
    /// 32 hex digits.
    hex_id,
    |uuid| uuid.simple().to_string()
);
spelling!(
    /// A UUID with dashes.
    uuid_id,
    |uuid| uuid.hyphenated().to_string()
);

struct TextOrBytes(fn(Uuid) -> String);

impl Visitor<'_> for TextOrBytes {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, or 16 bytes")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<String, E> {
        let uuid = Uuid::from_slice(bytes).map_err(|_| E::invalid_length(bytes.len(), &self))?;
        Ok((self.0)(uuid))
    }
}

/// Names of parameters that have a number. Only ever add at the end.
const NAMES: [&str; 20] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "audience",
    "id_token_hint",
    "login_hint",
    "acr_values",
    "ui_locales",
    "display",
    "request",
    "request_uri",
    "resource",
];

/// Parameters of a request, in their order.
pub(in crate::authorize) mod parameters {
    use super::*;

    pub(in crate::authorize) fn serialize<S: Serializer>(pairs: &[(String, String)], to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(Some(pairs.len()))?;
        for pair in pairs {
            list.serialize_element(&Written(pair))?;
        }
        list.end()
    }

    pub(in crate::authorize) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<(String, String)>, D::Error> {
        let pairs = Vec::<Pair>::deserialize(from)?;
        Ok(pairs.into_iter().map(|Pair(name, value)| (name, value)).collect())
    }

    struct Written<'p>(&'p (String, String));

    impl serde::Serialize for Written<'_> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            let (name, value) = self.0;
            let mut pair = to.serialize_tuple(2)?;
            match NAMES.iter().position(|known| known == name) {
                Some(n) => pair.serialize_element(&n)?,
                None => pair.serialize_element(name)?,
            }
            match uuid_id::bytes(value) {
                Some(_) => pair.serialize_element(&Dashed(value))?,
                None => pair.serialize_element(value)?,
            }
            pair.end()
        }
    }

    struct Dashed<'v>(&'v String);

    impl serde::Serialize for Dashed<'_> {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            uuid_id::serialize(self.0, to)
        }
    }

    struct Pair(String, String);

    impl<'de> Deserialize<'de> for Pair {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            struct Two;
            impl<'de> Visitor<'de> for Two {
                type Value = Pair;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a name and a value")
                }

                fn visit_seq<A: SeqAccess<'de>>(self, mut pair: A) -> Result<Pair, A::Error> {
                    let Name(name) = pair.next_element()?.ok_or_else(|| A::Error::invalid_length(0, &self))?;
                    let Value(value) = pair.next_element()?.ok_or_else(|| A::Error::invalid_length(1, &self))?;
                    Ok(Pair(name, value))
                }
            }
            from.deserialize_tuple(2, Two)
        }
    }

    struct Value(String);

    impl<'de> Deserialize<'de> for Value {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            uuid_id::deserialize(from).map(Self)
        }
    }

    struct Name(String);

    impl<'de> Deserialize<'de> for Name {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            struct TextOrNumber;
            impl Visitor<'_> for TextOrNumber {
                type Value = String;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a name, or the number of one")
                }

                fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
                    Ok(text.to_owned())
                }

                fn visit_u64<E: Error>(self, n: u64) -> Result<String, E> {
                    let known = usize::try_from(n).ok().and_then(|n| NAMES.get(n));
                    known.map(|name| (*name).to_owned()).ok_or_else(|| E::custom("the number of no name"))
                }
            }
            from.deserialize_any(TextOrNumber).map(Self)
        }
    }
}
