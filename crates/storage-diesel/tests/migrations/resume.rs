//! Failures, kills and races.

use std::{
    sync::Barrier,
    thread::{self, ScopedJoinHandle},
};

use chrono::DateTime;
use storage_diesel::{
    connection::AnyConnection,
    migrate::{self, MigrateError, MigrationState, MigrationStatus, SchemaState, ensure_network},
};
use uuid::Uuid;

use crate::{
    inspect::{NETWORK, assert_whole_schema, down, execute, lines, open, tables, up, versions},
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
        assert!(matches!(migrate::state(&mut conn).expect("state"), SchemaState::Pending(all) if all.len() == 6));
    } else {
        assert_eq!(tables(&mut conn, backend), ["networks"], "nothing is left of it");
    }
    execute(&mut conn, "DROP TABLE networks");
    assert_eq!(up(&mut conn), 6);
    assert_whole_schema(&mut conn, backend);
}

pub(crate) fn a_run_killed_anywhere_on_mysql_is_finished_by_the_next(database: &ScratchDb, backend: Backend) {
    let mut conn = open(database);
    let all = migrate::status(&mut conn).expect("status");
    for (done_before, migration) in all.iter().enumerate() {
        let statements = statements(&migration.up_sql);
        for executed in 0..=statements.len() {
            up(&mut conn);
            down(&mut conn, all.len() - done_before);
            note_begun(&mut conn, migration);
            execute(&mut conn, &statements[..executed].join(";"));

            let pending = all[done_before..].iter().map(|next| format!("{}_{}", next.version, next.name)).collect();
            assert_eq!(migrate::state(&mut conn).expect("state"), SchemaState::Pending(pending));
            let other = Uuid::from_u128(9);
            assert_eq!(migrate::up(&mut conn, other, &mut |_| {}).expect("up"), all.len() - done_before);
            assert_whole_schema(&mut conn, backend);
            assert_eq!(versions(&mut conn).len(), 227);
            assert_eq!(lines(&mut conn, "SELECT id AS line FROM networks").len(), 1);
        }
    }
}

pub(crate) fn a_rollback_killed_anywhere_on_mysql_can_be_run_again(database: &ScratchDb, backend: Backend) {
    let mut conn = open(database);
    let all = migrate::status(&mut conn).expect("status");
    for (done_before, migration) in all.iter().enumerate() {
        let statements = statements(&migration.down_sql);
        for executed in 0..=statements.len() {
            up(&mut conn);
            down(&mut conn, all.len() - done_before - 1);
            note_begun(&mut conn, migration);
            execute(&mut conn, &statements[..executed].join(";"));

            assert_eq!(down(&mut conn, 1), 1);
            let applied = migrate::status(&mut conn).expect("status");
            let applied = applied.iter().filter(|row| row.state == MigrationState::Applied).count();
            assert_eq!(applied, done_before, "{} after {executed} statements", migration.name);
        }
    }
    down(&mut conn, 6);
    assert_eq!(tables(&mut conn, backend), ["hydrars_migration"]);
}

fn statements(sql: &str) -> Vec<String> {
    let sql = sql.replace("${network_id}", &NETWORK.to_string());
    sql.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()).map(str::to_owned).collect()
}

/// What is noted before the first statement of a migration or a rollback.
fn note_begun(conn: &mut AnyConnection, migration: &MigrationStatus) {
    let MigrationStatus { version, name, .. } = migration;
    execute(
        conn,
        &format!(
            "DELETE FROM hydrars_migration WHERE version = '{version}'; \
             INSERT INTO hydrars_migration (version, name, done) VALUES ('{version}', '{name}', 0)"
        ),
    );
}

pub(crate) fn processes_that_migrate_at_once_do_not_disturb_each_other(database: &ScratchDb, backend: Backend) {
    let applied = at_once(database, |conn, number| {
        migrate::up(conn, Uuid::from_u128(number), &mut |_| {}).expect("every one of them succeeds")
    });
    assert_eq!(applied.iter().sum::<usize>(), 6, "each migration ran in one of them: {applied:?}");
    let mut conn = open(database);
    assert_whole_schema(&mut conn, backend);
    assert_eq!(lines(&mut conn, "SELECT CAST(id AS CHAR(36)) AS line FROM networks").len(), 1);
    let rolled_back =
        at_once(database, |conn, _| migrate::down(conn, 2, &mut |_| {}).expect("every one of them succeeds"));
    assert_eq!(rolled_back.iter().sum::<usize>(), 6, "each was rolled back by one of them: {rolled_back:?}");
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
