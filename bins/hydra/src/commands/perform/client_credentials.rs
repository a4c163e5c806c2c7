//! `hydra perform client-credentials`: RFC 6749 §4.4.

use super::{Clock, Session, token_endpoint};
use crate::{
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
    let mut answer = token_endpoint::with_header(session, &url, &form, (id, secret)).await?;
    if !answer.status.is_success() {
        // The client may be registered for client_secret_post.
        answer = token_endpoint::in_body(session, &url, form, (id, Some(secret))).await?;
    }
    let received = now();
    let token = token_endpoint::token(&answer)
        .map_err(|reason| Failure::Message(format!("could not get a token: {reason}")))?;
    session.print(&answers::token(&token, received))
}
