//! A storage in memory: what the contract asks for, and nothing a database would add.
//!
//! [`State`] holds the rows and the rules between tables: what a row needs, and what goes with it. What can be asked about
//! each kind of row stands in a file of its own.

mod assertions;
mod clients;
mod codes;
mod consents;
mod keys;
mod logins;
mod refresh_answers;
mod tokens;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};

use crate::{
    client::{Client, SigningChoice},
    ids::{AccessSignature, ClientId, CodeSignature, FlowId, JtiSignature, LoginSessionId, RefreshSignature},
    storage::{
        AccessTokenRecord, CodeRecord, ConsentRecord, GrantRecord, KeyRecord, LoginSession, Records, RefreshAnswer,
        RefreshTokenRecord, Storage, StorageError,
    },
};

/// Clones share one place.
#[derive(Clone, Default)]
pub struct MemoryStorage(Arc<Mutex<State>>);

#[derive(Clone, Default)]
struct State {
    clients: BTreeMap<ClientId, Client>,
    /// With the moment at which the client was registered that chose so.
    signing_choices: BTreeMap<ClientId, (DateTime<Utc>, SigningChoice)>,
    access: BTreeMap<AccessSignature, AccessTokenRecord>,
    refresh: BTreeMap<RefreshSignature, RefreshTokenRecord>,
    codes: BTreeMap<CodeSignature, CodeRecord>,
    code_challenges: BTreeMap<CodeSignature, CodeRecord>,
    /// By the whole code.
    openid_requests: BTreeMap<String, GrantRecord>,
    refresh_answers: BTreeMap<RefreshSignature, RefreshAnswer>,
    logins: BTreeMap<LoginSessionId, LoginSession>,
    /// The identifier by client and subject.
    forced_subjects: BTreeMap<(ClientId, String), String>,
    consents: BTreeMap<FlowId, ConsentRecord>,
    keys: Vec<KeyRecord>,
    /// Until when each is remembered.
    jtis: BTreeMap<JtiSignature, DateTime<Utc>>,
}

impl Storage for MemoryStorage {
    async fn read<T, E>(&self, job: impl FnOnce(&mut dyn Records) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        job(&mut state)
    }

    async fn write<T, E>(&self, mut job: impl FnMut(&mut dyn Records) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The job works on a copy, which becomes the state only when it ends well.
        let mut next = held.clone();
        let outcome = catch_unwind(AssertUnwindSafe(|| job(&mut next)))
            .unwrap_or_else(|_| Err(StorageError::Refused("a job panicked".to_owned()).into()));
        if outcome.is_ok() {
            *held = next;
        }
        outcome
    }
}

impl State {
    fn must_have_client(&self, id: &ClientId) -> Result<(), StorageError> {
        if self.clients.contains_key(id) { Ok(()) } else { Err(StorageError::MissingParent) }
    }

    fn must_have_parents(&self, grant: &GrantRecord) -> Result<(), StorageError> {
        let Some(challenge) = &grant.challenge_id else { return self.must_have_client(&grant.client_id) };
        match self.consents.values().any(|consent| consent.id.as_str() == challenge) {
            true => self.must_have_client(&grant.client_id),
            false => Err(StorageError::MissingParent),
        }
    }

    /// Drops what was granted, in whatever form it is kept, where `keep` does not want it.
    fn retain_grants(&mut self, keep: impl Fn(&GrantRecord) -> bool) {
        retain(&mut self.access, |token| keep(&token.grant));
        retain(&mut self.refresh, |token| keep(&token.grant));
        retain(&mut self.codes, |code| keep(&code.grant));
        retain(&mut self.code_challenges, |code| keep(&code.grant));
        retain(&mut self.openid_requests, keep);
    }

    /// Drops the answers of the authorizations that these refresh tokens belong to.
    fn drop_answers_of(&mut self, doomed: impl Fn(&GrantRecord) -> bool) {
        let (answers, tokens) = (&mut self.refresh_answers, &self.refresh);
        retain(answers, |answer| {
            !tokens.values().any(|token| token.grant.request_id == answer.request_id && doomed(&token.grant))
        });
    }
}

/// A NUL fits into no database's text.
fn must_hold_no_nul<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<(), StorageError> {
    match texts.into_iter().any(|text| text.contains('\0')) {
        true => Err(StorageError::Unfit("a text holds a NUL character".to_owned())),
        false => Ok(()),
    }
}

/// Adds a row, unless there is one.
fn insert<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: V) -> Result<(), StorageError> {
    if map.contains_key(&key) {
        return Err(StorageError::Duplicate);
    }
    map.insert(key, value);
    Ok(())
}

/// Drops what `keep` does not want; how many that were.
fn retain<K: Ord, V>(map: &mut BTreeMap<K, V>, keep: impl Fn(&V) -> bool) -> usize {
    let before = map.len();
    map.retain(|_, value| keep(value));
    before - map.len()
}
