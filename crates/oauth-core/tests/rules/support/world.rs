//! A server over a storage in memory, at a moment that stands still.

use std::{fmt::Debug, sync::Arc, time::Duration};

use chrono::TimeDelta;
use oauth_core::{
    Parts, Provider,
    client::{AccessTokenStrategy, AuthMethod, Client, Lifespans, Registered, Registration, SecretHash, SigningChoice},
    ids::{AccessSignature, ClientId, KeyId, KeySetName, RefreshSignature, RequestId},
    keys::NewKey,
    policy::{
        ACCESS_TOKEN_KEYS, Cookies, ID_TOKEN_KEYS, JwtClaims, Lifetimes, OnReuse, Pages, PairwiseSalt, Pkce, Policy,
        RefreshRotation, Rotation, ScopeClaim, SecretHashing, SubjectTypes,
    },
    scope::ScopeStrategy,
    secret::ClientSecret,
    storage::{AccessTokenRecord, GrantRecord, Records, RefreshTokenRecord, Storage, StorageError},
    testkit::{FixedClock, ScriptedRandom},
    token::{Claims, ExpiresAt, IdTokenSession, Session},
};
use serde_json::json;
use token_hmac::{PageSecrets, SystemSecrets, TokenKind};
use token_jwt::VerifyingKey;
use uuid::{Uuid, uuid};

use super::{Ask, Delivered, Flaky, ScriptedRemote, beginning};

const SYSTEM_SECRET: &str = "a system secret that only tests have";
/// The network that every world serves.
pub(crate) const NETWORK: Uuid = uuid!("7c9e6679-7425-40de-944b-e07fc1f90ae7");

/// One server and everything around it. [`World::another_instance`] puts a second server over the same database.
pub(crate) struct World {
    pub(crate) provider: Provider<Flaky>,
    pub(crate) storage: Flaky,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) remote: Arc<ScriptedRemote>,
    pub(crate) delivered: Arc<Delivered>,
    pub(crate) random: Arc<ScriptedRandom>,
}

/// What is around a server.
struct Around {
    storage: Flaky,
    clock: Arc<FixedClock>,
    remote: Arc<ScriptedRemote>,
    delivered: Arc<Delivered>,
    random: Arc<ScriptedRandom>,
}

/// The secret that [`World::register`] gives a client.
pub(crate) fn secret_of(id: &str) -> String {
    format!("the secret of {id}")
}

impl World {
    /// A world with the defaults of the configuration.
    pub(crate) fn new() -> Self {
        Self::with(|_| ())
    }

    /// A world where the operator decided otherwise.
    pub(crate) fn with(change: impl FnOnce(&mut Policy)) -> Self {
        let mut policy = default_policy();
        change(&mut policy);
        let clock = Arc::new(FixedClock::at(beginning()));
        let (remote, delivered, random) = (Arc::default(), Arc::default(), Arc::default());
        let around = Around { storage: Flaky::default(), clock, remote, delivered, random };
        Self::build(policy, &[SYSTEM_SECRET], around, |_| ())
    }

    /// A world in which people can log in at `shop`.
    pub(crate) async fn with_shop() -> Self {
        Self::with_shop_and(|_| ()).await
    }

    /// The same where the operator decided otherwise.
    pub(crate) async fn with_shop_and(change: impl FnOnce(&mut Policy)) -> Self {
        let world = Self::with(change);
        world.add_key(ID_TOKEN_KEYS, "id-1").await;
        world.add_access_token_key("access-1").await;
        world.register_app("shop", |_| ()).await;
        world
    }

    /// Another server over the same storage, with its own memory.
    pub(crate) fn another_instance(&self) -> Self {
        self.instance_with(&[SYSTEM_SECRET], |_| ())
    }

    /// Another server over the same storage, configured otherwise.
    pub(crate) fn instance_with(&self, secrets: &[&str], change: impl FnOnce(&mut Policy)) -> Self {
        let mut policy = self.provider.policy().clone();
        change(&mut policy);
        self.instance_of(policy, secrets, |_| ())
    }

    /// Another server after the operator put a new system secret before the old one.
    pub(crate) fn after_rotating_the_system_secret(&self) -> Self {
        self.instance_with(&["a newer system secret of the tests", SYSTEM_SECRET], |_| ())
    }

    /// Another server over the same storage, of other parts.
    pub(crate) fn instance_of(&self, policy: Policy, secrets: &[&str], change: impl FnOnce(&mut Parts<Flaky>)) -> Self {
        let around = Around {
            storage: self.storage.clone(),
            clock: Arc::clone(&self.clock),
            remote: Arc::clone(&self.remote),
            delivered: Arc::clone(&self.delivered),
            random: Arc::clone(&self.random),
        };
        Self::build(policy, secrets, around, change)
    }

    fn build(policy: Policy, secrets: &[&str], around: Around, change: impl FnOnce(&mut Parts<Flaky>)) -> Self {
        let Around { storage, clock, remote, delivered, random } = around;
        let mut parts = Parts {
            storage: storage.clone(),
            policy,
            secrets: SystemSecrets::new(secrets).expect("the secrets are long enough"),
            page_secrets: PageSecrets::new(secrets).expect("there is a secret"),
            clock: Arc::clone(&clock) as _,
            random: Arc::clone(&random) as _,
            remote: Arc::clone(&remote) as _,
            delivery: Arc::clone(&delivered) as _,
            network: NETWORK,
            show_client,
        };
        change(&mut parts);
        Self { provider: Provider::new(parts).expect("threads start"), storage, clock, remote, delivered, random }
    }

    /// Time goes by.
    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// Registers a client for client credentials, scope `api`, whose secret is [`secret_of`] its id.
    pub(crate) async fn register(&self, id: &str, change: impl FnOnce(&mut Client)) -> Registered {
        self.try_register(id, change).await.expect("the client can be registered")
    }

    /// Registers a client that logs people in at `https://<id>.example/cb` and may do everything else about it, too.
    pub(crate) async fn register_app(&self, id: &str, change: impl FnOnce(&mut Client)) -> Registered {
        let list = super::list;
        self.register(id, |client| {
            client.redirect_uris = vec![format!("https://{id}.example/cb")];
            client.grant_types = list(&["authorization_code", "refresh_token", "implicit"]);
            client.response_types = list(&[
                "code",
                "token",
                "id_token",
                "token id_token",
                "code id_token",
                "code token",
                "code token id_token",
            ]);
            client.scope = "openid offline offline_access api photos.*".to_owned();
            client.audience = list(&["https://api.example/v1", "https://api.example/v2"]);
            change(client);
        })
        .await
    }

    /// Registers a public client of the same kind.
    pub(crate) async fn register_public_app(&self, id: &str, change: impl FnOnce(&mut Client)) {
        let mut registration = registration(id, |client| {
            client.redirect_uris = vec![format!("https://{id}.example/cb")];
            client.grant_types = super::list(&["authorization_code", "refresh_token"]);
            client.response_types = super::list(&["code"]);
            client.scope = "openid offline api".to_owned();
            client.token_endpoint_auth_method = AuthMethod::None;
            change(client);
        });
        registration.secret = None;
        self.provider.register_client(registration).await.expect("the client can be registered");
    }

    /// Looks into the storage.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut dyn Records) -> Result<T, StorageError> + Send + 'static,
    ) -> T {
        self.storage.read(job).await.expect("storage answers")
    }

    /// Changes what is stored, behind the server's back.
    pub(crate) async fn change<T: Send + Debug + 'static>(
        &self,
        job: impl FnMut(&mut dyn Records) -> Result<T, StorageError> + Send + 'static,
    ) -> T {
        self.storage.write(job).await.expect("it is stored")
    }

    /// The claims of an ID token or another JWT that this server signed, and the id of the key.
    pub(crate) async fn verified(&self, token: &str) -> (Claims, String) {
        let header = token_jwt::peek_header(token).expect("a header");
        let kid = header.kid.expect("a kid");
        let published = self.provider.published_sets().await.expect("there are keys");
        let mut keys = published.iter().flat_map(|set| set.public_keys());
        let key = keys.find(|key| key.kid() == Some(&kid)).expect("it is published");
        let verified =
            VerifyingKey::from_jwk(&key).expect("it verifies").verify(token).expect("the signature is right");
        (verified.claims().expect("claims"), kid)
    }

    /// Takes a key out of its set.
    pub(crate) async fn delete_key(&self, set: &str, kid: &str) {
        self.provider.delete_keys(KeySetName::new(set), Some(KeyId::new(kid))).await.expect("it is deleted");
    }

    /// As [`World::register`], for what may be refused.
    pub(crate) async fn try_register(
        &self,
        id: &str,
        change: impl FnOnce(&mut Client),
    ) -> Result<Registered, oauth_core::Error> {
        self.provider.register_client(registration(id, change)).await
    }

    /// Replaces a client; without a secret the present one stays.
    pub(crate) async fn replace(&self, id: &str, secret: Option<&str>, change: impl FnOnce(&mut Client)) -> Client {
        let registration = Registration { secret: secret.map(ClientSecret::new), ..registration(id, change) };
        let updated = self.provider.replace_client(ClientId::new(id), registration, None).await;
        updated.expect("the client can be replaced").expect("nobody else changed it").client
    }

    /// Stores a client as it is, whatever the rules say. It begins as one of [`World::register`], but that no secret is its.
    pub(crate) async fn store(&self, id: &str, change: impl FnOnce(&mut Client)) -> Client {
        let mut client = Client {
            subject_type: "public".to_owned(),
            userinfo_signed_response_alg: "none".to_owned(),
            registration_access_token_signature: "a signature".to_owned(),
            ..blank_client(id)
        };
        change(&mut client);
        let row = client.clone();
        self.storage.write(move |records| records.insert_client(&row)).await.expect("it is stored");
        client
    }

    /// A request of nobody yet.
    pub(crate) fn ask(&self) -> Ask<'_> {
        Ask::new(self)
    }

    /// A request that authenticates as a client which was registered by [`World::register`].
    pub(crate) fn ask_as(&self, id: &str) -> Ask<'_> {
        self.ask().basic(id, &secret_of(id))
    }

    /// An access token of the client, for its whole registered scope `api`.
    pub(crate) async fn access_token(&self, id: &str) -> String {
        let answer = self.ask_as(id).with("scope", "api").token().await;
        answer.expect("a token is issued").access_token.into_exposed()
    }

    /// Puts a key into a set, quickly made.
    pub(crate) async fn add_key(&self, set: &str, kid: &str) {
        let new = NewKey { alg: "ES256".to_owned(), key_use: "sig".to_owned(), kid: Some(kid.to_owned()) };
        self.provider.create_key(KeySetName::new(set), new).await.expect("a key is made");
    }

    /// Gives this server a quick key for JWT access tokens.
    pub(crate) async fn add_access_token_key(&self, kid: &str) {
        self.add_key(ACCESS_TOKEN_KEYS, kid).await;
    }

    /// The row of an access token, found as the server finds it.
    pub(crate) async fn row_of(&self, token: &str) -> Option<AccessTokenRecord> {
        let part = token_hmac::signature_part(token).expect("a token of ours has a signature");
        let signature = AccessSignature::new(token_hmac::access_row_signature(part));
        self.storage.read(move |records| records.access_token(&signature)).await.expect("storage answers")
    }

    /// Stores a refresh token, as a login would have issued it together with `access_token`.
    pub(crate) async fn store_refresh_token(
        &self,
        client: &str,
        request: &str,
        change: impl FnOnce(&mut RefreshTokenRecord),
    ) -> String {
        let secrets = SystemSecrets::new(&[SYSTEM_SECRET]).expect("the secret is long enough");
        let minted = secrets.mint(TokenKind::Refresh, (&*self.random as &dyn oauth_core::ports::Random).bytes());
        let mut record = RefreshTokenRecord {
            signature: RefreshSignature::new(minted.signature),
            grant: self.grant(client, request),
            access_token_signature: None,
            first_used_at: None,
            used_times: None,
        };
        change(&mut record);
        self.storage.write(move |records| records.insert_refresh_token(&record)).await.expect("it is stored");
        minted.token
    }

    /// Stores an access token that no grant of this server issues yet.
    pub(crate) async fn store_access_token(
        &self,
        client: &str,
        request: &str,
        change: impl FnOnce(&mut AccessTokenRecord),
    ) -> String {
        let secrets = SystemSecrets::new(&[SYSTEM_SECRET]).expect("the secret is long enough");
        let minted = secrets.mint(TokenKind::Access, (&*self.random as &dyn oauth_core::ports::Random).bytes());
        let signature = AccessSignature::new(token_hmac::access_row_signature(&minted.signature));
        let mut record = AccessTokenRecord { signature, grant: self.grant(client, request) };
        change(&mut record);
        let stored = self.storage.write(move |records| records.insert_access_token(&record)).await;
        stored.map_err(|why: StorageError| why).expect("it is stored");
        minted.token
    }

    fn grant(&self, client: &str, request: &str) -> GrantRecord {
        let now = self.provider.now();
        let ends = now + TimeDelta::hours(1);
        GrantRecord {
            request_id: RequestId::new(request),
            requested_at: now,
            client_id: ClientId::new(client),
            requested_scope: vec!["openid".to_owned(), "photos.*".to_owned()],
            granted_scope: vec!["openid".to_owned(), "photos.*".to_owned()],
            requested_audience: Vec::new(),
            granted_audience: Vec::new(),
            form_data: String::new(),
            session: Session {
                id_token: IdTokenSession {
                    expires_at: ExpiresAt {
                        access_token: Some(ends),
                        refresh_token: Some(ends),
                        ..ExpiresAt::default()
                    },
                    subject: "alice".to_owned(),
                    ..IdTokenSession::default()
                },
                ..Session::default()
            },
            subject: "alice".to_owned(),
            active: true,
            challenge_id: None,
            expires_at: Some(ends),
        }
    }
}

/// What an operator sends to register a client.
pub(crate) fn registration(id: &str, change: impl FnOnce(&mut Client)) -> Registration {
    let mut client = blank_client(id);
    change(&mut client);
    Registration {
        client,
        signing: SigningChoice::default(),
        secret: Some(ClientSecret::new(secret_of(id))),
        forget_rotated_secrets: false,
    }
}

fn blank_client(id: &str) -> Client {
    Client {
        id: ClientId::new(id),
        name: String::new(),
        secret: SecretHash::new(""),
        rotated_secrets: Vec::new(),
        redirect_uris: Vec::new(),
        grant_types: vec!["client_credentials".to_owned()],
        response_types: Vec::new(),
        scope: "api".to_owned(),
        audience: Vec::new(),
        owner: String::new(),
        policy_uri: String::new(),
        allowed_cors_origins: Vec::new(),
        tos_uri: String::new(),
        client_uri: String::new(),
        logo_uri: String::new(),
        contacts: Vec::new(),
        subject_type: String::new(),
        sector_identifier_uri: String::new(),
        jwks_uri: String::new(),
        jwks: "{}".to_owned(),
        token_endpoint_auth_method: AuthMethod::ClientSecretBasic,
        token_endpoint_auth_signing_alg: String::new(),
        request_uris: Vec::new(),
        request_object_signing_alg: String::new(),
        userinfo_signed_response_alg: String::new(),
        created_at: beginning(),
        updated_at: beginning(),
        frontchannel_logout_uri: String::new(),
        frontchannel_logout_session_required: false,
        post_logout_redirect_uris: Vec::new(),
        backchannel_logout_uri: String::new(),
        backchannel_logout_session_required: false,
        metadata: "{}".to_owned(),
        registration_access_token_signature: String::new(),
        access_token_strategy: None,
        skip_consent: false,
        skip_logout_consent: None,
        lifespans: Lifespans::default(),
    }
}

fn default_policy() -> Policy {
    Policy {
        issuer: "https://op.example/".to_owned(),
        public_url: "https://op.example/".to_owned(),
        token_urls: vec!["https://op.example/oauth2/token".to_owned()],
        scope_strategy: ScopeStrategy::Wildcard,
        access_token_strategy: AccessTokenStrategy::Opaque,
        jwt_scope_claim: ScopeClaim::List,
        lifetimes: Lifetimes {
            access_token: Duration::from_secs(3600),
            refresh_token: Some(Duration::from_secs(720 * 3600)),
            id_token: Duration::from_secs(3600),
            auth_code: Duration::from_secs(600),
            login_consent_request: Duration::from_secs(1800),
            authentication_session: Duration::from_secs(720 * 3600),
        },
        default_grant_allowed_scope: false,
        jwt_claims: JwtClaims {
            exclude_not_before: false,
            allowed_top_level: Vec::new(),
            mirror_top_level: true,
            preserve_ext: false,
        },
        default_client_scope: vec!["offline_access".to_owned(), "offline".to_owned(), "openid".to_owned()],
        subject_types: SubjectTypes { public: true, pairwise: false },
        // As few rounds as there can be: the tests are about who gets in, not about how long it takes.
        secret_hashing: SecretHashing::Pbkdf2 { iterations: 1 },
        broadcast_keys: Vec::new(),
        disallow_private_ip_ranges: false,
        compat_hydra: false,
        dev: false,
        pages: Pages {
            authorization: "https://op.example/oauth2/auth".to_owned(),
            end_session: "https://op.example/oauth2/sessions/logout".to_owned(),
            login: "https://id.example/login".to_owned(),
            registration: "https://id.example/registration".to_owned(),
            consent: "https://id.example/consent".to_owned(),
            logout: "https://id.example/logout".to_owned(),
            post_logout: "https://id.example/bye".to_owned(),
        },
        pkce: Pkce::default(),
        refresh: RefreshRotation {
            idempotent_window: Duration::ZERO,
            race_window: Duration::from_secs(60),
            fork: None,
            rotation: Rotation::Always,
            on_reuse: OnReuse::Revoke,
        },
        pairwise_salt: PairwiseSalt("saltsaltsalt".to_owned()),
        cookies: Cookies { domain: None, secure: true, same_site_none: true },
    }
}

/// The API shows more of a client; what is inside a challenge is for the applications, and no rule reads it.
fn show_client(client: &Client) -> Claims {
    let shown = json!({ "client_id": client.id.as_str(), "client_name": client.name });
    shown.as_object().cloned().unwrap_or_default()
}
