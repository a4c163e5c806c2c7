//! Client authentication (RFC 6749 §2.3): from what a request presented to a client that proved who it is.

use std::time::{Duration, Instant};

use super::assertion::Asserted;
use crate::{
    Error, Provider,
    client::{AuthMethod, Client, SecretHash, hash},
    ids::ClientId,
    secret::{ClientAssertion, ClientSecret},
    storage::Storage,
};

/// Longest wait for a slow hash, the turn included.
const PATIENCE: Duration = Duration::from_secs(4);

/// What a request said about the client it comes from.
#[derive(Debug, Default)]
pub struct Credentials {
    /// User and password of `Authorization: Basic`, decoded.
    pub basic: Option<(ClientId, ClientSecret)>,
    /// The password of `Authorization: Basic` as it came, where decoding made another one of it. It authenticates nobody: it only
    /// tells a wrong secret from a right one that was not encoded.
    pub undecoded_password: Option<ClientSecret>,
    /// `client_id` of the body, if not empty.
    pub client_id: Option<ClientId>,
    /// `client_secret` of the body, if not empty.
    pub client_secret: Option<ClientSecret>,
    /// `client_assertion_type` of the body, if not empty.
    pub assertion_type: Option<String>,
    /// `client_assertion` of the body, if not empty. Without a type it is no assertion.
    pub assertion: Option<ClientAssertion>,
}

/// The one value of `client_assertion_type` there is (RFC 7523 §2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Credentials reduced to one way of authenticating.
enum Claim {
    /// A secret; for a public client an empty one.
    Secret { id: ClientId, used: AuthMethod, secret: ClientSecret, undecoded: Option<ClientSecret> },
    /// A signed assertion.
    Assertion(Asserted),
}

impl Credentials {
    /// In which way the request authenticates the client, in a word.
    pub(crate) fn method(&self) -> AuthMethod {
        match (&self.assertion_type, &self.basic, &self.client_secret) {
            (Some(_), _, _) => AuthMethod::PrivateKeyJwt,
            (None, Some(_), _) => AuthMethod::ClientSecretBasic,
            (None, None, Some(_)) => AuthMethod::ClientSecretPost,
            (None, None, None) => AuthMethod::None,
        }
    }

    /// Settles which one way is used. Two complete ways at once are refused as failed authentication, as a partial second one
    /// is refused as a malformed request: neither may decide which client is meant.
    fn settle(self) -> Result<Claim, Error> {
        if let Some(kind) = self.assertion_type {
            if kind != JWT_BEARER {
                let why = format!("The parameter 'client_assertion_type' must be '{JWT_BEARER}'.");
                return Err(Error::MalformedParameter(why));
            }
            if self.basic.is_some() || self.client_secret.is_some() {
                return Err(Error::TwoAuthentications);
            }
            let assertion = self.assertion.ok_or(Error::MissingParameter("client_assertion"))?;
            return Ok(Claim::Assertion(Asserted { client_id: self.client_id, assertion }));
        }
        match (self.basic, self.client_id, self.client_secret) {
            (Some((_, password)), Some(_), Some(_)) if !password.expose().is_empty() => Err(Error::ClientRefused),
            (Some(_), _, Some(_)) => Err(Error::TwoAuthentications),
            (Some((user, _)), Some(id), None) if user != id => Err(Error::TwoAuthentications),
            (Some((id, secret)), _, None) => {
                let used = if secret.expose().is_empty() { AuthMethod::None } else { AuthMethod::ClientSecretBasic };
                Ok(Claim::Secret { id, used, secret, undecoded: self.undecoded_password })
            }
            (None, Some(id), Some(secret)) => {
                Ok(Claim::Secret { id, used: AuthMethod::ClientSecretPost, secret, undecoded: None })
            }
            (None, Some(id), None) => {
                Ok(Claim::Secret { id, used: AuthMethod::None, secret: ClientSecret::new(""), undecoded: None })
            }
            (None, None, _) => Err(Error::NoClientCredentials),
        }
    }
}

impl<S: Storage> Provider<S> {
    /// Finds out who is asking. A database that does not answer is an error of ours, never a "no" to the client: a client
    /// that is told `invalid_client` may throw its credentials away.
    pub async fn authenticate(&self, credentials: Credentials) -> Result<Client, Error> {
        match credentials.settle()? {
            Claim::Secret { id, used, secret, undecoded } => {
                let client = self.registered_client(id).await?;
                must_use_registered_method(&client, &used)?;
                match used == AuthMethod::None || self.secret_matches(&client, secret).await? {
                    true => Ok(client),
                    false => Err(self.why_refused(&client, undecoded).await?),
                }
            }
            Claim::Assertion(asserted) => self.authenticate_by_assertion(asserted).await,
        }
    }

    pub(super) async fn registered_client(&self, id: ClientId) -> Result<Client, Error> {
        let found = self.storage().client(id).await?;
        found.ok_or(Error::ClientRefused)
    }

    /// In development a wrong secret is worth a second slow hash, to see whether it would be right without form-decoding. The answer
    /// is a refusal either way.
    async fn why_refused(&self, client: &Client, undecoded: Option<ClientSecret>) -> Result<Error, Error> {
        let Some(secret) = undecoded.filter(|_| self.policy().dev) else { return Ok(Error::ClientRefused) };
        let is_right = self.secret_matches(client, secret).await?;
        Ok(if is_right { Error::SecretNotEncoded } else { Error::ClientRefused })
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
            let begun = Instant::now();
            let matched = hashes.into_iter().find(|stored| hash::verify(&secret, stored));
            match matched {
                Some(_) => drop(turn),
                // Here and not by whoever asked: he may have hung up.
                None => turn.end_after_guess(begun.elapsed()),
            }
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
pub(super) fn must_use_registered_method(client: &Client, used: &AuthMethod) -> Result<(), Error> {
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
