//! The built-in pages of `--dev` in a real browser: Debian's chromium, without a window. Without chromium and chromedriver these
//! tests show as ignored.

#[expect(dead_code, reason = "a part of it is for tests without a browser")]
#[path = "../support/mod.rs"]
mod support;

mod application;
mod chromium;
mod login;

use chromium::Chromium;
use libtest_mimic::{Arguments, Trial};

const TESTS: [(&str, fn()); 3] = [
    ("a_person_logs_in_allows_and_logs_out", login::with_scripts),
    ("all_of_it_works_without_scripts", login::without_scripts),
    ("every_page_can_be_read_and_operated_by_everybody", login::accessible),
];

fn main() {
    let trials = TESTS.map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
        .with_ignored_flag(!Chromium::is_available())
    });
    // A browser is big; one at a time.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    libtest_mimic::run(&arguments, trials.into()).exit();
}
