//! Table `hx_refresh_answer`, which is ours. No foreign key ties it to Hydra's tables, so that no later migration of Hydra's
//! ever stumbles over it: whoever ends a family of tokens here deletes its answers too. Where Hydra does it, beside us, an
//! answer stays for its minute; it is of no use then, for the token that it hands out is gone.

use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper,
};
use oauth_core::{
    ids::{ClientId, RefreshSignature, RequestId},
    storage::{RefreshAnswer, RefreshAnswerRecords, StorageError},
};

use super::OpenRecords;
use crate::{
    columns::{At, Id},
    schema::{hx_refresh_answer as answers, hydra_oauth2_refresh},
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = answers, treat_none_as_default_value = false)]
struct Row {
    signature: String,
    nid: Id,
    request_id: String,
    successor_signature: String,
    ask: String,
    binding: Option<String>,
    answer: Vec<u8>,
    rotated_at: At,
    expires_at: At,
}

impl From<Row> for RefreshAnswer {
    fn from(row: Row) -> Self {
        Self {
            spent: RefreshSignature::new(row.signature),
            request_id: RequestId::new(row.request_id),
            successor: RefreshSignature::new(row.successor_signature),
            ask: row.ask,
            binding: row.binding,
            sealed: row.answer,
            rotated_at: row.rotated_at.0,
            expires_at: row.expires_at.0,
        }
    }
}

impl RefreshAnswerRecords for OpenRecords<'_> {
    fn insert_refresh_answer(&mut self, answer: &RefreshAnswer) -> Result<(), StorageError> {
        let row = Row {
            signature: answer.spent.as_str().to_owned(),
            nid: self.nid(),
            request_id: answer.request_id.as_str().to_owned(),
            successor_signature: answer.successor.as_str().to_owned(),
            ask: answer.ask.clone(),
            binding: answer.binding.clone(),
            answer: answer.sealed.clone(),
            rotated_at: At(answer.rotated_at),
            expires_at: At(answer.expires_at),
        };
        change!(self, |own| diesel::insert_into(answers::table).values(&row).execute(own)).map(drop)
    }

    fn refresh_answer(&mut self, spent: &RefreshSignature) -> Result<Option<RefreshAnswer>, StorageError> {
        let found = answers::table.filter(answers::nid.eq(self.nid())).filter(answers::signature.eq(spent.as_str()));
        let row = query!(self, |own| found.select(Row::as_select()).get_result(own).optional())?;
        Ok(row.map(RefreshAnswer::from))
    }

    fn delete_refresh_answer_of_successor(&mut self, successor: &RefreshSignature) -> Result<(), StorageError> {
        let of_network = answers::table.filter(answers::nid.eq(self.nid()));
        let arrived = of_network.filter(answers::successor_signature.eq(successor.as_str()));
        change!(self, |own| diesel::delete(arrived).execute(own)).map(drop)
    }

    fn delete_refresh_answers_of_request(&mut self, request: &RequestId) -> Result<usize, StorageError> {
        let of_network = answers::table.filter(answers::nid.eq(self.nid()));
        let leaving = of_network.filter(answers::request_id.eq(request.as_str()));
        change!(self, |own| diesel::delete(leaving).execute(own))
    }

    fn sweep_refresh_answers(&mut self, now: DateTime<Utc>, limit: u32) -> Result<usize, StorageError> {
        let of_network = answers::table.filter(answers::nid.eq(self.nid()));
        let over = of_network.filter(answers::expires_at.lt(At(now)));
        let some = over.select(answers::signature).limit(i64::from(limit));
        let some: Vec<String> = self.query(|connection| some.load(connection))?;
        change!(self, |own| diesel::delete(over.filter(answers::signature.eq_any(some))).execute(own))
    }
}

impl OpenRecords<'_> {
    /// Deletes the answers of all authorizations of a client.
    pub(super) fn delete_refresh_answers_of_client(&mut self, client: &ClientId) -> Result<(), StorageError> {
        let nid = self.nid();
        let requests = hydra_oauth2_refresh::table
            .filter(hydra_oauth2_refresh::nid.eq(nid))
            .filter(hydra_oauth2_refresh::client_id.eq(client.as_str()))
            .select(hydra_oauth2_refresh::request_id);
        let leaving = answers::table.filter(answers::nid.eq(nid)).filter(answers::request_id.eq_any(requests));
        change!(self, |own| diesel::delete(leaving).execute(own)).map(drop)
    }

    /// Deletes the answers of all authorizations that hang on a consent: its own, and those of device codes, which have ids of
    /// their own.
    pub(super) fn delete_refresh_answers_of_consent(&mut self, consent: &RequestId) -> Result<(), StorageError> {
        let nid = self.nid();
        let requests = hydra_oauth2_refresh::table
            .filter(hydra_oauth2_refresh::nid.eq(nid))
            .filter(hydra_oauth2_refresh::challenge_id.eq(consent.as_str()))
            .select(hydra_oauth2_refresh::request_id)
            .distinct();
        let mut requests: Vec<String> = self.query(|connection| requests.load(connection))?;
        requests.push(consent.as_str().to_owned());
        let leaving = answers::table.filter(answers::nid.eq(nid)).filter(answers::request_id.eq_any(requests));
        change!(self, |own| diesel::delete(leaving).execute(own)).map(drop)
    }
}
