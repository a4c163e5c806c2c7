//! Signing in: any name will do.

use actix_web::{HttpRequest, HttpResponse, web::Payload};
use oauth_core::authorize::{LoginAccepted, LoginRequest};
use serde_json::Value;

use super::{
    Answer, Verdict, buttons, challenge_in, choice, finished, form_page, go_on, hidden, name_of, refusal, takes_no_form,
};
use crate::{error::Reason, extract::Query, public::fallbacks, respond::page::escaped, state::Shared};

const CHALLENGE: &str = "login_challenge";

pub(crate) async fn show(state: Shared, query: Query) -> HttpResponse {
    if state.development.login { finished(ask(&state, &query).await) } else { fallbacks::login() }
}

pub(crate) async fn decide(state: Shared, request: HttpRequest, payload: Payload) -> HttpResponse {
    if !state.development.login {
        return takes_no_form(&request, &state);
    }
    finished(answer(&state, Answer::read(&request, payload, &state, CHALLENGE).await).await)
}

/// Who is remembered is not asked again.
async fn ask(state: &Shared, query: &Query) -> Result<HttpResponse, Reason> {
    let challenge = challenge_in(query, CHALLENGE)?;
    let request = state.provider.login_request(challenge).await?;
    if request.skip {
        let known = LoginAccepted { subject: request.subject, ..LoginAccepted::default() };
        return Ok(go_on(state.provider.accept_login(challenge, known).await?));
    }
    let hint = request.oidc_context.get("login_hint").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(page(challenge, &request, &hint, false))
}

async fn answer(state: &Shared, answer: Result<Answer, Reason>) -> Result<HttpResponse, Reason> {
    let answer = answer?;
    if answer.verdict == Verdict::No {
        let refused = refusal("The user refused to sign in.", "login");
        return Ok(go_on(state.provider.reject_login(&answer.challenge, refused).await?));
    }
    let subject = answer.form.one("subject")?.unwrap_or_default().trim().to_owned();
    if subject.is_empty() {
        let request = state.provider.login_request(&answer.challenge).await?;
        return Ok(page(&answer.challenge, &request, "", true));
    }
    let accepted = LoginAccepted { subject, remember: answer.has_ticked("remember")?, ..LoginAccepted::default() };
    Ok(go_on(state.provider.accept_login(&answer.challenge, accepted).await?))
}

fn page(challenge: &str, request: &LoginRequest, subject: &str, is_missing: bool) -> HttpResponse {
    let (invalid, said) = match is_missing {
        true => (
            " aria-invalid=\"true\"",
            "<span id=\"about-subject\" class=\"wrong\" role=\"alert\">Nobody can sign in without a name.</span>",
        ),
        false => ("", "<span id=\"about-subject\">Any name will do. The application knows its users by it.</span>"),
    };
    let form = format!(
        "<p>{} asks who you are.</p>\n<form method=\"post\" action=\"login\">\n{}<p class=\"field\"><label for=\"subject\">Sign in \
         as</label> <input id=\"subject\" name=\"subject\" value=\"{}\" maxlength=\"255\" autocomplete=\"username\" \
         autocapitalize=\"none\" spellcheck=\"false\" required aria-describedby=\"about-subject\"{invalid}>{said}</p>\n{}{}</form>\n",
        name_of(&request.client),
        hidden(CHALLENGE, challenge),
        escaped(subject),
        choice("remember", "remember", "yes", "Remember this sign-in in this browser", false),
        buttons("Sign in", "Refuse"),
    );
    form_page("Sign in", "urls.login", request.client.redirect_uris.iter(), &form)
}
