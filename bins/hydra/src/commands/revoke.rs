//! `hydra revoke`: make a token useless (RFC 7009).

use super::Session;
use crate::{args::Revoke, failure::Failure, output::answers};

pub(super) async fn run(session: &Session, what: Revoke) -> Result<(), Failure> {
    let Revoke::Token { token, client } = what;
    let Some(credentials) = client.both() else {
        return Err(Failure::Usage(
            "a token is revoked by its client: give --client-id and --client-secret, or set OAUTH2_CLIENT_ID and \
             OAUTH2_CLIENT_SECRET"
                .to_owned(),
        ));
    };
    let url = session.server.url(&["oauth2", "revoke"])?;
    session.server.post_form(url, &[("token", &token)], Some(credentials)).await?;
    session.print(&answers::ids(vec![token]))
}
