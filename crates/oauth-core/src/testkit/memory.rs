//! A storage in memory: what the contract asks for, and nothing a database would add.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    client::Client,
    ids::{AccessSignature, ClientId, KeyId, KeySetName, RefreshSignature, RequestId},
    storage::{
        AccessTokenRecord, ClientQuery, ClientRecords, GrantRecord, KeyRecord, KeyRecords, Records, RefreshTokenRecord,
        Storage, StorageError, TokenRecords,
    },
};

/// Clones share one place.
#[derive(Clone, Default)]
pub struct MemoryStorage(Arc<Mutex<State>>);

#[derive(Clone, Default)]
struct State {
    clients: BTreeMap<ClientId, Client>,
    access: BTreeMap<AccessSignature, AccessTokenRecord>,
    refresh: BTreeMap<RefreshSignature, RefreshTokenRecord>,
    keys: Vec<KeyRecord>,
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
    fn must_have_client(&self, grant: &GrantRecord) -> Result<(), StorageError> {
        if self.clients.contains_key(&grant.client_id) { Ok(()) } else { Err(StorageError::MissingParent) }
    }
}

/// Drops what `keep` does not want; how many that were.
fn retain<K: Ord, V>(map: &mut BTreeMap<K, V>, keep: impl Fn(&V) -> bool) -> usize {
    let before = map.len();
    map.retain(|_, value| keep(value));
    before - map.len()
}

impl ClientRecords for State {
    fn client(&mut self, id: &ClientId) -> Result<Option<Client>, StorageError> {
        Ok(self.clients.get(id).cloned())
    }

    fn insert_client(&mut self, client: &Client) -> Result<(), StorageError> {
        if self.clients.contains_key(&client.id) {
            return Err(StorageError::Duplicate);
        }
        self.clients.insert(client.id.clone(), client.clone());
        Ok(())
    }

    fn update_client(&mut self, client: &Client) -> Result<bool, StorageError> {
        let Some(present) = self.clients.get_mut(&client.id) else { return Ok(false) };
        *present = Client { created_at: present.created_at, ..client.clone() };
        Ok(true)
    }

    fn delete_client(&mut self, id: &ClientId) -> Result<bool, StorageError> {
        retain(&mut self.access, |token| token.grant.client_id != *id);
        retain(&mut self.refresh, |token| token.grant.client_id != *id);
        Ok(self.clients.remove(id).is_some())
    }

    fn list_clients(&mut self, query: &ClientQuery) -> Result<Vec<Client>, StorageError> {
        let wanted = |client: &&Client| {
            query.name.as_ref().is_none_or(|name| *name == client.name)
                && query.owner.as_ref().is_none_or(|owner| *owner == client.owner)
                && query.after.as_ref().is_none_or(|after| client.id > *after)
        };
        Ok(self.clients.values().filter(wanted).take(query.limit as usize).cloned().collect())
    }
}

impl TokenRecords for State {
    fn insert_access_token(&mut self, token: &AccessTokenRecord) -> Result<(), StorageError> {
        self.must_have_client(&token.grant)?;
        if self.access.contains_key(&token.signature) {
            return Err(StorageError::Duplicate);
        }
        self.access.insert(token.signature.clone(), token.clone());
        Ok(())
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
        self.must_have_client(&token.grant)?;
        if self.refresh.contains_key(&token.signature) {
            return Err(StorageError::Duplicate);
        }
        self.refresh.insert(token.signature.clone(), token.clone());
        Ok(())
    }

    fn refresh_token(&mut self, signature: &RefreshSignature) -> Result<Option<RefreshTokenRecord>, StorageError> {
        Ok(self.refresh.get(signature).cloned())
    }

    fn delete_refresh_tokens_of_request(&mut self, request: &RequestId) -> Result<usize, StorageError> {
        Ok(retain(&mut self.refresh, |token| token.grant.request_id != *request))
    }
}

impl KeyRecords for State {
    fn keys_of_set(&mut self, set: &KeySetName) -> Result<Vec<KeyRecord>, StorageError> {
        let mut keys: Vec<_> = self.keys.iter().filter(|key| key.set == *set).cloned().collect();
        keys.sort_by_key(|key| std::cmp::Reverse((key.created_at, key.id)));
        Ok(keys)
    }

    fn key(&mut self, set: &KeySetName, kid: &KeyId) -> Result<Option<KeyRecord>, StorageError> {
        Ok(self.keys.iter().find(|key| key.set == *set && key.jwk.kid().unwrap_or_default() == kid.as_str()).cloned())
    }

    fn insert_key(&mut self, key: &KeyRecord) -> Result<(), StorageError> {
        let kid = KeyId::new(key.jwk.kid().unwrap_or_default());
        if self.key(&key.set, &kid)?.is_some() {
            return Err(StorageError::Duplicate);
        }
        self.keys.push(key.clone());
        Ok(())
    }

    fn delete_key(&mut self, set: &KeySetName, kid: &KeyId) -> Result<bool, StorageError> {
        let before = self.keys.len();
        self.keys.retain(|key| key.set != *set || key.jwk.kid().unwrap_or_default() != kid.as_str());
        Ok(self.keys.len() < before)
    }

    fn delete_keys_of_set(&mut self, set: &KeySetName) -> Result<usize, StorageError> {
        let before = self.keys.len();
        self.keys.retain(|key| key.set != *set);
        Ok(before - self.keys.len())
    }
}
