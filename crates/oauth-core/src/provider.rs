//! The server without its sockets: storage, keys, clock, chance and policy in one place, one method for each endpoint.

use std::{future::Future, pin::Pin, sync::Arc};

use chrono::{DateTime, Utc};
use token_hmac::{PageSecrets, SystemSecrets};
use url::Url;

use crate::{
    client::{GuessingTurns, VerifiedSecrets},
    keys::KeyRing,
    policy::Policy,
    ports::{Clock, Random},
    slow::SlowPool,
    storage::Storage,
};

/// What a [`Provider`] is built from.
pub struct Parts<S> {
    /// Where state is remembered.
    pub storage: S,
    /// The operator's decisions.
    pub policy: Policy,
    /// Key material of tokens.
    pub secrets: SystemSecrets,
    /// Key material of page tokens.
    pub page_secrets: PageSecrets,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub random: Arc<dyn Random>,
    /// Documents at other servers.
    pub remote: Arc<dyn Remote>,
}

/// Fetches documents that clients name by address. The implementation keeps limits of size and time, and refuses private
/// addresses where the operator says so.
pub trait Remote: Send + Sync + 'static {
    /// GETs a document.
    fn get(&self, url: Url) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, RemoteError>> + Send>>;

    /// Whether the operator's rules let us call this address at all; looks the name up.
    fn permitted(&self, url: Url) -> Pin<Box<dyn Future<Output = Result<(), RemoteError>> + Send>>;
}

/// Why a document could not be had. The text names no address behind the name, so that nobody maps our network with it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct RemoteError(pub String);

/// The rules over a storage. Clones share everything.
pub struct Provider<S> {
    inner: Arc<Inner<S>>,
}

struct Inner<S> {
    parts: Parts<S>,
    slow: SlowPool,
    hashing: SlowPool,
    verified: VerifiedSecrets,
    guessing: GuessingTurns,
    keys: KeyRing,
}

impl<S> Clone for Provider<S> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<S: Storage> Provider<S> {
    /// Puts the parts together and starts the threads for slow work.
    pub fn new(parts: Parts<S>) -> std::io::Result<Self> {
        let verified = VerifiedSecrets::new(parts.random.bytes());
        let (guessing, keys) = (GuessingTurns::default(), KeyRing::default());
        let (slow, hashing) = (SlowPool::for_signatures()?, SlowPool::for_hashes()?);
        let inner = Inner { slow, hashing, verified, guessing, keys, parts };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The operator's decisions.
    pub fn policy(&self) -> &Policy {
        &self.inner.parts.policy
    }

    /// Where state is remembered.
    pub fn storage(&self) -> &S {
        &self.inner.parts.storage
    }

    /// The present moment.
    pub fn now(&self) -> DateTime<Utc> {
        self.inner.parts.clock.now()
    }

    pub(crate) fn secrets(&self) -> &SystemSecrets {
        &self.inner.parts.secrets
    }

    pub(crate) fn page_secrets(&self) -> &PageSecrets {
        &self.inner.parts.page_secrets
    }

    pub(crate) fn random(&self) -> &dyn Random {
        &*self.inner.parts.random
    }

    pub(crate) fn remote(&self) -> &dyn Remote {
        &*self.inner.parts.remote
    }

    pub(crate) fn slow(&self) -> &SlowPool {
        &self.inner.slow
    }

    pub(crate) fn verified_secrets(&self) -> &VerifiedSecrets {
        &self.inner.verified
    }

    pub(crate) fn guessing_turns(&self) -> &GuessingTurns {
        &self.inner.guessing
    }

    pub(crate) fn hashing(&self) -> &SlowPool {
        &self.inner.hashing
    }

    pub(crate) fn keys(&self) -> &KeyRing {
        &self.inner.keys
    }
}
