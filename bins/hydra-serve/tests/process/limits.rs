//! Much at once.

use std::{collections::BTreeMap, sync::Barrier, thread};

use serde_json::json;

use crate::{http::Request, process::Setup};

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
