//! Ids of assertions that were used.

use chrono::{DateTime, Utc};

use super::State;
use crate::{
    ids::JtiSignature,
    storage::{AssertionRecords, StorageError},
};

impl AssertionRecords for State {
    fn remember_jti(
        &mut self,
        jti: &JtiSignature,
        expires_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        if self.jtis.get(jti).is_some_and(|until| *until > now) {
            return Err(StorageError::Duplicate);
        }
        self.jtis.insert(jti.clone(), expires_at);
        Ok(())
    }

    fn sweep_jtis(&mut self, now: DateTime<Utc>, limit: u32) -> Result<usize, StorageError> {
        let over = self.jtis.iter().filter(|(_, until)| **until <= now).take(limit as usize);
        let over: Vec<_> = over.map(|(jti, _)| jti.clone()).collect();
        Ok(over.iter().filter_map(|jti| self.jtis.remove(jti)).count())
    }
}
