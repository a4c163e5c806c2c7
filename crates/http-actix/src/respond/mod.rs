//! Answers. An endpoint picks a responder, and with it content type and cache headers: none can forget them.

pub(crate) mod directions;
mod not_found;
pub(crate) mod page;

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
    web::Bytes,
};
use serde::Serialize;

pub(crate) use not_found::{not_found, wrong_method};

/// Nobody may keep this answer (RFC 6749 §5.1).
pub(crate) const NO_STORE: (HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// Compact JSON. The types of `hydra-api` have no map that could fail to serialise; should one ever, the body is empty and
/// the log says why.
pub(crate) fn json_bytes<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    hydra_api::go_json::to_vec(value).unwrap_or_else(|why| {
        log::error!("a body could not be written as JSON: {why}");
        Vec::new()
    })
}

/// [`json_bytes`] with a newline at the end.
pub(crate) fn json_line<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    let mut line = json_bytes(value);
    line.push(b'\n');
    line
}

/// An API answer: `application/json; charset=utf-8`, one line.
pub(crate) struct Json<T> {
    status: StatusCode,
    value: T,
    location: Option<String>,
    link: Option<String>,
}

impl<T> Json<T> {
    pub(crate) fn ok(value: T) -> Self {
        Self { status: StatusCode::OK, value, location: None, link: None }
    }

    pub(crate) fn created(value: T, location: String) -> Self {
        Self { status: StatusCode::CREATED, value, location: Some(location), link: None }
    }

    pub(crate) fn with_link(self, link: String) -> Self {
        Self { link: Some(link), ..self }
    }
}

/// Content type of API answers.
const API_JSON: (HeaderName, HeaderValue) =
    (header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));

impl<T: Serialize> Responder for Json<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        response.insert_header(API_JSON);
        if let Some(location) = self.location {
            response.insert_header((header::LOCATION, location));
        }
        if let Some(link) = self.link {
            response.insert_header((header::LINK, link));
        }
        response.body(json_line(&self.value))
    }
}

/// [`Json`] that was written before.
pub(crate) struct Written(pub(crate) Bytes);

impl Responder for Written {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok().insert_header(API_JSON).body(self.0)
    }
}

/// An answer that holds a token, or says whether one is good: nobody may keep it.
pub(crate) struct NoStore<T>(pub(crate) T);

/// [`NoStore`] with a newline at the end: Hydra's "inactive" has one, its tokens have none.
pub(crate) struct NoStoreLine<T>(pub(crate) T);

impl<T: Serialize> Responder for NoStore<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        no_store(json_bytes(&self.0))
    }
}

impl<T: Serialize> Responder for NoStoreLine<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        no_store(json_line(&self.0))
    }
}

fn no_store(body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json;charset=UTF-8"))
        .insert_header(NO_STORE)
        .insert_header((header::PRAGMA, HeaderValue::from_static("no-cache")))
        .body(body)
}

/// 200 without a body, not to be kept (RFC 7009 §2.2).
pub(crate) struct EmptyNoStore;

impl Responder for EmptyNoStore {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header(NO_STORE)
            .insert_header((header::PRAGMA, HeaderValue::from_static("no-cache")))
            .finish()
    }
}

/// 204.
pub(crate) struct NoContent;

impl Responder for NoContent {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::NoContent().finish()
    }
}
