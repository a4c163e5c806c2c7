//! Access and refresh tokens.

use chrono::{DateTime, Utc};

use super::{State, insert, retain};
use crate::{
    ids::{AccessSignature, ClientId, RefreshSignature, RequestId},
    storage::{AccessTokenRecord, RefreshTokenRecord, StorageError, TokenRecords},
};

impl TokenRecords for State {
    fn insert_access_token(&mut self, token: &AccessTokenRecord) -> Result<(), StorageError> {
        self.must_have_parents(&token.grant)?;
        insert(&mut self.access, token.signature.clone(), token.clone())
    }

    fn access_token(&mut self, signature: &AccessSignature) -> Result<Option<AccessTokenRecord>, StorageError> {
        Ok(self.access.get(signature).cloned())
    }

    fn delete_access_tokens_of_request(&mut self, request: &RequestId) -> Result<usize, StorageError> {
        Ok(retain(&mut self.access, |token| token.grant.request_id != *request))
    }

    fn delete_access_tokens_of_client(&mut self, client: &ClientId) -> Result<usize, StorageError> {
        Ok(retain(&mut self.access, |token| token.grant.client_id != *client))
    }

    fn insert_refresh_token(&mut self, token: &RefreshTokenRecord) -> Result<(), StorageError> {
        self.must_have_parents(&token.grant)?;
        insert(&mut self.refresh, token.signature.clone(), token.clone())
    }

    fn refresh_token(&mut self, signature: &RefreshSignature) -> Result<Option<RefreshTokenRecord>, StorageError> {
        Ok(self.refresh.get(signature).cloned())
    }

    fn spend_refresh_token(
        &mut self,
        signature: &RefreshSignature,
        forget_at: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let unspent = self.refresh.get_mut(signature).filter(|token| token.grant.active);
        let Some(RefreshTokenRecord { grant, .. }) = unspent else { return Ok(false) };
        grant.active = false;
        grant.expires_at = Some(forget_at);
        Ok(true)
    }

    fn use_refresh_token_in_grace(
        &mut self,
        signature: &RefreshSignature,
        used_at: DateTime<Utc>,
        forget_at: DateTime<Utc>,
        limit: Option<i32>,
    ) -> Result<bool, StorageError> {
        let Some(token) = self.refresh.get_mut(signature) else { return Ok(false) };
        let used = token.used_times.unwrap_or(0);
        if limit.is_some_and(|limit| used >= limit) {
            return Ok(false);
        }
        token.used_times = Some(used + 1);
        token.first_used_at.get_or_insert(used_at);
        token.grant.active = false;
        token.grant.expires_at = Some(forget_at);
        Ok(true)
    }

    fn delete_access_token(&mut self, signature: &AccessSignature) -> Result<bool, StorageError> {
        Ok(self.access.remove(signature).is_some())
    }

    fn delete_refresh_tokens_of_request(&mut self, request: &RequestId) -> Result<usize, StorageError> {
        Ok(retain(&mut self.refresh, |token| token.grant.request_id != *request))
    }
}
