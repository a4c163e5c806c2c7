//! Every OAuth 2.0 and OpenID Connect rule, and nothing else: no sockets, no SQL, no ambient clock or chance.
//!
//! Start at [`Provider`]: it has one method for each endpoint. The token endpoint is [`token`], clients are [`client`], keys
//! are [`keys`]. What the rules need from outside stands in [`ports`] and [`storage`]; why a request is refused stands in
//! [`error`]. Parsing HTTP, and choosing statuses and bodies, happen in the HTTP crate.

pub mod authorize;
pub mod client;
pub mod credentials;
pub mod error;
mod id_token;
pub mod ids;
pub mod introspect;
mod jwt_claims;
pub mod keys;
pub mod logout;
mod paging;
pub mod policy;
pub mod ports;
pub mod provider;
mod revoke;
pub mod scope;
pub mod secret;
pub mod sessions;
mod slow;
pub mod storage;
mod subject;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod token;
pub mod trap;
pub mod userinfo;

pub use error::{Error, ErrorCode};
pub use jwt_claims::Untimely;
pub use provider::{LogoutDelivery, LogoutNotice, Parts, Provider, Remote, RemoteError};
