//! Much at once.

use std::{
    collections::BTreeMap,
    sync::{Barrier, Mutex},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    http::Request,
    process::{Setup, introspect_request, secret_of, token_request},
};

const MEGABYTE: usize = 1 << 20;

pub(crate) fn a_hundred_megabytes_are_refused_without_being_kept() {
    let setup = Setup::dev();
    let process = setup.serve();
    process.register("limits");
    process.token("limits");
    let before = process.resident();
    let piece = vec![b'x'; MEGABYTE];
    for chunked in [false, true] {
        for (listener, target, kind) in [
            (process.admin, "/admin/clients", "application/json"),
            (process.public, "/oauth2/token", "application/x-www-form-urlencoded"),
        ] {
            let mut connection = listener.connect().expect("the server accepts");
            let framing = if chunked {
                "Transfer-Encoding: chunked".to_owned()
            } else {
                format!("Content-Length: {}", 100 * MEGABYTE)
            };
            let head = format!("POST {target} HTTP/1.1\r\nHost: test\r\nContent-Type: {kind}\r\n{framing}\r\n\r\n");
            connection.write(head.as_bytes()).expect("the head is taken");
            for _ in 0..100 {
                let frame = if chunked { format!("{MEGABYTE:x}\r\n") } else { String::new() };
                let end = if chunked { "\r\n" } else { "" };
                let parts = [frame.as_bytes(), &piece, end.as_bytes()];
                // The server may have said what it has to say, and hung up.
                if parts.iter().any(|part| connection.write(part).is_err()) {
                    break;
                }
            }
            let answer = connection.read("POST").unwrap_or_else(|why| panic!("{target}, chunked {chunked}: {why}"));
            assert_eq!(answer.status, 413, "{target}, chunked {chunked}: {answer:?}");
        }
    }
    let after = process.peak();
    println!("resident: {before} KiB before four bodies of 100 MB, {after} KiB at most");
    assert!(after < before + 16 * 1024, "{before} KiB before, {after} KiB at most");
}

pub(crate) fn of_thirty_two_that_register_one_id_one_succeeds() {
    const RACERS: usize = 32;
    let setup = Setup::dev();
    let process = setup.serve();
    for round in 0..5 {
        let start = Barrier::new(RACERS);
        let register = || {
            start.wait();
            let client = json!({"client_id": format!("race-{round}"), "client_secret": "a-secret"});
            process.admin.send(Request::post("/admin/clients").json(&client)).status
        };
        let mut got = BTreeMap::<u16, usize>::new();
        thread::scope(|scope| {
            let racers: Vec<_> = (0..RACERS).map(|_| scope.spawn(register)).collect();
            for racer in racers {
                *got.entry(racer.join().expect("a racer gets an answer")).or_default() += 1;
            }
        });
        assert_eq!(got, BTreeMap::from([(201, 1), (409, RACERS - 1)]));
    }
}

/// Twice as many as the process could hold with the limit that it is started with.
pub(crate) fn idle_connections_keep_nobody_out() {
    let setup = Setup::dev().open_files(256);
    let process = setup.serve();
    let request = Request::get("/health/alive");
    let mut idle: Vec<_> = (0..600).map(|_| process.public.connect().expect("the server accepts")).collect();
    let begun = Instant::now();
    process.public.send(request.clone()).expect(200);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    for connection in &mut idle {
        connection.send(&request).expect("an answer").expect(200);
    }
}

/// Everything that writes at once, on SQLite: no error of ours, and nobody waits for long. The limits are for builds that are
/// not optimised, on a machine that has other things to do.
pub(crate) fn mixed_writers_on_sqlite_are_all_served_in_time() {
    const WRITERS: usize = 32;
    const EACH: usize = 24;
    let setup = Setup::dev();
    let process = setup.serve();
    let waits = Mutex::new(Vec::new());
    let begun = Instant::now();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (process, waits) = (&process, &waits);
            scope.spawn(move || {
                let id = format!("writer-{writer}");
                let client = json!({
                    "client_id": id, "client_secret": secret_of(&id), "grant_types": ["client_credentials"], "scope": "api",
                });
                let at = |rest: &str| format!("/admin/clients/{id}{rest}");
                let patch = json!([{"op": "add", "path": "/contacts/-", "value": "c"}]);
                let key = json!({"alg": "ES256"});
                let ask = |listener: crate::http::Endpoint, request: Request, status: u16| {
                    let asked = Instant::now();
                    let answer = listener.send(request).expect(status);
                    waits.lock().expect("nobody panics while waiting").push(asked.elapsed());
                    answer
                };
                ask(process.admin, Request::post("/admin/clients").json(&client), 201);
                for _ in 0..EACH / 6 {
                    let token = crate::process::token_in(&ask(process.public, token_request(&id), 200));
                    ask(process.admin, Request::patch(at("")).json(&patch), 200);
                    ask(process.admin, Request::put(at("/lifespans")).json(&json!({})), 200);
                    ask(process.admin, Request::post(format!("/admin/keys/{id}")).json(&key), 201);
                    let revoke = Request::post("/oauth2/revoke").basic(&id, &secret_of(&id)).form(&[("token", &token)]);
                    ask(process.public, revoke, 200);
                    let gone = ask(process.admin, introspect_request(&token), 200);
                    assert_eq!(gone.json()["active"], false);
                }
                ask(process.admin, Request::delete(at("")), 204);
            });
        }
    });
    let took = begun.elapsed();
    let mut waits = waits.into_inner().expect("nobody panicked");
    waits.sort_unstable();
    let slow = waits[waits.len() * 99 / 100];
    let rate = waits.len() as f64 / took.as_secs_f64();
    println!("{} writes of {WRITERS} writers at {rate:.0} per second, 99 of 100 within {slow:.0?}", waits.len());
    assert!(slow < Duration::from_secs(2), "{slow:?}");
}
