//! Tables `hydra_oauth2_access` and `hydra_oauth2_refresh`.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, SelectableHelper};
use oauth_core::{
    ids::{AccessSignature, ClientId, RefreshSignature, RequestId},
    storage::{AccessTokenRecord, GrantRecord, RefreshTokenRecord, StorageError, TokenRecords},
};

use super::{
    OpenRecords,
    grant::{GrantRow, grant_row},
};
use crate::{
    columns::At,
    schema::{hydra_oauth2_access, hydra_oauth2_refresh},
};

grant_row!(AccessRow of hydra_oauth2_access {});

grant_row!(RefreshRow of hydra_oauth2_refresh {
    first_used_at: Option<At>,
    access_token_signature: Option<String>,
    used_times: Option<i32>,
});

impl TokenRecords for OpenRecords<'_> {
    fn insert_access_token(&mut self, token: &AccessTokenRecord) -> Result<(), StorageError> {
        AccessRow::new(self, token.signature.as_str(), &token.grant)?.insert(self)
    }

    fn access_token(&mut self, signature: &AccessSignature) -> Result<Option<AccessTokenRecord>, StorageError> {
        let Some(row) = AccessRow::find(self, signature.as_str())? else { return Ok(None) };
        Ok(Some(AccessTokenRecord { signature: signature.clone(), grant: row.grant(self)? }))
    }

    fn delete_access_tokens_of_request(&mut self, request: &RequestId) -> Result<usize, StorageError> {
        AccessRow::delete_of_request(self, request)
    }

    fn delete_access_tokens_of_client(&mut self, client: &ClientId) -> Result<usize, StorageError> {
        AccessRow::delete_of_client(self, client)
    }

    fn insert_refresh_token(&mut self, token: &RefreshTokenRecord) -> Result<(), StorageError> {
        let companion = token.access_token_signature.as_ref();
        let row = RefreshRow {
            first_used_at: token.first_used_at.map(At),
            access_token_signature: companion.map(|signature| signature.as_str().to_owned()),
            used_times: token.used_times,
            ..RefreshRow::new(self, token.signature.as_str(), &token.grant)?
        };
        row.insert(self)
    }

    fn refresh_token(&mut self, signature: &RefreshSignature) -> Result<Option<RefreshTokenRecord>, StorageError> {
        let Some(row) = RefreshRow::find(self, signature.as_str())? else { return Ok(None) };
        Ok(Some(RefreshTokenRecord {
            signature: signature.clone(),
            access_token_signature: row.access_token_signature.clone().map(AccessSignature::new),
            first_used_at: row.first_used_at.map(|at| at.0),
            used_times: row.used_times,
            grant: row.grant(self)?,
        }))
    }

    fn delete_refresh_tokens_of_request(&mut self, request: &RequestId) -> Result<usize, StorageError> {
        RefreshRow::delete_of_request(self, request)
    }
}
