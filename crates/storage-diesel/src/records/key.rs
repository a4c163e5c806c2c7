//! Table `hydra_jwk`: one key a row, always sealed. Its `version` keeps its default, 0, as in all rows of Hydra.

use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper,
};
use oauth_core::{
    ids::{KeyId, KeySetName},
    storage::{KeyRecord, KeyRecords, StorageError},
};
use token_jwt::Jwk;

use super::{OpenRecords, damaged, json};
use crate::{
    columns::{At, Id},
    dialect,
    schema::hydra_jwk::{self, dsl},
};

const KEYDATA: &str = "hydra_jwk.keydata";

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = hydra_jwk)]
struct Row {
    pk: Id,
    nid: Id,
    sid: String,
    kid: String,
    keydata: String,
    created_at: At,
}

impl OpenRecords<'_> {
    fn key_of(&self, row: Row) -> Result<KeyRecord, StorageError> {
        let plain = self.open(KEYDATA, &row.keydata)?;
        let jwk = Jwk::from_json(&plain).map_err(|_| damaged(KEYDATA))?;
        Ok(KeyRecord { id: row.pk.0, set: KeySetName::new(row.sid), jwk, created_at: row.created_at.0 })
    }
}

impl KeyRecords for OpenRecords<'_> {
    fn keys_of_set(&mut self, set: &KeySetName) -> Result<Vec<KeyRecord>, StorageError> {
        let nid = self.nid();
        let rows: Vec<Row> = self.query(|connection| {
            hydra_jwk::table
                .filter(dsl::nid.eq(nid))
                .filter(dsl::sid.eq(set.as_str()))
                .order((dsl::created_at.desc(), dsl::pk.desc()))
                .select(Row::as_select())
                .load(connection)
        })?;
        rows.into_iter().map(|row| self.key_of(row)).collect()
    }

    fn key(&mut self, set: &KeySetName, kid: &KeyId) -> Result<Option<KeyRecord>, StorageError> {
        let nid = self.nid();
        let found = hydra_jwk::table
            .filter(dsl::nid.eq(nid))
            .filter(dsl::sid.eq(set.as_str()))
            .filter(dsl::kid.eq(kid.as_str()));
        let row: Option<Row> = query!(self, |own| found.select(Row::as_select()).get_result(own).optional())?;
        row.map(|row| self.key_of(row)).transpose()
    }

    fn insert_key(&mut self, key: &KeyRecord) -> Result<(), StorageError> {
        let plain = serde_json::to_string(&key.jwk).map_err(|_| damaged(KEYDATA))?;
        let row = Row {
            pk: Id(key.id),
            nid: self.nid(),
            sid: key.set.as_str().to_owned(),
            kid: key.jwk.kid().unwrap_or_default().to_owned(),
            keydata: self.context.seal(json::escaped(&plain).as_bytes()),
            created_at: At(key.created_at),
        };
        let insert = diesel::insert_into(hydra_jwk::table);
        self.change(|connection| match dialect::numbers_keys(connection) {
            true => insert.values(&row).execute(connection),
            // Hydra v26.2.0 and older cannot read a NULL here.
            false => insert.values((&row, dsl::pk_deprecated.eq(0))).execute(connection),
        })
        .map(drop)
    }

    fn delete_key(&mut self, set: &KeySetName, kid: &KeyId) -> Result<bool, StorageError> {
        let nid = self.nid();
        let key = hydra_jwk::table
            .filter(dsl::nid.eq(nid))
            .filter(dsl::sid.eq(set.as_str()))
            .filter(dsl::kid.eq(kid.as_str()));
        change!(self, |own| diesel::delete(key).execute(own)).map(|deleted| deleted > 0)
    }

    fn delete_keys_of_set(&mut self, set: &KeySetName) -> Result<usize, StorageError> {
        let nid = self.nid();
        let keys = hydra_jwk::table.filter(dsl::nid.eq(nid)).filter(dsl::sid.eq(set.as_str()));
        change!(self, |own| diesel::delete(keys).execute(own))
    }
}
