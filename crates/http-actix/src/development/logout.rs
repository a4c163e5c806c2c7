//! Signing out: yes or no.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web::Payload};
use oauth_core::logout::LogoutRequest;

use super::{
    Answer, Verdict, buttons, challenge_in, finished, form_page, go_on, hidden, name_of, notice, takes_no_form,
};
use crate::{
    error::Reason,
    extract::Query,
    public::fallbacks,
    respond::page::{document, escaped},
    state::Shared,
};

const CHALLENGE: &str = "logout_challenge";
const KEY: &str = "urls.logout";

pub(crate) async fn show(state: Shared, query: Query) -> HttpResponse {
    if state.development.logout { finished(ask(&state, &query).await) } else { fallbacks::logout() }
}

pub(crate) async fn decide(state: Shared, request: HttpRequest, payload: Payload) -> HttpResponse {
    if !state.development.logout {
        return takes_no_form(&request, &state);
    }
    finished(answer(&state, Answer::read(&request, payload, &state, CHALLENGE).await).await)
}

/// Some clients are trusted to have asked (`skip_logout_consent`).
async fn ask(state: &Shared, query: &Query) -> Result<HttpResponse, Reason> {
    let challenge = challenge_in(query, CHALLENGE)?;
    let request = state.provider.logout_request(challenge).await?;
    let is_trusted = request.client.as_ref().is_some_and(|client| client.skip_logout_consent == Some(true));
    if request.rp_initiated && is_trusted {
        return Ok(go_on(state.provider.accept_logout(challenge).await?));
    }
    Ok(page(challenge, &request, &state.provider.policy().pages.post_logout))
}

async fn answer(state: &Shared, answer: Result<Answer, Reason>) -> Result<HttpResponse, Reason> {
    let answer = answer?;
    if answer.verdict == Verdict::Yes {
        return Ok(go_on(state.provider.accept_logout(&answer.challenge).await?));
    }
    state.provider.reject_logout(&answer.challenge).await?;
    let content = format!("{}<p>Nothing was changed. You can close this page.</p>\n", notice(KEY));
    Ok(document(StatusCode::OK, "form-action 'none'", "You stay signed in", &content))
}

fn page(challenge: &str, request: &LogoutRequest, end: &String) -> HttpResponse {
    let who = match &request.client {
        Some(client) => format!("{} asks to end your session here", name_of(client)),
        None => "Your session here is about to end".to_owned(),
    };
    let form = format!(
        "<p>{who}. You are signed in as <strong>{}</strong>.</p>\n<form method=\"post\" action=\"logout\">\n{}{}</form>\n",
        escaped(&request.subject),
        hidden(CHALLENGE, challenge),
        buttons("Sign out", "Stay signed in"),
    );
    let ends = request.client.iter().flat_map(|client| &client.post_logout_redirect_uris).chain([end]);
    form_page("Sign out?", KEY, ends, &form)
}
