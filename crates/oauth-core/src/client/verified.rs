//! Secrets that were verified once, so that their slow hash is not paid again.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use aws_lc_rs::hmac;

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

pub(super) type Mark = [u8; 32];

impl VerifiedSecrets {
    /// Marks kept in each half: about 6 MB when both are full.
    const HALF: usize = 65_536;

    /// `key` is made anew at every start, so that marks mean nothing outside this process.
    pub(crate) fn new(key: [u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &key), halves: Mutex::default() }
    }

    pub(super) fn mark(&self, stored: &str, presented: &str) -> Mark {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&(stored.len() as u64).to_be_bytes());
        context.update(stored.as_bytes());
        context.update(presented.as_bytes());
        let mut mark = [0; 32];
        mark.copy_from_slice(context.sign().as_ref());
        mark
    }

    pub(super) fn contains(&self, mark: &Mark) -> bool {
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

    pub(super) fn insert(&self, mark: Mark) {
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
