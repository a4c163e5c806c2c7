//! What many ask of a database at the same time, over a wire: one statement answers all who wait. Eight rows at once cost
//! PostgreSQL as much as two or three by themselves, and one turn of the threads involved instead of eight.
//!
//! Questions of one kind wait in one list for all lanes, and a few turns at asking them wait in the queue as jobs do: so few that
//! other jobs find a free lane meanwhile, and new questions gather. A turn asks one batch; when more wait by then, it queues again,
//! behind others.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crossbeam_channel::Sender;
use oauth_core::storage::StorageError;
use tokio::sync::oneshot;

use super::{
    QUEUE,
    pool::Pool,
    task::{Answer, Mode, Run, Task, Work},
};
use crate::{
    connection::AnyConnection,
    records::{Context, OpenRecords},
    with_records,
};

/// Questions in one statement at most.
const MOST: usize = 64;

/// A kind of question.
pub(crate) trait Question: Sized + Send + 'static {
    /// What each gets.
    type Answer: Send + 'static;

    /// How its statement runs: [`Mode::Look`] or [`Mode::One`].
    const MODE: Mode;

    /// Where questions of this kind wait.
    fn list(pool: &Pool) -> &Arc<Together<Self>>;

    /// Asks all with one statement: an answer to each in the same order, or none when it fails.
    fn ask(questions: &[&Self], records: &mut OpenRecords<'_>) -> Result<Vec<Self::Answer>, StorageError>;

    /// Asks by itself.
    fn ask_alone(&self, records: &mut OpenRecords<'_>) -> Result<Self::Answer, StorageError> {
        let answer = Self::ask(&[self], records)?.pop();
        answer.ok_or_else(|| StorageError::Refused("it left a question open".to_owned()))
    }
}

/// Questions of one kind that wait.
pub(crate) struct Together<Q: Question> {
    list: Mutex<List<Q>>,
    /// Turns at once.
    turns: usize,
}

struct List<Q: Question> {
    waiting: VecDeque<Waiting<Q>>,
    /// Turns that are queued or under way. There is one as long as anything waits.
    turns: usize,
}

struct Waiting<Q: Question> {
    question: Q,
    back: oneshot::Sender<Result<Q::Answer, StorageError>>,
}

impl<Q: Question> Together<Q> {
    /// For so many lanes.
    pub(super) fn new(lanes: u32) -> Arc<Self> {
        let turns = usize::try_from(lanes / 4).unwrap_or(1).max(1);
        Arc::new(Self { list: Mutex::new(List { waiting: VecDeque::new(), turns: 0 }), turns })
    }

    /// Lets a question wait; `None` when too many do.
    pub(super) fn add(
        self: &Arc<Self>,
        question: Q,
        queue: &Sender<Task>,
    ) -> Option<oneshot::Receiver<Result<Q::Answer, StorageError>>> {
        let (back, answered) = oneshot::channel();
        let mut list = self.list();
        if list.waiting.len() >= QUEUE {
            return None;
        }
        list.waiting.push_back(Waiting { question, back });
        if list.turns < self.turns {
            list.turns += 1;
            drop(list);
            Turn::queue(self, queue);
        }
        Some(answered)
    }

    fn list(&self) -> MutexGuard<'_, List<Q>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Q: Question> List<Q> {
    /// As many as a statement may have, without those that nobody waits for any more.
    fn take(&mut self) -> Vec<Waiting<Q>> {
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

/// A lane's turn at asking what waits.
struct Turn<Q: Question> {
    together: Arc<Together<Q>>,
    queue: Sender<Task>,
    /// A lane had it.
    begun: bool,
    /// Questions that are being asked, and what came of the last try.
    taken: Vec<Waiting<Q>>,
    outcome: Result<Vec<Q::Answer>, StorageError>,
    /// With one statement; when that fails, each by itself, so that one bad row is nobody else's trouble.
    at_once: bool,
}

impl<Q: Question> Turn<Q> {
    /// Queues a turn that is counted already. Not to be called under the lock of the list: when the queue is full, the turn is
    /// dropped on the spot.
    fn queue(together: &Arc<Together<Q>>, queue: &Sender<Task>) {
        let turn = Self {
            together: Arc::clone(together),
            queue: queue.clone(),
            begun: false,
            taken: Vec::new(),
            outcome: Ok(Vec::new()),
            at_once: true,
        };
        let _ = queue.try_send(Task::of(Q::MODE, turn));
    }

    fn take(&mut self) -> bool {
        self.begun = true;
        self.at_once = true;
        self.taken = self.together.list().take();
        !self.taken.is_empty()
    }

    /// Tells the first of those who wait what came of it. Whoever waited may be gone by now.
    fn tell(&mut self, how_many: usize) {
        let told = self.taken.drain(..how_many);
        match mem::replace(&mut self.outcome, Ok(Vec::new())) {
            Ok(answers) => told.zip(answers).for_each(|(waiting, answer)| drop(waiting.back.send(Ok(answer)))),
            Err(why) => told.for_each(|waiting| drop(waiting.back.send(Err(why.clone())))),
        }
    }
}

impl<Q: Question> Work for Turn<Q> {
    /// A turn that finds nothing costs nothing, and a question that came this moment counts on it.
    fn is_wanted(&self) -> bool {
        true
    }

    fn run(&mut self, connection: &mut AnyConnection, context: &Context) -> Run {
        // After contention the same questions are asked again.
        while !self.taken.is_empty() || self.take() {
            let how_many = if self.at_once { self.taken.len() } else { 1 };
            let questions: Vec<&Q> = self.taken[..how_many].iter().map(|waiting| &waiting.question).collect();
            let answer: Answer<_, StorageError> =
                with_records(connection, context, |records| Q::ask(&questions, records));
            let run = answer.run();
            self.outcome = answer.outcome;
            if run.contention || run.lost {
                return run;
            }
            if self.outcome.is_err() && how_many > 1 {
                self.at_once = false;
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
            self.taken = self.together.list().waiting.drain(..).collect();
        }
    }

    fn answer(&mut self) {
        self.tell(self.taken.len());
    }
}

impl<Q: Question> Drop for Turn<Q> {
    fn drop(&mut self) {
        let mut list = self.together.list();
        if self.begun && !list.waiting.is_empty() {
            drop(list);
            return Self::queue(&self.together, &self.queue);
        }
        list.turns -= 1;
        if list.turns == 0 {
            // There was no place in the queue. Whoever waits learns that now, not when his time is over.
            list.waiting.clear();
        }
    }
}
