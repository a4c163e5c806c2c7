//! `application/x-www-form-urlencoded` bodies (and `multipart/form-data`, which Hydra reads as well). The query is never
//! looked at: what stands there ends up in logs and histories.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header, web};
use oauth_core::{Error, ids::ClientId, token::Form};

use super::body;
use crate::{
    error::{OAuthFailure, Reason},
    prepare::AskingClient,
    state::State,
};

/// A form without repeated parameters where one value is wanted; see [`Form::one`].
pub(crate) struct UniqueForm(pub(crate) Form);

impl FromRequest for UniqueForm {
    type Error = OAuthFailure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, OAuthFailure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let lenient = request.app_data::<web::Data<State>>().is_some_and(|state| state.compat_hydra);
            let pairs = read(&request, payload, lenient).await?;
            if let Some((_, id)) = pairs.iter().find(|(name, _)| name == "client_id") {
                request.extensions_mut().insert(AskingClient(ClientId::new(id.as_str())));
            }
            Ok(Self(Form::new(pairs, lenient)))
        })
    }
}

/// The pairs of a body. With another or no content type nothing in it is a parameter.
pub(super) async fn read(
    request: &HttpRequest,
    payload: Payload,
    lenient: bool,
) -> Result<Vec<(String, String)>, Reason> {
    let kind =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    let body = body::read(request, payload).await?;
    match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/x-www-form-urlencoded" => urlencoded(&body, lenient),
        "multipart/form-data" => multipart(&kind, &body),
        _ => Ok(Vec::new()),
    }
}

/// Decodes pairs strictly: a broken `%` escape or text that is not UTF-8 is an error, or it would travel on as something that
/// nobody sent. Leniently, such pairs are dropped, as at Hydra.
pub(super) fn urlencoded(body: &[u8], lenient: bool) -> Result<Vec<(String, String)>, Reason> {
    let mut pairs = Vec::new();
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &pair[..0]),
        };
        let decoded = if pair.contains(&b';') {
            Err("';' does not separate parameters; use '&', and write '%3B' inside a value")
        } else {
            decode(name).and_then(|name| Ok((name, decode(value)?)))
        };
        match decoded {
            Ok(pair) => pairs.push(pair),
            Err(_) if lenient => {}
            Err(why) => return Err(Error::MalformedForm(why).into()),
        }
    }
    Ok(pairs)
}

/// Decodes one name or value of a form.
pub(super) fn decode(text: &[u8]) -> Result<String, &'static str> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
                match (digit(rest.next()), digit(rest.next())) {
                    (Some(high), Some(low)) => (high * 16 + low) as u8,
                    _ => return Err("a '%' is not followed by two hexadecimal digits"),
                }
            }
            other => *other,
        });
    }
    let text = String::from_utf8(decoded).map_err(|_| "it is not UTF-8")?;
    if text.contains('\0') { Err("it holds a NUL character") } else { Ok(text) }
}

/// The text fields of a multipart form (RFC 7578); files are not parameters.
fn multipart(kind: &str, body: &[u8]) -> Result<Vec<(String, String)>, Reason> {
    let malformed = |why| Reason::from(Error::MalformedForm(why));
    let boundary = kind
        .split(';')
        .filter_map(|part| part.trim().split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))
        .map(|(_, value)| value.trim().trim_matches('"'))
        .filter(|boundary| !boundary.is_empty() && boundary.len() <= 70);
    // Without a boundary nothing can be read: an empty form.
    let Some(boundary) = boundary else { return Ok(Vec::new()) };
    let text = std::str::from_utf8(body).map_err(|_| malformed("it is not UTF-8"))?;
    let delimiter = format!("--{boundary}");
    let mut pairs = Vec::new();
    for part in text.split(delimiter.as_str()).skip(1) {
        if part.starts_with("--") {
            return Ok(pairs);
        }
        let (head, value) = part.split_once("\r\n\r\n").ok_or_else(|| malformed("a part has no header"))?;
        let value = value.strip_suffix("\r\n").ok_or_else(|| malformed("a part does not end"))?;
        let disposition = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"))
            .map_or("", |(_, value)| value);
        let parameter = |wanted: &str| {
            disposition
                .split(';')
                .filter_map(|part| part.trim().split_once('='))
                .find(|(name, _)| *name == wanted)
                .map(|(_, value)| value.trim_matches('"'))
        };
        if value.contains('\0') {
            return Err(malformed("it holds a NUL character"));
        }
        if let (Some(name), None) = (parameter("name"), parameter("filename")) {
            pairs.push((name.to_owned(), value.to_owned()));
        }
    }
    Err(malformed("the multipart body does not end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Vec<(String, String)> {
        urlencoded(body.as_bytes(), false).unwrap_or_default()
    }

    #[test]
    fn pairs_are_decoded_in_their_order() {
        let expected = [("a", "1 2"), ("b", "ä=&"), ("c", ""), ("d", "")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(read("a=1+2&b=%C3%A4%3D%26&c=&d&&"), expected);
    }

    #[test]
    fn broken_escapes_odd_bytes_and_semicolons_are_refused() {
        for odd in ["a=%zz", "a=%4", "a=%", "%zz=1", "a=%ff", "a=1;b=2", "a=%00"] {
            assert!(urlencoded(odd.as_bytes(), false).is_err(), "{odd}");
        }
        assert_eq!(urlencoded(b"a=%zz&b=2", true).unwrap_or_default(), [("b".to_owned(), "2".to_owned())]);
    }

    #[test]
    fn a_multipart_form_gives_its_text_fields() {
        let body = "--X\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nab\r\ncd\r\n--X\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\nfile\r\n--X--\r\n";
        let pairs = multipart("multipart/form-data; boundary=X", body.as_bytes()).unwrap_or_default();
        assert_eq!(pairs, [("token".to_owned(), "ab\r\ncd".to_owned())]);
        assert!(
            multipart("multipart/form-data; boundary=X", b"--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb")
                .is_err()
        );
    }
}
