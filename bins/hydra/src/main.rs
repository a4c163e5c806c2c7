//! The `hydra` command line: parse the words, decide on a command, run it, end with its exit code.
//!
//! Words become types in `args`, each verb has a file in `commands`, results are laid out by `output`, and everything
//! that goes wrong is a [`failure::Failure`]. Exit codes: 0 for success and help, 1 for every error.

mod admin_client;
mod args;
mod commands;
mod failure;
mod output;

use std::process::ExitCode;

use clap::error::{ContextKind, ErrorKind};
use commands::World;

fn main() -> ExitCode {
    let invocation = match args::parse(std::env::args_os()) {
        Ok(invocation) => invocation,
        Err(error) => return refuse(&error),
    };
    let Some(verb) = invocation.verb else { return commands::help::show(&[]) };
    match commands::run(verb, &invocation.path, &World { now, random, new_id }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report(&commands::help::usage(&invocation.path));
            ExitCode::FAILURE
        }
    }
}

/// The one clock of this program.
#[expect(clippy::disallowed_methods, reason = "here the time enters; everything below takes it as an argument")]
fn now() -> chrono::DateTime<chrono::FixedOffset> {
    chrono::Local::now().fixed_offset()
}

/// The one source of chance of this program.
fn random(bytes: &mut [u8]) {
    // Without randomness everybody could guess what has to be a secret; there is nothing sensible to go on with.
    aws_lc_rs::rand::fill(bytes).expect("the operating system gives no random bytes");
}

fn new_id() -> uuid::Uuid {
    let mut bytes = [0; 16];
    random(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// Prints the help that was asked for, or says what is wrong with the words.
fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return match output::print(&error.render().to_string()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    match (error.kind(), error.get(ContextKind::InvalidSubcommand)) {
        (ErrorKind::InvalidSubcommand, Some(word)) => {
            output::remark(format_args!("Error: unknown command \"{word}\" for \"hydra\""));
            if let Some(similar) = error.get(ContextKind::SuggestedSubcommand) {
                output::remark(format_args!("\nDid you mean this?\n\t{similar}\n"));
            }
            output::remark("Run 'hydra --help' for the commands there are.");
        }
        _ => {
            let text = error.render().to_string();
            output::remark(format_args!("Error: {}", text.strip_prefix("error: ").unwrap_or(&text).trim_end()));
        }
    }
    ExitCode::FAILURE
}
