//! Tables `hydra_oauth2_access` and `hydra_oauth2_refresh`.

mod arrays;

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl, RunQueryDsl, SelectableHelper,
    define_sql_function,
    sql_types::{Integer, Nullable},
};
use oauth_core::{
    ids::{AccessSignature, ClientId, RefreshSignature, RequestId},
    storage::{AccessTokenRecord, GrantRecord, RefreshTokenRecord, StorageError, TokenRecords},
};

use super::{
    Context, OpenRecords,
    grant::{GrantRow, grant_row},
};
use crate::{
    columns::{At, Moment},
    dialect,
    lanes::{Mode, Pool, Question, Together},
    schema::{hydra_oauth2_access, hydra_oauth2_refresh},
};

pub(crate) use arrays::AccessArrays;

grant_row!(AccessRow of hydra_oauth2_access {});

grant_row!(RefreshRow of hydra_oauth2_refresh {
    first_used_at: Option<At>,
    access_token_signature: Option<String>,
    used_times: Option<i32>,
});

define_sql_function! {
    /// A count that begins with the first use.
    #[sql_name = "coalesce"]
    fn times_or(times: Nullable<Integer>, otherwise: Integer) -> Integer;
}

define_sql_function! {
    /// A time that is kept once it is set.
    #[sql_name = "coalesce"]
    fn moment_or(moment: Nullable<Moment>, otherwise: Moment) -> Moment;
}

impl AccessRow {
    pub(crate) fn of(context: &Context, token: &AccessTokenRecord) -> Result<Self, StorageError> {
        Self::new(context, token.signature.as_str(), &token.grant)
    }

    /// Those of the rows that are there, in no particular order. One statement. It looks at the network of what it found, not of what
    /// it searches: PostgreSQL, as long as it has no statistics, would walk over all rows of the network besides.
    fn find_all(records: &mut OpenRecords<'_>, signatures: &[&AccessSignature]) -> Result<Vec<Self>, StorageError> {
        use hydra_oauth2_access::{signature, table};
        let wanted = signatures.iter().map(|one| one.as_str());
        let found = table.filter(signature.eq_any(wanted));
        let mut rows: Vec<Self> = query!(records, |own| found.select(Self::as_select()).get_results(own))?;
        rows.retain(|row| row.nid.0 == records.context.network);
        Ok(rows)
    }
}

/// Tokens to be stored.
impl Question for AccessRow {
    type Answer = ();

    const MODE: Mode = Mode::One;

    fn list(pool: &Pool) -> &Arc<Together<Self>> {
        &pool.inserts
    }

    fn ask(rows: &[&Self], records: &mut OpenRecords<'_>) -> Result<Vec<()>, StorageError> {
        match rows {
            [row] => row.insert(records)?,
            rows => drop(records.change(|connection| dialect::insert_access_tokens(connection, rows))?),
        }
        Ok(vec![(); rows.len()])
    }
}

/// Tokens to be looked up.
impl Question for AccessSignature {
    type Answer = Option<AccessTokenRecord>;

    const MODE: Mode = Mode::Look;

    fn list(pool: &Pool) -> &Arc<Together<Self>> {
        &pool.tokens
    }

    fn ask(signatures: &[&Self], records: &mut OpenRecords<'_>) -> Result<Vec<Self::Answer>, StorageError> {
        if let [signature] = signatures {
            return Ok(vec![records.access_token(signature)?]);
        }
        let mut found = HashMap::new();
        for row in AccessRow::find_all(records, signatures)? {
            let signature = Self::new(row.signature.clone());
            found.insert(row.signature.clone(), AccessTokenRecord { signature, grant: row.grant(records)? });
        }
        Ok(signatures.iter().map(|signature| found.get(signature.as_str()).cloned()).collect())
    }
}

impl TokenRecords for OpenRecords<'_> {
    fn insert_access_token(&mut self, token: &AccessTokenRecord) -> Result<(), StorageError> {
        AccessRow::of(self.context, token)?.insert(self)
    }

    fn access_token(&mut self, signature: &AccessSignature) -> Result<Option<AccessTokenRecord>, StorageError> {
        let Some(row) = AccessRow::find(self, signature.as_str())? else { return Ok(None) };
        Ok(Some(AccessTokenRecord { signature: signature.clone(), grant: row.grant(self)? }))
    }

    fn delete_access_tokens_of_request(&mut self, request: &RequestId) -> Result<usize, StorageError> {
        AccessRow::delete_of_request(self, request)
    }

    fn delete_access_tokens_of_client(&mut self, client: &ClientId) -> Result<usize, StorageError> {
        AccessRow::delete_of_client(self, client)
    }

    fn insert_refresh_token(&mut self, token: &RefreshTokenRecord) -> Result<(), StorageError> {
        let companion = token.access_token_signature.as_ref();
        let row = RefreshRow {
            first_used_at: token.first_used_at.map(At),
            access_token_signature: companion.map(|signature| signature.as_str().to_owned()),
            used_times: token.used_times,
            ..RefreshRow::new(self.context, token.signature.as_str(), &token.grant)?
        };
        row.insert(self)
    }

    fn refresh_token(&mut self, signature: &RefreshSignature) -> Result<Option<RefreshTokenRecord>, StorageError> {
        let Some(row) = RefreshRow::find(self, signature.as_str())? else { return Ok(None) };
        Ok(Some(RefreshTokenRecord {
            signature: signature.clone(),
            access_token_signature: row.access_token_signature.clone().map(AccessSignature::new),
            first_used_at: row.first_used_at.map(|at| at.0),
            used_times: row.used_times,
            grant: row.grant(self)?,
        }))
    }

    fn spend_refresh_token(
        &mut self,
        signature: &RefreshSignature,
        forget_at: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        use hydra_oauth2_refresh::{active, expires_at, nid, table};
        let of_network = table.filter(nid.eq(self.nid()));
        let unspent = of_network.filter(hydra_oauth2_refresh::signature.eq(signature.as_str())).filter(active.eq(true));
        let spent = diesel::update(unspent).set((active.eq(false), expires_at.eq(Some(At(forget_at)))));
        change!(self, |own| spent.execute(own)).map(|spent| spent == 1)
    }

    fn use_refresh_token_in_grace(
        &mut self,
        signature: &RefreshSignature,
        used_at: DateTime<Utc>,
        forget_at: DateTime<Utc>,
        limit: Option<i32>,
    ) -> Result<bool, StorageError> {
        use hydra_oauth2_refresh::{active, expires_at, first_used_at, nid, table, used_times};
        let of_network = table.filter(nid.eq(self.nid()));
        let usable = of_network
            .filter(hydra_oauth2_refresh::signature.eq(signature.as_str()))
            .filter(times_or(used_times, 0).lt(limit.unwrap_or(i32::MAX)));
        let used = diesel::update(usable).set((
            active.eq(false),
            expires_at.eq(Some(At(forget_at))),
            first_used_at.eq(moment_or(first_used_at, At(used_at)).nullable()),
            used_times.eq((times_or(used_times, 0) + 1).nullable()),
        ));
        change!(self, |own| used.execute(own)).map(|used| used == 1)
    }

    fn delete_access_token(&mut self, signature: &AccessSignature) -> Result<bool, StorageError> {
        use hydra_oauth2_access::{nid, table};
        let of_network = table.filter(nid.eq(self.nid()));
        let leaving = of_network.filter(hydra_oauth2_access::signature.eq(signature.as_str()));
        change!(self, |own| diesel::delete(leaving).execute(own)).map(|deleted| deleted > 0)
    }

    fn delete_refresh_tokens_of_request(&mut self, request: &RequestId) -> Result<usize, StorageError> {
        RefreshRow::delete_of_request(self, request)
    }
}
