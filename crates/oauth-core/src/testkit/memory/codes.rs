//! Authorization codes, PKCE challenges, OpenID Connect requests.

use chrono::{DateTime, Utc};

use super::{State, insert};
use crate::{
    ids::CodeSignature,
    secret::AuthorizationCode,
    storage::{CodeRecord, CodeRecords, GrantRecord, StorageError},
};

impl CodeRecords for State {
    fn insert_code(&mut self, code: &CodeRecord) -> Result<(), StorageError> {
        self.must_have_parents(&code.grant)?;
        insert(&mut self.codes, code.signature.clone(), code.clone())
    }

    fn code(&mut self, signature: &CodeSignature) -> Result<Option<CodeRecord>, StorageError> {
        Ok(self.codes.get(signature).cloned())
    }

    fn spend_code(&mut self, signature: &CodeSignature, forget_at: DateTime<Utc>) -> Result<bool, StorageError> {
        let unspent = self.codes.get_mut(signature).filter(|code| code.grant.active);
        let Some(CodeRecord { grant, .. }) = unspent else { return Ok(false) };
        grant.active = false;
        grant.expires_at = Some(forget_at);
        Ok(true)
    }

    fn insert_code_challenge(&mut self, code: &CodeRecord) -> Result<(), StorageError> {
        self.must_have_parents(&code.grant)?;
        insert(&mut self.code_challenges, code.signature.clone(), code.clone())
    }

    fn code_challenge(&mut self, signature: &CodeSignature) -> Result<Option<String>, StorageError> {
        Ok(self.code_challenges.get(signature).map(|code| code.grant.form_data.clone()))
    }

    fn delete_code_challenge(&mut self, signature: &CodeSignature) -> Result<(), StorageError> {
        self.code_challenges.remove(signature);
        Ok(())
    }

    fn insert_openid_request(&mut self, code: &AuthorizationCode, grant: &GrantRecord) -> Result<(), StorageError> {
        self.must_have_parents(grant)?;
        insert(&mut self.openid_requests, code.expose().to_owned(), grant.clone())
    }

    fn delete_openid_request(&mut self, code: &AuthorizationCode) -> Result<(), StorageError> {
        self.openid_requests.remove(code.expose());
        Ok(())
    }
}
