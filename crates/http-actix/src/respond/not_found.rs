//! The page for addresses that do not exist, as HTML, text or JSON.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};
use hydra_api::NotFoundPage;

const REASON: &str = "Nothing answers at this address. Check path, host and port: the public endpoints are on port 4444, the \
                      administrative ones on port 4445, unless configured otherwise.";

/// 404.
pub(crate) fn not_found(request: &HttpRequest) -> HttpResponse {
    page(request, StatusCode::NOT_FOUND, "Not Found", REASON, None)
}

/// 405 with `Allow` (RFC 9110 §15.5.6). Hydra answers 404 here, and so do we when asked to be like it.
pub(crate) fn wrong_method(request: &HttpRequest, allow: &str, like_hydra: bool) -> HttpResponse {
    if like_hydra {
        return not_found(request);
    }
    let reason = format!("This address does not answer {}. It answers {allow}.", request.method());
    page(request, StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed", &reason, Some(allow))
}

fn page(request: &HttpRequest, status: StatusCode, message: &str, reason: &str, allow: Option<&str>) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    if let Some(allow) = allow {
        response.insert_header((header::ALLOW, allow));
    }
    let (kind, body) = match preferred(request) {
        Kind::Html => {
            let title = format!("{} {message}", status.as_u16());
            (
                "text/html; charset=utf-8",
                format!("<!doctype html>\n<title>{title}</title>\n<h1>{title}</h1>\n<p>{reason}</p>\n"),
            )
        }
        Kind::Text => ("text/plain; charset=utf-8", format!("{} {message}: {reason}\n", status.as_u16())),
        Kind::Json => {
            let mut page = NotFoundPage::new(reason);
            page.error.code = status.as_u16();
            page.error.message = message.to_owned();
            let body = hydra_api::go_json::to_string_pretty(&page).unwrap_or_default();
            ("application/json; charset=utf-8", body + "\n")
        }
    };
    response.insert_header((header::CONTENT_TYPE, kind)).body(body)
}

#[derive(Clone, Copy)]
enum Kind {
    Html,
    Text,
    Json,
}

/// The kind that `Accept` prefers (RFC 9110 §12.5.1); HTML when it does not say, or says `*/*`.
fn preferred(request: &HttpRequest) -> Kind {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    let mut best = (0.0, Kind::Html);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let kind = match parts.next().unwrap_or_default() {
            "text/html" | "text/*" | "*/*" => Kind::Html,
            "text/plain" => Kind::Text,
            "application/json" | "application/*" => Kind::Json,
            _ => continue,
        };
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
        if quality > best.0 {
            best = (quality, kind);
        }
    }
    best.1
}
