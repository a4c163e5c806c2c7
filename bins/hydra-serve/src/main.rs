//! The server alone, without the command line: `hydra-serve [--dev] [-c FILE]… [all|public|admin]`.

use std::process::ExitCode;

use http_actix::Which;
use hydra_config::{Config, Purpose, Sources};

const USAGE: &str = "usage: hydra-serve [--dev] [-c FILE]... [all|public|admin]

Runs the server. Everything can be configured by files and environment variables; see docs/configuration.md.
  hydra-serve --dev                 an embedded database in the working folder, for a first look
  hydra-serve -c hydra.yml public   the public endpoints only";

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut words: impl Iterator<Item = String>) -> Result<(), String> {
    let (mut files, mut dev, mut which) = (Vec::new(), false, Which::All);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--dev" => dev = true,
            "--sqa-opt-out" => {}
            "-c" | "--config" => files.push(words.next().ok_or("-c needs the name of a file")?.into()),
            "all" => which = Which::All,
            "public" => which = Which::Public,
            "admin" => which = Which::Admin,
            "-h" | "--help" => {
                println!("{USAGE}");
                return Ok(());
            }
            other => return Err(format!("'{other}' is no argument of hydra-serve\n\n{USAGE}")),
        }
    }
    let loaded =
        Config::load(&Sources::from_process(files, dev, None), Purpose::Serve).map_err(|why| why.to_string())?;
    http_actix::logging::start(&loaded.config.log);
    http_actix::logging::warn_all(&loaded.warnings);
    http_actix::serve(loaded.config, which).map_err(|why| why.to_string())
}
