//! The program as a process: how it starts, what it says when it cannot, how it bears a database that is gone, silent or
//! locked, and how it ends. Tests that need a database server run when `TEST_POSTGRES_URL` or `TEST_MYSQL_URL` name one.

#[expect(dead_code, reason = "a part of it is for the tests of single endpoints")]
#[path = "../../../../crates/http-actix/tests/support/http.rs"]
mod http;
mod process;
mod proxy;
#[expect(dead_code, reason = "a part of it is for tests that run on SQLite as well")]
#[path = "../../../../crates/storage-diesel/tests/support/mod.rs"]
mod scratch;

mod absent;
mod end;
mod guesses;
mod limits;
mod lock;
mod mistakes;
mod outage;
mod refusals;
mod start;

use std::sync::{PoisonError, RwLock};

use libtest_mimic::{Arguments, Trial};
use scratch::{Backend, ScratchDb, scratch};

type Test = fn();
type DatabaseTest = fn(&ScratchDb);

macro_rules! tests {
    ($kind:ty: $($module:ident::$test:ident),* $(,)?) => { &[$((stringify!($test), $module::$test as $kind)),*] };
}

const TESTS: &[(&str, Test)] = tests![Test:
    start::without_anything_a_database_and_a_secret_are_made_and_tokens_outlive_a_restart,
    start::one_kind_of_endpoints_can_be_served_alone,
    start::starting_is_quick_and_waiting_is_small,
    mistakes::a_missing_dsn_says_what_to_set,
    mistakes::a_port_in_use_is_named_at_once_and_nothing_else_keeps_running,
    mistakes::what_waiting_does_not_cure_ends_at_once_with_advice,
    mistakes::words_that_are_no_arguments_are_refused,
    absent::a_database_that_is_not_there_is_waited_for_with_a_line_for_each_try,
    absent::a_database_that_starts_up_is_waited_for_but_a_wrong_password_is_not,
    lock::a_locked_database_is_a_passing_trouble_and_never_a_false_no,
    end::no_answered_token_is_lost_when_the_process_is_killed,
    end::a_termination_signal_lets_what_is_under_way_finish,
    end::a_termination_signal_ends_an_idle_process_soon,
    limits::a_hundred_megabytes_are_refused_without_being_kept,
    limits::of_thirty_two_that_register_one_id_one_succeeds,
    limits::idle_connections_keep_nobody_out,
    limits::mixed_writers_on_sqlite_are_all_served_in_time,
    refusals::every_refusal_has_its_shape_and_one_line_in_the_log_without_a_secret,
    guesses::a_right_secret_that_is_new_gets_its_turn_among_guesses_at_another_client,
    guesses::whoever_waits_too_long_behind_guesses_is_told_to_come_again,
];

const DATABASE_TESTS: &[(&str, DatabaseTest)] = tests![DatabaseTest:
    absent::a_database_that_comes_up_later_is_served_from,
    outage::while_the_database_is_gone_nobody_gets_a_false_no,
    outage::while_the_database_is_silent_everybody_is_answered_in_time,
    outage::a_silent_database_does_not_hold_up_the_end,
    outage::an_outage_as_long_as_a_pause_leaves_nothing_behind,
    end::no_token_that_was_answered_from_a_server_is_lost_when_the_process_is_killed,
];

/// Each of these has the machine to itself, as far as this program can see to it.
const MEASUREMENTS: &[(&str, Test)] =
    tests![Test: guesses::two_hundred_guesses_in_flight_leave_others_four_fifths_of_their_rate];

/// Measurements hold it alone, all other tests together.
static MACHINE: RwLock<()> = RwLock::new(());

fn main() {
    let plain = TESTS.iter().map(|&(name, test)| {
        Trial::test(name, move || {
            let _shared = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
            test();
            Ok(())
        })
    });
    let measurements = MEASUREMENTS.iter().map(|&(name, test)| {
        Trial::test(name, move || {
            let _alone = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
            test();
            Ok(())
        })
    });
    let servers = [Backend::Postgres, Backend::Mysql];
    let on_servers = servers.into_iter().flat_map(|backend| {
        DATABASE_TESTS.iter().map(move |&(name, test)| {
            let trial = Trial::test(format!("{backend}::{name}"), move || {
                let _shared = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
                test(&scratch(backend).ok_or("no database to run this on")?);
                Ok(())
            });
            trial.with_ignored_flag(!backend.available())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), plain.chain(measurements).chain(on_servers).collect()).exit();
}
