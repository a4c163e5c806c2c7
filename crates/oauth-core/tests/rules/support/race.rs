//! Races: many threads at one server, of which each has looked before any of them writes.

use std::{
    future::Future,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::World;

/// How many race.
pub(crate) const RACERS: usize = 32;

impl World {
    /// Runs the same work on [`RACERS`] threads. Writes wait until everybody has come as far as that, or is done.
    pub(crate) fn race<T: Send, F: Future<Output = T>>(&self, work: impl Fn(usize) -> F + Sync) -> Vec<T> {
        let (done, work) = (AtomicUsize::new(0), &work);
        self.storage.hold_writes();
        thread::scope(|scope| {
            let racers: Vec<_> = (0..RACERS)
                .map(|n| {
                    let done = &done;
                    scope.spawn(move || {
                        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
                        let outcome = runtime.expect("a runtime starts").block_on(work(n));
                        done.fetch_add(1, Ordering::SeqCst);
                        outcome
                    })
                })
                .collect();
            while self.storage.waiting() + done.load(Ordering::SeqCst) < RACERS {
                thread::yield_now();
            }
            self.storage.release_writes();
            racers.into_iter().map(|racer| racer.join().expect("no racer panics")).collect()
        })
    }
}
