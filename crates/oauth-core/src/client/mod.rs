//! Clients: what they are, how they prove who they are, what may be registered.

mod addresses;
mod assertion;
mod authenticate;
mod change;
mod guessing;
mod hash;
mod keys;
mod manage;
mod model;
mod register;
mod signing;
mod verified;

pub use assertion::AssertionFault;
pub use authenticate::Credentials;
pub(crate) use guessing::GuessingTurns;
pub use keys::KeyFault;
pub(crate) use keys::PublishedKeys;
pub use manage::{ClientPage, ClientUpdate, Registered, RegisteredClient, Registration};
pub use model::{AccessTokenStrategy, AuthMethod, Client, Lifespans, SecretHash};
pub(crate) use register::SIGNING_ALGS;
pub use signing::SigningChoice;
pub(crate) use signing::userinfo_algorithm;
pub(crate) use verified::VerifiedSecrets;
