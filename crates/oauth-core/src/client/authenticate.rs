//! Client authentication (RFC 6749 §2.3): from what a request presented to a client that proved who it is.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_lc_rs::hmac;
use tokio::sync::OwnedMutexGuard;

use crate::{
    Error, Provider,
    client::{AuthMethod, Client, hash},
    ids::ClientId,
    secret::ClientSecret,
    storage::Storage,
};

/// What a request said about the client it comes from.
#[derive(Debug, Default)]
pub struct Credentials {
    /// User and password of `Authorization: Basic`, decoded.
    pub basic: Option<(ClientId, ClientSecret)>,
    /// `client_id` of the body, if not empty.
    pub client_id: Option<ClientId>,
    /// `client_secret` of the body, if not empty.
    pub client_secret: Option<ClientSecret>,
    /// `client_assertion_type` of the body, if not empty.
    pub assertion_type: Option<String>,
}

/// The one value of `client_assertion_type` there is (RFC 7523 §2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Credentials reduced to one way of authenticating.
struct Claim {
    id: ClientId,
    used: AuthMethod,
    secret: ClientSecret,
}

impl Credentials {
    /// In which way the request authenticates the client, in a word.
    pub(crate) fn method(&self) -> AuthMethod {
        match (&self.assertion_type, &self.basic, &self.client_secret) {
            (Some(_), _, _) => AuthMethod::PrivateKeyJwt,
            (None, Some(_), _) => AuthMethod::ClientSecretBasic,
            (None, None, Some(_)) => AuthMethod::ClientSecretPost,
            (None, None, None) => AuthMethod::None,
        }
    }

    /// Settles which one way is used. Two complete ways at once are refused as failed authentication, as a partial second one
    /// is refused as a malformed request: neither may decide which client is meant.
    fn settle(self) -> Result<Claim, Error> {
        if let Some(kind) = self.assertion_type {
            return Err(match kind.as_str() {
                JWT_BEARER if self.basic.is_some() || self.client_secret.is_some() => Error::TwoAuthentications,
                JWT_BEARER => Error::AssertionNotServed,
                _ => {
                    Error::MalformedParameter(format!("The parameter 'client_assertion_type' must be '{JWT_BEARER}'."))
                }
            });
        }
        match (self.basic, self.client_id, self.client_secret) {
            (Some((_, password)), Some(_), Some(_)) if !password.expose().is_empty() => Err(Error::ClientRefused),
            (Some(_), _, Some(_)) => Err(Error::TwoAuthentications),
            (Some((user, _)), Some(id), None) if user != id => Err(Error::TwoAuthentications),
            (Some((id, secret)), _, None) => {
                let used = if secret.expose().is_empty() { AuthMethod::None } else { AuthMethod::ClientSecretBasic };
                Ok(Claim { id, used, secret })
            }
            (None, Some(id), Some(secret)) => Ok(Claim { id, used: AuthMethod::ClientSecretPost, secret }),
            (None, Some(id), None) => Ok(Claim { id, used: AuthMethod::None, secret: ClientSecret::new("") }),
            (None, None, _) => Err(Error::NoClientCredentials),
        }
    }
}

impl<S: Storage> Provider<S> {
    /// Finds out who is asking. A database that does not answer is an error of ours, never a "no" to the client: a client
    /// that is told `invalid_client` may throw its credentials away.
    pub async fn authenticate(&self, credentials: Credentials) -> Result<Client, Error> {
        let claim = credentials.settle()?;
        let id = claim.id.clone();
        let found = self.storage().read(move |records| Ok::<_, Error>(records.client(&id)?)).await?;
        let client = found.ok_or(Error::ClientRefused)?;
        must_use_registered_method(&client, &claim.used)?;
        if claim.used == AuthMethod::None || self.secret_matches(&client, claim.secret).await? {
            Ok(client)
        } else {
            Err(Error::ClientRefused)
        }
    }

    /// Holds the secret against the present hash, then against rotated ones. What was verified once is remembered by a MAC
    /// over the stored hash and the secret, so that the slow hash is paid once per secret and process.
    async fn secret_matches(&self, client: &Client, secret: ClientSecret) -> Result<bool, Error> {
        let hashes: Vec<_> = std::iter::once(&client.secret).chain(&client.rotated_secrets).cloned().collect();
        let verified = self.verified_secrets();
        if hashes.iter().any(|stored| verified.contains(&verified.mark(stored.expose(), secret.expose()))) {
            return Ok(true);
        }
        let turn = self.guessing_turns().take(&client.id).await?;
        // Somebody before us may have verified the same secret.
        if hashes.iter().any(|stored| verified.contains(&verified.mark(stored.expose(), secret.expose()))) {
            return Ok(true);
        }
        let (matched, secret) = self
            .slow()
            .run(move || {
                let matched = hashes.into_iter().find(|stored| hash::verify(&secret, stored));
                drop(turn);
                (matched, secret)
            })
            .await?;
        if let Some(stored) = &matched {
            verified.insert(verified.mark(stored.expose(), secret.expose()));
        }
        Ok(matched.is_some())
    }
}

/// The client may only use the method it registered; one that registered none of ours cannot authenticate at all.
fn must_use_registered_method(client: &Client, used: &AuthMethod) -> Result<(), Error> {
    let registered = &client.token_endpoint_auth_method;
    if used == registered {
        return Ok(());
    }
    // A confidential client that sent no secret is simply wrong about its secret: say no more than that.
    if *used == AuthMethod::None {
        return Err(Error::ClientRefused);
    }
    Err(Error::WrongAuthMethod { registered: registered.as_str().to_owned(), used: used.as_str().to_owned() })
}

/// Turns for slow hashes, one at a time for each client: whoever guesses the secret of one client waits behind his own
/// guesses, not before everybody else.
#[derive(Default)]
pub(crate) struct GuessingTurns {
    turns: Mutex<HashMap<ClientId, Arc<tokio::sync::Mutex<()>>>>,
}

impl GuessingTurns {
    /// Longest wait for a turn.
    const PATIENCE: Duration = Duration::from_secs(4);

    async fn take(&self, client: &ClientId) -> Result<OwnedMutexGuard<()>, Error> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            // Turns that nobody holds or waits for are forgotten.
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(client.clone()).or_default())
        };
        tokio::time::timeout(Self::PATIENCE, turn.lock_owned()).await.map_err(|_elapsed| Error::Busy)
    }
}

/// Marks of secrets that were verified, in memory only. A changed secret changes the stored hash and so misses; failures are
/// never remembered. Bounded: when the younger half is full it becomes the older one, and what the older one held is forgotten
/// unless it was used meanwhile.
pub(crate) struct VerifiedSecrets {
    key: hmac::Key,
    halves: Mutex<Halves>,
}

#[derive(Default)]
struct Halves {
    young: HashSet<Mark>,
    old: HashSet<Mark>,
}

type Mark = [u8; 32];

impl VerifiedSecrets {
    /// Marks kept in each half: about 6 MB when both are full.
    const HALF: usize = 65_536;

    /// `key` is made anew at every start, so that marks mean nothing outside this process.
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &key), halves: Mutex::default() }
    }

    fn mark(&self, stored: &str, presented: &str) -> Mark {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&(stored.len() as u64).to_be_bytes());
        context.update(stored.as_bytes());
        context.update(presented.as_bytes());
        let mut mark = [0; 32];
        mark.copy_from_slice(context.sign().as_ref());
        mark
    }

    fn contains(&self, mark: &Mark) -> bool {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if halves.young.contains(mark) {
            return true;
        }
        let known = halves.old.contains(mark);
        if known {
            halves.remember(*mark);
        }
        known
    }

    fn insert(&self, mark: Mark) {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner).remember(mark);
    }
}

impl Halves {
    fn remember(&mut self, mark: Mark) {
        if self.young.len() >= VerifiedSecrets::HALF {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(mark);
    }
}
