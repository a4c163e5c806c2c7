//! Clients: what they are, how they prove who they are, what may be registered.

mod addresses;
mod authenticate;
mod change;
mod hash;
mod manage;
mod model;
mod register;

pub use authenticate::Credentials;
pub(crate) use authenticate::{GuessingTurns, VerifiedSecrets};
pub use manage::{ClientPage, ClientUpdate, Registered, Registration};
pub use model::{AccessTokenStrategy, AuthMethod, Client, Lifespans, SecretHash};
