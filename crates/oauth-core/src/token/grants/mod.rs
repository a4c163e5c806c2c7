//! One file for each grant: only what its RFC adds. A grant checks and returns a draft; it never mints.

pub(super) mod client_credentials;
