//! A load of people who log in: each connection plays the browser, the login and consent applications and the client by turns, six
//! requests for a login, until the time is over.
//!
//! ```sh
//! cargo run --release -p http-actix --example logins -- PUBLIC-ADDRESS ADMIN-ADDRESS CONNECTIONS SECONDS
//! ```
//!
//! Addresses are host and port; the server runs in development mode, or its cookies would be for https alone. The program registers a
//! client of its own. It prints one line of JSON: logins per second, the median and the slowest hundredth in milliseconds, and how
//! many failed, with the first reason on stderr.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::ExitCode,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const CALLBACK: &str = "https://app.example/cb";
const SECRET: &str = "a-secret-for-measuring";

fn main() -> ExitCode {
    match run() {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("logins: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Outcome<Value> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [public, admin, connections, seconds] = arguments.as_slice() else {
        return Err("usage: logins PUBLIC-ADDRESS ADMIN-ADDRESS CONNECTIONS SECONDS".into());
    };
    let (connections, seconds): (usize, u64) = (connections.parse()?, seconds.parse()?);
    let client = register(admin)?;
    let load = |duration: Duration| {
        let until = Instant::now() + duration;
        let (times, failures) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
        thread::scope(|scope| {
            for n in 0..connections {
                let (times, failures, client) = (&times, &failures, &client);
                scope.spawn(move || {
                    let (own, failed) = log_in_until(until, public, admin, client, n);
                    times.lock().expect("no other thread panics").extend(own);
                    failures.lock().expect("no other thread panics").extend(failed);
                });
            }
        });
        (times.into_inner().unwrap_or_default(), failures.into_inner().unwrap_or_default())
    };
    // The first login has its signing key made, which takes seconds and is not what is measured.
    load(Duration::from_millis(1));
    load(Duration::from_secs(1));
    let begun = Instant::now();
    let (mut times, failures): (Vec<Duration>, Vec<String>) = load(Duration::from_secs(seconds));
    let elapsed = begun.elapsed().as_secs_f64();
    if let Some(why) = failures.first() {
        eprintln!("logins: the first failure: {why}");
    }
    times.sort_unstable();
    let at = |share: f64| {
        let index = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(index).map_or(0.0, |time| (time.as_secs_f64() * 100_000.0).round() / 100.0)
    };
    Ok(json!({
        "per_second": (times.len() as f64 / elapsed).round(),
        "median_ms": at(0.5),
        "p99_ms": at(0.99),
        "failed": failures.len(),
    }))
}

fn register(admin: &str) -> Outcome<String> {
    let client = json!({
        "client_secret": SECRET, "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "redirect_uris": [CALLBACK], "scope": "openid offline",
    });
    let made = Line::open(admin)?.send("POST", "/admin/clients", &[], Some(&client.to_string()))?.json()?;
    Ok(made["client_id"].as_str().ok_or("no client_id in the answer")?.to_owned())
}

/// Logs people in, one after the other; how long each took, and what failed.
fn log_in_until(until: Instant, public: &str, admin: &str, client: &str, n: usize) -> (Vec<Duration>, Vec<String>) {
    let (mut times, mut failures) = (Vec::new(), Vec::new());
    let mut lines = None;
    let mut round = 0;
    loop {
        let begun = Instant::now();
        round += 1;
        let once = |open: Option<(Line, Line)>| -> Outcome<(Line, Line)> {
            let (mut browser, mut application) = match open {
                Some(open) => open,
                None => (Line::open(public)?, Line::open(admin)?),
            };
            log_in(&mut browser, &mut application, client, &format!("user-{n}-{round}"))?;
            Ok((browser, application))
        };
        match once(lines.take()) {
            Ok(open) => {
                times.push(begun.elapsed());
                lines = Some(open);
            }
            Err(why) => failures.push(format!("{why}")),
        }
        if Instant::now() >= until {
            return (times, failures);
        }
    }
}

fn log_in(browser: &mut Line, application: &mut Line, client: &str, subject: &str) -> Outcome<()> {
    let mut cookies = Cookies::default();
    let asked = format!(
        "/oauth2/auth?client_id={client}&response_type=code&scope=openid+offline&state=a-state-of-a-load&\
         nonce=a-nonce-of-a-load&redirect_uri=https%3A%2F%2Fapp.example%2Fcb"
    );
    let sent = browser.visit(&asked, &mut cookies)?;
    let body = json!({"subject": subject}).to_string();
    let back = accept(application, "login", &sent, &body)?;
    let sent = browser.visit(&back, &mut cookies)?;
    let body = json!({"grant_scope": ["openid", "offline"]}).to_string();
    let back = accept(application, "consent", &sent, &body)?;
    let sent = browser.visit(&back, &mut cookies)?;
    let code = parameter(&sent, "code")?;
    let credentials = BASE64_STANDARD.encode(format!("{client}:{SECRET}"));
    let form = format!("grant_type=authorization_code&code={code}&redirect_uri=https%3A%2F%2Fapp.example%2Fcb");
    let headers = [
        ("Authorization", format!("Basic {credentials}")),
        ("Content-Type", "application/x-www-form-urlencoded".to_owned()),
    ];
    let tokens = browser.send("POST", "/oauth2/token", &headers, Some(&form))?.json()?;
    if tokens["id_token"].is_string() && tokens["refresh_token"].is_string() {
        Ok(())
    } else {
        Err(format!("not all tokens: {tokens}").into())
    }
}

/// An application's yes; where the browser goes then.
fn accept(application: &mut Line, step: &str, sent: &str, body: &str) -> Outcome<String> {
    let challenge = parameter(sent, &format!("{step}_challenge"))?;
    let target = format!("/admin/oauth2/auth/requests/{step}/accept?{step}_challenge={challenge}");
    let answer = application.send("PUT", &target, &[], Some(body))?.json()?;
    let url = answer["redirect_to"].as_str().ok_or_else(|| format!("no redirect_to: {answer}"))?;
    let at = url.find("/oauth2/auth").ok_or("the browser is not sent back")?;
    Ok(url[at..].to_owned())
}

fn parameter(url: &str, name: &str) -> Outcome<String> {
    let pair = url.split(['?', '&', '#']).find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    Ok(pair.ok_or_else(|| format!("no {name} in {url}"))?.to_owned())
}

#[derive(Default)]
struct Cookies(BTreeMap<String, String>);

/// One kept connection.
struct Line {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Outcome<Value> {
        match self.status {
            200..300 => Ok(serde_json::from_slice(&self.body)?),
            status => Err(format!("{status}: {}", String::from_utf8_lossy(&self.body)).into()),
        }
    }

    fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl Line {
    fn open(address: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { reader: BufReader::new(stream.try_clone()?), stream })
    }

    /// As a browser does: with cookies, and looking at where it is sent.
    fn visit(&mut self, target: &str, cookies: &mut Cookies) -> Outcome<String> {
        let pairs: Vec<String> = cookies.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut headers = vec![("User-Agent", "Mozilla/5.0 (load)".to_owned())];
        if !pairs.is_empty() {
            headers.push(("Cookie", pairs.join("; ")));
        }
        let answer = self.send("GET", target, &headers, None)?;
        for cookie in answer.header("set-cookie") {
            if let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) {
                cookies.0.insert(name.to_owned(), value.to_owned());
            }
        }
        let location = answer.header("location").next();
        Ok(location.ok_or_else(|| format!("{} without a redirect", answer.status))?.to_owned())
    }

    fn send(&mut self, method: &str, target: &str, headers: &[(&str, String)], body: Option<&str>) -> Outcome<Answer> {
        let mut request = format!("{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        if let Some(body) = body {
            request += &format!("Content-Length: {}\r\n", body.len());
        }
        request += "\r\n";
        request += body.unwrap_or_default();
        self.stream.write_all(request.as_bytes())?;
        self.read()
    }

    fn read(&mut self) -> Outcome<Answer> {
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        let status = line.split(' ').nth(1).ok_or("the server hung up")?.parse()?;
        let mut headers = Vec::new();
        loop {
            line.clear();
            self.reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        let mut answer = Answer { status, headers, body: Vec::new() };
        let length = answer.header("content-length").next().map_or(Ok(0), str::parse)?;
        answer.body.resize(length, 0);
        self.reader.read_exact(&mut answer.body)?;
        Ok(answer)
    }
}
