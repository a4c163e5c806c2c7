//! Clients: what they are, how they prove who they are, what may be registered.

mod model;

pub use model::{AccessTokenStrategy, AuthMethod, Client, Lifespans, SecretHash};
