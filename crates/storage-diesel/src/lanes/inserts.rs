//! Access tokens on their way into a database that is spoken to over a wire. Those that wait at the same time are stored by one
//! statement: eight rows at once cost PostgreSQL as much as two or three by themselves.
//!
//! Tokens wait in one list for all lanes. Each puts a turn into the queue, and whichever lane meets one stores all that wait by
//! then. A few lanes at most do so at once; meanwhile new ones gather, and are stored before a lane turns to something else.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crossbeam_channel::Sender;
use oauth_core::storage::StorageError;
use tokio::sync::oneshot;

use super::task::{Answer, Mode, Run, Task, Work};
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
    /// Turns at once: so few that reads find a free lane.
    turns: usize,
}

#[derive(Default)]
struct List {
    waiting: VecDeque<Waiting>,
    /// Turns that have begun. They go on until nothing waits.
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

    /// Lets a row wait; `None` when the queue is full.
    pub(super) fn add(
        self: &Arc<Self>,
        row: AccessRow,
        queue: &Sender<Task>,
    ) -> Option<oneshot::Receiver<Result<(), StorageError>>> {
        let (back, stored) = oneshot::channel();
        // A lane that meets the turn before the row is there waits for the list.
        let mut list = self.list();
        queue.try_send(Turn::new(self, queue)).ok()?;
        list.waiting.push_back(Waiting { row, back });
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
    begun: bool,
    /// Rows that are being stored, and what came of the last try.
    taken: Vec<Waiting>,
    outcome: Result<(), StorageError>,
    /// With one statement; when that fails, each by itself, so that one bad row is nobody else's trouble.
    together: bool,
}

impl Turn {
    fn new(inserts: &Arc<Inserts>, queue: &Sender<Task>) -> Task {
        let turn = Self {
            inserts: Arc::clone(inserts),
            queue: queue.clone(),
            begun: false,
            taken: Vec::new(),
            outcome: Ok(()),
            together: true,
        };
        Task::of(Mode::One, turn)
    }

    /// Takes what waits. `false` when that is nothing, or others take care of it.
    fn take(&mut self) -> bool {
        let mut list = self.inserts.list();
        if !self.begun && list.turns < self.inserts.turns {
            list.turns += 1;
            self.begun = true;
        }
        if self.begun {
            self.taken = list.take();
            self.together = true;
        }
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
    fn is_wanted(&self) -> bool {
        let list = self.inserts.list();
        !list.waiting.is_empty() && list.turns < self.inserts.turns
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
        }
        Run::NOTHING
    }

    fn fail(&mut self, why: StorageError) {
        self.outcome = Err(why);
        if self.taken.is_empty() {
            self.taken = self.inserts.list().take();
        }
    }

    fn answer(&mut self) {
        self.tell(self.taken.len());
    }
}

impl Drop for Turn {
    /// What still waits after a turn that ended badly gets another one.
    fn drop(&mut self) {
        let mut list = self.inserts.list();
        if self.begun {
            list.turns -= 1;
            if !list.waiting.is_empty() {
                // With a full queue they wait until their time is over.
                let _ = self.queue.try_send(Self::new(&self.inserts, &self.queue));
            }
        }
    }
}
