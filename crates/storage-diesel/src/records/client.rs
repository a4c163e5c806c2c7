//! Table `hydra_client`. Its `client_secret_expires_at` keeps its default, 0: no secret expires.

use std::{collections::HashMap, sync::Arc};

use diesel::{
    AsChangeset, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable,
    SelectableHelper,
};
use go_duration::GoDuration;
use oauth_core::{
    client::{AccessTokenStrategy, AuthMethod, Client, Lifespans, SecretHash, SigningChoice},
    ids::ClientId,
    storage::{ClientQuery, ClientRecords, StorageError},
};

use super::{OpenRecords, json};
use crate::{
    columns::{At, Id, Json},
    lanes::{Mode, Pool, Question, Together},
    schema::hydra_client::{self, dsl},
};

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = hydra_client, primary_key(id, nid), treat_none_as_null = true, treat_none_as_default_value = false)]
pub(super) struct Row {
    id: String,
    nid: Id,
    client_name: String,
    client_secret: String,
    rotated_secrets: Option<Json>,
    redirect_uris: Json,
    grant_types: Json,
    response_types: Json,
    scope: String,
    audience: Json,
    owner: String,
    policy_uri: String,
    allowed_cors_origins: Json,
    tos_uri: String,
    client_uri: String,
    logo_uri: String,
    contacts: Json,
    subject_type: String,
    sector_identifier_uri: String,
    jwks_uri: String,
    jwks: String,
    token_endpoint_auth_method: String,
    token_endpoint_auth_signing_alg: String,
    request_uris: Json,
    request_object_signing_alg: String,
    userinfo_signed_response_alg: String,
    #[diesel(skip_update)]
    created_at: At,
    updated_at: At,
    frontchannel_logout_uri: String,
    frontchannel_logout_session_required: bool,
    post_logout_redirect_uris: Json,
    backchannel_logout_uri: String,
    backchannel_logout_session_required: bool,
    metadata: String,
    registration_access_token_signature: String,
    access_token_strategy: String,
    skip_consent: bool,
    skip_logout_consent: Option<bool>,
    authorization_code_grant_access_token_lifespan: Option<i64>,
    authorization_code_grant_id_token_lifespan: Option<i64>,
    authorization_code_grant_refresh_token_lifespan: Option<i64>,
    client_credentials_grant_access_token_lifespan: Option<i64>,
    implicit_grant_access_token_lifespan: Option<i64>,
    implicit_grant_id_token_lifespan: Option<i64>,
    jwt_bearer_grant_access_token_lifespan: Option<i64>,
    /// Of a grant that nobody serves; emptied at every write, as Hydra does.
    password_grant_access_token_lifespan: Option<i64>,
    /// As above.
    password_grant_refresh_token_lifespan: Option<i64>,
    refresh_token_grant_id_token_lifespan: Option<i64>,
    refresh_token_grant_access_token_lifespan: Option<i64>,
    refresh_token_grant_refresh_token_lifespan: Option<i64>,
    device_authorization_grant_id_token_lifespan: Option<i64>,
    device_authorization_grant_access_token_lifespan: Option<i64>,
    device_authorization_grant_refresh_token_lifespan: Option<i64>,
}

impl Row {
    fn new(client: &Client, nid: Id) -> Self {
        let nanos = |lifespan: Option<GoDuration>| lifespan.map(GoDuration::as_nanos);
        let rotated: Vec<String> = client.rotated_secrets.iter().map(|hash| hash.expose().to_owned()).collect();
        let own = &client.lifespans;
        Self {
            id: client.id.as_str().to_owned(),
            nid,
            client_name: client.name.clone(),
            client_secret: client.secret.expose().to_owned(),
            rotated_secrets: Some(json::list(&rotated)),
            redirect_uris: json::list(&client.redirect_uris),
            grant_types: json::list(&client.grant_types),
            response_types: json::list(&client.response_types),
            scope: client.scope.clone(),
            audience: json::list(&client.audience),
            owner: client.owner.clone(),
            policy_uri: client.policy_uri.clone(),
            allowed_cors_origins: json::list(&client.allowed_cors_origins),
            tos_uri: client.tos_uri.clone(),
            client_uri: client.client_uri.clone(),
            logo_uri: client.logo_uri.clone(),
            contacts: json::list(&client.contacts),
            subject_type: client.subject_type.clone(),
            sector_identifier_uri: client.sector_identifier_uri.clone(),
            jwks_uri: client.jwks_uri.clone(),
            jwks: client.jwks.clone(),
            token_endpoint_auth_method: client.token_endpoint_auth_method.as_str().to_owned(),
            token_endpoint_auth_signing_alg: client.token_endpoint_auth_signing_alg.clone(),
            request_uris: json::list(&client.request_uris),
            request_object_signing_alg: client.request_object_signing_alg.clone(),
            userinfo_signed_response_alg: client.userinfo_signed_response_alg.clone(),
            created_at: At(client.created_at),
            updated_at: At(client.updated_at),
            frontchannel_logout_uri: client.frontchannel_logout_uri.clone(),
            frontchannel_logout_session_required: client.frontchannel_logout_session_required,
            post_logout_redirect_uris: json::list(&client.post_logout_redirect_uris),
            backchannel_logout_uri: client.backchannel_logout_uri.clone(),
            backchannel_logout_session_required: client.backchannel_logout_session_required,
            metadata: client.metadata.clone(),
            registration_access_token_signature: client.registration_access_token_signature.clone(),
            access_token_strategy: client.access_token_strategy.map_or("", AccessTokenStrategy::as_str).to_owned(),
            skip_consent: client.skip_consent,
            skip_logout_consent: client.skip_logout_consent,
            authorization_code_grant_access_token_lifespan: nanos(own.authorization_code_grant_access_token),
            authorization_code_grant_id_token_lifespan: nanos(own.authorization_code_grant_id_token),
            authorization_code_grant_refresh_token_lifespan: nanos(own.authorization_code_grant_refresh_token),
            client_credentials_grant_access_token_lifespan: nanos(own.client_credentials_grant_access_token),
            implicit_grant_access_token_lifespan: nanos(own.implicit_grant_access_token),
            implicit_grant_id_token_lifespan: nanos(own.implicit_grant_id_token),
            jwt_bearer_grant_access_token_lifespan: nanos(own.jwt_bearer_grant_access_token),
            password_grant_access_token_lifespan: None,
            password_grant_refresh_token_lifespan: None,
            refresh_token_grant_id_token_lifespan: nanos(own.refresh_token_grant_id_token),
            refresh_token_grant_access_token_lifespan: nanos(own.refresh_token_grant_access_token),
            refresh_token_grant_refresh_token_lifespan: nanos(own.refresh_token_grant_refresh_token),
            device_authorization_grant_id_token_lifespan: nanos(own.device_authorization_grant_id_token),
            device_authorization_grant_access_token_lifespan: nanos(own.device_authorization_grant_access_token),
            device_authorization_grant_refresh_token_lifespan: nanos(own.device_authorization_grant_refresh_token),
        }
    }
}

impl TryFrom<Row> for Client {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        let rotated = row.rotated_secrets.map(|list| json::items("hydra_client.rotated_secrets", &list)).transpose()?;
        let nanos = |lifespan: Option<i64>| lifespan.map(GoDuration::from_nanos);
        Ok(Self {
            id: ClientId::new(row.id),
            name: row.client_name,
            secret: SecretHash::new(row.client_secret),
            rotated_secrets: rotated.unwrap_or_default().into_iter().map(SecretHash::new).collect(),
            redirect_uris: json::items("hydra_client.redirect_uris", &row.redirect_uris)?,
            grant_types: json::items("hydra_client.grant_types", &row.grant_types)?,
            response_types: json::items("hydra_client.response_types", &row.response_types)?,
            scope: row.scope,
            audience: json::items("hydra_client.audience", &row.audience)?,
            owner: row.owner,
            policy_uri: row.policy_uri,
            allowed_cors_origins: json::items("hydra_client.allowed_cors_origins", &row.allowed_cors_origins)?,
            tos_uri: row.tos_uri,
            client_uri: row.client_uri,
            logo_uri: row.logo_uri,
            contacts: json::items("hydra_client.contacts", &row.contacts)?,
            subject_type: row.subject_type,
            sector_identifier_uri: row.sector_identifier_uri,
            jwks_uri: row.jwks_uri,
            jwks: if row.jwks.is_empty() { "{}".to_owned() } else { row.jwks },
            token_endpoint_auth_method: AuthMethod::from(row.token_endpoint_auth_method.as_str()),
            token_endpoint_auth_signing_alg: row.token_endpoint_auth_signing_alg,
            request_uris: json::items("hydra_client.request_uris", &row.request_uris)?,
            request_object_signing_alg: row.request_object_signing_alg,
            userinfo_signed_response_alg: row.userinfo_signed_response_alg,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
            frontchannel_logout_uri: row.frontchannel_logout_uri,
            frontchannel_logout_session_required: row.frontchannel_logout_session_required,
            post_logout_redirect_uris: json::items(
                "hydra_client.post_logout_redirect_uris",
                &row.post_logout_redirect_uris,
            )?,
            backchannel_logout_uri: row.backchannel_logout_uri,
            backchannel_logout_session_required: row.backchannel_logout_session_required,
            metadata: if row.metadata.is_empty() { "{}".to_owned() } else { row.metadata },
            registration_access_token_signature: row.registration_access_token_signature,
            access_token_strategy: AccessTokenStrategy::from_word(&row.access_token_strategy),
            skip_consent: row.skip_consent,
            skip_logout_consent: row.skip_logout_consent,
            lifespans: Lifespans {
                authorization_code_grant_access_token: nanos(row.authorization_code_grant_access_token_lifespan),
                authorization_code_grant_id_token: nanos(row.authorization_code_grant_id_token_lifespan),
                authorization_code_grant_refresh_token: nanos(row.authorization_code_grant_refresh_token_lifespan),
                client_credentials_grant_access_token: nanos(row.client_credentials_grant_access_token_lifespan),
                implicit_grant_access_token: nanos(row.implicit_grant_access_token_lifespan),
                implicit_grant_id_token: nanos(row.implicit_grant_id_token_lifespan),
                jwt_bearer_grant_access_token: nanos(row.jwt_bearer_grant_access_token_lifespan),
                refresh_token_grant_id_token: nanos(row.refresh_token_grant_id_token_lifespan),
                refresh_token_grant_access_token: nanos(row.refresh_token_grant_access_token_lifespan),
                refresh_token_grant_refresh_token: nanos(row.refresh_token_grant_refresh_token_lifespan),
                device_authorization_grant_id_token: nanos(row.device_authorization_grant_id_token_lifespan),
                device_authorization_grant_access_token: nanos(row.device_authorization_grant_access_token_lifespan),
                device_authorization_grant_refresh_token: nanos(row.device_authorization_grant_refresh_token_lifespan),
            },
        })
    }
}

/// Clients to be looked up.
impl Question for ClientId {
    type Answer = Option<Client>;

    const MODE: Mode = Mode::Look;

    fn list(pool: &Pool) -> &Arc<Together<Self>> {
        &pool.clients
    }

    fn ask(ids: &[&Self], records: &mut OpenRecords<'_>) -> Result<Vec<Self::Answer>, StorageError> {
        if let [id] = ids {
            return Ok(vec![records.client(id)?]);
        }
        let wanted = ids.iter().map(|id| id.as_str());
        let found = hydra_client::table.filter(dsl::nid.eq(records.nid())).filter(dsl::id.eq_any(wanted));
        let rows: Vec<Row> = query!(records, |own| found.select(Row::as_select()).get_results(own))?;
        let mut clients = HashMap::new();
        for row in rows {
            clients.insert(row.id.clone(), Client::try_from(row)?);
        }
        Ok(ids.iter().map(|id| clients.get(id.as_str()).cloned()).collect())
    }
}

impl ClientRecords for OpenRecords<'_> {
    fn client(&mut self, id: &ClientId) -> Result<Option<Client>, StorageError> {
        let nid = self.nid();
        let found = hydra_client::table.filter(dsl::id.eq(id.as_str())).filter(dsl::nid.eq(nid));
        let row: Option<Row> = query!(self, |own| found.select(Row::as_select()).get_result(own).optional())?;
        // MySQL takes `robin` and `robin ` for the same text.
        row.filter(|row| row.id == id.as_str()).map(Client::try_from).transpose()
    }

    fn insert_client(&mut self, client: &Client) -> Result<(), StorageError> {
        let row = Row::new(client, self.nid());
        change!(self, |own| diesel::insert_into(hydra_client::table).values(&row).execute(own)).map(drop)
    }

    fn update_client(&mut self, client: &Client) -> Result<bool, StorageError> {
        let nid = self.nid();
        let row = Row::new(client, nid);
        let present = hydra_client::table.filter(dsl::id.eq(client.id.as_str())).filter(dsl::nid.eq(nid));
        change!(self, |own| diesel::update(present).set(&row).execute(own)).map(|updated| updated > 0)
    }

    fn delete_client(&mut self, id: &ClientId) -> Result<bool, StorageError> {
        self.delete_refresh_answers_of_client(id)?;
        self.delete_choice(id)?;
        let nid = self.nid();
        let client = hydra_client::table.filter(dsl::id.eq(id.as_str())).filter(dsl::nid.eq(nid));
        change!(self, |own| diesel::delete(client).execute(own)).map(|deleted| deleted > 0)
    }

    fn list_clients(&mut self, query: &ClientQuery) -> Result<Vec<Client>, StorageError> {
        let mut clients = hydra_client::table.filter(dsl::nid.eq(self.nid())).select(Row::as_select()).into_boxed();
        if let Some(name) = &query.name {
            clients = clients.filter(dsl::client_name.eq(name));
        }
        if let Some(owner) = &query.owner {
            clients = clients.filter(dsl::owner.eq(owner));
        }
        if let Some(after) = &query.after {
            clients = clients.filter(dsl::id.gt(after.as_str()));
        }
        let page = clients.order(dsl::id.asc()).limit(i64::from(query.limit));
        let rows: Vec<Row> = self.query(|connection| page.load(connection))?;
        rows.into_iter().map(Client::try_from).collect()
    }

    fn put_signing_choice(&mut self, client: &Client, choice: SigningChoice) -> Result<(), StorageError> {
        self.put_choice(client, choice)
    }

    fn signing_choices(&mut self, clients: &[ClientId]) -> Result<Vec<(ClientId, SigningChoice)>, StorageError> {
        self.choices(clients)
    }
}
