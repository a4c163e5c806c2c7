//! A few threads for what keeps a core busy for milliseconds: slow hashes and RSA signatures. Neither an HTTP worker nor a
//! database lane may be held up by them, and a flood of them must not pile up without bound.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

use tokio::sync::oneshot;

use crate::Error;

/// How many jobs may wait; one more is turned away with [`Error::Busy`].
const QUEUE: usize = 512;
/// How long a job may wait before its caller is told [`Error::Busy`].
const PATIENCE: Duration = Duration::from_secs(4);

type Job = Box<dyn FnOnce() + Send>;

/// A bounded pool of threads. Clones share it; the threads end when the last clone is gone.
#[derive(Clone)]
pub(crate) struct SlowPool {
    owner: Arc<Owner>,
}

struct Owner(Arc<Queue>);

#[derive(Default)]
struct Queue {
    state: Mutex<QueueState>,
    wake: Condvar,
}

#[derive(Default)]
struct QueueState {
    jobs: std::collections::VecDeque<Job>,
    closed: bool,
}

impl SlowPool {
    /// Starts as many threads as the machine has cores.
    pub(crate) fn start() -> std::io::Result<Self> {
        let cores = thread::available_parallelism().map_or(2, usize::from);
        let queue = Arc::new(Queue::default());
        for n in 0..cores {
            let queue = Arc::clone(&queue);
            thread::Builder::new().name(format!("slow-{n}")).spawn(move || queue.work())?;
        }
        Ok(Self { owner: Arc::new(Owner(queue)) })
    }

    /// Runs `job` on one of the threads. A caller that gives up before the job started frees its place.
    pub(crate) async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move || {
            if !answer.is_closed() {
                // The receiver may be gone by the time the work is done; nobody is left to tell.
                let _ = answer.send(job());
            }
        });
        self.owner.0.push(job)?;
        match tokio::time::timeout(PATIENCE, answered).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(_panicked)) => Err(Error::Internal("a slow job ended without an answer".to_owned())),
            Err(_elapsed) => Err(Error::Busy),
        }
    }
}

impl Queue {
    fn push(&self, job: Job) -> Result<(), Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.jobs.len() >= QUEUE {
            return Err(Error::Busy);
        }
        state.jobs.push_back(job);
        self.wake.notify_one();
        Ok(())
    }

    fn work(&self) {
        while let Some(job) = self.next() {
            // A job that panics answers its own caller by dropping the channel; the thread goes on.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
        }
    }

    fn next(&self) -> Option<Job> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            if state.closed {
                return None;
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.0.wake.notify_all();
    }
}
