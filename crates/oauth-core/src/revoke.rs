//! Token revocation (RFC 7009), and the end of an authorization.

use crate::{Error, Provider, ids::RequestId, storage::Storage, token::RevocationRequest};

/// Passes over an authorization that keeps growing before we give up. More than two means that somebody refreshes as fast as we
/// delete.
const PASSES: usize = 16;

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
        self.end_authorization(known.grant().request_id.clone()).await
    }

    /// Deletes all tokens of an authorization. A rotation that commits at the same moment adds tokens which a deletion that began
    /// before does not see; so this goes on, in new transactions, until there is nothing left to delete.
    pub(crate) async fn end_authorization(&self, authorization: RequestId) -> Result<(), Error> {
        for _ in 0..PASSES {
            let authorization = authorization.clone();
            let deleted = self
                .storage()
                .write(move |records| {
                    let refresh = records.delete_refresh_tokens_of_request(&authorization)?;
                    let access = records.delete_access_tokens_of_request(&authorization)?;
                    let answers = records.delete_refresh_answers_of_request(&authorization)?;
                    Ok::<_, Error>(refresh + access + answers)
                })
                .await?;
            if deleted == 0 {
                return Ok(());
            }
        }
        Err(Error::Busy)
    }
}
