//! `hydra help`, and the help of verbs that are named without an object.

use std::process::ExitCode;

use clap::Command;

use crate::{args, failure::Failure, output};

/// `hydra help [command...]`. A topic that does not exist is no error.
pub(super) fn run(topic: &[String]) -> Result<(), Failure> {
    match find(&mut args::command(), topic) {
        Some(command) => output::print(&page(command)),
        None => {
            output::remark(format_args!("There is no command \"hydra {}\".\n{}", topic.join(" "), usage(&[])));
            Ok(())
        }
    }
}

/// Prints the help of the command that the words name.
pub(super) fn print(path: &[String]) -> Result<(), Failure> {
    find(&mut args::command(), path).map_or(Ok(()), |command| output::print(&page(command)))
}

/// The same as a whole program.
pub(crate) fn show(path: &[String]) -> ExitCode {
    match print(path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// The usage lines of the command that the words name.
pub(crate) fn usage(path: &[String]) -> String {
    let name: String = std::iter::once("hydra").chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
    let usage = find(&mut args::command(), path).map(|command| command.render_usage().to_string());
    format!("{}\n\nRun '{name} --help' for its flags and examples.", usage.unwrap_or_default())
}

fn page(command: &mut Command) -> String {
    command.render_help().to_string()
}

fn find<'a>(root: &'a mut Command, path: &[String]) -> Option<&'a mut Command> {
    root.build();
    path.iter().try_fold(root, |command, word| command.find_subcommand_mut(word))
}
