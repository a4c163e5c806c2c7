//! A job with its way back to whoever waits for the answer.

use std::panic::{AssertUnwindSafe, catch_unwind};

use oauth_core::storage::StorageError;
use tokio::sync::oneshot;

use crate::{connection::AnyConnection, records::Context};

/// What a job needs around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Nothing: it only looks.
    Look,
    /// Nothing: it is one changing statement, which is atomic by itself.
    One,
    /// A transaction, or a savepoint inside one.
    Many,
}

/// What a job came to, and what it did to the connection.
pub(crate) struct Answer<T, E> {
    pub(crate) outcome: Result<T, E>,
    pub(crate) changed: usize,
    pub(crate) contention: bool,
    pub(crate) lost: bool,
    pub(crate) unsettled: bool,
}

impl<T, E: From<StorageError>> Answer<T, E> {
    /// How it ended, without what came of it.
    pub(super) fn run(&self) -> Run {
        Run {
            keep: self.outcome.is_ok(),
            changed: self.changed > 0,
            contention: self.contention,
            lost: self.lost,
            unsettled: self.unsettled,
        }
    }

    /// A failure that touched nothing.
    pub(super) fn failed(why: StorageError) -> Self {
        Self { outcome: Err(why.into()), changed: 0, contention: false, lost: false, unsettled: false }
    }
}

/// How a run ended, as the lane needs to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Keep what was changed.
    pub(super) keep: bool,
    /// Something was changed.
    pub(super) changed: bool,
    /// The database asked to try again.
    pub(super) contention: bool,
    /// The connection is of no further use.
    pub(super) lost: bool,
    /// The database may have rolled back more than the statement that failed.
    pub(super) unsettled: bool,
}

impl Run {
    /// Of a job that found nothing to do.
    pub(super) const NOTHING: Self =
        Self { keep: true, changed: false, contention: false, lost: false, unsettled: false };
    const PANICKED: Self = Self { keep: false, changed: true, ..Self::NOTHING };
}

/// A queued job.
pub(super) struct Task {
    pub(super) mode: Mode,
    work: Box<dyn Work>,
}

/// What a task does, without the types of what comes of it. See [`Task`] for what each is for.
pub(super) trait Work: Send {
    fn is_wanted(&self) -> bool;
    fn run(&mut self, connection: &mut AnyConnection, context: &Context) -> Run;
    fn fail(&mut self, why: StorageError);
    fn answer(&mut self);
}

struct Job<T, E, J> {
    job: J,
    outcome: Option<Result<T, E>>,
    back: Option<oneshot::Sender<Result<T, E>>>,
}

impl Task {
    pub(super) fn new<T, E, J>(mode: Mode, job: J) -> (Self, oneshot::Receiver<Result<T, E>>)
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
        J: FnMut(&mut AnyConnection, &Context) -> Answer<T, E> + Send + 'static,
    {
        let (back, answered) = oneshot::channel();
        (Self::of(mode, Job { job, outcome: None, back: Some(back) }), answered)
    }

    pub(super) fn of(mode: Mode, work: impl Work + 'static) -> Self {
        Self { mode, work: Box::new(work) }
    }

    /// Whether anybody still waits.
    pub(super) fn is_wanted(&self) -> bool {
        self.work.is_wanted()
    }

    /// Runs the job and keeps its outcome back until [`Task::answer`].
    pub(super) fn run(&mut self, connection: &mut AnyConnection, context: &Context) -> Run {
        catch_unwind(AssertUnwindSafe(|| self.work.run(connection, context))).unwrap_or_else(|_panic| {
            // The panic hook has told the log where.
            self.work.fail(StorageError::Refused("a job panicked".to_owned()));
            Run::PANICKED
        })
    }

    /// Replaces the outcome by a failure.
    pub(super) fn fail(&mut self, why: StorageError) {
        self.work.fail(why);
    }

    /// Tells the outcome.
    pub(super) fn answer(mut self) {
        self.work.answer();
    }
}

impl<T, E, J> Work for Job<T, E, J>
where
    T: Send,
    E: From<StorageError> + Send,
    J: FnMut(&mut AnyConnection, &Context) -> Answer<T, E> + Send,
{
    fn is_wanted(&self) -> bool {
        self.back.as_ref().is_some_and(|back| !back.is_closed())
    }

    fn run(&mut self, connection: &mut AnyConnection, context: &Context) -> Run {
        let answer = (self.job)(connection, context);
        let run = answer.run();
        self.outcome = Some(answer.outcome);
        run
    }

    fn fail(&mut self, why: StorageError) {
        self.outcome = Some(Err(why.into()));
    }

    fn answer(&mut self) {
        if let (Some(back), Some(outcome)) = (self.back.take(), self.outcome.take()) {
            // Whoever waited may be gone by now.
            let _ = back.send(outcome);
        }
    }
}
