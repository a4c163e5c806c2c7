//! Where a browser is sent: to a page, to the client with an answer or an error, or to the error page.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use oauth_core::authorize::{
    AuthorizeFailure, CookieChange, Directions, RedirectUri, ResponseMode, Shown, Step, page_url,
};

use super::{
    NO_STORE,
    page::{begin, escaped, hash_of},
};
use crate::{error::Reason, state::State};

/// Sends the browser on.
pub(crate) fn directions(state: &State, outcome: Result<Directions, AuthorizeFailure>) -> HttpResponse {
    match outcome {
        Ok(Directions { step: Step::Visit(url), cookies }) => visit(state, url, &cookies),
        Ok(Directions { step: Step::Answer(answer), cookies }) => {
            deliver(state, &answer.redirect_uri, answer.mode, &answer.parameters, &cookies)
        }
        Err(failure) => refuse(state, failure),
    }
}

/// To a page, by 302.
pub(crate) fn visit(state: &State, url: String, cookies: &[CookieChange]) -> HttpResponse {
    let mut response = HttpResponse::Found();
    state.write_cookies(cookies, &mut response);
    response.insert_header((header::LOCATION, url)).finish()
}

fn refuse(state: &State, failure: AuthorizeFailure) -> HttpResponse {
    let AuthorizeFailure { error, shown, cookies } = failure;
    match shown {
        Shown::ToUser => error_page(state, &Reason::Rule(error), &cookies),
        Shown::ToClient { redirect_uri, mode, state: sent } => {
            let reason = Reason::Rule(error);
            reason.log();
            let (error, description) = (reason.word().to_owned(), reason.told(state.dev));
            let parameters = [("error", error), ("error_description", description), ("state", sent)];
            deliver(state, &redirect_uri, mode, &parameters, &cookies)
        }
    }
}

/// To the error page.
pub(crate) fn error_page(state: &State, reason: &Reason, cookies: &[CookieChange]) -> HttpResponse {
    reason.log();
    let url = page_url(&state.error_url, "error", reason.word());
    visit(state, page_url(&url, "error_description", &reason.told(state.dev)), cookies)
}

/// To the client, which gets these parameters (RFC 6749 §4.1.2; 303, so that a form is not posted on, RFC 9700 §4.12).
fn deliver(
    state: &State,
    redirect_uri: &RedirectUri,
    mode: ResponseMode,
    parameters: &[(&'static str, String)],
    cookies: &[CookieChange],
) -> HttpResponse {
    let url = match mode {
        ResponseMode::Query => redirect_uri.with_query(parameters),
        ResponseMode::Fragment => redirect_uri.with_fragment(parameters),
        ResponseMode::FormPost => return post_from_browser(state, redirect_uri, parameters, cookies),
    };
    let mut response = HttpResponse::SeeOther();
    state.write_cookies(cookies, &mut response);
    not_kept(&mut response).insert_header((header::LOCATION, url)).finish()
}

fn not_kept(response: &mut HttpResponseBuilder) -> &mut HttpResponseBuilder {
    response.insert_header(NO_STORE).insert_header((header::PRAGMA, HeaderValue::from_static("no-cache")))
}

/// Sends the form as soon as the page is there.
const SUBMIT: &str = "document.forms[0].submit()";

/// A form that the browser posts to the client (OAuth 2.0 Form Post Response Mode §2).
fn post_from_browser(
    state: &State,
    redirect_uri: &RedirectUri,
    parameters: &[(&'static str, String)],
    cookies: &[CookieChange],
) -> HttpResponse {
    let inputs: String = parameters
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">\n", escaped(value)))
        .collect();
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<title>One moment</title>\n<form method=\"post\" action=\"{}\">\n{inputs}<noscript>\n<p>Scripts \
         are off in this browser. Go on by yourself:</p>\n<button>Continue</button>\n</noscript>\n</form>\n\
         <script>{SUBMIT}</script>\n",
        escaped(redirect_uri.as_str())
    );
    let mut response = begin(StatusCode::OK, &format!("script-src {}", hash_of(SUBMIT)));
    state.write_cookies(cookies, &mut response);
    not_kept(&mut response).insert_header((header::CONTENT_TYPE, "text/html;charset=UTF-8")).body(html)
}
