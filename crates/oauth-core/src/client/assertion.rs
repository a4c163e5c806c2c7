//! Client authentication by a signed assertion: `private_key_jwt` (RFC 7523 §3, OIDC Core §9). The client shows that it holds a key,
//! and nothing that a thief could use elsewhere or again.

use chrono::{DateTime, Utc};
use token_jwt::JwsError;

use super::{AuthMethod, Client, authenticate::must_use_registered_method, keys::KeyFault, register::SIGNING_ALGS};
use crate::{
    Error, Provider,
    error::excerpt,
    ids::{ClientId, JtiSignature},
    jwt_claims::{RegisteredClaims, Untimely},
    secret::ClientAssertion,
    storage::{Storage, StorageError},
};

/// What an assertion is signed with when the client registered nothing else.
const DEFAULT_ALG: &str = "RS256";
/// Ids of expired assertions that are deleted at once.
const SWEEP: u32 = 64;

/// An assertion, and what else the request says about who sent it.
pub(super) struct Asserted {
    pub(super) client_id: Option<ClientId>,
    pub(super) assertion: ClientAssertion,
}

/// What is wrong with a client assertion.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AssertionFault {
    /// It is no signed JWT.
    #[error("{0}")]
    Malformed(JwsError),
    /// Its claims cannot be read.
    #[error("its claims cannot be read: each may be there once, dates are numbers, all else is text")]
    Claims,
    /// Nobody knows whose it is.
    #[error("neither 'client_id' nor its 'sub' names a client")]
    Nobody,
    /// It is signed with another algorithm than the client registered.
    #[error("it is signed with {used}, and the client is registered for {registered}")]
    Algorithm {
        /// As its header says, shortened.
        used: String,
        /// As the client registered.
        registered: String,
        /// The client registered nothing, and that is what it means.
        by_default: bool,
    },
    /// No key vouches for it.
    #[error("{0}")]
    Key(KeyFault),
    /// It is not the time for it.
    #[error("{0}")]
    Untimely(Untimely),
    /// It speaks for somebody else than the client.
    #[error("its '{0}' is not the client's id")]
    OfAnother(&'static str),
    /// It lacks a claim.
    #[error("it has no '{0}'")]
    Missing(&'static str),
    /// It is meant for somebody else than this server.
    #[error("its 'aud' names another server than this one")]
    Audience {
        /// As it was sent, shortened.
        sent: Vec<String>,
        /// What we answer to.
        expected: Vec<String>,
    },
    /// It was used before.
    #[error("its 'jti' was used before")]
    Replayed,
}

impl From<AssertionFault> for Error {
    fn from(fault: AssertionFault) -> Self {
        Self::Assertion(fault)
    }
}

impl<S: Storage> Provider<S> {
    /// Finds out who is asking. What an assertion says is believed only after its signature was verified; until then its `sub` does no
    /// more than choose the keys.
    pub(super) async fn authenticate_by_assertion(&self, asserted: Asserted) -> Result<Client, Error> {
        let jws = asserted.assertion.expose();
        let header = token_jwt::peek_header(jws).map_err(AssertionFault::Malformed)?;
        let named = match asserted.client_id {
            Some(id) => id,
            None => unverified_subject(jws)?,
        };
        let client = self.registered_client(named).await?;
        must_use_registered_method(&client, &AuthMethod::PrivateKeyJwt)?;
        must_be_signed_as_registered(&client, &header.alg)?;
        let verified = self.verified_by(&client, &header, jws).await.map_err(AssertionFault::Key)?;
        let claims: RegisteredClaims = verified.claims().map_err(|_| AssertionFault::Claims)?;
        let (jti, expires_at) = self.hold_against(&client, claims)?;
        // Last: an assertion that is refused for another reason may come again.
        self.spend_jti(&jti, expires_at).await?;
        Ok(client)
    }

    /// Holds the claims against the client and this server. What is left is the id to spend, and until when.
    fn hold_against(
        &self,
        client: &Client,
        claims: RegisteredClaims,
    ) -> Result<(String, DateTime<Utc>), AssertionFault> {
        claims.must_be_timely(self.now()).map_err(AssertionFault::Untimely)?;
        for (name, value) in [("iss", &claims.iss), ("sub", &claims.sub)] {
            if value.as_deref() != Some(client.id.as_str()) {
                return Err(AssertionFault::OfAnother(name));
            }
        }
        let jti = claims.jti.filter(|jti| !jti.is_empty()).ok_or(AssertionFault::Missing("jti"))?;
        let exp = claims.exp.ok_or(AssertionFault::Missing("exp"))?;
        // Every entry must be this server, or somebody else named beside us could use the assertion here (RFC 7523bis).
        let expected = self.names_in_assertions();
        let is_us = |entry: &String| expected.contains(entry);
        if claims.aud.0.is_empty() || !claims.aud.0.iter().all(is_us) {
            let sent = claims.aud.0.iter().take(4).map(|entry| excerpt(entry)).collect();
            return Err(AssertionFault::Audience { sent, expected });
        }
        Ok((jti, exp.0))
    }

    /// What an assertion may call this server: its issuer, or its token endpoint.
    fn names_in_assertions(&self) -> Vec<String> {
        let policy = self.policy();
        std::iter::once(&policy.issuer).chain(&policy.token_urls).cloned().collect()
    }

    /// Makes an id good for one assertion. The database decides, so that two servers over one database, or two requests at once,
    /// cannot both take it.
    pub(crate) async fn spend_jti(&self, jti: &str, expires_at: DateTime<Utc>) -> Result<(), Error> {
        let (id, now) = (JtiSignature::of(jti), self.now());
        let sweeps = id.sweeps();
        let remembered =
            self.storage().write_one(move |records| Ok::<_, Error>(records.remember_jti(&id, expires_at, now)?)).await;
        match remembered {
            Err(Error::Storage(StorageError::Duplicate)) => return Err(AssertionFault::Replayed.into()),
            other => other?,
        }
        if sweeps {
            let swept = self.storage().write_one(move |records| Ok::<_, Error>(records.sweep_jtis(now, SWEEP)?)).await;
            // The next one sweeps as well.
            swept.map_or_else(|why| log::debug!("ids of expired assertions stay for now: {why}"), |_| ());
        }
        Ok(())
    }
}

/// `sub`, which nobody has verified.
fn unverified_subject(jws: &str) -> Result<ClientId, AssertionFault> {
    let payload = token_jwt::peek_payload(jws).map_err(AssertionFault::Malformed)?;
    let claims: RegisteredClaims = serde_json::from_slice(&payload).map_err(|_| AssertionFault::Claims)?;
    claims.sub.filter(|sub| !sub.is_empty()).map(ClientId::new).ok_or(AssertionFault::Nobody)
}

/// The algorithm is the client's choice, made when it registered: whoever holds an assertion must not be able to choose a weaker one.
fn must_be_signed_as_registered(client: &Client, used: &str) -> Result<(), AssertionFault> {
    let own = client.token_endpoint_auth_signing_alg.as_str();
    let registered = if own.is_empty() { DEFAULT_ALG } else { own };
    if used == registered && SIGNING_ALGS.contains(&used) {
        return Ok(());
    }
    Err(AssertionFault::Algorithm {
        used: excerpt(used),
        registered: registered.to_owned(),
        by_default: own.is_empty(),
    })
}
