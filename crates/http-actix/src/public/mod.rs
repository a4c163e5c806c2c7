//! Endpoints for clients and their users (port 4444).

pub(crate) mod authorize;
pub(crate) mod credentials;
pub(crate) mod fallbacks;
pub(crate) mod logout;
pub(crate) mod revoke;
pub(crate) mod token;
pub(crate) mod userinfo;
pub(crate) mod well_known;
