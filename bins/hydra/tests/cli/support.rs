//! A server that plays prepared answers and remembers what it was asked, and a way to run the program.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
};

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Method and target, such as `GET /admin/clients/x`.
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
        let value = all.next().map(|(_, value)| value.as_str());
        assert!(all.next().is_none(), "{name} was sent twice");
        value
    }
}

/// What the server says.
pub(crate) struct Answer {
    status: &'static str,
    headers: String,
    body: String,
}

pub(crate) fn answer(status: &'static str, body: &str) -> Answer {
    Answer { status, headers: "Content-Type: application/json\r\n".to_owned(), body: body.to_owned() }
}

pub(crate) fn ok(body: &str) -> Answer {
    answer("200 OK", body)
}

impl Answer {
    pub(crate) fn with(mut self, header: &str) -> Self {
        self.headers.push_str(header);
        self.headers.push_str("\r\n");
        self
    }
}

/// A server that gives its answers in turn, one per connection.
pub(crate) struct Server {
    url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers: Vec<Answer> = answers.into_iter().collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        thread::spawn(move || {
            for answer in answers {
                let (stream, _) = listener.accept().unwrap();
                serve(stream, |_| answer, &seen);
            }
        });
        Self { url, requests }
    }

    /// Makes up an answer for each request, for as long as the test runs.
    pub(crate) fn playing(play: impl Fn(&Request) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                serve(stream, &play, &seen);
            }
        });
        Self { url, requests }
    }

    /// Runs the program with `--endpoint` set to this server; `words` are separated by single spaces.
    pub(crate) fn hydra(&self, words: &str) -> Run {
        self.hydra_with(words, &[])
    }

    /// The same with more words, which may contain spaces.
    pub(crate) fn hydra_with(&self, words: &str, more: &[&str]) -> Run {
        let words: Vec<&str> = words.split(' ').chain(["--endpoint", &self.url]).chain(more.iter().copied()).collect();
        run(&words, &[], "")
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The only request.
    pub(crate) fn request(&self) -> Request {
        let requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:?}");
        requests[0].clone()
    }
}

fn serve(stream: TcpStream, answer: impl FnOnce(&Request) -> Answer, seen: &Mutex<Vec<Request>>) {
    let mut reader = BufReader::new(stream);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    };
    let first = line();
    let mut headers = Vec::new();
    loop {
        let header = line();
        let Some((name, value)) = header.split_once(": ") else { break };
        headers.push((name.to_owned(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    let line = first.trim_end_matches(" HTTP/1.1").to_owned();
    let request = Request { line, headers, body: String::from_utf8(body).unwrap() };
    let Answer { status, headers, body } = answer(&request);
    seen.lock().unwrap().push(request);
    let length = body.len();
    let text = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    reader.get_mut().write_all(text.as_bytes()).unwrap();
}

/// What a run of the program left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// Standard output of a run that went well and had nothing to complain about.
    pub(crate) fn output(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{}", self.stdout);
        self.stdout
    }

    /// Standard error of a run that failed without printing a result.
    pub(crate) fn error(self) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (1, ""), "{}", self.stderr);
        self.stderr
    }
}

/// Runs the program in an environment that holds nothing but `variables` and UTC.
pub(crate) fn run(words: &[&str], variables: &[(&str, &str)], stdin: &str) -> Run {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hydra"))
        .args(words)
        .env_clear()
        .env("TZ", "UTC")
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The program may end without reading; then nobody takes the input.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
