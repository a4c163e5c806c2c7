//! Table `hydra_oauth2_flow`: consents, each with the login and the request that it belongs to.
//!
//! Hydra's older releases kept a state in each row: 5 and 6 mean what a row without one means, that consent was given. Rows
//! of requests that were never finished have others. NULL reads as empty, but is never written where Hydra cannot read it.

use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, NullableExpressionMethods, OptionalExtension, QueryDsl,
    Queryable, RunQueryDsl, Selectable, SelectableHelper,
};
use oauth_core::{
    client::Client,
    ids::{ClientId, FlowId, LoginSessionId, RequestId},
    storage::{ConsentQuery, ConsentRecord, ConsentRecords, ConsentSelection, StorageError, TokenRecords},
};

use super::{OpenRecords, client, json, without_nul};
use crate::{
    columns::{At, Id, Int, Json},
    schema::{
        hydra_client,
        hydra_oauth2_flow::{self as flows, dsl},
    },
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = flows, treat_none_as_default_value = false)]
struct Row {
    login_challenge: String,
    nid: Id,
    requested_at: At,
    requested_scope: Option<Json>,
    requested_at_audience: Option<Json>,
    granted_scope: Option<Json>,
    granted_at_audience: Option<Json>,
    subject: Option<String>,
    client_id: Option<String>,
    request_url: Option<String>,
    acr: Option<String>,
    amr: Option<Json>,
    oidc_context: Option<Json>,
    context: Option<Json>,
    login_session_id: Option<String>,
    consent_challenge_id: Option<String>,
    consent_skip: Option<bool>,
    consent_remember: Option<bool>,
    consent_remember_for: Option<Int>,
    consent_handled_at: Option<At>,
    session_id_token: Option<Json>,
    session_access_token: Option<Json>,
    device_challenge_id: Option<String>,
    device_code_request_id: Option<String>,
}

impl Row {
    fn new(consent: &ConsentRecord, nid: Id) -> Result<Self, StorageError> {
        let (device_challenge, device_request) = consent.device.clone().unzip();
        let row = Self {
            login_challenge: consent.flow.as_str().to_owned(),
            nid,
            requested_at: At(consent.requested_at),
            requested_scope: Some(json::list(&consent.requested_scope)),
            requested_at_audience: Some(json::list(&consent.requested_audience)),
            granted_scope: Some(json::list(&consent.granted_scope)),
            granted_at_audience: Some(json::list(&consent.granted_audience)),
            subject: Some(consent.subject.clone()),
            client_id: Some(consent.client_id.as_str().to_owned()),
            request_url: Some(consent.request_url.clone()),
            acr: Some(consent.acr.clone()),
            amr: Some(json::list(&consent.amr)),
            oidc_context: Some(json::object(&consent.oidc_context)),
            context: Some(Json(consent.context.clone().unwrap_or_else(|| "null".to_owned()))),
            login_session_id: consent.session.as_ref().map(|session| session.as_str().to_owned()),
            consent_challenge_id: Some(consent.id.as_str().to_owned()),
            consent_skip: Some(consent.skip),
            consent_remember: Some(consent.remember),
            consent_remember_for: Some(Int(consent.remember_for)),
            consent_handled_at: consent.handled_at.map(At),
            session_id_token: Some(json::object(&consent.id_token_claims)),
            session_access_token: Some(json::object(&consent.access_token_claims)),
            device_challenge_id: device_challenge,
            device_code_request_id: device_request.map(|request| request.as_str().to_owned()),
        };
        row.must_hold_no_nul()?;
        Ok(row)
    }

    fn must_hold_no_nul(&self) -> Result<(), StorageError> {
        without_nul(
            [&self.subject, &self.client_id, &self.request_url, &self.acr].into_iter().flatten().map(String::as_str),
        )?;
        let documents = [
            &self.requested_scope,
            &self.requested_at_audience,
            &self.granted_scope,
            &self.granted_at_audience,
            &self.amr,
            &self.oidc_context,
            &self.context,
            &self.session_id_token,
            &self.session_access_token,
        ];
        match documents.into_iter().flatten().any(json::holds_nul) {
            true => Err(StorageError::Unfit("a text in JSON holds a NUL character".to_owned())),
            false => Ok(()),
        }
    }
}

impl TryFrom<Row> for ConsentRecord {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        let list = |place, list: Option<Json>| list.map_or(Ok(Vec::new()), |list| json::items(place, &list));
        Ok(Self {
            flow: FlowId::new(row.login_challenge),
            id: RequestId::new(row.consent_challenge_id.unwrap_or_default()),
            requested_at: row.requested_at.0,
            requested_scope: list("hydra_oauth2_flow.requested_scope", row.requested_scope)?,
            requested_audience: list("hydra_oauth2_flow.requested_at_audience", row.requested_at_audience)?,
            granted_scope: list("hydra_oauth2_flow.granted_scope", row.granted_scope)?,
            granted_audience: list("hydra_oauth2_flow.granted_at_audience", row.granted_at_audience)?,
            subject: row.subject.unwrap_or_default(),
            client_id: ClientId::new(row.client_id.unwrap_or_default()),
            request_url: row.request_url.unwrap_or_default(),
            acr: row.acr.unwrap_or_default(),
            amr: list("hydra_oauth2_flow.amr", row.amr)?,
            session: row.login_session_id.map(LoginSessionId::new),
            skip: row.consent_skip.unwrap_or_default(),
            remember: row.consent_remember.unwrap_or_default(),
            remember_for: row.consent_remember_for.map_or(0, |seconds| seconds.0),
            handled_at: row.consent_handled_at.map(|at| at.0),
            oidc_context: json::members("hydra_oauth2_flow.oidc_context", row.oidc_context.as_ref())?,
            context: row.context.map(|context| context.0).filter(|context| !matches!(context.as_str(), "" | "null")),
            id_token_claims: json::members("hydra_oauth2_flow.session_id_token", row.session_id_token.as_ref())?,
            access_token_claims: json::members(
                "hydra_oauth2_flow.session_access_token",
                row.session_access_token.as_ref(),
            )?,
            device: row.device_challenge_id.zip(row.device_code_request_id.map(RequestId::new)),
        })
    }
}

/// States of rows in which consent was given, for lists. For skipping consent, Hydra asks for the second.
const GIVEN: [Int; 2] = [Int(5), Int(6)];

/// Whether a consent has not expired. An end before the beginning is one that MySQL could not hold, beyond the year 2038.
macro_rules! holds {
    ($now:expr) => {
        dsl::expires_at.is_null().or(dsl::expires_at.gt(At($now))).or(dsl::expires_at.lt(dsl::requested_at.nullable()))
    };
}

impl ConsentRecords for OpenRecords<'_> {
    fn insert_consent(&mut self, consent: &ConsentRecord) -> Result<(), StorageError> {
        let row = Row::new(consent, self.nid())?;
        change!(self, |own| diesel::insert_into(flows::table).values(&row).execute(own)).map(drop)
    }

    fn consent(&mut self, id: &RequestId) -> Result<Option<ConsentRecord>, StorageError> {
        let found = flows::table
            .filter(dsl::nid.eq(self.nid()))
            .filter(dsl::consent_challenge_id.eq(id.as_str()))
            .filter(dsl::state.is_null().or(dsl::state.eq_any(GIVEN)));
        let row = query!(self, |own| found.select(Row::as_select()).get_result(own).optional())?;
        row.map(ConsentRecord::try_from).transpose()
    }

    fn remembered_consent(
        &mut self,
        subject: &str,
        client: &ClientId,
        now: DateTime<Utc>,
    ) -> Result<Option<ConsentRecord>, StorageError> {
        let newest = flows::table
            .filter(dsl::nid.eq(self.nid()))
            .filter(dsl::subject.eq(subject))
            .filter(dsl::client_id.eq(client.as_str()))
            .filter(dsl::state.is_null().or(dsl::state.eq(GIVEN[1])))
            .filter(dsl::consent_skip.eq(false))
            .filter(dsl::consent_remember.eq(true))
            .filter(holds!(now))
            .order(dsl::requested_at.desc());
        let row = query!(self, |own| newest.select(Row::as_select()).first(own).optional())?;
        row.map(ConsentRecord::try_from).transpose()
    }

    fn list_consents(&mut self, query: &ConsentQuery) -> Result<Vec<ConsentRecord>, StorageError> {
        let mut consents = flows::table
            .filter(dsl::nid.eq(self.nid()))
            .filter(dsl::subject.eq(&query.subject))
            .filter(dsl::state.is_null().or(dsl::state.eq_any(GIVEN)))
            .filter(dsl::consent_skip.eq(false))
            .filter(holds!(query.now))
            .select(Row::as_select())
            .into_boxed();
        if let Some(session) = &query.session {
            consents = consents.filter(dsl::login_session_id.eq(session.as_str()));
        }
        if let Some(after) = &query.after {
            consents = consents.filter(dsl::login_challenge.gt(after.as_str()));
        }
        let page = consents.order(dsl::login_challenge.asc()).limit(i64::from(query.limit));
        let rows: Vec<Row> = self.query(|connection| page.load(connection))?;
        rows.into_iter().map(ConsentRecord::try_from).collect()
    }

    fn consents_of(&mut self, whose: &ConsentSelection, limit: u32) -> Result<Vec<RequestId>, StorageError> {
        let (subject, client) = match whose {
            ConsentSelection::Subject(subject) => (subject, None),
            ConsentSelection::SubjectAt(subject, client) => (subject, Some(client)),
        };
        let mut theirs = flows::table
            .filter(dsl::nid.eq(self.nid()))
            .filter(dsl::subject.eq(subject))
            .filter(dsl::consent_challenge_id.is_not_null())
            .select(dsl::consent_challenge_id.assume_not_null())
            .into_boxed();
        if let Some(client) = client {
            theirs = theirs.filter(dsl::client_id.eq(client.as_str()));
        }
        let some = theirs.limit(i64::from(limit));
        let ids: Vec<String> = self.query(|connection| some.load(connection))?;
        Ok(ids.into_iter().map(RequestId::new).collect())
    }

    fn delete_consent(&mut self, id: &RequestId) -> Result<bool, StorageError> {
        self.delete_refresh_answers_of_consent(id)?;
        // Tokens of other requests, those of device codes, hang on the consent by a foreign key alone; tokens of very old
        // releases by their request alone.
        self.delete_access_tokens_of_request(id)?;
        self.delete_refresh_tokens_of_request(id)?;
        let of_network = flows::table.filter(dsl::nid.eq(self.nid()));
        let leaving = of_network.filter(dsl::consent_challenge_id.eq(id.as_str()));
        change!(self, |own| diesel::delete(leaving).execute(own)).map(|deleted| deleted > 0)
    }

    fn clients_of_session(&mut self, session: &LoginSessionId, subject: &str) -> Result<Vec<Client>, StorageError> {
        let nid = self.nid();
        let taking_part = flows::table
            .filter(dsl::nid.eq(nid))
            .filter(dsl::login_session_id.eq(session.as_str()))
            .filter(dsl::subject.eq(subject))
            .select(dsl::client_id.assume_not_null());
        let listens = hydra_client::frontchannel_logout_uri.ne("").or(hydra_client::backchannel_logout_uri.ne(""));
        let clients = hydra_client::table
            .filter(hydra_client::nid.eq(nid))
            .filter(hydra_client::id.eq_any(taking_part))
            .filter(listens)
            .order(hydra_client::id.asc());
        let rows: Vec<client::Row> =
            self.query(|connection| clients.select(client::Row::as_select()).load(connection))?;
        rows.into_iter().map(Client::try_from).collect()
    }
}
