//! Endpoints for operators (port 4445). Whoever reaches this port may do everything: keep it away from the internet.

pub(crate) mod clients;
pub(crate) mod introspect;
pub(crate) mod keys;
mod numbers;
mod patch;
pub(crate) mod tokens;
