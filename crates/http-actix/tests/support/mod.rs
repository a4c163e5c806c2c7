//! What the tests of the running server share: a server in this process ([`server`]), a client that can also be rude
//! ([`http`]), the log ([`log`]), and databases that vanish ([`scratch`]).

pub(crate) mod http;
pub(crate) mod log;
#[path = "../../../storage-diesel/tests/support/mod.rs"]
pub(crate) mod scratch;
pub(crate) mod server;
