//! Clients: what they are, how they prove who they are, what may be registered.

mod assertion;
mod authenticate;
mod hash;
mod keys;
mod manage;
mod model;
mod register;

pub use assertion::AssertionFault;
pub use authenticate::Credentials;
pub(crate) use authenticate::{GuessingTurns, VerifiedSecrets};
pub use keys::KeyFault;
pub(crate) use keys::PublishedKeys;
pub use manage::{ClientPage, ClientUpdate, Registered, Registration};
pub use model::{AccessTokenStrategy, AuthMethod, Client, Lifespans, SecretHash};
pub(crate) use register::SIGNING_ALGS;
