//! The program as a process in a folder of its own, on free ports.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::{Answer, Endpoint, Request};

/// The system secret of these processes, unless they make one themselves.
pub(crate) const SYSTEM_SECRET: &str = "a-system-secret-of-the-tests-only";

/// How a process is to be started.
pub(crate) struct Setup {
    folder: TempDir,
    pub(crate) public: Endpoint,
    pub(crate) admin: Endpoint,
    words: Vec<String>,
    variables: Vec<(String, String)>,
    open_files: Option<u32>,
}

impl Setup {
    /// A folder and ports; nothing else is said.
    pub(crate) fn bare() -> Self {
        let [public, admin] = free_ports().map(Endpoint);
        let folder = TempDir::new().expect("a temporary folder can be made");
        let setup = Self { folder, public, admin, words: Vec::new(), variables: Vec::new(), open_files: None };
        let (public, admin) = (public.0.port().to_string(), admin.0.port().to_string());
        setup
            .variable("SERVE_PUBLIC_PORT", &public)
            .variable("SERVE_ADMIN_PORT", &admin)
            .variable("OAUTH2_HASHERS_PBKDF2_ITERATIONS", "1")
    }

    /// `--dev`, over the database that it makes itself.
    pub(crate) fn dev() -> Self {
        Self::bare().word("--dev")
    }

    /// `--dev` over the database of a DSN, which is as it is.
    pub(crate) fn over(dsn: &str) -> Self {
        Self::dev().variable("DSN", dsn).variable("SECRETS_SYSTEM", SYSTEM_SECRET)
    }

    pub(crate) fn word(mut self, word: &str) -> Self {
        self.words.push(word.to_owned());
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// How many files the process may open at first; it may allow itself more.
    pub(crate) fn open_files(self, open_files: u32) -> Self {
        Self { open_files: Some(open_files), ..self }
    }

    fn command(&self) -> Command {
        let program = env!("CARGO_BIN_EXE_hydra-serve");
        let Some(open_files) = self.open_files else { return Command::new(program) };
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit -S -n {open_files} && exec \"$0\" \"$@\""), program]);
        shell
    }

    /// Starts the process.
    pub(crate) fn spawn(&self) -> Process<'_> {
        // Not a pipe: what was said stays readable when the process is gone, and a full pipe would hold it up.
        let stderr = fs::File::options().create(true).append(true).open(self.log()).expect("a file for the log");
        let child = self
            .command()
            .args(&self.words)
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .expect("the program can be started");
        Process { child, setup: self, public: self.public, admin: self.admin }
    }

    /// Starts the process and waits until it answers.
    #[track_caller]
    pub(crate) fn serve(&self) -> Process<'_> {
        let mut process = self.spawn();
        process.await_life();
        process
    }

    /// Runs a process that cannot start to its end; what it said.
    #[track_caller]
    pub(crate) fn refusal(&self) -> String {
        let mut process = self.spawn();
        let ended = process.await_end(Duration::from_secs(5));
        assert_eq!(ended.code(), Some(1), "{}", process.said());
        process.said()
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn log(&self) -> PathBuf {
        self.path().join("stderr")
    }
}

/// A process. It is killed when dropped, before its folder goes.
pub(crate) struct Process<'setup> {
    child: Child,
    setup: &'setup Setup,
    pub(crate) public: Endpoint,
    pub(crate) admin: Endpoint,
}

impl Drop for Process<'_> {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Process<'_> {
    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        // Both fail only for a process that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM.
    pub(crate) fn terminate(&self) {
        let killed = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(killed.is_ok_and(|status| status.success()), "the process can be signalled");
    }

    #[track_caller]
    pub(crate) fn await_end(&mut self, patience: Duration) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return status;
            }
            assert!(begun.elapsed() < patience, "it goes on:\n{}", self.said());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whether the process still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().expect("a child can be waited for").is_none()
    }

    #[track_caller]
    pub(crate) fn await_life(&mut self) {
        let begun = Instant::now();
        let answers = |endpoint: Endpoint| {
            endpoint.try_send(&Request::get("/health/alive")).is_ok_and(|answer| answer.status == 200)
        };
        while !(answers(self.public) && answers(self.admin)) {
            assert!(self.runs(), "it ended:\n{}", self.said());
            assert!(begun.elapsed() < Duration::from_secs(20), "it does not answer:\n{}", self.said());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// What it wrote to stderr so far.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(self.setup.log()).unwrap_or_default()
    }

    /// Waits until the log says something.
    #[track_caller]
    pub(crate) fn await_words(&mut self, words: &str, patience: Duration) {
        let begun = Instant::now();
        while !self.said().contains(words) {
            assert!(begun.elapsed() < patience, "'{words}' is not said:\n{}", self.said());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Resident memory, in KiB.
    pub(crate) fn resident(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// The most that resident memory has ever been, in KiB.
    pub(crate) fn peak(&self) -> u64 {
        self.memory("VmHWM:")
    }

    fn memory(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("a running process has a status");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("memory is shown");
        line.trim().trim_end_matches("kB").trim().parse().expect("memory is a number")
    }

    /// Registers a client for client credentials.
    #[track_caller]
    pub(crate) fn register(&self, id: &str) {
        let client = json!({
            "client_id": id, "client_secret": secret_of(id), "grant_types": ["client_credentials"], "scope": "api",
        });
        self.admin.send(Request::post("/admin/clients").json(&client)).expect(201);
    }

    #[track_caller]
    pub(crate) fn token(&self, id: &str) -> String {
        token_in(&self.public.send(token_request(id)).expect(200))
    }

    #[track_caller]
    pub(crate) fn is_active(&self, token: &str) -> bool {
        self.admin.send(introspect_request(token)).expect(200).json()["active"] == true
    }
}

/// The secret that a test's client has.
pub(crate) fn secret_of(id: &str) -> String {
    format!("the-secret-of-{id}")
}

pub(crate) fn token_request(id: &str) -> Request {
    Request::post("/oauth2/token").basic(id, &secret_of(id)).form(&[("grant_type", "client_credentials")])
}

pub(crate) fn introspect_request(token: &str) -> Request {
    Request::post("/admin/oauth2/introspect").form(&[("token", token)])
}

pub(crate) fn token_in(answer: &Answer) -> String {
    let body: Value = answer.json();
    body["access_token"].as_str().expect("an access token is text").to_owned()
}

pub(crate) fn free_ports() -> [SocketAddr; 2] {
    // Both are held at once, so that they differ.
    let held = [0; 2].map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there are free ports"));
    held.map(|listener| listener.local_addr().expect("a bound socket has an address"))
}

/// Makes the tables.
#[track_caller]
pub(crate) fn migrate(dsn: &str) {
    let mut connection = storage_diesel::connection::connect(dsn).expect("the database opens");
    let network = uuid::Uuid::from_u128(0x6d1f_3c52_6b8e_4f0a_9d5e_0c3b_6a1f_2e44);
    storage_diesel::migrate::up(&mut connection, network, &mut |_| {}).expect("the migrations run");
}
