//! Login sessions, and subject identifiers that login applications made up.

use super::{State, must_hold_no_nul};
use crate::{
    ids::{ClientId, LoginSessionId},
    storage::{ForcedSubject, LoginRecords, LoginSession, StorageError},
};

impl LoginRecords for State {
    fn login_session(&mut self, id: &LoginSessionId) -> Result<Option<LoginSession>, StorageError> {
        Ok(self.logins.get(id).cloned())
    }

    fn put_login_session(&mut self, session: &LoginSession) -> Result<(), StorageError> {
        let at_provider = session.identity_provider_session_id.as_deref();
        must_hold_no_nul([session.subject.as_str(), at_provider.unwrap_or_default()])?;
        self.logins.insert(session.id.clone(), session.clone());
        Ok(())
    }

    fn delete_login_session(&mut self, id: &LoginSessionId) -> Result<bool, StorageError> {
        for consent in self.consents.values_mut().filter(|consent| consent.session.as_ref() == Some(id)) {
            consent.session = None;
        }
        Ok(self.logins.remove(id).is_some())
    }

    fn delete_login_sessions_of_subject(&mut self, subject: &str, limit: u32) -> Result<usize, StorageError> {
        let theirs = self.logins.values().filter(|session| session.subject == subject);
        let theirs: Vec<_> = theirs.take(limit as usize).map(|session| session.id.clone()).collect();
        for id in &theirs {
            self.delete_login_session(id)?;
        }
        Ok(theirs.len())
    }

    fn put_forced_subject(&mut self, forced: &ForcedSubject) -> Result<(), StorageError> {
        must_hold_no_nul([forced.subject.as_str(), &forced.identifier])?;
        self.must_have_client(&forced.client_id)?;
        let known = self.subject_behind(&forced.client_id, &forced.identifier)?;
        if known.is_some_and(|subject| subject != forced.subject) {
            return Err(StorageError::Duplicate);
        }
        let key = (forced.client_id.clone(), forced.subject.clone());
        self.forced_subjects.insert(key, forced.identifier.clone());
        Ok(())
    }

    fn forced_subject(&mut self, client: &ClientId, subject: &str) -> Result<Option<String>, StorageError> {
        Ok(self.forced_subjects.get(&(client.clone(), subject.to_owned())).cloned())
    }

    fn subject_behind(&mut self, client: &ClientId, identifier: &str) -> Result<Option<String>, StorageError> {
        let mut forced = self.forced_subjects.iter();
        let known = forced.find(|((known_by, _), known_as)| known_by == client && *known_as == identifier);
        Ok(known.map(|((_, subject), _)| subject.clone()))
    }
}
