//! Clients: what they are, how they prove who they are, what may be registered.

mod authenticate;
mod hash;
mod manage;
mod model;
mod register;

pub(crate) use authenticate::{GuessingTurns, VerifiedSecrets};
pub use authenticate::Credentials;
pub use manage::{ClientPage, ClientUpdate, Registered, Registration};
pub use model::{AccessTokenStrategy, AuthMethod, Client, Lifespans, SecretHash};
