//! A first login with nothing but this program: `hydra serve all --dev` and its built-in pages, `hydra create client`, and
//! `hydra perform authorization-code`, each a process, and a browser that follows the pages from one to the other.

#[expect(dead_code, reason = "a part of it is for tests of the server")]
#[path = "../../../crates/http-actix/tests/support/http.rs"]
mod http;
#[expect(dead_code, reason = "a part of it is for tests of the server")]
#[path = "../../../crates/http-actix/tests/support/pages.rs"]
mod pages;

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use http::{Endpoint, Request};
use pages::Browser;
use serde_json::{Value, json};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(30);

/// A process that is killed when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Waits for its end; what it printed.
    #[track_caller]
    fn output(mut self) -> Output {
        let begun = Instant::now();
        while self.0.try_wait().expect("a child can be waited for").is_none() {
            assert!(begun.elapsed() < PATIENCE, "it goes on");
            thread::sleep(Duration::from_millis(10));
        }
        let (stdout, stderr) = (self.0.stdout.take(), self.0.stderr.take());
        let read = |pipe: Option<Box<dyn std::io::Read>>| {
            let mut bytes = Vec::new();
            pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
            bytes
        };
        Output {
            status: self.0.wait().expect("it has ended"),
            stdout: read(stdout.map(|pipe| Box::new(pipe) as _)),
            stderr: read(stderr.map(|pipe| Box::new(pipe) as _)),
        }
    }
}

fn hydra(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hydra"));
    command.current_dir(folder).args(words).env_clear().stdin(Stdio::null());
    command
}

/// Ports that nobody listens on at the moment.
fn free_ports<const N: usize>() -> [u16; N] {
    // All are held at once, so that they differ.
    let held = [0; N].map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there are free ports"));
    held.map(|listener| listener.local_addr().expect("a bound socket has an address").port())
}

fn at(port: u16) -> Endpoint {
    Endpoint(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

#[track_caller]
fn await_life(port: u16, path: &str, log: impl Fn() -> String) {
    let begun = Instant::now();
    while !at(port).try_send(&Request::get(path)).is_ok_and(|answer| answer.status == 200) {
        assert!(begun.elapsed() < PATIENCE, "{}", log());
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_first_login_needs_this_program_and_a_browser() {
    let folder = TempDir::new().expect("a folder");
    let [public, admin, pages] = free_ports();
    let log = folder.path().join("log");
    let server = hydra(folder.path(), &["serve", "all", "--dev"])
        .env("SERVE_PUBLIC_PORT", public.to_string())
        .env("SERVE_ADMIN_PORT", admin.to_string())
        .env("OAUTH2_HASHERS_PBKDF2_ITERATIONS", "1")
        .stdout(Stdio::null())
        .stderr(fs::File::create(&log).expect("a file for the log"))
        .spawn();
    let _server = Running(server.expect("the program starts"));
    let said = || fs::read_to_string(&log).unwrap_or_default();
    await_life(admin, "/health/ready", said);
    let first: Vec<String> = said().lines().take(3).map(str::to_owned).collect();
    let told = "not set: urls.login, urls.consent, urls.logout. Built-in pages for development stand in";
    assert!(first.iter().any(|line| line.contains(told)), "{first:?}");
    // A key that is quick to make, so that nobody waits for RSA.
    at(admin).send(Request::post("/admin/keys/hydra.openid.id-token").json(&json!({"alg": "ES256"}))).expect(201);

    let (public, admin) = (format!("http://localhost:{public}/"), format!("http://localhost:{admin}/"));
    let callback = format!("http://127.0.0.1:{pages}/callback");
    let created = hydra(
        folder.path(),
        &[
            ["create", "client", "--endpoint", &admin, "--id", "shop", "--secret", "a-secret-of-mine"].as_slice(),
            &["--grant-type", "authorization_code,refresh_token", "--response-type", "code"],
            &["--scope", "openid,offline", "--redirect-uri", &callback],
        ]
        .concat(),
    );
    let created = { created }.output().expect("it runs");
    assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));

    let performed = hydra(
        folder.path(),
        &[
            ["perform", "authorization-code", "--no-open", "--format", "json", "--endpoint", &public].as_slice(),
            &["--client-id", "shop", "--client-secret", "a-secret-of-mine", "--port", &pages.to_string()],
        ]
        .concat(),
    )
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn();
    let performed = Running(performed.expect("the program starts"));
    await_life(pages, "/", said);
    let mut browser = Browser::new();
    let login = browser.visit(&format!("http://127.0.0.1:{pages}/perform-flow"));
    assert!(login.text().contains("shop</strong> asks who you are"), "{login:?}");
    let consent = browser.press("Sign in", login.form().fill("subject", "alice"));
    let landed = browser.press("Allow", consent.form());
    assert!(landed.url.as_str().starts_with(&callback), "{landed:?}");
    assert_eq!(landed.answer.status, 200, "{landed:?}");

    let output = performed.output();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tokens: Value = serde_json::from_slice(&output.stdout).expect("tokens are printed as JSON");
    let [access, refresh] = ["access_token", "refresh_token"].map(|name| tokens[name].as_str().unwrap_or_default());
    assert!(refresh.starts_with("ory_rt_"), "{tokens}");
    assert!(landed.text().contains("eyJ"), "the page shows the ID token as well: {landed:?}");
    let described =
        hydra(folder.path(), &["introspect", "token", "--endpoint", &admin, "--format", "json", access]).output();
    let described: Value = serde_json::from_slice(&described.expect("it runs").stdout).expect("JSON is printed");
    assert_eq!((&described["active"], &described["sub"]), (&json!(true), &json!("alice")), "{described}");
}
