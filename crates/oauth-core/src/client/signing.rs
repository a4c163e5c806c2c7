//! How a client wants signed what it is told about its users (OIDC Registration §2).
//!
//! Hydra knows one of the two words, `userinfo_signed_response_alg`, and has a column for it: it is a field of [`Client`]. The
//! other is a [`SigningChoice`], a record of its own that is read only where something is signed or a client is shown.

use token_jwt::Algorithm;

use super::Client;
use crate::{
    Error, Provider,
    ids::ClientId,
    scope::is_granted,
    storage::{GrantRecord, Records, Storage, StorageError},
};

/// What a client registered beyond what Hydra keeps of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SigningChoice {
    /// `id_token_signed_response_alg`: algorithm of its ID tokens and logout tokens. `None` leaves it to the newest key.
    pub id_token: Option<Algorithm>,
}

impl SigningChoice {
    /// From the registered word; an empty one leaves it to the server.
    pub fn from_word(id_token: &str) -> Result<Self, Error> {
        if id_token.is_empty() {
            return Ok(Self::default());
        }
        let id_token = id_token.parse().map_err(|_| {
            Error::InvalidClientMetadata(format!(
                "id_token_signed_response_alg must be one of {}; without it the server chooses.",
                algorithms()
            ))
        })?;
        Ok(Self { id_token: Some(id_token) })
    }

    /// The registered word; empty when there is none.
    pub fn word(self) -> &'static str {
        self.id_token.map_or("", Algorithm::as_str)
    }

    /// The choice of the client that something was granted to, if an ID token can come of it.
    pub(crate) fn for_grant(grant: Option<&GrantRecord>, records: &mut dyn Records) -> Result<Self, StorageError> {
        match grant.filter(|grant| is_granted(&grant.granted_scope, "openid")) {
            Some(grant) => records.signing_choice(&grant.client_id),
            None => Ok(Self::default()),
        }
    }

    /// The choice of one client among those of several.
    pub(crate) fn among(choices: &[(ClientId, Self)], client: &ClientId) -> Self {
        choices.iter().find(|(id, _)| id == client).map(|(_, choice)| *choice).unwrap_or_default()
    }
}

/// The algorithm that must sign this client's user info. `RS256` leaves it to the newest key, whatever that is, as at Hydra.
pub(crate) fn userinfo_algorithm(client: &Client) -> Option<Algorithm> {
    client.userinfo_signed_response_alg.parse().ok().filter(|alg| *alg != Algorithm::RS256)
}

/// All there are, for people.
pub(super) fn algorithms() -> String {
    Algorithm::ALL.map(Algorithm::as_str).join(", ")
}

impl<S: Storage> Provider<S> {
    /// The choice of a client.
    pub(crate) async fn signing_choice_of(&self, client: &ClientId) -> Result<SigningChoice, Error> {
        let id = client.clone();
        self.storage().read(move |records| Ok(records.signing_choice(&id)?)).await
    }

    /// Makes the keys that a client registers for, unless they are there: the discovery document then names their algorithms from
    /// the beginning, and the first login does not wait for them.
    pub(super) async fn have_keys_for(&self, client: &Client, signing: SigningChoice) -> Result<(), Error> {
        for alg in [signing.id_token, userinfo_algorithm(client)].into_iter().flatten() {
            self.id_token_key(Some(alg)).await?;
        }
        Ok(())
    }
}
