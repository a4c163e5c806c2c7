//! Migrations, once per backend: see [`support`] for where databases come from.

mod support;

use libtest_mimic::{Arguments, Trial};
use support::{Backend, scratch};

fn main() {
    let trials = Backend::ALL.into_iter().map(|backend| {
        Trial::test(format!("{backend}::a_scratch_database_can_be_made"), move || {
            scratch(backend).map(|_| ()).ok_or_else(|| "no database".into())
        })
        .with_ignored_flag(!backend.available())
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}
