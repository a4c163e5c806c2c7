//! `hydra perform client-credentials`: RFC 6749 §4.4.

use hydra_api::TokenResponse;
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::{Clock, Session};
use crate::{
    admin_client::RawAnswer,
    args::{Credentials, Strings},
    commands::help,
    failure::Failure,
    output::{self, answers},
};

pub(super) async fn run(
    session: &Session,
    client: &Credentials,
    scope: &[Strings],
    audience: &[Strings],
    now: Clock,
) -> Result<(), Failure> {
    let Some((id, secret)) = client.both() else {
        output::print(&format!("{}\n", help::usage(&["perform", "client-credentials"].map(str::to_owned))))?;
        return Err(Failure::Message(
            "a client is needed: give --client-id and --client-secret, or set OAUTH2_CLIENT_ID and OAUTH2_CLIENT_SECRET"
                .to_owned(),
        ));
    };
    let (scope, audience) = (Strings::spaced(scope), Strings::spaced(audience));
    let mut form = vec![("audience", audience.as_str()), ("grant_type", "client_credentials")];
    if !scope.is_empty() {
        form.push(("scope", &scope));
    }
    let url = session.server.url(&["oauth2", "token"])?;
    // RFC 6749 §2.3.1: the parts of the header are form-encoded before they are joined.
    let encoded = [id, secret].map(|part| byte_serialize(part.as_bytes()).collect::<String>());
    let mut answer = session.server.try_form(url.clone(), &form, Some((&encoded[0], &encoded[1]))).await?;
    if !answer.status.is_success() {
        // The client may be registered for client_secret_post.
        form.extend([("client_id", id), ("client_secret", secret)]);
        form.sort_unstable();
        answer = session.server.try_form(url, &form, None).await?;
    }
    let received = now();
    session.print(&answers::token(&token(&answer)?, received))
}

fn token(answer: &RawAnswer) -> Result<TokenResponse, Failure> {
    if answer.status.is_success()
        && let Ok(token) = serde_json::from_slice::<TokenResponse>(&answer.body)
        && !token.access_token.is_empty()
    {
        return Ok(token);
    }
    Err(Failure::Message(format!("could not get a token: {}", reason(answer))))
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
        return "oauth2: the answer holds no access token; check that --endpoint is the public URL of the server"
            .to_owned();
    }
    format!("oauth2: cannot fetch token: {}\nResponse: {}", answer.status, String::from_utf8_lossy(&answer.body))
}
