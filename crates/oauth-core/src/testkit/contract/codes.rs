//! Authorization codes, and what is remembered with each.

use super::{
    Opened, RACERS, race,
    samples::{client, code, consent, grant, moment},
};
use crate::{
    ids::CodeSignature,
    secret::AuthorizationCode,
    storage::{CodeRecord, GrantRecord, Storage, StorageError},
};

fn stored_code<S: Storage>(storage: &Opened<S>, signature: &str) -> Option<CodeRecord> {
    let signature = CodeSignature::new(signature);
    storage.read(move |records| records.code(&signature)).expect("a code is looked up")
}

fn store_code<S: Storage>(storage: &Opened<S>, code: &CodeRecord) {
    let code = code.clone();
    storage.write(move |records| records.insert_code(&code)).expect("a new code is stored");
}

pub(super) fn code_round_trip<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    assert_eq!(storage.write(|records| records.insert_consent(&consent("k", "c"))), Ok(()));
    let plain = code("Sig-_1", "c", "r");
    let of_consent = code("sig-2", "c", "k");
    let of_consent =
        CodeRecord { grant: GrantRecord { challenge_id: Some("k".to_owned()), ..of_consent.grant }, ..of_consent };
    store_code(storage, &plain);
    store_code(storage, &of_consent);
    assert_eq!(stored_code(storage, "Sig-_1"), Some(plain.clone()));
    assert_eq!(stored_code(storage, "sig-2"), Some(of_consent));
    assert_eq!(stored_code(storage, "sig-_1"), None, "signatures differ by case");
    assert_eq!(storage.write(move |records| records.insert_code(&plain)), Err(StorageError::Duplicate));
}

pub(super) fn code_without_parents<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let of_nobody = code("sig", "nobody", "r");
    let unasked = code("sig", "c", "r");
    let unasked =
        CodeRecord { grant: GrantRecord { challenge_id: Some("no consent".to_owned()), ..unasked.grant }, ..unasked };
    for orphan in [of_nobody, unasked] {
        let (second, third) = (orphan.clone(), orphan.clone());
        let stored = storage.write(move |records| records.insert_code(&orphan));
        assert_eq!(stored, Err(StorageError::MissingParent));
        let stored = storage.write(move |records| records.insert_code_challenge(&second));
        assert_eq!(stored, Err(StorageError::MissingParent));
        let whole = AuthorizationCode::new("whole");
        let stored = storage.write(move |records| records.insert_openid_request(&whole, &third.grant));
        assert_eq!(stored, Err(StorageError::MissingParent));
    }
    assert_eq!(stored_code(storage, "sig"), None);
}

pub(super) fn code_spent<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let (stored, other) = (code("sig", "c", "r"), code("other", "c", "r"));
    store_code(storage, &stored);
    store_code(storage, &other);
    let spend = |signature: &str, at| {
        let signature = CodeSignature::new(signature);
        storage.write(move |records| records.spend_code(&signature, moment(at)))
    };
    assert_eq!(spend("sig", 1800), Ok(true));
    assert_eq!(spend("sig", 3600), Ok(false));
    assert_eq!(spend("unknown", 1800), Ok(false));
    let grant = GrantRecord { active: false, expires_at: Some(moment(1800)), ..stored.grant.clone() };
    assert_eq!(stored_code(storage, "sig"), Some(CodeRecord { grant, ..stored }), "it stays, to be recognised");
    assert_eq!(stored_code(storage, "other"), Some(other));
}

pub(super) fn race_for_code<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    store_code(storage, &code("prize", "c", "r"));
    let shared = Opened(storage.0.clone());
    let outcomes = race(RACERS, move |n| {
        let prize = CodeSignature::new("prize");
        shared.write(move |records| {
            // Some look before, as an exchange does; some do not.
            if n % 2 == 0 && !records.code(&prize)?.is_some_and(|code| code.grant.active) {
                return Ok(false);
            }
            records.spend_code(&prize, moment(1800))
        })
    });
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Ok(true)).count(), 1, "{outcomes:?}");
}

pub(super) fn challenge<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let form = "client_id=c&code_challenge=7w_YNF9D-0&code_challenge_method=S256&response_type=code&scope=openid";
    let asked = code("sig", "c", "r");
    let asked = CodeRecord { grant: GrantRecord { form_data: form.to_owned(), ..asked.grant }, ..asked };
    let (first, again) = (asked.clone(), asked);
    assert_eq!(storage.write(move |records| records.insert_code_challenge(&first)), Ok(()));
    assert_eq!(storage.write(move |records| records.insert_code_challenge(&again)), Err(StorageError::Duplicate));
    let found = |signature: &str| {
        let signature = CodeSignature::new(signature);
        storage.read(move |records| records.code_challenge(&signature))
    };
    assert_eq!(found("sig"), Ok(Some(form.to_owned())));
    assert_eq!(found("other"), Ok(None));
    for _ in 0..2 {
        assert_eq!(storage.write(|records| records.delete_code_challenge(&CodeSignature::new("sig"))), Ok(()));
        assert_eq!(found("sig"), Ok(None));
    }
}

pub(super) fn openid_request<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let insert = |whole: &str| {
        let whole = AuthorizationCode::new(whole);
        storage.write(move |records| records.insert_openid_request(&whole, &grant("c", "r")))
    };
    assert_eq!(insert("ory_ac_half.other-half"), Ok(()));
    assert_eq!(insert("ory_ac_half.other-half"), Err(StorageError::Duplicate));
    assert_eq!(insert("other-half"), Ok(()));
    for _ in 0..2 {
        let whole = AuthorizationCode::new("ory_ac_half.other-half");
        assert_eq!(storage.write(move |records| records.delete_openid_request(&whole)), Ok(()));
    }
    assert_eq!(insert("ory_ac_half.other-half"), Ok(()), "it was forgotten");
    assert_eq!(insert("other-half"), Err(StorageError::Duplicate));
}
