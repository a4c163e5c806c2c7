//! Tables `hydra_oauth2_code`, `hydra_oauth2_pkce` (by the code's signature) and `hydra_oauth2_oidc` (by the whole code).

use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, SelectableHelper};
use oauth_core::{
    ids::{ClientId, CodeSignature, RequestId},
    secret::AuthorizationCode,
    storage::{CodeRecord, CodeRecords, GrantRecord, StorageError},
};

use super::{
    Context, OpenRecords,
    grant::{GrantRow, grant_row},
};
use crate::{
    columns::At,
    schema::{hydra_oauth2_code, hydra_oauth2_oidc, hydra_oauth2_pkce},
};

grant_row!(CodeRow of hydra_oauth2_code {});
grant_row!(ChallengeRow of hydra_oauth2_pkce {});
grant_row!(OpenIdRow of hydra_oauth2_oidc {});

impl CodeRecords for OpenRecords<'_> {
    fn insert_code(&mut self, code: &CodeRecord) -> Result<(), StorageError> {
        CodeRow::new(self.context, code.signature.as_str(), &code.grant)?.insert(self)
    }

    fn code(&mut self, signature: &CodeSignature) -> Result<Option<CodeRecord>, StorageError> {
        let Some(row) = CodeRow::find(self, signature.as_str())? else { return Ok(None) };
        Ok(Some(CodeRecord { signature: signature.clone(), grant: row.grant(self)? }))
    }

    fn spend_code(&mut self, signature: &CodeSignature, forget_at: DateTime<Utc>) -> Result<bool, StorageError> {
        use hydra_oauth2_code::{active, expires_at, nid, table};
        let of_network = table.filter(nid.eq(self.nid()));
        let unspent = of_network.filter(hydra_oauth2_code::signature.eq(signature.as_str())).filter(active.eq(true));
        let spent = diesel::update(unspent).set((active.eq(false), expires_at.eq(Some(At(forget_at)))));
        change!(self, |own| spent.execute(own)).map(|spent| spent == 1)
    }

    fn insert_code_challenge(&mut self, code: &CodeRecord) -> Result<(), StorageError> {
        ChallengeRow::new(self.context, code.signature.as_str(), &code.grant)?.insert(self)
    }

    fn code_challenge(&mut self, signature: &CodeSignature) -> Result<Option<String>, StorageError> {
        use hydra_oauth2_pkce::{form_data, nid, table};
        let of_network = table.filter(nid.eq(self.nid()));
        let found = of_network.filter(hydra_oauth2_pkce::signature.eq(signature.as_str())).select(form_data);
        query!(self, |own| found.get_result(own).optional())
    }

    fn delete_code_challenge(&mut self, signature: &CodeSignature) -> Result<(), StorageError> {
        use hydra_oauth2_pkce::{nid, table};
        let of_network = table.filter(nid.eq(self.nid()));
        let leaving = of_network.filter(hydra_oauth2_pkce::signature.eq(signature.as_str()));
        change!(self, |own| diesel::delete(leaving).execute(own)).map(drop)
    }

    fn insert_openid_request(&mut self, code: &AuthorizationCode, grant: &GrantRecord) -> Result<(), StorageError> {
        OpenIdRow::new(self.context, code.expose(), grant)?.insert(self)
    }

    fn delete_openid_request(&mut self, code: &AuthorizationCode) -> Result<(), StorageError> {
        use hydra_oauth2_oidc::{nid, signature, table};
        let leaving = table.filter(nid.eq(self.nid())).filter(signature.eq(code.expose()));
        change!(self, |own| diesel::delete(leaving).execute(own)).map(drop)
    }
}
