//! What a browser gets: a page or a redirect, always with headers that keep the page to itself.
//!
//! The pages work without scripts and load nothing; they show words that a stranger may have put into a query, and tokens.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http_body_util::Full;
use hyper::{
    Response, StatusCode,
    body::Bytes,
    header::{
        ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION, REFERRER_POLICY,
        X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
};

use super::html::{Html, element, text, void};

const STYLE: &str = "\
:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}\
body{margin:0 auto;max-width:44rem;padding:1.5rem}\
h1{font-size:1.5rem;line-height:1.25}\
h2{font-size:1.125rem}\
dt{font-weight:600;margin-top:.75rem}\
dd{margin:0;unicode-bidi:isolate}\
code,pre{font:.875rem/1.5 ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}\
label,legend{font-weight:600}\
fieldset,.field{border:0;margin:0 0 1rem;padding:0}\
.field input{box-sizing:border-box;display:block;font:inherit;padding:.5rem;width:100%}\
.choice{display:flex;gap:.5rem;align-items:baseline;margin:.25rem 0}\
.choice label{font-weight:400;overflow-wrap:anywhere}\
button{font:inherit;margin:0 .5rem .5rem 0;min-height:2.75rem;padding:.5rem 1.25rem}\
details{margin-top:1.5rem}\
summary{cursor:pointer}";

/// An answer to a browser.
pub(super) enum Reply {
    Page(Page),
    /// 302 to a URL.
    Redirect(String),
}

/// A page.
pub(super) struct Page {
    pub(super) status: StatusCode,
    pub(super) title: String,
    pub(super) content: Vec<Html>,
    /// The page has a form, which posts to this server.
    pub(super) asks: bool,
    /// For 405: what would be allowed.
    pub(super) allow: Option<&'static str>,
}

impl Page {
    /// A page that went well and asks nothing.
    pub(super) fn new(title: impl Into<String>, content: impl IntoIterator<Item = Html>) -> Self {
        Self {
            status: StatusCode::OK,
            title: title.into(),
            content: content.into_iter().collect(),
            asks: false,
            allow: None,
        }
    }

    pub(super) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(super) fn asking(mut self) -> Self {
        self.asks = true;
        self
    }

    pub(super) fn allowing(mut self, methods: &'static str) -> Self {
        self.allow = Some(methods);
        self.with_status(StatusCode::METHOD_NOT_ALLOWED)
    }

    fn markup(self) -> String {
        let head = [
            void("meta", &[("charset", "utf-8")]),
            void("meta", &[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]),
            element("title", &[], [text(format!("{} – hydra", self.title))]),
            element("style", &[], [text(STYLE)]),
        ];
        let heading = element("h1", &[], [text(self.title)]);
        let main = element("main", &[], std::iter::once(heading).chain(self.content));
        let page = element("html", &[("lang", "en")], [element("head", &[], head), element("body", &[], [main])]);
        format!("<!doctype html>{}\n", page.as_str())
    }
}

impl From<Page> for Reply {
    fn from(page: Page) -> Self {
        Self::Page(page)
    }
}

impl From<Reply> for Response<Full<Bytes>> {
    fn from(reply: Reply) -> Self {
        let mut response = match reply {
            Reply::Page(page) => page.into_response(),
            Reply::Redirect(url) => match HeaderValue::from_str(&url) {
                Ok(location) => {
                    let mut response = Response::default();
                    *response.status_mut() = StatusCode::FOUND;
                    response.headers_mut().insert(LOCATION, location);
                    response
                }
                Err(_) => Page::new("The server named an address that is none", [])
                    .with_status(StatusCode::INTERNAL_SERVER_ERROR)
                    .into_response(),
            },
        };
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // The URL of a page may hold a code or a challenge: no other site is told.
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        response
    }
}

impl Page {
    fn into_response(self) -> Response<Full<Bytes>> {
        let (status, allow, policy) = (self.status, self.allow, policy(self.asks));
        let mut response = Response::new(Full::from(self.markup()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.extend(HeaderValue::try_from(policy).ok().map(|policy| (CONTENT_SECURITY_POLICY, policy)));
        headers.extend(allow.map(|methods| (ALLOW, HeaderValue::from_static(methods))));
        response
    }
}

/// Nothing is loaded, and the one style is named by its hash. A form's answer leads on to the authorization server, then to
/// a consent page or a client anywhere: some browsers hold the redirects after a form against `form-action` as well.
fn policy(asks: bool) -> String {
    let style = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let targets = if asks { "'self' http: https:" } else { "'none'" };
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hash is that of the text between the tags, so nothing in it may be escaped.
    #[test]
    fn the_style_is_written_as_it_is_hashed() {
        let markup = Page::new("T", []).markup();
        assert!(markup.contains(&format!("<style>{STYLE}</style>")), "{markup}");
    }

    #[test]
    fn a_location_that_is_no_header_becomes_a_page() {
        let response = Response::from(Reply::Redirect("http://x/\r\nSet-Cookie: a=b".to_owned()));
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
