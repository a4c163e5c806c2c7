//! Runs tests on the databases that each is for. Those whose server is not there show as ignored.

use libtest_mimic::{Arguments, Trial};

use crate::support::{Backend, ScratchDb, scratch};

/// A test on a scratch database of its own.
pub(crate) type Test = fn(&ScratchDb, Backend);

/// Runs them all and ends the process.
pub(crate) fn run(tests: impl IntoIterator<Item = (Backend, &'static str, Test)>) -> ! {
    let trial = |(backend, name, test): (Backend, &str, Test)| {
        let trial = Trial::test(format!("{backend}::{name}"), move || {
            let database = scratch(backend).ok_or("no database to run this on")?;
            test(&database, backend);
            Ok(())
        });
        trial.with_ignored_flag(!backend.available())
    };
    libtest_mimic::run(&Arguments::from_args(), tests.into_iter().map(trial).collect()).exit()
}
