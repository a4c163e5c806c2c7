//! Time and chance that a test decides, and a network that is not there.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use crate::{
    Remote, RemoteError,
    ports::{Clock, Random},
};

/// A clock that moves only when told to.
pub struct FixedClock(Mutex<DateTime<Utc>>);

impl FixedClock {
    /// A clock that shows this.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves the clock, backwards too.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes that are the same on every run and never the same twice within one.
#[derive(Default)]
pub struct ScriptedRandom(AtomicU64);

impl Random for ScriptedRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let n = self.0.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
            // A step of a known generator (SplitMix64): neighbours look nothing alike.
            let mut mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(mixed ^ (mixed >> 31)).to_be_bytes()[..chunk.len()]);
        }
    }
}

/// A network on which nothing answers.
pub struct NoRemote;

impl Remote for NoRemote {
    fn get(&self, _: Url) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, RemoteError>> + Send>> {
        Box::pin(std::future::ready(Err(RemoteError("its document cannot be fetched".to_owned()))))
    }

    fn permitted(&self, _: Url) -> Pin<Box<dyn Future<Output = Result<(), RemoteError>> + Send>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
