//! How a client presents itself to the token endpoint, and what the endpoint's answers mean.

use hydra_api::TokenResponse;
use serde_json::Value;
use url::{Url, form_urlencoded::byte_serialize};

use super::Session;
use crate::{admin_client::RawAnswer, failure::Failure};

/// Parameters of a token request.
pub(super) type Form<'a> = Vec<(&'static str, &'a str)>;

/// Sends the form with id and secret in the `Authorization` header (`client_secret_basic`).
pub(super) async fn with_header(
    session: &Session,
    url: &Url,
    form: &Form<'_>,
    (id, secret): (&str, &str),
) -> Result<RawAnswer, Failure> {
    // RFC 6749 §2.3.1: the parts of the header are form-encoded before they are joined.
    let encoded = [id, secret].map(|part| byte_serialize(part.as_bytes()).collect::<String>());
    session.server.try_form(url.clone(), form, Some((&encoded[0], &encoded[1]))).await
}

/// Sends the form with the id and, if there is one, the secret among its parameters (`client_secret_post`, `none`).
pub(super) async fn in_body<'a>(
    session: &Session,
    url: &Url,
    mut form: Form<'a>,
    (id, secret): (&'a str, Option<&'a str>),
) -> Result<RawAnswer, Failure> {
    form.push(("client_id", id));
    form.extend(secret.map(|secret| ("client_secret", secret)));
    form.sort_unstable();
    session.server.try_form(url.clone(), &form, None).await
}

/// The tokens of an answer.
///
/// # Errors
/// There are none; the text says why.
pub(super) fn token(answer: &RawAnswer) -> Result<TokenResponse, String> {
    if answer.status.is_success()
        && let Ok(token) = serde_json::from_slice::<TokenResponse>(&answer.body)
        && !token.access_token.is_empty()
    {
        return Ok(token);
    }
    Err(reason(answer))
}

/// `error` of RFC 6749 §5.2; empty if the answer has none.
pub(super) fn error_code(answer: &RawAnswer) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    body.get("error").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The members of RFC 6749 §5.2, quoted; or the status and the body as it is.
fn reason(answer: &RawAnswer) -> String {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let words: Vec<String> = ["error", "error_description", "error_uri"]
        .iter()
        .filter_map(|member| body.get(member)?.as_str())
        .filter(|word| !word.is_empty())
        .map(|word| format!("{word:?}"))
        .collect();
    if !words.is_empty() {
        return format!("oauth2: {}", words.join(" "));
    }
    if answer.status.is_success() {
        return "oauth2: the answer holds no access token; check that the public URL of the server was asked"
            .to_owned();
    }
    format!("oauth2: cannot fetch token: {}\nResponse: {}", answer.status, String::from_utf8_lossy(&answer.body))
}
