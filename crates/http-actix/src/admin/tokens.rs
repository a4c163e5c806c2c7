//! `DELETE /admin/oauth2/tokens`: all access tokens of a client.

use oauth_core::{Error, ids::ClientId};

use crate::{error::ApiFailure, extract::Query, respond::NoContent, state::Shared};

pub(crate) async fn delete(state: Shared, query: Query) -> Result<NoContent, ApiFailure> {
    let client = query.get("client_id").ok_or(Error::MissingParameter("client_id"))?;
    state.provider.delete_access_tokens(ClientId::new(client)).await?;
    Ok(NoContent)
}
