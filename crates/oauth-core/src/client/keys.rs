//! The keys of a client: those that it registered (`jwks`), or those that it publishes (`jwks_uri`). They vouch for its assertions
//! (RFC 7523) and its request objects (OIDC Core §6).
//!
//! Published keys are held for an hour. When none of them fits we look again, for the client may have a new one; how often that
//! can be provoked is limited, since anybody can make up a token that no key fits.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;
use token_jwt::{Header, Jwk, VerifiedJws, VerifyingKey};
use url::Url;

use crate::{Provider, RemoteError, client::Client, error::excerpt, storage::Storage};

/// How long published keys are held.
const HELD: TimeDelta = TimeDelta::hours(1);
/// How often one address is looked at in [`SPAN`] at most.
const LOOKS: u32 = 10;
const SPAN: TimeDelta = TimeDelta::minutes(1);
/// Addresses that are remembered.
const ADDRESSES: usize = 256;
/// Longest document with keys, in bytes.
const LONGEST: usize = 512 * 1024;
/// Keys that are tried on one token. Without a `kid` to choose by, each costs a verification.
const TRIED: usize = 16;
/// Ids of keys that an explanation names.
const NAMED: usize = 8;

/// Why no key of a client vouches for a token.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KeyFault {
    /// There is no key at all.
    #[error("the client has registered neither its public keys (jwks) nor their address (jwks_uri)")]
    NoneRegistered,
    /// There is an address, and no keys behind it.
    #[error("the client's jwks_uri cannot be used: {0}")]
    Unreachable(RemoteError),
    /// None is for such a token.
    #[error("none of the client's keys fits: it needs a public key for {alg}{}, with 'use' missing or 'sig'", .kid.as_ref().map(|kid| format!(" with the 'kid' '{kid}'")).unwrap_or_default())]
    NoneFits {
        /// The algorithm of the token, shortened.
        alg: String,
        /// The key that the token names, shortened.
        kid: Option<String>,
        /// The keys that there are, by their ids, shortened.
        known: Vec<String>,
    },
    /// The one that the token names did not sign it.
    #[error("the signature is not that of the client's key")]
    BadSignature,
}

impl<S: Storage> Provider<S> {
    /// Verifies a token with the keys of a client. The key decides whether the token's algorithm is right for it; whether it is right
    /// for the client is the caller's question.
    pub(crate) async fn verified_by(
        &self,
        client: &Client,
        header: &Header,
        jws: &str,
    ) -> Result<VerifiedJws, KeyFault> {
        if let Some(registered) = registered(client) {
            return registered.verify(header, jws);
        }
        if client.jwks_uri.is_empty() {
            return Err(KeyFault::NoneRegistered);
        }
        let known = self.keys_at(&client.jwks_uri, None).await?;
        match known.keys.verify(header, jws) {
            Err(KeyFault::NoneFits { .. }) => {
                let newer = self.keys_at(&client.jwks_uri, Some(known.look)).await?;
                newer.keys.verify(header, jws)
            }
            outcome => outcome,
        }
    }

    /// The keys at an address. `beyond` is a look that did not do: then a newer one is wanted, if we may.
    async fn keys_at(&self, address: &str, beyond: Option<u64>) -> Result<Published, KeyFault> {
        let place = self.published_keys_of_clients().place(address);
        let before = match place.looks().held(self.now(), beyond) {
            Ok(held) => return Ok(held),
            Err(number) => number,
        };
        let _turn = place.turn.lock().await;
        {
            let mut looks = place.looks();
            // Whoever had the turn before us looked for us as well.
            if looks.number() != before || !looks.may_look(self.now()) {
                return looks.last();
            }
        }
        let found = self.look_at(address).await;
        if let Err(why) = &found {
            log::warn!("no keys of a client can be had at {}: {why}", excerpt(address));
        }
        let mut looks = place.looks();
        looks.note(found, self.now());
        looks.last()
    }

    async fn look_at(&self, address: &str) -> Result<KeyDocument, RemoteError> {
        let url = Url::parse(address).map_err(|_| RemoteError("it is no absolute address".to_owned()))?;
        let document = self.remote().get(url).await?;
        if document.len() > LONGEST {
            return Err(RemoteError(format!("its document is larger than {LONGEST} bytes")));
        }
        KeyDocument::parse(&document).ok_or_else(|| RemoteError("its document is no JSON Web Key set".to_owned()))
    }
}

/// The keys that the client itself registered, if it registered any.
fn registered(client: &Client) -> Option<KeyDocument> {
    KeyDocument::parse(client.jwks.as_bytes())
}

/// A set of keys as its owner wrote it (RFC 7517 §5). A key is read when it is needed: checking that it lies on its curve costs more
/// than all the rest.
#[derive(Debug)]
struct KeyDocument {
    keys: Vec<Labelled>,
}

/// A key of which nothing is known but what it says about itself.
#[derive(Debug)]
struct Labelled {
    kid: Option<String>,
    json: Box<RawValue>,
}

impl KeyDocument {
    /// `None` for what is no set. Keys that are for something else, or damaged, are left out.
    fn parse(json: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Box<RawValue>>,
        }
        #[derive(Deserialize)]
        struct Label {
            kid: Option<String>,
            #[serde(rename = "use")]
            key_use: Option<String>,
        }
        let Set { keys } = serde_json::from_slice(json).ok()?;
        let labelled = |json: Box<RawValue>| {
            let Label { kid, key_use } = serde_json::from_str(json.get()).ok()?;
            let signs = key_use.is_none_or(|word| word.is_empty() || word == "sig");
            signs.then(|| Labelled { kid: kid.filter(|kid| !kid.is_empty()), json })
        };
        Some(Self { keys: keys.into_iter().filter_map(labelled).collect() })
    }

    /// Verifies a token with the key that it names, or with those that have no name.
    fn verify(&self, header: &Header, jws: &str) -> Result<VerifiedJws, KeyFault> {
        let is_meant = |key: &&Labelled| header.kid.is_none() || key.kid.is_none() || key.kid == header.kid;
        let mut refused_by_name = false;
        let fitting = self.keys.iter().filter(is_meant).filter_map(|key| Some((key, key.verifying(&header.alg)?)));
        for (key, verifying) in fitting.take(TRIED) {
            if let Ok(verified) = verifying.verify(jws) {
                return Ok(verified);
            }
            refused_by_name |= header.kid.is_some() && key.kid == header.kid;
        }
        if refused_by_name { Err(KeyFault::BadSignature) } else { Err(self.none_fits(header)) }
    }

    fn none_fits(&self, header: &Header) -> KeyFault {
        KeyFault::NoneFits {
            alg: excerpt(&header.alg),
            kid: header.kid.as_deref().map(excerpt),
            known: self.keys.iter().filter_map(|key| key.kid.as_deref()).take(NAMED).map(excerpt).collect(),
        }
    }
}

impl Labelled {
    /// The key, if it is for this algorithm.
    fn verifying(&self, alg: &str) -> Option<VerifyingKey> {
        let key = VerifyingKey::from_jwk(&Jwk::from_json(self.json.get()).ok()?).ok()?;
        let fits = key.algorithms().any(|own| own.as_str() == alg);
        fits.then_some(key)
    }
}

/// What was found at which address.
#[derive(Default)]
pub(crate) struct PublishedKeys {
    places: Mutex<HashMap<String, Arc<Place>>>,
}

#[derive(Default)]
struct Place {
    looks: Mutex<Looks>,
    /// Held by the one who looks, so that many who wait for the same keys cost one look.
    turn: tokio::sync::Mutex<()>,
}

/// Keys as one look found them.
struct Published {
    keys: Arc<KeyDocument>,
    /// The number of the look.
    look: u64,
}

#[derive(Default)]
struct Looks {
    last: Option<Look>,
    span_began: Option<DateTime<Utc>>,
    in_span: u32,
}

struct Look {
    number: u64,
    /// When the keys were found.
    at: DateTime<Utc>,
    found: Result<Arc<KeyDocument>, RemoteError>,
}

impl PublishedKeys {
    fn place(&self, address: &str) -> Arc<Place> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.len() >= ADDRESSES && !places.contains_key(address) {
            // What is not in use this very moment can be fetched again.
            places.retain(|_, place| Arc::strong_count(place) > 1);
        }
        Arc::clone(places.entry(address.to_owned()).or_default())
    }
}

impl Place {
    fn looks(&self) -> MutexGuard<'_, Looks> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Looks {
    /// Keys that are held and will do; otherwise the number of the last look.
    fn held(&self, now: DateTime<Utc>, beyond: Option<u64>) -> Result<Published, u64> {
        match &self.last {
            Some(last @ Look { number, found: Ok(keys), .. })
                if last.is_fresh(now) && beyond.is_none_or(|seen| *number > seen) =>
            {
                Ok(Published { keys: Arc::clone(keys), look: *number })
            }
            _ => Err(self.number()),
        }
    }

    fn number(&self) -> u64 {
        self.last.as_ref().map_or(0, |look| look.number)
    }

    /// Whether there may be another look now; counts it.
    fn may_look(&mut self, now: DateTime<Utc>) -> bool {
        if !self.span_began.is_some_and(|began| (TimeDelta::zero()..SPAN).contains(&(now - began))) {
            (self.span_began, self.in_span) = (Some(now), 0);
        }
        self.in_span += 1;
        self.in_span <= LOOKS
    }

    /// Notes what a look found. One that fails takes nothing away: else whoever makes up a `kid` while the client's server is away
    /// would lock the client out.
    fn note(&mut self, found: Result<KeyDocument, RemoteError>, now: DateTime<Utc>) {
        if let (Err(_), Some(last @ Look { found: Ok(_), .. })) = (&found, &mut self.last)
            && last.is_fresh(now)
        {
            last.number += 1;
            return;
        }
        self.last = Some(Look { number: self.number() + 1, at: now, found: found.map(Arc::new) });
    }

    /// What the last look found, or still holds.
    fn last(&self) -> Result<Published, KeyFault> {
        match &self.last {
            Some(Look { number, found: Ok(keys), .. }) => Ok(Published { keys: Arc::clone(keys), look: *number }),
            Some(Look { found: Err(why), .. }) => Err(KeyFault::Unreachable(why.clone())),
            None => Err(KeyFault::Unreachable(RemoteError("nobody has looked there yet".to_owned()))),
        }
    }
}

impl Look {
    fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        (TimeDelta::zero()..HELD).contains(&(now - self.at))
    }
}
