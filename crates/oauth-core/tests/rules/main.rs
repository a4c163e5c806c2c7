//! The rules, in memory, on a fixed clock. One file for each endpoint or grant; read the test names first.

mod client_authentication;
mod client_credentials;
mod client_secrets;
mod introspection;
mod jwt_access_tokens;
mod revocation;
mod support;
