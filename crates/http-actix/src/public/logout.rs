//! `GET` and `POST /oauth2/sessions/logout`: the end of a session (OIDC RP-Initiated Logout §2), and the page that tells clients of
//! it (OIDC Front-Channel Logout §3).

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Payload};
use oauth_core::logout::{LogoutDirections, LogoutStep, LogoutVisit};

use crate::{
    error::Reason,
    extract::{Query, parameters},
    respond::{
        directions::{error_page, visit},
        page::{begin, escaped, hash_of},
    },
    state::{Shared, State},
};

pub(crate) async fn logout(state: Shared, request: HttpRequest, query: Query, payload: Payload) -> HttpResponse {
    let form = match parameters(&request, payload.into_inner(), &state).await {
        Ok(form) => form,
        Err(reason) => return error_page(&state, &reason, &[]),
    };
    let asked = LogoutVisit {
        form,
        verifier: query.get("logout_verifier").map(str::to_owned),
        request_url: request.uri().path_and_query().map_or_else(String::new, ToString::to_string),
        browser: state.cookies.browser(&request, None),
    };
    match state.provider.logout(asked).await {
        Ok(LogoutDirections { step: LogoutStep::Visit(url), cookies }) => visit(&state, url, &cookies),
        Ok(LogoutDirections { step: LogoutStep::NotifyInFrames { frames, then }, cookies }) => {
            frames_page(&state, &frames, &then, &cookies)
        }
        Err(error) => error_page(&state, &Reason::Rule(error), &[]),
    }
}

/// Goes on half a second after every frame has loaded. What keeps loading is not waited for: see [`LONGEST`].
const GO_ON: &str = "addEventListener('load',()=>setTimeout(()=>document.links[0].click(),500))";
/// Seconds after which the page goes on in any case, without a script as well.
const LONGEST: u32 = 7;

fn frames_page(
    state: &State,
    frames: &[String],
    then: &str,
    cookies: &[oauth_core::authorize::CookieChange],
) -> HttpResponse {
    let frames: String = frames
        .iter()
        .map(|frame| format!("<iframe src=\"{}\" hidden title=\"Logging out\"></iframe>\n", escaped(frame)))
        .collect();
    let then = escaped(then);
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<title>Logging out</title>\n<meta http-equiv=\"refresh\" content=\"{LONGEST};url={then}\">\n\
         <h1>Logging out</h1>\n<p>The applications you used are told. <a href=\"{then}\">Continue</a></p>\n{frames}<script>{GO_ON}</script>\n"
    );
    let mut response = begin(StatusCode::OK, &format!("frame-src *; script-src {}", hash_of(GO_ON)));
    state.write_cookies(cookies, &mut response);
    response.body(html)
}
