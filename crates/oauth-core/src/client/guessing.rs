//! What whoever guesses at secrets may cost. Every secret that is not known to be right costs a slow hash, and anybody can
//! send as many as they like; the clients that are known must hardly notice, and those that are not known yet must get their
//! turn.
//!
//! - Hashes have a pool of their own ([`SlowPool::for_hashes`](crate::slow::SlowPool::for_hashes)), so that they take a share of
//!   the machine that is small when others want to work. A secret that was verified does not come here at all.
//! - In that pool each client has one job at a time, in the order in which they came: whoever guesses the secret of one client
//!   waits behind his own guesses, and others wait for one of them at most.
//! - After a wrong secret the client's next hash waits for three times as long as that one took, so that guesses at one client take
//!   a quarter of a core at most, also while there is nothing else to do: what they take, the others' answers would wait for.
//! - Who waits too long, or behind too many, is told to come again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{runtime::Handle, sync::OwnedMutexGuard};

use crate::{Error, ids::ClientId};

/// How many may wait for the turn of one client; one more is turned away with [`Error::Busy`].
const QUEUE: usize = 256;
/// How many times as long as the hash the pause after a wrong secret takes.
const PAUSE: u32 = 3;
/// The longest pause: hashes may be so slow that whoever mistyped would wait too long.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);
/// So few turns are never looked through for those that nobody wants any more.
const FEW: usize = 64;

/// Turns for slow hashes, one at a time for each client. The lock behind a turn is a fair one.
#[derive(Default)]
pub(crate) struct GuessingTurns(Mutex<Turns>);

#[derive(Default)]
struct Turns {
    of: HashMap<ClientId, Arc<tokio::sync::Mutex<()>>>,
    /// With how many they are looked through the next time.
    sweep_at: usize,
}

/// A client's turn. It lasts until it is dropped.
pub(super) struct Turn {
    held: OwnedMutexGuard<()>,
    runtime: Handle,
}

impl Turn {
    /// Ends the turn after the pause that a wrong secret is worth; whoever gave it need not wait for that. May be called on a thread
    /// that blocks.
    pub(super) fn end_after_guess(self, hash_took: Duration) {
        let Self { held, runtime } = self;
        runtime.spawn(async move {
            tokio::time::sleep((hash_took * PAUSE).min(LONGEST_PAUSE)).await;
            drop(held);
        });
    }
}

impl GuessingTurns {
    /// Waits for the client's turn.
    pub(super) async fn take(&self, client: &ClientId) -> Result<Turn, Error> {
        let turn = self.0.lock().unwrap_or_else(PoisonError::into_inner).of(client);
        // The table has one of them, and so has everybody who waits, or holds the turn.
        if Arc::strong_count(&turn) > QUEUE + 2 {
            return Err(Error::Busy);
        }
        Ok(Turn { held: turn.lock_owned().await, runtime: Handle::current() })
    }
}

impl Turns {
    fn of(&mut self, client: &ClientId) -> Arc<tokio::sync::Mutex<()>> {
        if self.of.len() >= self.sweep_at.max(FEW) {
            self.of.retain(|_, turn| Arc::strong_count(turn) > 1);
            self.sweep_at = self.of.len() * 2;
        }
        Arc::clone(self.of.entry(client.clone()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use std::{future::Future, pin::pin, task::Poll};

    use super::*;

    fn id(n: usize) -> ClientId {
        ClientId::new(n.to_string())
    }

    /// Whether it would wait.
    async fn waits<F: Future>(future: F) -> bool {
        let mut future = pin!(future);
        std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await
    }

    #[tokio::test]
    async fn clients_wait_behind_themselves_alone() {
        let turns = GuessingTurns::default();
        let held = turns.take(&id(1)).await.expect("the first one");
        assert!(waits(turns.take(&id(1))).await);
        assert!(!waits(turns.take(&id(2))).await);
        drop(held);
        assert!(!waits(turns.take(&id(1))).await);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_wrong_secret_the_next_one_waits() {
        let turns = GuessingTurns::default();
        for (hash_took, pause) in [(4, 12), (10_000, 250)] {
            let begun = tokio::time::Instant::now();
            turns.take(&id(1)).await.expect("nobody has it").end_after_guess(Duration::from_millis(hash_took));
            assert!(!waits(turns.take(&id(2))).await, "others do not");
            turns.take(&id(1)).await.expect("the pause ends");
            let waited = begun.elapsed().as_millis();
            assert!((pause..pause + 2).contains(&waited), "{waited} ms after {hash_took} ms");
        }
    }

    #[tokio::test]
    async fn who_would_wait_behind_too_many_is_turned_away() {
        let turns = Arc::new(GuessingTurns::default());
        let held = turns.take(&id(1)).await.expect("the first one");
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..QUEUE {
            let turns = Arc::clone(&turns);
            waiting.spawn(async move { turns.take(&id(1)).await.map(drop) });
        }
        for _ in 0..QUEUE {
            tokio::task::yield_now().await;
        }
        assert!(matches!(turns.take(&id(1)).await, Err(Error::Busy)));
        drop(held);
        assert!(waiting.join_all().await.iter().all(Result::is_ok));
        turns.take(&id(1)).await.expect("nobody is left");
    }

    #[tokio::test]
    async fn turns_that_nobody_wants_any_more_are_forgotten() {
        let turns = GuessingTurns::default();
        let kept = turns.take(&id(0)).await.expect("nobody has it");
        for n in 1..10_000 {
            turns.take(&id(n)).await.expect("nobody has it");
        }
        assert!(turns.0.lock().expect("nobody panicked").of.len() <= FEW);
        assert!(waits(turns.take(&id(0))).await, "one that is held is not");
        drop(kept);
    }
}
