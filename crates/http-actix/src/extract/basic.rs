//! `Authorization: Basic` (RFC 7617), with id and secret form-encoded as RFC 6749 §2.3.1 asks.

use std::convert::Infallible;

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header};
use base64::{Engine, prelude::BASE64_STANDARD};
use oauth_core::{Error, ids::ClientId, secret::ClientSecret};

use super::form;
use crate::prepare::AskingClient;

/// The client credentials of the header, if it has any. Whether they are well-formed is reported by the endpoint, after it
/// looked at what comes first.
pub(crate) struct Basic {
    /// Id and secret, decoded.
    pub(crate) credentials: Result<Option<(ClientId, ClientSecret)>, Error>,
    /// See [`oauth_core::client::Credentials::undecoded_password`].
    pub(crate) undecoded_password: Option<ClientSecret>,
}

impl Basic {
    fn new(credentials: Result<Option<(ClientId, ClientSecret)>, Error>) -> Self {
        Self { credentials, undecoded_password: None }
    }
}

impl FromRequest for Basic {
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut headers = request.headers().get_all(header::AUTHORIZATION);
        let value = match (headers.next(), headers.next()) {
            (None, _) => return std::future::ready(Ok(Self::new(Ok(None)))),
            (Some(value), None) => value.as_bytes(),
            (Some(_), Some(_)) => return std::future::ready(Ok(Self::new(Err(Error::MalformedBasic)))),
        };
        let is_basic = value.len() > 6 && value[..6].eq_ignore_ascii_case(b"basic ");
        // Another scheme is none of ours: then the body must say who is asking.
        let basic = match is_basic.then(|| parse(&value[6..])) {
            None => Self::new(Ok(None)),
            Some(None) => Self::new(Err(Error::MalformedBasic)),
            Some(Some(Parsed { id, secret, undecoded_password })) => {
                request.extensions_mut().insert(AskingClient(id.clone()));
                Self { credentials: Ok(Some((id, secret))), undecoded_password }
            }
        };
        std::future::ready(Ok(basic))
    }
}

struct Parsed {
    id: ClientId,
    secret: ClientSecret,
    undecoded_password: Option<ClientSecret>,
}

fn parse(encoded: &[u8]) -> Option<Parsed> {
    let decoded = BASE64_STANDARD.decode(encoded).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let (user, raw) = (form::decode(&decoded[..colon]).ok()?, &decoded[colon + 1..]);
    let password = form::decode(raw).ok()?;
    let undecoded = std::str::from_utf8(raw).ok().filter(|raw| *raw != password);
    Some(Parsed {
        id: ClientId::new(user),
        undecoded_password: undecoded.map(ClientSecret::new),
        secret: ClientSecret::new(password),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_and_secret_are_form_decoded() {
        let parsed = parse(b"bXkrYXBwOnAlMkJxJTI1").map(|parsed| (parsed.id.to_string(), parsed.secret.into_exposed()));
        assert_eq!(parsed, Some(("my app".to_owned(), "p+q%".to_owned())));
        // "id:se;cret" as it is: nothing separates parameters here.
        let parsed = parse(b"aWQ6c2U7Y3JldA==").map(|parsed| parsed.secret.into_exposed());
        assert_eq!(parsed, Some("se;cret".to_owned()));
    }

    #[test]
    fn a_password_that_decoding_changes_is_kept_as_it_came_too() {
        let undecoded = |pair: &str| {
            let parsed = parse(BASE64_STANDARD.encode(pair).as_bytes());
            parsed.map(|parsed| parsed.undecoded_password.map(ClientSecret::into_exposed))
        };
        assert_eq!(undecoded("id:a+b"), Some(Some("a+b".to_owned())));
        assert_eq!(undecoded("id:a-b"), Some(None));
    }

    #[test]
    fn loosely_encoded_credentials_are_refused() {
        // no Base64, no colon, broken escape, unpadded, white space inside
        for odd in ["!!!", "YWJj", "YTolenoK", "YTpiYw", "YTpi YmI="] {
            assert!(parse(odd.as_bytes()).is_none(), "{odd}");
        }
    }
}
