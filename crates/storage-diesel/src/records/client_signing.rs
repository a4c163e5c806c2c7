//! Table `hx_client`, which is ours, as `hx_refresh_answer` is: what a client registered that Hydra has no column for. A row names
//! the moment at which its client was registered, for Hydra deletes clients without it.

use diesel::{ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper};
use oauth_core::{
    client::{Client, SigningChoice},
    ids::ClientId,
    storage::StorageError,
};

use super::{OpenRecords, damaged};
use crate::{
    columns::{At, Id},
    schema::{hx_client as choices, hydra_client as clients},
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = choices, treat_none_as_default_value = false)]
struct Row {
    id: String,
    nid: Id,
    id_token_signed_response_alg: String,
    client_created_at: At,
}

impl TryFrom<Row> for (ClientId, SigningChoice) {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        let choice = SigningChoice::from_word(&row.id_token_signed_response_alg)
            .map_err(|_| damaged("hx_client.id_token_signed_response_alg"))?;
        Ok((ClientId::new(row.id), choice))
    }
}

impl OpenRecords<'_> {
    pub(super) fn put_choice(&mut self, client: &Client, choice: SigningChoice) -> Result<(), StorageError> {
        self.delete_choice(&client.id)?;
        if choice == SigningChoice::default() {
            return Ok(());
        }
        let row = Row {
            id: client.id.as_str().to_owned(),
            nid: self.nid(),
            id_token_signed_response_alg: choice.word().to_owned(),
            client_created_at: At(client.created_at),
        };
        let inserted = change!(self, |own| diesel::insert_into(choices::table).values(&row).execute(own));
        self.inserted_or_again(inserted)
    }

    pub(super) fn delete_choice(&mut self, client: &ClientId) -> Result<(), StorageError> {
        let own = choices::table.filter(choices::nid.eq(self.nid())).filter(choices::id.eq(client.as_str()));
        change!(self, |connection| diesel::delete(own).execute(connection)).map(drop)
    }

    pub(super) fn choices(&mut self, of: &[ClientId]) -> Result<Vec<(ClientId, SigningChoice)>, StorageError> {
        if of.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<&str> = of.iter().map(ClientId::as_str).collect();
        let chosen = choices::table.filter(choices::nid.eq(self.nid())).filter(choices::id.eq_any(ids));
        let mut rows: Vec<Row> = query!(self, |own| chosen.select(Row::as_select()).load(own))?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        // Two queries and no join: on MySQL the two columns need not have one collation.
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let there = clients::table.filter(clients::nid.eq(self.nid())).filter(clients::id.eq_any(ids));
        let there: Vec<(String, At)> = query!(self, |own| there.select((clients::id, clients::created_at)).load(own))?;
        rows.retain(|row| there.iter().any(|(id, created_at)| *id == row.id && *created_at == row.client_created_at));
        rows.into_iter().map(TryInto::try_into).collect()
    }
}
