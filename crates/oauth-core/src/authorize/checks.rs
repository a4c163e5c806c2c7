//! What is checked at every visit, and in which order: first who asks and where the answer may go, for until that is settled no
//! error may be sent anywhere; then what is asked for. The order is Hydra's, and clients can tell.

use super::{AuthorizeFailure, AuthorizeRequest, RedirectUri, ResponseMode, Shown, request::ResponseTypes};
use crate::{Error, Provider, client::Client, error::excerpt, policy::Policy, scope, storage::Storage};

/// Fewest characters of `state` and `nonce`.
const SHORTEST_SECRET: usize = 8;

/// A request that may go on.
pub(super) struct Checked {
    pub(super) request: AuthorizeRequest,
    pub(super) client: Client,
    pub(super) redirect_uri: RedirectUri,
    /// Scope asked for.
    pub(super) scopes: Vec<String>,
    /// What the answer is to hold.
    pub(super) types: ResponseTypes,
    /// How it travels.
    pub(super) mode: ResponseMode,
}

impl Checked {
    /// Sends an error to the client.
    pub(super) fn fail(&self, error: Error) -> AuthorizeFailure {
        let shown = to_client(&self.request, &self.redirect_uri, self.mode);
        AuthorizeFailure { error, shown, cookies: Vec::new() }
    }
}

fn to_client(request: &AuthorizeRequest, redirect_uri: &RedirectUri, mode: ResponseMode) -> Shown {
    Shown::ToClient { redirect_uri: redirect_uri.clone(), mode, state: request.state.clone() }
}

impl<S: Storage> Provider<S> {
    /// Runs the checks that do not depend on who is logged in.
    pub(super) async fn check_request(&self, mut request: AuthorizeRequest) -> Result<Checked, AuthorizeFailure> {
        let Some(id) = request.client_id.clone() else {
            return Err(Error::UnknownClient(String::new()).into());
        };
        let found = self.storage().client(id.clone()).await.map_err(Error::from)?;
        let client = found.ok_or_else(|| Error::UnknownClient(excerpt(id.as_str())))?;
        if let Some(object) = request.request_object.take() {
            request = self.open_request_object(object, request, &client).await?;
        }
        let explicit_mode = request.response_mode.as_deref().map(ResponseMode::parse).transpose()?;
        let mode = explicit_mode.unwrap_or_else(|| request.default_mode());
        let redirect_uri = RedirectUri::settle(
            &client,
            request.redirect_uri.as_deref(),
            request.wants_openid(),
            self.policy().compat_hydra,
        )?;
        match what_is_asked_for(&request, &client, self.policy()) {
            Ok((scopes, types)) => Ok(Checked { request, client, redirect_uri, scopes, types, mode }),
            Err(error) => {
                let shown = to_client(&request, &redirect_uri, mode);
                Err(AuthorizeFailure { error, shown, cookies: Vec::new() })
            }
        }
    }
}

fn what_is_asked_for(
    request: &AuthorizeRequest,
    client: &Client,
    policy: &Policy,
) -> Result<(Vec<String>, ResponseTypes), Error> {
    let scopes = request.scopes()?;
    scope::must_be_allowed(&scopes, client, policy.scope_strategy)?;
    scope::audience_must_be_allowed(&request.audience, client)?;
    if request.registration {
        return Err(Error::RegistrationNotServed);
    }
    let types = response_types(request, client)?;
    if request.state.len() < SHORTEST_SECRET {
        return Err(Error::StateTooShort(request.state.chars().count()));
    }
    // Hydra notices a short nonce when the code is redeemed, and an odd `max_age` after the login: too late for anybody to do
    // something about it.
    if !request.nonce.is_empty() && request.nonce.len() < SHORTEST_SECRET {
        return Err(Error::NonceTooShort(request.nonce.chars().count()));
    }
    request.max_age()?;
    Ok((scopes, types))
}

/// The response type must be one that the client registered; in which order its words stand does not matter.
fn response_types(request: &AuthorizeRequest, client: &Client) -> Result<ResponseTypes, Error> {
    let types = request.response_types();
    if types.is_empty() {
        return Err(Error::NoResponseType);
    }
    let registered = match client.response_types.as_slice() {
        [] => types == ResponseTypes::parse("code"),
        several => several.iter().any(|registered| ResponseTypes::parse(registered) == types),
    };
    if types.unknown || !registered {
        return Err(Error::ResponseTypeNotRegistered(excerpt(request.response_type.as_deref().unwrap_or_default())));
    }
    Ok(types)
}

/// What is checked once the user has agreed, before anything is issued.
pub(super) fn before_issuing(checked: &Checked, policy: &Policy) -> Result<(), Error> {
    let (types, client) = (checked.types, &checked.client);
    if types.code && !policy.dev && !checked.redirect_uri.is_secure() {
        return Err(Error::InsecureRedirectUri);
    }
    if types.code && !client.may_use("authorization_code") {
        return Err(Error::GrantNotRegistered("authorization_code"));
    }
    if types.has_tokens() && !client.may_use("implicit") {
        return Err(Error::GrantNotRegistered("implicit"));
    }
    if types.is_hybrid() && checked.request.redirect_uri.is_none() {
        return Err(Error::MissingParameter("redirect_uri"));
    }
    if types.id_token && checked.request.nonce.is_empty() {
        return Err(Error::NoNonce);
    }
    if checked.mode == ResponseMode::Query && types.has_tokens() {
        return Err(Error::TokensInQuery);
    }
    if types.code { pkce(checked, policy) } else { Ok(()) }
}

/// RFC 7636 §4.4.1. Only S256: `plain` protects from nobody who can read the request.
fn pkce(checked: &Checked, policy: &Policy) -> Result<(), Error> {
    let enforced = policy.pkce.enforced || (policy.pkce.enforced_for_public_clients && checked.client.is_public());
    match (&checked.request.code_challenge, checked.request.code_challenge_method.as_deref()) {
        (None, _) if enforced => Err(Error::PkceRequired),
        (None, _) | (Some(_), Some("S256")) => Ok(()),
        (Some(_), method) => Err(Error::PkceMethodNotServed(excerpt(method.unwrap_or("plain")))),
    }
}
