//! A tiny HTTP/1.1 client over plain sockets. It sends what it is told, byte for byte, also what no proper client would
//! send; it follows no redirects and keeps nothing.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;

/// Longest wait for any answer. A server that is slower than this is broken.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request to be.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Body,
}

/// How a body is framed.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    None,
    Whole(Vec<u8>),
    Chunked(Vec<u8>),
}

macro_rules! methods {
    ($($name:ident: $word:literal),* $(,)?) => {
        $(pub(crate) fn $name(target: impl Into<String>) -> Self {
            Self::new($word, target)
        })*
    };
}

impl Request {
    methods!(get: "GET", head: "HEAD", post: "POST", put: "PUT", patch: "PATCH", delete: "DELETE", options: "OPTIONS");

    pub(crate) fn new(method: impl Into<String>, target: impl Into<String>) -> Self {
        Self { method: method.into(), target: target.into(), headers: Vec::new(), body: Body::None }
    }

    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// A body of a kind.
    pub(crate) fn body(self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        let typed = self.header("Content-Type", kind);
        Self { body: Body::Whole(body.into()), ..typed }
    }

    pub(crate) fn json(self, value: &Value) -> Self {
        self.text(value.to_string())
    }

    /// Text that claims to be JSON.
    pub(crate) fn text(self, text: impl Into<Vec<u8>>) -> Self {
        self.body("application/json", text)
    }

    pub(crate) fn form(self, pairs: &[(&str, &str)]) -> Self {
        let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.raw_form(text)
    }

    /// A form as it stands.
    pub(crate) fn raw_form(self, text: impl Into<Vec<u8>>) -> Self {
        self.body("application/x-www-form-urlencoded", text)
    }

    /// Credentials as RFC 6749 §2.3.1 encodes them.
    pub(crate) fn basic(self, id: &str, secret: &str) -> Self {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = BASE64_STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
        self.header("Authorization", format!("Basic {pair}"))
    }

    pub(crate) fn chunked(mut self) -> Self {
        if let Body::Whole(bytes) = self.body {
            self.body = Body::Chunked(bytes);
        }
        self
    }

    fn first_bytes(&self, keep: bool) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        let mut line = |name: &str, value: &[u8]| {
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value);
            head.extend_from_slice(b"\r\n");
        };
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("Host")) {
            line("Host", b"test");
        }
        for (name, value) in &self.headers {
            line(name, value);
        }
        match &self.body {
            Body::None => {}
            Body::Whole(bytes) => line("Content-Length", bytes.len().to_string().as_bytes()),
            Body::Chunked(_) => line("Transfer-Encoding", b"chunked"),
        }
        line("Connection", if keep { b"keep-alive" } else { b"close" });
        head.extend_from_slice(b"\r\n");
        head
    }

    fn write(&self, stream: &mut TcpStream, keep: bool) -> io::Result<()> {
        let mut bytes = self.first_bytes(keep);
        match &self.body {
            Body::None => {}
            Body::Whole(body) => bytes.extend_from_slice(body),
            Body::Chunked(body) => {
                for piece in body.chunks(8192) {
                    bytes.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
                    bytes.extend_from_slice(piece);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(b"0\r\n\r\n");
            }
        }
        stream.write_all(&bytes)
    }
}

/// An answer, whole.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a header that is there at most once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let values = self.headers(name);
        assert!(values.len() < 2, "{name} is there twice: {self:?}");
        values.first().copied()
    }

    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let of_name = self.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        of_name.map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("answers are UTF-8")
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|why| panic!("the answer is not JSON ({why}): {self:?}"))
    }

    /// The `error` member.
    #[track_caller]
    pub(crate) fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_else(|| panic!("no error member: {self:?}")).to_owned()
    }

    /// The answer, if it has this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.status, self.headers, String::from_utf8_lossy(&self.body))
    }
}

/// Where a listener is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Endpoint(pub(crate) SocketAddr);

impl Endpoint {
    /// Sends a request on a connection of its own.
    #[track_caller]
    pub(crate) fn send(self, request: Request) -> Answer {
        let shown = format!("{} {}", request.method, request.target);
        self.try_send(&request).unwrap_or_else(|why| panic!("{shown}: {why}"))
    }

    pub(crate) fn try_send(self, request: &Request) -> io::Result<Answer> {
        let mut connection = self.connect()?;
        // A server may answer and hang up before it read everything; its answer counts.
        let written = request.write(&mut connection.stream, false);
        let answer = connection.read(&request.method);
        if answer.is_err() {
            written?;
        }
        answer
    }

    /// A connection that is kept.
    pub(crate) fn connect(self) -> io::Result<Connection> {
        let stream = TcpStream::connect_timeout(&self.0, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let reader = BufReader::new(stream.try_clone()?);
        Ok(Connection { stream, reader })
    }

    /// Sends bytes that need not be HTTP, and gives back what came until the server hung up.
    pub(crate) fn send_bytes(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut connection = self.connect()?;
        let _ = connection.stream.write_all(bytes);
        let _ = connection.stream.shutdown(Shutdown::Write);
        let mut came = Vec::new();
        match connection.reader.read_to_end(&mut came) {
            Err(why) if why.kind() != io::ErrorKind::ConnectionReset => Err(why),
            _ => Ok(came),
        }
    }
}

/// A connection that several requests may share.
pub(crate) struct Connection {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn send(&mut self, request: &Request) -> io::Result<Answer> {
        request.write(&mut self.stream, true)?;
        self.read(&request.method)
    }

    /// Writes bytes as they are.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Reads the answer to a request of this method.
    pub(crate) fn read(&mut self, method: &str) -> io::Result<Answer> {
        let odd = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "hung up without an answer"));
        }
        let status: u16 =
            line.split(' ').nth(1).and_then(|word| word.trim().parse().ok()).ok_or_else(|| odd("no status line"))?;
        let mut headers = Vec::new();
        loop {
            line.clear();
            if self.reader.read_line(&mut line)? == 0 {
                return Err(odd("the head does not end"));
            }
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        if status == 100 {
            return self.read(method);
        }
        let mut answer = Answer { status, headers, body: Vec::new() };
        if method != "HEAD" && status != 204 && status != 304 {
            answer.body = self.read_body(&answer)?;
        }
        Ok(answer)
    }

    fn read_body(&mut self, answer: &Answer) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        if let Some(length) = answer.header("Content-Length") {
            body.resize(length.parse().map_err(io::Error::other)?, 0);
            self.reader.read_exact(&mut body)?;
        } else if answer.header("Transfer-Encoding") == Some("chunked") {
            loop {
                let mut line = String::new();
                self.reader.read_line(&mut line)?;
                let length = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
                let begun = body.len();
                body.resize(begun + length + 2, 0);
                self.reader.read_exact(&mut body[begun..])?;
                body.truncate(begun + length);
                if length == 0 {
                    break;
                }
            }
        } else {
            self.reader.read_to_end(&mut body)?;
        }
        Ok(body)
    }
}
