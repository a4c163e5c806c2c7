//! JSON Web Keys.

use super::{Opened, samples::key};
use crate::{
    ids::{KeyId, KeySetName},
    storage::{Records, Storage, StorageError},
};

pub(super) fn keys_in_order<S: Storage>(storage: &Opened<S>) {
    let keys = [key("set", "old", 1), key("set", "newest", 3), key("set", "newer", 2), key("other", "old", 9)];
    let first = keys[0].jwk.clone();
    let stored = storage.write(move |records| keys.iter().try_for_each(|key| records.insert_key(key)));
    assert_eq!(stored, Ok(()));
    let kids = |storage: &Opened<S>| {
        let keys = storage.read(|records| records.keys_of_set(&KeySetName::new("set"))).expect("keys are listed");
        keys.iter().map(|key| key.jwk.kid().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kids(storage), ["newest", "newer", "old"]);
    let found = storage.read(|records| records.key(&KeySetName::new("set"), &KeyId::new("old")));
    let found = found.ok().flatten().expect("the key is found");
    assert_eq!(serde_json::to_string(&found.jwk).ok(), serde_json::to_string(&first).ok(), "private members included");
    let delete = |kid: &'static str| {
        move |records: &mut dyn Records| records.delete_key(&KeySetName::new("set"), &KeyId::new(kid))
    };
    assert_eq!(storage.write(delete("newest")), Ok(true));
    assert_eq!(storage.write(delete("newest")), Ok(false));
    assert_eq!(kids(storage), ["newer", "old"]);
    assert_eq!(storage.write(|records| records.delete_keys_of_set(&KeySetName::new("set"))), Ok(2));
    assert!(kids(storage).is_empty());
    let other = storage.read(|records| records.keys_of_set(&KeySetName::new("other")));
    assert_eq!(other.map(|keys| keys.len()), Ok(1));
}

pub(super) fn key_once<S: Storage>(storage: &Opened<S>) {
    let (first, second) = (key("set", "k", 1), key("set", "k", 2));
    assert_eq!(storage.write(move |records| records.insert_key(&first)), Ok(()));
    assert_eq!(storage.write(move |records| records.insert_key(&second)), Err(StorageError::Duplicate));
}
