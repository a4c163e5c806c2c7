//! A TCP proxy that can be shut, opened and frozen: to the server behind it, the database is gone, back, or silent.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// How often a thread looks whether something changed.
const TICK: Duration = Duration::from_millis(5);

/// What the proxy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum State {
    /// It carries bytes both ways.
    Open,
    /// Nobody listens, and every connection is cut.
    Shut,
    /// It accepts and keeps connections, but no byte comes through.
    Frozen,
    /// It is over.
    Ended,
}

/// A proxy. It ends when dropped.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    shared: Arc<AtomicU8>,
    listener: Option<JoinHandle<()>>,
}

impl Proxy {
    /// A proxy to an address.
    pub(crate) fn to(target: SocketAddr, state: State) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there are free ports");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let shared = Arc::new(AtomicU8::new(state as u8));
        let seen = Arc::clone(&shared);
        let listener = thread::spawn(move || listen(listener, target, &seen));
        Self { port, shared, listener: Some(listener) }
    }

    /// Changes what it does, and gives its threads the time to notice.
    pub(crate) fn set(&self, state: State) {
        self.shared.store(state as u8, Ordering::SeqCst);
        thread::sleep(TICK * 6);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.store(State::Ended as u8, Ordering::SeqCst);
        if let Some(listener) = self.listener.take() {
            // A listener that panicked has said so.
            let _ = listener.join();
        }
    }
}

fn is(shared: &AtomicU8, state: State) -> bool {
    shared.load(Ordering::SeqCst) == state as u8
}

fn listen(listener: TcpListener, target: SocketAddr, shared: &Arc<AtomicU8>) {
    let address = listener.local_addr().expect("a bound socket has an address");
    let mut listener = Some(listener);
    while !is(shared, State::Ended) {
        if is(shared, State::Shut) {
            listener = None;
            thread::sleep(TICK);
            continue;
        }
        let open = listener.get_or_insert_with(|| TcpListener::bind(address).expect("the port is still ours"));
        open.set_nonblocking(true).expect("a socket can be asked not to wait");
        match open.accept() {
            Ok((near, _)) => {
                let shared = Arc::clone(shared);
                thread::spawn(move || join(near, target, &shared));
            }
            Err(_) => thread::sleep(TICK),
        }
    }
}

fn join(near: TcpStream, target: SocketAddr, shared: &Arc<AtomicU8>) {
    while is(shared, State::Frozen) {
        thread::sleep(TICK);
    }
    let Ok(far) = TcpStream::connect(target) else { return };
    let both = [(near.try_clone(), far.try_clone()), (far.try_clone(), near.try_clone())];
    for (from, to) in both {
        if let (Ok(from), Ok(to)) = (from, to) {
            let shared = Arc::clone(shared);
            thread::spawn(move || carry(from, to, &shared));
        }
    }
}

/// Carries bytes one way until either end hangs up or the proxy is shut.
fn carry(mut from: TcpStream, mut to: TcpStream, shared: &AtomicU8) {
    let _ = from.set_nonblocking(false);
    let _ = from.set_read_timeout(Some(TICK));
    let mut buffer = [0; 16 * 1024];
    loop {
        if is(shared, State::Shut) || is(shared, State::Ended) {
            break;
        }
        if is(shared, State::Frozen) {
            thread::sleep(TICK);
            continue;
        }
        match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => {
                // What was under way when it froze stays under way.
                while is(shared, State::Frozen) {
                    thread::sleep(TICK);
                }
                if to.write_all(&buffer[..length]).is_err() {
                    break;
                }
            }
            Err(why) if matches!(why.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
