//! Consents.

use chrono::{DateTime, TimeDelta, Utc};

use serde_json::Value;

use super::{State, insert, must_hold_no_nul, retain};
use crate::{
    client::Client,
    ids::{ClientId, LoginSessionId, RequestId},
    storage::{ConsentQuery, ConsentRecord, ConsentRecords, ConsentSelection, StorageError},
};

impl ConsentRecords for State {
    fn insert_consent(&mut self, consent: &ConsentRecord) -> Result<(), StorageError> {
        let lists = [&consent.amr, &consent.granted_scope, &consent.granted_audience];
        must_hold_no_nul([consent.subject.as_str(), &consent.acr])?;
        must_hold_no_nul(lists.into_iter().flatten().map(String::as_str))?;
        let context = consent.context.as_deref().map(serde_json::from_str::<Value>).transpose();
        let context = context.map_err(|_| StorageError::Unfit("the context is not JSON".to_owned()))?;
        let claims =
            [&consent.id_token_claims, &consent.access_token_claims].map(|claims| Value::Object(claims.clone()));
        if context.iter().chain(&claims).any(holds_nul) {
            return Err(StorageError::Unfit("JSON holds a NUL character".to_owned()));
        }
        self.must_have_client(&consent.client_id)?;
        if consent.session.as_ref().is_some_and(|session| !self.logins.contains_key(session)) {
            return Err(StorageError::MissingParent);
        }
        let device = |consent: &ConsentRecord| consent.device.as_ref().map(|(challenge, _)| challenge.clone());
        let taken = |other: &ConsentRecord| {
            other.id == consent.id || device(other).is_some_and(|challenge| device(consent) == Some(challenge))
        };
        if self.consents.values().any(taken) {
            return Err(StorageError::Duplicate);
        }
        insert(&mut self.consents, consent.flow.clone(), consent.clone())
    }

    fn consent(&mut self, id: &RequestId) -> Result<Option<ConsentRecord>, StorageError> {
        Ok(self.consents.values().find(|consent| consent.id == *id).cloned())
    }

    fn remembered_consent(
        &mut self,
        subject: &str,
        client: &ClientId,
        now: DateTime<Utc>,
    ) -> Result<Option<ConsentRecord>, StorageError> {
        let remembered = self.consents.values().filter(|consent| {
            consent.subject == subject
                && consent.client_id == *client
                && consent.remember
                && !consent.skip
                && holds(consent, now)
        });
        Ok(remembered.max_by_key(|consent| consent.requested_at).cloned())
    }

    fn list_consents(&mut self, query: &ConsentQuery) -> Result<Vec<ConsentRecord>, StorageError> {
        let wanted = |consent: &&ConsentRecord| {
            consent.subject == query.subject
                && query.session.as_ref().is_none_or(|session| consent.session.as_ref() == Some(session))
                && query.after.as_ref().is_none_or(|after| consent.flow > *after)
                && !consent.skip
                && holds(consent, query.now)
        };
        Ok(self.consents.values().filter(wanted).take(query.limit as usize).cloned().collect())
    }

    fn consents_of(&mut self, whose: &ConsentSelection, limit: u32) -> Result<Vec<RequestId>, StorageError> {
        let theirs = self.consents.values().filter(|consent| match whose {
            ConsentSelection::Subject(subject) => consent.subject == *subject,
            ConsentSelection::SubjectAt(subject, client) => consent.subject == *subject && consent.client_id == *client,
        });
        Ok(theirs.take(limit as usize).map(|consent| consent.id.clone()).collect())
    }

    fn delete_consent(&mut self, id: &RequestId) -> Result<bool, StorageError> {
        let hangs_on_it = |challenge: &Option<String>| challenge.as_deref() == Some(id.as_str());
        self.drop_answers_of(|grant| hangs_on_it(&grant.challenge_id));
        retain(&mut self.refresh_answers, |answer| answer.request_id != *id);
        retain(&mut self.access, |token| token.grant.request_id != *id);
        retain(&mut self.refresh, |token| token.grant.request_id != *id);
        self.retain_grants(|grant| !hangs_on_it(&grant.challenge_id));
        Ok(retain(&mut self.consents, |consent| consent.id != *id) > 0)
    }

    fn clients_of_session(&mut self, session: &LoginSessionId, subject: &str) -> Result<Vec<Client>, StorageError> {
        let takes_part = |client: &ClientId| {
            self.consents.values().any(|consent| {
                consent.client_id == *client && consent.session.as_ref() == Some(session) && consent.subject == subject
            })
        };
        let listens =
            |client: &Client| !client.frontchannel_logout_uri.is_empty() || !client.backchannel_logout_uri.is_empty();
        let clients = self.clients.values().filter(|client| listens(client) && takes_part(&client.id));
        Ok(clients.cloned().collect())
    }
}

/// Whether a consent has not expired.
fn holds(consent: &ConsentRecord, now: DateTime<Utc>) -> bool {
    let lasts = TimeDelta::seconds(i64::from(consent.remember_for));
    consent.remember_for <= 0 || consent.requested_at + lasts > now
}

fn holds_nul(json: &Value) -> bool {
    match json {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
