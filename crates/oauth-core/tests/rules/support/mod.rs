//! The vocabulary of the tests: a [`World`] with a server in it, what its clients can [`Ask`], and people with [`Browser`]s who log
//! in.

mod ask;
mod browser;
mod delivery;
mod flaky;
mod race;
mod remote;
mod signed;
mod world;

pub(crate) use ask::Ask;
pub(crate) use browser::{Answer, Browser, Request, Stop, failure, parameter, told_client, turned_away};
pub(crate) use delivery::Delivered;
pub(crate) use flaky::Flaky;
pub(crate) use race::RACERS;
pub(crate) use remote::ScriptedRemote;
pub(crate) use signed::{OwnKey, hmac_with_public, jwks, made_up, unsecured, with};
pub(crate) use world::{NETWORK, World, registration, secret_of};

use chrono::{DateTime, Utc};
use oauth_core::ErrorCode;

/// The moment at which every world begins: whole seconds, so that databases and JWTs keep all of it.
pub(crate) fn beginning() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).expect("a moment in 2026")
}

/// The OAuth word of a refusal.
pub(crate) fn refused<T>(answer: Result<T, oauth_core::Error>) -> ErrorCode {
    match answer {
        Ok(_) => panic!("this should have been refused"),
        Err(why) => why.code(),
    }
}

/// The message of a refusal.
pub(crate) fn message<T>(answer: Result<T, oauth_core::Error>) -> String {
    match answer {
        Ok(_) => panic!("this should have been refused"),
        Err(why) => why.description(),
    }
}

/// A list as clients register it.
pub(crate) fn list(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}
