//! Query parameters of the admin API.

use std::convert::Infallible;

use actix_web::{FromRequest, HttpRequest, dev::Payload};

/// Decoded parameters, in their order. Unknown ones are ignored by who reads them.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// The first value of a parameter, if it is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// All parameters but the named ones.
    pub(crate) fn without<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .filter(|(key, _)| !names.contains(&key.as_str()))
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl FromRequest for Query {
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = form_urlencoded::parse(request.query_string().as_bytes());
        std::future::ready(Ok(Self(pairs.map(|(key, value)| (key.into_owned(), value.into_owned())).collect())))
    }
}
