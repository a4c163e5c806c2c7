//! Databases that Hydra migrated before us.

use storage_diesel::migrate::{self, Direction, MigrateError, MigrationState, SchemaState, TooOld, network_id};

use crate::{
    inspect::{
        NETWORK, assert_hydras_schema, assert_whole_schema, down, execute, made_by_hydra, made_by_hydras_release,
        schema, tables, up, versions,
    },
    support::{Backend, ScratchDb},
};

/// What a database of Hydra's newest level lacks.
const OURS: [&str; 2] = ["0005_refresh_answers", "0006_client_signing"];

fn pending(names: &[&str]) -> SchemaState {
    SchemaState::Pending(names.iter().map(|name| (*name).to_owned()).collect())
}

pub(crate) fn a_database_of_hydras_newest_level_gets_only_what_is_ours(database: &ScratchDb, backend: Backend) {
    let mut conn = made_by_hydra(database);
    let before = (schema(&mut conn, backend), versions(&mut conn));
    assert_hydras_schema(&mut conn, backend);
    assert_eq!(migrate::state(&mut conn).expect("state"), pending(&OURS));
    assert_eq!(up(&mut conn), 2);
    assert_eq!(migrate::state(&mut conn).expect("state"), SchemaState::Current);
    assert_whole_schema(&mut conn, backend);
    // What Hydra applied is Hydra's to roll back: we must not drop a deployment's tables.
    let plan = migrate::plan(&mut conn, Direction::Down { steps: 100 }).expect("plan");
    let leaving: Vec<_> =
        plan.iter().filter(|row| row.state == MigrationState::Rollback).map(|row| &row.name).collect();
    assert_eq!(leaving, ["refresh_answers", "client_signing"]);
    assert_eq!(down(&mut conn, 100), 2);
    assert_eq!((schema(&mut conn, backend), versions(&mut conn)), before);
    assert_eq!(network_id(&mut conn).expect("network"), Some(NETWORK.to_string()));
}

pub(crate) fn a_database_of_the_release_gets_only_what_is_missing(database: &ScratchDb, backend: Backend) {
    let mut conn = made_by_hydras_release(database);
    let missing = [
        "0002_hydra_rotated_secrets",
        "0003_hydra_flow_session_index",
        "0004_hydra_subject_indexes",
        "0005_refresh_answers",
        "0006_client_signing",
    ];
    assert_eq!(migrate::state(&mut conn).expect("state"), pending(&missing));
    let at_release = schema(&mut conn, backend);

    let mut conn_again = crate::inspect::open(database);
    let another_network = uuid::Uuid::from_u128(7);
    assert_eq!(migrate::up(&mut conn_again, another_network, &mut |_| {}).expect("up"), 5);
    assert_eq!(migrate::state(&mut conn).expect("state"), SchemaState::Current);
    assert_eq!(versions(&mut conn).len(), if backend == Backend::Postgres { 228 } else { 227 });
    assert_eq!(network_id(&mut conn).expect("network"), Some(NETWORK.to_string()), "the network stays");

    assert_eq!(down(&mut conn, 100), 5, "only what we applied is rolled back");
    assert_eq!(schema(&mut conn, backend), at_release);
}

pub(crate) fn a_server_adds_what_is_ours_and_leaves_changes_of_hydras_tables_to_the_operator(
    database: &ScratchDb,
    backend: Backend,
) {
    let mut conn = made_by_hydra(database);
    assert_eq!(migrate::up_ours(&mut conn, &mut |_| {}).expect("up"), 2);
    assert_whole_schema(&mut conn, backend);
    assert_eq!(migrate::up_ours(&mut conn, &mut |_| {}).expect("up"), 0);
    // A database of our own at an earlier level is brought up to date in the same way.
    assert_eq!(down(&mut conn, 1), 1);
    assert_eq!(migrate::up_ours(&mut conn, &mut |_| {}).expect("up"), 1);
    assert_whole_schema(&mut conn, backend);
    assert_eq!(down(&mut conn, 100), 2);

    execute(&mut conn, "DELETE FROM schema_migration WHERE version = '20260420120000000001'");
    let missing = pending(&["0004_hydra_subject_indexes", "0005_refresh_answers", "0006_client_signing"]);
    assert_eq!(migrate::up_ours(&mut conn, &mut |_| {}).expect("nothing is done"), 0);
    assert_eq!(migrate::state(&mut conn).expect("state"), missing);
}

pub(crate) fn one_of_two_version_rows_is_completed(database: &ScratchDb, backend: Backend) {
    let mut conn = made_by_hydra(database);
    execute(&mut conn, "DELETE FROM schema_migration WHERE version = '20260420120000000001'");
    assert_eq!(
        migrate::state(&mut conn).expect("state"),
        pending(&["0004_hydra_subject_indexes", "0005_refresh_answers", "0006_client_signing"])
    );
    assert_eq!(up(&mut conn), 3);
    assert_eq!(versions(&mut conn).last().map(String::as_str), Some("20260420120000000001"));
    assert_whole_schema(&mut conn, backend);
}

pub(crate) fn old_short_version_rows_count_and_unknown_ones_do_not_matter(database: &ScratchDb, _: Backend) {
    let mut conn = made_by_hydra(database);
    execute(
        &mut conn,
        "DELETE FROM schema_migration WHERE version LIKE '20220210000001%'; \
         DELETE FROM schema_migration WHERE version = '20260122110909000000'; \
         INSERT INTO schema_migration (version) VALUES ('20220210000001'); \
         INSERT INTO schema_migration (version) VALUES ('20260122110909'); \
         INSERT INTO schema_migration (version) VALUES ('29990101000000000000'); \
         INSERT INTO schema_migration (version) VALUES ('something else')",
    );
    assert_eq!(migrate::state(&mut conn).expect("state"), pending(&OURS));
    assert_eq!(up(&mut conn), 2);
}

pub(crate) fn an_older_release_is_refused_and_left_alone(database: &ScratchDb, backend: Backend) {
    let mut conn = made_by_hydra(database);
    execute(&mut conn, "DELETE FROM schema_migration WHERE version > '20230512112801000001'");
    let left = versions(&mut conn);
    assert_eq!(left.len(), 200);
    let expected = TooOld {
        newest: Some("20230512112801000001".to_owned()),
        release: "v2.1.2",
        missing: if backend == Backend::Postgres { 24 } else { 23 },
    };
    assert_eq!(migrate::state(&mut conn).expect("state"), SchemaState::TooOld(expected.clone()));

    let error = migrate::up(&mut conn, NETWORK, &mut |_| {}).expect_err("too old");
    assert!(matches!(&error, MigrateError::TooOld(too_old) if *too_old == expected), "{error}");
    for part in ["v2.1.2", "20230512112801000001", "run `hydra migrate sql` of Ory Hydra v26.2"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    assert!(migrate::down(&mut conn, 1, &mut |_| {}).is_err());
    assert!(migrate::status(&mut conn).is_err());
    assert_eq!(versions(&mut conn), left);
    let made = ["hydrars_migration".to_owned(), "hx_refresh_answer".to_owned(), "hx_client".to_owned()];
    assert!(!tables(&mut conn, backend).iter().any(|table| made.contains(table)));
}

pub(crate) fn a_gap_below_the_newest_version_is_noticed(database: &ScratchDb, _: Backend) {
    let mut conn = made_by_hydra(database);
    execute(&mut conn, "DELETE FROM schema_migration WHERE version = '20241609000001000000'");
    let SchemaState::TooOld(too_old) = migrate::state(&mut conn).expect("state") else {
        panic!("the newest version alone says nothing");
    };
    assert_eq!(too_old.missing, 1);
}

pub(crate) fn tables_without_bookkeeping_are_refused(database: &ScratchDb, _: Backend) {
    let mut conn = made_by_hydra(database);
    execute(&mut conn, "DROP TABLE schema_migration");
    let SchemaState::TooOld(too_old) = migrate::state(&mut conn).expect("state") else {
        panic!("there are tables, but nothing says of which release");
    };
    assert_eq!((too_old.newest, too_old.release), (None, "an unknown release"));
}
