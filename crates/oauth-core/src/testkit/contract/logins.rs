//! Login sessions, and subject identifiers that login applications made up.

use super::{
    Opened, RACERS, race,
    samples::{client, consent, moment, session},
};
use crate::{
    ids::{ClientId, LoginSessionId, RequestId},
    storage::{ConsentRecord, ForcedSubject, LoginSession, Storage, StorageError},
};

fn put<S: Storage>(storage: &Opened<S>, session: &LoginSession) {
    let session = session.clone();
    storage.write(move |records| records.put_login_session(&session)).expect("a login session is stored");
}

fn stored_session<S: Storage>(storage: &Opened<S>, id: &str) -> Option<LoginSession> {
    let id = LoginSessionId::new(id);
    storage.read(move |records| records.login_session(&id)).expect("a login session is looked up")
}

pub(super) fn session_round_trip<S: Storage>(storage: &Opened<S>) {
    let remembered = LoginSession {
        identity_provider_session_id: Some("at the \"provider\" 日本".to_owned()),
        ..session("one", "O'Neill | ünï\u{2028} 日本 \u{1f600}")
    };
    let forgetful = LoginSession { authenticated_at: None, remember: false, expires_at: None, ..session("two", "") };
    put(storage, &remembered);
    put(storage, &forgetful);
    assert_eq!(stored_session(storage, "one"), Some(remembered));
    assert_eq!(stored_session(storage, "two"), Some(forgetful));
    assert_eq!(stored_session(storage, "ONE"), None);
}

pub(super) fn session_overwritten<S: Storage>(storage: &Opened<S>) {
    let first = LoginSession {
        identity_provider_session_id: Some("idp".to_owned()),
        remember: false,
        ..session("one", "alice")
    };
    put(storage, &first);
    put(storage, &session("two", "bob"));
    put(storage, &first);
    assert_eq!(stored_session(storage, "one"), Some(first), "a change to the same is none, and not a second session");
    let next = LoginSession { authenticated_at: Some(moment(99)), expires_at: None, ..session("one", "carol") };
    put(storage, &next);
    assert_eq!(stored_session(storage, "one"), Some(next));
    assert_eq!(stored_session(storage, "two"), Some(session("two", "bob")));
}

pub(super) fn session_ends<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    put(storage, &session("one", "alice"));
    put(storage, &session("two", "alice"));
    for (id, of) in [("k1", "one"), ("k2", "two")] {
        let consent = ConsentRecord { session: Some(LoginSessionId::new(of)), ..consent(id, "c") };
        assert_eq!(storage.write(move |records| records.insert_consent(&consent)), Ok(()));
    }
    let end = || storage.write(|records| records.delete_login_session(&LoginSessionId::new("one")));
    assert_eq!(end(), Ok(true));
    assert_eq!(end(), Ok(false));
    assert_eq!(stored_session(storage, "one"), None);
    for (id, of) in [("k1", None), ("k2", Some(LoginSessionId::new("two")))] {
        let found = storage.read(move |records| records.consent(&RequestId::new(id)));
        assert_eq!(found.map(|consent| consent.map(|consent| consent.session)), Ok(Some(of)));
    }
}

pub(super) fn sessions_of_subject<S: Storage>(storage: &Opened<S>) {
    for n in 0..5 {
        put(storage, &session(&format!("session {n}"), "alice"));
    }
    put(storage, &session("other", "bob"));
    let end = |limit| storage.write(move |records| records.delete_login_sessions_of_subject("alice", limit));
    assert_eq!((end(2), end(2), end(2), end(2)), (Ok(2), Ok(2), Ok(1), Ok(0)));
    assert!(stored_session(storage, "other").is_some());
}

pub(super) fn race_to_store_session<S: Storage>(storage: &Opened<S>) {
    let shared = Opened(storage.0.clone());
    let outcomes = race(RACERS, move |n| {
        let session = session("one", &format!("racer {n}"));
        shared.write(move |records| records.put_login_session(&session))
    });
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let stored = stored_session(storage, "one").map(|session| session.subject);
    assert!(stored.is_some_and(|subject| subject.starts_with("racer ")));
}

pub(super) fn race_to_end_session<S: Storage>(storage: &Opened<S>) {
    put(storage, &session("one", "alice"));
    let shared = Opened(storage.0.clone());
    let outcomes =
        race(RACERS, move |_| shared.write(|records| records.delete_login_session(&LoginSessionId::new("one"))));
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Ok(true)).count(), 1, "{outcomes:?}");
}

fn forced(client_id: &str, subject: &str, identifier: &str) -> ForcedSubject {
    ForcedSubject {
        client_id: ClientId::new(client_id),
        subject: subject.to_owned(),
        identifier: identifier.to_owned(),
    }
}

pub(super) fn forced_subject<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    storage.store_client(&client("d"));
    let put = |client: &str, subject: &str, identifier: &str| {
        let forced = forced(client, subject, identifier);
        storage.write(move |records| records.put_forced_subject(&forced))
    };
    let both = |client: &'static str, subject: &'static str, identifier: &'static str| {
        let client = ClientId::new(client);
        storage.read(move |records| {
            Ok((records.forced_subject(&client, subject)?, records.subject_behind(&client, identifier)?))
        })
    };
    let known = |identifier: &str, subject: &str| Ok((Some(identifier.to_owned()), Some(subject.to_owned())));
    assert_eq!(put("c", "alice 日本", "pseudonym '1'"), Ok(()));
    assert_eq!(put("d", "alice 日本", "pseudonym '1'"), Ok(()), "clients do not share identifiers");
    assert_eq!(both("c", "alice 日本", "pseudonym '1'"), known("pseudonym '1'", "alice 日本"));
    assert_eq!(both("c", "Alice 日本", "Pseudonym '1'"), Ok((None, None)));

    assert_eq!(put("c", "alice 日本", "new"), Ok(()));
    assert_eq!(put("c", "alice 日本", "new"), Ok(()), "the same again");
    assert_eq!(both("c", "alice 日本", "new"), known("new", "alice 日本"));
    assert_eq!(both("c", "nobody", "pseudonym '1'"), Ok((None, None)), "the earlier one is forgotten");
    assert_eq!(both("d", "alice 日本", "pseudonym '1'"), known("pseudonym '1'", "alice 日本"));

    assert_eq!(put("c", "bob", "new"), Err(StorageError::Duplicate), "one identifier, one subject");
    assert_eq!(put("c", "bob", "bob's"), Ok(()));
    assert_eq!(put("c", "bob", "new"), Err(StorageError::Duplicate));
    assert_eq!(both("c", "bob", "bob's"), known("bob's", "bob"), "what fails changes nothing");
    assert_eq!(put("nobody", "alice", "x"), Err(StorageError::MissingParent));
}

pub(super) fn race_to_force_subject<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let shared = Opened(storage.0.clone());
    let outcomes = race(RACERS, move |n| {
        let forced = forced("c", "alice", &format!("racer {n}"));
        shared.write(move |records| records.put_forced_subject(&forced))
    });
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let known = storage.read(|records| {
        let found = records.forced_subject(&ClientId::new("c"), "alice")?.ok_or(StorageError::MissingParent)?;
        records.subject_behind(&ClientId::new("c"), &found)
    });
    assert_eq!(known, Ok(Some("alice".to_owned())));
}
