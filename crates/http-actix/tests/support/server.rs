//! A server inside the test process, on free ports, over a database of its own.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, Mutex, Weak, mpsc},
    thread,
    time::{Duration, Instant},
};

use diesel::connection::SimpleConnection;
use http_actix::{ServeError, Which};
use hydra_config::{Config, Purpose, Sources};
use serde_json::{Value, json};

use super::{
    http::{Answer, Endpoint, Request},
    log,
    scratch::{Backend, ScratchDb, scratch},
};

/// The system secret of all these servers.
pub(crate) const SYSTEM_SECRET: &str = "a-system-secret-of-the-tests-only";

/// A running server. It runs until the test process ends.
pub(crate) struct Server {
    pub(crate) public: Endpoint,
    pub(crate) admin: Endpoint,
    pub(crate) issuer: String,
    /// Also held for its drop, which removes it.
    database: Arc<ScratchDb>,
}

impl Server {
    /// One that tests share which need nothing special. They keep apart by the ids they choose. Its database goes when the
    /// last test lets go of it.
    #[track_caller]
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().expect("the shared server started for the tests before");
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(Self::start(&[]).with_quick_keys());
            *shared = Arc::downgrade(&server);
            server
        })
    }

    /// One over SQLite, with further variables.
    #[track_caller]
    pub(crate) fn start(environment: &[(&str, &str)]) -> Self {
        Self::start_on(scratch(Backend::Sqlite).expect("SQLite is always there"), environment)
    }

    /// One over an empty database, which is migrated first.
    #[track_caller]
    pub(crate) fn start_on(database: ScratchDb, environment: &[(&str, &str)]) -> Self {
        migrate(&database.url);
        Self::start_unmigrated(database, environment)
    }

    /// One over a database as it is.
    #[track_caller]
    pub(crate) fn start_unmigrated(database: ScratchDb, environment: &[(&str, &str)]) -> Self {
        Self::start_beside(Arc::new(database), environment)
    }

    /// Another instance on the same database.
    #[track_caller]
    pub(crate) fn another_instance(&self, environment: &[(&str, &str)]) -> Self {
        Self::start_beside(Arc::clone(&self.database), environment)
    }

    #[track_caller]
    fn start_beside(database: Arc<ScratchDb>, environment: &[(&str, &str)]) -> Self {
        log::keep();
        // Another process may take a port between our look and the server's: then others are tried.
        for _ in 0..5 {
            let [public, admin] = free_ports();
            let issuer = format!("http://127.0.0.1:{}/", public.port());
            match launch(&database.url, public, admin, &issuer, environment) {
                Ok(()) => {
                    return Self { public: Endpoint(public), admin: Endpoint(admin), issuer, database };
                }
                Err(ServeError::Listen { .. }) => {}
                Err(why) => panic!("the server does not start: {why}"),
            }
        }
        panic!("no free ports after five tries")
    }

    /// Changes the database behind the server's back.
    #[track_caller]
    pub(crate) fn sql(&self, statement: &str) {
        let mut connection = storage_diesel::connection::connect(&self.database.url).expect("the database opens");
        connection.batch_execute(statement).expect("the statement is right");
    }

    /// Registers a client.
    #[track_caller]
    pub(crate) fn register(&self, client: &Value) -> Value {
        self.admin.send(Request::post("/admin/clients").json(client)).expect(201).json()
    }

    /// Registers a client for client credentials, with the scope `api` and the secret of [`secret_of`].
    #[track_caller]
    pub(crate) fn register_machine(&self, id: &str) -> String {
        let secret = secret_of(id);
        self.register(&json!({
            "client_id": id,
            "client_secret": secret,
            "grant_types": ["client_credentials"],
            "scope": "api",
            "audience": ["https://api.example"],
        }));
        secret
    }

    /// An access token of a client made by [`Server::register_machine`].
    #[track_caller]
    pub(crate) fn token(&self, id: &str) -> String {
        let answer = self.public.send(token_request(id, &secret_of(id))).expect(200).json();
        answer["access_token"].as_str().expect("an access token is text").to_owned()
    }

    #[track_caller]
    pub(crate) fn introspect(&self, token: &str) -> Value {
        self.admin.send(Request::post("/admin/oauth2/introspect").form(&[("token", token)])).expect(200).json()
    }

    /// How many rows a table has.
    #[track_caller]
    pub(crate) fn rows(&self, table: &str) -> i64 {
        use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::BigInt};
        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = BigInt)]
            n: i64,
        }
        let mut connection = storage_diesel::connection::connect(&self.database.url).expect("the database opens");
        let counted = sql_query(format!("SELECT count(*) AS n FROM {table}")).get_result::<Count>(&mut connection);
        counted.expect("the table is there").n
    }

    /// Makes keys that are quick to make, so that nobody waits for RSA.
    #[track_caller]
    pub(crate) fn with_quick_keys(self) -> Self {
        for set in ["hydra.openid.id-token", "hydra.jwt.access-token"] {
            self.admin.send(quick_key(set)).expect(201);
        }
        self
    }
}

/// A key that is quick to make.
pub(crate) fn quick_key(set: &str) -> Request {
    Request::post(format!("/admin/keys/{set}")).json(&json!({"alg": "ES256"}))
}

/// The secret that a test's client has.
pub(crate) fn secret_of(id: &str) -> String {
    format!("the-secret-of-{id}")
}

/// A request for a token with scope `api`.
pub(crate) fn token_request(id: &str, secret: &str) -> Request {
    Request::post("/oauth2/token").basic(id, secret).form(&[("grant_type", "client_credentials"), ("scope", "api")])
}

/// Makes the tables.
#[track_caller]
pub(crate) fn migrate(dsn: &str) {
    let mut connection = storage_diesel::connection::connect(dsn).expect("the scratch database opens");
    let network = uuid::Uuid::from_u128(0x6d1f_3c52_6b8e_4f0a_9d5e_0c3b_6a1f_2e44);
    storage_diesel::migrate::up(&mut connection, network, &mut |_| {}).expect("the migrations run");
}

fn free_ports() -> [SocketAddr; 2] {
    let take = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there are free ports");
    // Both are held at once, so that they differ.
    let held = [take(), take()];
    held.map(|listener| listener.local_addr().expect("a bound socket has an address"))
}

/// Starts a server and waits until it answers on both ports.
fn launch(
    dsn: &str,
    public: SocketAddr,
    admin: SocketAddr,
    issuer: &str,
    environment: &[(&str, &str)],
) -> Result<(), ServeError> {
    let (public_port, admin_port) = (public.port().to_string(), admin.port().to_string());
    let own = [
        ("DSN", dsn),
        ("DEV", "true"),
        ("SECRETS_SYSTEM", SYSTEM_SECRET),
        ("URLS_SELF_ISSUER", issuer),
        ("SERVE_PUBLIC_HOST", "127.0.0.1"),
        ("SERVE_PUBLIC_PORT", &public_port),
        ("SERVE_ADMIN_HOST", "127.0.0.1"),
        ("SERVE_ADMIN_PORT", &admin_port),
        ("OAUTH2_HASHERS_PBKDF2_ITERATIONS", "1"),
    ];
    let mut variables: Vec<(String, String)> = Vec::new();
    for (name, value) in own.iter().chain(environment) {
        variables.retain(|(earlier, _)| earlier != name);
        variables.push(((*name).to_owned(), (*value).to_owned()));
    }
    let sources = Sources { environment: variables, ..Sources::default() };
    let config = Config::load(&sources, Purpose::Serve).unwrap_or_else(|why| panic!("{why}")).config;
    let (ended, end) = mpsc::channel();
    thread::spawn(move || ended.send(http_actix::serve(config, Which::All)));
    let begun = Instant::now();
    loop {
        match end.recv_timeout(Duration::from_millis(5)) {
            Ok(Ok(())) => panic!("the server ended at once"),
            Ok(Err(why)) => return Err(why),
            Err(_still_running) => {}
        }
        let lives = |address| {
            let answer = Endpoint(address).try_send(&Request::get("/health/alive"));
            answer.is_ok_and(|answer: Answer| answer.status == 200)
        };
        if lives(public) && lives(admin) {
            return Ok(());
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "the server does not answer");
    }
}
