//! `hydra completion`: scripts that complete commands in a shell.

use clap::{Command, builder::StyledStr};

use super::help;
use crate::{
    args::{self, Shell},
    failure::Failure,
    output,
};

pub(super) fn run(shell: Option<Shell>, no_descriptions: bool) -> Result<(), Failure> {
    let Some(shell) = shell else { return help::print(&["completion".to_owned()]) };
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Fish => clap_complete::Shell::Fish,
        Shell::Powershell => clap_complete::Shell::PowerShell,
        Shell::Zsh => clap_complete::Shell::Zsh,
    };
    let mut command = args::command();
    if no_descriptions {
        command = without_descriptions(command);
    }
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "hydra", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}

fn without_descriptions(command: Command) -> Command {
    command.about(StyledStr::new()).mut_args(|arg| arg.help(StyledStr::new())).mut_subcommands(without_descriptions)
}
