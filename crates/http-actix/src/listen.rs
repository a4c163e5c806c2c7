//! Sockets. An address is taken at once, so that a port in use is reported before anything else happens; it starts to listen
//! when the server can answer.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs},
    os::unix::{fs::PermissionsExt, net::UnixListener},
    path::PathBuf,
};

use hydra_config::{Address, Listener};
use socket2::{Domain, Socket, Type};

use crate::ServeError;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;

/// Addresses that are taken, but not served yet.
pub(crate) struct Taken {
    sockets: Vec<Socket>,
    unix: Option<(PathBuf, u32)>,
}

/// Sockets that are being listened on.
#[derive(Default)]
pub(crate) struct Listening {
    pub(crate) tcp: Vec<TcpListener>,
    pub(crate) unix: Option<UnixListener>,
}

/// Lets the process open as many files as the system allows it, not only as many as it starts with, often 1,024: every
/// connection is one, and a few thousand idle ones must keep nobody out.
pub(crate) fn allow_many_connections() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    if let Err(why) = setrlimit(Resource::Nofile, limit) {
        log::warn!("the limit of open files stays where it is: {why}");
    }
}

/// Takes the addresses of a listener. `name` is its part of the configuration: `public` or `admin`.
pub(crate) fn take(name: &'static str, settings: &Listener) -> Result<Taken, ServeError> {
    if settings.tls.enabled {
        return Err(ServeError::NotServed(format!(
            "serve.{name}.tls.enabled: this version does not speak TLS itself; let a proxy terminate it"
        )));
    }
    let everywhere =
        |port| [SocketAddr::from((Ipv6Addr::UNSPECIFIED, port)), SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))];
    let refused = |address: String| move |why| ServeError::Listen { name, address, why };
    match settings.address() {
        Address::Everywhere(port) => {
            let [v6, v4] = everywhere(port);
            // A dual-stack socket serves both; a machine without IPv6 has the other one.
            let socket =
                bind(v6).or_else(|why| if why.kind() == io::ErrorKind::AddrInUse { Err(why) } else { bind(v4) });
            Ok(Taken { sockets: vec![socket.map_err(refused(format!("port {port}")))?], unix: None })
        }
        Address::Host(host, port) => {
            let shown = format!("{host}:{port}");
            let addresses = (host.as_str(), port).to_socket_addrs().map_err(refused(shown.clone()))?;
            let sockets = addresses.map(bind).collect::<io::Result<Vec<_>>>().map_err(refused(shown))?;
            Ok(Taken { sockets, unix: None })
        }
        Address::Unix(path) => {
            if settings.socket.owner.is_some() || settings.socket.group.is_some() {
                return Err(ServeError::NotServed(format!(
                    "serve.{name}.socket.owner and .group: this version leaves the socket to the user it runs as; use socket.mode"
                )));
            }
            Ok(Taken { sockets: Vec::new(), unix: Some((path, settings.socket.mode)) })
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() && address.ip().is_unspecified() {
        socket.set_only_v6(false)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

impl Taken {
    /// Starts to listen.
    pub(crate) fn listen(self, name: &'static str) -> Result<Listening, ServeError> {
        let mut listening = Listening::default();
        for socket in self.sockets {
            let address = socket.local_addr().ok().and_then(|address| address.as_socket());
            let shown = address.map_or_else(|| "its address".to_owned(), |address| address.to_string());
            socket.listen(BACKLOG).map_err(|why| ServeError::Listen { name, address: shown.clone(), why })?;
            log::info!("the {name} endpoints listen on {shown}");
            listening.tcp.push(socket.into());
        }
        if let Some((path, mode)) = self.unix {
            let shown = path.display().to_string();
            let refused = |why| ServeError::Listen { name, address: shown.clone(), why };
            let socket = UnixListener::bind(&path).map_err(refused)?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).map_err(refused)?;
            socket.set_nonblocking(true).map_err(refused)?;
            log::info!("the {name} endpoints listen on unix:{shown}");
            listening.unix = Some(socket);
        }
        Ok(listening)
    }
}
