//! Two doors to whatever remembers state, and the small traits behind them.
//!
//! A job gets `&mut dyn Records`, is plain synchronous code, and asks for the narrowest trait it needs. Ids and times are
//! made by the callers, never by SQL. Look-ups answer `Option`: missing is an answer, not an error.

use std::future::Future;

use chrono::{DateTime, Utc};
use token_jwt::Jwk;
use uuid::Uuid;

use crate::{
    client::{Client, SigningChoice},
    ids::{
        AccessSignature, ClientId, CodeSignature, FlowId, JtiSignature, KeyId, KeySetName, LoginSessionId,
        RefreshSignature, RequestId,
    },
    secret::AuthorizationCode,
    token::{Claims, Session},
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

    /// Stores an access token; [`TokenRecords::insert_access_token`] in a write of its own. Nothing but the token is needed for
    /// that, so a storage can do better than to run a job: it may make the row before it comes to the database's turn, and
    /// store several tokens with one statement.
    fn add_access_token(&self, token: AccessTokenRecord) -> impl Future<Output = Result<(), StorageError>> + Send {
        self.write_one(move |records| records.insert_access_token(&token))
    }

    /// Looks an access token up; [`TokenRecords::access_token`] in a read of its own. A storage may answer several such questions
    /// with one statement, as long as that begins after the last of them was asked.
    fn access_token(
        &self,
        signature: AccessSignature,
    ) -> impl Future<Output = Result<Option<AccessTokenRecord>, StorageError>> + Send {
        self.read(move |records| records.access_token(&signature))
    }

    /// Looks a client up; [`ClientRecords::client`] likewise.
    fn client(&self, id: ClientId) -> impl Future<Output = Result<Option<Client>, StorageError>> + Send {
        self.read(move |records| records.client(&id))
    }
}

/// Everything a job can ask for.
pub trait Records:
    ClientRecords
    + AssertionRecords
    + TokenRecords
    + CodeRecords
    + RefreshAnswerRecords
    + LoginRecords
    + ConsentRecords
    + KeyRecords
{
}

impl<R> Records for R where
    R: ClientRecords
        + AssertionRecords
        + TokenRecords
        + CodeRecords
        + RefreshAnswerRecords
        + LoginRecords
        + ConsentRecords
        + KeyRecords
{
}

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

    /// Keeps how a client wants its tokens signed, in place of an earlier choice; the choice that there is nothing to choose is
    /// not kept. It goes with the client. What is left of a client that was deleted elsewhere must not pass for the choice of a new
    /// one of the same id: that one's users could not log in.
    fn put_signing_choice(&mut self, client: &Client, choice: SigningChoice) -> Result<(), StorageError>;

    /// The choices of these clients, as far as they made one.
    fn signing_choices(&mut self, clients: &[ClientId]) -> Result<Vec<(ClientId, SigningChoice)>, StorageError>;

    /// The choice of one client.
    fn signing_choice(&mut self, client: &ClientId) -> Result<SigningChoice, StorageError> {
        Ok(SigningChoice::among(&self.signing_choices(std::slice::from_ref(client))?, client))
    }
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

/// Ids of assertions that were used (RFC 7523 §3): each is good once.
pub trait AssertionRecords {
    /// Remembers an id until its assertion expires; [`StorageError::Duplicate`] when it was used before, by an assertion that has not
    /// expired. Succeeds for exactly one caller: succeeding twice lets a thief who saw an assertion use it again. Changes at
    /// most one row.
    fn remember_jti(
        &mut self,
        jti: &JtiSignature,
        expires_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError>;

    /// Deletes at most `limit` ids of assertions that have expired; how many there were.
    fn sweep_jtis(&mut self, now: DateTime<Utc>, limit: u32) -> Result<usize, StorageError>;
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

    /// Spends a refresh token: from now on it is inactive, and may be swept after `forget_at`. `true` for exactly one caller,
    /// ever: answering `true` twice forks one authorization into two.
    fn spend_refresh_token(
        &mut self,
        signature: &RefreshSignature,
        forget_at: DateTime<Utc>,
    ) -> Result<bool, StorageError>;

    /// Uses a refresh token inside Hydra's grace period (`oauth2.grant.refresh_token.rotation_grace_*`): notes the first use,
    /// counts this one, and makes it inactive. `false` when it was used `limit` times already, or is gone.
    fn use_refresh_token_in_grace(
        &mut self,
        signature: &RefreshSignature,
        used_at: DateTime<Utc>,
        forget_at: DateTime<Utc>,
        limit: Option<i32>,
    ) -> Result<bool, StorageError>;

    /// Deletes one access token; `false` when there was none.
    fn delete_access_token(&mut self, signature: &AccessSignature) -> Result<bool, StorageError>;

    /// Deletes all refresh tokens of one authorization; how many there were.
    fn delete_refresh_tokens_of_request(&mut self, request: &RequestId) -> Result<usize, StorageError>;
}

/// Authorization codes, and what is remembered with each: the PKCE challenge and the OpenID Connect request. The latter two are
/// rows of their own only because Hydra has them.
pub trait CodeRecords {
    /// Stores a code.
    fn insert_code(&mut self, code: &CodeRecord) -> Result<(), StorageError>;

    /// Looks a code up, spent or not.
    fn code(&mut self, signature: &CodeSignature) -> Result<Option<CodeRecord>, StorageError>;

    /// Spends an authorization code; the row stays for `forget_at`, so that a second use is recognised. `true` for exactly one
    /// caller, ever: answering `true` twice hands one login to two parties; answering `false` too often only makes a user log
    /// in again.
    fn spend_code(&mut self, signature: &CodeSignature, forget_at: DateTime<Utc>) -> Result<bool, StorageError>;

    /// Remembers the PKCE challenge of a code: `grant.form_data` holds `code_challenge` and `code_challenge_method`.
    fn insert_code_challenge(&mut self, code: &CodeRecord) -> Result<(), StorageError>;

    /// `form_data` of the PKCE challenge of a code; `None` when none was sent.
    fn code_challenge(&mut self, signature: &CodeSignature) -> Result<Option<String>, StorageError>;

    /// Forgets the PKCE challenge of a code.
    fn delete_code_challenge(&mut self, signature: &CodeSignature) -> Result<(), StorageError>;

    /// Remembers the OpenID Connect request behind a code, under the whole code as Hydra does: whoever reads this table holds
    /// the codes in it, so a row must go when its code is spent.
    fn insert_openid_request(&mut self, code: &AuthorizationCode, grant: &GrantRecord) -> Result<(), StorageError>;

    /// Forgets the OpenID Connect request behind a code.
    fn delete_openid_request(&mut self, code: &AuthorizationCode) -> Result<(), StorageError>;
}

/// A stored authorization code.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeRecord {
    /// Primary key.
    pub signature: CodeSignature,
    /// What it stands for; `form_data` also holds the `redirect_uri` of the request, if it had one.
    pub grant: GrantRecord,
}

/// Answers to refreshes, kept for a minute: a client that lost its answer, or asked twice at once, gets the same one again. They
/// are sealed under a key that only the spent token yields.
pub trait RefreshAnswerRecords {
    /// Keeps an answer.
    fn insert_refresh_answer(&mut self, answer: &RefreshAnswer) -> Result<(), StorageError>;

    /// The answer that a spent token led to, also when its time is over.
    fn refresh_answer(&mut self, spent: &RefreshSignature) -> Result<Option<RefreshAnswer>, StorageError>;

    /// Deletes the answer that handed this token out: its holder has shown that it arrived.
    fn delete_refresh_answer_of_successor(&mut self, successor: &RefreshSignature) -> Result<(), StorageError>;

    /// Deletes all answers of one authorization.
    fn delete_refresh_answers_of_request(&mut self, request: &RequestId) -> Result<usize, StorageError>;

    /// Deletes at most `limit` answers whose time was over before `now`; how many there were.
    fn sweep_refresh_answers(&mut self, now: DateTime<Utc>, limit: u32) -> Result<usize, StorageError>;
}

/// A kept answer.
#[derive(Clone, Debug, PartialEq)]
pub struct RefreshAnswer {
    /// The spent token; primary key.
    pub spent: RefreshSignature,
    /// The authorization.
    pub request_id: RequestId,
    /// The token it handed out.
    pub successor: RefreshSignature,
    /// Hex SHA-256 over who asked and for what: only the same question gets the same answer.
    pub ask: String,
    /// What the first call was bound to (`jkt:…`, `x5t:…`), if anything.
    pub binding: Option<String>,
    /// The sealed answer.
    pub sealed: Vec<u8>,
    /// When the token was spent.
    pub rotated_at: DateTime<Utc>,
    /// When the answer may be forgotten.
    pub expires_at: DateTime<Utc>,
}

/// Login sessions: who logged in, in which browser, how long ago; and subject identifiers that login applications made up.
pub trait LoginRecords {
    /// Looks a session up, remembered or not.
    fn login_session(&mut self, id: &LoginSessionId) -> Result<Option<LoginSession>, StorageError>;

    /// Stores a session, or overwrites the one of the same id.
    fn put_login_session(&mut self, session: &LoginSession) -> Result<(), StorageError>;

    /// Ends a session; `true` for exactly one caller. Consents and tokens that came of it stay.
    fn delete_login_session(&mut self, id: &LoginSessionId) -> Result<bool, StorageError>;

    /// Ends at most `limit` sessions of a subject; how many there were.
    fn delete_login_sessions_of_subject(&mut self, subject: &str, limit: u32) -> Result<usize, StorageError>;

    /// Remembers the subject identifier that a client knows a subject by, in place of an earlier one.
    fn put_forced_subject(&mut self, forced: &ForcedSubject) -> Result<(), StorageError>;

    /// The identifier that this client knows the subject by, if a login application made one up.
    fn forced_subject(&mut self, client: &ClientId, subject: &str) -> Result<Option<String>, StorageError>;

    /// The subject that this client knows by the identifier.
    fn subject_behind(&mut self, client: &ClientId, identifier: &str) -> Result<Option<String>, StorageError>;
}

/// A stored login session.
#[derive(Clone, Debug, PartialEq)]
pub struct LoginSession {
    /// Primary key.
    pub id: LoginSessionId,
    /// When the user logged in, whole seconds.
    pub authenticated_at: Option<DateTime<Utc>>,
    /// The user.
    pub subject: String,
    /// Whether it spares the user the next login. One that does not is kept for the consents that refer to it.
    pub remember: bool,
    /// Session at the identity provider, to be ended with this one.
    pub identity_provider_session_id: Option<String>,
    /// When the cookie ends at the latest. Bookkeeping: the cookie decides.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A subject identifier made up by a login application (`force_subject_identifier`).
#[derive(Clone, Debug, PartialEq)]
pub struct ForcedSubject {
    /// The client that knows it.
    pub client_id: ClientId,
    /// The user.
    pub subject: String,
    /// What the client calls the user.
    pub identifier: String,
}

/// Consents: who allowed which client what. All tokens, codes and challenges of an authorization hang on its consent and go
/// with it.
pub trait ConsentRecords {
    /// Stores a consent; [`StorageError::Duplicate`] when its verifier was used before.
    fn insert_consent(&mut self, consent: &ConsentRecord) -> Result<(), StorageError>;

    /// One consent.
    fn consent(&mut self, id: &RequestId) -> Result<Option<ConsentRecord>, StorageError>;

    /// The newest consent of a subject to a client that is remembered, was not itself skipped, and has not expired.
    fn remembered_consent(
        &mut self,
        subject: &str,
        client: &ClientId,
        now: DateTime<Utc>,
    ) -> Result<Option<ConsentRecord>, StorageError>;

    /// Consents that were given in person and have not expired, in ascending order of their flows.
    fn list_consents(&mut self, query: &ConsentQuery) -> Result<Vec<ConsentRecord>, StorageError>;

    /// Ids of at most `limit` consents, expired and skipped ones included.
    fn consents_of(&mut self, whose: &ConsentSelection, limit: u32) -> Result<Vec<RequestId>, StorageError>;

    /// Deletes a consent with everything that hangs on it; `false` when there was none.
    fn delete_consent(&mut self, id: &RequestId) -> Result<bool, StorageError>;

    /// Clients that took part in a login session and want to hear of its end: they have a consent of this session and subject,
    /// and a front-channel or back-channel logout URI. Each once.
    fn clients_of_session(&mut self, session: &LoginSessionId, subject: &str) -> Result<Vec<Client>, StorageError>;
}

/// Which consents to list.
#[derive(Clone, Debug)]
pub struct ConsentQuery {
    /// Who gave them.
    pub subject: String,
    /// Only those of this login session.
    pub session: Option<LoginSessionId>,
    /// Only those whose flow sorts after this one: the keyset position of a page.
    pub after: Option<FlowId>,
    /// The present moment: expired ones are left out.
    pub now: DateTime<Utc>,
    /// At most this many.
    pub limit: u32,
}

/// Whose consents to revoke.
#[derive(Clone, Debug, PartialEq)]
pub enum ConsentSelection {
    /// All of a subject.
    Subject(String),
    /// Those of a subject to one client.
    SubjectAt(String, ClientId),
}

/// A stored consent, with the login and the request it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct ConsentRecord {
    /// Primary key.
    pub flow: FlowId,
    /// What its tokens refer to.
    pub id: RequestId,
    /// When the authorization request began, whole seconds: `remember_for` counts from here.
    pub requested_at: DateTime<Utc>,
    /// Scope asked for.
    pub requested_scope: Vec<String>,
    /// Audience asked for.
    pub requested_audience: Vec<String>,
    /// Scope granted.
    pub granted_scope: Vec<String>,
    /// Audience granted.
    pub granted_audience: Vec<String>,
    /// The user.
    pub subject: String,
    /// The client.
    pub client_id: ClientId,
    /// The authorization request, absolute.
    pub request_url: String,
    /// `acr` of the login.
    pub acr: String,
    /// `amr` of the login.
    pub amr: Vec<String>,
    /// The login session; `None` once that ended.
    pub session: Option<LoginSessionId>,
    /// Whether the consent was skipped because of an earlier one.
    pub skip: bool,
    /// Whether later requests may skip it.
    pub remember: bool,
    /// Seconds from `requested_at` on for which it is remembered; 0: for ever.
    pub remember_for: i32,
    /// When it was given.
    pub handled_at: Option<DateTime<Utc>>,
    /// What OpenID Connect asked for, as JSON.
    pub oidc_context: Claims,
    /// Any JSON of the login or consent application, as text.
    pub context: Option<String>,
    /// Claims for the ID token.
    pub id_token_claims: Claims,
    /// Claims for the access token.
    pub access_token_claims: Claims,
    /// Of a device flow: the challenge of its verification page, and the request id of the device code.
    pub device: Option<(String, RequestId)>,
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
