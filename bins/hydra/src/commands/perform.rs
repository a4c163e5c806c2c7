//! `hydra perform`: OAuth 2.0 flows as a client runs them.

mod authorization_code;
mod client_credentials;
mod token_endpoint;

use super::{Session, World};
use crate::{args::Perform, failure::Failure};

/// Tells the time.
type Clock = fn() -> chrono::DateTime<chrono::FixedOffset>;

pub(super) async fn run(session: &Session, what: Perform, world: &World) -> Result<(), Failure> {
    match what {
        Perform::AuthorizationCode(flags) => authorization_code::run(session, &flags, world).await,
        Perform::ClientCredentials { client, scope, audience } => {
            client_credentials::run(session, &client, &scope, &audience, world.now).await
        }
    }
}
