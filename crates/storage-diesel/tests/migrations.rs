//! Migrations, each test once per database: see [`support`] for where databases come from.

mod runner;
mod support;

#[path = "migrations/adopt.rs"]
mod adopt;
#[path = "migrations/fresh.rs"]
mod fresh;
#[path = "migrations/inspect.rs"]
mod inspect;
#[path = "migrations/resume.rs"]
mod resume;

use runner::Test;
use support::Backend;

macro_rules! tests {
    ($($module:ident::$test:ident),* $(,)?) => { &[$((stringify!($test), $module::$test as Test)),*] };
}

const TESTS: &[(&str, Test)] = tests![
    fresh::a_fresh_database_gets_hydras_schema_and_version_rows_and_what_is_ours,
    fresh::migrating_again_changes_nothing,
    fresh::every_migration_is_reported_while_it_runs,
    fresh::a_migrated_database_can_be_emptied_and_migrated_again,
    fresh::each_rollback_undoes_what_its_migration_did,
    fresh::a_database_of_ours_at_an_earlier_level_gets_exactly_what_is_new,
    fresh::status_and_plan_show_what_would_happen,
    fresh::every_folder_on_disk_is_built_in,
    fresh::the_oldest_network_is_the_one,
    fresh::a_database_without_tables_says_how_to_migrate_it,
    adopt::a_database_of_hydras_newest_level_gets_only_what_is_ours,
    adopt::a_database_of_the_release_gets_only_what_is_missing,
    adopt::a_server_adds_what_is_ours_and_leaves_changes_of_hydras_tables_to_the_operator,
    adopt::one_of_two_version_rows_is_completed,
    adopt::old_short_version_rows_count_and_unknown_ones_do_not_matter,
    adopt::an_older_release_is_refused_and_left_alone,
    adopt::a_gap_below_the_newest_version_is_noticed,
    adopt::tables_without_bookkeeping_are_refused,
    resume::a_failed_migration_names_itself_and_can_be_run_again,
    resume::a_run_killed_anywhere_on_mysql_is_finished_by_the_next,
    resume::a_rollback_killed_anywhere_on_mysql_can_be_run_again,
    resume::processes_that_migrate_at_once_do_not_disturb_each_other,
    resume::processes_that_make_the_network_at_once_agree,
];

/// Where statements of a schema change are transactional, these cannot happen.
const MYSQL_ONLY: [&str; 2] =
    ["a_run_killed_anywhere_on_mysql_is_finished_by_the_next", "a_rollback_killed_anywhere_on_mysql_can_be_run_again"];

fn main() {
    let on = |backend: Backend| {
        let happens = move |(name, _): &&(&str, Test)| backend == Backend::Mysql || !MYSQL_ONLY.contains(name);
        TESTS.iter().filter(happens).map(move |&(name, test)| (backend, name, test))
    };
    runner::run(Backend::ALL.into_iter().flat_map(on));
}
