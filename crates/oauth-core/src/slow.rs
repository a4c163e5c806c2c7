//! A few threads for what keeps a core busy for milliseconds: slow hashes and RSA signatures. Neither an HTTP worker nor a
//! database lane may be held up by them, and a flood of them must not pile up without bound.
//!
//! There are two pools. Signatures are for those who have proved who they are. Anybody can make us hash, by sending secrets
//! that are wrong; so hashes have fewer threads, which step back when others want to work, and never stand before a signature.

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

/// How far threads that hash step back (nice(2)); each step leaves a fifth less.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 15;

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
    /// For signatures: as many threads as the machine has cores.
    pub(crate) fn for_signatures() -> std::io::Result<Self> {
        Self::start("sign", cores(), || ())
    }

    /// For hashes of secrets: half as many threads, of low priority.
    pub(crate) fn for_hashes() -> std::io::Result<Self> {
        Self::start("hash", (cores() / 2).max(1), step_back)
    }

    fn start(name: &str, threads: usize, before: fn()) -> std::io::Result<Self> {
        let queue = Arc::new(Queue::default());
        for n in 0..threads {
            let queue = Arc::clone(&queue);
            thread::Builder::new().name(format!("{name}-{n}")).spawn(move || {
                before();
                queue.work();
            })?;
        }
        Ok(Self { owner: Arc::new(Owner(queue)) })
    }

    /// Runs `job` on one of the threads. A job whose caller gave up is not begun.
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

fn cores() -> usize {
    thread::available_parallelism().map_or(2, usize::from)
}

/// Lets this thread have what other threads leave: a thirtieth of a core beside one that is busy, all of one that is idle. Where
/// priorities cannot be set for single threads, nothing changes.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(why) = rustix::process::nice(NICENESS) {
        log::warn!("hashes of secrets keep their ordinary priority: {why}");
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

#[cfg(test)]
mod tests {
    use std::sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    };

    use super::*;

    /// A pool of one thread, which is busy until the sender is dropped.
    async fn busy_pool() -> (SlowPool, mpsc::Sender<()>) {
        let pool = SlowPool::start("test", 1, || ()).expect("threads start");
        let (busy, wait) = mpsc::channel::<()>();
        let (begun, began) = oneshot::channel();
        let job = Box::new(move || {
            let _ = begun.send(());
            let _ = wait.recv();
        });
        pool.owner.0.push(job).expect("the queue is empty");
        began.await.expect("it begins");
        (pool, busy)
    }

    #[tokio::test]
    async fn no_more_jobs_run_at_once_than_there_are_threads() {
        let pool = SlowPool::start("test", 2, || ()).expect("threads start");
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut jobs = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let (pool, running, most) = (pool.clone(), Arc::clone(&running), Arc::clone(&most));
            let job = move || {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(2));
                running.fetch_sub(1, Ordering::SeqCst);
            };
            jobs.spawn(async move { pool.run(job).await });
        }
        assert!(jobs.join_all().await.iter().all(Result::is_ok));
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn jobs_over_the_limit_are_turned_away_at_once() {
        let (pool, busy) = busy_pool().await;
        for _ in 0..QUEUE {
            pool.owner.0.push(Box::new(|| ())).expect("there is room");
        }
        assert!(matches!(pool.run(|| ()).await, Err(Error::Busy)));
        drop(busy);
    }

    #[tokio::test]
    async fn a_job_whose_caller_gave_up_is_not_begun() {
        let (pool, busy) = busy_pool().await;
        let done = Arc::new(AtomicUsize::new(0));
        let job = |done: &Arc<AtomicUsize>| {
            let done = Arc::clone(done);
            move || done.fetch_add(1, Ordering::SeqCst)
        };
        let hurried = pool.run(job(&done));
        assert!(tokio::time::timeout(Duration::from_millis(10), hurried).await.is_err());
        drop(busy);
        pool.run(job(&done)).await.expect("the next one is served");
        assert_eq!(done.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_job_that_panics_takes_nobody_else_with_it() {
        let pool = SlowPool::start("test", 1, || ()).expect("threads start");
        let job = || panic!("as it is meant to");
        assert!(matches!(pool.run::<()>(job).await, Err(Error::Internal(_))));
        assert_eq!(pool.run(|| 7).await.ok(), Some(7));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn hashes_step_back_and_signatures_do_not() {
        let niceness = || rustix::process::getpriority_process(None).expect("everybody may ask");
        let of = async |pool: SlowPool| pool.run(niceness).await.expect("the pool is idle");
        let own = niceness();
        assert_eq!(of(SlowPool::for_signatures().expect("threads start")).await, own);
        assert_eq!(of(SlowPool::for_hashes().expect("threads start")).await, (own + NICENESS).min(19));
    }
}
