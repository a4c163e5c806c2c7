//! Endpoints for clients and their users (port 4444).

pub(crate) mod revoke;
pub(crate) mod token;
pub(crate) mod well_known;
