//! Table `hydra_oauth2_jti_blacklist`: ids of assertions that were used, by their hashes.

use chrono::{DateTime, SubsecRound, Utc};
use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use oauth_core::{
    ids::JtiSignature,
    storage::{AssertionRecords, StorageError},
};

use super::OpenRecords;
use crate::{columns::At, schema::hydra_oauth2_jti_blacklist as jtis};

impl AssertionRecords for OpenRecords<'_> {
    fn remember_jti(
        &mut self,
        jti: &JtiSignature,
        expires_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let (nid, until) = (self.nid(), At(expires_at.trunc_subsecs(0)));
        // An expired one is taken over: its row is there for one caller, and after that no longer expired.
        let own = jtis::table.filter(jtis::nid.eq(nid)).filter(jtis::signature.eq(jti.as_str()));
        let taken = diesel::update(own.filter(jtis::expires_at.le(At(now)))).set(jtis::expires_at.eq(until));
        if self.change(|connection| taken.execute(connection))? > 0 {
            return Ok(());
        }
        let row = (jtis::nid.eq(nid), jtis::signature.eq(jti.as_str()), jtis::expires_at.eq(until));
        self.change(|connection| diesel::insert_into(jtis::table).values(row).execute(connection)).map(drop)
    }

    fn sweep_jtis(&mut self, now: DateTime<Utc>, limit: u32) -> Result<usize, StorageError> {
        let over = jtis::table.filter(jtis::nid.eq(self.nid())).filter(jtis::expires_at.le(At(now)));
        let some = over.select(jtis::signature).limit(i64::from(limit));
        let some: Vec<String> = self.query(|connection| some.load(connection))?;
        if some.is_empty() {
            return Ok(0);
        }
        self.change(|connection| diesel::delete(over.filter(jtis::signature.eq_any(some))).execute(connection))
    }
}
