//! A SQLite database that another process keeps locked.

use std::{
    thread,
    time::{Duration, Instant},
};

use diesel::connection::SimpleConnection;

use crate::{
    http::Request,
    outage::{questions, recovery},
    process::Setup,
};

pub(crate) fn a_locked_database_is_a_passing_trouble_and_never_a_false_no() {
    let setup = Setup::dev();
    let process = setup.serve();
    process.register("outage");
    let token = process.token("outage");
    let dsn = format!("sqlite://{}", setup.path().join("hydra-dev.sqlite").display());
    let mut other = storage_diesel::connection::connect(&dsn).expect("two processes can open a database");
    other.batch_execute("BEGIN EXCLUSIVE").expect("nobody writes at the moment");
    let questions = questions(&process, &token);
    thread::scope(|scope| {
        // Readers go on; whoever wants to write is told the truth in time.
        for (n, question) in questions.iter().enumerate() {
            let reads = matches!(n, 1 | 2);
            scope.spawn(move || assert_eq!(question.ask(), reads));
        }
        for _ in 0..10 {
            let asked = Instant::now();
            process.public.send(Request::get("/health/alive")).expect(200);
            assert!(asked.elapsed() < Duration::from_millis(500), "{:?}", asked.elapsed());
            thread::sleep(Duration::from_millis(50));
        }
    });
    other.batch_execute("ROLLBACK").expect("the lock can be given back");
    let took = recovery(&questions);
    println!("all well {took:.0?} after the lock was gone");
    assert!(took < Duration::from_secs(1), "{took:?}");
}
