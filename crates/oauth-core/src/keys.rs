//! Which key signs what, who made it, and the key sets that operators keep with us.
//!
//! Parsed keys are held in memory. Another instance may add or remove keys at any time, so a set is read again after
//! [`FRESH`]; its keys are parsed anew only when they changed.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use token_jwt::{Algorithm, Jwk, SigningKey, VerifyingKey};

use crate::{
    Error, Provider,
    ids::{KeyId, KeySetName},
    policy::{ACCESS_TOKEN_KEYS, ID_TOKEN_KEYS},
    storage::{KeyRecord, Storage, StorageError},
};

/// How long a set is trusted before it is read again.
const FRESH: TimeDelta = TimeDelta::seconds(2);
/// Algorithm of a key that is made where none was asked for.
const DEFAULT: Algorithm = Algorithm::RS256;
/// Keys that may be in the making at once; others wait for their turn.
const MAKERS: usize = 4;
/// How long a request waits for a key that is being made.
const PATIENCE: Duration = Duration::from_secs(20);

/// A key set, parsed.
pub struct KeySet {
    records: Vec<KeyRecord>,
    /// Of each algorithm the newest private key, newest first. The first one signs where no algorithm is asked for.
    signing: Vec<Arc<SigningKey>>,
    /// All keys: each verifies what it once signed.
    verifying: Vec<VerifyingKey>,
}

impl KeySet {
    fn parse(records: Vec<KeyRecord>) -> Self {
        let mut signing: Vec<Arc<SigningKey>> = Vec::new();
        for key in records.iter().filter_map(signer) {
            if signing.iter().all(|newer| newer.algorithm() != key.algorithm()) {
                signing.push(Arc::new(key));
            }
        }
        let verifying = records.iter().filter_map(|record| VerifyingKey::from_jwk(&record.jwk).ok()).collect();
        Self { records, signing, verifying }
    }

    /// Whether it was parsed from these rows: a row that was written again has another id.
    fn is_of(&self, records: &[KeyRecord]) -> bool {
        self.records.iter().map(|record| record.id).eq(records.iter().map(|record| record.id))
    }

    /// The key that signs: the newest one, or the newest one of an algorithm.
    fn signer(&self, wanted: Option<Algorithm>) -> Option<&Arc<SigningKey>> {
        self.signing.iter().find(|key| wanted.is_none_or(|alg| key.algorithm() == alg))
    }

    /// The payload of a JWS that one of the keys signed. A `kid` in its header picks the key; without one each is tried.
    pub fn verify(&self, jws: &str) -> Option<Vec<u8>> {
        let header = token_jwt::peek_header(jws).ok()?;
        self.verifying
            .iter()
            .filter(|key| header.kid.as_deref().is_none_or(|kid| key.kid().is_none_or(|own| own == kid)))
            .find_map(|key| key.verify(jws).ok())
            .map(|verified| verified.payload)
    }

    /// Public halves, newest first. Symmetric keys have none.
    pub fn public_keys(&self) -> impl Iterator<Item = Jwk> + '_ {
        self.records.iter().filter_map(|record| record.jwk.to_public())
    }
}

/// The key as one that signs, if it can: a private one of a size and algorithm that we know.
fn signer(record: &KeyRecord) -> Option<SigningKey> {
    SigningKey::from_jwk(&record.jwk).ok()
}

fn can_sign(record: &KeyRecord, wanted: Option<Algorithm>) -> bool {
    signer(record).is_some_and(|key| wanted.is_none_or(|alg| key.algorithm() == alg))
}

/// The set of the keys that sign for clients which registered this algorithm. It is a set of its own, so that a key which was
/// made for one client never becomes the newest one of the set that signs for all the others.
fn set_of(alg: Algorithm) -> KeySetName {
    KeySetName::new(format!("{ID_TOKEN_KEYS}.{alg}"))
}

/// Key sets in memory.
pub(crate) struct KeyRing {
    sets: Mutex<HashMap<KeySetName, Held>>,
    /// How often sets were forgotten: what was read before that is not held.
    forgotten: AtomicU64,
    /// Held while a key is being made, so that simultaneous first requests make one.
    making: tokio::sync::Mutex<()>,
    /// Threads that may make keys at once.
    makers: Arc<tokio::sync::Semaphore>,
}

impl Default for KeyRing {
    fn default() -> Self {
        Self {
            sets: Mutex::default(),
            forgotten: AtomicU64::new(0),
            making: tokio::sync::Mutex::default(),
            makers: Arc::new(tokio::sync::Semaphore::new(MAKERS)),
        }
    }
}

#[derive(Clone)]
struct Held {
    set: Arc<KeySet>,
    read_at: DateTime<Utc>,
}

impl KeyRing {
    fn held(&self, name: &KeySetName) -> Option<Held> {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Keeps what was read; keys that did not change stay parsed.
    fn hold(&self, name: &KeySetName, records: Vec<KeyRecord>, read_at: DateTime<Utc>, forgotten: u64) -> Arc<KeySet> {
        let set = match self.held(name) {
            Some(held) if held.set.is_of(&records) => held.set,
            _ => Arc::new(KeySet::parse(records)),
        };
        let held = Held { set: Arc::clone(&set), read_at };
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        if forgotten == self.forgotten() {
            sets.insert(name.clone(), held);
        }
        set
    }

    fn forget(&self, name: &KeySetName) {
        let mut sets = self.sets.lock().unwrap_or_else(PoisonError::into_inner);
        self.forgotten.fetch_add(1, Ordering::Relaxed);
        sets.remove(name);
    }

    fn forgotten(&self) -> u64 {
        self.forgotten.load(Ordering::Relaxed)
    }
}

impl<S: Storage> Provider<S> {
    /// The key that signs tokens of this set, made now if there is none.
    pub(crate) async fn signing_key(&self, name: &str) -> Result<Arc<SigningKey>, Error> {
        self.signer_in(&KeySetName::new(name), None).await
    }

    /// The key that signs what one client is told about its users: a key of the algorithm that it registered, or the newest of
    /// all. A missing one is made now.
    pub(crate) async fn id_token_key(&self, wanted: Option<Algorithm>) -> Result<Arc<SigningKey>, Error> {
        let common = KeySetName::new(ID_TOKEN_KEYS);
        let Some(alg) = wanted else { return self.signer_in(&common, None).await };
        match self.key_set(&common).await?.signer(None) {
            Some(newest) if newest.algorithm() == alg => Ok(Arc::clone(newest)),
            None if alg == DEFAULT => self.signer_in(&common, None).await,
            _ => self.signer_in(&set_of(alg), Some(alg)).await,
        }
    }

    async fn signer_in(&self, name: &KeySetName, wanted: Option<Algorithm>) -> Result<Arc<SigningKey>, Error> {
        let set = self.signing_set(name, wanted).await?;
        let signer = set.signer(wanted).map(Arc::clone);
        signer.ok_or_else(|| Error::Internal(format!("the key set {name} has no key that can sign")))
    }

    /// The payload of an ID token that one of our keys signed. Its header says where else to look than among the common ones.
    pub(crate) async fn verify_id_token(&self, jws: &str) -> Result<Option<Vec<u8>>, Error> {
        if let Some(payload) = self.key_set(&KeySetName::new(ID_TOKEN_KEYS)).await?.verify(jws) {
            return Ok(Some(payload));
        }
        let alg = token_jwt::peek_header(jws).ok().and_then(|header| header.alg.parse().ok());
        match alg {
            Some(alg) => Ok(self.key_set(&set_of(alg)).await?.verify(jws)),
            None => Ok(None),
        }
    }

    /// Keys of a set as they are, nothing made.
    pub(crate) async fn key_set(&self, name: &KeySetName) -> Result<Arc<KeySet>, Error> {
        let mut sets = self.key_sets(std::slice::from_ref(name)).await?;
        sets.pop().ok_or_else(|| Error::Internal(format!("the key set {name} was not read")))
    }

    /// The same for several sets, which are read together: a database that hangs is waited for once.
    async fn key_sets(&self, names: &[KeySetName]) -> Result<Vec<Arc<KeySet>>, Error> {
        let now = self.now();
        let held: Option<Vec<Held>> = names.iter().map(|name| self.keys().held(name)).collect();
        let is_fresh = |held: &Held| (TimeDelta::zero()..FRESH).contains(&(now - held.read_at));
        let sets = |held: Vec<Held>| held.into_iter().map(|held| held.set).collect();
        if let Some(held) = held.as_ref().filter(|held| held.iter().all(is_fresh)) {
            return Ok(sets(held.clone()));
        }
        let forgotten = self.keys().forgotten();
        match (self.read_keys(names).await, held) {
            (Ok(read), _) => {
                let read = names.iter().zip(read);
                Ok(read.map(|(name, records)| self.keys().hold(name, records, now, forgotten)).collect())
            }
            // Keys in memory go on working while the database is away.
            (Err(Error::Storage(StorageError::Unavailable(_))), Some(held)) => Ok(sets(held)),
            (Err(why), _) => Err(why),
        }
    }

    /// Keys of a set that must be able to sign: a missing key is made, once, while other requests go on.
    async fn signing_set(&self, name: &KeySetName, wanted: Option<Algorithm>) -> Result<Arc<KeySet>, Error> {
        let set = self.key_set(name).await?;
        if set.signer(wanted).is_some() {
            return Ok(set);
        }
        let (provider, name) = (self.clone(), name.clone());
        // A task of its own: a caller that hangs up does not stop it, and the next one finds the key made.
        let making = tokio::spawn(async move {
            let _one_at_a_time = provider.keys().making.lock().await;
            provider.make_first_key(&name, wanted).await
        });
        let made = tokio::time::timeout(PATIENCE, making).await.map_err(|_elapsed| Error::Busy)?;
        made.map_err(|why| Error::Internal(format!("making a key was broken off: {why}")))?
    }

    async fn make_first_key(&self, name: &KeySetName, wanted: Option<Algorithm>) -> Result<Arc<KeySet>, Error> {
        let set = self.key_set(name).await?;
        if set.signer(wanted).is_some() {
            return Ok(set);
        }
        let alg = wanted.unwrap_or(DEFAULT);
        log::info!("making the first key of the set {name}: {alg}");
        let record = self.make_key(name.clone(), alg, "sig".to_owned(), None).await?;
        let set = name.clone();
        // Another instance may have been faster; then its key is the one.
        self.storage()
            .write(move |records| {
                if !records.keys_of_set(&set)?.iter().any(|key| can_sign(key, wanted)) {
                    records.insert_key(&record)?;
                }
                Ok::<_, Error>(())
            })
            .await?;
        self.keys().forget(name);
        self.key_set(name).await
    }

    /// RSA keys take seconds: they are made on a thread of their own, so that the slow pool stays free for logins.
    async fn make_key(
        &self,
        set: KeySetName,
        alg: Algorithm,
        key_use: String,
        kid: Option<String>,
    ) -> Result<KeyRecord, Error> {
        let now = self.now();
        let id = self.random().uuid_of(now);
        let kid = kid.unwrap_or_else(|| self.random().uuid().to_string());
        let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.keys().makers).acquire_owned()).await;
        let permit = turn.map_err(|_elapsed| Error::Busy)?.map_err(|_closed| Error::Busy)?;
        let (answer, answered) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name("make-key".to_owned())
            .spawn(move || {
                // The receiver may be gone when the caller hung up; the key is then dropped.
                let _ = answer.send(Jwk::generate(alg, &key_use, &kid));
                drop(permit);
            })
            .map_err(|why| Error::Internal(format!("no thread to make a key on: {why}")))?;
        let made = answered.await.map_err(|_| Error::Internal("making a key ended without one".to_owned()))?;
        let jwk = made.map_err(|why| Error::Internal(format!("making a key failed: {why}")))?;
        Ok(KeyRecord { id, set, jwk, created_at: now })
    }

    async fn read_keys(&self, names: &[KeySetName]) -> Result<Vec<Vec<KeyRecord>>, Error> {
        let names = names.to_vec();
        self.storage()
            .read(move |records| Ok(names.iter().map(|name| records.keys_of_set(name)).collect::<Result<_, _>>()?))
            .await
    }

    /// The sets whose public halves are published (RFC 7517 §5): the configured ones, then the two that sign tokens, then those that
    /// were made for an algorithm, each once. As long as nobody changes a key, they are the same ones.
    pub async fn published_sets(&self) -> Result<Vec<Arc<KeySet>>, Error> {
        let mut names = self.policy().broadcast_keys.clone();
        names.extend([ACCESS_TOKEN_KEYS, ID_TOKEN_KEYS].map(KeySetName::new));
        let mut published = Vec::new();
        for (n, name) in names.iter().enumerate() {
            if names[..n].contains(name) {
                continue;
            }
            let signs = [ACCESS_TOKEN_KEYS, ID_TOKEN_KEYS].contains(&name.as_str());
            let mut set = self.key_set(name).await?;
            // A set that only broadcasts is made when it is missing, as Hydra does, but never added to.
            if signs || set.records.is_empty() {
                set = self.signing_set(name, None).await?;
            }
            published.push(set);
        }
        let of_algorithms: Vec<_> =
            Algorithm::ALL.map(set_of).into_iter().filter(|name| !names.contains(name)).collect();
        published.extend(self.key_sets(&of_algorithms).await?.into_iter().filter(|set| !set.records.is_empty()));
        Ok(published)
    }

    /// Algorithms that sign ID tokens, for the discovery document: the newest key's, which signs for every client that did not
    /// register another; then those that have a key because a client did. On an installation without such clients that is one
    /// algorithm, as at Hydra.
    pub async fn id_token_algorithms(&self) -> Result<Vec<Algorithm>, Error> {
        let common = self.signing_key(ID_TOKEN_KEYS).await?.algorithm();
        let own = self.key_sets(&Algorithm::ALL.map(set_of)).await?;
        let own =
            Algorithm::ALL.into_iter().zip(own).filter(|(alg, set)| *alg != common && set.signer(Some(*alg)).is_some());
        Ok([common].into_iter().chain(own.map(|(alg, _)| alg)).collect())
    }

    /// `GET /admin/keys/{set}`: private members included, newest first.
    pub async fn list_keys(&self, set: KeySetName) -> Result<Vec<Jwk>, Error> {
        let keys = self.storage().read(move |records| Ok::<_, Error>(records.keys_of_set(&set)?)).await?;
        if keys.is_empty() {
            return Err(Error::NoSuchKeySet);
        }
        Ok(keys.into_iter().map(|record| record.jwk).collect())
    }

    /// `GET /admin/keys/{set}/{kid}`.
    pub async fn find_key(&self, set: KeySetName, kid: KeyId) -> Result<Jwk, Error> {
        let found = self.storage().read(move |records| Ok::<_, Error>(records.key(&set, &kid)?)).await?;
        found.map(|record| record.jwk).ok_or(Error::NoSuchKey)
    }

    /// `POST /admin/keys/{set}`: makes a key and adds it to the set.
    pub async fn create_key(&self, set: KeySetName, new: NewKey) -> Result<Jwk, Error> {
        must_fit("the name of the set", set.as_str())?;
        let alg: Algorithm = new.alg.parse().map_err(|_| Error::UnsupportedKeyAlgorithm(new.alg))?;
        if let Some(kid) = &new.kid {
            must_fit("kid", kid)?;
        }
        must_fit("use", &new.key_use)?;
        let record = self.make_key(set.clone(), alg, new.key_use, new.kid).await?;
        let jwk = record.jwk.clone();
        let added = self.storage().write(move |records| Ok::<_, Error>(records.insert_key(&record)?)).await;
        self.keys().forget(&set);
        added.map_err(key_exists)?;
        Ok(jwk)
    }

    /// `PUT /admin/keys/{set}`: the set becomes exactly these keys.
    pub async fn replace_keys(&self, set: KeySetName, keys: Vec<Jwk>) -> Result<(), Error> {
        must_fit("the name of the set", set.as_str())?;
        let now = self.now();
        // Later keys count as newer, also where the clock does not tell them apart, and where a database keeps whole seconds
        // and orders by the ids of the rows.
        let mut ids: Vec<_> = keys.iter().map(|_| self.random().uuid_of(now)).collect();
        ids.sort_unstable();
        let mut added = Vec::with_capacity(keys.len());
        for (n, (jwk, id)) in keys.into_iter().zip(ids).enumerate() {
            must_fit("kid", jwk.kid().unwrap_or_default())?;
            let created_at = now + TimeDelta::microseconds(i64::try_from(n).unwrap_or(i64::MAX));
            added.push(KeyRecord { id, set: set.clone(), jwk, created_at });
        }
        let name = set.clone();
        let replaced = self
            .storage()
            .write(move |records| {
                records.delete_keys_of_set(&name)?;
                added.iter().try_for_each(|key| records.insert_key(key))?;
                Ok::<_, Error>(())
            })
            .await;
        self.keys().forget(&set);
        replaced.map_err(key_exists)
    }

    /// `PUT /admin/keys/{set}/{kid}`: adds the key, or replaces the one that has its `kid`.
    pub async fn put_key(&self, set: KeySetName, jwk: Jwk) -> Result<(), Error> {
        must_fit("the name of the set", set.as_str())?;
        must_fit("kid", jwk.kid().unwrap_or_default())?;
        let now = self.now();
        let record = KeyRecord { id: self.random().uuid_of(now), set: set.clone(), jwk, created_at: now };
        self.storage()
            .write(move |records| {
                records.delete_key(&record.set, &KeyId::new(record.jwk.kid().unwrap_or_default()))?;
                Ok::<_, Error>(records.insert_key(&record)?)
            })
            .await?;
        self.keys().forget(&set);
        Ok(())
    }

    /// `DELETE /admin/keys/{set}` and `/{kid}`; no error when there is nothing to delete.
    pub async fn delete_keys(&self, set: KeySetName, kid: Option<KeyId>) -> Result<(), Error> {
        let name = set.clone();
        self.storage()
            .write(move |records| {
                match &kid {
                    Some(kid) => records.delete_key(&name, kid).map(drop)?,
                    None => records.delete_keys_of_set(&name).map(drop)?,
                }
                Ok::<_, Error>(())
            })
            .await?;
        self.keys().forget(&set);
        Ok(())
    }
}

/// What to make a key from.
#[derive(Debug)]
pub struct NewKey {
    /// `alg`.
    pub alg: String,
    /// `use`.
    pub key_use: String,
    /// `kid`; made up when missing.
    pub kid: Option<String>,
}

fn key_exists(why: Error) -> Error {
    match why {
        Error::Storage(StorageError::Duplicate) => Error::KeyExists,
        other => other,
    }
}

fn must_fit(what: &str, text: &str) -> Result<(), Error> {
    if text.chars().count() > 255 {
        return Err(Error::InvalidKey(format!("{what} is longer than 255 characters.")));
    }
    if text.contains('\0') {
        return Err(Error::InvalidKey(format!("{what} holds a NUL character.")));
    }
    Ok(())
}
