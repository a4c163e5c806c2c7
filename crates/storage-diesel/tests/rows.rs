//! Rows as Hydra has them: those that a real Hydra wrote are read, and ours are what Hydra can read.

mod runner;
mod support;

#[path = "rows/look.rs"]
mod look;
#[path = "rows/read.rs"]
mod read;
#[path = "rows/write.rs"]
mod write;

use runner::Test;
use support::Backend;

macro_rules! tests {
    ($($module:ident::$test:ident on [$($backend:ident),*]),* $(,)?) => {
        &[$((stringify!($test), $module::$test as Test, &[$(Backend::$backend),*])),*]
    };
}

/// Hydra's rows were taken from its SQLite and PostgreSQL databases.
const TESTS: &[(&str, Test, &[Backend])] = tests![
    read::a_database_of_hydras_serves_at_once on [Sqlite, Postgres],
    read::a_client_of_hydras_may_choose_an_algorithm_and_takes_the_choice_along on [Sqlite, Postgres],
    read::a_consent_that_hydra_wrote_is_listed_as_hydra_lists_it on [Sqlite, Postgres],
    read::a_consent_of_a_device_is_read on [Sqlite, Postgres],
    read::codes_that_hydra_wrote_are_read_and_spent on [Sqlite, Postgres],
    read::tokens_that_hydra_wrote_are_read_and_spent on [Sqlite, Postgres],
    read::rows_of_older_releases_count_by_their_state on [Sqlite, Postgres, Mysql],
    read::empty_columns_of_older_rows_are_read on [Sqlite, Postgres, Mysql],
    read::wider_numbers_of_cockroach_are_read on [Postgres],
    write::a_consent_is_written_as_hydra_writes_it on [Sqlite],
    write::nothing_is_null_where_hydra_cannot_read_it on [Sqlite, Postgres, Mysql],
    write::codes_are_written_as_hydra_writes_them on [Sqlite, Postgres, Mysql],
    write::an_end_beyond_the_timestamps_of_mysql_is_written_as_their_last_day on [Mysql],
    write::no_session_rests_in_plain_text on [Sqlite, Postgres, Mysql],
];

fn main() {
    let on = |backend: Backend| {
        let its = TESTS.iter().filter(move |(_, _, backends)| backends.contains(&backend));
        its.map(move |&(name, test, _)| (backend, name, test))
    };
    runner::run(Backend::ALL.into_iter().flat_map(on));
}
