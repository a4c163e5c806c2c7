//! JSON Web Keys.

use super::State;
use crate::{
    ids::{KeyId, KeySetName},
    storage::{KeyRecord, KeyRecords, StorageError},
};

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
