//! What becomes of jobs that fail, and of jobs that run at the same time.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{
    Opened, RACERS, block_on, race,
    samples::{access, client},
};
use crate::{
    Error,
    client::Client,
    ids::ClientId,
    storage::{Records, Storage, StorageError},
};

pub(super) fn failure_leaves_nothing<S: Storage>(storage: &Opened<S>) {
    let failed: Result<(), Error> = block_on(storage.0.write(|records: &mut dyn Records| {
        records.insert_client(&client("half"))?;
        Err(Error::NoSuchClient)
    }));
    assert!(matches!(failed, Err(Error::NoSuchClient)), "the job's own error comes back");
    assert_eq!(storage.client("half"), None);
    // Also where the database, not the job, is what fails.
    storage.store_client(&client("there"));
    let failed = storage.write(|records| {
        records.insert_client(&client("half"))?;
        records.insert_client(&client("there"))
    });
    assert_eq!(failed, Err(StorageError::Duplicate));
    assert_eq!(storage.client("half"), None);
}

pub(super) fn panic_leaves_nothing<S: Storage>(storage: &Opened<S>) {
    let panicked: Result<(), StorageError> = storage.write(|records| {
        records.insert_client(&client("half"))?;
        panic!("this panic belongs to the test")
    });
    assert!(panicked.is_err());
    assert_eq!(storage.client("half"), None);
    storage.store_client(&client("after"));
}

pub(super) fn failures_among_others<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let shared = Opened(storage.0.clone());
    let outcomes = race(RACERS, move |n| match n % 4 {
        // Fails after it changed something, with and without a transaction of its own.
        0 => shared.write(move |records| {
            records.insert_access_token(&access(&format!("half-{n}"), "c", "r"))?;
            Err::<(), _>(StorageError::Contention)
        }),
        1 => shared.write_one(move |records| {
            records.insert_access_token(&access(&format!("half-{n}"), "c", "r"))?;
            Err::<(), _>(StorageError::Contention)
        }),
        2 => shared.write_one(move |records| records.insert_access_token(&access(&format!("one-{n}"), "c", "r"))),
        _ => shared.write(move |records| records.insert_access_token(&access(&format!("many-{n}"), "c", "r"))),
    });
    for (n, outcome) in outcomes.into_iter().enumerate() {
        assert_eq!(outcome.is_ok(), n % 4 >= 2, "job {n}: {outcome:?}");
        match n % 4 {
            0 => assert!(!storage.has_access_token(&format!("half-{n}"))),
            // Without a transaction of its own, a database with one connection for each job may keep the one statement.
            1 => {}
            2 => assert!(storage.has_access_token(&format!("one-{n}"))),
            _ => assert!(storage.has_access_token(&format!("many-{n}"))),
        }
    }
}

pub(super) fn panics_among_others<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let shared = Opened(storage.0.clone());
    let outcomes = race(RACERS, move |n| {
        let token = access(&format!("of-{n}"), "c", "r");
        let job = move |records: &mut dyn Records| {
            records.insert_access_token(&token)?;
            assert!(n % 4 >= 2, "this panic belongs to the test");
            Ok(())
        };
        if n % 2 == 0 { shared.write(job) } else { shared.write_one(job) }
    });
    for (n, outcome) in outcomes.into_iter().enumerate() {
        assert_eq!(outcome.is_ok(), n % 4 >= 2, "job {n}: {outcome:?}");
        // As above: what one statement did without a transaction may stay.
        if n % 4 != 1 {
            assert_eq!(storage.has_access_token(&format!("of-{n}")), n % 4 >= 2, "job {n}");
        }
    }
}

pub(super) fn race_for_one_id<S: Storage>(storage: &Opened<S>) {
    let shared = Opened(storage.0.clone());
    let outcomes = race(RACERS, move |n| {
        let racer = Client { name: format!("racer {n}"), ..client("prize") };
        shared.write(move |records| records.insert_client(&racer))
    });
    let winners: Vec<usize> = (0..RACERS).filter(|n| outcomes[*n].is_ok()).collect();
    assert_eq!(winners.len(), 1, "{outcomes:?}");
    assert!(outcomes.iter().filter(|outcome| outcome.is_err()).all(|outcome| *outcome == Err(StorageError::Duplicate)));
    assert_eq!(storage.client("prize").map(|client| client.name), Some(format!("racer {}", winners[0])));
}

pub(super) fn race_of_inserts<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let shared = Opened(storage.0.clone());
    let outcomes = race(RACERS, move |n| {
        (0..10).all(|i| {
            let token = access(&format!("{n}-{i}"), "c", "r");
            shared.write_one(move |records| records.insert_access_token(&token)).is_ok()
        })
    });
    assert!(outcomes.into_iter().all(|all| all));
    for n in 0..RACERS {
        for i in 0..10 {
            assert!(storage.has_access_token(&format!("{n}-{i}")), "token {i} of thread {n}");
        }
    }
}

pub(super) fn readers_and_writers<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let (shared, read) = (Opened(storage.0.clone()), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&read);
    let outcomes = race(8, move |n| {
        (0..25).all(|i| {
            if n % 2 == 0 {
                let name = format!("{n}-{i}");
                return shared
                    .write(move |records| {
                        let found = records.client(&ClientId::new("c"))?.ok_or(StorageError::MissingParent)?;
                        records.update_client(&Client { name: name.clone(), ..found }).map(drop)
                    })
                    .is_ok();
            }
            count.fetch_add(1, Ordering::Relaxed);
            shared.client("c").is_some()
        })
    });
    assert!(outcomes.into_iter().all(|all| all));
    assert_eq!(read.load(Ordering::Relaxed), 100);
}
