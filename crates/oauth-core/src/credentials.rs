//! Verifiable credentials about users (OpenID Connect userinfo credentials, draft 00): what an access token says about its user, signed
//! for a key that the holder has shown to have.
//!
//! A nonce that we made ties the proof of the key to the access token. It is sealed and not stored: good for an hour, with its token
//! alone, as often as it is shown.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use token_hmac::SystemSecrets;
use token_jwt::Jwk;

use crate::{
    Error, Provider,
    policy::ID_TOKEN_KEYS,
    scope::is_granted,
    secret::{AccessToken, Credential, CredentialNonce, PresentedToken},
    storage::{GrantRecord, Storage},
    token::{Claims, sorted},
};

/// The scope that asks for a nonce with the tokens.
const SCOPE: &str = "userinfo_credential_draft_00";
/// How long a nonce is good.
const NONCE_LIFETIME: TimeDelta = TimeDelta::hours(1);
/// How long a credential is good.
const LIFETIME: TimeDelta = TimeDelta::hours(1);
/// The one form of credentials there is.
const FORMAT: &str = "jwt_vc_json";

/// What a holder asks for.
#[derive(Debug)]
pub struct CredentialRequest {
    /// `format`.
    pub format: String,
    /// Proof that the holder has a key.
    pub proof: Option<CredentialProof>,
}

/// Proof that the holder has a key.
#[derive(Debug)]
pub struct CredentialProof {
    /// `proof_type`.
    pub proof_type: String,
    /// A JWT with its key in the header.
    pub jwt: String,
}

/// An answer of the credentials endpoint.
#[derive(Debug)]
pub enum CredentialAnswer {
    /// The credential.
    Issued(Credential),
    /// The request had no proof: here is the nonce to make one with.
    ProofWanted(FreshNonce),
}

/// A nonce for a proof.
#[derive(Debug)]
pub struct FreshNonce {
    /// The nonce.
    pub nonce: CredentialNonce,
    /// Seconds for which it is good.
    pub expires_in: i64,
}

impl<S: Storage> Provider<S> {
    /// Issues a credential about the user of an access token. What is wrong with the token comes first.
    pub async fn credential(
        &self,
        token: Option<PresentedToken>,
        request: Result<CredentialRequest, Error>,
    ) -> Result<CredentialAnswer, Error> {
        let token = token.ok_or(Error::NoAccessToken)?;
        let grant = self.living_access_token(&token).await?.grant;
        let request = request?;
        let now = self.now();
        if request.format != FORMAT {
            return Err(Error::BadCredentialRequest(format!("The format must be '{FORMAT}'.")));
        }
        let Some(proof) = request.proof else {
            return Ok(CredentialAnswer::ProofWanted(self.credential_nonce(token.expose(), now)));
        };
        let key = self.proven_key(&proof, &token, now)?;
        let claims = self.credential_claims(&grant, &key, now)?;
        let signer = self.signing_key(ID_TOKEN_KEYS).await?;
        let signed = self.slow().run(move || signer.sign(&claims)).await?;
        let signed = signed.map_err(|why| Error::Internal(format!("signing a credential failed: {why}")))?;
        Ok(CredentialAnswer::Issued(Credential::new(signed)))
    }

    /// The nonce that goes with an access token, if its scope asks for one.
    pub(crate) fn nonce_with_token(
        &self,
        granted_scope: &[String],
        token: &AccessToken,
        now: DateTime<Utc>,
    ) -> Option<FreshNonce> {
        let granted = |scope: &str| is_granted(granted_scope, scope);
        (granted("openid") && granted(SCOPE)).then(|| self.credential_nonce(token.expose(), now))
    }

    fn credential_nonce(&self, token: &str, now: DateTime<Utc>) -> FreshNonce {
        let expires_at = now.timestamp() + NONCE_LIFETIME.num_seconds();
        let sealed = self.secrets().seal_flow(self.random().bytes(), &belongs_to(token), &expires_at.to_le_bytes());
        FreshNonce { nonce: CredentialNonce::new(sealed), expires_in: NONCE_LIFETIME.num_seconds() }
    }

    /// The key that the holder has shown to have, for this token and not long ago.
    fn proven_key(&self, proof: &CredentialProof, token: &PresentedToken, now: DateTime<Utc>) -> Result<Jwk, Error> {
        let refused =
            |why: &dyn std::fmt::Display| Error::BadCredentialRequest(format!("The proof is refused: {why}."));
        if proof.proof_type != "jwt" {
            return Err(refused(&"its 'proof_type' must be 'jwt'"));
        }
        let (key, verified) = token_jwt::proof_of_possession(&proof.jwt).map_err(|why| refused(&why))?;
        #[derive(Deserialize)]
        struct Claims {
            nonce: String,
        }
        let Claims { nonce } = verified.claims().map_err(|_| refused(&"it has no 'nonce'"))?;
        match expiry_of_nonce(self.secrets(), token.expose(), &nonce) {
            Some(expires_at) if expires_at > now.timestamp() => Ok(key),
            Some(_) => Err(refused(&"its 'nonce' has expired; ask without a proof to get another")),
            None => Err(refused(&"its 'nonce' was not made for this access token")),
        }
    }

    /// The user as ID tokens show them at this client, bound to the key.
    fn credential_claims(&self, grant: &GrantRecord, key: &Jwk, now: DateTime<Utc>) -> Result<Claims, Error> {
        let unwritable = |why: serde_json::Error| Error::Internal(format!("a key cannot be written: {why}"));
        let did = format!("did:jwk:{}", BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).map_err(unwritable)?));
        let own = grant.session.id_token.id_token_claims.clone().unwrap_or_default();
        let mut about = own.ext.unwrap_or_default();
        // It is of this session, not of the user.
        about.shift_remove("sid");
        about.insert("id".to_owned(), Value::from(did.as_str()));
        about
            .insert("sub".to_owned(), Value::from(if own.sub.is_empty() { &grant.subject } else { &own.sub }.as_str()));
        let issued_at = own.iat.unwrap_or(grant.requested_at).timestamp();
        let members = [
            ("iss", json!(self.policy().issuer)),
            ("jti", json!(self.random().uuid().to_string())),
            ("iat", json!(issued_at)),
            ("nbf", json!(issued_at)),
            ("exp", json!((now + LIFETIME).timestamp())),
            ("sub", json!(did)),
            (
                "vc",
                json!({
                    "@context": ["https://www.w3.org/2018/credentials/v1"],
                    "credentialSubject": sorted(about),
                    "type": ["VerifiableCredential", "UserInfoCredential"],
                }),
            ),
        ];
        Ok(sorted(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()))
    }
}

/// Binds a nonce to its access token.
fn belongs_to(token: &str) -> Vec<u8> {
    format!("vc-nonce-at:{token}").into_bytes()
}

/// When a nonce ends, if it was made for this token.
fn expiry_of_nonce(secrets: &SystemSecrets, token: &str, nonce: &str) -> Option<i64> {
    let opened = secrets.open_flow(&belongs_to(token), nonce).ok()?;
    opened.try_into().ok().map(i64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_that_hydra_made_opens_with_its_token_alone() {
        let secrets = SystemSecrets::new(&["vector-system-secret-number-one"]);
        let secrets = secrets.expect("the secret is long enough");
        let token = "ory_at_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8.BpDY14T-WwN8DAZz59QQOzUwUjLrZCxkJBqSShSXllE";
        let nonce = "cHFyc3R1dnd4eXp7fH1-f4CBgoOEhYaHxL4s4N2jVUjiCmE_iXZeC3Wro1izdH6M";
        assert_eq!(expiry_of_nonce(&secrets, token, nonce), Some(1_783_000_000));
        assert_eq!(expiry_of_nonce(&secrets, "another token", nonce), None);
        let random = std::array::from_fn(|n| 0x70 + u8::try_from(n).unwrap_or_default());
        assert_eq!(secrets.seal_flow(random, &belongs_to(token), &1_783_000_000_i64.to_le_bytes()), nonce);
    }
}
