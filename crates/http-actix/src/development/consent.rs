//! Consent: what the application may do in the user's name, to be ticked one by one.

use actix_web::{HttpRequest, HttpResponse, web::Payload};
use oauth_core::authorize::{ConsentAccepted, ConsentRequest};

use super::{
    Answer, Verdict, buttons, challenge_in, choice, finished, form_page, go_on, hidden, name_of, refusal, takes_no_form,
};
use crate::{error::Reason, extract::Query, public::fallbacks, respond::page::escaped, state::Shared};

const CHALLENGE: &str = "consent_challenge";

pub(crate) async fn show(state: Shared, query: Query) -> HttpResponse {
    if state.development.consent { finished(ask(&state, &query).await) } else { fallbacks::consent() }
}

pub(crate) async fn decide(state: Shared, request: HttpRequest, payload: Payload) -> HttpResponse {
    if !state.development.consent {
        return takes_no_form(&request, &state);
    }
    finished(answer(&state, Answer::read(&request, payload, &state, CHALLENGE).await).await)
}

/// What was allowed before is not asked again, nor what the operator's own clients do (`skip_consent`).
async fn ask(state: &Shared, query: &Query) -> Result<HttpResponse, Reason> {
    let challenge = challenge_in(query, CHALLENGE)?;
    let request = state.provider.consent_request(challenge).await?;
    if request.skip || request.client.skip_consent {
        let known = ConsentAccepted {
            granted_scope: request.requested_scope,
            granted_audience: request.requested_audience,
            ..ConsentAccepted::default()
        };
        return Ok(go_on(state.provider.accept_consent(challenge, known).await?));
    }
    Ok(page(challenge, &request))
}

async fn answer(state: &Shared, answer: Result<Answer, Reason>) -> Result<HttpResponse, Reason> {
    let answer = answer?;
    if answer.verdict == Verdict::No {
        let refused = refusal("The user did not allow it.", "consent");
        return Ok(go_on(state.provider.reject_consent(&answer.challenge, refused).await?));
    }
    let ticked = |name| answer.form.all(name).map(str::to_owned).collect();
    let accepted = ConsentAccepted {
        granted_scope: ticked("scope"),
        granted_audience: ticked("audience"),
        remember: answer.has_ticked("remember")?,
        ..ConsentAccepted::default()
    };
    Ok(go_on(state.provider.accept_consent(&answer.challenge, accepted).await?))
}

fn page(challenge: &str, request: &ConsentRequest) -> HttpResponse {
    let form = format!(
        "<p>{} wants to act in the name of <strong>{}</strong>.</p>\n<form method=\"post\" action=\"consent\">\n{}{}{}{}{}</form>\n",
        name_of(&request.client),
        escaped(&request.subject),
        hidden(CHALLENGE, challenge),
        boxes("It may use these scopes", "scope", &request.requested_scope),
        boxes("Its tokens are for these audiences", "audience", &request.requested_audience),
        choice("remember", "remember", "yes", "Do not ask again for this application", false),
        buttons("Allow", "Refuse"),
    );
    form_page("Allow access?", "urls.consent", request.client.redirect_uris.iter(), &form)
}

/// A box for each, all ticked; nothing for none.
fn boxes(legend: &str, name: &str, values: &[String]) -> String {
    if values.is_empty() {
        return String::new();
    }
    let box_of = |(n, value): (usize, &String)| {
        let label = format!("<code>{}</code>{}", escaped(value), if name == "scope" { meaning(value) } else { "" });
        choice(&format!("{name}-{n}"), name, value, &label, true)
    };
    let boxes: String = values.iter().enumerate().map(box_of).collect();
    format!("<fieldset>\n<legend>{legend}</legend>\n{boxes}</fieldset>\n")
}

/// What the well-known scopes stand for (OIDC Core §5.4, §11).
fn meaning(scope: &str) -> &'static str {
    match scope {
        "openid" => ": know who you are",
        "offline" | "offline_access" => ": keep access while you are away",
        "profile" => ": see your profile",
        "email" => ": see your e-mail address",
        "address" => ": see your postal address",
        "phone" => ": see your phone number",
        _ => "",
    }
}
