//! Clients.

use token_jwt::Algorithm;

use super::{
    Opened, RACERS, block_on, race,
    samples::{access, answer, client, code, consent, fresh_refresh, grant, moment, refresh},
};
use crate::{
    client::{Client, Lifespans, SigningChoice},
    ids::{ClientId, CodeSignature, RefreshSignature, RequestId},
    secret::AuthorizationCode,
    storage::{ClientQuery, ForcedSubject, GrantRecord, Storage, StorageError},
};

pub(super) fn client_round_trip<S: Storage>(storage: &Opened<S>) {
    let stored = client("c <&> \"1\" 日本");
    storage.store_client(&stored);
    assert_eq!(storage.client(stored.id.as_str()), Some(stored));
    assert_eq!(storage.client("C <&> \"1\" 日本"), None, "ids differ by case");
    assert_eq!(storage.client("nobody"), None);
    let plain = Client {
        rotated_secrets: Vec::new(),
        access_token_strategy: None,
        skip_logout_consent: None,
        lifespans: Lifespans::default(),
        ..client("plain")
    };
    storage.store_client(&plain);
    assert_eq!(storage.client("plain"), Some(plain));
}

pub(super) fn client_id_once<S: Storage>(storage: &Opened<S>) {
    let first = client("one");
    storage.store_client(&first);
    let second = Client { name: "second".to_owned(), ..client("one") };
    assert_eq!(storage.write(move |records| records.insert_client(&second)), Err(StorageError::Duplicate));
    assert_eq!(storage.client("one"), Some(first));
}

pub(super) fn client_update<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("one"));
    let next = Client {
        name: String::new(),
        contacts: Vec::new(),
        lifespans: Lifespans::default(),
        skip_logout_consent: None,
        created_at: moment(77),
        ..client("one")
    };
    let update = next.clone();
    assert_eq!(storage.write(move |records| records.update_client(&update)), Ok(true));
    let again = next.clone();
    assert_eq!(storage.write(move |records| records.update_client(&again)), Ok(true), "a change to the same counts");
    assert_eq!(storage.client("one"), Some(Client { created_at: moment(0), ..next }));
    let unknown = client("unknown");
    assert_eq!(storage.write(move |records| records.update_client(&unknown)), Ok(false));
}

pub(super) fn client_delete<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("gone"));
    storage.store_client(&client("stays"));
    let stored = storage.write(|records| {
        records.insert_access_token(&access("a-gone", "gone", "r1"))?;
        records.insert_refresh_token(&refresh("r-gone", "gone", "r1"))?;
        records.insert_access_token(&access("a-stays", "stays", "r2"))
    });
    assert_eq!(stored, Ok(()));
    assert_eq!(storage.write(|records| records.delete_client(&ClientId::new("gone"))), Ok(true));
    assert_eq!(storage.write(|records| records.delete_client(&ClientId::new("gone"))), Ok(false));
    assert!(!storage.has_access_token("a-gone"));
    assert_eq!(storage.read(|records| records.refresh_token(&RefreshSignature::new("r-gone"))), Ok(None));
    assert!(storage.has_access_token("a-stays"));
}

pub(super) fn many_found<S: Storage>(storage: &Opened<S>) {
    for n in 0..4 {
        storage.store_client(&client(&format!("client-{n}")));
    }
    let shared = Opened(storage.0.clone());
    let outcomes = race(RACERS, move |n| {
        (0..10).all(|i| {
            // Each changes a client of its own, and finds it as it left it while others look for theirs.
            let own = Client { name: format!("of round {i}"), ..client(&format!("own-{n}")) };
            let stored = shared.write({
                let own = own.clone();
                move |records| match records.update_client(&own)? {
                    true => Ok(()),
                    false => records.insert_client(&own),
                }
            });
            let find = |id: &str| block_on(shared.0.client(ClientId::new(id))).expect("a client is looked up");
            stored.is_ok()
                && find(own.id.as_str()).map(|client| client.name) == Some(own.name)
                && find(&format!("client-{}", i % 4)).is_some()
                && find(&format!("CLIENT-{} ", i % 4)).is_none()
                && find("nobody").is_none()
        })
    });
    assert!(outcomes.into_iter().all(|all| all));
}

pub(super) fn client_list<S: Storage>(storage: &Opened<S>) {
    for (id, owner) in [("d", "x"), ("a", "x"), ("c", "y"), ("b", "x")] {
        storage.store_client(&Client { owner: owner.to_owned(), name: format!("name of {id}"), ..client(id) });
    }
    let ids = |query: ClientQuery| {
        let found = storage.read(move |records| records.list_clients(&query)).expect("clients are listed");
        found.iter().map(|client| client.id.to_string()).collect::<Vec<_>>()
    };
    let all = ClientQuery { limit: 10, ..ClientQuery::default() };
    assert_eq!(ids(all.clone()), ["a", "b", "c", "d"]);
    assert_eq!(ids(ClientQuery { limit: 2, after: Some(ClientId::new("a")), ..all.clone() }), ["b", "c"]);
    assert_eq!(
        ids(ClientQuery { owner: Some("x".to_owned()), after: Some(ClientId::new("a")), ..all.clone() }),
        ["b", "d"]
    );
    assert_eq!(ids(ClientQuery { name: Some("name of c".to_owned()), ..all.clone() }), ["c"]);
    assert!(ids(ClientQuery { owner: Some("' OR 1=1 --".to_owned()), ..all }).is_empty());
}

fn choose<S: Storage>(storage: &Opened<S>, of: &Client, id_token: Option<Algorithm>) {
    let client = of.clone();
    let stored = storage.write(move |records| records.put_signing_choice(&client, SigningChoice { id_token }));
    assert_eq!(stored, Ok(()));
}

fn chosen<S: Storage>(storage: &Opened<S>, id: &str) -> Option<Algorithm> {
    let id = ClientId::new(id);
    storage.read(move |records| records.signing_choice(&id)).expect("a choice is looked up").id_token
}

pub(super) fn signing_round_trip<S: Storage>(storage: &Opened<S>) {
    let own = client("c <&> \"1\" 日本");
    let ids = || vec![own.id.clone(), ClientId::new("other"), ClientId::new("nobody")];
    for client in [&own, &client("other")] {
        storage.store_client(client);
    }
    for id in ids() {
        assert_eq!(chosen(storage, id.as_str()), None);
    }
    for alg in Algorithm::ALL.map(Some).into_iter().chain([Some(Algorithm::ES256), Some(Algorithm::ES256)]) {
        choose(storage, &own, alg);
        assert_eq!(chosen(storage, own.id.as_str()), alg);
    }
    assert_eq!(chosen(storage, "other"), None);
    assert_eq!(chosen(storage, "C <&> \"1\" 日本"), None, "ids differ by case");
    let ids = ids();
    let all = storage.read(move |records| records.signing_choices(&ids));
    assert_eq!(all, Ok(vec![(own.id.clone(), SigningChoice { id_token: Some(Algorithm::ES256) })]));
    assert_eq!(storage.read(|records| records.signing_choices(&[])), Ok(Vec::new()));
    let changed = Client { name: "another name".to_owned(), updated_at: moment(9), ..own.clone() };
    assert_eq!(storage.write(move |records| records.update_client(&changed)), Ok(true));
    assert_eq!(chosen(storage, own.id.as_str()), Some(Algorithm::ES256), "a change of the client leaves it alone");
    choose(storage, &own, None);
    choose(storage, &own, None);
    assert_eq!(chosen(storage, own.id.as_str()), None);
}

pub(super) fn signing_goes<S: Storage>(storage: &Opened<S>) {
    for id in ["gone", "stays"] {
        storage.store_client(&client(id));
        choose(storage, &client(id), Some(Algorithm::EdDSA));
    }
    assert_eq!(storage.write(|records| records.delete_client(&ClientId::new("gone"))), Ok(true));
    assert_eq!((chosen(storage, "gone"), chosen(storage, "stays")), (None, Some(Algorithm::EdDSA)));
    storage.store_client(&client("gone"));
    assert_eq!(chosen(storage, "gone"), None, "also when another one takes its id in the same moment");
    // What stayed behind of a client of an earlier day, as when Hydra deletes one.
    choose(storage, &Client { created_at: moment(-86_400), ..client("gone") }, Some(Algorithm::EdDSA));
    assert_eq!(chosen(storage, "gone"), None);
    choose(storage, &client("gone"), Some(Algorithm::ES512));
    assert_eq!(chosen(storage, "gone"), Some(Algorithm::ES512));
}

pub(super) fn client_delete_cascades<S: Storage>(storage: &Opened<S>) {
    for id in ["gone", "stays"] {
        storage.store_client(&client(id));
        let stored = storage.write(move |records| {
            let of = |what: &str| format!("{what} of {id}");
            records.insert_consent(&consent(&of("consent"), id))?;
            let grant = GrantRecord { challenge_id: Some(of("consent")), ..grant(id, &of("request")) };
            records.insert_code(&code(&of("code"), id, &of("request")))?;
            records.insert_code_challenge(&code(&of("code"), id, &of("request")))?;
            records.insert_openid_request(&AuthorizationCode::new(of("whole code")), &grant)?;
            records.insert_refresh_token(&fresh_refresh(&of("refresh"), id, &of("request")))?;
            records.insert_refresh_answer(&answer(&of("refresh"), &of("next"), &of("request")))?;
            records.put_forced_subject(&ForcedSubject {
                client_id: ClientId::new(id),
                subject: "alice".to_owned(),
                identifier: "known as".to_owned(),
            })
        });
        assert_eq!(stored, Ok(()));
    }
    assert_eq!(storage.write(|records| records.delete_client(&ClientId::new("gone"))), Ok(true));
    for (id, stays) in [("gone", false), ("stays", true)] {
        let found = storage.read(move |records| {
            let of = |what: &str| format!("{what} of {id}");
            Ok([
                records.consent(&RequestId::new(of("consent")))?.is_some(),
                records.code(&CodeSignature::new(of("code")))?.is_some(),
                records.code_challenge(&CodeSignature::new(of("code")))?.is_some(),
                records.refresh_token(&RefreshSignature::new(of("refresh")))?.is_some(),
                records.refresh_answer(&RefreshSignature::new(of("refresh")))?.is_some(),
                records.forced_subject(&ClientId::new(id), "alice")?.is_some(),
            ])
        });
        assert_eq!(found, Ok([stays; 6]), "{id}");
    }
    // What cannot be looked at leaves its place.
    storage.store_client(&client("gone"));
    let again = |id: &'static str| {
        storage.write(move |records| {
            let whole = AuthorizationCode::new(format!("whole code of {id}"));
            records.insert_openid_request(&whole, &grant(id, "r"))
        })
    };
    assert_eq!(again("gone"), Ok(()));
    assert_eq!(again("stays"), Err(StorageError::Duplicate));
}
