//! `hydra delete`: clients, sets of keys, access tokens.

use super::Session;
use crate::{
    args::Delete,
    failure::Failure,
    output::{answers, remark},
};

pub(super) async fn run(session: &Session, what: Delete) -> Result<(), Failure> {
    match what {
        Delete::Client { id } => clients(session, id).await,
        Delete::Jwk { set } => jwks(session, set).await,
        Delete::AccessTokens { client_id } => access_tokens(session, client_id).await,
    }
}

/// A failure does not keep the others: what could be deleted is printed, then all that failed is told.
async fn clients(session: &Session, ids: Vec<String>) -> Result<(), Failure> {
    let (mut deleted, mut failed) = (Vec::new(), Vec::new());
    for id in ids {
        let answer = match session.server.url(&["admin", "clients", &id]) {
            Ok(url) => session.server.delete(url).await,
            Err(failure) => Err(failure),
        };
        match answer {
            Ok(_) => deleted.push(id),
            Err(failure) => {
                if let Failure::Api(_) = failure {
                    failure.report("");
                }
                failed.push((id, failure));
            }
        }
    }
    if !deleted.is_empty() {
        session.print(&answers::ids(deleted))?;
    }
    for (id, failure) in &failed {
        remark(format_args!("{id}: {failure}"));
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure::Reported) }
}

async fn jwks(session: &Session, sets: Vec<String>) -> Result<(), Failure> {
    for set in &sets {
        session.server.delete(session.server.url(&["admin", "keys", set])?).await?;
    }
    session.print(&answers::ids(sets))
}

async fn access_tokens(session: &Session, client_id: String) -> Result<(), Failure> {
    let mut url = session.server.url(&["admin", "oauth2", "tokens"])?;
    url.query_pairs_mut().append_pair("client_id", &client_id);
    session.server.delete(url).await?;
    session.print(&answers::ids(vec![client_id]))
}
