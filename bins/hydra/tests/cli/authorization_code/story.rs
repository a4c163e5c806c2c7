//! The command while it serves its pages, a browser, and what the authorization server says.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::support::{Answer, Request, Run, Server, answer, ok};

/// The tokens of every story.
pub(super) const TOKENS: &str = r#"{"access_token":"ory_at_x","expires_in":3599,"refresh_token":"ory_rt_x","scope":"offline openid","token_type":"bearer"}"#;

/// Longest wait for the command to do something.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that hands out tokens and is no admin API.
pub(super) fn token_server() -> Server {
    server(|_| ok(TOKENS))
}

/// A server whose token endpoint says what the function says.
pub(super) fn server(token: impl Fn(&Request) -> Answer + Send + 'static) -> Server {
    Server::playing(move |request| match request.line.as_str() {
        "POST /oauth2/token" => token(request),
        _ => answer("404 Not Found", r#"{"error":{"code":404}}"#),
    })
}

/// The requests that the token endpoint got.
pub(super) fn token_requests(server: &Server) -> Vec<Request> {
    server.requests().into_iter().filter(|request| request.line == "POST /oauth2/token").collect()
}

/// The command, which serves its pages.
pub(super) struct Serving {
    child: Child,
    /// Address of the first page.
    pub(super) home: String,
    stderr: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Serving {
    /// Starts the command against a server as client `c-1`, on any free port, without opening a browser.
    pub(super) fn start(server: &Server, words: &str) -> Self {
        let words = format!("--endpoint {} --client-id c-1 --client-secret hush --no-open {words}", server.url());
        Self::start_with(&words, &[])
    }

    /// The same with nothing but these words and variables, and a free port.
    pub(super) fn start_with(words: &str, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_hydra"))
            .args(["perform", "authorization-code", "--port", "0"])
            .args(words.split_whitespace())
            .env_clear()
            .env("TZ", "UTC")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let home = loop {
            let start = said.len();
            if lines.read_line(&mut said).unwrap() == 0 {
                panic!("the command ended: {said}");
            }
            if let Some(url) = said[start..].strip_prefix('\t').filter(|url| url.starts_with("http")) {
                break url.trim_end().to_owned();
            }
        };
        let stderr = Arc::new(Mutex::new(said));
        let more = stderr.clone();
        let reader = thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).unwrap() > 0 {
                more.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        Self { child, home, stderr, reader: Some(reader) }
    }

    /// The URL of a page.
    pub(super) fn page(&self, path: &str) -> String {
        format!("{}{path}", self.home)
    }

    /// The parameters of the authorization request that the browser is sent to now.
    pub(super) fn asked(&self) -> BTreeMap<String, String> {
        parameters(get(&self.page("perform-flow")).location())
    }

    /// Waits until standard error holds these words.
    pub(super) fn wait_for(&self, words: &str) -> String {
        let start = Instant::now();
        loop {
            let said = self.stderr.lock().unwrap().clone();
            if said.contains(words) {
                return said;
            }
            assert!(start.elapsed() < PATIENCE, "{words:?} was not said: {said}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends SIGINT, as Ctrl-C does.
    pub(super) fn interrupt(&self) {
        let killed = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
    }

    pub(super) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for the end.
    pub(super) fn end(mut self) -> Run {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < PATIENCE, "the command does not end: {}", self.stderr.lock().unwrap());
            thread::sleep(Duration::from_millis(10));
        };
        self.reader.take().unwrap().join().unwrap();
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        Run { code: status.code().unwrap(), stdout, stderr: self.stderr.lock().unwrap().clone() }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // A test that failed leaves it running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a browser got.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) status: u16,
    headers: reqwest::header::HeaderMap,
    pub(super) body: String,
}

impl Shown {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where a 302 leads.
    pub(super) fn location(&self) -> &str {
        assert_eq!(self.status, 302, "{}", self.body);
        self.header("location")
    }

    /// The body of a page with this status.
    pub(super) fn with(self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
}

pub(super) fn get(url: &str) -> Shown {
    browse(|browser| browser.get(url))
}

/// Posts a form of the page itself; the body is encoded already.
pub(super) fn post(url: &str, form: &str) -> Shown {
    post_from("same-origin", url, form)
}

/// Posts a form of a page somewhere, in the words of `Sec-Fetch-Site`.
pub(super) fn post_from(site: &str, url: &str, form: &str) -> Shown {
    browse(|browser| {
        let request = browser.post(url).header("content-type", "application/x-www-form-urlencoded");
        request.header("sec-fetch-site", site).body(form.to_owned())
    })
}

/// One request without following redirects, whatever certificate is shown.
pub(super) fn browse(request: impl FnOnce(&reqwest::Client) -> reqwest::RequestBuilder) -> Shown {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let browser = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .tls_danger_accept_invalid_certs(true)
            .timeout(PATIENCE)
            .build()
            .unwrap();
        let response = request(&browser).send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Shown { status, headers, body: response.text().await.unwrap() }
    })
}

/// The query of a URL.
pub(super) fn parameters(url: &str) -> BTreeMap<String, String> {
    url::Url::parse(url).unwrap().query_pairs().into_owned().collect()
}

/// A form body as names and values.
pub(super) fn form(body: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}
