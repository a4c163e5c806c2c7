//! Pages that need no script, load nothing, and cannot be framed: on these, a click decides.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use serde::Deserialize;

/// The challenge with which the server sends a browser.
#[derive(Deserialize)]
pub(crate) struct Challenge {
    #[serde(alias = "login_challenge", alias = "consent_challenge", alias = "logout_challenge")]
    pub(crate) challenge: String,
}

/// A page. `content` is HTML, in which whatever others wrote went through [`escaped`].
pub(crate) fn page(status: StatusCode, title: &str, content: &str) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>{title}</title><main><h1>{title}</h1>{content}</main></html>"
        ))
}

/// A form for a yes or a no.
pub(crate) fn form(action: &str, challenge: &str, fields: &str, yes: &str) -> String {
    format!(
        "<form method=\"post\" action=\"{action}\"><input name=\"challenge\" type=\"hidden\" value=\"{}\">{fields}\
         <p><button name=\"verdict\" value=\"yes\">{yes}</button> <button name=\"verdict\" value=\"no\">Cancel</button></p></form>",
        escaped(challenge)
    )
}

/// On, to where the server says.
pub(crate) fn go_on(url: String) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, url)).finish()
}

/// Text as it may stand in HTML, inside and outside of quotes.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
