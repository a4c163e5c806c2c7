//! What the tables of tokens and codes have in common: the columns that hold a [`GrantRecord`], and the statements that differ
//! in the table alone.
//!
//! [`grant_row!`] makes the row of such a table, [`GrantRow`] says what it can do. A table's own columns, and statements that
//! only it needs, stay with the table.

use oauth_core::{
    ids::{ClientId, RequestId},
    storage::{GrantRecord, StorageError},
    token::Session,
};

use super::{Context, OpenRecords, damaged};
use crate::columns::Sealable;

/// A row that says what was granted.
pub(super) trait GrantRow: Sized {
    /// The row of a grant, its own columns empty.
    fn new(context: &Context, signature: &str, grant: &GrantRecord) -> Result<Self, StorageError>;

    /// What the row says was granted.
    fn grant(self, records: &OpenRecords<'_>) -> Result<GrantRecord, StorageError>;

    /// Stores the row. One statement.
    fn insert(&self, records: &mut OpenRecords<'_>) -> Result<(), StorageError>;

    /// Looks a row up by primary key. One statement.
    fn find(records: &mut OpenRecords<'_>, signature: &str) -> Result<Option<Self>, StorageError>;

    /// Deletes what came from one authorization; how many rows that were.
    fn delete_of_request(records: &mut OpenRecords<'_>, request: &RequestId) -> Result<usize, StorageError>;

    /// Deletes what a client was given; how many rows that were.
    fn delete_of_client(records: &mut OpenRecords<'_>, client: &ClientId) -> Result<usize, StorageError>;
}

/// Makes the row of a table of `schema.rs` that was made by its `grant_table!`, with the columns that only this table has.
macro_rules! grant_row {
    ($row:ident of $table:ident { $($own:ident: $value:ty),* $(,)? }) => {
        #[derive(diesel::Queryable, diesel::Selectable, diesel::Insertable)]
        #[diesel(table_name = $table, treat_none_as_default_value = false)]
        pub(crate) struct $row {
            signature: String,
            request_id: String,
            requested_at: $crate::columns::At,
            client_id: String,
            scope: String,
            granted_scope: String,
            form_data: String,
            session_data: $crate::columns::Sealable,
            subject: String,
            active: bool,
            requested_audience: Option<String>,
            granted_audience: Option<String>,
            challenge_id: Option<String>,
            nid: $crate::columns::Id,
            expires_at: Option<$crate::columns::At>,
            $($own: $value,)*
        }

        impl $crate::records::grant::GrantRow for $row {
            fn new(context: &Context, signature: &str, grant: &GrantRecord) -> Result<Self, StorageError> {
                use $crate::{columns::At, records::grant::joined};
                Ok(Self {
                    signature: signature.to_owned(),
                    request_id: grant.request_id.as_str().to_owned(),
                    requested_at: At(grant.requested_at),
                    client_id: grant.client_id.as_str().to_owned(),
                    scope: joined(&grant.requested_scope),
                    granted_scope: joined(&grant.granted_scope),
                    form_data: grant.form_data.clone(),
                    session_data: context.session_text(&grant.session)?,
                    subject: grant.subject.clone(),
                    active: grant.active,
                    requested_audience: Some(joined(&grant.requested_audience)),
                    granted_audience: Some(joined(&grant.granted_audience)),
                    challenge_id: grant.challenge_id.clone(),
                    nid: context.nid(),
                    expires_at: grant.expires_at.map(At),
                    $($own: Default::default(),)*
                })
            }

            fn grant(self, records: &OpenRecords<'_>) -> Result<GrantRecord, StorageError> {
                use $crate::records::grant::split;
                Ok(GrantRecord {
                    request_id: RequestId::new(self.request_id),
                    requested_at: self.requested_at.0,
                    client_id: ClientId::new(self.client_id),
                    requested_scope: split(&self.scope),
                    granted_scope: split(&self.granted_scope),
                    requested_audience: split(self.requested_audience.as_deref().unwrap_or_default()),
                    granted_audience: split(self.granted_audience.as_deref().unwrap_or_default()),
                    form_data: self.form_data,
                    session: records.session(concat!(stringify!($table), ".session_data"), &self.session_data)?,
                    subject: self.subject,
                    active: self.active,
                    challenge_id: self.challenge_id,
                    expires_at: self.expires_at.map(|at| at.0),
                })
            }

            fn insert(&self, records: &mut OpenRecords<'_>) -> Result<(), StorageError> {
                let insert = diesel::insert_into($table::table).values(self);
                change!(records, |own| insert.execute(own)).map(drop)
            }

            fn find(records: &mut OpenRecords<'_>, signature: &str) -> Result<Option<Self>, StorageError> {
                let of_network = $table::table.filter($table::nid.eq(records.nid()));
                let found = of_network.filter($table::signature.eq(signature));
                query!(records, |own| found.select(Self::as_select()).get_result(own).optional())
            }

            fn delete_of_request(records: &mut OpenRecords<'_>, request: &RequestId) -> Result<usize, StorageError> {
                let of_network = $table::table.filter($table::nid.eq(records.nid()));
                let leaving = of_network.filter($table::request_id.eq(request.as_str()));
                change!(records, |own| diesel::delete(leaving).execute(own))
            }

            fn delete_of_client(records: &mut OpenRecords<'_>, client: &ClientId) -> Result<usize, StorageError> {
                let of_network = $table::table.filter($table::nid.eq(records.nid()));
                let leaving = of_network.filter($table::client_id.eq(client.as_str()));
                change!(records, |own| diesel::delete(leaving).execute(own))
            }
        }
    };
}
pub(super) use grant_row;

/// Scopes and audiences in one column. Nothing is escaped: a scope cannot hold `|`, and an audience with one was never allowed.
pub(super) fn joined(list: &[String]) -> String {
    list.join("|")
}

pub(super) fn split(text: &str) -> Vec<String> {
    text.split('|').filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

impl Context {
    pub(super) fn session_text(&self, session: &Session) -> Result<Sealable, StorageError> {
        let plain = serde_json::to_vec(session).map_err(|_| StorageError::Unfit("a session".to_owned()))?;
        Ok(Sealable(match self.encrypt_sessions {
            true => self.seal(&plain),
            false => String::from_utf8(plain).map_err(|_| StorageError::Unfit("a session".to_owned()))?,
        }))
    }
}

impl OpenRecords<'_> {
    /// Valid JSON is a plain session, anything else a sealed one, whatever the setting is today.
    pub(super) fn session(&self, place: &str, stored: &Sealable) -> Result<Session, StorageError> {
        if stored.0.starts_with('{') {
            return serde_json::from_str(&stored.0).map_err(|_| damaged(place));
        }
        serde_json::from_slice(&self.open(place, &stored.0)?).map_err(|_| damaged(place))
    }
}
