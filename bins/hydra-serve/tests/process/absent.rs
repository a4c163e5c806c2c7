//! A database that is not there when the process starts.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener},
    thread,
    time::Duration,
};

use url::Url;

use crate::{
    http::Request,
    process::{Setup, free_ports, migrate},
    proxy::{Proxy, State},
    scratch::ScratchDb,
};

const TRY: &str = "the database cannot be reached yet";

pub(crate) fn a_database_that_is_not_there_is_waited_for_with_a_line_for_each_try() {
    let [nobody, _] = free_ports();
    let setup = Setup::over(&format!("postgres://someone:pass-word-of-dsn@{nobody}/db"));
    let mut process = setup.spawn();
    process.await_words("next try in 0.4 s", Duration::from_secs(5));
    let said = process.said();
    let tries: Vec<&str> = said.lines().filter(|line| line.contains(TRY)).collect();
    assert!(tries.len() >= 3, "{said}");
    for line in tries {
        assert!(line.contains("refused") && line.contains(&nobody.port().to_string()), "{line}");
        assert!(line.contains("for another"), "it is not said how long: {line}");
    }
    assert!(!said.contains("pass-word-of-dsn"), "{said}");
    assert!(process.runs());
    // Nobody is to be sent here before there is something to serve from.
    assert!(process.public.connect().is_err() && process.admin.connect().is_err());
    process.terminate();
    process.await_end(Duration::from_secs(2));
}

/// What a PostgreSQL server says to a connection that it does not want.
fn server_that_says(code: &'static str, message: &'static str) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there are free ports");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut asked = [0; 1024];
            // Offers of encryption come first; the answer to those is no.
            while let Ok(length @ 1..) = stream.read(&mut asked) {
                if length == 8 {
                    let _ = stream.write_all(b"N");
                    continue;
                }
                let fields = format!("SFATAL\0VFATAL\0C{code}\0M{message}\0\0");
                let length = u32::try_from(fields.len() + 4).expect("a short message");
                let _ = stream.write_all(&[b"E", &length.to_be_bytes()[..], fields.as_bytes()].concat());
                break;
            }
        }
    });
    port
}

pub(crate) fn a_database_that_starts_up_is_waited_for_but_a_wrong_password_is_not() {
    let dsn = |port: u16| format!("postgres://someone:pass-word-of-dsn@127.0.0.1:{port}/db");
    let starting = server_that_says("57P03", "the database system is starting up");
    let setup = Setup::over(&dsn(starting));
    let mut process = setup.spawn();
    process.await_words(TRY, Duration::from_secs(5));
    assert!(process.said().contains("starting up") && process.runs(), "{}", process.said());

    for (code, message, advice) in [
        ("28P01", "password authentication failed for user \"someone\"", "password"),
        ("3D000", "database \"db\" does not exist", "create it"),
    ] {
        let said = Setup::over(&dsn(server_that_says(code, message))).refusal();
        assert!(said.contains(message) && said.contains(advice), "{said}");
        assert!(!said.contains("pass-word-of-dsn") && !said.contains(TRY), "{said}");
    }
}

pub(crate) fn a_database_that_comes_up_later_is_served_from(database: &ScratchDb) {
    migrate(&database.url);
    let (proxy, dsn) = proxied(database, State::Shut);
    let setup = Setup::over(&dsn);
    let mut process = setup.spawn();
    process.await_words("next try in 0.2 s", Duration::from_secs(10));
    proxy.set(State::Open);
    process.await_life();
    process.register("late");
    process.token("late");
    process.admin.send(Request::get("/health/ready")).expect(200);
}

/// A proxy before a database, and the DSN that leads through it.
pub(crate) fn proxied(database: &ScratchDb, state: State) -> (Proxy, String) {
    let mut url = Url::parse(&database.url).expect("the URL of a scratch database is one");
    let default = if url.scheme().starts_with("mysql") { 3306 } else { 5432 };
    let host = url.host_str().expect("it has a host");
    let target = std::net::ToSocketAddrs::to_socket_addrs(&(host, url.port().unwrap_or(default)))
        .ok()
        .and_then(|mut addresses| addresses.next())
        .expect("its host is known");
    let proxy = Proxy::to(target, state);
    url.set_host(Some("127.0.0.1")).expect("a URL with a host can have another");
    url.set_port(Some(proxy.port)).expect("a URL with a host can have a port");
    (proxy, url.into())
}
