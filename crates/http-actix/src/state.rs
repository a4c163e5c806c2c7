//! What every handler can reach.

use oauth_core::Provider;
use storage_diesel::DieselStorage;

/// Shared by all workers of both listeners.
pub(crate) struct State {
    /// The rules.
    pub(crate) provider: Provider<DieselStorage>,
    /// `compat.hydra`.
    pub(crate) compat_hydra: bool,
    /// `serve.max_body_size`, bytes.
    pub(crate) max_body_size: usize,
    /// What the discovery document says that the configuration decides.
    pub(crate) discovery: crate::public::well_known::Advertised,
    /// The documents about the server, written.
    pub(crate) documents: crate::public::well_known::Documents,
}

/// The handle that handlers take.
pub(crate) type Shared = actix_web::web::Data<State>;
