//! Storage and bare SQL on one database.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{RunQueryDsl as _, connection::SimpleConnection as _, sql_types::Text};
use oauth_core::{
    ids::{ClientId, FlowId, RequestId},
    storage::{ConsentRecord, Records, Storage, StorageError},
    testkit::ScriptedRandom,
    token::Claims,
};
use storage_diesel::{DieselStorage, Options, connection::connect};
use token_hmac::SystemSecrets;

use crate::support::ScratchDb;

/// Opens a database as the Hydra was configured that wrote the rows of the fixture.
pub(crate) fn open(database: &ScratchDb, migrate: bool) -> DieselStorage {
    let secrets = ["the-new-system-secret-of-takeover", "the-old-system-secret-of-takeover"];
    let secrets = SystemSecrets::new(&secrets).expect("the secrets are long enough");
    let random = Arc::new(ScriptedRandom::default());
    let options = Options { dsn: database.url.clone(), secrets, encrypt_sessions: true, random, migrate };
    DieselStorage::open(options).expect("the database opens")
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime for a test").block_on(future)
}

pub(crate) fn read<T: Send + 'static>(
    storage: &DieselStorage,
    job: impl FnOnce(&mut dyn Records) -> Result<T, StorageError> + Send + 'static,
) -> T {
    block_on(storage.read(job)).expect("the job finds what it looks for")
}

pub(crate) fn write<T: Send + 'static>(
    storage: &DieselStorage,
    job: impl FnMut(&mut dyn Records) -> Result<T, StorageError> + Send + 'static,
) -> T {
    block_on(storage.write(job)).expect("the job succeeds")
}

pub(crate) fn execute(database: &ScratchDb, statements: &str) {
    let mut connection = connect(&database.url).expect("the database can be reached");
    connection.batch_execute(statements).unwrap_or_else(|error| panic!("{statements}: {error}"));
}

/// The answers of a query for one text column called `line`.
pub(crate) fn lines(database: &ScratchDb, query: &str) -> Vec<String> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        line: String,
    }
    let mut connection = connect(&database.url).expect("the database can be reached");
    let rows: Vec<Row> = diesel::sql_query(query).load(&mut connection).unwrap_or_else(|why| panic!("{query}: {why}"));
    rows.into_iter().map(|row| row.line).collect()
}

pub(crate) fn moment(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("the tests write well-formed times").to_utc()
}

pub(crate) fn list(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

/// A consent of `user-1` to `vector-client`, with nothing in it that may be missing.
pub(crate) fn consent(id: &str) -> ConsentRecord {
    ConsentRecord {
        flow: FlowId::new(format!("flow of {id}")),
        id: RequestId::new(id),
        requested_at: moment("2026-07-01T10:00:00Z"),
        requested_scope: Vec::new(),
        requested_audience: Vec::new(),
        granted_scope: Vec::new(),
        granted_audience: Vec::new(),
        subject: "user-1".to_owned(),
        client_id: ClientId::new("vector-client"),
        request_url: String::new(),
        acr: String::new(),
        amr: Vec::new(),
        session: None,
        skip: false,
        remember: true,
        remember_for: 0,
        handled_at: Some(moment("2026-07-01T10:00:05Z") + TimeDelta::milliseconds(250)),
        oidc_context: Claims::new(),
        context: None,
        id_token_claims: Claims::new(),
        access_token_claims: Claims::new(),
        device: None,
    }
}

/// Stores a client with nothing but an id.
pub(crate) fn store_client(database: &ScratchDb, id: &str) {
    let empty = "'', '', '', '', '', '', '', '', '', ''";
    execute(
        database,
        &format!(
            "INSERT INTO hydra_client (id, nid, client_name, client_secret, scope, owner, policy_uri, tos_uri, client_uri, \
             logo_uri, sector_identifier_uri, jwks_uri, jwks, metadata, frontchannel_logout_uri, backchannel_logout_uri, \
             redirect_uris, grant_types, response_types, audience, allowed_cors_origins, contacts, request_uris, \
             post_logout_redirect_uris) \
             SELECT '{id}', id, {empty}, '{{}}', '{{}}', '', '', '[]', '[]', '[]', '[]', '[]', '[]', '[]', '[]' FROM networks"
        ),
    );
}
