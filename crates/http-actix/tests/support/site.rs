//! A client's own site: documents at a free port, and a memory of who came for them.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// A site. It serves until the test process ends.
pub(crate) struct Site {
    base: String,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    pages: Vec<(String, Vec<u8>)>,
    calls: Vec<String>,
}

impl Site {
    /// An empty one.
    #[track_caller]
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there are free ports");
        let base = format!("http://{}", listener.local_addr().expect("a bound socket has an address"));
        let shared = Arc::<Mutex<Shared>>::default();
        let site = Self { base, shared: Arc::clone(&shared) };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever hangs up early is no concern of ours.
                let _ = answer(stream, &shared);
            }
        });
        site
    }

    /// The address of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// From now on there is a document at this path.
    pub(crate) fn publish(&self, path: &str, document: impl AsRef<[u8]>) {
        self.answer_with(path, "200 OK", "", document);
    }

    /// From now on this path leads elsewhere.
    pub(crate) fn redirect(&self, path: &str, to: &str) {
        self.answer_with(path, "302 Found", &format!("Location: {to}\r\n"), "");
    }

    fn answer_with(&self, path: &str, status: &str, header: &str, document: impl AsRef<[u8]>) {
        let document = document.as_ref();
        let head =
            format!("HTTP/1.1 {status}\r\n{header}Content-Length: {}\r\nConnection: close\r\n\r\n", document.len());
        let mut shared = self.shared.lock().expect("nobody panics with it");
        shared.pages.retain(|(own, _)| own != path);
        shared.pages.push((path.to_owned(), [head.as_bytes(), document].concat()));
    }

    /// The paths that were asked for so far.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.shared.lock().expect("nobody panics with it").calls.clone()
    }
}

fn answer(mut stream: TcpStream, shared: &Mutex<Shared>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let found = {
        let mut shared = shared.lock().expect("nobody panics with it");
        shared.calls.push(path.clone());
        shared.pages.iter().find(|(own, _)| *own == path).map(|(_, bytes)| bytes.clone())
    };
    let missing = || b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec();
    stream.write_all(&found.unwrap_or_else(missing))
}
