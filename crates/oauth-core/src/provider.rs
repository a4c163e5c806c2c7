//! The server without its sockets: storage, keys, clock, chance and policy in one place, one method for each endpoint.

use std::{future::Future, pin::Pin, sync::Arc};

use chrono::{DateTime, Utc};
use token_hmac::{PageSecrets, SystemSecrets};
use url::Url;
use uuid::Uuid;

use crate::{
    authorize::OtherNames,
    client::{Client, GuessingTurns, PublishedKeys, VerifiedSecrets},
    keys::KeyRing,
    policy::Policy,
    ports::{Clock, Random},
    secret::LogoutToken,
    slow::SlowPool,
    storage::Storage,
    token::Claims,
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
    /// News for other servers.
    pub delivery: Arc<dyn LogoutDelivery>,
    /// The network that the storage serves: challenges work in one network only.
    pub network: Uuid,
    /// How the API shows a client. Hydra's challenges carry it.
    pub show_client: fn(&Client) -> Claims,
}

/// Tells other servers that a session has ended. Nobody waits for it, and what became of it stands in the log alone.
pub trait LogoutDelivery: Send + Sync + 'static {
    /// POSTs a logout token to each client (OIDC Back-Channel Logout §2.5).
    fn notify_clients(&self, notices: Vec<LogoutNotice>);

    /// Ends a session at the identity provider (`urls.identity_provider`), if there is one.
    fn end_session_at_identity_provider(&self, session: String);
}

/// What a client is to be told.
#[derive(Clone, Debug)]
pub struct LogoutNotice {
    /// `backchannel_logout_uri`.
    pub uri: String,
    /// Who it is for, for the log.
    pub client: String,
    /// The logout token.
    pub token: LogoutToken,
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
    other_names: OtherNames,
    published: PublishedKeys,
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
        let (guessing, keys, published, other_names) = Default::default();
        let (slow, hashing) = (SlowPool::for_signatures()?, SlowPool::for_hashes()?);
        let inner = Inner { slow, hashing, verified, guessing, keys, published, other_names, parts };
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

    pub(crate) fn delivery(&self) -> &dyn LogoutDelivery {
        &*self.inner.parts.delivery
    }

    pub(crate) fn network(&self) -> Uuid {
        self.inner.parts.network
    }

    pub(crate) fn show_client(&self, client: &Client) -> Claims {
        (self.inner.parts.show_client)(client)
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

    pub(crate) fn other_names(&self) -> &OtherNames {
        &self.inner.other_names
    }

    pub(crate) fn keys(&self) -> &KeyRing {
        &self.inner.keys
    }

    pub(crate) fn published_keys_of_clients(&self) -> &PublishedKeys {
        &self.inner.published
    }
}
