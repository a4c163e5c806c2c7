//! A storage that breaks down when told to, and runs every writing job twice, as a database does under contention.

use std::sync::{Arc, Mutex, PoisonError};

use oauth_core::{
    storage::{Records, Storage, StorageError},
    testkit::MemoryStorage,
};

#[derive(Clone, Default)]
pub(crate) struct Flaky {
    memory: MemoryStorage,
    faults: Arc<Mutex<Faults>>,
}

#[derive(Default)]
struct Faults {
    reads: Option<StorageError>,
    writes: Option<StorageError>,
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
        let fault = self.faults().writes.clone();
        if let Some(why) = fault {
            return Err(why.into());
        }
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
