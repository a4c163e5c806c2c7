//! What every storage must do, as tests: each gets a fresh, empty place. `opened` may be called from many threads; all calls
//! lead to the same place.

use std::{
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use chrono::{DateTime, TimeDelta, Utc};
use go_duration::GoDuration;
use token_jwt::{Algorithm, Jwk};
use uuid::Uuid;

use crate::{
    Error,
    client::{AccessTokenStrategy, AuthMethod, Client, Lifespans, SecretHash},
    ids::{AccessSignature, ClientId, KeyId, KeySetName, RefreshSignature, RequestId},
    storage::{
        AccessTokenRecord, ClientQuery, GrantRecord, KeyRecord, Records, RefreshTokenRecord, Storage, StorageError,
    },
    token::{ExpiresAt, IdTokenClaims, IdTokenSession, Session},
};

/// A storage under test.
pub struct Opened<S>(pub S);

/// A test of the contract, with its title.
pub type ContractTest<S> = (&'static str, fn(&Opened<S>));

/// Threads that race.
const RACERS: usize = 32;

/// The contract. An associated constant, because it is one list for each type of storage.
pub struct CONTRACT;

impl CONTRACT {
    /// All tests.
    pub fn tests<S: Storage>() -> Vec<ContractTest<S>> {
        vec![
            ("a_client_reads_back_as_it_was_stored", client_round_trip),
            ("a_client_id_is_taken_once", client_id_once),
            ("an_update_overwrites_all_but_id_and_creation", client_update),
            ("a_deleted_client_takes_its_tokens_along", client_delete),
            ("clients_are_listed_by_id_from_a_position", client_list),
            ("an_access_token_reads_back_as_it_was_stored", access_round_trip),
            ("a_refresh_token_reads_back_as_it_was_stored", refresh_round_trip),
            ("a_token_needs_its_client", token_without_client),
            ("tokens_are_deleted_by_authorization_and_by_client", token_deletes),
            ("keys_are_listed_newest_first", keys_in_order),
            ("a_key_id_is_taken_once_in_its_set", key_once),
            ("a_job_that_fails_leaves_nothing", failure_leaves_nothing),
            ("a_job_that_panics_leaves_nothing_and_others_go_on", panic_leaves_nothing),
            ("jobs_that_fail_do_not_take_others_along", failures_among_others),
            ("of_many_that_race_for_one_id_one_wins", race_for_one_id),
            ("what_many_store_at_once_is_all_there", race_of_inserts),
            ("readers_are_answered_while_others_write", readers_and_writers),
        ]
    }
}

impl<S: Storage> Opened<S> {
    fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut dyn Records) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        block_on(self.0.read(job))
    }

    fn write<T: Send + 'static>(
        &self,
        job: impl FnMut(&mut dyn Records) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        block_on(self.0.write(job))
    }

    fn write_one<T: Send + 'static>(
        &self,
        job: impl FnMut(&mut dyn Records) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        block_on(self.0.write_one(job))
    }

    fn store_client(&self, client: &Client) {
        let client = client.clone();
        self.write(move |records| records.insert_client(&client)).expect("a new client is stored");
    }

    fn client(&self, id: &str) -> Option<Client> {
        let id = ClientId::new(id);
        self.read(move |records| records.client(&id)).expect("a client is looked up")
    }

    fn has_access_token(&self, signature: &str) -> bool {
        let signature = AccessSignature::new(signature);
        self.read(move |records| records.access_token(&signature)).expect("a token is looked up").is_some()
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime for a test").block_on(future)
}

/// Whole seconds: what every database keeps.
fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_790_000_000 + seconds)
}

fn list(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

/// A client with something odd in every field.
fn client(id: &str) -> Client {
    let lifespan = |n: i64| Some(GoDuration::from_nanos(n));
    Client {
        id: ClientId::new(id),
        name: "O'Neill \"the\" <b>&amp; | ünï\u{2028}cødé \\ 日本".to_owned(),
        secret: SecretHash::new("$pbkdf2-sha256$i=1,l=32$c2FsdA$a2V5"),
        rotated_secrets: vec![SecretHash::new("$old|1"), SecretHash::new("$old\"2")],
        redirect_uris: list(&["https://a.example/cb?x=1&y=<2>", "com.app:/cb"]),
        grant_types: list(&["client_credentials", "refresh_token"]),
        response_types: Vec::new(),
        scope: "api other.*  double".to_owned(),
        audience: list(&["https://api.example/v1", "a|b"]),
        owner: String::new(),
        policy_uri: "https://a.example/policy".to_owned(),
        allowed_cors_origins: list(&["https://a.example"]),
        tos_uri: String::new(),
        client_uri: "https://a.example".to_owned(),
        logo_uri: String::new(),
        contacts: list(&["a@example.org", "\u{1f600}"]),
        subject_type: "pairwise".to_owned(),
        sector_identifier_uri: "https://a.example/sector".to_owned(),
        jwks_uri: String::new(),
        jwks: r#"{"keys":[]}"#.to_owned(),
        token_endpoint_auth_method: AuthMethod::Other("telepathy".to_owned()),
        token_endpoint_auth_signing_alg: "ES256".to_owned(),
        request_uris: list(&["https://a.example/request"]),
        request_object_signing_alg: "RS256".to_owned(),
        userinfo_signed_response_alg: "none".to_owned(),
        created_at: moment(0),
        updated_at: moment(1),
        frontchannel_logout_uri: "https://a.example/front".to_owned(),
        frontchannel_logout_session_required: true,
        post_logout_redirect_uris: list(&["https://a.example/bye"]),
        backchannel_logout_uri: String::new(),
        backchannel_logout_session_required: false,
        metadata: "{\"b\":1.10,  \"a\":[null,\"<&>\"]}".to_owned(),
        registration_access_token_signature: "sig-na_ture".to_owned(),
        access_token_strategy: Some(AccessTokenStrategy::Jwt),
        skip_consent: true,
        skip_logout_consent: Some(false),
        lifespans: Lifespans {
            authorization_code_grant_access_token: lifespan(1),
            client_credentials_grant_access_token: lifespan(i64::MAX),
            refresh_token_grant_refresh_token: lifespan(-1),
            device_authorization_grant_refresh_token: lifespan(0),
            ..Lifespans::default()
        },
    }
}

fn grant(client_id: &str, request: &str) -> GrantRecord {
    let mut extra = crate::token::Claims::new();
    extra.insert("big".to_owned(), serde_json::json!(9_007_199_254_740_993_i64));
    extra.insert("odd".to_owned(), serde_json::json!({"<&>": ["\u{0}", "ü|"]}));
    GrantRecord {
        request_id: RequestId::new(request),
        requested_at: moment(2),
        client_id: ClientId::new(client_id),
        requested_scope: list(&["api", "other"]),
        granted_scope: list(&["api"]),
        requested_audience: list(&["https://api.example/v1"]),
        granted_audience: Vec::new(),
        form_data: "grant_type=client_credentials&scope=api+other".to_owned(),
        session: Session {
            id_token: IdTokenSession {
                id_token_claims: Some(IdTokenClaims {
                    iss: "https://op.example/".to_owned(),
                    iat: Some(moment(2)),
                    ..IdTokenClaims::default()
                }),
                expires_at: ExpiresAt { access_token: Some(moment(3600)), ..ExpiresAt::default() },
                subject: "alice".to_owned(),
                ..IdTokenSession::default()
            },
            extra: Some(extra),
            client_id: client_id.to_owned(),
            mirror_top_level_claims: true,
            ..Session::default()
        },
        subject: "alice 日本".to_owned(),
        active: true,
        challenge_id: None,
        expires_at: Some(moment(3600)),
    }
}

fn access(signature: &str, client_id: &str, request: &str) -> AccessTokenRecord {
    AccessTokenRecord { signature: AccessSignature::new(signature), grant: grant(client_id, request) }
}

fn refresh(signature: &str, client_id: &str, request: &str) -> RefreshTokenRecord {
    RefreshTokenRecord {
        signature: RefreshSignature::new(signature),
        grant: GrantRecord { active: false, expires_at: None, ..grant(client_id, request) },
        access_token_signature: Some(AccessSignature::new("companion")),
        first_used_at: Some(moment(5)),
        used_times: Some(3),
    }
}

fn key(set: &str, kid: &str, created: i64) -> KeyRecord {
    KeyRecord {
        id: Uuid::from_u128(u128::try_from(created).unwrap_or_default() << 64 | kid.len() as u128),
        set: KeySetName::new(set),
        jwk: Jwk::generate(Algorithm::EdDSA, "sig", kid).expect("an Ed25519 key is made"),
        created_at: moment(created),
    }
}

fn client_round_trip<S: Storage>(storage: &Opened<S>) {
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

fn client_id_once<S: Storage>(storage: &Opened<S>) {
    let first = client("one");
    storage.store_client(&first);
    let second = Client { name: "second".to_owned(), ..client("one") };
    assert_eq!(storage.write(move |records| records.insert_client(&second)), Err(StorageError::Duplicate));
    assert_eq!(storage.client("one"), Some(first));
}

fn client_update<S: Storage>(storage: &Opened<S>) {
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

fn client_delete<S: Storage>(storage: &Opened<S>) {
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

fn client_list<S: Storage>(storage: &Opened<S>) {
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

fn access_round_trip<S: Storage>(storage: &Opened<S>) {
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

fn refresh_round_trip<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let stored = refresh("sig-1", "c", "r1");
    let row = stored.clone();
    assert_eq!(storage.write(move |records| records.insert_refresh_token(&row)), Ok(()));
    assert_eq!(storage.read(|records| records.refresh_token(&RefreshSignature::new("sig-1"))), Ok(Some(stored)));
}

fn token_without_client<S: Storage>(storage: &Opened<S>) {
    let orphan = access("sig-1", "nobody", "r1");
    let stored = storage.write_one(move |records| records.insert_access_token(&orphan));
    assert_eq!(stored, Err(StorageError::MissingParent));
    assert!(!storage.has_access_token("sig-1"));
}

fn token_deletes<S: Storage>(storage: &Opened<S>) {
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

fn keys_in_order<S: Storage>(storage: &Opened<S>) {
    let keys = [key("set", "old", 1), key("set", "newest", 3), key("set", "newer", 2), key("other", "old", 9)];
    let first = keys[0].jwk.clone();
    let stored = storage.write(move |records| keys.iter().try_for_each(|key| records.insert_key(key)));
    assert_eq!(stored, Ok(()));
    let kids = |storage: &Opened<S>| {
        let keys = storage.read(|records| records.keys_of_set(&KeySetName::new("set"))).expect("keys are listed");
        keys.iter().map(|key| key.jwk.kid().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kids(storage), ["newest", "newer", "old"]);
    let found = storage.read(|records| records.key(&KeySetName::new("set"), &KeyId::new("old")));
    let found = found.ok().flatten().expect("the key is found");
    assert_eq!(serde_json::to_string(&found.jwk).ok(), serde_json::to_string(&first).ok(), "private members included");
    let delete = |kid: &'static str| {
        move |records: &mut dyn Records| records.delete_key(&KeySetName::new("set"), &KeyId::new(kid))
    };
    assert_eq!(storage.write(delete("newest")), Ok(true));
    assert_eq!(storage.write(delete("newest")), Ok(false));
    assert_eq!(kids(storage), ["newer", "old"]);
    assert_eq!(storage.write(|records| records.delete_keys_of_set(&KeySetName::new("set"))), Ok(2));
    assert!(kids(storage).is_empty());
    let other = storage.read(|records| records.keys_of_set(&KeySetName::new("other")));
    assert_eq!(other.map(|keys| keys.len()), Ok(1));
}

fn key_once<S: Storage>(storage: &Opened<S>) {
    let (first, second) = (key("set", "k", 1), key("set", "k", 2));
    assert_eq!(storage.write(move |records| records.insert_key(&first)), Ok(()));
    assert_eq!(storage.write(move |records| records.insert_key(&second)), Err(StorageError::Duplicate));
}

fn failure_leaves_nothing<S: Storage>(storage: &Opened<S>) {
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

fn panic_leaves_nothing<S: Storage>(storage: &Opened<S>) {
    let panicked: Result<(), StorageError> = storage.write(|records| {
        records.insert_client(&client("half"))?;
        panic!("this panic belongs to the test")
    });
    assert!(panicked.is_err());
    assert_eq!(storage.client("half"), None);
    storage.store_client(&client("after"));
}

/// Lets all threads begin at the same moment and collects what they answer.
fn race<T: Send + 'static>(racers: usize, job: impl Fn(usize) -> T + Send + Sync + 'static) -> Vec<T> {
    let (job, start) = (Arc::new(job), Arc::new(Barrier::new(racers)));
    let threads: Vec<_> = (0..racers)
        .map(|n| {
            let (job, start) = (Arc::clone(&job), Arc::clone(&start));
            thread::spawn(move || {
                start.wait();
                job(n)
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().expect("no racer panics")).collect()
}

fn failures_among_others<S: Storage>(storage: &Opened<S>) {
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

fn race_for_one_id<S: Storage>(storage: &Opened<S>) {
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

fn race_of_inserts<S: Storage>(storage: &Opened<S>) {
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

fn readers_and_writers<S: Storage>(storage: &Opened<S>) {
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
