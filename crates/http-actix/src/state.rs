//! What every handler can reach.

use std::sync::Arc;

use actix_web::HttpResponseBuilder;
use oauth_core::{Provider, authorize::CookieChange, ports::Random};
use storage_diesel::DieselStorage;

use crate::{cookies::Cookies, development::Offered};

/// Shared by all workers of both listeners.
pub(crate) struct State {
    /// The rules.
    pub(crate) provider: Provider<DieselStorage>,
    /// `compat.hydra`.
    pub(crate) compat_hydra: bool,
    /// Development mode.
    pub(crate) dev: bool,
    /// Built-in pages that are served.
    pub(crate) development: Offered,
    /// Cookies of the login flow.
    pub(crate) cookies: Cookies,
    /// Chance for cookies.
    pub(crate) random: Arc<dyn Random>,
    /// The error page, absolute or from the root.
    pub(crate) error_url: String,
    /// `serve.max_body_size`, bytes.
    pub(crate) max_body_size: usize,
    /// What the discovery document says that the configuration decides.
    pub(crate) discovery: crate::public::well_known::Advertised,
    /// The documents about the server, written.
    pub(crate) documents: crate::public::well_known::Documents,
}

impl State {
    /// Adds changes of cookies to an answer.
    pub(crate) fn write_cookies(&self, changes: &[CookieChange], response: &mut HttpResponseBuilder) {
        self.cookies.write(changes, response, &*self.random, self.provider.now().timestamp());
    }
}

/// The handle that handlers take.
pub(crate) type Shared = actix_web::web::Data<State>;
