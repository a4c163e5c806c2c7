//! Ids of assertions that were used.

use chrono::{DateTime, Utc};

use super::{Opened, RACERS, race, samples::moment};
use crate::{
    ids::JtiSignature,
    storage::{Storage, StorageError},
};

fn take_until<S: Storage>(storage: &S, jti: &str, until: DateTime<Utc>, now: i64) -> Result<(), StorageError> {
    let jti = JtiSignature::of(jti);
    super::block_on(storage.write_one(move |records| records.remember_jti(&jti, until, moment(now))))
}

fn take<S: Storage>(storage: &S, jti: &str, until: i64, now: i64) -> Result<(), StorageError> {
    take_until(storage, jti, moment(until), now)
}

fn sweep<S: Storage>(storage: &S, now: i64, limit: u32) -> Result<usize, StorageError> {
    super::block_on(storage.write_one(move |records| records.sweep_jtis(moment(now), limit)))
}

pub(super) fn jti_once<S: Storage>(Opened(storage): &Opened<S>) {
    assert_eq!(take(storage, "a", 300, 0), Ok(()));
    assert_eq!(take(storage, "A", 300, 0), Ok(()), "ids differ by case");
    for (until, now) in [(300, 0), (300, 1), (10_000, 299), (299, 299)] {
        assert_eq!(take(storage, "a", until, now), Err(StorageError::Duplicate), "{now}");
    }
    assert_eq!(take(storage, "a", 600, 300), Ok(()), "the first has expired");
    assert_eq!(take(storage, "a", 600, 300), Err(StorageError::Duplicate), "and that counts once");
    assert_eq!(take(storage, "a", 900, 599), Err(StorageError::Duplicate));
    let among_others = storage.write(|records| {
        records.remember_jti(&JtiSignature::of("b"), moment(300), moment(0))?;
        records.remember_jti(&JtiSignature::of("a"), moment(900), moment(599))
    });
    assert_eq!(super::block_on(among_others), Err(StorageError::Duplicate));
    assert_eq!(take(storage, "b", 300, 0), Ok(()), "what was taken along was given back");
}

pub(super) fn jti_for_ever<S: Storage>(Opened(storage): &Opened<S>) {
    let last = DateTime::from_timestamp(253_402_300_799, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
    assert_eq!(take_until(storage, "for ever", last, 0), Ok(()));
    assert_eq!(take_until(storage, "for ever", last, 0), Err(StorageError::Duplicate));
    assert_eq!(take_until(storage, "for ever", last, 10 * 365 * 86_400), Err(StorageError::Duplicate));
    assert_eq!(sweep(storage, 10 * 365 * 86_400, 10), Ok(0));
}

fn race_to_take<S: Storage>(storage: &S, now: i64) {
    let contender = storage.clone();
    let outcomes = race(RACERS, move |_| take(&contender, "wanted", now + 300, now));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    let lost = outcomes.iter().filter(|outcome| **outcome == Err(StorageError::Duplicate)).count();
    assert_eq!(lost, RACERS - 1, "{outcomes:?}");
}

pub(super) fn race_for_jti<S: Storage>(Opened(storage): &Opened<S>) {
    race_to_take(storage, 0);
}

pub(super) fn race_for_expired_jti<S: Storage>(Opened(storage): &Opened<S>) {
    assert_eq!(take(storage, "wanted", 300, 0), Ok(()));
    race_to_take(storage, 300);
}

pub(super) fn jti_sweep<S: Storage>(Opened(storage): &Opened<S>) {
    for n in 0..5 {
        assert_eq!(take(storage, &n.to_string(), n, -1), Ok(()));
    }
    assert_eq!(sweep(storage, -1, 10), Ok(0));
    assert_eq!(sweep(storage, 3, 0), Ok(0));
    assert_eq!(sweep(storage, 3, 3), Ok(3), "an assertion has expired at that moment");
    assert_eq!(sweep(storage, 3, 3), Ok(1));
    assert_eq!(sweep(storage, 3, 3), Ok(0));
    assert_eq!(take(storage, "4", 5, 3), Err(StorageError::Duplicate), "the living one stays");
    assert_eq!(take(storage, "0", 5, 3), Ok(()));
}

pub(super) fn race_to_sweep<S: Storage>(Opened(storage): &Opened<S>) {
    for n in 0..64 {
        assert_eq!(take(storage, &format!("old {n}"), 1, 0), Ok(()));
    }
    let contender = storage.clone();
    let outcomes = race(RACERS, move |n| match n % 2 {
        0 => sweep(&contender, 10, 64),
        _ => take(&contender, &format!("new {n}"), 300, 10).map(|()| 0),
    });
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(outcomes.into_iter().flatten().sum::<usize>(), 64, "each went once");
    assert_eq!(sweep(storage, 10, 64), Ok(0));
    assert_eq!(take(storage, "new 1", 300, 10), Err(StorageError::Duplicate));
}
