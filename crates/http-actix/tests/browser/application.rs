//! A tiny application: it waits for the browser that comes back with an answer.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use url::Url;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// An application that listens on a port of its own. It ends with the test process.
pub(crate) struct Application {
    /// Where it gets its answers.
    pub(crate) callback: String,
    answers: Receiver<Url>,
}

impl Application {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there are free ports");
        let address = listener.local_addr().expect("a bound socket has an address");
        let home = Url::parse(&format!("http://{address}/")).expect("an address");
        let callback = home.join("callback").expect("a path").to_string();
        let (came, answers) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A browser opens connections in advance and may never use them.
                let (home, came) = (home.clone(), came.clone());
                thread::spawn(move || {
                    if let Some(url) = answer(stream, &home).filter(|url| url.path() == "/callback") {
                        // The test may be over.
                        let _ = came.send(url);
                    }
                });
            }
        });
        Self { callback, answers }
    }

    /// The parameters that a browser brings next.
    #[track_caller]
    pub(crate) fn next_answer(&self) -> Url {
        self.answers.recv_timeout(PATIENCE).expect("the browser comes back")
    }
}

fn answer(mut stream: TcpStream, home: &Url) -> Option<Url> {
    let mut line = String::new();
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    reader.read_line(&mut line).ok()?;
    let target = line.split(' ').nth(1)?.to_owned();
    // The rest of the head: a browser that is not read to the end shows an error.
    while reader.read_line(&mut line).ok()? > 2 {}
    let body = "<!doctype html><html lang=\"en\"><title>The application</title><h1>Welcome back</h1>";
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).ok()?;
    home.join(&target).ok()
}
