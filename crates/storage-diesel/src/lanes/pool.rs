//! PostgreSQL and MySQL: a few threads, each with one connection that it checked out of an r2d2 pool. Few connections beat
//! many, and async code never waits for a pool.
//!
//! A lane keeps its connection while it has work. Without work for a second it rests; `max_idle_conns` and
//! `max_conn_idle_time` of the DSN say how many connections rest, and for how long.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use diesel::{RunQueryDsl, connection::SimpleConnection, sql_query};
use oauth_core::{
    ids::{AccessSignature, ClientId},
    storage::StorageError,
};
use r2d2::{ManageConnection, PooledConnection};
use tokio::sync::oneshot;

use super::{
    QUEUE,
    task::{Mode, Run, Task},
    together::{Question, Together},
};
use crate::{
    connection::{self, AnyConnection, OpenError, Purpose},
    dialect,
    dsn::{Dsn, PoolLimits},
    records::{AccessRow, Context},
};

/// Lanes, unless `max_conns` allows fewer.
const LANES: u32 = 8;
/// How often a transaction is tried again on contention.
const TRIES: u32 = 24;
/// How long a lane waits for a connection. r2d2 tries again at half of this at the latest, so a database that is back is found soon.
const CHECKOUT_PATIENCE: Duration = Duration::from_millis(1500);
/// A connection that had no work for this long rests, and is asked whether it still lives before it works again.
const IDLE: Duration = Duration::from_secs(1);
/// How long connections are kept that came when no lane wanted them any more, as after an outage.
const SPARE: Duration = Duration::from_secs(60);
/// How soon the statements of a new connection are planned anew. The time until the next one doubles: a table that grows
/// steadily doubles at most meanwhile.
const PLANS_AT_FIRST: Duration = Duration::from_millis(250);
/// How long plans last in the end.
const PLANS_AT_LAST: Duration = Duration::from_secs(10);
/// How long the end waits for statements under way: a little longer than the database lets one take.
const LAST_PATIENCE: Duration = Duration::from_millis(3500);

/// The lanes. Dropping them finishes what is queued, unless the database does not answer.
pub(crate) struct Pool {
    queue: Option<Sender<Task>>,
    /// Tokens to be stored, tokens and clients to be looked up.
    pub(crate) inserts: Arc<Together<AccessRow>>,
    pub(crate) tokens: Arc<Together<AccessSignature>>,
    pub(crate) clients: Arc<Together<ClientId>>,
    /// Nothing is ever sent: it is disconnected when the last lane has ended.
    lanes: Receiver<Infallible>,
}

impl Pool {
    pub(super) fn start(dsn: &Dsn, context: Arc<Context>, first: AnyConnection) -> Result<Self, OpenError> {
        let limits = dsn.limits();
        let lanes = limits.max_conns.unwrap_or(LANES).clamp(1, LANES);
        let losses = Arc::new(AtomicU64::new(0));
        let manager = Manager { dsn: dsn.clone(), first: Mutex::new(Some(first)), losses: Arc::clone(&losses) };
        let pool = r2d2::Pool::builder()
            .max_size(lanes)
            .min_idle(Some(0))
            .max_lifetime(limits.max_conn_lifetime)
            .idle_timeout(Some(limits.max_conn_idle_time.unwrap_or(SPARE)))
            .connection_timeout(CHECKOUT_PATIENCE)
            .test_on_check_out(false)
            .error_handler(Box::new(Quiet))
            .build_unchecked(manager);
        let (queue, queued) = bounded(QUEUE);
        let (alive, lanes_alive) = bounded(0);
        let shared = Arc::new(Shared { pool, context, limits, losses, resting: AtomicU32::new(0) });
        for n in 0..lanes {
            let (shared, queued, alive) = (Arc::clone(&shared), queued.clone(), alive.clone());
            let lane = Lane { held: None, shared, queued, _alive: alive };
            thread::Builder::new()
                .name(format!("database-{n}"))
                .spawn(move || lane.work())
                .map_err(|why| OpenError::Permanent(format!("no thread for the database: {why}")))?;
        }
        Ok(Self {
            queue: Some(queue),
            inserts: Together::new(lanes),
            tokens: Together::new(lanes),
            clients: Together::new(lanes),
            lanes: lanes_alive,
        })
    }

    pub(super) fn queue(&self) -> &Sender<Task> {
        self.queue.as_ref().expect("the queue is taken away only when the lanes are dropped")
    }
}

impl Pool {
    /// Lets a question wait for a lane; `None` when the queue is full.
    pub(super) fn ask<Q: Question>(&self, question: Q) -> Option<oneshot::Receiver<Result<Q::Answer, StorageError>>> {
        Q::list(self).add(question, self.queue())
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue = None;
        // libpq waits for a silent server without end, and nobody waits for those answers any more.
        if self.lanes.recv_timeout(LAST_PATIENCE) == Err(RecvTimeoutError::Timeout) {
            log::warn!("the database does not answer: statements under way are given up");
        }
    }
}

struct Shared {
    pool: r2d2::Pool<Manager>,
    context: Arc<Context>,
    limits: PoolLimits,
    /// How often a connection was lost: one loss makes every lane look at its own connection before it is used again.
    losses: Arc<AtomicU64>,
    /// Lanes that hold a connection without work.
    resting: AtomicU32,
}

struct Lane {
    held: Option<Held>,
    shared: Arc<Shared>,
    queued: Receiver<Task>,
    /// The last field: it goes when the connection is closed.
    _alive: Sender<Infallible>,
}

struct Held {
    connection: PooledConnection<Manager>,
    used_at: Instant,
    losses_seen: u64,
    planned_at: Instant,
    /// How long its plans are good from then on.
    plans_last: Duration,
}

impl Lane {
    fn work(mut self) {
        while let Some(mut task) = self.next() {
            if !task.is_wanted() {
                continue;
            }
            match self.connection() {
                Ok(()) => self.run(&mut task),
                Err(why) => task.fail(why),
            }
            task.answer();
            self.plan_anew();
        }
    }

    /// The next job; `None` when there will be none.
    fn next(&mut self) -> Option<Task> {
        match self.queued.recv_timeout(IDLE) {
            Err(RecvTimeoutError::Timeout) => self.rest(),
            soon => soon.ok(),
        }
    }

    /// Waits for the next job without hurry. The connection is closed when as many as are allowed rest already, or when it
    /// rested for as long as is allowed.
    fn rest(&mut self) -> Option<Task> {
        let PoolLimits { max_idle_conns, max_conn_idle_time, .. } = self.shared.limits;
        if self.held.is_some() && (max_idle_conns.is_some() || max_conn_idle_time.is_some()) {
            let others = self.shared.resting.fetch_add(1, Ordering::Relaxed);
            let longest = match max_idle_conns {
                Some(most) if others >= most => Duration::ZERO,
                _ => max_conn_idle_time.map_or(Duration::MAX, |longest| longest.saturating_sub(IDLE)),
            };
            let next = self.queued.recv_timeout(longest);
            self.shared.resting.fetch_sub(1, Ordering::Relaxed);
            match next {
                Err(RecvTimeoutError::Timeout) => self.close(),
                work => return work.ok(),
            }
        }
        self.queued.recv().ok()
    }

    /// Makes sure that a working connection is held.
    fn connection(&mut self) -> Result<(), StorageError> {
        loop {
            let losses = self.shared.losses.load(Ordering::Relaxed);
            // However short a life the DSN grants: a new connection is good for one job.
            let lifetime = self.shared.limits.max_conn_lifetime.filter(|_| self.held.is_some());
            let held = match &mut self.held {
                Some(held) => held,
                none => none.insert(check_out(&self.shared.pool)?),
            };
            let suspect = held.losses_seen != losses || held.used_at.elapsed() > IDLE;
            let worn = lifetime.is_some_and(|most| held.connection.made_at.elapsed() > most);
            if !worn && (!suspect || sql_query("SELECT 1").execute(&mut held.connection.connection).is_ok()) {
                held.losses_seen = losses;
                return Ok(());
            }
            self.close();
        }
    }

    fn close(&mut self) {
        if let Some(mut held) = self.held.take() {
            held.connection.lost = true;
        }
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
            self.close();
            self.shared.losses.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Between jobs, while nobody waits for this lane.
    fn plan_anew(&mut self) {
        let Some(held) = &mut self.held else { return };
        if held.used_at - held.planned_at < held.plans_last {
            return;
        }
        (held.planned_at, held.plans_last) = (held.used_at, (held.plans_last * 2).min(PLANS_AT_LAST));
        let planned = dialect::plan_anew(&mut held.connection.connection);
        // A database that does not know the word is none that needs it.
        if planned.is_err_and(|why| dialect::is_lost(&why)) {
            self.close();
        }
    }
}

fn check_out(pool: &r2d2::Pool<Manager>) -> Result<Held, StorageError> {
    let connection = pool.get().map_err(|_| StorageError::Unavailable("no connection to it can be had".to_owned()))?;
    // It may have been made a while ago, for somebody who did not wait for it.
    let (used_at, losses_seen) = (connection.made_at, connection.losses_seen);
    Ok(Held { connection, used_at, losses_seen, planned_at: used_at, plans_last: PLANS_AT_FIRST })
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
    /// The connection through which the database was opened; it serves as well as a new one.
    first: Mutex<Option<AnyConnection>>,
    losses: Arc<AtomicU64>,
}

struct Lent {
    connection: AnyConnection,
    made_at: Instant,
    /// Losses at that time.
    losses_seen: u64,
    /// It is of no further use.
    lost: bool,
}

impl ManageConnection for Manager {
    type Connection = Lent;
    type Error = OpenError;

    fn connect(&self) -> Result<Lent, OpenError> {
        let losses_seen = self.losses.load(Ordering::Relaxed);
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let prepared = first.and_then(|mut first| {
            connection::prepare(&mut first, &self.dsn, Purpose::Serve).ok()?;
            Some(first)
        });
        let connection = match prepared {
            Some(first) => first,
            None => connection::open(&self.dsn, Purpose::Serve)?,
        };
        Ok(Lent { connection, made_at: Instant::now(), losses_seen, lost: false })
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
