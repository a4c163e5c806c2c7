//! Our own pages: plain HTML that needs no script and loads nothing, with headers that keep others from framing or styling it.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};
use base64::{Engine as _, prelude::BASE64_STANDARD};

const FRAMING: HeaderName = HeaderName::from_static("x-frame-options");

/// Text as it may stand in HTML, inside and outside of quotes.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// A page. `policy` are the parts of its Content-Security-Policy that allow something; all else is forbidden.
pub(crate) fn page(status: StatusCode, policy: &str, html: String) -> HttpResponse {
    begin(status, policy).body(html)
}

/// The same, for an answer that gets more headers.
pub(crate) fn begin(status: StatusCode, policy: &str) -> HttpResponseBuilder {
    let policy = format!("default-src 'none'; base-uri 'none'; frame-ancestors 'none'; {policy}");
    let mut response = HttpResponse::build(status);
    response
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((FRAMING, HeaderValue::from_static("DENY")))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")))
        .insert_header((header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")));
    response
}

/// A source expression for one inline script or style (CSP Level 3 §2.3.1): this very text may run, and nothing else.
pub(crate) fn hash_of(inline: &str) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, inline.as_bytes());
    format!("'sha256-{}'", BASE64_STANDARD.encode(hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_escapes_from_a_text() {
        assert_eq!(escaped("<a href='x\"y'>&"), "&lt;a href=&#39;x&quot;y&#39;&gt;&amp;");
    }
}
