//! Answers to refreshes.

use chrono::{DateTime, Utc};

use super::{State, insert, retain};
use crate::{
    ids::{RefreshSignature, RequestId},
    storage::{RefreshAnswer, RefreshAnswerRecords, StorageError},
};

impl RefreshAnswerRecords for State {
    fn insert_refresh_answer(&mut self, answer: &RefreshAnswer) -> Result<(), StorageError> {
        insert(&mut self.refresh_answers, answer.spent.clone(), answer.clone())
    }

    fn refresh_answer(&mut self, spent: &RefreshSignature) -> Result<Option<RefreshAnswer>, StorageError> {
        Ok(self.refresh_answers.get(spent).cloned())
    }

    fn delete_refresh_answer_of_successor(&mut self, successor: &RefreshSignature) -> Result<(), StorageError> {
        retain(&mut self.refresh_answers, |answer| answer.successor != *successor);
        Ok(())
    }

    fn delete_refresh_answers_of_request(&mut self, request: &RequestId) -> Result<usize, StorageError> {
        Ok(retain(&mut self.refresh_answers, |answer| answer.request_id != *request))
    }

    fn sweep_refresh_answers(&mut self, now: DateTime<Utc>, limit: u32) -> Result<usize, StorageError> {
        let over = self.refresh_answers.values().filter(|answer| answer.expires_at < now);
        let over: Vec<_> = over.take(limit as usize).map(|answer| answer.spent.clone()).collect();
        over.iter().for_each(|spent| drop(self.refresh_answers.remove(spent)));
        Ok(over.len())
    }
}
