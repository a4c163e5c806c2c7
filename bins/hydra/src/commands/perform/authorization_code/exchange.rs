//! From the code to tokens (RFC 6749 §4.1.3).

use hydra_api::TokenResponse;

use super::{advice, attempt::Attempt, site::Site, trouble::Trouble};
use crate::{
    admin_client::RawAnswer,
    commands::perform::token_endpoint::{self, Form},
};

const FAILED: &str = "The code could not be exchanged for tokens";

/// Asks with the secret in the header, and if the client may not present itself in that way, with it in the body.
pub(super) async fn tokens(site: &Site<'_>, attempt: &Attempt, code: &str) -> Result<TokenResponse, Trouble> {
    let (session, plan) = (site.session, &site.plan);
    let form: Form<'_> = vec![
        ("code", code),
        ("code_verifier", attempt.verifier()),
        ("grant_type", "authorization_code"),
        ("redirect_uri", &plan.redirect_uri),
    ];
    let mut trouble = Trouble::new(FAILED);
    // A client without a secret has nothing to put into a header.
    if let Some(secret) = plan.client_secret {
        let answer = token_endpoint::with_header(session, &plan.token_endpoint, &form, (plan.client_id, secret)).await;
        let answer = answer.map_err(|failure| unreachable(site, &failure))?;
        match token_endpoint::token(&answer) {
            Ok(token) => return Ok(token),
            Err(reason) => trouble = trouble.fact("with the secret in the header", reason),
        }
        if !is_about_the_client(&answer) {
            return Err(trouble.advise(advice::on_exchange(site, &token_endpoint::error_code(&answer))));
        }
    }
    let presented = (plan.client_id, plan.client_secret);
    let answer = token_endpoint::in_body(session, &plan.token_endpoint, form, presented).await;
    let answer = answer.map_err(|failure| unreachable(site, &failure))?;
    token_endpoint::token(&answer).map_err(|reason| {
        let way = if plan.client_secret.is_some() { "with the secret in the body" } else { "without a secret" };
        trouble.fact(way, reason).advise(advice::on_exchange(site, &token_endpoint::error_code(&answer)))
    })
}

/// Whether another way to present the client may help. A code that was refused must not be sent again: the server may
/// take it for stolen.
fn is_about_the_client(answer: &RawAnswer) -> bool {
    answer.status.is_client_error()
        && matches!(token_endpoint::error_code(answer).as_str(), "invalid_client" | "invalid_request" | "")
}

fn unreachable(site: &Site<'_>, failure: &crate::failure::Failure) -> Trouble {
    let advice = format!("Check that {} can be reached; --token-url names another.", site.plan.shown_token_endpoint());
    Trouble::of_call(FAILED, failure).advise([advice])
}
