//! The words of `hydra serve`.

use clap::{Args, Subcommand};

/// How to serve.
#[derive(Args)]
pub(crate) struct ServeFlags {
    /// Development mode: plain HTTP as issuer, and without a DSN an embedded database in the working folder.
    #[arg(long, global = true)]
    pub(crate) dev: bool,
    /// Accepted for compatibility: this server sends no telemetry, ever.
    #[arg(long, global = true)]
    sqa_opt_out: bool,
}

/// What to serve.
#[derive(Subcommand)]
pub(crate) enum Serve {
    /// Serve the public endpoints (port 4444) and the administrative ones (port 4445).
    #[command(after_help = "hydra serve all --dev
DSN=postgres://user:password@host:5432/hydra SECRETS_SYSTEM=\"$(openssl rand -hex 32)\" hydra serve all -c hydra.yml")]
    All {
        #[arg(hide = true, value_name = "IGNORED")]
        ignored: Vec<String>,
    },
    /// Serve the public endpoints: for clients and their users.
    #[command(after_help = "hydra serve public -c hydra.yml")]
    Public {
        #[arg(hide = true, value_name = "IGNORED")]
        ignored: Vec<String>,
    },
    /// Serve the administrative endpoints: for operators only, keep them away from the internet.
    #[command(after_help = "hydra serve admin -c hydra.yml")]
    Admin {
        #[arg(hide = true, value_name = "IGNORED")]
        ignored: Vec<String>,
    },
}
