//! What a client calls a user (OIDC Core §8): the subject itself, or an identifier that no two sectors share.

use aws_lc_rs::digest::{SHA256, digest};

use crate::{
    Error, Provider,
    client::{AccessTokenStrategy, Client},
    policy::Policy,
    storage::Storage,
};

impl<S: Storage> Provider<S> {
    /// `sub` of this user at this client.
    pub(crate) async fn subject_at(&self, client: &Client, subject: &str) -> Result<String, Error> {
        if !is_pairwise(client, self.policy()) {
            return Ok(subject.to_owned());
        }
        // An identifier that the login application made up stays, also for logins that are skipped later.
        let (id, user) = (client.id.clone(), subject.to_owned());
        let forced = self.storage().read(move |records| Ok::<_, Error>(records.forced_subject(&id, &user)?)).await?;
        match forced {
            Some(identifier) => Ok(identifier),
            None => pairwise(client, subject, &self.policy().pairwise_salt.0),
        }
    }

    /// Whether the client knows this user, or an ID token names them, by `identifier`.
    pub(crate) async fn is_known_as(&self, client: &Client, subject: &str, identifier: &str) -> Result<bool, Error> {
        if identifier == subject {
            return Ok(true);
        }
        if !is_pairwise(client, self.policy()) {
            return Ok(false);
        }
        Ok(self.subject_at(client, subject).await? == identifier
            || pairwise(client, subject, &self.policy().pairwise_salt.0)? == identifier)
    }
}

/// Whether this client gets pairwise identifiers. JWT access tokens carry one subject for everybody who reads them, and so
/// exclude pairwise ones.
pub(crate) fn is_pairwise(client: &Client, policy: &Policy) -> bool {
    client.subject_type == "pairwise"
        && policy.subject_types.pairwise
        && policy.access_token_strategy == AccessTokenStrategy::Opaque
}

/// SHA-256 over sector, subject and salt (OIDC Core §8.1), as Hydra computes it.
fn pairwise(client: &Client, subject: &str, salt: &str) -> Result<String, Error> {
    let sector = match (client.sector_identifier_uri.as_str(), client.redirect_uris.as_slice()) {
        ("", [only]) => host_and_port(only).ok_or(Error::NoSector)?,
        ("", _) => return Err(Error::NoSector),
        (sector, _) => sector,
    };
    let hash = digest(&SHA256, format!("{sector}{subject}{salt}").as_bytes());
    Ok(hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Host and port as they are written: a port that goes without saying counts where it was said, and so do capitals. Every subject of
/// a client hangs on these letters.
fn host_and_port(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    (!host.is_empty()).then_some(host)
}
