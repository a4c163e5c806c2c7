//! Where jobs run, and how long they may wait.
//!
//! *SQLite*: reads run in place, each thread on a connection of its own; writes go to one writer thread, which takes what is
//! queued, runs it in one transaction, commits once, and only then answers each (`sqlite.rs`). *PostgreSQL, MySQL*: jobs go to
//! a few threads, each with a connection (`pool.rs`), and what is asked most shares a statement there with others that wait
//! for the same kind of answer (`together.rs`). Every queue is bounded, every wait ends, and whoever stopped waiting frees the
//! place: a job that has not begun by then never runs.

mod pool;
mod sqlite;
mod task;
mod together;

use std::{sync::Arc, time::Duration};

use oauth_core::storage::StorageError;
use tokio::sync::oneshot;

use crate::{
    connection::{AnyConnection, OpenError},
    dsn::{Backend, Dsn},
    records::Context,
    with_records,
};
pub(crate) use pool::Pool;
use task::Task;
pub(crate) use task::{Answer, Mode};
pub(crate) use together::{Question, Together};

/// Jobs that may wait for a lane.
const QUEUE: usize = 2048;
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(4);

/// The lanes of one database.
pub(crate) enum Lanes {
    /// One writer, readers in place.
    Sqlite(Box<sqlite::Sqlite>),
    /// A few threads with a connection each.
    Pool(Pool),
}

impl Lanes {
    /// Starts the threads. `first` is a connection that is open already: a database in memory lives in it alone, and a server
    /// need not be asked for another.
    pub(crate) fn start(dsn: &Dsn, context: Arc<Context>, first: AnyConnection) -> Result<Self, OpenError> {
        match dsn.backend() {
            Backend::Sqlite => Ok(Self::Sqlite(Box::new(sqlite::Sqlite::start(dsn, context, first)?))),
            Backend::Postgres | Backend::Mysql => Pool::start(dsn, context, first).map(Self::Pool),
        }
    }

    /// Runs a job that changes something, or all jobs where reads have no place of their own.
    pub(crate) async fn run<T: Send + 'static, E: From<StorageError> + Send + 'static>(
        &self,
        mode: Mode,
        job: impl FnMut(&mut AnyConnection, &Context) -> Answer<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (task, answered) = Task::new(mode, job);
        let queue = match self {
            Self::Sqlite(lane) => lane.queue(),
            Self::Pool(lane) => lane.queue(),
        };
        wait(queue.try_send(task).ok().map(|()| answered)).await
    }

    /// Asks a question that may share its statement with others.
    pub(crate) async fn ask<Q: Question>(&self, question: Q) -> Result<Q::Answer, StorageError> {
        if let Self::Pool(lanes) = self {
            return wait(lanes.ask(question)).await;
        }
        let alone = move |connection: &mut AnyConnection, context: &Context| {
            with_records(connection, context, |records| question.ask_alone(records))
        };
        match Q::MODE {
            Mode::Look => self.look(alone).await,
            mode => self.run(mode, alone).await,
        }
    }

    /// Runs a job that only looks.
    pub(crate) async fn look<T: Send + 'static, E: From<StorageError> + Send + 'static>(
        &self,
        job: impl FnOnce(&mut AnyConnection, &Context) -> Answer<T, E> + Send + 'static,
    ) -> Result<T, E> {
        if let Self::Sqlite(lane) = self
            && lane.reads_in_place()
        {
            return lane.read(job);
        }
        let mut job = Some(job);
        let once = move |connection: &mut AnyConnection, context: &Context| match job.take() {
            Some(job) => job(connection, context),
            None => Answer::failed(StorageError::Contention),
        };
        self.run(Mode::Look, once).await
    }
}

/// Waits for an answer; there is none to come when the queue was full.
async fn wait<T, E: From<StorageError>>(answered: Option<oneshot::Receiver<Result<T, E>>>) -> Result<T, E> {
    let unavailable = |why: &str| Err(StorageError::Unavailable(why.to_owned()).into());
    let Some(answered) = answered else { return unavailable("too many jobs wait for it") };
    match tokio::time::timeout(PATIENCE, answered).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_dropped)) => unavailable("the job was given up"),
        Err(_elapsed) => unavailable("no answer in time"),
    }
}
