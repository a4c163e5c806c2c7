//! Tables `hydra_oauth2_access` and `hydra_oauth2_refresh`. Both begin with the same columns; what those say is a
//! [`GrantRecord`].

use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper,
};
use oauth_core::{
    ids::{AccessSignature, ClientId, RefreshSignature, RequestId},
    storage::{AccessTokenRecord, GrantRecord, RefreshTokenRecord, StorageError, TokenRecords},
    token::Session,
};

use super::{OpenRecords, damaged};
use crate::{
    columns::{At, Id, Sealable},
    dialect::on_own_connection,
    schema::{hydra_oauth2_access, hydra_oauth2_refresh},
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = hydra_oauth2_access, treat_none_as_default_value = false)]
struct AccessRow {
    signature: String,
    request_id: String,
    requested_at: At,
    client_id: String,
    scope: String,
    granted_scope: String,
    form_data: String,
    session_data: Sealable,
    subject: String,
    active: bool,
    requested_audience: Option<String>,
    granted_audience: Option<String>,
    challenge_id: Option<String>,
    nid: Id,
    expires_at: Option<At>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = hydra_oauth2_refresh, treat_none_as_default_value = false)]
struct RefreshRow {
    signature: String,
    request_id: String,
    requested_at: At,
    client_id: String,
    scope: String,
    granted_scope: String,
    form_data: String,
    session_data: Sealable,
    subject: String,
    active: bool,
    requested_audience: Option<String>,
    granted_audience: Option<String>,
    challenge_id: Option<String>,
    nid: Id,
    expires_at: Option<At>,
    first_used_at: Option<At>,
    access_token_signature: Option<String>,
    used_times: Option<i32>,
}

/// Scopes and audiences in one column. Nothing is escaped: a scope cannot hold `|`, and an audience with one was never allowed.
fn joined(list: &[String]) -> String {
    list.join("|")
}

fn split(text: &str) -> Vec<String> {
    text.split('|').filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

/// Builds a row from its own columns and those that both tables share.
macro_rules! row {
    ($row:ident, $records:ident, $grant:expr, { $($own:tt)* }) => {{
        let grant: &GrantRecord = $grant;
        $row {
            request_id: grant.request_id.as_str().to_owned(),
            requested_at: At(grant.requested_at),
            client_id: grant.client_id.as_str().to_owned(),
            scope: joined(&grant.requested_scope),
            granted_scope: joined(&grant.granted_scope),
            form_data: grant.form_data.clone(),
            session_data: $records.session_text(&grant.session)?,
            subject: grant.subject.clone(),
            active: grant.active,
            requested_audience: Some(joined(&grant.requested_audience)),
            granted_audience: Some(joined(&grant.granted_audience)),
            challenge_id: grant.challenge_id.clone(),
            nid: $records.nid(),
            expires_at: grant.expires_at.map(At),
            $($own)*
        }
    }};
}

/// The shared columns of a row.
macro_rules! grant {
    ($row:ident, $records:ident, $place:literal) => {
        GrantRecord {
            request_id: RequestId::new($row.request_id),
            requested_at: $row.requested_at.0,
            client_id: ClientId::new($row.client_id),
            requested_scope: split(&$row.scope),
            granted_scope: split(&$row.granted_scope),
            requested_audience: split($row.requested_audience.as_deref().unwrap_or_default()),
            granted_audience: split($row.granted_audience.as_deref().unwrap_or_default()),
            form_data: $row.form_data,
            session: $records.session($place, &$row.session_data)?,
            subject: $row.subject,
            active: $row.active,
            challenge_id: $row.challenge_id,
            expires_at: $row.expires_at.map(|at| at.0),
        }
    };
}

impl OpenRecords<'_> {
    fn session_text(&self, session: &Session) -> Result<Sealable, StorageError> {
        let plain = serde_json::to_vec(session).map_err(|_| StorageError::Unfit("a session".to_owned()))?;
        Ok(Sealable(match self.context.encrypt_sessions {
            true => self.seal(&plain),
            false => String::from_utf8(plain).map_err(|_| StorageError::Unfit("a session".to_owned()))?,
        }))
    }

    /// Valid JSON is a plain session, anything else a sealed one, whatever the setting is today.
    fn session(&self, place: &str, stored: &Sealable) -> Result<Session, StorageError> {
        if stored.0.starts_with('{') {
            return serde_json::from_str(&stored.0).map_err(|_| damaged(place));
        }
        serde_json::from_slice(&self.open(place, &stored.0)?).map_err(|_| damaged(place))
    }
}

impl TokenRecords for OpenRecords<'_> {
    fn insert_access_token(&mut self, token: &AccessTokenRecord) -> Result<(), StorageError> {
        let row = row!(AccessRow, self, &token.grant, { signature: token.signature.as_str().to_owned() });
        let insert = diesel::insert_into(hydra_oauth2_access::table).values(&row);
        self.change(|connection| on_own_connection!(connection, |own| insert.execute(own))).map(drop)
    }

    fn access_token(&mut self, signature: &AccessSignature) -> Result<Option<AccessTokenRecord>, StorageError> {
        use hydra_oauth2_access::dsl;
        let nid = self.nid();
        let found = hydra_oauth2_access::table.filter(dsl::signature.eq(signature.as_str())).filter(dsl::nid.eq(nid));
        let row: Option<AccessRow> = self.query(|connection| {
            on_own_connection!(connection, |own| found.select(AccessRow::as_select()).get_result(own).optional())
        })?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(AccessTokenRecord {
            signature: AccessSignature::new(row.signature),
            grant: grant!(row, self, "hydra_oauth2_access.session_data"),
        }))
    }

    fn delete_access_tokens_of_request(&mut self, request: &RequestId) -> Result<usize, StorageError> {
        use hydra_oauth2_access::dsl;
        let nid = self.nid();
        let tokens = hydra_oauth2_access::table.filter(dsl::request_id.eq(request.as_str())).filter(dsl::nid.eq(nid));
        self.change(|connection| diesel::delete(tokens).execute(connection))
    }

    fn delete_access_tokens_of_client(&mut self, client: &ClientId) -> Result<usize, StorageError> {
        use hydra_oauth2_access::dsl;
        let nid = self.nid();
        let tokens = hydra_oauth2_access::table.filter(dsl::client_id.eq(client.as_str())).filter(dsl::nid.eq(nid));
        self.change(|connection| diesel::delete(tokens).execute(connection))
    }

    fn insert_refresh_token(&mut self, token: &RefreshTokenRecord) -> Result<(), StorageError> {
        let row = row!(RefreshRow, self, &token.grant, {
            signature: token.signature.as_str().to_owned(),
            first_used_at: token.first_used_at.map(At),
            access_token_signature: token.access_token_signature.as_ref().map(|signature| signature.as_str().to_owned()),
            used_times: token.used_times,
        });
        self.change(|connection| diesel::insert_into(hydra_oauth2_refresh::table).values(&row).execute(connection))
            .map(drop)
    }

    fn refresh_token(&mut self, signature: &RefreshSignature) -> Result<Option<RefreshTokenRecord>, StorageError> {
        use hydra_oauth2_refresh::dsl;
        let nid = self.nid();
        let found = hydra_oauth2_refresh::table.filter(dsl::signature.eq(signature.as_str())).filter(dsl::nid.eq(nid));
        let row: Option<RefreshRow> = self.query(|connection| {
            on_own_connection!(connection, |own| found.select(RefreshRow::as_select()).get_result(own).optional())
        })?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(RefreshTokenRecord {
            signature: RefreshSignature::new(row.signature),
            access_token_signature: row.access_token_signature.map(AccessSignature::new),
            first_used_at: row.first_used_at.map(|at| at.0),
            used_times: row.used_times,
            grant: grant!(row, self, "hydra_oauth2_refresh.session_data"),
        }))
    }

    fn delete_refresh_tokens_of_request(&mut self, request: &RequestId) -> Result<usize, StorageError> {
        use hydra_oauth2_refresh::dsl;
        let nid = self.nid();
        let tokens = hydra_oauth2_refresh::table.filter(dsl::request_id.eq(request.as_str())).filter(dsl::nid.eq(nid));
        self.change(|connection| diesel::delete(tokens).execute(connection))
    }
}
