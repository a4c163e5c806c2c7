//! Somebody guesses at the secret of a client. The others must hardly notice, and whoever waits too long must be told.

use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::{
    http::Request,
    outage::is_honest_trouble,
    process::{Process, Setup, token_request},
};

/// Guesses in flight at once.
const GUESSERS: usize = 200;
/// Those who go on working meanwhile.
const WORKERS: usize = 8;
/// How much of their rate the others must keep.
const KEPT: f64 = 0.8;
/// How long a rate is measured, and how often before and during the guesses; the one in the middle counts.
const WINDOW: Duration = Duration::from_millis(400);
const WINDOWS: usize = 5;
/// How often all of it is tried again: other processes want the machine too, and take it when they like.
const TRIES: usize = 6;

/// A secret that is new to the server on every call.
fn guess() -> Request {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let secret = format!("wrong-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    Request::post("/oauth2/token").basic("guessed", &secret).form(&[("grant_type", "client_credentials")])
}

/// Whether a guess was turned down; it may also be told, honestly, that it must come again.
#[track_caller]
fn is_turned_down(process: &Process<'_>, guess: &Request) -> bool {
    let answer = process.public.try_send(guess).expect("every guess gets an answer");
    if answer.status == 401 {
        assert_eq!(answer.error(), "invalid_client");
        return true;
    }
    is_honest_trouble(&answer, true);
    false
}

/// Tokens for a client that is known, per second.
fn rate(process: &Process<'_>) -> f64 {
    let (begun, made) = (Instant::now(), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let request = token_request("known");
                let mut connection = process.public.connect().expect("the server accepts");
                while begun.elapsed() < WINDOW {
                    connection.send(&request).expect("an answer").expect(200);
                    made.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    made.into_inner() as f64 / begun.elapsed().as_secs_f64()
}

/// What comes of `meanwhile` while guesses are in flight, and how many of them were turned down.
fn beside_guesses<T>(process: &Process<'_>, meanwhile: impl FnOnce() -> T) -> (T, usize) {
    let (stop, turned_down) = (AtomicBool::new(false), AtomicUsize::new(0));
    let outcome = thread::scope(|scope| {
        for _ in 0..GUESSERS {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    turned_down.fetch_add(usize::from(is_turned_down(process, &guess())), Ordering::Relaxed);
                }
            });
        }
        // All of them are on their way.
        thread::sleep(Duration::from_millis(200));
        let outcome = meanwhile();
        stop.store(true, Ordering::Relaxed);
        outcome
    });
    (outcome, turned_down.into_inner())
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

pub(crate) fn two_hundred_guesses_in_flight_leave_others_four_fifths_of_their_rate() {
    let setup = Setup::dev().variable("OAUTH2_HASHERS_PBKDF2_ITERATIONS", "25000");
    let process = setup.serve();
    for id in ["known", "guessed"] {
        process.register(id);
    }
    process.token("known");
    let mut kept = 0.0;
    for _ in 0..TRIES {
        let alone = median((0..WINDOWS).map(|_| rate(&process)).collect());
        let (beside, turned_down) = beside_guesses(&process, || median((0..WINDOWS).map(|_| rate(&process)).collect()));
        kept = beside / alone;
        println!(
            "{alone:.0} tokens/s alone, {beside:.0} beside {GUESSERS} guesses ({:.0} %); {turned_down} were turned down",
            kept * 100.0
        );
        assert!(turned_down > 0, "nobody guessed");
        if kept >= KEPT {
            break;
        }
    }
    assert!(kept >= KEPT, "the others keep {:.0} %", kept * 100.0);
}

pub(crate) fn a_right_secret_that_is_new_gets_its_turn_among_guesses_at_another_client() {
    let setup = Setup::dev().variable("OAUTH2_HASHERS_PBKDF2_ITERATIONS", "25000");
    let process = setup.serve();
    process.register("guessed");
    let (longest, _) = beside_guesses(&process, || {
        let times = (0..10).map(|n| {
            let begun = Instant::now();
            // Registering hashes once, and so does the first use.
            process.register(&format!("new-{n}"));
            process.token(&format!("new-{n}"));
            begun.elapsed()
        });
        times.max().unwrap_or_default()
    });
    println!("registration and first token took {longest:.0?} at most beside {GUESSERS} guesses");
    assert!(longest < Duration::from_secs(2), "{longest:?}");
}

/// A hash takes a fifth of a second here, so that whoever came last would wait for twenty.
pub(crate) fn whoever_waits_too_long_behind_guesses_is_told_to_come_again() {
    const LATE: usize = 100;
    let setup = Setup::dev().variable("OAUTH2_HASHERS_PBKDF2_ITERATIONS", "1500000");
    let process = setup.serve();
    process.register("guessed");
    let begun = Instant::now();
    let turned_down: usize = thread::scope(|scope| {
        let guesses: Vec<_> =
            (0..LATE).map(|_| scope.spawn(|| usize::from(is_turned_down(&process, &guess())))).collect();
        guesses.into_iter().map(|guess| guess.join().expect("an honest answer")).sum()
    });
    let waited = begun.elapsed();
    println!("{turned_down} of {LATE} guesses were turned down within {waited:.1?}, the others told to come again");
    assert!((1..LATE).contains(&turned_down), "{turned_down} were turned down");
    assert!(waited < Duration::from_secs(6), "{waited:?}");
}
