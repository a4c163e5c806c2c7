//! SQLite: one writer that commits for many, and readers in place.
//!
//! A commit costs a sync of the disk, which is far more than the statements in it. So jobs that arrive while the writer is busy
//! share the next commit: each in a savepoint, unless it is a single statement, which is atomic anyway. Nobody is answered
//! before the commit.

use std::{
    cell::RefCell,
    sync::Arc,
    thread::{self, JoinHandle},
};

use crossbeam_channel::{Receiver, Sender, bounded};
use diesel::{QueryResult, connection::SimpleConnection};
use oauth_core::storage::StorageError;
use thread_local::ThreadLocal;

use super::{
    QUEUE,
    task::{Answer, Mode, Task},
};
use crate::{
    connection::{self, AnyConnection, OpenError, Purpose},
    dialect,
    dsn::Dsn,
    records::Context,
};

/// Jobs that share a commit at most. More would not be faster, and the first would wait longer.
const BATCH: usize = 64;

/// The lanes of a SQLite database. Dropping it finishes what is queued.
pub(crate) struct Sqlite {
    queue: Option<Sender<Task>>,
    writer: Option<JoinHandle<()>>,
    readers: ThreadLocal<RefCell<Option<AnyConnection>>>,
    dsn: Dsn,
    context: Arc<Context>,
}

impl Sqlite {
    pub(super) fn start(dsn: &Dsn, context: Arc<Context>, first: AnyConnection) -> Result<Self, OpenError> {
        let connection = if dsn.is_in_memory() { first } else { connection::open(dsn, Purpose::Serve)? };
        let (queue, queued) = bounded(QUEUE);
        let mut writer = Writer { connection: Some(connection), dsn: dsn.clone(), context: Arc::clone(&context) };
        let thread = thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || writer.work(&queued))
            .map_err(|why| OpenError::Permanent(format!("no thread for the database: {why}")))?;
        Ok(Self { queue: Some(queue), writer: Some(thread), readers: ThreadLocal::new(), dsn: dsn.clone(), context })
    }

    pub(super) fn queue(&self) -> &Sender<Task> {
        self.queue.as_ref().expect("the queue is taken away only when the lanes are dropped")
    }

    /// A database in memory belongs to the writer's connection alone.
    pub(super) fn reads_in_place(&self) -> bool {
        !self.dsn.is_in_memory()
    }

    pub(super) fn read<T, E: From<StorageError>>(
        &self,
        job: impl FnOnce(&mut AnyConnection, &Context) -> Answer<T, E>,
    ) -> Result<T, E> {
        let reader = self.readers.get_or_default();
        // A job that read inside a job would find its own thread's connection taken.
        let Ok(mut reader) = reader.try_borrow_mut() else {
            return Err(StorageError::Refused("a job reads inside a job".to_owned()).into());
        };
        if reader.is_none() {
            let opened = connection::open(&self.dsn, Purpose::ServeInPlace);
            *reader = Some(opened.map_err(|why| StorageError::Unavailable(why.to_string()))?);
        }
        let Some(connection) = reader.as_mut() else {
            return Err(StorageError::Unavailable("no connection".to_owned()).into());
        };
        let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(connection, &self.context)));
        let Ok(answer) = ran else {
            *reader = None;
            return Err(StorageError::Refused("a job panicked".to_owned()).into());
        };
        if answer.lost {
            *reader = None;
        }
        answer.outcome
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has nothing left to finish.
            let _ = writer.join();
        }
    }
}

struct Writer {
    connection: Option<AnyConnection>,
    dsn: Dsn,
    context: Arc<Context>,
}

impl Writer {
    fn work(&mut self, queued: &Receiver<Task>) {
        while let Ok(first) = queued.recv() {
            let mut batch = vec![first];
            batch.extend(queued.try_iter().take(BATCH - 1));
            batch.retain(Task::is_wanted);
            if !batch.is_empty() {
                self.run(batch);
            }
        }
    }

    fn run(&mut self, mut batch: Vec<Task>) {
        if self.connection.is_none() {
            match connection::open(&self.dsn, Purpose::Serve) {
                Ok(connection) => self.connection = Some(connection),
                Err(why) => return fail(batch, &StorageError::Unavailable(why.to_string())),
            }
        }
        let Some(connection) = &mut self.connection else { return };
        match commit_together(connection, &mut batch, &self.context) {
            Ok(()) => batch.into_iter().for_each(Task::answer),
            Err(Together::Disturbed) => batch.into_iter().filter(Task::is_wanted).for_each(|task| self.run_alone(task)),
            Err(Together::Broken(why)) => {
                self.give_up_connection();
                fail(batch, &why);
            }
        }
    }

    fn run_alone(&mut self, task: Task) {
        let Some(connection) = &mut self.connection else {
            return fail(vec![task], &StorageError::Unavailable("the connection was lost".to_owned()));
        };
        let mut batch = vec![task];
        match commit_together(connection, &mut batch, &self.context) {
            Ok(()) => batch.into_iter().for_each(Task::answer),
            Err(Together::Disturbed) => {
                fail(batch, &StorageError::Refused("a job failed after it changed something".to_owned()));
            }
            Err(Together::Broken(why)) => {
                self.give_up_connection();
                fail(batch, &why);
            }
        }
    }

    /// Whatever state the connection is in, it is not one to go on with; unless the database itself would go with it.
    fn give_up_connection(&mut self) {
        if !self.dsn.is_in_memory() {
            self.connection = None;
        }
    }
}

/// Why a batch was not committed.
enum Together {
    /// A job disturbed the others: all is rolled back, each is to run alone.
    Disturbed,
    /// The database does not let us work.
    Broken(StorageError),
}

fn commit_together(connection: &mut AnyConnection, batch: &mut [Task], context: &Context) -> Result<(), Together> {
    let broken = |error: diesel::result::Error| Together::Broken(dialect::explain(&error));
    execute(connection, "BEGIN IMMEDIATE").map_err(broken)?;
    let alone = batch.len() == 1;
    for task in batch.iter_mut() {
        let ended = if alone {
            run_as_transaction(connection, task, context)
        } else if task.mode == Mode::Many {
            run_in_savepoint(connection, task, context)
        } else {
            run_bare(connection, task, context)
        };
        if let Err(why) = ended {
            // The rollback may fail because the database rolled back by itself.
            let _ = execute(connection, "ROLLBACK");
            return Err(match why {
                Undo::Batch => Together::Disturbed,
                Undo::Alone => return Ok(()),
                Undo::Connection(error) => broken(error),
            });
        }
    }
    execute(connection, "COMMIT").map_err(|error| {
        let _ = execute(connection, "ROLLBACK");
        broken(error)
    })
}

enum Undo {
    /// The whole batch: a job without a savepoint failed after it changed something, or the database may have rolled back by
    /// itself what the jobs before had done.
    Batch,
    /// The one job there was; its own error is the answer.
    Alone,
    /// The connection cannot go on.
    Connection(diesel::result::Error),
}

fn run_as_transaction(connection: &mut AnyConnection, task: &mut Task, context: &Context) -> Result<(), Undo> {
    if task.run(connection, context).keep { Ok(()) } else { Err(Undo::Alone) }
}

fn run_in_savepoint(connection: &mut AnyConnection, task: &mut Task, context: &Context) -> Result<(), Undo> {
    execute(connection, "SAVEPOINT job").map_err(Undo::Connection)?;
    let run = task.run(connection, context);
    if run.unsettled {
        return Err(Undo::Batch);
    }
    if !run.keep {
        execute(connection, "ROLLBACK TO job").map_err(Undo::Connection)?;
    }
    execute(connection, "RELEASE job").map_err(Undo::Connection)
}

fn run_bare(connection: &mut AnyConnection, task: &mut Task, context: &Context) -> Result<(), Undo> {
    let run = task.run(connection, context);
    if run.keep || !(run.changed || run.unsettled) { Ok(()) } else { Err(Undo::Batch) }
}

fn execute(connection: &mut AnyConnection, statement: &str) -> QueryResult<()> {
    connection.batch_execute(statement)
}

fn fail(batch: Vec<Task>, why: &StorageError) {
    for mut task in batch {
        task.fail(why.clone());
        task.answer();
    }
}
