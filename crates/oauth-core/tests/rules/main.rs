//! The rules, in memory, on a fixed clock. One file for each endpoint or grant; read the test names first.

mod advisories;
mod client_authentication;
mod client_changes;
mod client_credentials;
mod client_list;
mod client_registration;
mod client_secrets;
mod client_takeover;
mod guessing;
mod introspection;
mod jwt_access_tokens;
mod keys;
mod properties;
mod revocation;
mod support;
