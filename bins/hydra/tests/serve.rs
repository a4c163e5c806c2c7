//! The real process: what it makes on its first start, what it says when it cannot start, and what is left when it is killed.

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// A server in a folder of its own. Dropping it kills it.
struct Server {
    process: Child,
    public: u16,
    admin: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Two ports that nobody listens on at the moment.
fn free_ports() -> (u16, u16) {
    let listeners = [0; 2].map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    let [one, two] = listeners.map(|listener| listener.local_addr().expect("its address").port());
    (one, two)
}

fn hydra(folder: &Path, words: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hydra"));
    command.current_dir(folder).args(words).env_clear().envs(variables.iter().copied());
    command.env("OAUTH2_HASHERS_PBKDF2_ITERATIONS", "1").stdin(Stdio::null());
    command
}

fn start(folder: &Path, (public, admin): (u16, u16)) -> Server {
    let (public_port, admin_port) = (public.to_string(), admin.to_string());
    let ports = [("SERVE_PUBLIC_PORT", public_port.as_str()), ("SERVE_ADMIN_PORT", admin_port.as_str())];
    let log = fs::File::create(folder.join("log")).expect("a file for the log");
    let process = hydra(folder, &["serve", "all", "--dev"], &ports).stdout(Stdio::null()).stderr(log).spawn();
    let server = Server { process: process.expect("the program starts"), public, admin };
    let begun = Instant::now();
    while !request(admin, "GET", "/health/ready", "", "").is_some_and(|answer| answer.starts_with("HTTP/1.1 200")) {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{}",
            fs::read_to_string(folder.join("log")).unwrap_or_default()
        );
        thread::sleep(Duration::from_millis(5));
    }
    server
}

/// One request on a connection of its own; `None` when there is no whole answer.
fn request(port: u16, method: &str, path: &str, headers: &str, body: &str) -> Option<String> {
    let mut connection = TcpStream::connect(("127.0.0.1", port)).ok()?;
    connection.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let length = body.len();
    let text = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    connection.write_all(text.as_bytes()).ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    answer.contains("\r\n\r\n").then_some(answer)
}

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

fn token(port: u16) -> Option<String> {
    // robin:a-secret
    let headers = format!("{FORM}Authorization: Basic cm9iaW46YS1zZWNyZXQ=\r\n");
    let answer = request(port, "POST", "/oauth2/token", &headers, "grant_type=client_credentials")?;
    let (_, rest) = answer.split_once("\"access_token\":\"")?;
    rest.split_once('"').map(|(token, _)| token.to_owned())
}

fn is_active(port: u16, token: &str) -> bool {
    request(port, "POST", "/admin/oauth2/introspect", FORM, &format!("token={token}"))
        .is_some_and(|answer| answer.contains("\"active\":true"))
}

fn register_robin(port: u16) {
    let client = r#"{"client_id":"robin","client_secret":"a-secret","grant_types":["client_credentials"]}"#;
    let answer = request(port, "POST", "/admin/clients", "", client).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}

/// Waits for a process that is expected to end by itself.
fn end_of(mut command: Command) -> Output {
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    let begun = Instant::now();
    while process.try_wait().expect("its state").is_none() {
        if begun.elapsed() > Duration::from_secs(10) {
            process.kill().expect("it can be killed");
            panic!("the program went on although it cannot work");
        }
        thread::sleep(Duration::from_millis(10));
    }
    process.wait_with_output().expect("its output")
}

fn refusal(folder: &Path, words: &[&str], variables: &[(&str, &str)]) -> String {
    let output = end_of(hydra(folder, words, variables));
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_first_start_makes_a_database_and_a_secret_and_tokens_outlive_restarts() {
    let folder = TempDir::new().expect("a folder");
    let ports = free_ports();
    let server = start(folder.path(), ports);
    register_robin(server.admin);
    let issued = token(server.public).expect("a token");
    drop(server);
    let log = fs::read_to_string(folder.path().join("log")).expect("the log");
    assert!(log.lines().next().is_some_and(|line| line.contains("hydra-dev.sqlite")), "{log}");
    let secret = folder.path().join("hydra-dev.secret");
    assert_eq!(fs::metadata(&secret).expect("the secret").permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&secret).expect("the secret");
    assert!(!log.contains(text.trim()), "the log shows the secret");
    let server = start(folder.path(), ports);
    assert!(is_active(server.admin, &issued));
}

#[test]
fn no_token_that_was_answered_is_lost_by_a_kill_under_load() {
    let folder = TempDir::new().expect("a folder");
    let ports = free_ports();
    let mut server = start(folder.path(), ports);
    register_robin(server.admin);
    for round in 0..3 {
        let (answered, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let writers: Vec<_> = (0..16)
            .map(|_| {
                let (answered, stop) = (Arc::clone(&answered), Arc::clone(&stop));
                let port = server.public;
                thread::spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        match token(port) {
                            Some(token) => answered.lock().expect("no writer panics").push(token),
                            None => thread::sleep(Duration::from_millis(1)),
                        }
                    }
                })
            })
            .collect();
        thread::sleep(Duration::from_millis(400));
        server.process.kill().expect("SIGKILL");
        stop.store(true, Ordering::Relaxed);
        for writer in writers {
            writer.join().expect("no writer panics");
        }
        drop(server);
        server = start(folder.path(), ports);
        let answered = answered.lock().expect("no writer panics");
        assert!(!answered.is_empty(), "round {round}: nothing was written before the kill");
        for token in answered.iter() {
            assert!(is_active(server.admin, token), "round {round}: one of {} answered tokens is lost", answered.len());
        }
    }
}

#[test]
fn a_port_in_use_ends_the_process_at_once_and_is_named() {
    let folder = TempDir::new().expect("a folder");
    let taken = TcpListener::bind("0.0.0.0:0").expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();
    let other = free_ports().0.to_string();
    for (name, variables) in [
        ("public", [("SERVE_PUBLIC_PORT", port.as_str()), ("SERVE_ADMIN_PORT", other.as_str())]),
        ("admin", [("SERVE_ADMIN_PORT", port.as_str()), ("SERVE_PUBLIC_PORT", other.as_str())]),
    ] {
        let said = refusal(folder.path(), &["serve", "all", "--dev"], &variables);
        assert!(said.contains(&port) && said.contains(name), "{said}");
    }
    assert!(!folder.path().join("hydra-dev.sqlite").exists(), "nothing is made before the ports are there");
}

#[test]
fn mistakes_that_waiting_does_not_cure_end_the_process_with_what_to_do() {
    let folder = TempDir::new().expect("a folder");
    let (public, admin) = free_ports();
    let (public, admin) = (public.to_string(), admin.to_string());
    let secret = ("SECRETS_SYSTEM", "a-system-secret-for-tests");
    let ports = [("SERVE_PUBLIC_PORT", public.as_str()), ("SERVE_ADMIN_PORT", admin.as_str())];
    let empty = format!("sqlite://{}/empty.sqlite", folder.path().display());
    fs::write(folder.path().join("empty.sqlite"), "").expect("an empty file");
    let nowhere = format!("sqlite://{}/no/such/folder/db.sqlite", folder.path().display());
    for (variables, hint) in [
        (vec![secret], "DSN"),
        (vec![secret, ("DSN", empty.as_str())], "hydra migrate sql"),
        (vec![secret, ("DSN", nowhere.as_str())], "does not exist"),
        (vec![secret, ("DSN", "oracle://user:hush-hush@host/db")], "oracle"),
        (vec![("SECRETS_SYSTEM", "hush-hush"), ("DSN", empty.as_str())], "16"),
        (vec![secret, ("DSN", empty.as_str()), ("SERVE_PUBLIC_TLS_ENABLED", "true")], "tls"),
    ] {
        let variables: Vec<_> = ports.into_iter().chain(variables).collect();
        let dev: &[&str] = if hint == "DSN" { &["serve", "all"] } else { &["serve", "all", "--dev"] };
        let said = refusal(folder.path(), dev, &variables);
        assert!(said.contains(hint), "{hint}: {said}");
        assert!(!said.contains("hush-hush"), "a secret is shown: {said}");
    }
}

#[test]
fn a_termination_signal_ends_the_process_in_good_order() {
    let folder = TempDir::new().expect("a folder");
    let mut server = start(folder.path(), free_ports());
    let process = server.process.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &process]).status().expect("kill runs");
    assert!(sent.success());
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = server.process.try_wait().expect("its state") {
            break status;
        }
        assert!(begun.elapsed() < Duration::from_secs(8), "it does not end");
        thread::sleep(Duration::from_millis(10));
    };
    assert!(status.success(), "{status}");
}
