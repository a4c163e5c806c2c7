//! Every OAuth 2.0 and OpenID Connect rule, and nothing else.

pub mod client;
pub mod ids;
pub mod ports;
pub mod storage;
pub mod token;
