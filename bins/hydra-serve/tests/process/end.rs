//! How a process ends: killed, or asked to.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use diesel::connection::SimpleConnection;

use crate::{
    process::{Setup, introspect_request, migrate, token_in, token_request},
    scratch::ScratchDb,
};

const WRITERS: usize = 64;

/// An answer is a promise: what was answered is on the disk.
pub(crate) fn no_answered_token_is_lost_when_the_process_is_killed() {
    lose_no_token(&Setup::dev());
}

pub(crate) fn no_token_that_was_answered_from_a_server_is_lost_when_the_process_is_killed(database: &ScratchDb) {
    migrate(&database.url);
    lose_no_token(&Setup::over(&database.url));
}

fn lose_no_token(setup: &Setup) {
    setup.serve().register("kill");
    let mut answered: Vec<String> = Vec::new();
    for round in 0..4 {
        let mut process = setup.serve();
        let stop = AtomicBool::new(false);
        let new: Vec<String> = thread::scope(|scope| {
            let write = || {
                let mut tokens = Vec::new();
                let mut connection = setup.public.connect().expect("the server accepts");
                while !stop.load(Ordering::Relaxed) {
                    match connection.send(&token_request("kill")) {
                        Ok(answer) if answer.status == 200 => tokens.push(token_in(&answer)),
                        Ok(answer) => panic!("{answer:?}"),
                        Err(_killed) => break,
                    }
                }
                tokens
            };
            let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(write)).collect();
            // Not always at the same point of a commit.
            thread::sleep(Duration::from_millis(250 + 37 * round));
            process.kill();
            stop.store(true, Ordering::Relaxed);
            writers.into_iter().flat_map(|writer| writer.join().expect("a writer ends")).collect()
        });
        assert!(new.len() > WRITERS, "only {} tokens were answered", new.len());
        answered.extend(new);
        let process = setup.serve();
        let mut connection = process.admin.connect().expect("the server accepts");
        for token in &answered {
            let answer = connection.send(&introspect_request(token)).expect("an answer").expect(200);
            assert_eq!(answer.json()["active"], true, "one of {} answered tokens is lost", answered.len());
        }
    }
    println!("{} tokens were answered before four kills; all are there", answered.len());
}

pub(crate) fn a_termination_signal_lets_what_is_under_way_finish() {
    let setup = Setup::dev();
    let mut process = setup.serve();
    process.register("signal");
    let token = process.token("signal");
    let dsn = format!("sqlite://{}", setup.path().join("hydra-dev.sqlite").display());
    let mut other = storage_diesel::connection::connect(&dsn).expect("two processes can open a database");
    other.batch_execute("BEGIN IMMEDIATE").expect("nobody writes at the moment");

    // One request waits for the database, and of another half the body is still to come.
    let mut half = process.admin.connect().expect("the server accepts");
    let body = format!("token={token}");
    let kind = "application/x-www-form-urlencoded";
    let length = body.len();
    let head = format!(
        "POST /admin/oauth2/introspect HTTP/1.1\r\nHost: test\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
    );
    half.write(format!("{head}{}", &body[..10]).as_bytes()).expect("the beginning is taken");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| setup.public.send(token_request("signal")));
        thread::sleep(Duration::from_millis(300));
        process.terminate();
        thread::sleep(Duration::from_millis(300));
        assert!(process.runs(), "it does not wait:\n{}", process.said());
        assert!(setup.public.connect().is_err(), "new ones are still let in");
        other.batch_execute("ROLLBACK").expect("the lock can be given back");
        half.write(&body.as_bytes()[10..]).expect("the rest is taken");
        waiting.join().expect("it is answered").expect(200);
        assert_eq!(half.read("POST").expect("it is answered").expect(200).json()["active"], true);
    });
    let ended = process.await_end(Duration::from_secs(6));
    assert_eq!(ended.code(), Some(0), "{}", process.said());
}

pub(crate) fn a_termination_signal_ends_an_idle_process_soon() {
    let setup = Setup::dev();
    let mut process = setup.serve();
    // A connection that is kept without a request does not hold anything up.
    let mut idle = process.public.connect().expect("the server accepts");
    idle.send(&crate::http::Request::get("/health/alive")).expect("an answer").expect(200);
    let begun = Instant::now();
    process.terminate();
    let ended = process.await_end(Duration::from_secs(3));
    println!("an idle process ended {:.0?} after the signal", begun.elapsed());
    assert_eq!(ended.code(), Some(0), "{}", process.said());
}
