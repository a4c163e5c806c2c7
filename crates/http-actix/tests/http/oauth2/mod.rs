//! `/oauth2/…` on the public port.

mod assertions;
mod authorize;
mod logout;
mod refresh;
mod revoke;
mod token;
