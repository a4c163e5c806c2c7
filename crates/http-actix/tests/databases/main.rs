//! Conversations that must go alike on every database: the same answers to the same requests, the same winners of races.
//! Each runs on SQLite, on PostgreSQL and on MySQL/MariaDB; what is said on the latter two is held against SQLite.

#[expect(dead_code, reason = "a part of it is for the tests of single endpoints")]
#[path = "../support/mod.rs"]
mod support;

mod conversations;
mod logins;
mod races;
mod transcript;

use libtest_mimic::{Arguments, Failed, Trial};
use support::{
    mutations::send_almost_right_requests,
    scratch::{Backend, scratch},
    server::Server,
};
use transcript::Transcript;

type Conversation = fn(&mut Transcript<'_>);
type Race = fn(&Server);

const CONVERSATIONS: [(&str, Conversation); 7] = [
    ("a_client_lives_from_its_registration_to_its_end", conversations::client_life),
    ("ids_that_differ_a_little_are_different_clients", conversations::similar_ids),
    ("lists_come_in_the_same_order", conversations::lists),
    ("tokens_are_issued_described_and_revoked", conversations::tokens),
    ("keys_are_kept_replaced_and_missed", conversations::keys),
    ("what_no_column_can_hold_is_refused", conversations::odd_values),
    ("a_login_is_the_same_from_its_beginning_to_its_end", logins::a_login),
];

const RACES: [(&str, Race); 11] = [
    ("of_thirty_two_that_register_one_id_one_succeeds", races::one_id),
    ("of_thirty_two_that_make_one_key_one_succeeds", races::one_key),
    ("rotations_and_patches_at_once_lose_nothing", races::one_client),
    ("tokens_issued_at_once_are_all_good_and_all_go_with_their_client", races::tokens),
    ("of_thirty_two_that_redeem_one_code_one_succeeds", logins::one_code),
    ("thirty_two_that_refresh_inside_the_window_get_the_same_pair", logins::one_refresh_token),
    ("whoever_refreshes_at_the_same_moment_gets_the_same_pair", logins::one_refresh_token_without_a_window),
    ("nothing_outlives_a_revocation_that_races_with_a_rotation", logins::rotation_against_revocation),
    ("of_thirty_two_that_finish_one_consent_one_gets_a_code", logins::one_consent),
    ("sixty_four_logins_at_once_all_succeed", logins::many_logins),
    ("almost_right_requests_are_never_our_failure", almost_right_requests),
];

fn main() {
    let mut trials = Vec::new();
    for backend in Backend::ALL {
        let mut add = |name: &str, test: Box<dyn FnOnce() -> Result<(), Failed> + Send>| {
            let trial = Trial::test(format!("{backend}::{name}"), test);
            trials.push(trial.with_ignored_flag(!backend.available()));
        };
        for (name, conversation) in CONVERSATIONS {
            add(name, Box::new(move || goes_as_on_sqlite(conversation, backend)));
        }
        for (name, race) in RACES {
            add(name, Box::new(move || start(backend).map(|server| race(&server))));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn almost_right_requests(server: &Server) {
    server.register_machine("mutant");
    send_almost_right_requests(server, &server.token("mutant"), 1000);
}

fn start(backend: Backend) -> Result<Server, Failed> {
    let database = scratch(backend).ok_or("no database to run this on")?;
    Ok(Server::start_on(database, &[]).with_quick_keys())
}

fn goes_as_on_sqlite(conversation: Conversation, backend: Backend) -> Result<(), Failed> {
    let said = |backend| -> Result<Vec<String>, Failed> {
        let server = start(backend)?;
        let mut transcript = Transcript::of(&server);
        conversation(&mut transcript);
        Ok(transcript.lines)
    };
    let expected = said(Backend::Sqlite)?;
    if backend != Backend::Sqlite {
        for (line, expected) in said(backend)?.iter().zip(&expected) {
            assert_eq!(line, expected, "on {backend} and on SQLite");
        }
    }
    Ok(())
}
