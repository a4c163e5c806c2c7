//! Login: who is there?

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Form, Query},
};
use hydra_api::{AcceptLogin, LoginRequest};
use serde::Deserialize;

use crate::{
    hydra::{Hydra, Trouble},
    page::{Challenge, escaped, form, go_on, page},
    users,
};

#[derive(Deserialize)]
pub(crate) struct Answer {
    challenge: String,
    name: String,
    password: String,
    remember: Option<String>,
    verdict: String,
}

pub(crate) async fn ask(hydra: Data<Hydra>, Query(asked): Query<Challenge>) -> Result<HttpResponse, Trouble> {
    let request: LoginRequest = hydra.request("login", &asked.challenge).await?;
    if request.skip {
        // This browser logged in before. Nobody is asked, and the subject must be the one that the server says.
        let known = AcceptLogin { subject: request.subject, ..AcceptLogin::default() };
        return Ok(go_on(hydra.accept("login", &asked.challenge, &known).await?));
    }
    let context = request.oidc_context.unwrap_or_default();
    let hint = context.get("login_hint").and_then(|hint| hint.as_str()).unwrap_or_default();
    Ok(show(&asked.challenge, hint, ""))
}

/// The challenge in the form is all the protection against forgery that it needs: nobody can guess one, and the server takes the
/// way back only from the browser in which this very login began.
pub(crate) async fn decide(hydra: Data<Hydra>, Form(answer): Form<Answer>) -> Result<HttpResponse, Trouble> {
    if answer.verdict != "yes" {
        return Ok(go_on(hydra.reject("login", &answer.challenge, "The user did not log in.").await?));
    }
    let Some(user) = users::authenticate(&answer.name, &answer.password) else {
        return Ok(show(&answer.challenge, &answer.name, "<p role=\"alert\">Name or password is wrong.</p>"));
    };
    let login = AcceptLogin {
        subject: user.subject,
        remember: answer.remember.is_some(),
        remember_for: 30 * 24 * 60 * 60,
        amr: vec!["pwd".to_owned()],
        ..AcceptLogin::default()
    };
    Ok(go_on(hydra.accept("login", &answer.challenge, &login).await?))
}

fn show(challenge: &str, name: &str, alert: &str) -> HttpResponse {
    let fields = format!(
        "{alert}<p><label>Name <input name=\"name\" value=\"{}\" autocomplete=\"username\"></label></p>\
         <p><label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\"></label></p>\
         <p><label><input name=\"remember\" type=\"checkbox\"> Remember me for 30 days</label></p>",
        escaped(name)
    );
    page(StatusCode::OK, "Log in", &form("login", challenge, &fields, "Log in"))
}
