//! What the tests of the running server share: a server in this process ([`server`]), a client that can also be rude
//! ([`http`]), a browser that logs in step by step ([`browser`]), people in front of pages ([`pages`], [`people`]), requests that
//! are almost right ([`mutations`]), the log ([`log`]), and databases that vanish ([`scratch`]).

pub(crate) mod browser;
pub(crate) mod http;
pub(crate) mod log;
pub(crate) mod mutations;
pub(crate) mod pages;
pub(crate) mod people;
#[path = "../../../storage-diesel/tests/support/mod.rs"]
pub(crate) mod scratch;
pub(crate) mod server;
