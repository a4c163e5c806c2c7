//! `POST /oauth2/revoke` (RFC 7009).

use oauth_core::token::RevocationRequest;

use crate::{
    error::OAuthFailure,
    extract::{Basic, UniqueForm},
    respond::EmptyNoStore,
    state::Shared,
};

pub(crate) async fn revoke(state: Shared, basic: Basic, form: UniqueForm) -> Result<EmptyNoStore, OAuthFailure> {
    let mut request = RevocationRequest::parse(&form.0, basic.credentials)?;
    request.credentials.undecoded_password = basic.undecoded_password;
    state.provider.revoke(request).await.map_err(|why| OAuthFailure::new(why, state.dev))?;
    Ok(EmptyNoStore)
}
