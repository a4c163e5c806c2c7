//! What every storage must do, as tests: each gets a fresh, empty place. `opened` may be called from many threads; all calls
//! lead to the same place.

mod assertions;
mod clients;
mod codes;
mod consents;
mod jobs;
mod keys;
mod logins;
mod refresh_answers;
pub mod samples;
mod tokens;

use std::{
    sync::{Arc, Barrier},
    thread,
};

use crate::{
    client::Client,
    ids::{AccessSignature, ClientId},
    storage::{Records, Storage, StorageError},
};

/// A storage under test.
pub struct Opened<S>(pub S);

/// A test of the contract, with its title.
pub type ContractTest<S> = (&'static str, fn(&Opened<S>));

/// Threads that race.
const RACERS: usize = 32;

/// The contract. An associated constant, because it is one list for each type of storage.
pub struct CONTRACT;

impl CONTRACT {
    /// All tests.
    pub fn tests<S: Storage>() -> Vec<ContractTest<S>> {
        vec![
            ("a_client_reads_back_as_it_was_stored", clients::client_round_trip),
            ("a_client_id_is_taken_once", clients::client_id_once),
            ("an_update_overwrites_all_but_id_and_creation", clients::client_update),
            ("a_deleted_client_takes_its_tokens_along", clients::client_delete),
            ("a_deleted_client_takes_all_that_is_its_along", clients::client_delete_cascades),
            ("of_many_clients_looked_up_at_once_each_is_found_as_it_is_now", clients::many_found),
            ("clients_are_listed_by_id_from_a_position", clients::client_list),
            ("a_choice_of_algorithms_reads_back_until_another_takes_its_place", clients::signing_round_trip),
            ("a_choice_of_algorithms_goes_with_its_client", clients::signing_goes),
            ("an_id_of_an_assertion_is_taken_once_until_it_expires", assertions::jti_once),
            ("an_assertion_may_be_meant_for_ever", assertions::jti_for_ever),
            ("of_many_that_take_one_id_of_an_assertion_one_succeeds", assertions::race_for_jti),
            ("of_many_that_take_an_expired_id_of_an_assertion_over_one_succeeds", assertions::race_for_expired_jti),
            ("ids_of_assertions_are_swept_once_their_time_is_over", assertions::jti_sweep),
            ("many_that_sweep_and_take_ids_of_assertions_all_succeed", assertions::race_to_sweep),
            ("an_access_token_reads_back_as_it_was_stored", tokens::access_round_trip),
            ("a_refresh_token_reads_back_as_it_was_stored", tokens::refresh_round_trip),
            ("a_token_may_be_meant_for_a_century", tokens::token_for_a_century),
            ("of_many_tokens_added_at_once_each_is_stored_or_refused_by_itself", tokens::many_added),
            ("of_many_tokens_looked_up_at_once_each_is_found_or_not_by_itself", tokens::many_found),
            ("a_token_needs_its_client", tokens::token_without_client),
            ("a_token_needs_the_consent_it_names", tokens::token_without_consent),
            ("tokens_are_deleted_by_authorization_and_by_client", tokens::token_deletes),
            ("one_access_token_is_deleted_alone", tokens::access_delete),
            ("a_refresh_token_is_spent_once", tokens::refresh_spent),
            ("uses_in_the_grace_period_are_counted_up_to_the_limit", tokens::refresh_in_grace),
            ("of_many_that_spend_one_refresh_token_one_succeeds", tokens::race_for_refresh),
            ("many_uses_in_the_grace_period_at_once_keep_the_limit", tokens::race_in_grace),
            ("a_code_reads_back_as_it_was_stored", codes::code_round_trip),
            ("a_code_needs_its_client_and_its_consent", codes::code_without_parents),
            ("a_code_is_spent_once", codes::code_spent),
            ("of_many_that_spend_one_code_one_succeeds", codes::race_for_code),
            ("the_challenge_of_a_code_is_remembered_until_it_is_forgotten", codes::challenge),
            ("the_openid_request_of_a_code_is_kept_under_the_whole_code", codes::openid_request),
            ("an_answer_to_a_refresh_reads_back_as_it_was_kept", refresh_answers::answer_round_trip),
            ("answers_to_refreshes_are_deleted_by_successor_and_by_authorization", refresh_answers::answer_deletes),
            ("answers_to_refreshes_are_swept_once_their_time_is_over", refresh_answers::answer_sweep),
            ("a_login_session_reads_back_as_it_was_stored", logins::session_round_trip),
            ("a_login_session_is_overwritten_by_one_of_the_same_id", logins::session_overwritten),
            ("a_login_session_ends_once_and_its_consents_stay", logins::session_ends),
            ("login_sessions_of_a_subject_end_so_many_at_a_time", logins::sessions_of_subject),
            ("many_that_store_one_login_session_all_succeed", logins::race_to_store_session),
            ("of_many_that_end_one_login_session_one_succeeds", logins::race_to_end_session),
            ("a_forced_subject_identifier_leads_both_ways_and_replaces_an_earlier_one", logins::forced_subject),
            ("many_that_force_one_subject_identifier_all_succeed", logins::race_to_force_subject),
            ("a_consent_reads_back_as_it_was_stored", consents::consent_round_trip),
            ("a_consent_is_stored_once", consents::consent_once),
            ("a_consent_needs_its_client_and_its_login_session", consents::consent_without_parents),
            ("of_many_that_store_one_consent_one_succeeds", consents::race_to_consent),
            ("the_newest_consent_that_holds_is_remembered", consents::remembered),
            ("a_remembered_consent_ends_when_its_time_is_over", consents::remembered_until),
            ("consents_are_listed_by_flow_from_a_position", consents::consent_list),
            ("consents_are_found_by_subject_and_client", consents::consents_of),
            ("a_deleted_consent_takes_all_that_hangs_on_it_along", consents::consent_delete),
            ("clients_that_want_to_hear_of_a_logout_are_found_once_each", consents::clients_of_session),
            ("a_nul_is_refused_in_texts_that_others_choose", consents::nul),
            ("keys_are_listed_newest_first", keys::keys_in_order),
            ("a_key_id_is_taken_once_in_its_set", keys::key_once),
            ("a_job_that_fails_leaves_nothing", jobs::failure_leaves_nothing),
            ("a_job_that_panics_leaves_nothing_and_others_go_on", jobs::panic_leaves_nothing),
            ("jobs_that_fail_do_not_take_others_along", jobs::failures_among_others),
            ("jobs_that_panic_do_not_take_others_along", jobs::panics_among_others),
            ("of_many_that_race_for_one_id_one_wins", jobs::race_for_one_id),
            ("what_many_store_at_once_is_all_there", jobs::race_of_inserts),
            ("readers_are_answered_while_others_write", jobs::readers_and_writers),
        ]
    }
}

impl<S: Storage> Opened<S> {
    fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut dyn Records) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        block_on(self.0.read(job))
    }

    fn write<T: Send + 'static>(
        &self,
        job: impl FnMut(&mut dyn Records) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        block_on(self.0.write(job))
    }

    fn write_one<T: Send + 'static>(
        &self,
        job: impl FnMut(&mut dyn Records) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        block_on(self.0.write_one(job))
    }

    fn store_client(&self, client: &Client) {
        let client = client.clone();
        self.write(move |records| records.insert_client(&client)).expect("a new client is stored");
    }

    fn client(&self, id: &str) -> Option<Client> {
        let id = ClientId::new(id);
        self.read(move |records| records.client(&id)).expect("a client is looked up")
    }

    fn has_access_token(&self, signature: &str) -> bool {
        let signature = AccessSignature::new(signature);
        self.read(move |records| records.access_token(&signature)).expect("a token is looked up").is_some()
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime for a test").block_on(future)
}

/// Lets all threads begin at the same moment and collects what they answer.
fn race<T: Send + 'static>(racers: usize, job: impl Fn(usize) -> T + Send + Sync + 'static) -> Vec<T> {
    let (job, start) = (Arc::new(job), Arc::new(Barrier::new(racers)));
    let threads: Vec<_> = (0..racers)
        .map(|n| {
            let (job, start) = (Arc::clone(&job), Arc::clone(&start));
            thread::spawn(move || {
                start.wait();
                job(n)
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().expect("no racer panics")).collect()
}
