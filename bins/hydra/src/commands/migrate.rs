//! `hydra migrate`: the tables of the database, from a plan over a question to the deed.
//!
//! What the migrations are and how they run is `storage_diesel::migrate`; here are the words around them.

use std::{io, thread, time::Duration};

use hydra_config::{Config, Sources};
use storage_diesel::{
    connection::{
        self, AnyConnection, Dsn,
        Purpose::{self, Create, Maintain},
        patiently,
    },
    migrate::{self, Direction, Event, MigrateError, MigrationState, MigrationStatus, Progress},
};
use uuid::Uuid;

use super::help;
use crate::{
    args::{self, ConfigFiles, Migrate, MigrateSql},
    failure::Failure,
    output::{Format, answers, print, remark},
};

/// Pause between two looks at a database that somebody else migrates.
const BLOCK_PAUSE: Duration = Duration::from_secs(1);

pub(super) fn run(
    files: &ConfigFiles,
    what: Option<Migrate>,
    path: &[String],
    new_id: fn() -> Uuid,
) -> Result<(), Failure> {
    match what {
        None => help::print(path),
        Some(Migrate::Sql { target, consent, what: None }) => {
            remark("Command \"sql\" is deprecated, use \"hydra migrate sql up\" instead.");
            up(open(files, target.first(), Create)?, consent.yes, new_id)
        }
        Some(Migrate::Sql { consent, what: Some(what), .. }) => match what {
            MigrateSql::Up(target) => up(open(files, target.dsn, Create)?, consent.yes, new_id),
            MigrateSql::Down { target, steps } => {
                let steps = usize::try_from(steps).map_err(|_| {
                    Failure::Usage("--steps is negative; give the number of migrations to take back".to_owned())
                })?;
                down(open(files, target.dsn, Maintain)?, steps, consent.yes)
            }
            MigrateSql::Status(arguments) => status(files, arguments),
        },
        Some(Migrate::Status(arguments)) => {
            remark("Command \"status\" is deprecated, use \"hydra migrate sql status\" instead.");
            status(files, arguments)
        }
    }
}

fn up(mut connection: AnyConnection, yes: bool, new_id: fn() -> Uuid) -> Result<(), Failure> {
    let plan = migrate::plan(&mut connection, Direction::Up).map_err(failed)?;
    print("The migration plan:\n\n")?;
    show_plan(&plan)?;
    let pending = plan.iter().filter(|migration| migration.state == MigrationState::Pending);
    show_sql("The SQL statements to be executed:", pending.map(|migration| (migration, &migration.up_sql)))?;
    if !yes && !confirmed("Apply these migrations?")? {
        return aborted();
    }
    done(migrate::up(&mut connection, new_id(), &mut tell), "applied")
}

fn down(mut connection: AnyConnection, steps: usize, yes: bool) -> Result<(), Failure> {
    let plan = migrate::plan(&mut connection, Direction::Down { steps }).map_err(failed)?;
    print("The migration plan:\n\n")?;
    show_plan(&plan)?;
    let leaving: Vec<&MigrationStatus> =
        plan.iter().rev().filter(|migration| migration.state == MigrationState::Rollback).collect();
    if leaving.is_empty() {
        let why = match steps {
            0 => "nothing to do: say how many migrations to take back with --steps",
            _ => "nothing to do: no migration was applied by this program; what Ory Hydra itself applied stays",
        };
        return Err(Failure::Message(why.to_owned()));
    }
    let statements = leaving.into_iter().map(|migration| (migration, &migration.down_sql));
    show_sql("The SQL statements to be executed:", statements)?;
    if !yes && !confirmed("Roll these migrations back? What they stored is lost.")? {
        return aborted();
    }
    done(migrate::down(&mut connection, steps, &mut tell), "rolled back")
}

fn status(files: &ConfigFiles, arguments: args::MigrationStatus) -> Result<(), Failure> {
    let format = Format::from_flags(&arguments.output.format, arguments.output.quiet)?;
    let mut connection = open(files, arguments.target.first(), Maintain)?;
    loop {
        let all = migrate::status(&mut connection).map_err(failed)?;
        let pending: Vec<&MigrationStatus> =
            all.iter().filter(|migration| migration.state == MigrationState::Pending).collect();
        if !arguments.block || pending.is_empty() {
            return print(&answers::migrations(&all).render(&format)?);
        }
        print("Waiting for migrations to be applied:\n")?;
        for migration in pending {
            print(&format!(" - {}\n", migration.name))?;
        }
        thread::sleep(BLOCK_PAUSE);
    }
}

fn show_plan(plan: &[MigrationStatus]) -> Result<(), Failure> {
    print(&answers::migrations(plan).render(&Format::Table)?)
}

fn show_sql<'a>(
    title: &str,
    migrations: impl Iterator<Item = (&'a MigrationStatus, &'a String)>,
) -> Result<(), Failure> {
    print(&format!("\n{title}\n\n"))?;
    for (migration, sql) in migrations {
        let heading = format!("------------ {} - {} ------------", migration.version, migration.name);
        print(&format!("{heading}\n{}\n\n", sql.trim_end()))?;
    }
    Ok(())
}

fn confirmed(question: &str) -> Result<bool, Failure> {
    remark("To skip this question, add --yes.");
    loop {
        print(&format!("{question} [y/n]: "))?;
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer);
        match (read, answer.trim().to_ascii_lowercase().as_str()) {
            (Ok(0), _) => {
                return Err(Failure::Message(
                    "nobody answered the question; add --yes to go ahead without it".to_owned(),
                ));
            }
            (Err(error), _) => return Err(Failure::Message(format!("the answer cannot be read: {error}"))),
            (Ok(_), "y" | "yes") => return Ok(true),
            (Ok(_), "n" | "no") => return Ok(false),
            (Ok(_), _) => {}
        }
    }
}

fn aborted() -> Result<(), Failure> {
    print("------------ WARNING ------------\nNothing was changed.\n")
}

fn done(outcome: Result<usize, MigrateError>, deed: &str) -> Result<(), Failure> {
    match outcome {
        Ok(count) => print(&format!("------------ SUCCESS ------------\nMigrations {deed}: {count}.\n")),
        Err(error) => {
            print("------------ ERROR ------------\n")?;
            Err(failed(error))
        }
    }
}

fn tell(progress: Progress) {
    let what = match progress.event {
        Event::Applying => "applying",
        Event::Applied => "applied",
        Event::RollingBack => "rolling back",
        Event::RolledBack => "rolled back",
    };
    remark(format_args!("migration {}_{}: {what}", progress.version, progress.name));
}

fn failed(error: MigrateError) -> Failure {
    Failure::Message(error.to_string())
}

/// The connection to the database that the argument, the environment or the files name, in this order.
fn open(files: &ConfigFiles, dsn: Option<String>, purpose: Purpose) -> Result<AnyConnection, Failure> {
    let sources = Sources::from_process(files.paths(), false, dsn);
    let loaded = Config::load(&sources, hydra_config::Purpose::Migrate)
        .map_err(|errors| Failure::Message(errors.to_string()))?;
    for warning in &loaded.warnings {
        remark(format_args!("Warning: {warning}"));
    }
    let Some(dsn) = &loaded.config.dsn else {
        return Err(Failure::Message(
            "dsn must be set: name the database as an argument, in the environment variable DSN, or as `dsn` in a file \
             given with -c"
                .to_owned(),
        ));
    };
    patiently(|| connection::open(&Dsn::parse(dsn.expose())?, purpose), |line| remark(line))
        .map_err(|why| Failure::Message(why.to_string()))
}
