//! Our own pages: plain HTML that needs no script and loads nothing, with headers that keep others from framing or styling it.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};
use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::NO_STORE;

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

/// The style of every page: what the browser has, in a narrow column, light or dark as its user likes it. Colours keep a contrast of
/// 4.5 to 1 or more (WCAG 2.2 §1.4.3).
const STYLE: &str = "\
:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}\
body{margin:0 auto;max-width:36rem;padding:1.5rem}\
h1{font-size:1.5rem;line-height:1.25}\
.notice{background:#fef3c7;border-left:.375rem solid #b45309;color:#451a03;padding:.75rem 1rem}\
.wrong{color:#b91c1c;font-weight:600}\
code{font:.875rem/1.5 ui-monospace,monospace;overflow-wrap:anywhere}\
label,legend,dt{font-weight:600}\
dd{margin:0 0 .75rem;overflow-wrap:anywhere}\
fieldset{border:1px solid;border-radius:.25rem;margin:0 0 1rem;padding:.5rem 1rem}\
.field input{box-sizing:border-box;display:block;font:inherit;padding:.5rem;width:100%}\
.choice{align-items:baseline;display:flex;gap:.5rem;margin:.25rem 0}\
.choice label{font-weight:400;overflow-wrap:anywhere}\
button{font:inherit;margin:0 .5rem .5rem 0;min-height:2.75rem;padding:.5rem 1.25rem}\
@media(prefers-color-scheme:dark){.wrong{color:#fca5a5}}";

/// A page under a heading, in our style. `policy` is as in [`begin`]; `content` is HTML.
pub(crate) fn document(status: StatusCode, policy: &str, heading: &str, content: &str) -> HttpResponse {
    let heading = escaped(heading);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>{heading}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <main>\n<h1>{heading}</h1>\n{content}</main>\n</body>\n</html>\n"
    );
    begin(status, &format!("style-src {}; {policy}", hash_of(STYLE))).insert_header(NO_STORE).body(html)
}

/// The beginning of a page. `policy` are the parts of its Content-Security-Policy that allow something; all else is forbidden.
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
