//! Where jobs run, and how long they may wait.
//!
//! *SQLite*: reads run in place, each thread on a connection of its own; writes go to one writer thread, which takes what is
//! queued, runs it in one transaction, commits once, and only then answers each (`sqlite.rs`). *PostgreSQL, MySQL*: jobs go to
//! a few threads, each with a connection (`pool.rs`), and access tokens that wait there share a statement (`inserts.rs`). Every
//! queue is bounded, every wait ends, and whoever stopped waiting frees the place: a job that has not begun by then never runs.

mod inserts;
mod pool;
mod sqlite;
mod task;

use std::{sync::Arc, time::Duration};

use oauth_core::storage::StorageError;
use tokio::sync::oneshot;

use crate::{
    connection::{AnyConnection, OpenError},
    dsn::{Backend, Dsn},
    records::{AccessRow, Context},
    with_records,
};
use task::Task;
pub(crate) use task::{Answer, Mode};

/// Jobs that may wait for a lane.
const QUEUE: usize = 2048;
/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(4);

/// The lanes of one database.
pub(crate) enum Lanes {
    /// One writer, readers in place.
    Sqlite(Box<sqlite::Sqlite>),
    /// A few threads with a connection each.
    Pool(pool::Pool),
}

impl Lanes {
    /// Starts the threads. `first` is a connection that is open already: a database in memory lives in it alone, and a server
    /// need not be asked for another.
    pub(crate) fn start(dsn: &Dsn, context: Arc<Context>, first: AnyConnection) -> Result<Self, OpenError> {
        match dsn.backend() {
            Backend::Sqlite => Ok(Self::Sqlite(Box::new(sqlite::Sqlite::start(dsn, context, first)?))),
            Backend::Postgres | Backend::Mysql => pool::Pool::start(dsn, context, first).map(Self::Pool),
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

    /// Stores an access token.
    pub(crate) async fn add(&self, row: AccessRow) -> Result<(), StorageError> {
        match self {
            Self::Sqlite(_) => {
                let insert = move |connection: &mut AnyConnection, context: &Context| {
                    with_records(connection, context, |records| row.insert(records))
                };
                self.run(Mode::One, insert).await
            }
            Self::Pool(lane) => wait(lane.add(row)).await,
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
