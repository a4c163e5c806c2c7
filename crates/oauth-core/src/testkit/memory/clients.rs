//! Clients.

use super::{State, insert, retain};
use crate::{
    client::Client,
    ids::ClientId,
    storage::{ClientQuery, ClientRecords, StorageError},
};

impl ClientRecords for State {
    fn client(&mut self, id: &ClientId) -> Result<Option<Client>, StorageError> {
        Ok(self.clients.get(id).cloned())
    }

    fn insert_client(&mut self, client: &Client) -> Result<(), StorageError> {
        insert(&mut self.clients, client.id.clone(), client.clone())
    }

    fn update_client(&mut self, client: &Client) -> Result<bool, StorageError> {
        let Some(present) = self.clients.get_mut(&client.id) else { return Ok(false) };
        *present = Client { created_at: present.created_at, ..client.clone() };
        Ok(true)
    }

    fn delete_client(&mut self, id: &ClientId) -> Result<bool, StorageError> {
        self.drop_answers_of(|grant| grant.client_id == *id);
        self.retain_grants(|grant| grant.client_id != *id);
        retain(&mut self.consents, |consent| consent.client_id != *id);
        self.forced_subjects.retain(|(client, _), _| client != id);
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
