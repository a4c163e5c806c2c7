//! Clients.

use super::{State, insert, retain};
use crate::{
    client::{Client, SigningChoice},
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
        self.signing_choices.remove(id);
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

    fn put_signing_choice(&mut self, client: &Client, choice: SigningChoice) -> Result<(), StorageError> {
        self.signing_choices.remove(&client.id);
        if choice != SigningChoice::default() {
            self.signing_choices.insert(client.id.clone(), (client.created_at, choice));
        }
        Ok(())
    }

    fn signing_choices(&mut self, clients: &[ClientId]) -> Result<Vec<(ClientId, SigningChoice)>, StorageError> {
        let registered_at = |id: &ClientId| self.clients.get(id).map(|client| client.created_at);
        let chosen = clients.iter().filter_map(|id| {
            let (of, choice) = self.signing_choices.get(id)?;
            (registered_at(id) == Some(*of)).then(|| (id.clone(), *choice))
        });
        Ok(chosen.collect())
    }
}
