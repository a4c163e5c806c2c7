//! Tables `hydra_oauth2_authentication_session` (who logged in where) and `hydra_oauth2_obfuscated_authentication_session`
//! (subject identifiers that login applications made up).

use diesel::{
    AsChangeset, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable,
    SelectableHelper,
};
use oauth_core::{
    ids::{ClientId, LoginSessionId},
    storage::{ForcedSubject, LoginRecords, LoginSession, StorageError},
};

use super::{OpenRecords, without_nul};
use crate::{
    columns::{At, Id},
    schema::{
        hydra_oauth2_authentication_session as sessions,
        hydra_oauth2_obfuscated_authentication_session as forced_subjects,
    },
};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = sessions, treat_none_as_null = true, treat_none_as_default_value = false)]
struct Row {
    id: String,
    #[diesel(skip_update)]
    nid: Id,
    authenticated_at: Option<At>,
    subject: String,
    remember: bool,
    identity_provider_session_id: Option<String>,
    expires_at: Option<At>,
}

impl Row {
    fn new(session: &LoginSession, nid: Id) -> Result<Self, StorageError> {
        let at_provider = session.identity_provider_session_id.as_deref();
        without_nul([session.id.as_str(), &session.subject, at_provider.unwrap_or_default()])?;
        Ok(Self {
            id: session.id.as_str().to_owned(),
            nid,
            authenticated_at: session.authenticated_at.map(At),
            subject: session.subject.clone(),
            remember: session.remember,
            identity_provider_session_id: session.identity_provider_session_id.clone(),
            expires_at: session.expires_at.map(At),
        })
    }
}

impl From<Row> for LoginSession {
    fn from(row: Row) -> Self {
        Self {
            id: LoginSessionId::new(row.id),
            authenticated_at: row.authenticated_at.map(|at| at.0),
            subject: row.subject,
            remember: row.remember,
            identity_provider_session_id: row.identity_provider_session_id,
            expires_at: row.expires_at.map(|at| at.0),
        }
    }
}

impl LoginRecords for OpenRecords<'_> {
    fn login_session(&mut self, id: &LoginSessionId) -> Result<Option<LoginSession>, StorageError> {
        let found = sessions::table.filter(sessions::nid.eq(self.nid())).filter(sessions::id.eq(id.as_str()));
        let row = query!(self, |own| found.select(Row::as_select()).get_result(own).optional())?;
        Ok(row.map(LoginSession::from))
    }

    fn put_login_session(&mut self, session: &LoginSession) -> Result<(), StorageError> {
        let nid = self.nid();
        let row = Row::new(session, nid)?;
        let present = sessions::table.filter(sessions::nid.eq(nid)).filter(sessions::id.eq(session.id.as_str()));
        if change!(self, |own| diesel::update(present).set(&row).execute(own))? > 0 {
            return Ok(());
        }
        let inserted = change!(self, |own| diesel::insert_into(sessions::table).values(&row).execute(own));
        self.inserted_or_again(inserted)
    }

    fn delete_login_session(&mut self, id: &LoginSessionId) -> Result<bool, StorageError> {
        let ending = sessions::table.filter(sessions::nid.eq(self.nid())).filter(sessions::id.eq(id.as_str()));
        change!(self, |own| diesel::delete(ending).execute(own)).map(|deleted| deleted == 1)
    }

    fn delete_login_sessions_of_subject(&mut self, subject: &str, limit: u32) -> Result<usize, StorageError> {
        let of_network = sessions::table.filter(sessions::nid.eq(self.nid()));
        let some = of_network.filter(sessions::subject.eq(subject)).select(sessions::id).limit(i64::from(limit));
        let ids: Vec<String> = self.query(|connection| some.load(connection))?;
        let ending = of_network.filter(sessions::id.eq_any(ids));
        change!(self, |own| diesel::delete(ending).execute(own))
    }

    fn put_forced_subject(&mut self, forced: &ForcedSubject) -> Result<(), StorageError> {
        without_nul([forced.client_id.as_str(), &forced.subject, &forced.identifier])?;
        let of_client = forced_subjects::table
            .filter(forced_subjects::nid.eq(self.nid()))
            .filter(forced_subjects::client_id.eq(forced.client_id.as_str()));
        let earlier = of_client.filter(forced_subjects::subject.eq(forced.subject.as_str()));
        change!(self, |own| diesel::delete(earlier).execute(own))?;
        // What is in the way now belongs to another subject, and stays.
        if self.subject_behind(&forced.client_id, &forced.identifier)?.is_some() {
            return Err(StorageError::Duplicate);
        }
        let row = (
            forced_subjects::nid.eq(self.nid()),
            forced_subjects::client_id.eq(forced.client_id.as_str()),
            forced_subjects::subject.eq(forced.subject.as_str()),
            forced_subjects::subject_obfuscated.eq(forced.identifier.as_str()),
        );
        let inserted = change!(self, |own| diesel::insert_into(forced_subjects::table).values(row).execute(own));
        self.inserted_or_again(inserted)
    }

    fn forced_subject(&mut self, client: &ClientId, subject: &str) -> Result<Option<String>, StorageError> {
        let known_as = forced_subjects::table
            .filter(forced_subjects::nid.eq(self.nid()))
            .filter(forced_subjects::client_id.eq(client.as_str()))
            .filter(forced_subjects::subject.eq(subject))
            .select(forced_subjects::subject_obfuscated);
        query!(self, |own| known_as.get_result(own).optional())
    }

    fn subject_behind(&mut self, client: &ClientId, identifier: &str) -> Result<Option<String>, StorageError> {
        let behind = forced_subjects::table
            .filter(forced_subjects::nid.eq(self.nid()))
            .filter(forced_subjects::client_id.eq(client.as_str()))
            .filter(forced_subjects::subject_obfuscated.eq(identifier))
            .select(forced_subjects::subject);
        query!(self, |own| behind.get_result(own).optional())
    }
}
