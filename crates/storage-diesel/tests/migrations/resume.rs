//! Failures, kills and races.

use std::{
    sync::Barrier,
    thread::{self, ScopedJoinHandle},
};

use chrono::DateTime;
use storage_diesel::{
    connection::AnyConnection,
    migrate::{self, MigrateError, SchemaState, ensure_network, network_id},
};
use uuid::Uuid;

use crate::{
    inspect::{NETWORK, assert_hydras_schema, down, execute, lines, open, tables, up, versions},
    support::{Backend, ScratchDb},
};

pub(crate) fn a_failed_migration_names_itself_and_can_be_run_again(database: &ScratchDb, backend: Backend) {
    let mut conn = open(database);
    // A foreign table is in the way.
    execute(&mut conn, "CREATE TABLE networks (something INTEGER)");
    let error = migrate::up(&mut conn, NETWORK, &mut |_| {}).expect_err("there is such a table already");
    assert!(matches!(error, MigrateError::Failed { .. }), "{error}");
    assert!(error.to_string().contains("0001_hydra_schema"), "{error}");
    if backend == Backend::Mysql {
        assert!(matches!(migrate::state(&mut conn).expect("state"), SchemaState::Pending(all) if all.len() == 4));
    } else {
        assert_eq!(tables(&mut conn, backend), ["networks"], "nothing is left of it");
    }
    execute(&mut conn, "DROP TABLE networks");
    assert_eq!(up(&mut conn), 4);
    assert_hydras_schema(&mut conn, backend);
}

pub(crate) fn a_killed_run_on_mysql_is_finished_by_the_next(database: &ScratchDb, backend: Backend) {
    let mut conn = open(database);
    // As if the server had been killed between the last table and the version rows of 0001 ...
    up(&mut conn);
    execute(
        &mut conn,
        "DROP TABLE hydra_oauth2_trusted_jwt_bearer_issuer; DELETE FROM schema_migration; \
         DELETE FROM hydrars_migration WHERE version > '0001'; UPDATE hydrars_migration SET done = 0",
    );
    assert!(matches!(migrate::state(&mut conn).expect("state"), SchemaState::Pending(all) if all.len() == 4));
    let other = Uuid::from_u128(9);
    assert_eq!(migrate::up(&mut conn, other, &mut |_| {}).expect("up"), 4);
    assert_hydras_schema(&mut conn, backend);
    assert_eq!(versions(&mut conn).len(), 227);
    assert_eq!(network_id(&mut conn).expect("network"), Some(NETWORK.to_string()), "one network, the first");

    // ... and in the middle of 0004, after the first of two indexes.
    execute(
        &mut conn,
        "DROP INDEX hydra_oauth2_refresh_subject_nid_idx ON hydra_oauth2_refresh; \
         DELETE FROM schema_migration WHERE version LIKE '20260420120000%'; \
         UPDATE hydrars_migration SET done = 0 WHERE version = '0004'",
    );
    assert_eq!(up(&mut conn), 1);
    assert_hydras_schema(&mut conn, backend);
}

pub(crate) fn a_killed_rollback_on_mysql_can_be_run_again(database: &ScratchDb, backend: Backend) {
    let mut conn = open(database);
    up(&mut conn);
    assert_eq!(down(&mut conn, 3), 3);
    execute(
        &mut conn,
        "UPDATE hydrars_migration SET done = 0; DROP TABLE hydra_oauth2_trusted_jwt_bearer_issuer; \
         DROP TABLE hydra_jwk; DROP TABLE schema_migration",
    );
    assert_eq!(down(&mut conn, 1), 1);
    assert_eq!(tables(&mut conn, backend), ["hydrars_migration"]);
    assert_eq!(migrate::state(&mut conn).expect("state"), SchemaState::Fresh);
}

pub(crate) fn processes_that_migrate_at_once_do_not_disturb_each_other(database: &ScratchDb, backend: Backend) {
    let applied = at_once(database, |conn, number| {
        migrate::up(conn, Uuid::from_u128(number), &mut |_| {}).expect("every one of them succeeds")
    });
    assert_eq!(applied.iter().sum::<usize>(), 4, "each migration ran in one of them: {applied:?}");
    let mut conn = open(database);
    assert_hydras_schema(&mut conn, backend);
    assert_eq!(lines(&mut conn, "SELECT CAST(id AS CHAR(36)) AS line FROM networks").len(), 1);
    let rolled_back =
        at_once(database, |conn, _| migrate::down(conn, 1, &mut |_| {}).expect("every one of them succeeds"));
    assert_eq!(rolled_back, [1; 4]);
    assert_eq!(tables(&mut conn, backend), ["hydrars_migration"]);
}

pub(crate) fn processes_that_make_the_network_at_once_agree(database: &ScratchDb, _: Backend) {
    let mut conn = open(database);
    up(&mut conn);
    execute(&mut conn, "DELETE FROM networks");
    let answers = at_once(database, |conn, number| {
        ensure_network(conn, Uuid::from_u128(number), DateTime::UNIX_EPOCH).expect("network")
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

/// Lets four connections, each with a number from 1, do the same at the same moment.
fn at_once<T: Send>(database: &ScratchDb, job: impl Fn(&mut AnyConnection, u128) -> T + Sync) -> Vec<T> {
    let together = Barrier::new(4);
    thread::scope(|scope| {
        let (job, together) = (&job, &together);
        let threads: Vec<_> = (1..=4)
            .map(|number| {
                let mut conn = open(database);
                scope.spawn(move || {
                    together.wait();
                    job(&mut conn, number)
                })
            })
            .collect();
        threads.into_iter().map(ScopedJoinHandle::join).map(|joined| joined.expect("no panic")).collect()
    })
}
