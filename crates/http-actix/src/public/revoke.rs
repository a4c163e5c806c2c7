//! `POST /oauth2/revoke` (RFC 7009).

use oauth_core::token::RevocationRequest;

use crate::{
    error::OAuthFailure,
    extract::{Basic, UniqueForm},
    respond::EmptyNoStore,
    state::Shared,
};

pub(crate) async fn revoke(state: Shared, basic: Basic, form: UniqueForm) -> Result<EmptyNoStore, OAuthFailure> {
    state.provider.revoke(RevocationRequest::parse(&form.0, basic.0)?).await?;
    Ok(EmptyNoStore)
}
