//! JSON bodies, read strictly (RFC 8259): no repeated members, no text after the value, member names to the letter.

use std::{fmt, future::Future, marker::PhantomData, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor},
};

use super::body;
use crate::error::{ApiFailure, Reason};

/// Names the members of a body, so that a misspelt case is refused rather than ignored.
pub(crate) trait Members {
    /// The names.
    const MEMBERS: &'static [&'static str];
}

impl Members for hydra_api::Client {
    const MEMBERS: &'static [&'static str] = &hydra_api::Client::MEMBERS;
}

impl Members for hydra_api::Lifespans {
    const MEMBERS: &'static [&'static str] = hydra_api::Client::MEMBERS.split_at(39).1;
}

impl Members for hydra_api::CreateJwkRequest {
    const MEMBERS: &'static [&'static str] = &["alg", "kid", "use"];
}

impl Members for hydra_api::AcceptLogin {
    const MEMBERS: &'static [&'static str] = &[
        "subject",
        "remember",
        "remember_for",
        "extend_session_lifespan",
        "acr",
        "amr",
        "identity_provider_session_id",
        "force_subject_identifier",
        "context",
    ];
}

impl Members for hydra_api::AcceptConsent {
    const MEMBERS: &'static [&'static str] =
        &["grant_scope", "grant_access_token_audience", "session", "remember", "remember_for", "context"];
}

impl Members for hydra_api::Reject {
    const MEMBERS: &'static [&'static str] =
        &["error", "error_description", "error_hint", "status_code", "error_debug"];
}

impl Members for hydra_api::CredentialRequest {
    const MEMBERS: &'static [&'static str] = &["format", "types", "proof"];
}

impl Members for hydra_api::JwkSet {
    const MEMBERS: &'static [&'static str] = &["keys"];
}

/// A JSON body of type `T`. `null` counts as an empty object.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned + Members> FromRequest for JsonBody<T> {
    type Error = ApiFailure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiFailure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { Ok(Self(parse(&body::read(&request, payload).await?)?)) })
    }
}

/// The body as it came; for endpoints that look at other things first.
pub(crate) struct RawBody(pub(crate) web::Bytes);

impl FromRequest for RawBody {
    type Error = ApiFailure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiFailure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { Ok(Self(body::read(&request, payload).await?)) })
    }
}

/// Reads what a login or consent application sent, strictly.
pub(crate) fn parse_answer<T: DeserializeOwned + Members>(body: &[u8]) -> Result<T, Reason> {
    parse(body).map_err(|reason| match reason {
        Reason::Malformed(text) => Reason::InvalidRequest(text),
        other => other,
    })
}

/// Reads a JSON object strictly.
pub(crate) fn parse<T: DeserializeOwned + Members>(body: &[u8]) -> Result<T, Reason> {
    check_strictly(body)?;
    if body.trim_ascii() == b"null" {
        return decode(b"{}");
    }
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Reason::Malformed("The body must be a JSON object.".to_owned()));
    }
    let spelled: TopLevel = decode(body)?;
    for name in spelled.0 {
        let known = T::MEMBERS.iter().find(|known| known.eq_ignore_ascii_case(&name));
        if let Some(known) = known.filter(|known| **known != name) {
            return Err(Reason::Malformed(format!("The member '{name}' must be spelled '{known}'.")));
        }
    }
    decode(body)
}

/// A JSON value, read strictly.
pub(crate) fn strict_value(body: &[u8]) -> Result<serde_json::Value, Reason> {
    check_strictly(body)?;
    decode(body)
}

/// Whether this is one JSON value in which no object names a member twice.
pub(crate) fn check_strictly(body: &[u8]) -> Result<(), Reason> {
    decode::<NoRepeats>(body).map(drop)
}

fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, Reason> {
    hydra_api::decode(body).map_err(|why| {
        let why = why.to_string();
        let mut letters = why.chars();
        let text: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
        Reason::Malformed(format!("{text}."))
    })
}

/// Names of the members of the outermost object.
struct TopLevel(Vec<String>);

impl<'de> Deserialize<'de> for TopLevel {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = TopLevel;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TopLevel, A::Error> {
                let mut names = Vec::new();
                while let Some((name, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                    names.push(name);
                }
                Ok(TopLevel(names))
            }
        }
        value.deserialize_map(Names)
    }
}

/// Any JSON value in which no object names a member twice.
struct NoRepeats(PhantomData<()>);

impl<'de> Deserialize<'de> for NoRepeats {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        struct Any;
        macro_rules! leaf {
            ($($method:ident: $kind:ty),*) => {
                $(fn $method<E: serde::de::Error>(self, _: $kind) -> Result<NoRepeats, E> {
                    Ok(NoRepeats(PhantomData))
                })*
            };
        }
        impl<'de> Visitor<'de> for Any {
            type Value = NoRepeats;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            leaf!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

            fn visit_unit<E: serde::de::Error>(self) -> Result<NoRepeats, E> {
                Ok(NoRepeats(PhantomData))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<NoRepeats, A::Error> {
                while seq.next_element::<NoRepeats>()?.is_some() {}
                Ok(NoRepeats(PhantomData))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NoRepeats, A::Error> {
                let mut names = std::collections::HashSet::new();
                while let Some(name) = map.next_key::<String>()? {
                    if names.contains(&name) {
                        return Err(A::Error::custom(format_args!("the member '{name}' appears twice")));
                    }
                    names.insert(name);
                    map.next_value::<NoRepeats>()?;
                }
                Ok(NoRepeats(PhantomData))
            }
        }
        value.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(body: &str) -> Result<hydra_api::Client, Reason> {
        parse(body.as_bytes())
    }

    #[test]
    fn unknown_members_are_ignored_and_null_is_an_empty_object() {
        assert_eq!(client(r#"{"client_name":"a","something":1}"#).map(|c| c.client_name).ok(), Some("a".to_owned()));
        assert!(client("null").is_ok());
    }

    #[test]
    fn repeated_misspelt_and_trailing_parts_are_refused() {
        for odd in [
            r#"{"client_name":"a","client_name":"b"}"#,
            r#"{"metadata":{"a":1,"a":2}}"#,
            r#"{"Client_Name":"a"}"#,
            r#"{} {}"#,
            "",
            "[]",
            "{",
            r#"{"grant_types":"x"}"#,
            "1",
            "\u{1}",
        ] {
            assert!(client(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_deeply_nested_body_is_refused_rather_than_followed() {
        assert!(client(&format!("{{\"metadata\":{}", "[".repeat(100_000))).is_err());
    }
}
