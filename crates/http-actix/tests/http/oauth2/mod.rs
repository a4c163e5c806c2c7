//! `/oauth2/…` on the public port.

mod revoke;
mod token;
