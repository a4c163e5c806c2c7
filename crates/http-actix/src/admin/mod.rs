//! Endpoints for operators (port 4445). Whoever reaches this port may do everything: keep it away from the internet.

pub(crate) mod clients;
pub(crate) mod consent;
pub(crate) mod introspect;
pub(crate) mod keys;
pub(crate) mod login;
pub(crate) mod logout;
mod numbers;
mod patch;
pub(crate) mod sessions;
pub(crate) mod tokens;
