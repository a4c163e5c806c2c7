//! Databases that nobody migrated before.

use std::{collections::BTreeSet, fs, path::Path};

use chrono::DateTime;
use storage_diesel::migrate::{
    self, Direction, Event, MigrateError, MigrationState, SchemaState, ensure_network, network_id,
};
use uuid::Uuid;

use crate::{
    inspect::{
        NETWORK, assert_hydras_schema, assert_whole_schema, down, execute, lines, open, schema, tables, up, versions,
    },
    support::{Backend, ScratchDb},
};

const NAMES: [&str; 6] = [
    "hydra_schema",
    "hydra_rotated_secrets",
    "hydra_flow_session_index",
    "hydra_subject_indexes",
    "refresh_answers",
    "client_signing",
];

pub(crate) fn a_fresh_database_gets_hydras_schema_and_version_rows_and_what_is_ours(
    database: &ScratchDb,
    backend: Backend,
) {
    let mut conn = open(database);
    assert_eq!(migrate::state(&mut conn).expect("state"), SchemaState::Fresh);
    assert_eq!(up(&mut conn), NAMES.len());
    assert_eq!(migrate::state(&mut conn).expect("state"), SchemaState::Current);

    assert_whole_schema(&mut conn, backend);
    let versions = versions(&mut conn);
    assert_eq!(versions.len(), if backend == Backend::Postgres { 228 } else { 227 });
    assert_eq!(versions.first().map(String::as_str), Some("20150101000001000000"));
    assert_eq!(versions.last().map(String::as_str), Some("20260420120000000001"));
    assert!(versions.iter().all(|version| version.len() == 20 && version.bytes().all(|byte| byte.is_ascii_digit())));
    assert_eq!(versions.contains(&"20241609000001000001".to_owned()), backend == Backend::Postgres);
    assert!(lines(&mut conn, "SELECT version AS line FROM schema_migration WHERE version_self <> 0").is_empty());

    let network = lines(
        &mut conn,
        "SELECT CONCAT(CAST(id AS CHAR(36)), ' ', CAST(created_at AS CHAR(19)), ' ', CAST(updated_at AS CHAR(19))) AS line \
         FROM networks",
    );
    assert_eq!(network, [format!("{NETWORK} 2013-10-07 08:23:19 2013-10-07 08:23:19")]);
    let is_ours = |name: &String| name.starts_with("hydrars_") || name.starts_with("hx_");
    let ours: Vec<_> = tables(&mut conn, backend).into_iter().filter(is_ours).collect();
    assert_eq!(ours, ["hx_client", "hx_refresh_answer", "hydrars_migration"]);
}

pub(crate) fn migrating_again_changes_nothing(database: &ScratchDb, backend: Backend) {
    let mut conn = open(database);
    up(&mut conn);
    let before = (schema(&mut conn, backend), versions(&mut conn));
    assert_eq!(up(&mut conn), 0);
    assert_eq!((schema(&mut conn, backend), versions(&mut conn)), before);
    assert_eq!(network_id(&mut conn).expect("network"), Some(NETWORK.to_string()));
}

pub(crate) fn every_migration_is_reported_while_it_runs(database: &ScratchDb, _: Backend) {
    let mut conn = open(database);
    let mut seen = Vec::new();
    migrate::up(&mut conn, NETWORK, &mut |progress| seen.push((progress.name, progress.event))).expect("up");
    let expected: Vec<_> = NAMES.iter().flat_map(|name| [(*name, Event::Applying), (*name, Event::Applied)]).collect();
    assert_eq!(seen, expected);
    seen.clear();
    migrate::down(&mut conn, 1, &mut |progress| seen.push((progress.name, progress.event))).expect("down");
    assert_eq!(seen, [(NAMES[5], Event::RollingBack), (NAMES[5], Event::RolledBack)]);
}

pub(crate) fn a_migrated_database_can_be_emptied_and_migrated_again(database: &ScratchDb, backend: Backend) {
    let mut conn = open(database);
    up(&mut conn);
    assert_eq!(down(&mut conn, 100), NAMES.len());
    assert_eq!(tables(&mut conn, backend), ["hydrars_migration"]);
    assert_eq!(migrate::state(&mut conn).expect("state"), SchemaState::Fresh);
    assert_eq!(down(&mut conn, 1), 0);
    assert_eq!(up(&mut conn), NAMES.len());
    assert_whole_schema(&mut conn, backend);
}

pub(crate) fn each_rollback_undoes_what_its_migration_did(database: &ScratchDb, backend: Backend) {
    let mut conn = open(database);
    up(&mut conn);
    let has = |conn: &mut _, part: &str| schema(conn, backend).iter().any(|line| line.contains(part));
    for part in ["subject_nid_idx", "nid_subject_idx", "login_session_subject_idx", "rotated_secrets"] {
        let other_dialect = if backend == Backend::Mysql { "nid_subject_idx" } else { "subject_nid_idx" };
        assert_eq!(has(&mut conn, part), part != other_dialect, "{part}");
    }
    let all = versions(&mut conn).len();
    assert_eq!(down(&mut conn, 1), 1);
    assert!(!has(&mut conn, "hx_client") && has(&mut conn, "hx_refresh_answer"));
    assert_eq!(down(&mut conn, 1), 1);
    assert_hydras_schema(&mut conn, backend);
    assert_eq!(down(&mut conn, 1), 1);
    assert!(!has(&mut conn, "hydra_oauth2_refresh_nid_subject_idx"));
    assert!(!has(&mut conn, "hydra_oauth2_access_subject_nid_idx"));
    assert_eq!(versions(&mut conn).len(), all - 2);
    assert_eq!(down(&mut conn, 1), 1);
    assert!(!has(&mut conn, "login_session_subject_idx"));
    assert_eq!(down(&mut conn, 1), 1);
    assert!(!has(&mut conn, "rotated_secrets"));
    assert_eq!(versions(&mut conn).last().map(String::as_str), Some("20251202130532000001"));
    assert_eq!(up(&mut conn), 5);
    assert_whole_schema(&mut conn, backend);
}

pub(crate) fn a_database_of_ours_at_an_earlier_level_gets_exactly_what_is_new(database: &ScratchDb, backend: Backend) {
    let mut conn = open(database);
    up(&mut conn);
    assert_eq!(down(&mut conn, 1), 1);
    let pending = SchemaState::Pending(vec!["0006_client_signing".to_owned()]);
    assert_eq!(migrate::state(&mut conn).expect("state"), pending);
    let mut seen = Vec::new();
    migrate::up(&mut conn, NETWORK, &mut |progress| seen.push((progress.name, progress.event))).expect("up");
    assert_eq!(seen, [(NAMES[5], Event::Applying), (NAMES[5], Event::Applied)]);
    assert_whole_schema(&mut conn, backend);
}

pub(crate) fn status_and_plan_show_what_would_happen(database: &ScratchDb, _: Backend) {
    let mut conn = open(database);
    let fresh = migrate::status(&mut conn).expect("status");
    assert!(fresh.iter().all(|migration| migration.state == MigrationState::Pending));
    assert_eq!(fresh.iter().map(|migration| migration.name.as_str()).collect::<Vec<_>>(), NAMES);
    assert_eq!(
        fresh.iter().map(|migration| migration.version.as_str()).collect::<Vec<_>>(),
        ["0001", "0002", "0003", "0004", "0005", "0006"]
    );
    assert!(fresh[0].up_sql.contains("hydra_oauth2_flow") && fresh[0].up_sql.contains("('20150101000001000000', 0)"));
    assert!(fresh[1].down_sql.contains("DROP COLUMN") && fresh[1].down_sql.contains("'20260122110909000000'"));

    up(&mut conn);
    let states = |plan: Vec<migrate::MigrationStatus>| plan.into_iter().map(|row| row.state).collect::<Vec<_>>();
    use MigrationState::{Applied, Rollback};
    assert_eq!(states(migrate::status(&mut conn).expect("status")), [Applied; 6]);
    let plan = migrate::plan(&mut conn, Direction::Down { steps: 2 }).expect("plan");
    assert_eq!(states(plan), [Applied, Applied, Applied, Applied, Rollback, Rollback]);
    assert_eq!(states(migrate::status(&mut conn).expect("status")), [Applied; 6], "a plan changes nothing");
}

pub(crate) fn every_folder_on_disk_is_built_in(database: &ScratchDb, backend: Backend) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(backend.to_string());
    let on_disk: BTreeSet<_> = fs::read_dir(&folder)
        .expect("the folder of migrations is there")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("ASCII"))
        .collect();
    let mut conn = open(database);
    let built_in = migrate::status(&mut conn).expect("status");
    let built_in: BTreeSet<_> = built_in.iter().map(|row| format!("{}_{}", row.version, row.name)).collect();
    assert_eq!(on_disk, built_in);
}

pub(crate) fn the_oldest_network_is_the_one(database: &ScratchDb, _: Backend) {
    let mut conn = open(database);
    up(&mut conn);
    let now = DateTime::from_timestamp(1_790_000_000, 0).expect("a date");
    let [second, third] = [2, 3].map(Uuid::from_u128);
    assert_eq!(ensure_network(&mut conn, second, now).expect("network"), NETWORK.to_string());

    execute(&mut conn, "DELETE FROM networks");
    assert_eq!(network_id(&mut conn).expect("network"), None);
    assert_eq!(ensure_network(&mut conn, second, now).expect("network"), second.to_string());
    let made = lines(&mut conn, "SELECT CAST(created_at AS CHAR(19)) AS line FROM networks");
    assert_eq!(made, ["2026-09-21 14:13:20"]);

    let later = "2030-01-01 00:00:00";
    execute(&mut conn, &format!("INSERT INTO networks VALUES ('{third}', '{later}', '{later}')"));
    assert_eq!(network_id(&mut conn).expect("network"), Some(second.to_string()));
}

pub(crate) fn a_database_without_tables_says_how_to_migrate_it(database: &ScratchDb, _: Backend) {
    let mut conn = open(database);
    let error = network_id(&mut conn).expect_err("there is no table");
    assert!(matches!(error, MigrateError::NotMigrated));
    assert!(error.to_string().contains("hydra migrate sql up -e --yes"), "{error}");
    assert_eq!(migrate::state(&mut conn).expect("state").to_string(), error.to_string());
    assert!(ensure_network(&mut conn, NETWORK, DateTime::UNIX_EPOCH).is_err());
}
