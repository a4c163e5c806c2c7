//! The first start, and the ones after it.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    time::{Duration, Instant},
};

use crate::{http::Request, process::Setup};

pub(crate) fn without_anything_a_database_and_a_secret_are_made_and_tokens_outlive_a_restart() {
    let setup = Setup::dev();
    let mut process = setup.serve();
    let database = setup.path().join("hydra-dev.sqlite");
    let said = process.said();
    let first_lines: Vec<&str> = said.lines().take(2).collect();
    assert!(first_lines.iter().any(|line| line.contains(&database.display().to_string())), "{said}");
    let secret = setup.path().join("hydra-dev.secret");
    let mode = fs::metadata(&secret).expect("the secret is kept").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let secret = fs::read_to_string(secret).expect("the secret can be read");
    assert!(!said.contains(secret.trim()), "the secret is in the log");

    process.register("start");
    let token = process.token("start");
    process.kill();
    let process = setup.serve();
    assert!(process.is_active(&token));
    process.token("start");
    process.admin.send(Request::get("/health/ready")).expect(200);
    assert_eq!(fs::read_to_string(setup.path().join("hydra-dev.secret")).expect("it is still there"), secret);
}

pub(crate) fn one_kind_of_endpoints_can_be_served_alone() {
    for (word, served, absent) in [("public", 0, 1), ("admin", 1, 0)] {
        let setup = Setup::dev().word(word);
        let _process = setup.spawn();
        let listeners = [setup.public, setup.admin];
        let begun = Instant::now();
        while listeners[served].try_send(&Request::get("/health/ready")).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "{word} is not served");
        }
        assert!(listeners[absent].connect().is_err(), "{word} serves the other kind too");
    }
}

/// The limits are for builds that are not optimised, on a machine that has other things to do.
pub(crate) fn starting_is_quick_and_waiting_is_small() {
    let setup = Setup::dev();
    let first = Instant::now();
    let mut process = setup.serve();
    let first = first.elapsed();
    process.kill();
    let second = Instant::now();
    let process = setup.serve();
    let second = second.elapsed();
    let resident = process.resident();
    println!(
        "start with a new database: {first:.0?}; with one that is there: {second:.0?}; idle: {resident} KiB resident"
    );
    assert!(first < Duration::from_secs(5) && second < Duration::from_secs(3), "{first:?}, {second:?}");
    assert!(resident < 100 * 1024, "{resident} KiB");
}
