//! `hydra version`.

use crate::{failure::Failure, output};

pub(super) fn run() -> Result<(), Failure> {
    let hash = option_env!("HYDRA_BUILD_HASH").unwrap_or("undefined");
    let time = option_env!("HYDRA_BUILD_TIME").unwrap_or("undefined");
    output::print(&format!("Version:    v{}\nGit Hash:   {hash}\nBuild Time: {time}\n", env!("CARGO_PKG_VERSION")))
}
