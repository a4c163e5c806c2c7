//! The attempt that is open, and when the command has seen enough.

use std::{cell::RefCell, time::Duration};

use tokio::{sync::Notify, time::sleep};
use url::Url;

use super::{attempt::Attempt, plan::Plan};
use crate::failure::Failure;

/// Time for the last page to reach the browser.
const FAREWELL: Duration = Duration::from_secs(1);

/// One attempt after the other; without `--no-shutdown` there is only one.
pub(super) struct Rounds<'a> {
    /// `--state`, or nothing.
    state: &'a str,
    random: fn(&mut [u8]),
    again: bool,
    open: RefCell<Option<Attempt>>,
    over: Notify,
    failure: RefCell<Option<Failure>>,
}

impl<'a> Rounds<'a> {
    pub(super) fn new(state: &'a str, random: fn(&mut [u8]), again: bool) -> Self {
        let open = RefCell::new(Some(Attempt::new(state, random)));
        Self { state, random, again, open, over: Notify::new(), failure: RefCell::new(None) }
    }

    /// Whether there is another round after this one.
    pub(super) fn again(&self) -> bool {
        self.again
    }

    /// Where to send the browser; nothing once the only attempt was answered.
    pub(super) fn url(&self, plan: &Plan<'_>) -> Option<Url> {
        self.open.borrow().as_ref().map(|attempt| attempt.url(plan))
    }

    /// Whether an answer is still waited for.
    pub(super) fn is_open(&self) -> bool {
        self.open.borrow().is_some()
    }

    /// Takes the attempt that an answer with this state belongs to. It is spent by that: a page that is loaded again must
    /// not present a code twice, for which the server would revoke the tokens. Of any other answer it stays untouched.
    pub(super) fn take(&self, state: &str) -> Option<Attempt> {
        let mut open = self.open.borrow_mut();
        if !open.as_ref()?.is_meant_by(state) {
            return None;
        }
        let next = self.again.then(|| Attempt::new(self.state, self.random));
        std::mem::replace(&mut *open, next)
    }

    /// An answer of any kind was dealt with.
    pub(super) fn done(&self) {
        if !self.again {
            self.open.take();
            self.over.notify_one();
        }
    }

    /// Ends the command with a failure.
    pub(super) fn fail(&self, failure: Failure) {
        self.failure.replace(Some(failure));
        self.over.notify_one();
    }

    /// Comes back when there is nothing left to do.
    pub(super) async fn over(&self) {
        self.over.notified().await;
        sleep(FAREWELL).await;
    }

    /// The command's result.
    pub(super) fn result(&self) -> Result<(), Failure> {
        self.failure.take().map_or(Ok(()), Err)
    }
}
