//! `hydra serve`: the server itself, in this process.

use http_actix::Which;
use hydra_config::{Config, Purpose, Sources};

use super::help;
use crate::{
    args::{ConfigFiles, Serve, ServeFlags},
    failure::Failure,
    output::print,
};

pub(super) fn run(
    files: &ConfigFiles,
    flags: &ServeFlags,
    what: Option<Serve>,
    path: &[String],
) -> Result<(), Failure> {
    let which = match what {
        None => return help::print(path),
        Some(Serve::All { .. }) => Which::All,
        Some(Serve::Public { .. }) => Which::Public,
        Some(Serve::Admin { .. }) => Which::Admin,
    };
    let sources = Sources::from_process(files.paths(), flags.dev, None);
    let loaded = Config::load(&sources, Purpose::Serve).map_err(|why| Failure::Message(why.to_string()))?;
    http_actix::logging::start(&loaded.config.log);
    print(&format!("hydra {}, an OAuth 2.0 and OpenID Connect server\n", http_actix::VERSION))?;
    http_actix::logging::warn_all(&loaded.warnings);
    http_actix::serve(loaded.config, which).map_err(|why| Failure::Message(why.to_string()))
}
