//! The layout of help pages: what the command does, then Usage, Aliases, Examples, Available Commands and Flags.

use clap::{Arg, ArgAction, Command, builder::BoolishValueParser};

const FLAGS_OF_THE_VERB: usize = 500;

/// Gives a command and all below it their page. A command's examples are taken from its `after_help`.
pub(super) fn lay_out(command: Command) -> Command {
    // Clap has a layout of its own for commands with a long text; here it stands in the place of the short one.
    let about = command.get_long_about().map_or_else(|| "{about}".to_owned(), ToString::to_string);
    let mut sections = vec![about, "Usage:\n  {usage}".to_owned()];
    let aliases: Vec<&str> = command.get_all_aliases().collect();
    if !aliases.is_empty() {
        sections.push(format!("Aliases:\n  {}, {}", command.get_name(), aliases.join(", ")));
    }
    if let Some(examples) = command.get_after_help() {
        let lines: Vec<String> =
            examples.to_string().lines().map(|line| format!("  {line}").trim_end().to_owned()).collect();
        sections.push(format!("Examples:\n{}", lines.join("\n")));
    }
    if command.has_subcommands() {
        sections.push("Available Commands:\n{subcommands}".to_owned());
    }
    sections.push("Flags:\n{options}".to_owned());
    if command.has_subcommands() {
        sections.push("Add --help to a command for more about it.".to_owned());
    }
    // A verb with a word that it does not know prints its help, as the verb alone does; `hydra` itself refuses.
    let verb_without_object =
        command.has_subcommands() && command.get_positionals().next().is_none() && command.get_name() != "hydra";
    command
        .long_about(None)
        .help_template(sections.join("\n\n") + "\n")
        .disable_help_subcommand(true)
        .allow_external_subcommands(verb_without_object)
        .args_override_self(true)
        .mut_args(|arg| match arg.get_action() {
            ArgAction::SetTrue => switch(arg),
            // `--secret -x` is a secret that starts with a dash, not a flag.
            ArgAction::Set | ArgAction::Append if !arg.is_positional() => arg.allow_hyphen_values(true),
            _ => arg,
        })
        // Flags of the verb stand below those of the command itself.
        .mut_args(|arg| if arg.is_global_set() { arg.display_order(FLAGS_OF_THE_VERB) } else { arg })
        .mut_subcommands(lay_out)
}

/// A flag that is on when given, and also takes `=true` and `=false`.
fn switch(arg: Arg) -> Arg {
    arg.action(ArgAction::Set)
        .num_args(0..=1)
        .require_equals(true)
        .value_name("true|false")
        .value_parser(BoolishValueParser::new())
        .default_value("false")
        .default_missing_value("true")
        .hide_default_value(true)
        .hide_possible_values(true)
}
