//! A database that goes away, or silent, while requests come in. What a client is told then must be true: that we cannot
//! answer now, never that its secret is wrong or its token inactive.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    absent::proxied,
    http::{Answer, Endpoint, Request},
    process::{Process, Setup, introspect_request, migrate, token_request},
    proxy::{Proxy, State},
    scratch::ScratchDb,
};

/// The longest that anybody may wait for an answer.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// The longest until all is well again once the database is. About a second is usual: connections are tried again in pauses.
const RECOVERY: Duration = Duration::from_secs(3);

/// A question, and how it must be answered.
pub(crate) struct Question {
    name: &'static str,
    listener: Endpoint,
    request: Request,
    /// The members and headers of RFC 6749, or those of the API.
    oauth: bool,
}

/// One of each kind.
pub(crate) fn questions(process: &Process<'_>, token: &str) -> [Question; 4] {
    let new = serde_json::json!({"client_name": "new"});
    [
        Question { name: "token", listener: process.public, request: token_request("outage"), oauth: true },
        Question { name: "introspection", listener: process.admin, request: introspect_request(token), oauth: true },
        Question {
            name: "clients",
            listener: process.admin,
            request: Request::get("/admin/clients?page_size=2"),
            oauth: false,
        },
        Question {
            name: "registration",
            listener: process.admin,
            request: Request::post("/admin/clients").json(&new),
            oauth: false,
        },
    ]
}

impl Question {
    /// Asks; whether the answer was a full one. Any other must be an honest 503.
    #[track_caller]
    pub(crate) fn ask(&self) -> bool {
        let begun = Instant::now();
        let answer = self.listener.try_send(&self.request).unwrap_or_else(|why| panic!("{}: {why}", self.name));
        let waited = begun.elapsed();
        assert!(waited < LONGEST_WAIT, "{}: answered after {waited:?}", self.name);
        if answer.status == 200 || answer.status == 201 {
            assert!(self.name != "introspection" || answer.json()["active"] == true, "a false no: {answer:?}");
            return true;
        }
        is_honest_trouble(&answer, self.oauth);
        false
    }
}

#[track_caller]
pub(crate) fn is_honest_trouble(answer: &Answer, oauth: bool) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(answer.error(), "temporarily_unavailable", "{answer:?}");
    assert_eq!(answer.json().as_object().map(|members| members.len()), Some(2), "{answer:?}");
    assert_eq!(answer.header("Retry-After"), Some("1"), "{answer:?}");
    if oauth {
        assert_eq!(answer.header("Content-Type"), Some("application/json;charset=UTF-8"), "{answer:?}");
        assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{answer:?}");
    } else {
        assert_eq!(answer.header("Content-Type"), Some("application/json"), "{answer:?}");
    }
}

/// Waits until every question is answered in full three times in a row; how long that took.
#[track_caller]
pub(crate) fn recovery(questions: &[Question]) -> Duration {
    let begun = Instant::now();
    let mut well = 0;
    while well < 3 {
        assert!(begun.elapsed() < Duration::from_secs(10), "it does not recover");
        well = if questions.iter().all(Question::ask) { well + 1 } else { 0 };
    }
    begun.elapsed()
}

/// A database behind a proxy, and how to start a process that goes through it.
fn behind_proxy(database: &ScratchDb) -> (Proxy, Setup) {
    migrate(&database.url);
    let (proxy, dsn) = proxied(database, State::Open);
    (proxy, Setup::over(&dsn))
}

/// Starts the process; a living token of the client that asks.
fn started(setup: &Setup) -> (Process<'_>, String) {
    let process = setup.serve();
    process.register("outage");
    let token = process.token("outage");
    (process, token)
}

/// Asks all questions from several threads until `meanwhile` is over; how many were answered in full and how many not.
fn under_load(questions: &[Question], meanwhile: impl FnOnce()) -> (usize, usize) {
    let stop = AtomicBool::new(false);
    let counts = Mutex::new((0, 0));
    thread::scope(|scope| {
        for n in 0..8 {
            let (stop, counts, question) = (&stop, &counts, &questions[n % questions.len()]);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let well = question.ask();
                    let mut counts = counts.lock().expect("nobody panics while counting");
                    if well { counts.0 += 1 } else { counts.1 += 1 }
                }
            });
        }
        meanwhile();
        stop.store(true, Ordering::Relaxed);
    });
    counts.into_inner().expect("nobody panicked while counting")
}

pub(crate) fn while_the_database_is_gone_nobody_gets_a_false_no(database: &ScratchDb) {
    let (proxy, setup) = behind_proxy(database);
    let (mut process, token) = started(&setup);
    let questions = questions(&process, &token);
    let (well, not) = under_load(&questions, || {
        thread::sleep(Duration::from_millis(300));
        proxy.set(State::Shut);
        thread::sleep(Duration::from_millis(1500));
        process.public.send(Request::get("/health/alive")).expect(200);
        process.admin.send(Request::get("/health/ready")).expect(503);
    });
    assert!(well > 10 && not > 10, "{well} answered in full, {not} not");
    proxy.set(State::Open);
    let took = recovery(&questions);
    println!("{well} answers before, {not} while it was gone; all well {took:.0?} after it came back");
    assert!(took < RECOVERY, "{took:?}");
    process.admin.send(Request::get("/health/ready")).expect(200);
    assert!(process.runs());
    let said = process.said();
    assert!(said.contains("503") && !said.contains("panicked"), "{said}");
}

pub(crate) fn while_the_database_is_silent_everybody_is_answered_in_time(database: &ScratchDb) {
    let (proxy, setup) = behind_proxy(database);
    let (process, token) = started(&setup);
    let questions = questions(&process, &token);
    proxy.set(State::Frozen);
    let begun = Instant::now();
    thread::scope(|scope| {
        for n in 0..24 {
            let question = &questions[n % questions.len()];
            scope.spawn(move || assert!(!question.ask(), "{} was answered by nobody", question.name));
        }
        let ready = scope.spawn(|| process.admin.send(Request::get("/health/ready")).expect(503));
        for _ in 0..10 {
            let asked = Instant::now();
            process.public.send(Request::get("/health/alive")).expect(200);
            process.admin.send(Request::get("/health/alive")).expect(200);
            assert!(asked.elapsed() < Duration::from_millis(500), "{:?}", asked.elapsed());
            thread::sleep(Duration::from_millis(50));
        }
        ready.join().expect("readiness is answered");
    });
    let waited = begun.elapsed();
    assert!(waited < LONGEST_WAIT, "{waited:?}");
    proxy.set(State::Open);
    let took = recovery(&questions);
    println!("all were answered within {waited:.1?}; all well {took:.0?} after it spoke again");
    assert!(took < RECOVERY, "{took:?}");
}

/// What is under way will never be answered; the process must not wait for it.
pub(crate) fn a_silent_database_does_not_hold_up_the_end(database: &ScratchDb) {
    let (proxy, setup) = behind_proxy(database);
    let (mut process, token) = started(&setup);
    let questions = questions(&process, &token);
    let (well, not) = under_load(&questions, || {
        thread::sleep(Duration::from_millis(300));
        proxy.set(State::Frozen);
    });
    assert!(well > 10 && not > 0, "{well} answered in full, {not} not");
    let begun = Instant::now();
    process.terminate();
    let ended = process.await_end(Duration::from_secs(10));
    println!("a process over a silent database ended {:.1?} after the signal", begun.elapsed());
    assert_eq!(ended.code(), Some(0), "{}", process.said());
    assert!(process.said().contains("given up"), "{}", process.said());
}

/// Short interruptions, again and again: every connection is replaced, and none that is of no use is kept.
pub(crate) fn an_outage_as_long_as_a_pause_leaves_nothing_behind(database: &ScratchDb) {
    let (proxy, setup) = behind_proxy(database);
    let (process, token) = started(&setup);
    let questions = questions(&process, &token);
    for _ in 0..4 {
        under_load(&questions, || {
            proxy.set(State::Shut);
            thread::sleep(Duration::from_millis(200));
            proxy.set(State::Open);
        });
        let took = recovery(&questions);
        assert!(took < RECOVERY, "{took:?}");
    }
    let (well, not) = under_load(&questions, || thread::sleep(Duration::from_millis(300)));
    assert!(well > 10 && not == 0, "{well} answered in full, {not} not");
}
