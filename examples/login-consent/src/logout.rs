//! Logout: is it meant?

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Data, Form, Query},
};
use hydra_api::LogoutRequest;
use serde::Deserialize;

use crate::{
    hydra::{Hydra, Trouble},
    page::{Challenge, form, go_on, page},
};

#[derive(Deserialize)]
pub(crate) struct Answer {
    challenge: String,
    verdict: String,
}

pub(crate) async fn ask(hydra: Data<Hydra>, Query(asked): Query<Challenge>) -> Result<HttpResponse, Trouble> {
    let request: LogoutRequest = hydra.request("logout", &asked.challenge).await?;
    if request.rp_initiated && request.client.is_some_and(|client| client.skip_logout_consent == Some(true)) {
        return Ok(go_on(hydra.accept("logout", &asked.challenge, &()).await?));
    }
    Ok(page(StatusCode::OK, "Log out?", &form("logout", &asked.challenge, "", "Log out")))
}

pub(crate) async fn decide(hydra: Data<Hydra>, Form(answer): Form<Answer>) -> Result<HttpResponse, Trouble> {
    if answer.verdict == "yes" {
        return Ok(go_on(hydra.accept("logout", &answer.challenge, &()).await?));
    }
    hydra.stay_logged_in(&answer.challenge).await?;
    Ok(page(StatusCode::OK, "You are still logged in", "<p>You can close this page.</p>"))
}
