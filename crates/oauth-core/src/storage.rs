//! Two doors to whatever remembers state, and the small traits behind them.
//!
//! A job gets `&mut dyn Records`, is plain synchronous code, and asks for the narrowest trait it needs. Ids and times are
//! made by the callers, never by SQL. Look-ups answer `Option`: missing is an answer, not an error.

use std::future::Future;

use chrono::{DateTime, Utc};
use token_jwt::Jwk;
use uuid::Uuid;

use crate::{
    client::Client,
    ids::{AccessSignature, ClientId, KeyId, KeySetName, RefreshSignature, RequestId},
    token::Session,
};

/// A place that remembers clients, tokens and keys. Clones share one place.
pub trait Storage: Clone + Send + Sync + 'static {
    /// Runs a job that only looks. The job may see a state that is a moment old, never a half-done one.
    fn read<T, E>(
        &self,
        job: impl FnOnce(&mut dyn Records) -> Result<T, E> + Send + 'static,
    ) -> impl Future<Output = Result<T, E>> + Send
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static;

    /// Runs a job that changes state: commits on `Ok`, rolls back on `Err`, and answers only after the commit is durable.
    /// `FnMut`, because the job runs again when the database reports contention.
    fn write<T, E>(
        &self,
        job: impl FnMut(&mut dyn Records) -> Result<T, E> + Send + 'static,
    ) -> impl Future<Output = Result<T, E>> + Send
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static;

    /// Like [`Storage::write`] for a job of exactly one changing statement: it may share a commit with others without a
    /// savepoint of its own, which is what makes issuing tokens cheap.
    fn write_one<T, E>(
        &self,
        job: impl FnMut(&mut dyn Records) -> Result<T, E> + Send + 'static,
    ) -> impl Future<Output = Result<T, E>> + Send
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.write(job)
    }
}

/// Everything a job can ask for.
pub trait Records: ClientRecords + TokenRecords + KeyRecords {}

impl<R: ClientRecords + TokenRecords + KeyRecords> Records for R {}

/// Why storage could not answer. Never carries a value of a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// A row with this key exists already. The surrounding write was not applied.
    #[error("a row with this key exists already")]
    Duplicate,
    /// The row belongs to another that is gone, such as a token to a client that was deleted meanwhile.
    #[error("what this row belongs to is gone")]
    MissingParent,
    /// The database cannot be reached, is full, or did not answer in time. Trying again later may help.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Others kept changing the same rows, also after several tries.
    #[error("the database reported contention again and again")]
    Contention,
    /// A stored value cannot be read: written under another system secret, or damaged. Names table and column, not the value.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(String),
    /// A value does not fit its column: too long, or with a NUL character.
    #[error("a value does not fit its column: {0}")]
    Unfit(String),
    /// Anything else the database reported.
    #[error("the database refused: {0}")]
    Refused(String),
}

/// Clients.
pub trait ClientRecords {
    /// Looks a client up.
    fn client(&mut self, id: &ClientId) -> Result<Option<Client>, StorageError>;

    /// Stores a new client; [`StorageError::Duplicate`] when the id is taken, and nothing is changed.
    fn insert_client(&mut self, client: &Client) -> Result<(), StorageError>;

    /// Overwrites every field but `id` and `created_at`. `false` when there is no such client.
    fn update_client(&mut self, client: &Client) -> Result<bool, StorageError>;

    /// Deletes a client and, with it, all its tokens. `false` when there was none.
    fn delete_client(&mut self, id: &ClientId) -> Result<bool, StorageError>;

    /// Clients in ascending order of their ids.
    fn list_clients(&mut self, query: &ClientQuery) -> Result<Vec<Client>, StorageError>;
}

/// Which clients to list.
#[derive(Clone, Debug, Default)]
pub struct ClientQuery {
    /// Only those with exactly this `client_name`.
    pub name: Option<String>,
    /// Only those with exactly this `owner`.
    pub owner: Option<String>,
    /// Only those whose id sorts after this one: the keyset position of a page.
    pub after: Option<ClientId>,
    /// At most this many.
    pub limit: u32,
}

/// Access and refresh tokens.
pub trait TokenRecords {
    /// Stores a token. One statement.
    fn insert_access_token(&mut self, token: &AccessTokenRecord) -> Result<(), StorageError>;

    /// Looks a token up by primary key. One statement.
    fn access_token(&mut self, signature: &AccessSignature) -> Result<Option<AccessTokenRecord>, StorageError>;

    /// Deletes all access tokens of one authorization; how many there were.
    fn delete_access_tokens_of_request(&mut self, request: &RequestId) -> Result<usize, StorageError>;

    /// Deletes all access tokens of a client; how many there were.
    fn delete_access_tokens_of_client(&mut self, client: &ClientId) -> Result<usize, StorageError>;

    /// Stores a refresh token.
    fn insert_refresh_token(&mut self, token: &RefreshTokenRecord) -> Result<(), StorageError>;

    /// Looks a refresh token up, active or not.
    fn refresh_token(&mut self, signature: &RefreshSignature) -> Result<Option<RefreshTokenRecord>, StorageError>;

    /// Deletes all refresh tokens of one authorization; how many there were.
    fn delete_refresh_tokens_of_request(&mut self, request: &RequestId) -> Result<usize, StorageError>;
}

/// What a stored token stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct GrantRecord {
    /// The authorization it belongs to.
    pub request_id: RequestId,
    /// When the request came in.
    pub requested_at: DateTime<Utc>,
    /// The client it was issued to.
    pub client_id: ClientId,
    /// Scope asked for.
    pub requested_scope: Vec<String>,
    /// Scope granted.
    pub granted_scope: Vec<String>,
    /// Audience asked for.
    pub requested_audience: Vec<String>,
    /// Audience granted.
    pub granted_audience: Vec<String>,
    /// The harmless parameters of the request, form-encoded and sorted by name.
    pub form_data: String,
    /// What is remembered with it.
    pub session: Session,
    /// The resource owner, or the client itself.
    pub subject: String,
    /// `false` once it was used up.
    pub active: bool,
    /// The consent it came from, if any.
    pub challenge_id: Option<String>,
    /// Copy of the session's expiry, for cleaning up. The session decides.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A stored access token.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessTokenRecord {
    /// Primary key.
    pub signature: AccessSignature,
    /// What it stands for.
    pub grant: GrantRecord,
}

/// A stored refresh token.
#[derive(Clone, Debug, PartialEq)]
pub struct RefreshTokenRecord {
    /// Primary key.
    pub signature: RefreshSignature,
    /// What it stands for.
    pub grant: GrantRecord,
    /// The access token issued together with it.
    pub access_token_signature: Option<AccessSignature>,
    /// First use inside the grace period of a rotation.
    pub first_used_at: Option<DateTime<Utc>>,
    /// Uses inside the grace period.
    pub used_times: Option<i32>,
}

/// JSON Web Keys, private members included; storage encrypts them at rest.
pub trait KeyRecords {
    /// The keys of a set, newest first.
    fn keys_of_set(&mut self, set: &KeySetName) -> Result<Vec<KeyRecord>, StorageError>;

    /// One key.
    fn key(&mut self, set: &KeySetName, kid: &KeyId) -> Result<Option<KeyRecord>, StorageError>;

    /// Adds a key; [`StorageError::Duplicate`] when the set has this `kid`.
    fn insert_key(&mut self, key: &KeyRecord) -> Result<(), StorageError>;

    /// Deletes a key, and the trusted issuers that refer to it. `false` when there was none.
    fn delete_key(&mut self, set: &KeySetName, kid: &KeyId) -> Result<bool, StorageError>;

    /// Deletes all keys of a set; how many there were.
    fn delete_keys_of_set(&mut self, set: &KeySetName) -> Result<usize, StorageError>;
}

/// A stored key.
#[derive(Clone, Debug)]
pub struct KeyRecord {
    /// Row id, new whenever the key is written; UUID v7, so that keys of the same second still have an order.
    pub id: Uuid,
    /// The set it belongs to.
    pub set: KeySetName,
    /// The key itself; its `kid` is the row's.
    pub jwk: Jwk,
    /// When it was added: the newest private key of a set signs.
    pub created_at: DateTime<Utc>,
}
