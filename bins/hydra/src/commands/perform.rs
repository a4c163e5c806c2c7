//! `hydra perform`: OAuth 2.0 flows as a client runs them.

mod client_credentials;

use super::Session;
use crate::{args::Perform, failure::Failure};

/// Tells the time.
type Clock = fn() -> chrono::DateTime<chrono::FixedOffset>;

pub(super) async fn run(session: &Session, what: Perform, now: Clock) -> Result<(), Failure> {
    match what {
        Perform::ClientCredentials { client, scope, audience } => {
            client_credentials::run(session, &client, &scope, &audience, now).await
        }
    }
}
