//! Migrations, on SQLite files that each test makes for itself.

use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Run, run};

struct Database {
    folder: TempDir,
}

impl Database {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("db.sqlite")
    }

    fn dsn(&self) -> String {
        format!("sqlite://{}?_fk=true", self.file().display())
    }

    /// Runs `hydra migrate` with the DSN as last word.
    fn migrate(&self, words: &str, stdin: &str) -> Run {
        let dsn = self.dsn();
        let words: Vec<&str> = ["migrate"].into_iter().chain(words.split(' ')).chain([dsn.as_str()]).collect();
        run(&words, &[], stdin)
    }

    /// Status of every migration.
    fn states(&self) -> Vec<String> {
        let json = self.migrate("sql status --format json", "").output();
        let all: Vec<Value> = serde_json::from_str(&json).unwrap();
        all.iter().map(|migration| migration["state"].as_str().unwrap().to_owned()).collect()
    }

    /// Nothing was migrated; the file may have been made.
    fn is_untouched(&self) -> bool {
        !self.file().exists() || self.states().iter().all(|state| state == "Pending")
    }

    fn is_migrated(&self) -> bool {
        self.states().iter().all(|state| state == "Applied")
    }
}

#[test]
fn up_shows_plan_and_sql_and_applies_them() {
    let database = Database::new();
    assert!(database.is_untouched());
    let first = database.migrate("sql up --yes", "");
    assert_eq!(first.code, 0, "{}", first.stderr);
    let order =
        ["Version\t", "Pending\t", "\n------------ 0001 - ", "CREATE TABLE", "------------ SUCCESS ------------\n"];
    let places: Vec<usize> = order.iter().map(|part| first.stdout.find(part).unwrap()).collect();
    assert!(places.is_sorted(), "{}", first.stdout);
    assert!(first.stderr.contains("migration 0001_"), "{}", first.stderr);
    assert!(database.is_migrated());

    let again = database.migrate("sql up --yes", "").output();
    assert!(again.contains("SUCCESS") && !again.contains("CREATE TABLE"), "{again}");
}

#[test]
fn the_question_takes_yes_and_no_and_asks_again() {
    let database = Database::new();
    let no = database.migrate("sql up", "maybe\nNo\n");
    assert_eq!(no.code, 0, "{}", no.stderr);
    assert_eq!(no.stdout.matches(" [y/n]: ").count(), 2);
    assert!(no.stdout.contains("------------ WARNING ------------\n"), "{}", no.stdout);
    assert!(database.is_untouched());

    let silence = database.migrate("sql up", "");
    assert_eq!(silence.code, 1);
    assert!(silence.stderr.contains("--yes"), "{}", silence.stderr);
    assert!(database.is_untouched());

    assert_eq!(database.migrate("sql up", "YES\n").code, 0);
    assert!(database.is_migrated());
}

#[test]
fn the_old_names_work_and_say_so() {
    let database = Database::new();
    let up = database.migrate("sql -e --yes", "");
    assert_eq!(up.code, 0, "{}", up.stderr);
    assert!(up.stderr.starts_with("Command \"sql\" is deprecated, "), "{}", up.stderr);
    let status = database.migrate("status -q", "");
    assert_eq!(status.stdout.lines().next(), Some("0001"));
    assert!(status.stderr.starts_with("Command \"status\" is deprecated, "), "{}", status.stderr);
}

#[test]
fn the_environment_and_files_name_the_database() {
    let database = Database::new();
    let up = run(&["migrate", "sql", "up", "-e", "-y"], &[("DSN", &database.dsn())], "");
    assert_eq!(up.code, 0, "{}", up.stderr);
    let file = database.folder.path().join("hydra.yml");
    std::fs::write(&file, format!("dsn: {}\n", database.dsn())).unwrap();
    let status = run(&["migrate", "-c", file.to_str().unwrap(), "sql", "status", "-q"], &[], "").output();
    assert!(status.starts_with("0001\n"), "{status}");

    let error = run(&["migrate", "sql", "up", "-e", "--yes"], &[], "").error();
    assert!(error.contains("DSN"), "{error}");
}

#[test]
fn down_takes_the_newest_back() {
    let database = Database::new();
    database.migrate("sql up --yes", "");
    let none = database.migrate("sql down --yes", "");
    assert_eq!(none.code, 1);
    assert!(none.stdout.contains("Applied") && none.stderr.contains("--steps"), "{none:?}");
    assert_eq!(
        database.migrate("sql down --steps=-1 --yes", "").error().lines().next().unwrap().find("--steps"),
        Some(7)
    );

    let all = database.states().len();
    let down = database.migrate(&format!("sql down --steps {all} --yes"), "");
    assert_eq!(down.code, 0, "{}", down.stderr);
    assert!(down.stdout.contains("Rollback") && down.stdout.contains("SUCCESS"), "{}", down.stdout);
    assert!(database.is_untouched());
}

#[test]
fn a_folder_that_does_not_exist_fails_at_once() {
    let error = run(&["migrate", "sql", "up", "--yes", "sqlite:///does/not/exist/db.sqlite"], &[], "").error();
    assert!(error.starts_with("Error: ") && error.contains("/does/not/exist"), "{error}");
}

#[test]
fn a_mistyped_path_leaves_nothing_behind() {
    let database = Database::new();
    for words in ["sql status", "status", "sql status --block", "sql down --steps 1 --yes"] {
        let refused = database.migrate(words, "");
        assert_eq!((refused.code, refused.stdout.as_str()), (1, ""), "{words}");
        let path = database.file().display().to_string();
        for said in [path.as_str(), "no database at that path", "`hydra migrate sql up"] {
            assert!(refused.stderr.contains(said), "'{said}' is not said: {}", refused.stderr);
        }
        assert_eq!(database.folder.path().read_dir().unwrap().count(), 0, "{words} made a file");
    }
    assert_eq!(database.migrate("sql up --yes", "").code, 0);
    assert!(database.is_migrated());
}

#[test]
fn migrate_alone_prints_its_help() {
    assert!(run(&["migrate"], &[], "").output().contains("Available Commands:\n"));
}
