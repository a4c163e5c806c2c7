//! Client authentication (RFC 6749 §2.3): from what a request presented to a client that proved who it is.

use std::time::Duration;

use crate::{
    Error, Provider,
    client::{AuthMethod, Client, SecretHash, hash},
    ids::ClientId,
    secret::ClientSecret,
    storage::Storage,
};

/// Longest wait for a slow hash, the turn included.
const PATIENCE: Duration = Duration::from_secs(4);

/// What a request said about the client it comes from.
#[derive(Debug, Default)]
pub struct Credentials {
    /// User and password of `Authorization: Basic`, decoded.
    pub basic: Option<(ClientId, ClientSecret)>,
    /// `client_id` of the body, if not empty.
    pub client_id: Option<ClientId>,
    /// `client_secret` of the body, if not empty.
    pub client_secret: Option<ClientSecret>,
    /// `client_assertion_type` of the body, if not empty.
    pub assertion_type: Option<String>,
}

/// The one value of `client_assertion_type` there is (RFC 7523 §2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Credentials reduced to one way of authenticating.
struct Claim {
    id: ClientId,
    used: AuthMethod,
    secret: ClientSecret,
}

impl Credentials {
    /// Settles which one way is used. Two complete ways at once are refused as failed authentication, as a partial second one
    /// is refused as a malformed request: neither may decide which client is meant.
    fn settle(self) -> Result<Claim, Error> {
        if let Some(kind) = self.assertion_type {
            return Err(match kind.as_str() {
                JWT_BEARER if self.basic.is_some() || self.client_secret.is_some() => Error::TwoAuthentications,
                JWT_BEARER => Error::AssertionNotServed,
                _ => {
                    Error::MalformedParameter(format!("The parameter 'client_assertion_type' must be '{JWT_BEARER}'."))
                }
            });
        }
        match (self.basic, self.client_id, self.client_secret) {
            (Some((_, password)), Some(_), Some(_)) if !password.expose().is_empty() => Err(Error::ClientRefused),
            (Some(_), _, Some(_)) => Err(Error::TwoAuthentications),
            (Some((user, _)), Some(id), None) if user != id => Err(Error::TwoAuthentications),
            (Some((id, secret)), _, None) => {
                let used = if secret.expose().is_empty() { AuthMethod::None } else { AuthMethod::ClientSecretBasic };
                Ok(Claim { id, used, secret })
            }
            (None, Some(id), Some(secret)) => Ok(Claim { id, used: AuthMethod::ClientSecretPost, secret }),
            (None, Some(id), None) => Ok(Claim { id, used: AuthMethod::None, secret: ClientSecret::new("") }),
            (None, None, _) => Err(Error::NoClientCredentials),
        }
    }
}

impl<S: Storage> Provider<S> {
    /// Finds out who is asking. A database that does not answer is an error of ours, never a "no" to the client: a client
    /// that is told `invalid_client` may throw its credentials away.
    pub async fn authenticate(&self, credentials: Credentials) -> Result<Client, Error> {
        let claim = credentials.settle()?;
        let id = claim.id.clone();
        let found = self.storage().read(move |records| Ok::<_, Error>(records.client(&id)?)).await?;
        let client = found.ok_or(Error::ClientRefused)?;
        must_use_registered_method(&client, &claim.used)?;
        if claim.used == AuthMethod::None || self.secret_matches(&client, claim.secret).await? {
            Ok(client)
        } else {
            Err(Error::ClientRefused)
        }
    }

    /// Holds the secret against the present hash, then against rotated ones. What was verified once is remembered by a MAC
    /// over the stored hash and the secret, so that the slow hash is paid once per secret and process. Whoever must pay it
    /// waits for a turn, and not for ever.
    async fn secret_matches(&self, client: &Client, secret: ClientSecret) -> Result<bool, Error> {
        let hashes: Vec<_> = std::iter::once(&client.secret).chain(&client.rotated_secrets).cloned().collect();
        if self.is_verified(&hashes, &secret) {
            return Ok(true);
        }
        let compare = self.compare_in_turn(&client.id, hashes, secret);
        tokio::time::timeout(PATIENCE, compare).await.map_err(|_elapsed| Error::Busy)?
    }

    fn is_verified(&self, hashes: &[SecretHash], secret: &ClientSecret) -> bool {
        let verified = self.verified_secrets();
        hashes.iter().any(|stored| verified.contains(&verified.mark(stored.expose(), secret.expose())))
    }

    async fn compare_in_turn(
        &self,
        client: &ClientId,
        hashes: Vec<SecretHash>,
        secret: ClientSecret,
    ) -> Result<bool, Error> {
        let turn = self.guessing_turns().take(client).await?;
        // Somebody before us may have verified the same secret.
        if self.is_verified(&hashes, &secret) {
            return Ok(true);
        }
        let compare = move || {
            let matched = hashes.into_iter().find(|stored| hash::verify(&secret, stored));
            drop(turn);
            (matched, secret)
        };
        let (matched, secret) = self.hashing().run(compare).await?;
        if let Some(stored) = &matched {
            let verified = self.verified_secrets();
            verified.insert(verified.mark(stored.expose(), secret.expose()));
        }
        Ok(matched.is_some())
    }
}

/// The client may only use the method it registered; one that registered none of ours cannot authenticate at all.
fn must_use_registered_method(client: &Client, used: &AuthMethod) -> Result<(), Error> {
    let registered = &client.token_endpoint_auth_method;
    if used == registered {
        return Ok(());
    }
    // A confidential client that sent no secret is simply wrong about its secret: say no more than that.
    if *used == AuthMethod::None {
        return Err(Error::ClientRefused);
    }
    Err(Error::WrongAuthMethod { registered: registered.as_str().to_owned(), used: used.as_str().to_owned() })
}
