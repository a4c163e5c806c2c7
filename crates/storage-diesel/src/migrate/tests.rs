//! What the catalogue of today does not show: migrations of tables of our own, and CockroachDB's list of versions.

use diesel::connection::SimpleConnection as _;
use uuid::Uuid;

use super::{
    SchemaState,
    catalogue::{CATALOGUE, Flavor, Migration, Scripts},
    down_from,
    survey::{Survey, texts},
    up_from,
};
use crate::connection::{AnyConnection, connect};

const OURS: Scripts =
    Scripts { up: "CREATE TABLE hydrars_note (text TEXT);\n", down: "DROP TABLE hydrars_note;\n", hydra_versions: "" };

const THEIRS: Scripts = Scripts {
    up: "CREATE TABLE schema_migration (version VARCHAR(48) NOT NULL UNIQUE, version_self INT NOT NULL DEFAULT 0);\n\
         CREATE TABLE hydra_client (id TEXT);\n",
    down: "DROP TABLE hydra_client;\nDROP TABLE schema_migration;\n",
    hydra_versions: "20150101000001000000\n20190100000001000000\n",
};

static TWO: &[Migration] = &[
    Migration {
        version: "0001",
        name: "theirs",
        sqlite: THEIRS,
        postgres: THEIRS,
        mysql: THEIRS,
        cockroach_versions: "",
    },
    Migration { version: "0002", name: "ours", sqlite: OURS, postgres: OURS, mysql: OURS, cockroach_versions: "" },
];

fn memory() -> AnyConnection {
    connect("sqlite://:memory:").expect("SQLite in memory")
}

fn state(conn: &mut AnyConnection) -> SchemaState {
    Survey::of(conn).expect("survey").state(TWO)
}

#[test]
fn a_migration_of_our_own_tables_is_noted_in_our_table_alone() {
    let mut conn = memory();
    assert_eq!(state(&mut conn), SchemaState::Fresh);
    assert_eq!(up_from(TWO, &mut conn, Uuid::nil(), &mut |_| {}).expect("up"), 2);
    assert_eq!(state(&mut conn), SchemaState::Current);
    let rows: Vec<String> = texts(&mut conn, "SELECT version AS value FROM schema_migration").expect("rows");
    assert_eq!(rows.len(), 2);

    assert_eq!(down_from(TWO, &mut conn, 1, &mut |_| {}).expect("down"), 1);
    assert_eq!(state(&mut conn), SchemaState::Pending(vec!["0002_ours".to_owned()]));
}

#[test]
fn an_adopted_database_gets_our_own_tables() {
    let mut conn = memory();
    conn.batch_execute(&TWO[0].up_sql(Flavor::Sqlite)).expect("as Hydra made it");
    assert_eq!(state(&mut conn), SchemaState::Pending(vec!["0002_ours".to_owned()]));
    assert_eq!(up_from(TWO, &mut conn, Uuid::nil(), &mut |_| {}).expect("up"), 1);
    assert_eq!(down_from(TWO, &mut conn, 9, &mut |_| {}).expect("down"), 1);
    assert!(Survey::of(&mut conn).expect("survey").has_table("hydra_client"));
}

#[test]
fn each_kind_of_database_has_as_many_versions_as_hydra() {
    let versions = |flavor| CATALOGUE.iter().flat_map(move |migration| migration.hydra_versions(flavor));
    for (flavor, count) in
        [(Flavor::Sqlite, 227), (Flavor::Mysql, 227), (Flavor::Postgres, 228), (Flavor::Cockroach, 229)]
    {
        let versions: Vec<_> = versions(flavor).collect();
        assert_eq!(versions.len(), count, "{flavor:?}");
        assert!(versions.is_sorted(), "{flavor:?}");
    }
    let on_cockroach: Vec<_> = versions(Flavor::Cockroach).collect();
    assert!(on_cockroach.contains(&"20211004110004000000") && on_cockroach.contains(&"20211011000004000000"));
    assert!(!on_cockroach.contains(&"20241609000001000001"));
}
