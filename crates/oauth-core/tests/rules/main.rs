//! The rules, in memory, on a fixed clock. One file for each endpoint or grant; read the test names first.

mod advisories;
mod authorize_requests;
mod client_assertions;
mod client_authentication;
mod client_changes;
mod client_credentials;
mod client_list;
mod client_registration;
mod client_secrets;
mod codes;
mod consents;
mod credentials;
mod hydra_flows;
mod id_tokens;
mod introspection;
mod jwt_access_tokens;
mod keys;
mod logins;
mod logouts;
mod properties;
mod refreshing;
mod request_objects;
mod revocation;
mod sessions;
mod support;
mod userinfo;
