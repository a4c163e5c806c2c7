//! `Authorization: Basic` (RFC 7617), with id and secret form-encoded as RFC 6749 §2.3.1 asks.

use std::convert::Infallible;

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header};
use base64::{Engine, prelude::BASE64_STANDARD};
use oauth_core::{Error, ids::ClientId, secret::ClientSecret};

use super::form;
use crate::prepare::AskingClient;

/// The client credentials of the header, if it has any. Whether they are well-formed is reported by the endpoint, after it
/// looked at what comes first.
pub(crate) struct Basic(pub(crate) Result<Option<(ClientId, ClientSecret)>, Error>);

impl FromRequest for Basic {
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut headers = request.headers().get_all(header::AUTHORIZATION);
        let value = match (headers.next(), headers.next()) {
            (None, _) => return std::future::ready(Ok(Self(Ok(None)))),
            (Some(value), None) => value.as_bytes(),
            (Some(_), Some(_)) => return std::future::ready(Ok(Self(Err(Error::MalformedBasic)))),
        };
        let is_basic = value.len() > 6 && value[..6].eq_ignore_ascii_case(b"basic ");
        // Another scheme is none of ours: then the body must say who is asking.
        let credentials = if is_basic { parse(&value[6..]).map(Some).ok_or(Error::MalformedBasic) } else { Ok(None) };
        if let Ok(Some((id, _))) = &credentials {
            request.extensions_mut().insert(AskingClient(id.clone()));
        }
        std::future::ready(Ok(Self(credentials)))
    }
}

fn parse(encoded: &[u8]) -> Option<(ClientId, ClientSecret)> {
    let decoded = BASE64_STANDARD.decode(encoded).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let user = form::decode(&decoded[..colon]).ok()?;
    let password = form::decode(&decoded[colon + 1..]).ok()?;
    Some((ClientId::new(user), ClientSecret::new(password)))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn id_and_secret_are_form_decoded() {
        let parsed = parse(b"bXkrYXBwOnAlMkJxJTI1").map(|(id, secret)| (id.to_string(), secret.into_exposed()));
        assert_eq!(parsed, Some(("my app".to_owned(), "p+q%".to_owned())));
        // "id:se;cret" as it is: nothing separates parameters here.
        let parsed = parse(b"aWQ6c2U7Y3JldA==").map(|(_, secret)| secret.into_exposed());
        assert_eq!(parsed, Some("se;cret".to_owned()));
    }

    #[test]
    fn loosely_encoded_credentials_are_refused() {
        // no Base64, no colon, broken escape, unpadded, white space inside
        for odd in ["!!!", "YWJj", "YTolenoK", "YTpiYw", "YTpi YmI="] {
            assert!(parse(odd.as_bytes()).is_none(), "{odd}");
        }
    }
}
