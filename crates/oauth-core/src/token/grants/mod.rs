//! One file for each grant: only what its RFC adds.

pub(super) mod authorization_code;
pub(super) mod client_credentials;
pub(super) mod refresh_token;
