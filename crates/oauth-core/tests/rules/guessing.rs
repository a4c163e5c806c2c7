//! Floods of wrong secrets: what they may cost, and whom they may hold up. These tests count who is served before whom; how
//! much of the machine a flood takes is measured with the program itself (`hydra-serve`).

use oauth_core::{
    Error,
    client::{AccessTokenStrategy, Credentials},
    ids::ClientId,
    policy::SecretHashing,
    secret::ClientSecret,
};
use tokio::task::JoinSet;

use crate::support::{World, secret_of};

/// Secrets in flight at once.
const GUESSES: usize = 200;

/// A world in which a hash takes some milliseconds, as in real life.
fn world() -> World {
    World::with(|policy| policy.secret_hashing = SecretHashing::Pbkdf2 { iterations: 25_000 })
}

/// Presents many wrong secrets at the same moment, the nth to the client that `client` names.
async fn flood(world: &World, client: impl Fn(usize) -> String) -> JoinSet<Result<(), Error>> {
    let mut guesses = JoinSet::new();
    for n in 0..GUESSES {
        let provider = world.provider.clone();
        let (id, guess) = (ClientId::new(client(n)), ClientSecret::new(format!("wrong secret {n}")));
        let credentials = Credentials { basic: Some((id, guess)), ..Credentials::default() };
        guesses.spawn(async move { provider.authenticate(credentials).await.map(drop) });
    }
    // Each of them gets as far as it gets without waiting.
    for _ in 0..GUESSES {
        tokio::task::yield_now().await;
    }
    guesses
}

/// How many have their answer.
fn answered(guesses: &mut JoinSet<Result<(), Error>>) -> usize {
    std::iter::from_fn(|| guesses.try_join_next()).count()
}

#[tokio::test]
async fn a_secret_that_is_known_waits_for_no_guess() {
    let world = world();
    for id in ["known", "guessed"] {
        world.register(id, |_| ()).await;
        world.ask_as(id).authenticate().await.expect("the right secret");
    }
    let mut guesses = flood(&world, |_| "guessed".to_owned()).await;
    for _ in 0..50 {
        world.ask_as("known").authenticate().await.expect("the right secret");
        world.ask_as("guessed").authenticate().await.expect("the right secret, also of the client that is guessed at");
    }
    let before = answered(&mut guesses);
    assert!(before <= 2, "{before} guesses were served before");
}

#[tokio::test]
async fn a_right_secret_that_is_new_waits_for_few_guesses_at_another_client() {
    let world = world();
    for id in ["new", "newer", "guessed"] {
        world.register(id, |_| ()).await;
    }
    let mut guesses = flood(&world, |_| "guessed".to_owned()).await;
    for id in ["new", "newer"] {
        world.ask_as(id).authenticate().await.expect("the right secret");
        let before = answered(&mut guesses);
        assert!(before <= 4, "{before} guesses were served before {id}");
    }
    // And neither does who registers a client, whose secret is hashed too.
    world.register("newest", |_| ()).await;
    let before = answered(&mut guesses);
    assert!(before <= 4, "{before} guesses were served before the registration");
}

#[tokio::test]
async fn signatures_wait_for_no_guess_however_many_clients_are_guessed_at() {
    let world = world();
    world.add_access_token_key("k").await;
    world.register("known", |client| client.access_token_strategy = Some(AccessTokenStrategy::Jwt)).await;
    world.access_token("known").await;
    for n in 0..GUESSES {
        // Quickly made; the guesses at them are as slow.
        let hash = world.provider.find_client(ClientId::new("known")).await.expect("it is there").secret;
        world.store(&format!("guessed-{n}"), |client| client.secret = hash).await;
    }
    let mut guesses = flood(&world, |n| format!("guessed-{n}")).await;
    for _ in 0..5 {
        let token = world.access_token("known").await;
        assert!(token.split('.').count() == 3, "it is a JWT");
    }
    let before = answered(&mut guesses);
    assert!(before <= GUESSES / 4, "{before} guesses were served before");
}

#[tokio::test]
async fn guesses_at_clients_that_are_not_there_cost_no_hash() {
    let world = world();
    let mut guesses = flood(&world, |n| format!("nobody-{n}")).await;
    assert_eq!(answered(&mut guesses), GUESSES, "nothing is waited for");
}

#[tokio::test]
async fn every_guess_is_answered_in_the_end_and_none_is_right() {
    let world = world();
    world.register("guessed", |_| ()).await;
    let guesses = flood(&world, |_| "guessed".to_owned()).await;
    for answer in guesses.join_all().await {
        assert!(matches!(answer, Err(Error::ClientRefused | Error::Busy)), "{answer:?}");
    }
    world.ask_as("guessed").authenticate().await.expect("the right secret");
    assert!(world.ask().basic("guessed", &secret_of("nobody")).authenticate().await.is_err());
}
