//! The commands, one file per verb: which request to send and which answer to print.

mod completion;
mod create;
mod delete;
mod get;
pub(crate) mod help;
mod input;
mod introspect;
mod list;
mod migrate;
mod perform;
mod revoke;
mod serve;
mod update;
mod version;

use chrono::{DateTime, FixedOffset};

use crate::{
    admin_client::Server,
    args::{Common, Verb},
    failure::Failure,
    output::{self, Answer, Format},
};

/// What a command cannot know by itself.
pub(crate) struct World {
    /// The time, in the user's zone.
    pub(crate) now: fn() -> DateTime<FixedOffset>,
    /// Fills a slice with bytes that nobody can guess.
    pub(crate) random: fn(&mut [u8]),
    /// A random UUID.
    pub(crate) new_id: fn() -> uuid::Uuid,
}

/// Runs a command; `path` is the words that name it.
pub(crate) fn run(verb: Verb, path: &[String], world: &World) -> Result<(), Failure> {
    match verb {
        Verb::Create { common, what } => with_server(&common, what, path, create::run),
        Verb::Get { common, what } => with_server(&common, what, path, get::run),
        Verb::List { common, what } => with_server(&common, what, path, list::run),
        Verb::Update { common, what } => with_server(&common, what, path, update::run),
        Verb::Delete { common, what } => with_server(&common, what, path, delete::run),
        Verb::Perform { common, what } => {
            with_server(&common, what, path, async |session, what| perform::run(session, what, world).await)
        }
        Verb::Introspect { common, what } => with_server(&common, what, path, introspect::run),
        Verb::Revoke { common, what } => with_server(&common, what, path, revoke::run),
        Verb::Serve { files, flags, what } => serve::run(&files, &flags, what, path),
        Verb::Migrate { files, what } => migrate::run(&files, what, path, world.new_id),
        Verb::Version { .. } => version::run(),
        Verb::Completion { shell, no_descriptions } => completion::run(shell, no_descriptions),
        Verb::Help { command } => help::run(&command),
    }
}

/// A server and the way in which the user wants its answers.
pub(crate) struct Session {
    pub(crate) server: Server,
    format: Format,
}

impl Session {
    /// Prints a result.
    pub(crate) fn print(&self, answer: &Answer) -> Result<(), Failure> {
        output::print(&answer.render(&self.format)?)
    }
}

/// Runs one command of a verb, or prints the verb's help if no command is named.
fn with_server<What>(
    common: &Common,
    what: Option<What>,
    path: &[String],
    run: impl AsyncFnOnce(&Session, What) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let Some(what) = what else { return help::print(path) };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Message(format!("the runtime for network calls cannot start: {error}")))?;
    runtime.block_on(async {
        let format = Format::from_flags(&common.output.format, common.output.quiet)?;
        let session = Session { server: Server::new(&common.connection)?, format };
        run(&session, what).await
    })
}
