//! A bearer token (RFC 6750 §2): from the Authorization header, or from the body of a form. Not from the query, which ends up in
//! logs and histories (RFC 9700 §4.3.2), except side by side with Hydra.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{Method, header},
    web,
};
use oauth_core::{Error, secret::PresentedToken};

use super::form;
use crate::{
    error::{BearerFailure, Reason},
    state::State,
};

/// The token, or none, or why what is there is none.
pub(crate) struct Bearer(pub(crate) Result<Option<PresentedToken>, Reason>);

impl FromRequest for Bearer {
    type Error = BearerFailure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, BearerFailure>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { Ok(Self(read(&request, payload).await)) })
    }
}

/// The same where the body is something else than a form.
pub(crate) struct BearerHeader(pub(crate) Result<Option<PresentedToken>, Reason>);

impl FromRequest for BearerHeader {
    type Error = BearerFailure;
    type Future = std::future::Ready<Result<Self, BearerFailure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self(found_in(request, Vec::new(), like_hydra(request)))))
    }
}

async fn read(request: &HttpRequest, payload: Payload) -> Result<Option<PresentedToken>, Reason> {
    let like_hydra = like_hydra(request);
    let form = match request.method() == Method::POST {
        true => form::read(request, payload, like_hydra).await?,
        false => Vec::new(),
    };
    found_in(request, form, like_hydra)
}

fn like_hydra(request: &HttpRequest) -> bool {
    request.app_data::<web::Data<State>>().is_some_and(|state| state.compat_hydra)
}

/// The token of a request whose body has these parameters.
fn found_in(
    request: &HttpRequest,
    mut pairs: Vec<(String, String)>,
    like_hydra: bool,
) -> Result<Option<PresentedToken>, Reason> {
    let mut found = Vec::new();
    for value in request.headers().get_all(header::AUTHORIZATION) {
        found.push(from_header(value.as_bytes())?);
    }
    if like_hydra {
        pairs.extend(form::urlencoded(request.query_string().as_bytes(), true)?);
    }
    found.extend(pairs.into_iter().filter(|(name, _)| name == "access_token").map(|(_, token)| token));
    if found.len() > 1 && !like_hydra {
        // RFC 6750 §2: one way at a time.
        return Err(Error::RepeatedParameter("access_token".to_owned()).into());
    }
    Ok(found.into_iter().next().filter(|token| !token.is_empty()).map(PresentedToken::new))
}

/// `Bearer`, one space, and the token. Some libraries leave `Bearer` out, and are understood.
fn from_header(value: &[u8]) -> Result<String, Reason> {
    let malformed =
        || Reason::Malformed("The Authorization header must be 'Bearer', one space, and the token.".to_owned());
    let text = std::str::from_utf8(value).map_err(|_| malformed())?;
    let token = match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token,
        Some(_) => return Err(malformed()),
        None if text.eq_ignore_ascii_case("bearer") => "",
        None => text,
    };
    // RFC 6750 §2.1: b64token.
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    if token.bytes().all(allowed) { Ok(token.to_owned()) } else { Err(malformed()) }
}

#[cfg(test)]
mod tests {
    use super::from_header;

    #[test]
    fn the_header_is_read_strictly() {
        assert_eq!(from_header(b"Bearer abc.d-e").ok().as_deref(), Some("abc.d-e"));
        assert_eq!(from_header(b"bearer abc").ok().as_deref(), Some("abc"));
        assert_eq!(from_header(b"abc").ok().as_deref(), Some("abc"));
        for odd in [b"Bearer  abc".as_slice(), b"Bearer a b", b"Basic abc", b"Bearer a,b", b"Bearer \xff", b" abc"] {
            assert!(from_header(odd).is_err(), "{}", odd.escape_ascii());
        }
    }
}
