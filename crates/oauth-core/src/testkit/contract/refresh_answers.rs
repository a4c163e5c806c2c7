//! Answers to refreshes.

use super::{
    Opened,
    samples::{answer, moment},
};
use crate::{
    ids::{RefreshSignature, RequestId},
    storage::{RefreshAnswer, Storage, StorageError},
};

fn keep<S: Storage>(storage: &Opened<S>, answer: &RefreshAnswer) {
    let answer = answer.clone();
    storage.write(move |records| records.insert_refresh_answer(&answer)).expect("an answer is kept");
}

fn kept<S: Storage>(storage: &Opened<S>, spent: &str) -> Option<RefreshAnswer> {
    let spent = RefreshSignature::new(spent);
    storage.read(move |records| records.refresh_answer(&spent)).expect("an answer is looked up")
}

pub(super) fn answer_round_trip<S: Storage>(storage: &Opened<S>) {
    let bound = RefreshAnswer { binding: Some("jkt:0ZcOCORZNYy".to_owned()), ..answer("Spent-_1", "next", "r") };
    let empty = RefreshAnswer { sealed: Vec::new(), ..answer("spent-2", "next", "r") };
    keep(storage, &bound);
    keep(storage, &empty);
    assert_eq!(kept(storage, "Spent-_1"), Some(bound.clone()));
    assert_eq!(kept(storage, "spent-2"), Some(empty));
    assert_eq!(kept(storage, "spent-_1"), None, "signatures differ by case");
    let again = storage.write(move |records| records.insert_refresh_answer(&bound));
    assert_eq!(again, Err(StorageError::Duplicate), "one token has one successor");
}

pub(super) fn answer_deletes<S: Storage>(storage: &Opened<S>) {
    for (spent, successor, request) in [("a", "b", "one"), ("b", "c", "one"), ("d", "e", "one"), ("x", "y", "other")] {
        keep(storage, &answer(spent, successor, request));
    }
    for _ in 0..2 {
        let arrived = RefreshSignature::new("b");
        assert_eq!(storage.write(move |records| records.delete_refresh_answer_of_successor(&arrived)), Ok(()));
    }
    assert_eq!(kept(storage, "a"), None);
    assert!(kept(storage, "b").is_some(), "the answer that handed it out goes, not the one it led to");
    let delete = || storage.write(|records| records.delete_refresh_answers_of_request(&RequestId::new("one")));
    assert_eq!(delete(), Ok(2));
    assert_eq!(delete(), Ok(0));
    assert!(kept(storage, "x").is_some());
}

pub(super) fn answer_sweep<S: Storage>(storage: &Opened<S>) {
    for n in 0..5 {
        keep(storage, &RefreshAnswer { expires_at: moment(n), ..answer(&format!("spent {n}"), "next", "r") });
    }
    let sweep = |now, limit| storage.write(move |records| records.sweep_refresh_answers(moment(now), limit));
    assert_eq!(sweep(0, 10), Ok(0), "its time is over after that moment, not at it");
    assert_eq!(sweep(3, 2), Ok(2));
    assert_eq!(sweep(3, 10), Ok(1));
    assert_eq!(sweep(3, 10), Ok(0));
    let left: Vec<_> = (0..5).filter(|n| kept(storage, &format!("spent {n}")).is_some()).collect();
    assert_eq!(left, [3, 4]);
}
