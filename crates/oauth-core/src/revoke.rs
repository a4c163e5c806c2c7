//! Token revocation (RFC 7009).

use crate::{Error, Provider, storage::Storage, token::RevocationRequest};

impl<S: Storage> Provider<S> {
    /// Revokes the whole authorization that a token belongs to: access and refresh tokens alike. A token that is unknown,
    /// forged, or another client's is no error (RFC 7009 §2.2) and revokes nothing. A database that does not answer *is* an
    /// error: the client must not believe that a stolen token is dead.
    pub async fn revoke(&self, request: RevocationRequest) -> Result<(), Error> {
        let client = self.authenticate(request.credentials).await?;
        let Some(known) = self.find_token(&request.token, request.hint).await? else { return Ok(()) };
        // A refresh token that was rotated away is dead already, and must not take its successors along.
        if known.grant().client_id != client.id || !known.grant().active {
            return Ok(());
        }
        let authorization = known.grant().request_id.clone();
        self.storage()
            .write(move |records| {
                records.delete_refresh_tokens_of_request(&authorization)?;
                records.delete_access_tokens_of_request(&authorization)?;
                Ok(())
            })
            .await
    }
}
