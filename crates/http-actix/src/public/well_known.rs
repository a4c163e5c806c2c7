//! Documents under `/.well-known/`: the published keys (RFC 7517) and the server's description of itself (OIDC Discovery §3,
//! RFC 8414). Everybody fetches them all the time and they hardly ever change, so each is written once and kept.

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::web::Bytes;
use hydra_api::{OpenIdConfiguration, SupportedCredential};
use oauth_core::keys::KeySet;
use token_jwt::{Algorithm, Jwk};

use crate::{
    admin::keys::set_of,
    error::{ApiFailure, Reason},
    respond::{Written, json_line},
    state::{Shared, State},
};

/// What the configuration decides of the discovery document.
pub(crate) struct Advertised {
    pub(crate) authorization_endpoint: String,
    pub(crate) device_authorization_endpoint: String,
    pub(crate) registration_endpoint: Option<String>,
    pub(crate) token_endpoint: String,
    pub(crate) jwks_uri: String,
    pub(crate) userinfo_endpoint: String,
    pub(crate) revocation_endpoint: String,
    pub(crate) end_session_endpoint: String,
    pub(crate) credentials_endpoint: String,
    pub(crate) claims_supported: Vec<String>,
    pub(crate) scopes_supported: Vec<String>,
    pub(crate) subject_types_supported: Vec<String>,
}

/// The documents as they were last sent.
#[derive(Default)]
pub(crate) struct Documents {
    jwks: Kept<Sets>,
    openid_configuration: Kept<Vec<Algorithm>>,
}

/// A document, and what it was written from.
struct Kept<Source>(Mutex<Option<(Source, Bytes)>>);

impl<Source> Default for Kept<Source> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Source: PartialEq> Kept<Source> {
    /// The document of this source, written now unless it is kept.
    fn of(&self, source: Source, write: impl FnOnce(&Source) -> Result<Vec<u8>, Reason>) -> Result<Written, Reason> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, document)) = kept.as_ref().filter(|(known, _)| *known == source) {
            return Ok(Written(document.clone()));
        }
        let document = Bytes::from(write(&source)?);
        *kept = Some((source, document.clone()));
        Ok(Written(document))
    }
}

/// Key sets as the provider holds them. A set that changed, here or by another instance, is another one.
struct Sets(Vec<Arc<KeySet>>);

impl PartialEq for Sets {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(|(one, other)| Arc::ptr_eq(one, other))
    }
}

pub(crate) async fn jwks(state: Shared) -> Result<Written, ApiFailure> {
    let sets = Sets(state.provider.published_sets().await?);
    let written = state.documents.jwks.of(sets, |sets| {
        let keys: Vec<Jwk> = sets.0.iter().flat_map(|set| set.public_keys()).collect();
        Ok(json_line(&set_of(&keys)?))
    })?;
    Ok(written)
}

pub(crate) async fn openid_configuration(state: Shared) -> Result<Written, ApiFailure> {
    let algorithms = state.provider.id_token_algorithms().await?;
    Ok(state
        .documents
        .openid_configuration
        .of(algorithms, |algorithms| Ok(json_line(&describe(&state, algorithms))))?)
}

/// The first of the algorithms signs where a client did not register another.
fn describe(state: &State, algorithms: &[Algorithm]) -> OpenIdConfiguration {
    let algorithms: Vec<&str> = algorithms.iter().map(|alg| alg.as_str()).collect();
    let first = &algorithms[..algorithms.len().min(1)];
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let advertised = &state.discovery;
    OpenIdConfiguration {
        issuer: state.provider.policy().issuer.clone(),
        authorization_endpoint: advertised.authorization_endpoint.clone(),
        device_authorization_endpoint: advertised.device_authorization_endpoint.clone(),
        registration_endpoint: advertised.registration_endpoint.clone(),
        token_endpoint: advertised.token_endpoint.clone(),
        jwks_uri: advertised.jwks_uri.clone(),
        subject_types_supported: advertised.subject_types_supported.clone(),
        response_types_supported: words(&[
            "code",
            "code id_token",
            "id_token",
            "token id_token",
            "token",
            "token id_token code",
        ]),
        claims_supported: advertised.claims_supported.clone(),
        grant_types_supported: words(&[
            "authorization_code",
            "implicit",
            "client_credentials",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
        ]),
        response_modes_supported: words(&["query", "fragment", "form_post"]),
        userinfo_endpoint: advertised.userinfo_endpoint.clone(),
        scopes_supported: advertised.scopes_supported.clone(),
        token_endpoint_auth_methods_supported: words(&[
            "client_secret_post",
            "client_secret_basic",
            "private_key_jwt",
            "none",
        ]),
        userinfo_signing_alg_values_supported: words(&[&["none"], algorithms.as_slice()].concat()),
        id_token_signing_alg_values_supported: words(&algorithms),
        id_token_signed_response_alg: words(first),
        userinfo_signed_response_alg: words(first),
        request_parameter_supported: true,
        request_uri_parameter_supported: true,
        require_request_uri_registration: true,
        claims_parameter_supported: false,
        revocation_endpoint: advertised.revocation_endpoint.clone(),
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
        frontchannel_logout_supported: true,
        frontchannel_logout_session_supported: true,
        end_session_endpoint: advertised.end_session_endpoint.clone(),
        request_object_signing_alg_values_supported: words(&["RS256", "ES256"]),
        code_challenge_methods_supported: words(&["plain", "S256"]),
        credentials_endpoint_draft_00: advertised.credentials_endpoint.clone(),
        credentials_supported_draft_00: vec![SupportedCredential {
            format: "jwt_vc_json".to_owned(),
            types: words(&["VerifiableCredential", "UserInfoCredential"]),
            cryptographic_binding_methods_supported: words(&["jwk"]),
            cryptographic_suites_supported: words(&[
                "PS256", "RS256", "ES256", "PS384", "RS384", "ES384", "PS512", "RS512", "ES512", "EdDSA",
            ]),
        }],
    }
}
