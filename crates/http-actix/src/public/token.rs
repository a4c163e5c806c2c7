//! `POST /oauth2/token` (RFC 6749 §3.2).

use hydra_api::TokenResponse;
use oauth_core::{secret::Secret, token::TokenRequest};

use crate::{
    error::OAuthFailure,
    extract::{Basic, UniqueForm},
    respond::NoStore,
    state::Shared,
};

pub(crate) async fn token(
    state: Shared,
    basic: Basic,
    form: UniqueForm,
) -> Result<NoStore<TokenResponse>, OAuthFailure> {
    let mut request = TokenRequest::parse(&form.0, basic.credentials)?;
    request.credentials.undecoded_password = basic.undecoded_password;
    let response = state.provider.token(request).await.map_err(|why| OAuthFailure::new(why, state.dev))?;
    let (c_nonce_draft_00, c_nonce_expires_in_draft_00) =
        response.credential_nonce.map(|fresh| (fresh.nonce.into_exposed(), fresh.expires_in)).unzip();
    Ok(NoStore(TokenResponse {
        access_token: response.access_token.into_exposed(),
        c_nonce_draft_00,
        c_nonce_expires_in_draft_00,
        expires_in: response.expires_in,
        id_token: response.id_token.map(Secret::into_exposed),
        refresh_token: response.refresh_token.map(Secret::into_exposed),
        scope: response.scope.join(" "),
        token_type: "bearer".to_owned(),
    }))
}
