//! The HTTP face: from sockets to the rules of `oauth-core` and back.
//!
//! [`serve`] is the door. `routes` is the table of addresses; a handler in `public` or `admin` takes what `extract` made of a
//! request, calls one method of the provider, and hands the outcome to `respond` or `error`. `startup` builds everything from
//! the configuration. No rule about tokens or clients belongs here.

mod admin;
mod cookies;
mod cors;
mod delivery;
mod development;
mod embedded;
mod error;
mod extract;
mod health;
mod listen;
pub mod logging;
mod prepare;
mod public;
mod remote;
mod respond;
mod routes;
mod startup;
mod state;

use std::{io, rc::Rc, sync::Arc, time::Duration};

use actix_web::{
    App, HttpServer,
    dev::Server,
    rt::System,
    web::{Data, PayloadConfig, ServiceConfig},
};
use hydra_config::Config;

pub use health::VERSION;
use listen::Listening;
use prepare::{Front, Paths};
use state::State;

/// Which endpoints a process serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Public and administrative ones, each on its own port.
    All,
    /// Those for clients and their users.
    Public,
    /// Those for operators.
    Admin,
}

/// Why a server did not start, or ended. The text says what to do next and holds no secret.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A port or socket cannot be had.
    #[error(
        "the {name} endpoints cannot listen on {address}: {why}. Stop what uses it, or choose another with serve.{name}.host and serve.{name}.port."
    )]
    Listen {
        /// `public` or `admin`.
        name: &'static str,
        /// The address as configured.
        address: String,
        /// What the system said.
        why: io::Error,
    },
    /// A setting that asks for something this version does not do. Ignoring it could be dangerous.
    #[error("{0}")]
    NotServed(String),
    /// The database cannot be used.
    #[error("{0}")]
    Database(String),
    /// The embedded database of `--dev` cannot be set up.
    #[error(
        "the embedded database cannot be set up in the working folder: {why}. Start in a folder you can write to, or set DSN."
    )]
    Embedded {
        /// What the system said.
        why: io::Error,
    },
    /// `secrets.*` cannot be used.
    #[error("the configured secrets cannot be used: {0}")]
    Secrets(String),
    /// The process could not be set up.
    #[error("the server cannot start: {0}")]
    Start(String),
    /// A listener ended.
    #[error("a listener ended: {0}")]
    Ended(io::Error),
}

/// Time that requests in flight get when the server is told to stop.
const GRACE: u64 = 5;
/// Time for the head of a request to arrive.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);
/// Time that a connection may be idle.
const IDLE: Duration = Duration::from_secs(120);

/// Serves until SIGINT or SIGTERM, then finishes what is in flight.
pub fn serve(config: Config, which: Which) -> Result<(), ServeError> {
    listen::allow_many_connections();
    // Addresses first: a port in use is found before anything is opened or made.
    let public = (which != Which::Admin).then(|| listen::take("public", &config.serve.public)).transpose()?;
    let admin = (which != Which::Public).then(|| listen::take("admin", &config.serve.admin)).transpose()?;
    let state = Data::new(startup::build(&config)?);
    if which != Which::Admin {
        state.development.announce();
    }
    let public = public.map(|taken| taken.listen("public")).transpose()?;
    let admin = admin.map(|taken| taken.listen("admin")).transpose()?;
    let config = Arc::new(config);
    let ended = System::new().block_on(async {
        let public =
            public.map(|sockets| server(sockets, Paths::Public, routes::public, &state, &config)).transpose()?;
        let admin = admin.map(|sockets| server(sockets, Paths::Admin, routes::admin, &state, &config)).transpose()?;
        let run = |server: Option<Server>| async move {
            match server {
                Some(server) => server.await,
                None => Ok(()),
            }
        };
        futures_util::future::try_join(run(public), run(admin)).await.map(drop)
    });
    ended.map_err(ServeError::Ended)
}

fn server(
    sockets: Listening,
    paths: Paths,
    routes: fn(&mut ServiceConfig),
    state: &Data<State>,
    config: &Arc<Config>,
) -> io::Result<Server> {
    let (state, config) = (state.clone(), Arc::clone(config));
    let mut server = HttpServer::new(move || {
        let listener = match paths {
            Paths::Public => &config.serve.public,
            Paths::Admin => &config.serve.admin,
        };
        let legacy_origins = config.feature_flags.legacy_allow_insecure_origins;
        let cors = cors::Cors::new(&listener.cors, legacy_origins, state.compat_hydra);
        let front = Rc::new(Front { paths, cors });
        App::new()
            .app_data(state.clone())
            .app_data(PayloadConfig::new(state.max_body_size))
            .configure(routes)
            .wrap_fn(move |request, next| prepare::around(Rc::clone(&front), request, next))
    })
    .client_request_timeout(HEAD_PATIENCE)
    .keep_alive(IDLE)
    .shutdown_timeout(GRACE);
    for socket in sockets.tcp {
        server = server.listen(socket)?;
    }
    if let Some(socket) = sockets.unix {
        server = server.listen_uds(socket)?;
    }
    Ok(server.run())
}
