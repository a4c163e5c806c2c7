//! Access and refresh tokens.

use super::{
    Opened, RACERS, block_on, race,
    samples::{access, client, fresh_refresh, grant, moment, refresh},
};
use crate::{
    ids::{AccessSignature, ClientId, RefreshSignature, RequestId},
    storage::{AccessTokenRecord, GrantRecord, RefreshTokenRecord, Storage, StorageError},
};

fn stored_refresh<S: Storage>(storage: &Opened<S>, signature: &str) -> Option<RefreshTokenRecord> {
    let signature = RefreshSignature::new(signature);
    storage.read(move |records| records.refresh_token(&signature)).expect("a refresh token is looked up")
}

fn store_refresh<S: Storage>(storage: &Opened<S>, token: &RefreshTokenRecord) {
    let token = token.clone();
    storage.write(move |records| records.insert_refresh_token(&token)).expect("a new refresh token is stored");
}

pub(super) fn access_round_trip<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let stored = access("sig-1", "c", "r1");
    let row = stored.clone();
    assert_eq!(storage.write_one(move |records| records.insert_access_token(&row)), Ok(()));
    let found = storage.read(|records| records.access_token(&AccessSignature::new("sig-1")));
    assert_eq!(found, Ok(Some(stored.clone())));
    assert!(!storage.has_access_token("SIG-1"), "signatures differ by case");
    let again = storage.write_one(move |records| records.insert_access_token(&stored));
    assert_eq!(again, Err(StorageError::Duplicate));
}

pub(super) fn refresh_round_trip<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let stored = refresh("sig-1", "c", "r1");
    let row = stored.clone();
    assert_eq!(storage.write(move |records| records.insert_refresh_token(&row)), Ok(()));
    assert_eq!(storage.read(|records| records.refresh_token(&RefreshSignature::new("sig-1"))), Ok(Some(stored)));
}

pub(super) fn token_for_a_century<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let ends = moment(100 * 365 * 86_400);
    let mut token = access("sig", "c", "r");
    token.grant.session.id_token.expires_at.access_token = Some(ends);
    token.grant.expires_at = Some(ends);
    assert_eq!(storage.write_one(move |records| records.insert_access_token(&token)), Ok(()));
    let found = storage.read(|records| records.access_token(&AccessSignature::new("sig")));
    let session = found.expect("a token is looked up").map(|token| token.grant.session);
    assert_eq!(session.and_then(|session| session.id_token.expires_at.access_token), Some(ends));
}

pub(super) fn many_added<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let taken = access("taken", "c", "r");
    assert_eq!(block_on(storage.0.add_access_token(taken.clone())), Ok(()));
    // Not two alike, and with an empty column in every other one.
    let token = |n: usize| AccessTokenRecord {
        signature: AccessSignature::new(format!("added-{n}")),
        grant: GrantRecord {
            active: !n.is_multiple_of(3),
            requested_audience: vec![format!("https://{n}.example"), "\"{,}\\ NULL".to_owned()],
            expires_at: Some(moment(3600)).filter(|_| n.is_multiple_of(2)),
            ..grant("c", &format!("r-{n}"))
        },
    };
    let shared = Opened(storage.0.clone());
    let outcomes = race(2 * RACERS, move |n| {
        let added = match n % 4 {
            0 => access(&format!("added-{n}"), "nobody", "r"),
            1 => taken.clone(),
            _ => token(n),
        };
        block_on(shared.0.add_access_token(added))
    });
    for (n, outcome) in outcomes.into_iter().enumerate() {
        let token = token(n);
        let signature = token.signature.clone();
        let found = storage.read(move |records| records.access_token(&signature)).expect("a token is looked up");
        let (expected, left) = match n % 4 {
            0 => (Err(StorageError::MissingParent), None),
            1 => (Err(StorageError::Duplicate), None),
            _ => (Ok(()), Some(token)),
        };
        assert_eq!((outcome, found), (expected, left), "token {n}");
    }
}

pub(super) fn many_found<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let token = |n: usize| access(&format!("kept-{}", n % 8), "c", &format!("r-{}", n % 8));
    for n in 0..8 {
        let token = token(n);
        storage.write(move |records| records.insert_access_token(&token)).expect("a token is stored");
    }
    let shared = Opened(storage.0.clone());
    let outcomes = race(2 * RACERS, move |n| {
        (0..10).all(|i| {
            let wanted = token(n + i);
            // Every third is of nobody, and some differ from one that is kept in a way that databases may overlook.
            let (signature, expected) = match (n + i) % 6 {
                0 => (AccessSignature::new(format!("lost-{n}")), None),
                3 => (AccessSignature::new(format!("{} ", wanted.signature.as_str().to_uppercase())), None),
                _ => (wanted.signature.clone(), Some(wanted)),
            };
            block_on(shared.0.access_token(signature)) == Ok(expected)
        })
    });
    assert!(outcomes.into_iter().all(|all| all));
}

pub(super) fn token_without_client<S: Storage>(storage: &Opened<S>) {
    let orphan = access("sig-1", "nobody", "r1");
    let stored = storage.write_one(move |records| records.insert_access_token(&orphan));
    assert_eq!(stored, Err(StorageError::MissingParent));
    assert!(!storage.has_access_token("sig-1"));
}

pub(super) fn token_deletes<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    storage.store_client(&client("d"));
    let stored = storage.write(|records| {
        for (signature, client, request) in [("1", "c", "r1"), ("2", "c", "r1"), ("3", "c", "r2"), ("4", "d", "r3")] {
            records.insert_access_token(&access(signature, client, request))?;
            records.insert_refresh_token(&refresh(signature, client, request))?;
        }
        Ok(())
    });
    assert_eq!(stored, Ok(()));
    let r1 = || RequestId::new("r1");
    assert_eq!(storage.write(move |records| records.delete_access_tokens_of_request(&r1())), Ok(2));
    assert_eq!(storage.write(move |records| records.delete_refresh_tokens_of_request(&r1())), Ok(2));
    assert_eq!(storage.write(move |records| records.delete_access_tokens_of_request(&r1())), Ok(0));
    assert_eq!(storage.write(|records| records.delete_access_tokens_of_client(&ClientId::new("c"))), Ok(1));
    assert!(!storage.has_access_token("3") && storage.has_access_token("4"));
    let other = storage.read(|records| records.refresh_token(&RefreshSignature::new("3")));
    assert!(other.is_ok_and(|found| found.is_some()), "refresh tokens of the client stay");
}

pub(super) fn token_without_consent<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let orphan = |grant: GrantRecord| GrantRecord { challenge_id: Some("no consent".to_owned()), ..grant };
    let token = access("sig", "c", "r");
    let token = AccessTokenRecord { grant: orphan(token.grant.clone()), ..token };
    let stored = storage.write_one(move |records| records.insert_access_token(&token));
    assert_eq!(stored, Err(StorageError::MissingParent));
    let token = refresh("sig", "c", "r");
    let token = RefreshTokenRecord { grant: orphan(token.grant.clone()), ..token };
    let stored = storage.write(move |records| records.insert_refresh_token(&token));
    assert_eq!(stored, Err(StorageError::MissingParent));
}

pub(super) fn access_delete<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    for signature in ["one", "other"] {
        let token = access(signature, "c", "r");
        assert_eq!(storage.write_one(move |records| records.insert_access_token(&token)), Ok(()));
    }
    let delete = || storage.write(|records| records.delete_access_token(&AccessSignature::new("one")));
    assert_eq!(delete(), Ok(true));
    assert_eq!(delete(), Ok(false));
    assert!(!storage.has_access_token("one") && storage.has_access_token("other"));
}

pub(super) fn refresh_spent<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let (token, other) = (fresh_refresh("sig", "c", "r"), fresh_refresh("other", "c", "r"));
    store_refresh(storage, &token);
    store_refresh(storage, &other);
    let spend = |signature: &str, at| {
        let signature = RefreshSignature::new(signature);
        storage.write(move |records| records.spend_refresh_token(&signature, moment(at)))
    };
    assert_eq!(spend("sig", 1800), Ok(true));
    assert_eq!(spend("sig", 3600), Ok(false));
    assert_eq!(spend("SIG", 1800), Ok(false));
    let grant = GrantRecord { active: false, expires_at: Some(moment(1800)), ..token.grant.clone() };
    assert_eq!(stored_refresh(storage, "sig"), Some(RefreshTokenRecord { grant, ..token }));
    assert_eq!(stored_refresh(storage, "other"), Some(other), "others of the authorization stay as they are");
}

pub(super) fn refresh_in_grace<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let token = fresh_refresh("sig", "c", "r");
    store_refresh(storage, &token);
    let used = |at: i64, limit| {
        storage.write(move |records| {
            let signature = RefreshSignature::new("sig");
            records.use_refresh_token_in_grace(&signature, moment(at), moment(at + 1800), limit)
        })
    };
    let after = |times, at: i64| RefreshTokenRecord {
        grant: GrantRecord { active: false, expires_at: Some(moment(at + 1800)), ..token.grant.clone() },
        first_used_at: Some(moment(10)),
        used_times: Some(times),
        ..token.clone()
    };
    assert_eq!(used(9, Some(0)), Ok(false));
    assert_eq!(stored_refresh(storage, "sig"), Some(token.clone()));
    assert_eq!(used(10, Some(2)), Ok(true));
    assert_eq!(stored_refresh(storage, "sig"), Some(after(1, 10)));
    assert_eq!(used(20, Some(2)), Ok(true));
    assert_eq!(used(30, Some(2)), Ok(false));
    assert_eq!(stored_refresh(storage, "sig"), Some(after(2, 20)));
    assert_eq!(used(40, None), Ok(true), "without a limit there is none");
    assert_eq!(stored_refresh(storage, "sig"), Some(after(3, 40)));
    let unknown = RefreshSignature::new("unknown");
    let used = storage.write(move |records| records.use_refresh_token_in_grace(&unknown, moment(1), moment(2), None));
    assert_eq!(used, Ok(false));
}

pub(super) fn race_for_refresh<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    store_refresh(storage, &fresh_refresh("prize", "c", "r"));
    let shared = Opened(storage.0.clone());
    let outcomes = race(RACERS, move |n| {
        let (prize, next) = (RefreshSignature::new("prize"), fresh_refresh(&format!("next {n}"), "c", "r"));
        shared.write(move |records| {
            // As a rotation does it: look, spend, and only then hand out the next.
            let found = records.refresh_token(&prize)?.is_some_and(|token| token.grant.active);
            if !found || !records.spend_refresh_token(&prize, moment(1800))? {
                return Ok(false);
            }
            records.insert_refresh_token(&next).map(|()| true)
        })
    });
    let winners: Vec<usize> = (0..RACERS).filter(|n| outcomes[*n] == Ok(true)).collect();
    assert_eq!(winners.len(), 1, "{outcomes:?}");
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    for n in 0..RACERS {
        assert_eq!(stored_refresh(storage, &format!("next {n}")).is_some(), n == winners[0]);
    }
}

pub(super) fn race_in_grace<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    store_refresh(storage, &fresh_refresh("sig", "c", "r"));
    let shared = Opened(storage.0.clone());
    let outcomes = race(RACERS, move |_| {
        shared.write(|records| {
            records.use_refresh_token_in_grace(&RefreshSignature::new("sig"), moment(10), moment(20), Some(5))
        })
    });
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Ok(true)).count(), 5);
    assert_eq!(stored_refresh(storage, "sig").and_then(|token| token.used_times), Some(5));
}
