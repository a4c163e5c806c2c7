//! Reading what Hydra wrote. The rows, and what Hydra says of them, come from databases that a real Hydra filled.

use chrono::TimeDelta;
use oauth_core::{
    client::{Client, SigningChoice},
    ids::{AccessSignature, ClientId, CodeSignature, FlowId, LoginSessionId, RefreshSignature, RequestId},
    secret::AuthorizationCode,
    storage::{ClientQuery, ConsentQuery, ConsentRecord, Storage as _, StorageError},
};
use serde_json::{Value, json};
use storage_diesel::{DieselStorage, connection::connect, migrate};
use uuid::Uuid;

use crate::{
    look::{block_on, consent, execute, list, moment, open, read, store_client, write},
    support::{Backend, ScratchDb},
};

/// A database as a Hydra leaves it: its schema, its bookkeeping, its rows.
fn fill(database: &ScratchDb, backend: Backend) {
    let mut connection = connect(&database.url).expect("the database can be reached");
    migrate::up(&mut connection, Uuid::from_u128(1), &mut |_| {}).expect("the database can be migrated");
    assert_eq!(migrate::down(&mut connection, 2, &mut |_| {}).expect("what is ours goes"), 2);
    execute(database, "DROP TABLE hydrars_migration");
    let rows = match backend {
        Backend::Sqlite => include_str!("../fixtures/hydras_rows.sqlite.sql"),
        Backend::Postgres => include_str!("../fixtures/hydras_rows.postgres.sql"),
        Backend::Mysql => unreachable!("there are no rows for it"),
    };
    execute(database, rows);
}

/// What Hydra says of its rows.
fn facts(backend: Backend) -> Value {
    let all: Value = serde_json::from_str(include_str!("../fixtures/hydras_rows.json")).expect("the facts are JSON");
    all[backend.to_string()].clone()
}

fn opened(database: &ScratchDb, backend: Backend) -> (DieselStorage, Value) {
    fill(database, backend);
    (open(database, false), facts(backend))
}

fn text(value: &Value) -> String {
    value.as_str().expect("this fact is a text").to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().expect("this fact is a list").iter().map(text).collect()
}

/// What stands behind the dot.
fn signature(code: &str) -> &str {
    code.rsplit('.').next().unwrap_or_default()
}

pub(crate) fn a_database_of_hydras_serves_at_once(database: &ScratchDb, backend: Backend) {
    let (storage, _) = opened(database, backend);
    assert_eq!(block_on(storage.ready()), Ok(()), "what is ours was added");
    drop(storage);
    let storage = open(database, false);
    assert_eq!(block_on(storage.ready()), Ok(()));
    let answer = read(&storage, |records| records.refresh_answer(&RefreshSignature::new("none")));
    assert_eq!(answer, None);
}

pub(crate) fn a_client_of_hydras_may_choose_an_algorithm_and_takes_the_choice_along(
    database: &ScratchDb,
    backend: Backend,
) {
    let (storage, _) = opened(database, backend);
    let one = ClientQuery { limit: 1, ..ClientQuery::default() };
    let client = read(&storage, move |records| records.list_clients(&one)).pop().expect("Hydra registered some");
    let (own, id) = (client.clone(), client.id.clone());
    let choice = SigningChoice::from_word("ES256").expect("an algorithm");
    write(&storage, move |records| records.put_signing_choice(&own, choice));
    let chosen = || {
        let id = id.clone();
        read(&storage, move |records| records.signing_choice(&id))
    };
    assert_eq!(chosen(), choice);
    // Hydra deletes it, and registers another one of the same id.
    execute(database, &format!("DELETE FROM hydra_client WHERE id = '{id}'"));
    assert_eq!(chosen(), SigningChoice::default());
    let another = Client { created_at: client.created_at + TimeDelta::seconds(1), ..client };
    write(&storage, move |records| records.insert_client(&another));
    assert_eq!(chosen(), SigningChoice::default());
}

pub(crate) fn a_consent_that_hydra_wrote_is_listed_as_hydra_lists_it(database: &ScratchDb, backend: Backend) {
    let (storage, facts) = opened(database, backend);
    let (said, asked) = (&facts["bob"], &facts["bob"]["consent_request"]);
    let query = ConsentQuery {
        subject: "bob".to_owned(),
        session: Some(LoginSessionId::new(text(&asked["login_session_id"]))),
        after: None,
        now: moment("2027-01-01T00:00:00Z"),
        limit: 500,
    };
    let mut found = read(&storage, move |records| records.list_consents(&query));
    assert_eq!(found.len(), 1);
    let bobs = found.remove(0);
    assert_eq!(bobs.id.as_str(), said["consent_request_id"]);
    assert_eq!(bobs.flow.as_str(), asked["login_challenge"]);
    assert_eq!(bobs.granted_scope, texts(&said["grant_scope"]));
    assert_eq!(bobs.granted_audience, texts(&said["grant_access_token_audience"]));
    assert_eq!(bobs.requested_scope, texts(&asked["requested_scope"]));
    assert_eq!(bobs.requested_audience, texts(&asked["requested_access_token_audience"]));
    assert_eq!(Value::Object(bobs.id_token_claims.clone()), said["session"]["id_token"]);
    assert_eq!(Value::Object(bobs.access_token_claims.clone()), said["session"]["access_token"]);
    assert_eq!(Value::Object(bobs.oidc_context.clone()), asked["oidc_context"]);
    assert_eq!((bobs.remember, i64::from(bobs.remember_for)), (true, said["remember_for"].as_i64().unwrap_or(-1)));
    assert_eq!(bobs.handled_at, Some(moment(&text(&said["handled_at"]))));
    assert_eq!((bobs.skip, bobs.subject.as_str(), bobs.client_id.as_str()), (false, "bob", "basic"));
    assert_eq!((bobs.acr.as_str(), bobs.amr.clone()), ("1", texts(&asked["amr"])));
    assert_eq!((bobs.context.as_deref(), bobs.device.as_ref()), (None, None));
    assert!(bobs.request_url.starts_with(&text(&asked["request_url"]["url"])), "{}", bobs.request_url);

    let later = moment("2027-01-01T00:00:00Z");
    let remembered = read(&storage, move |records| records.remembered_consent("bob", &ClientId::new("basic"), later));
    assert_eq!(remembered, Some(bobs.clone()));
    let session = bobs.session.clone().expect("bob has a login session");
    let session = read(&storage, move |records| records.login_session(&session)).expect("it is there");
    assert_eq!((session.subject.as_str(), session.remember), ("bob", true));
    let authenticated_at = text(&facts["bob_authenticated_at"]).replacen(' ', "T", 1);
    let authenticated_at = format!("{}Z", authenticated_at.trim_end_matches("+00:00"));
    assert_eq!(session.authenticated_at, Some(moment(&authenticated_at)));
    assert_eq!(session.identity_provider_session_id, None);

    let clients = read(&storage, move |records| records.clients_of_session(&session.id, "bob"));
    assert_eq!(clients.iter().map(|client| client.id.as_str()).collect::<Vec<_>>(), ["basic"]);
    let id = bobs.id.clone();
    assert!(write(&storage, move |records| records.delete_consent(&id)));
    assert_eq!(read(&storage, move |records| records.consent(&bobs.id)), None);
}

pub(crate) fn a_consent_of_a_device_is_read(database: &ScratchDb, backend: Backend) {
    let (storage, facts) = opened(database, backend);
    let device = facts["device"].clone();
    let id = RequestId::new(text(&device["consent_challenge_id"]));
    let found = read(&storage, move |records| records.consent(&id)).expect("it is there");
    assert_eq!(found.flow, FlowId::new(text(&device["login_challenge"])));
    let request = RequestId::new(text(&device["device_code_request_id"]));
    assert_eq!(found.device, Some((text(&device["device_challenge_id"]), request)));
    assert_eq!((found.subject, found.oidc_context.len()), (text(&device["subject"]), 0));
}

pub(crate) fn codes_that_hydra_wrote_are_read_and_spent(database: &ScratchDb, backend: Backend) {
    let (storage, facts) = opened(database, backend);
    let (plain, sealed) = (text(&facts["code_with_plain_session"]), text(&facts["code_with_challenge"]));
    for (code, client, subject) in [(&plain, "elder", "old-alice"), (&sealed, "public", "alice")] {
        let signature = CodeSignature::new(signature(code));
        let wanted = signature.clone();
        let found = read(&storage, move |records| records.code(&wanted)).expect("it is there").grant;
        assert_eq!((found.client_id.as_str(), found.subject.as_str(), found.active), (client, subject, true));
        assert_eq!(found.granted_scope, list(&["openid", "offline", "profile"]));
        assert_eq!(found.challenge_id.as_deref(), Some(found.request_id.as_str()));
        assert!(found.form_data.contains("redirect_uri=http%3A%2F%2F127.0.0.1%3A5999%2Fcallback"));
        assert_eq!((found.session.client_id.as_str(), found.session.id_token.subject.as_str()), (client, subject));
        for first in [true, false] {
            let signature = signature.clone();
            let spent = write(&storage, move |records| records.spend_code(&signature, moment("2027-01-01T00:00:00Z")));
            assert_eq!(spent, first);
        }
        // The row of the OpenID Connect request stands under the whole code, in the way of another, until it is deleted.
        let whole = AuthorizationCode::new(code.as_str());
        let (taken, grant) = (whole.clone(), found.clone());
        let again = storage.write(move |records| records.insert_openid_request(&taken, &grant));
        assert_eq!(block_on(again), Err(StorageError::Duplicate));
        write(&storage, move |records| {
            records.delete_openid_request(&whole)?;
            records.insert_openid_request(&whole, &found)
        });
    }
    for (code, challenge) in [(&plain, None), (&sealed, Some(text(&facts["code_challenge"])))] {
        let signature = CodeSignature::new(signature(code));
        let form = read(&storage, move |records| records.code_challenge(&signature));
        let expected = challenge.map(|challenge| format!("code_challenge={challenge}&code_challenge_method=S256"));
        assert_eq!(form.is_some(), expected.is_some());
        assert!(form.unwrap_or_default().contains(&expected.unwrap_or_default()));
    }
}

pub(crate) fn tokens_that_hydra_wrote_are_read_and_spent(database: &ScratchDb, backend: Backend) {
    let (storage, facts) = opened(database, backend);
    let live = RefreshSignature::new(text(&facts["refresh"]["elder"]));
    let companion = AccessSignature::new(text(&facts["access"]));
    let spent = RefreshSignature::new(text(&facts["refresh"]["spent"]));
    let found = read(&storage, move |records| {
        Ok((records.refresh_token(&live)?, records.access_token(&companion)?, records.refresh_token(&spent)?))
    });
    let (Some(live), Some(companion), Some(spent)) = found else { panic!("one of them is missing") };
    assert_eq!(live.access_token_signature, Some(companion.signature.clone()));
    assert_eq!(live.grant.request_id, companion.grant.request_id);
    assert_eq!(companion.grant.session.extra, Some(serde_json::from_value(json!({"role": "admin"})).expect("claims")));
    assert_eq!((live.grant.active, live.first_used_at, live.used_times), (true, None, None));
    assert_eq!((spent.grant.active, spent.first_used_at, spent.used_times), (false, None, None));
    let forget_at = moment("2027-01-01T00:00:00Z");
    let outcome = write(&storage, move |records| {
        let first = records.spend_refresh_token(&live.signature, forget_at)?;
        Ok((first, records.spend_refresh_token(&spent.signature, forget_at)?))
    });
    assert_eq!(outcome, (true, false));
}

/// A consent of ours, its row then changed by hand.
fn changed_row(database: &ScratchDb, changes: &str) -> DieselStorage {
    let storage = open(database, true);
    store_client(database, "vector-client");
    write(&storage, |records| records.insert_consent(&consent("k")));
    execute(database, &format!("UPDATE hydra_oauth2_flow SET {changes}"));
    storage
}

pub(crate) fn rows_of_older_releases_count_by_their_state(database: &ScratchDb, _: Backend) {
    let storage = changed_row(database, "state = NULL");
    let now = moment("2026-07-02T00:00:00Z");
    for (state, given, remembered) in
        [("6", true, true), ("5", true, false), ("4", false, false), ("128", false, false), ("129", false, false)]
    {
        execute(database, &format!("UPDATE hydra_oauth2_flow SET state = {state}"));
        let found = read(&storage, move |records| {
            let query = ConsentQuery { subject: "user-1".to_owned(), session: None, after: None, now, limit: 10 };
            let looked_up = records.consent(&RequestId::new("k"))?.is_some();
            let listed = !records.list_consents(&query)?.is_empty();
            let skips = records.remembered_consent("user-1", &ClientId::new("vector-client"), now)?.is_some();
            Ok((looked_up, listed, skips))
        });
        assert_eq!(found, (given, given, remembered), "state {state}");
    }
}

pub(crate) fn empty_columns_of_older_rows_are_read(database: &ScratchDb, _: Backend) {
    let storage = changed_row(
        database,
        "requested_scope = NULL, requested_at_audience = NULL, granted_scope = NULL, granted_at_audience = NULL, amr = NULL, \
         acr = NULL, oidc_context = NULL, context = NULL, request_url = NULL, session_id_token = NULL, \
         session_access_token = NULL, consent_remember_for = NULL, consent_handled_at = NULL, consent_remember = NULL",
    );
    let found = read(&storage, |records| records.consent(&RequestId::new("k")));
    assert_eq!(found, Some(ConsentRecord { remember: false, handled_at: None, ..consent("k") }));
    execute(database, "UPDATE hydra_oauth2_flow SET oidc_context = 'null', session_id_token = 'null', amr = 'null'");
    assert!(read(&storage, |records| records.consent(&RequestId::new("k"))).is_some());
}

pub(crate) fn wider_numbers_of_cockroach_are_read(database: &ScratchDb, _: Backend) {
    let storage = changed_row(database, "consent_remember_for = 0");
    execute(
        database,
        "ALTER TABLE hydra_oauth2_flow DROP COLUMN expires_at; \
         ALTER TABLE hydra_oauth2_flow ALTER COLUMN consent_remember_for TYPE bigint, ALTER COLUMN state TYPE bigint; \
         ALTER TABLE hydra_oauth2_flow ADD COLUMN expires_at timestamp; \
         ALTER TABLE hydra_client ALTER COLUMN client_secret_expires_at TYPE bigint; \
         ALTER TABLE hydra_jwk ALTER COLUMN version TYPE bigint",
    );
    let now = moment("2026-07-02T00:00:00Z");
    // An hour, and a hundred years, which only the wider column can hold.
    for (seconds, read_as) in [("3600", 3600), ("3153600000", i32::MAX)] {
        execute(database, &format!("UPDATE hydra_oauth2_flow SET state = 6, consent_remember_for = {seconds}"));
        let client = ClientId::new("vector-client");
        let found = read(&storage, move |records| records.remembered_consent("user-1", &client, now));
        assert_eq!(found.map(|consent| consent.remember_for), Some(read_as));
    }
    write(&storage, |records| records.insert_consent(&ConsentRecord { remember_for: 7, ..consent("written") }));
    let found = read(&storage, |records| records.consent(&RequestId::new("written")));
    assert_eq!(found.map(|consent| consent.remember_for), Some(7));
    assert!(read(&storage, |records| records.client(&ClientId::new("vector-client"))).is_some());
}
