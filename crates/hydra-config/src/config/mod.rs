//! The typed configuration: plain data, one struct per concern, each beside the lines that fill it.

mod oauth2;
mod serve;
mod server;
mod urls;

pub use oauth2::{
    DeviceAuthorization, Grant, Hashers, Hook, HookAuth, JwtGrant, OAuth2, Oidc, Pkce, RefreshTokenGrant, Strategies,
    Ttl, Urls, UserCode, Webfinger,
};
pub(crate) use oauth2::{HALF_A_YEAR, longest_grace};
pub use serve::{Address, Cookies, Cors, Listener, Pem, Serve, Socket, Tls};
pub use server::{
    Accepted, Clients, Compat, FeatureFlags, Hsm, HttpClients, IdentityProvider, Jaeger, Log, Otlp, Secrets, Tracing,
    Zipkin,
};
pub(crate) use urls::is_rooted;

use crate::{check::Settings, secret::Dsn};

/// Everything that can be configured, checked and with its defaults. Printing it shows no secrets.
#[derive(Clone, Debug)]
pub struct Config {
    /// `dev` (variable `DEV`, flag `--dev`): development mode.
    pub dev: bool,
    /// `dsn` (variable `DSN`): the database. `None` in development mode only: use an embedded SQLite file.
    pub dsn: Option<Dsn>,
    /// `secrets.*`.
    pub secrets: Secrets,
    /// `log.*`.
    pub log: Log,
    /// `urls.*`.
    pub urls: Urls,
    /// `webfinger.*`.
    pub webfinger: Webfinger,
    /// `oidc.*`.
    pub oidc: Oidc,
    /// `strategies.*`.
    pub strategies: Strategies,
    /// `ttl.*`.
    pub ttl: Ttl,
    /// `oauth2.*`.
    pub oauth2: OAuth2,
    /// `serve.*`.
    pub serve: Serve,
    /// `clients.*`.
    pub clients: Clients,
    /// `tracing.*`.
    pub tracing: Tracing,
    /// `hsm.*`.
    pub hsm: Hsm,
    /// `feature_flags.*`.
    pub feature_flags: FeatureFlags,
    /// Keys that have no effect here.
    pub accepted: Accepted,
    /// `compat.*`: not Hydra's.
    pub compat: Compat,
}

impl Config {
    pub(crate) fn from(settings: &Settings) -> Self {
        let strategies = Strategies::from(settings);
        Self {
            dev: settings.bool("dev"),
            // A DSN of an unknown kind is reported by the rules.
            dsn: settings.text("dsn").and_then(|text| Dsn::parse(text).ok()),
            secrets: Secrets::from(settings),
            log: Log::from(settings),
            urls: Urls::from(settings),
            webfinger: Webfinger::from(settings),
            oidc: Oidc::from(settings, &strategies),
            strategies,
            ttl: Ttl::from(settings),
            oauth2: OAuth2::from(settings),
            serve: Serve::from(settings),
            clients: Clients::from(settings),
            tracing: Tracing::from(settings),
            hsm: Hsm::from(settings),
            feature_flags: FeatureFlags::from(settings),
            accepted: Accepted::from(settings),
            compat: Compat::from(settings),
        }
    }

    /// Whether the caller is to use an embedded database with secrets of its own making: development mode without DSN.
    pub fn is_embedded(&self) -> bool {
        self.dev && self.dsn.is_none()
    }
}
