//! `/admin/clients`: the registered clients.

use actix_web::web::Path;
use hydra_api::{Client as ClientJson, Lifespans as LifespansJson};
use oauth_core::{
    Error,
    client::{
        AccessTokenStrategy, AuthMethod, Client, ClientUpdate, Lifespans, RegisteredClient, Registration, SecretHash,
        SigningChoice,
    },
    ids::ClientId,
    secret::ClientSecret,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::value::RawValue;

use super::patch;
use crate::{
    error::{ApiFailure, Reason},
    extract::{JsonBody, Query, RawBody},
    respond::{Json, NoContent},
    state::Shared,
};

/// What must be escaped inside one segment of a path.
pub(crate) const SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'@');

/// Clients on a page when the caller does not say.
const PAGE: u32 = 100;
/// Clients on a page at most.
const LARGEST_PAGE: u32 = 500;
/// How often a PATCH is tried again when somebody else changed the client meanwhile.
const PATCH_TRIES: usize = 5;

pub(crate) async fn create(state: Shared, body: JsonBody<ClientJson>) -> Result<Json<ClientJson>, ApiFailure> {
    let sent = body.0;
    let lists = Lists::of(&sent);
    let made = state.provider.register_client(registration(sent)?).await?;
    let location = format!("/admin/clients/{}", utf8_percent_encode(made.client.id.as_str(), SEGMENT));
    let mut reply = json(made.client, made.signing, made.secret);
    lists.repeat_in(&mut reply);
    reply.registration_access_token = made.registration_access_token.into_exposed();
    reply.registration_client_uri = made.registration_client_uri;
    Ok(Json::created(reply, location))
}

pub(crate) async fn get(state: Shared, id: Path<String>) -> Result<Json<ClientJson>, ApiFailure> {
    let client = state.provider.show_registered_client(ClientId::new(id.into_inner())).await?;
    Ok(Json::ok(json_of(client)))
}

pub(crate) async fn replace(
    state: Shared,
    id: Path<String>,
    body: JsonBody<ClientJson>,
) -> Result<Json<ClientJson>, ApiFailure> {
    let sent = body.0;
    let lists = Lists::of(&sent);
    let replaced = state.provider.replace_client(ClientId::new(id.into_inner()), registration(sent)?, None).await?;
    let update = replaced.ok_or_else(|| Error::Internal("an unconditional update met a condition".to_owned()))?;
    let mut reply = updated(update);
    lists.repeat_in(&mut reply);
    Ok(Json::ok(reply))
}

/// JSON Patch (RFC 6902). The client is looked up before the body is read, as at Hydra.
pub(crate) async fn patch(state: Shared, id: Path<String>, body: RawBody) -> Result<Json<ClientJson>, ApiFailure> {
    let id = ClientId::new(id.into_inner());
    for _ in 0..PATCH_TRIES {
        let seen = state.provider.show_registered_client(id.clone()).await?;
        let patched = patch::apply(&json_of(seen.clone()), &body.0)?;
        if patched.client.client_id != id.as_str() {
            // Hydra would write this client over the other one.
            state.provider.find_client(ClientId::new(patched.client.client_id)).await?;
            return Err(Reason::Malformed("A client's id cannot be changed.".to_owned()).into());
        }
        let wanted = Registration { forget_rotated_secrets: patched.secret_removed, ..registration(patched.client)? };
        if let Some(update) = state.provider.replace_client(id.clone(), wanted, Some(seen.client)).await? {
            return Ok(Json::ok(updated(update)));
        }
    }
    Err(Error::ClientChanged.into())
}

pub(crate) async fn delete(state: Shared, id: Path<String>) -> Result<NoContent, ApiFailure> {
    state.provider.delete_client(ClientId::new(id.into_inner())).await?;
    Ok(NoContent)
}

pub(crate) async fn set_lifespans(
    state: Shared,
    id: Path<String>,
    body: RawBody,
) -> Result<Json<ClientJson>, ApiFailure> {
    let id = ClientId::new(id.into_inner());
    state.provider.find_client(id.clone()).await?;
    let body: LifespansJson = crate::extract::parse(&body.0)?;
    let client = state.provider.set_lifespans(id, lifespans(&body)).await?;
    Ok(Json::ok(json_of(client)))
}

pub(crate) async fn rotate_secret(state: Shared, id: Path<String>) -> Result<Json<ClientJson>, ApiFailure> {
    let update = state.provider.rotate_secret(ClientId::new(id.into_inner())).await?;
    Ok(Json::ok(updated(update)))
}

pub(crate) async fn forget_rotated_secrets(state: Shared, id: Path<String>) -> Result<Json<ClientJson>, ApiFailure> {
    let client = state.provider.forget_rotated_secrets(ClientId::new(id.into_inner())).await?;
    Ok(Json::ok(json_of(client)))
}

pub(crate) async fn list(state: Shared, query: Query) -> Result<Json<Vec<ClientJson>>, ApiFailure> {
    let size = page_size(query.get("page_size"))?;
    let (name, owner) = (query.get("client_name").map(str::to_owned), query.get("owner").map(str::to_owned));
    let page = state.provider.list_clients(name, owner, size, query.get("page_token")).await?;
    let link = |token: &str, rel: &str| format!("</admin/clients?{}>; rel=\"{rel}\"", page_query(&query, size, token));
    let mut links = link(&page.first, "first");
    if let Some(next) = &page.next {
        links = format!("{links},{}", link(next, "next"));
    }
    Ok(Json::ok(page.clients.into_iter().map(json_of).collect()).with_link(links))
}

/// Zero and negative sizes mean the default, too large ones the largest.
pub(super) fn page_size(text: Option<&str>) -> Result<u32, Reason> {
    let Some(text) = text else { return Ok(PAGE) };
    let size: i64 =
        text.parse().map_err(|_| Reason::Malformed("The parameter 'page_size' must be a whole number.".to_owned()))?;
    Ok(match size {
        ..=0 => PAGE,
        size => u32::try_from(size).unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE),
    })
}

/// The caller's own parameters with size and token of another page, sorted by name.
pub(super) fn page_query(query: &Query, size: u32, token: &str) -> String {
    let size = size.to_string();
    let mut pairs: Vec<(&str, &str)> = query.without(&["page_size", "page_token"]).collect();
    pairs.extend([("page_size", size.as_str()), ("page_token", token)]);
    pairs.sort_by_key(|(name, _)| *name);
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Whether the four lists that tell "not given" from "empty" were given.
struct Lists {
    redirect_uris: bool,
    grant_types: bool,
    response_types: bool,
    contacts: bool,
}

impl Lists {
    fn of(sent: &ClientJson) -> Self {
        Self {
            redirect_uris: sent.redirect_uris.is_some(),
            grant_types: sent.grant_types.is_some(),
            response_types: sent.response_types.is_some(),
            contacts: sent.contacts.is_some(),
        }
    }

    /// A reply to a write says `null` where the request did.
    fn repeat_in(&self, reply: &mut ClientJson) {
        for (given, list) in [
            (self.redirect_uris, &mut reply.redirect_uris),
            (self.grant_types, &mut reply.grant_types),
            (self.response_types, &mut reply.response_types),
            (self.contacts, &mut reply.contacts),
        ] {
            if !given {
                *list = None;
            }
        }
    }
}

/// From the wire to the rules.
fn registration(sent: ClientJson) -> Result<Registration, Reason> {
    let access_token_strategy = match sent.access_token_strategy.as_str() {
        "" => None,
        word => Some(AccessTokenStrategy::from_word(word).ok_or_else(|| {
            Error::InvalidClientMetadata("access_token_strategy must be 'jwt' or 'opaque'.".to_owned())
        })?),
    };
    let signing = SigningChoice::from_word(&sent.id_token_signed_response_alg)?;
    let lifespans = lifespans(&sent.lifespans());
    let jwks = if sent.jwks.is_null() { "{}".to_owned() } else { sent.jwks.to_string() };
    let client = Client {
        id: ClientId::new(sent.client_id),
        name: sent.client_name,
        secret: SecretHash::new(""),
        rotated_secrets: Vec::new(),
        redirect_uris: sent.redirect_uris.unwrap_or_default(),
        grant_types: sent.grant_types.unwrap_or_default(),
        response_types: sent.response_types.unwrap_or_default(),
        scope: sent.scope,
        audience: sent.audience,
        owner: sent.owner,
        policy_uri: sent.policy_uri,
        allowed_cors_origins: sent.allowed_cors_origins,
        tos_uri: sent.tos_uri,
        client_uri: sent.client_uri,
        logo_uri: sent.logo_uri,
        contacts: sent.contacts.unwrap_or_default(),
        subject_type: sent.subject_type,
        sector_identifier_uri: sent.sector_identifier_uri,
        jwks_uri: sent.jwks_uri,
        jwks,
        token_endpoint_auth_method: AuthMethod::from(sent.token_endpoint_auth_method.as_str()),
        token_endpoint_auth_signing_alg: sent.token_endpoint_auth_signing_alg,
        request_uris: sent.request_uris,
        request_object_signing_alg: sent.request_object_signing_alg,
        userinfo_signed_response_alg: sent.userinfo_signed_response_alg,
        created_at: Default::default(),
        updated_at: Default::default(),
        frontchannel_logout_uri: sent.frontchannel_logout_uri,
        frontchannel_logout_session_required: sent.frontchannel_logout_session_required,
        post_logout_redirect_uris: sent.post_logout_redirect_uris,
        backchannel_logout_uri: sent.backchannel_logout_uri,
        backchannel_logout_session_required: sent.backchannel_logout_session_required,
        metadata: sent.metadata.map_or_else(|| "{}".to_owned(), |raw| raw.get().to_owned()),
        registration_access_token_signature: String::new(),
        access_token_strategy,
        skip_consent: sent.skip_consent,
        skip_logout_consent: sent.skip_logout_consent,
        lifespans,
    };
    let secret = (!sent.client_secret.is_empty()).then(|| ClientSecret::new(sent.client_secret));
    Ok(Registration { client, signing, secret, forget_rotated_secrets: false })
}

/// A client as the API shows it, for what carries one: questions to applications, and Hydra's challenges. How its tokens are
/// signed is not looked up for them.
pub(crate) fn shown(client: Client) -> ClientJson {
    json(client, SigningChoice::default(), None)
}

fn json_of(RegisteredClient { client, signing }: RegisteredClient) -> ClientJson {
    json(client, signing, None)
}

fn updated(ClientUpdate { client, signing, secret }: ClientUpdate) -> ClientJson {
    json(client, signing, secret)
}

/// From the rules to the wire, with a secret that is shown this once.
fn json(client: Client, signing: SigningChoice, secret: Option<ClientSecret>) -> ClientJson {
    let mut json = ClientJson {
        client_id: client.id.to_string(),
        client_name: client.name,
        client_secret: secret.map(ClientSecret::into_exposed).unwrap_or_default(),
        redirect_uris: Some(client.redirect_uris),
        grant_types: Some(client.grant_types),
        response_types: Some(client.response_types),
        scope: client.scope,
        audience: client.audience,
        owner: client.owner,
        policy_uri: client.policy_uri,
        allowed_cors_origins: client.allowed_cors_origins,
        tos_uri: client.tos_uri,
        client_uri: client.client_uri,
        logo_uri: client.logo_uri,
        contacts: Some(client.contacts),
        client_secret_expires_at: 0,
        subject_type: client.subject_type,
        sector_identifier_uri: client.sector_identifier_uri,
        jwks_uri: client.jwks_uri,
        jwks: serde_json::from_str(&client.jwks).unwrap_or_else(|_| serde_json::json!({})),
        token_endpoint_auth_method: client.token_endpoint_auth_method.as_str().to_owned(),
        token_endpoint_auth_signing_alg: client.token_endpoint_auth_signing_alg,
        request_uris: client.request_uris,
        request_object_signing_alg: client.request_object_signing_alg,
        userinfo_signed_response_alg: client.userinfo_signed_response_alg,
        id_token_signed_response_alg: signing.word().to_owned(),
        created_at: Some(client.created_at),
        updated_at: Some(client.updated_at),
        frontchannel_logout_uri: client.frontchannel_logout_uri,
        frontchannel_logout_session_required: client.frontchannel_logout_session_required,
        post_logout_redirect_uris: client.post_logout_redirect_uris,
        backchannel_logout_uri: client.backchannel_logout_uri,
        backchannel_logout_session_required: client.backchannel_logout_session_required,
        metadata: RawValue::from_string(client.metadata).ok(),
        access_token_strategy: client.access_token_strategy.map_or_else(String::new, |word| word.as_str().to_owned()),
        skip_consent: client.skip_consent,
        skip_logout_consent: client.skip_logout_consent,
        ..ClientJson::default()
    };
    json.set_lifespans(lifespans_json(&client.lifespans));
    json
}

fn lifespans(json: &LifespansJson) -> Lifespans {
    Lifespans {
        authorization_code_grant_access_token: json.authorization_code_grant_access_token_lifespan,
        authorization_code_grant_id_token: json.authorization_code_grant_id_token_lifespan,
        authorization_code_grant_refresh_token: json.authorization_code_grant_refresh_token_lifespan,
        client_credentials_grant_access_token: json.client_credentials_grant_access_token_lifespan,
        implicit_grant_access_token: json.implicit_grant_access_token_lifespan,
        implicit_grant_id_token: json.implicit_grant_id_token_lifespan,
        jwt_bearer_grant_access_token: json.jwt_bearer_grant_access_token_lifespan,
        refresh_token_grant_id_token: json.refresh_token_grant_id_token_lifespan,
        refresh_token_grant_access_token: json.refresh_token_grant_access_token_lifespan,
        refresh_token_grant_refresh_token: json.refresh_token_grant_refresh_token_lifespan,
        device_authorization_grant_id_token: json.device_authorization_grant_id_token_lifespan,
        device_authorization_grant_access_token: json.device_authorization_grant_access_token_lifespan,
        device_authorization_grant_refresh_token: json.device_authorization_grant_refresh_token_lifespan,
    }
}

fn lifespans_json(own: &Lifespans) -> LifespansJson {
    LifespansJson {
        authorization_code_grant_access_token_lifespan: own.authorization_code_grant_access_token,
        authorization_code_grant_id_token_lifespan: own.authorization_code_grant_id_token,
        authorization_code_grant_refresh_token_lifespan: own.authorization_code_grant_refresh_token,
        client_credentials_grant_access_token_lifespan: own.client_credentials_grant_access_token,
        implicit_grant_access_token_lifespan: own.implicit_grant_access_token,
        implicit_grant_id_token_lifespan: own.implicit_grant_id_token,
        jwt_bearer_grant_access_token_lifespan: own.jwt_bearer_grant_access_token,
        refresh_token_grant_id_token_lifespan: own.refresh_token_grant_id_token,
        refresh_token_grant_access_token_lifespan: own.refresh_token_grant_access_token,
        refresh_token_grant_refresh_token_lifespan: own.refresh_token_grant_refresh_token,
        device_authorization_grant_id_token_lifespan: own.device_authorization_grant_id_token,
        device_authorization_grant_access_token_lifespan: own.device_authorization_grant_access_token,
        device_authorization_grant_refresh_token_lifespan: own.device_authorization_grant_refresh_token,
    }
}
