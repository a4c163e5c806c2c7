//! Access tokens on their way into a database that is spoken to over a wire. Those that wait at the same time are stored by one
//! statement: eight rows at once cost PostgreSQL as much as two or three by themselves.
//!
//! Tokens wait in one list for all lanes, and a few turns at storing them wait in the queue as jobs do: so few that reads find a
//! free lane meanwhile, and new tokens gather. A turn stores one batch; when more wait by then, it queues again, behind others.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crossbeam_channel::Sender;
use oauth_core::storage::StorageError;
use tokio::sync::oneshot;

use super::{
    QUEUE,
    task::{Answer, Mode, Run, Task, Work},
};
use crate::{
    connection::AnyConnection,
    records::{AccessRow, Context},
    with_records,
};

/// Rows in one statement at most.
const MOST: usize = 64;

/// What waits.
pub(super) struct Inserts {
    list: Mutex<List>,
    /// Turns at once.
    turns: usize,
}

#[derive(Default)]
struct List {
    waiting: VecDeque<Waiting>,
    /// Turns that are queued or under way. There is one as long as anything waits.
    turns: usize,
}

struct Waiting {
    row: AccessRow,
    back: oneshot::Sender<Result<(), StorageError>>,
}

impl Inserts {
    /// For so many lanes.
    pub(super) fn new(lanes: u32) -> Arc<Self> {
        let turns = usize::try_from(lanes / 4).unwrap_or(1).max(1);
        Arc::new(Self { list: Mutex::default(), turns })
    }

    /// Lets a row wait; `None` when too many do.
    pub(super) fn add(
        self: &Arc<Self>,
        row: AccessRow,
        queue: &Sender<Task>,
    ) -> Option<oneshot::Receiver<Result<(), StorageError>>> {
        let (back, stored) = oneshot::channel();
        let mut list = self.list();
        if list.waiting.len() >= QUEUE {
            return None;
        }
        list.waiting.push_back(Waiting { row, back });
        if list.turns < self.turns {
            list.turns += 1;
            drop(list);
            Turn::queue(self, queue);
        }
        Some(stored)
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl List {
    /// As many rows as a statement may have, without those that nobody waits for any more.
    fn take(&mut self) -> Vec<Waiting> {
        let mut taken = Vec::new();
        while taken.len() < MOST
            && let Some(next) = self.waiting.pop_front()
        {
            if !next.back.is_closed() {
                taken.push(next);
            }
        }
        taken
    }
}

/// A lane's turn at storing what waits.
struct Turn {
    inserts: Arc<Inserts>,
    queue: Sender<Task>,
    /// A lane had it.
    begun: bool,
    /// Rows that are being stored, and what came of the last try.
    taken: Vec<Waiting>,
    outcome: Result<(), StorageError>,
    /// With one statement; when that fails, each by itself, so that one bad row is nobody else's trouble.
    together: bool,
}

impl Turn {
    /// Queues a turn that is counted already. Not to be called under the lock of the list: when the queue is full, the turn is
    /// dropped on the spot.
    fn queue(inserts: &Arc<Inserts>, queue: &Sender<Task>) {
        let turn = Self {
            inserts: Arc::clone(inserts),
            queue: queue.clone(),
            begun: false,
            taken: Vec::new(),
            outcome: Ok(()),
            together: true,
        };
        let _ = queue.try_send(Task::of(Mode::One, turn));
    }

    fn take(&mut self) -> bool {
        self.begun = true;
        self.together = true;
        self.taken = self.inserts.list().take();
        !self.taken.is_empty()
    }

    fn tell(&mut self, how_many: usize) {
        for Waiting { back, .. } in self.taken.drain(..how_many) {
            // Whoever waited may be gone by now.
            let _ = back.send(self.outcome.clone());
        }
    }
}

impl Work for Turn {
    /// A turn that finds nothing costs nothing, and a token that came this moment counts on it.
    fn is_wanted(&self) -> bool {
        true
    }

    fn run(&mut self, connection: &mut AnyConnection, context: &Context) -> Run {
        // After contention the same rows are tried again.
        while !self.taken.is_empty() || self.take() {
            let how_many = if self.together { self.taken.len() } else { 1 };
            let rows: Vec<&AccessRow> = self.taken[..how_many].iter().map(|waiting| &waiting.row).collect();
            let answer: Answer<(), StorageError> =
                with_records(connection, context, |records| AccessRow::insert_all(&rows, records));
            let run = answer.run();
            self.outcome = answer.outcome;
            if run.contention || run.lost {
                return run;
            }
            if self.outcome.is_err() && how_many > 1 {
                self.together = false;
            } else {
                self.tell(how_many);
            }
            // Others have the lane now, unless there is no place to wait behind them.
            if self.taken.is_empty() && !self.queue.is_full() {
                break;
            }
        }
        Run::NOTHING
    }

    fn fail(&mut self, why: StorageError) {
        self.begun = true;
        self.outcome = Err(why);
        // There is no connection to be had: that is the answer to all who wait.
        if self.taken.is_empty() {
            self.taken = self.inserts.list().waiting.drain(..).collect();
        }
    }

    fn answer(&mut self) {
        self.tell(self.taken.len());
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut list = self.inserts.list();
        if self.begun && !list.waiting.is_empty() {
            drop(list);
            return Self::queue(&self.inserts, &self.queue);
        }
        list.turns -= 1;
        if list.turns == 0 {
            // There was no place in the queue. Whoever waits learns that now, not when his time is over.
            list.waiting.clear();
        }
    }
}
