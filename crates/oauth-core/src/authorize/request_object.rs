//! Request objects (OIDC Core §6, RFC 9101): the parameters of an authorization request as a JWT, sent by value (`request`) or by
//! reference (`request_uri`). What an object says overrides what stands beside it, so it must come from the client.
//!
//! An object is opened once, at the first visit. From then on the flow goes on with the merged parameters: an object may expire while
//! the user logs in, and challenges stay short.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error as _, MapAccess, Visitor},
};
use serde_json::Value;
use token_jwt::JwsError;
use url::Url;

use super::AuthorizeRequest;
use crate::{
    Error, Provider, RemoteError,
    client::{Client, KeyFault, SIGNING_ALGS},
    error::excerpt,
    jwt_claims::{RegisteredClaims, Untimely},
    secret::Secret,
    storage::Storage,
    token::Form,
};

/// Kind of a request object. It may say who somebody is (`login_hint`, `id_token_hint`).
pub enum Object {}

/// A request object as it was sent.
#[derive(Debug)]
pub enum RequestObject {
    /// `request`: the object itself.
    ByValue(Secret<Object>),
    /// `request_uri`: where it is.
    ByReference(String),
}

/// What is wrong with a request object.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ObjectFault {
    /// It is no JWT.
    #[error("{0}")]
    Malformed(JwsError),
    /// It is not signed, and the client did not register that it may be so.
    #[error("it is not signed; sign it, or register the client's request_object_signing_alg as 'none'")]
    Unsigned,
    /// It is signed with another algorithm than the client registered, or with one that is not served.
    #[error("it is signed with {used}, and {}", match .registered { Some(alg) => format!("the client is registered for {alg}"), None => format!("must be with one of {}", SIGNING_ALGS.join(", ")) })]
    Algorithm {
        /// As its header says, shortened.
        used: String,
        /// As the client registered.
        registered: Option<String>,
    },
    /// No key vouches for it.
    #[error("{0}")]
    Key(KeyFault),
    /// Its claims cannot be read.
    #[error(
        "its claims cannot be read: each may be there once, and 'iss', 'sub', 'aud', 'exp', 'iat', 'nbf' and 'jti' must be of their kind"
    )]
    Claims,
    /// It is not the time for it.
    #[error("{0}")]
    Untimely(Untimely),
    /// It comes from somebody else than the client, or is meant for somebody else than us.
    #[error("its '{0}' is not {1}")]
    OfAnother(&'static str, &'static str),
    /// A claim that is no parameter.
    #[error("its '{0}' is no parameter of an authorization request")]
    NoParameter(String),
    /// What came back after the object was opened is not what it said.
    #[error("its parameters were changed on the way")]
    Changed,
}

impl From<ObjectFault> for Error {
    fn from(fault: ObjectFault) -> Self {
        Self::RequestObject(fault)
    }
}

impl<S: Storage> Provider<S> {
    /// The request as its object completes it.
    pub(super) async fn open_request_object(
        &self,
        object: RequestObject,
        request: AuthorizeRequest,
        client: &Client,
    ) -> Result<AuthorizeRequest, Error> {
        let jws = match object {
            RequestObject::ByValue(jws) => jws.into_exposed(),
            RequestObject::ByReference(uri) => self.fetch_request_object(&uri, client).await?,
        };
        let payload = self.payload_of_request_object(&jws, client).await?;
        let registered: RegisteredClaims = serde_json::from_slice(&payload).map_err(|_| ObjectFault::Claims)?;
        registered.must_be_timely(self.now()).map_err(ObjectFault::Untimely)?;
        self.must_be_from_the_client_for_us(&registered, client)?;
        let Members(members) = serde_json::from_slice(&payload).map_err(|_| ObjectFault::Claims)?;
        let merged = merge(request.parameters, members, client)?;
        // What was strict about the parameters beside the object was held against them before.
        let request = AuthorizeRequest::parse(&Form::new(merged, self.policy().compat_hydra))?;
        Ok(AuthorizeRequest { is_fixed: true, ..request })
    }

    /// Gets an object from where it is. The address must be one that the client registered, to the letter: nobody else may send us
    /// anywhere.
    async fn fetch_request_object(&self, uri: &str, client: &Client) -> Result<String, Error> {
        if !client.request_uris.iter().any(|registered| registered == uri) {
            return Err(Error::RequestUriNotRegistered(excerpt(uri)));
        }
        let unusable = |why: &str| Error::RequestUriUnusable(RemoteError(why.to_owned()));
        let url = Url::parse(uri).map_err(|_| unusable("it is no absolute address"))?;
        let document = self.remote().get(url).await.map_err(Error::RequestUriUnusable)?;
        let document = String::from_utf8(document).map_err(|_| unusable("its document is no JWT"))?;
        Ok(document.trim().to_owned())
    }

    /// Verifies an object as the client registered (`request_object_signing_alg`). Unsigned ones, which anybody can make, pass for
    /// clients that registered just that.
    async fn payload_of_request_object(&self, jws: &str, client: &Client) -> Result<Vec<u8>, ObjectFault> {
        let header = token_jwt::peek_header(jws).map_err(ObjectFault::Malformed)?;
        let registered = Some(client.request_object_signing_alg.as_str()).filter(|alg| !alg.is_empty());
        if header.alg == "none" {
            return match registered {
                Some("none") => token_jwt::unsecured_payload(jws).map_err(ObjectFault::Malformed),
                _ => Err(ObjectFault::Unsigned),
            };
        }
        let alg = header.alg.as_str();
        if registered.is_some_and(|registered| registered != alg) || !SIGNING_ALGS.contains(&alg) {
            return Err(ObjectFault::Algorithm { used: excerpt(alg), registered: registered.map(str::to_owned) });
        }
        let verified = self.verified_by(client, &header, jws).await.map_err(ObjectFault::Key)?;
        Ok(verified.payload)
    }

    /// RFC 9101 §10.2: an object of another client, or for another server, must not be good here. Clients may leave out who they are.
    fn must_be_from_the_client_for_us(&self, claims: &RegisteredClaims, client: &Client) -> Result<(), ObjectFault> {
        if claims.iss.as_deref().is_some_and(|iss| iss != client.id.as_str()) {
            return Err(ObjectFault::OfAnother("iss", "the client's id"));
        }
        let policy = self.policy();
        let is_us = |entry: &String| {
            entry.trim_end_matches('/') == policy.issuer.trim_end_matches('/')
                || *entry == policy.pages.authorization
                || policy.token_urls.contains(entry)
        };
        match claims.aud.0.as_slice() {
            [] => Ok(()),
            several if several.iter().any(is_us) => Ok(()),
            _ => Err(ObjectFault::OfAnother("aud", "the issuer of this server")),
        }
    }
}

/// Claims of the JWT itself, which are no parameters.
const OF_THE_JWT: [&str; 7] = ["iss", "sub", "aud", "exp", "iat", "nbf", "jti"];
/// Verifiers are ours to send, and an object inside an object is nobody's (OIDC Core §6.1).
const NEVER: [&str; 4] = ["request", "request_uri", "login_verifier", "consent_verifier"];

/// The parameters, with those of the object in place of others of the same name. Scope alone is added up: the first `openid` that
/// a client writes may stand outside (OIDC Core §6.1).
fn merge(
    beside: Vec<(String, String)>,
    members: Vec<(String, Value)>,
    client: &Client,
) -> Result<Vec<(String, String)>, Error> {
    let mut merged: Vec<_> =
        beside.into_iter().filter(|(name, _)| name != "request" && name != "request_uri").collect();
    for (name, value) in members {
        if OF_THE_JWT.contains(&name.as_str()) || value.is_null() {
            continue;
        }
        if NEVER.contains(&name.as_str()) {
            return Err(ObjectFault::NoParameter(name).into());
        }
        let values = texts(&name, value).ok_or_else(|| ObjectFault::NoParameter(excerpt(&name)))?;
        if name == "client_id" && values != [client.id.as_str()] {
            return Err(ObjectFault::OfAnother("client_id", "the client's id").into());
        }
        let beside = merged.extract_if(.., |(own, _)| *own == name).map(|(_, value)| value).collect::<Vec<_>>();
        let values = if name == "scope" { vec![added_up(values.into_iter().chain(beside))] } else { values };
        merged.extend(values.into_iter().map(|value| (name.clone(), value)));
    }
    Ok(merged)
}

/// A claim as it would stand in a query: a number is written out, a list is the words of one value, or several values where a
/// parameter may have them. What has members of its own stays JSON (`claims`, OIDC Core §5.5).
fn texts(name: &str, value: Value) -> Option<Vec<String>> {
    let values = match value {
        Value::String(text) => vec![text],
        Value::Number(number) => vec![number.to_string()],
        Value::Bool(flag) => vec![flag.to_string()],
        Value::Array(list) => {
            let words: Vec<String> = list.iter().map(|word| word.as_str().map(str::to_owned)).collect::<Option<_>>()?;
            if name == "audience" { words } else { vec![words.join(" ")] }
        }
        object @ Value::Object(_) => vec![object.to_string()],
        Value::Null => return None,
    };
    // As in a form: nothing that no database holds.
    std::iter::once(name).chain(values.iter().map(String::as_str)).all(|text| !text.contains('\0')).then_some(values)
}

/// Scopes of several places, each once.
fn added_up(scopes: impl Iterator<Item = String>) -> String {
    let mut all: Vec<String> = Vec::new();
    for entry in scopes.collect::<Vec<_>>().join(" ").split(' ').filter(|entry| !entry.is_empty()) {
        if !all.iter().any(|known| known == entry) {
            all.push(entry.to_owned());
        }
    }
    all.join(" ")
}

/// The members of a JSON object, none of them twice.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members: Vec<(String, Value)> = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if members.iter().any(|(own, _)| *own == name) {
                        return Err(A::Error::custom("a member stands there twice"));
                    }
                    members.push((name, map.next_value()?));
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Object)
    }
}
