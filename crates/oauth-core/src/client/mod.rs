//! Clients: what they are, how they prove who they are, what may be registered.

mod addresses;
mod authenticate;
mod change;
mod guessing;
mod hash;
mod manage;
mod model;
mod register;
mod verified;

pub use authenticate::Credentials;
pub(crate) use guessing::GuessingTurns;
pub use manage::{ClientPage, ClientUpdate, Registered, Registration};
pub use model::{AccessTokenStrategy, AuthMethod, Client, Lifespans, SecretHash};
pub(crate) use verified::VerifiedSecrets;
