//! The composition root: builds everything from the configuration. Nothing else makes a clock, a pool or a client.

use std::sync::Arc;

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use chrono::{DateTime, Utc};
use hydra_config::{Config, HashAlgorithm, SubjectType};
use oauth_core::{
    Parts, Provider,
    client::{AccessTokenStrategy, Client},
    ids::KeySetName,
    policy::{
        self, Forking, JwtClaims, Lifetimes, OnReuse, Pages, PairwiseSalt, Pkce, Policy, RefreshRotation, Rotation,
        ScopeClaim, SecretHashing, SubjectTypes,
    },
    ports::{Clock, Random},
    scope::ScopeStrategy,
    token::Claims,
};
use storage_diesel::{DieselStorage, Options, connection::patiently};
use token_hmac::{CookieSecrets, PageSecrets, SystemSecrets};

use crate::{
    ServeError,
    cookies::Cookies,
    delivery::HttpDelivery,
    development::Offered,
    embedded,
    public::well_known::{Advertised, Documents},
    remote::HttpRemote,
    state::State,
};

/// Builds what the handlers share.
pub(crate) fn build(config: &Config) -> Result<State, ServeError> {
    let random: Arc<dyn Random> = Arc::new(ProcessRandom);
    let database = database(config, &*random)?;
    let system: Vec<&str> = database.system_secrets.iter().map(String::as_str).collect();
    let secrets = SystemSecrets::new(&system).map_err(|why| ServeError::Secrets(why.to_string()))?;
    let pagination: Vec<&str> = config.secrets.pagination.iter().map(|secret| secret.expose()).collect();
    let pagination = if pagination.is_empty() { system } else { pagination };
    let page_secrets = PageSecrets::new(&pagination).map_err(|why| ServeError::Secrets(why.to_string()))?;
    let options = Options {
        dsn: database.dsn,
        secrets: secrets.clone(),
        encrypt_sessions: config.oauth2.session_encrypt_at_rest,
        random: Arc::clone(&random),
        migrate: database.is_ours,
    };
    let storage = patiently(|| DieselStorage::open(options.clone()), |line| log::warn!("{line}"))
        .map_err(|why| ServeError::Database(why.to_string()))?;
    let remote = Arc::new(HttpRemote::new(config.clients.http.disallow_private_ip_ranges));
    let cookie_secrets: Vec<&str> = config.secrets.cookie.iter().map(|secret| secret.expose()).collect();
    let cookies = Cookies::new(config, CookieSecrets::new(&cookie_secrets, &secrets));
    let parts = Parts {
        network: storage.network(),
        delivery: Arc::new(HttpDelivery::new(Arc::clone(&remote), config)),
        show_client,
        storage,
        policy: policy(config),
        secrets,
        page_secrets,
        clock: Arc::new(SystemClock),
        random: Arc::clone(&random),
        remote,
    };
    Ok(State {
        provider: Provider::new(parts).map_err(|why| ServeError::Start(format!("threads for slow work: {why}")))?,
        compat_hydra: config.compat.hydra,
        dev: config.dev,
        development: Offered::by(config),
        cookies,
        random,
        error_url: config.error_url(),
        max_body_size: usize::try_from(config.serve.max_body_size).unwrap_or(usize::MAX),
        discovery: advertised(config),
        documents: Documents::default(),
    })
}

/// Where the database is, and under which secrets.
struct Database {
    dsn: String,
    system_secrets: Vec<String>,
    /// We made it and keep it migrated: the embedded database of `--dev`.
    is_ours: bool,
}

fn database(config: &Config, random: &dyn Random) -> Result<Database, ServeError> {
    let configured: Vec<String> = config.secrets.system.iter().map(|secret| secret.expose().to_owned()).collect();
    if let Some(dsn) = &config.dsn {
        return Ok(Database { dsn: dsn.expose().to_owned(), system_secrets: configured, is_ours: false });
    }
    let embedded = |why| ServeError::Embedded { why };
    let path = embedded::database().map_err(embedded)?;
    log::info!("no DSN is set: using the embedded database {}", path.display());
    let system_secrets = match configured.is_empty() {
        true => vec![embedded::system_secret(&path, random).map_err(embedded)?],
        false => configured,
    };
    Ok(Database { dsn: format!("sqlite://{}", path.display()), system_secrets, is_ours: true })
}

fn policy(config: &Config) -> Policy {
    let oauth2 = &config.oauth2;
    Policy {
        issuer: config.issuer(),
        public_url: config.public_url(),
        token_urls: config.token_urls(),
        scope_strategy: match config.strategies.scope {
            hydra_config::ScopeStrategy::Exact => ScopeStrategy::Exact,
            hydra_config::ScopeStrategy::Wildcard => ScopeStrategy::Wildcard,
        },
        access_token_strategy: match config.strategies.access_token {
            hydra_config::AccessTokenStrategy::Opaque => AccessTokenStrategy::Opaque,
            hydra_config::AccessTokenStrategy::Jwt => AccessTokenStrategy::Jwt,
        },
        jwt_scope_claim: match config.strategies.jwt_scope_claim {
            hydra_config::ScopeClaim::List => ScopeClaim::List,
            hydra_config::ScopeClaim::String => ScopeClaim::Text,
            hydra_config::ScopeClaim::Both => ScopeClaim::Both,
        },
        lifetimes: Lifetimes {
            access_token: config.ttl.access_token,
            refresh_token: config.ttl.refresh_token,
            id_token: config.ttl.id_token,
            auth_code: config.ttl.auth_code,
            login_consent_request: config.ttl.login_consent_request,
            authentication_session: config.ttl.authentication_session,
        },
        default_grant_allowed_scope: oauth2.client_credentials_default_grant_allowed_scope,
        jwt_claims: JwtClaims {
            exclude_not_before: oauth2.exclude_not_before_claim,
            allowed_top_level: oauth2.allowed_top_level_claims.clone(),
            mirror_top_level: oauth2.mirror_top_level_claims,
            preserve_ext: oauth2.preserve_ext_claims,
        },
        default_client_scope: config.oidc.default_scope.clone(),
        subject_types: SubjectTypes {
            public: config.oidc.subject_types.contains(&SubjectType::Public),
            pairwise: config.oidc.subject_types.contains(&SubjectType::Pairwise),
        },
        secret_hashing: match oauth2.hashers.algorithm {
            HashAlgorithm::Pbkdf2 => SecretHashing::Pbkdf2 { iterations: oauth2.hashers.pbkdf2_iterations },
            HashAlgorithm::Bcrypt => SecretHashing::Bcrypt { cost: oauth2.hashers.bcrypt_cost },
        },
        broadcast_keys: config.webfinger.broadcast_keys.iter().map(KeySetName::new).collect(),
        disallow_private_ip_ranges: config.clients.http.disallow_private_ip_ranges,
        compat_hydra: config.compat.hydra,
        dev: config.dev,
        pages: Pages {
            authorization: config.authorization_url(),
            end_session: config.public_endpoint("oauth2/sessions/logout"),
            login: config.login_url(),
            registration: config.registration_url(),
            consent: config.consent_url(),
            logout: config.logout_url(),
            post_logout: config.post_logout_redirect_url(),
        },
        pkce: Pkce {
            enforced: oauth2.pkce.enforced,
            enforced_for_public_clients: oauth2.pkce.enforced_for_public_clients,
        },
        refresh: refresh_rotation(config),
        pairwise_salt: PairwiseSalt(
            config.oidc.pairwise_salt.as_ref().map(|salt| salt.expose().to_owned()).unwrap_or_default(),
        ),
        cookies: policy::Cookies {
            domain: config.serve.cookies.domain.clone(),
            secure: config.secure_cookies(),
            same_site_none: config.effective_same_site() == hydra_config::SameSite::None,
        },
    }
}

/// Hydra's grace period is a window in which the same answer is given again; the pairs that Hydra gives in it are given where a
/// reuse count asks for them, and side by side with Hydra.
fn refresh_rotation(config: &Config) -> RefreshRotation {
    let own = &config.oauth2.grant.refresh_token;
    let grace = own.rotation_grace_period;
    let forks = !grace.is_zero() && (own.rotation_grace_reuse_count > 0 || config.compat.hydra);
    RefreshRotation {
        idempotent_window: own.idempotent_window.unwrap_or(grace),
        race_window: own.race_window,
        fork: forks.then_some(Forking { period: grace, uses: own.rotation_grace_reuse_count }),
        rotation: match own.rotation {
            hydra_config::Rotation::Always => Rotation::Always,
            hydra_config::Rotation::Public => Rotation::PublicClients,
            hydra_config::Rotation::Never => Rotation::Never,
        },
        on_reuse: match own.on_reuse {
            hydra_config::OnReuse::Revoke => OnReuse::Revoke,
            hydra_config::OnReuse::Refuse => OnReuse::Refuse,
        },
    }
}

/// A client as the API shows it.
fn show_client(client: &Client) -> Claims {
    match serde_json::to_value(crate::admin::clients::shown(client.clone())) {
        Ok(serde_json::Value::Object(members)) => members,
        _ => Claims::new(),
    }
}

fn advertised(config: &Config) -> Advertised {
    let issuer = config.issuer();
    let below_issuer = |path: &str| format!("{}{path}", issuer.trim_end_matches('/'));
    Advertised {
        authorization_endpoint: config.authorization_url(),
        device_authorization_endpoint: config.device_authorization_url(),
        // Our own registration endpoint is not there yet: only one that is named is advertised.
        registration_endpoint: config.webfinger.client_registration_url.clone(),
        token_endpoint: config.token_url(),
        jwks_uri: config.jwks_url(),
        userinfo_endpoint: config.userinfo_url(),
        revocation_endpoint: below_issuer("/oauth2/revoke"),
        end_session_endpoint: below_issuer("/oauth2/sessions/logout"),
        credentials_endpoint: config.public_endpoint("/credentials"),
        claims_supported: config.webfinger.supported_claims.clone(),
        scopes_supported: config.webfinger.supported_scope.clone(),
        subject_types_supported: config.oidc.subject_types.iter().map(|word| word.as_str().to_owned()).collect(),
    }
}

struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the process looks at the clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

struct ProcessRandom;

impl Random for ProcessRandom {
    fn fill(&self, bytes: &mut [u8]) {
        // Without randomness every token could be guessed; there is nothing sensible to go on with.
        SystemRandom::new().fill(bytes).expect("the operating system gives no random bytes");
    }
}
