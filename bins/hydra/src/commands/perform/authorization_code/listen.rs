//! The local server: one request per connection, each with its limits in time and size.
//!
//! hyper is in this program as part of the HTTP client and speaks both roles; the server framework of `hydra serve` would
//! bring threads, and HTTP/2 along with TLS, for a page that one person looks at.

use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use http_body_util::Full;
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{Domain, Socket, Type};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use crate::failure::Failure;

/// Time for a handshake, and for the head of a request.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);
/// Time for all of a connection: its request, up to two calls of our own of ten seconds each, and ten for the answer.
const PATIENCE: Duration = Duration::from_secs(40);
/// Connections at a time. A browser has six.
const MOST: usize = 64;
/// Bytes of a request's head; a challenge or a code may have some thousand.
const HEAD_SIZE: usize = 64 * 1024;
const BACKLOG: i32 = 64;

/// Takes a port on all interfaces; 0 takes any that is free.
pub(super) fn take(port: u16) -> Result<(TcpListener, u16), Failure> {
    let everywhere: [SocketAddr; 2] = [(Ipv6Addr::UNSPECIFIED, port).into(), (Ipv4Addr::UNSPECIFIED, port).into()];
    let [v6, v4] = everywhere;
    // A dual-stack socket serves both; a machine without IPv6 has the other one.
    let taken = bind(v6).or_else(|why| if why.kind() == io::ErrorKind::AddrInUse { Err(why) } else { bind(v4) });
    let taken = taken.and_then(|listener| Ok((listener.local_addr()?.port(), listener)));
    match taken {
        Ok((port, listener)) => Ok((listener, port)),
        Err(why) => Err(Failure::Message(match why.kind() {
            io::ErrorKind::AddrInUse => format!(
                "port {port} is in use: stop what uses it, or choose another with --port and register the redirect URI with \
                 that port"
            ),
            io::ErrorKind::PermissionDenied => {
                format!("port {port} may not be used by this user: choose one above 1023 with --port")
            }
            _ => format!("port {port} cannot be listened on: {why}; choose another with --port"),
        })),
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Answers requests, without end.
pub(super) async fn serve(
    listener: &TcpListener,
    tls: Option<&TlsAcceptor>,
    answer: impl AsyncFn(Request<Incoming>) -> Response<Full<Bytes>>,
) -> Infallible {
    let mut open = FuturesUnordered::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if open.len() < MOST => match accepted {
                Ok((stream, _)) => open.push(timeout(PATIENCE, connection(stream, tls, &answer))),
                // No more file descriptors, say. It may pass.
                Err(_) => sleep(Duration::from_millis(100)).await,
            },
            Some(_) = open.next(), if !open.is_empty() => {}
        }
    }
}

async fn connection(
    stream: TcpStream,
    tls: Option<&TlsAcceptor>,
    answer: &impl AsyncFn(Request<Incoming>) -> Response<Full<Bytes>>,
) {
    match tls {
        None => exchange(stream, answer).await,
        // A browser that does not trust the certificate hangs up here.
        Some(tls) => {
            if let Ok(Ok(stream)) = timeout(HEAD_PATIENCE, tls.accept(stream)).await {
                exchange(stream, answer).await;
            }
        }
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: &impl AsyncFn(Request<Incoming>) -> Response<Full<Bytes>>,
) {
    let service = service_fn(async |request| Ok::<_, Infallible>(answer(request).await));
    // Whoever hangs up, or sends what is no HTTP, is not worth a word.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(HEAD_SIZE)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
