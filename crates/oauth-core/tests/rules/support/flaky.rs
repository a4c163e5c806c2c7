//! A storage that breaks down, waits, or changes under the feet of a request when told to, and runs every writing job twice,
//! as a database does under contention.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use oauth_core::{
    storage::{Records, Storage, StorageError},
    testkit::MemoryStorage,
};

#[derive(Clone, Default)]
pub(crate) struct Flaky {
    memory: MemoryStorage,
    faults: Arc<Mutex<Faults>>,
    gate: Arc<(Mutex<Gate>, Condvar)>,
}

#[derive(Default)]
struct Faults {
    reads: Option<StorageError>,
    writes: Option<StorageError>,
    next_write: Option<StorageError>,
    meanwhile: Option<Meanwhile>,
    written: usize,
}

impl Faults {
    fn fault_of_a_write(&mut self) -> Option<StorageError> {
        self.next_write.take().or_else(|| self.writes.clone())
    }
}

type Meanwhile = Box<dyn FnOnce(&mut dyn Records) + Send>;

/// Where writes wait.
#[derive(Default)]
struct Gate {
    closed: bool,
    waiting: usize,
}

/// Rolls the first run of a job back.
enum Again<E> {
    FirstRun,
    Failed(E),
}

impl<E: From<StorageError>> From<StorageError> for Again<E> {
    fn from(why: StorageError) -> Self {
        Self::Failed(why.into())
    }
}

impl Flaky {
    /// Whatever is asked of it from now on fails.
    pub(crate) fn break_down(&self, with: StorageError) {
        self.break_writes(with.clone());
        self.faults().reads = Some(with);
    }

    /// It answers, but stores nothing.
    pub(crate) fn break_writes(&self, with: StorageError) {
        self.faults().writes = Some(with);
    }

    pub(crate) fn repair(&self) {
        *self.faults() = Faults::default();
    }

    /// The next write fails, and those after it go well.
    pub(crate) fn break_one_write(&self, with: StorageError) {
        self.faults().next_write = Some(with);
    }

    /// What somebody else does between the looking and the writing of the next request that writes.
    pub(crate) fn meanwhile(&self, somebody: impl FnOnce(&mut dyn Records) + Send + 'static) {
        self.faults().meanwhile = Some(Box::new(somebody));
    }

    /// How many jobs have written so far.
    pub(crate) fn written(&self) -> usize {
        self.faults().written
    }

    /// Writes wait from now on. Each keeps its thread.
    pub(crate) fn hold_writes(&self) {
        self.gate().closed = true;
    }

    /// How many writes wait.
    pub(crate) fn waiting(&self) -> usize {
        self.gate().waiting
    }

    /// Those that wait go on.
    pub(crate) fn release_writes(&self) {
        *self.gate() = Gate::default();
        self.gate.1.notify_all();
    }

    fn pass_the_gate(&self) {
        let mut gate = self.gate();
        if gate.closed {
            gate.waiting += 1;
            drop(self.gate.1.wait_while(gate, |gate| gate.closed));
        }
    }

    fn gate(&self) -> std::sync::MutexGuard<'_, Gate> {
        self.gate.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> std::sync::MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for Flaky {
    async fn read<T, E>(&self, job: impl FnOnce(&mut dyn Records) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let fault = self.faults().reads.clone();
        match fault {
            Some(why) => Err(why.into()),
            None => self.memory.read(job).await,
        }
    }

    async fn write<T, E>(&self, mut job: impl FnMut(&mut dyn Records) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.pass_the_gate();
        let fault = self.faults().fault_of_a_write();
        if let Some(why) = fault {
            return Err(why.into());
        }
        let meanwhile = self.faults().meanwhile.take();
        if let Some(somebody) = meanwhile {
            let mut somebody = Some(somebody);
            let done = self.memory.write(move |records| {
                if let Some(somebody) = somebody.take() {
                    somebody(records);
                }
                Ok::<_, StorageError>(())
            });
            done.await?;
        }
        self.faults().written += 1;
        let job = Arc::new(Mutex::new(move |records: &mut dyn Records| job(records)));
        let first = Arc::clone(&job);
        let undone = self.memory.write(move |records| {
            drop(first.lock().unwrap_or_else(PoisonError::into_inner)(records));
            Err::<(), _>(Again::<E>::FirstRun)
        });
        if let Err(Again::Failed(why)) = undone.await {
            return Err(why);
        }
        self.memory.write(move |records| job.lock().unwrap_or_else(PoisonError::into_inner)(records)).await
    }
}
