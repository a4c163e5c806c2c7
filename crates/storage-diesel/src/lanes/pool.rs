//! PostgreSQL and MySQL: a few threads, each with one connection that it checked out of an r2d2 pool. Few connections beat
//! many, and async code never waits for a pool.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, bounded};
use diesel::{RunQueryDsl, connection::SimpleConnection, sql_query};
use oauth_core::storage::StorageError;
use r2d2::{ManageConnection, PooledConnection};
use tokio::sync::oneshot;

use super::{
    QUEUE,
    inserts::Inserts,
    task::{Mode, Run, Task},
};
use crate::{
    connection::{self, AnyConnection, OpenError, Purpose},
    dialect,
    dsn::Dsn,
    records::{AccessRow, Context},
};

/// Lanes, unless `max_conns` allows fewer.
const LANES: u32 = 8;
/// How often a transaction is tried again on contention.
const TRIES: u32 = 24;
/// How long a lane waits for a connection. r2d2 tries again at half of this at the latest, so a database that is back is found soon.
const CHECKOUT_PATIENCE: Duration = Duration::from_millis(1500);
/// A connection that had no work for this long is asked whether it still lives.
const IDLE: Duration = Duration::from_secs(1);

/// The lanes. Dropping them finishes what is queued.
pub(crate) struct Pool {
    queue: Option<Sender<Task>>,
    inserts: Arc<Inserts>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    pub(super) fn start(dsn: &Dsn, context: Arc<Context>) -> Result<Self, OpenError> {
        let limits = dsn.limits();
        let lanes = limits.max_conns.unwrap_or(LANES).clamp(1, LANES);
        let pool = r2d2::Pool::builder()
            .max_size(limits.max_conns.unwrap_or(LANES).max(lanes))
            .min_idle(Some(1))
            .max_lifetime(limits.max_conn_lifetime)
            .idle_timeout(limits.max_conn_idle_time)
            .connection_timeout(CHECKOUT_PATIENCE)
            .test_on_check_out(false)
            .error_handler(Box::new(Quiet))
            .build_unchecked(Manager { dsn: dsn.clone() });
        let (queue, queued) = bounded(QUEUE);
        let shared = Arc::new(Shared { pool, context, losses: AtomicU64::new(0) });
        let mut threads = Vec::new();
        for n in 0..lanes {
            let lane = Lane { shared: Arc::clone(&shared), queued: queued.clone(), held: None };
            let thread = thread::Builder::new()
                .name(format!("database-{n}"))
                .spawn(move || lane.work())
                .map_err(|why| OpenError::Permanent(format!("no thread for the database: {why}")))?;
            threads.push(thread);
        }
        Ok(Self { queue: Some(queue), inserts: Inserts::new(lanes), threads })
    }

    pub(super) fn queue(&self) -> &Sender<Task> {
        self.queue.as_ref().expect("the queue is taken away only when the lanes are dropped")
    }
}

impl Pool {
    /// Lets an access token wait for a lane; `None` when the queue is full.
    pub(super) fn add(&self, row: AccessRow) -> Option<oneshot::Receiver<Result<(), StorageError>>> {
        self.inserts.add(row, self.queue())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            // A lane that panicked has nothing left to finish.
            let _ = thread.join();
        }
    }
}

struct Shared {
    pool: r2d2::Pool<Manager>,
    context: Arc<Context>,
    /// How often a connection was lost: one loss makes every lane look at its own connection before it is used again.
    losses: AtomicU64,
}

struct Lane {
    shared: Arc<Shared>,
    queued: Receiver<Task>,
    held: Option<Held>,
}

struct Held {
    connection: PooledConnection<Manager>,
    used_at: Instant,
    losses_seen: u64,
    since: Instant,
}

impl Lane {
    fn work(mut self) {
        while let Ok(mut task) = self.queued.recv() {
            if !task.is_wanted() {
                continue;
            }
            match self.connection() {
                Ok(()) => self.run(&mut task),
                Err(why) => task.fail(why),
            }
            task.answer();
        }
    }

    /// Makes sure that a working connection is held.
    fn connection(&mut self) -> Result<(), StorageError> {
        let losses = self.shared.losses.load(Ordering::Relaxed);
        if let Some(held) = &mut self.held {
            let suspect = held.losses_seen != losses || held.used_at.elapsed() > IDLE;
            let worn = self.shared.pool.max_lifetime().is_some_and(|most| held.since.elapsed() > most);
            if !worn && (!suspect || sql_query("SELECT 1").execute(&mut held.connection.connection).is_ok()) {
                held.losses_seen = losses;
                return Ok(());
            }
            held.connection.lost = true;
            self.held = None;
        }
        let connection = self
            .shared
            .pool
            .get()
            .map_err(|_| StorageError::Unavailable("no connection to it can be had".to_owned()))?;
        let now = Instant::now();
        self.held = Some(Held { connection, used_at: now, losses_seen: losses, since: now });
        Ok(())
    }

    fn run(&mut self, task: &mut Task) {
        let Some(held) = &mut self.held else { return };
        let run = match task.mode {
            Mode::Look | Mode::One => {
                let mut run = task.run(&mut held.connection.connection, &self.shared.context);
                for attempt in 1..TRIES {
                    if !run.contention || task.mode == Mode::Look {
                        break;
                    }
                    pause(attempt);
                    run = task.run(&mut held.connection.connection, &self.shared.context);
                }
                run
            }
            Mode::Many => transaction(&mut held.connection.connection, task, &self.shared.context),
        };
        held.used_at = Instant::now();
        if run.lost {
            held.connection.lost = true;
            self.held = None;
            self.shared.losses.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// BEGIN, the job, COMMIT; again when the database asks for it. Leaves the outcome, or why there is none, in the task.
fn transaction(connection: &mut AnyConnection, task: &mut Task, context: &Context) -> Run {
    for attempt in 1.. {
        let run = attempt_transaction(connection, task, context);
        if !run.contention || attempt >= TRIES {
            return run;
        }
        pause(attempt);
    }
    unreachable!("the loop above ends by returning")
}

fn attempt_transaction(connection: &mut AnyConnection, task: &mut Task, context: &Context) -> Run {
    let statement = |connection: &mut AnyConnection, text: &str| connection.batch_execute(text);
    if let Err(error) = dialect::begin(connection) {
        return failed(task, &error);
    }
    let run = task.run(connection, context);
    if !run.keep {
        // When even the rollback fails, the connection is lost, and the database rolls back by itself.
        let lost = statement(connection, "ROLLBACK").is_err() || run.lost;
        return Run { lost, ..run };
    }
    match statement(connection, "COMMIT") {
        Ok(()) => run,
        Err(error) => {
            let rolled_back = statement(connection, "ROLLBACK").is_ok();
            let run = failed(task, &error);
            Run { lost: run.lost || !rolled_back, ..run }
        }
    }
}

fn failed(task: &mut Task, error: &diesel::result::Error) -> Run {
    let why = dialect::explain(error);
    let contention = why == StorageError::Contention;
    task.fail(why);
    Run { keep: false, changed: false, contention, lost: dialect::is_lost(error), unsettled: true }
}

/// A little longer each time, and not for all the same, so that the others get through.
fn pause(attempt: u32) {
    let lane = thread::current().name().and_then(|name| name.bytes().last()).unwrap_or_default();
    thread::sleep(Duration::from_millis((1 << attempt.min(5)) + u64::from(lane % 8) * u64::from(attempt.min(8))));
}

/// Makes connections for r2d2.
struct Manager {
    dsn: Dsn,
}

/// A connection, and whether it is of no further use.
struct Lent {
    connection: AnyConnection,
    lost: bool,
}

impl ManageConnection for Manager {
    type Connection = Lent;
    type Error = OpenError;

    fn connect(&self) -> Result<Lent, OpenError> {
        connection::open(&self.dsn, Purpose::Serve).map(|connection| Lent { connection, lost: false })
    }

    fn is_valid(&self, lent: &mut Lent) -> Result<(), OpenError> {
        let asked = sql_query("SELECT 1").execute(&mut lent.connection);
        asked.map(drop).map_err(|why| OpenError::Transient(why.to_string()))
    }

    fn has_broken(&self, lent: &mut Lent) -> bool {
        lent.lost
    }
}

/// A database that is away is logged where a request fails, not by every try of the pool in the background.
#[derive(Debug)]
struct Quiet;

impl r2d2::HandleError<OpenError> for Quiet {
    fn handle_error(&self, error: OpenError) {
        log::debug!("the pool could not open a connection: {error}");
    }
}
