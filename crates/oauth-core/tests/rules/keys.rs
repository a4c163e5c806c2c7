//! Key sets: which key signs, who made it, how fast a change is seen, and what operators may store.

use std::sync::Arc;

use oauth_core::{
    Error, ErrorCode,
    ids::{KeyId, KeySetName},
    keys::NewKey,
    policy::{ACCESS_TOKEN_KEYS, ID_TOKEN_KEYS},
    storage::{Storage, StorageError},
};
use token_jwt::{Algorithm, Jwk};

use crate::support::{World, refused};

fn name(set: &str) -> KeySetName {
    KeySetName::new(set)
}

fn key(kid: &str) -> Jwk {
    Jwk::generate(Algorithm::ES256, "sig", kid).expect("a key")
}

fn kids(keys: &[Jwk]) -> Vec<&str> {
    keys.iter().map(|key| key.kid().unwrap_or("-")).collect()
}

async fn stored(world: &World, set: &str) -> Vec<String> {
    match world.provider.list_keys(name(set)).await {
        Ok(keys) => kids(&keys).into_iter().map(str::to_owned).collect(),
        Err(Error::NoSuchKeySet) => Vec::new(),
        Err(why) => panic!("{why}"),
    }
}

async fn published_keys(world: &World) -> Vec<Jwk> {
    let sets = world.provider.published_sets().await.expect("keys are published");
    sets.iter().flat_map(|set| set.public_keys()).collect()
}

async fn published(world: &World) -> Vec<String> {
    kids(&published_keys(world).await).into_iter().map(str::to_owned).collect()
}

/// A world in which both sets that sign have a quick key.
async fn world_with_keys() -> World {
    let world = World::new();
    world.add_key(ACCESS_TOKEN_KEYS, "at").await;
    world.add_key(ID_TOKEN_KEYS, "id").await;
    world
}

/// The one test that waits for RSA keys.
#[tokio::test]
async fn the_first_key_is_made_once_however_many_ask_at_the_same_moment() {
    let world = World::new();
    let other = world.another_instance();
    let mut askers = tokio::task::JoinSet::new();
    for provider in [&world.provider; 8].into_iter().chain([&other.provider; 2]) {
        let provider = provider.clone();
        askers.spawn(async move { provider.id_token_algorithms().await });
    }
    for answer in askers.join_all().await {
        assert_eq!(answer.expect("a key is there"), [Algorithm::RS256]);
    }
    let keys = world.provider.list_keys(name(ID_TOKEN_KEYS)).await.expect("the set is there");
    assert_eq!(keys.len(), 1);
    assert_eq!((keys[0].alg(), keys[0].use_(), keys[0].is_private()), (Some("RS256"), Some("sig"), true));
    let kid = uuid::Uuid::parse_str(keys[0].kid().expect("a kid")).expect("a UUID");
    assert_eq!(kid.get_version_num(), 4);
}

#[tokio::test]
async fn public_halves_are_published_newest_first_and_the_access_token_set_before_the_id_token_set() {
    let world = world_with_keys().await;
    world.wait(1);
    world.add_key(ACCESS_TOKEN_KEYS, "at-2").await;
    let keys = published_keys(&world).await;
    assert_eq!(kids(&keys), ["at-2", "at", "id"]);
    assert!(keys.iter().all(|key| !key.is_private()));
}

#[tokio::test]
async fn broadcast_sets_are_published_first_and_each_set_once() {
    let world = world_with_keys().await;
    world.add_key("mine", "own").await;
    let symmetric = Jwk::from_json(r#"{"kty":"oct","kid":"shared","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQ"}"#).expect("a key");
    world.provider.put_key(name("shared"), symmetric).await.expect("it is stored");
    let broadcasting = world.instance_with(&["a system secret that only tests have"], |policy| {
        policy.broadcast_keys = vec![name(ID_TOKEN_KEYS), name("mine"), name("shared"), name("mine")];
    });
    assert_eq!(published(&broadcasting).await, ["id", "own", "at"], "a symmetric key is never published");
    assert_eq!(stored(&world, "shared").await, ["shared"], "and nothing was added to its set");
}

#[tokio::test]
async fn the_newest_key_that_can_sign_signs() {
    let world = world_with_keys().await;
    let algorithm = async || world.provider.id_token_algorithms().await.expect("a key is there");
    assert_eq!(algorithm().await, [Algorithm::ES256]);
    world.wait(1);
    let newer = Jwk::generate(Algorithm::EdDSA, "sig", "newer").expect("a key");
    world.provider.put_key(name(ID_TOKEN_KEYS), newer).await.expect("it is stored");
    assert_eq!(algorithm().await, [Algorithm::EdDSA]);
    world.wait(1);
    let public = Jwk::generate(Algorithm::ES384, "sig", "public").expect("a key").to_public().expect("a public half");
    world.provider.put_key(name(ID_TOKEN_KEYS), public).await.expect("it is stored");
    assert_eq!(algorithm().await, [Algorithm::EdDSA], "a public key cannot sign");
    assert_eq!(published(&world).await, ["at", "public", "newer", "id"]);
}

#[tokio::test]
async fn a_replaced_set_takes_effect_at_once() {
    let world = world_with_keys().await;
    assert_eq!(published(&world).await, ["at", "id"]);
    world.provider.replace_keys(name(ACCESS_TOKEN_KEYS), vec![key("a"), key("b")]).await.expect("it is replaced");
    assert_eq!(published(&world).await, ["b", "a", "id"], "later keys count as newer");
    world.provider.delete_keys(name(ACCESS_TOKEN_KEYS), Some(KeyId::new("b"))).await.expect("it is deleted");
    assert_eq!(published(&world).await, ["a", "id"]);
    world.wait(1);
    world.provider.put_key(name(ACCESS_TOKEN_KEYS), key("c")).await.expect("it is stored");
    assert_eq!(published(&world).await[0], "c");
}

#[tokio::test]
async fn keys_of_one_replacement_have_an_order_even_where_times_are_whole_seconds() {
    let world = World::new();
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    world.provider.replace_keys(name("set"), names.map(key).to_vec()).await.expect("it is replaced");
    let mut rows = world.storage.read(|records| records.keys_of_set(&name("set"))).await.expect("storage answers");
    rows.sort_by_key(|row| row.id);
    let by_row_id: Vec<_> = rows.iter().filter_map(|row| row.jwk.kid()).collect();
    assert_eq!(by_row_id, names);
}

#[tokio::test]
async fn a_key_that_is_written_again_under_its_name_is_the_new_one() {
    let world = world_with_keys().await;
    let x_of = async || {
        let keys = published_keys(&world).await;
        serde_json::to_value(&keys[0]).expect("JSON")["x"].clone()
    };
    let before = x_of().await;
    world.provider.put_key(name(ACCESS_TOKEN_KEYS), key("at")).await.expect("it is replaced");
    assert_ne!(x_of().await, before);
    assert_eq!(stored(&world, ACCESS_TOKEN_KEYS).await, ["at"]);
}

#[tokio::test]
async fn another_instance_sees_a_change_within_seconds() {
    let world = world_with_keys().await;
    let other = world.another_instance();
    assert_eq!(published(&other).await, ["at", "id"]);
    world.wait(1);
    world.provider.replace_keys(name(ACCESS_TOKEN_KEYS), vec![key("new")]).await.expect("it is replaced");
    world.wait(2);
    assert_eq!(published(&other).await, ["new", "id"]);
}

#[tokio::test]
async fn sets_that_nobody_changes_stay_the_same_ones() {
    let world = world_with_keys().await;
    let sets = async || world.provider.published_sets().await.expect("keys are published");
    let before = sets().await;
    world.wait(60);
    let after = sets().await;
    assert!(before.iter().zip(&after).all(|(before, after)| Arc::ptr_eq(before, after)));
    world.another_instance().provider.put_key(name(ID_TOKEN_KEYS), key("new")).await.expect("it is stored");
    world.wait(2);
    let changed = sets().await;
    assert!(Arc::ptr_eq(&changed[0], &before[0]) && !Arc::ptr_eq(&changed[1], &before[1]));
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_freeze_what_is_known_of_keys() {
    let world = world_with_keys().await;
    let other = world.another_instance();
    assert_eq!(published(&other).await, ["at", "id"]);
    world.wait(-3600);
    world.provider.replace_keys(name(ACCESS_TOKEN_KEYS), vec![key("new")]).await.expect("it is replaced");
    assert_eq!(published(&other).await, ["new", "id"]);
}

#[tokio::test]
async fn keys_in_memory_go_on_working_while_the_database_is_away() {
    let world = world_with_keys().await;
    assert_eq!(published(&world).await, ["at", "id"]);
    world.storage.break_down(StorageError::Unavailable("gone".to_owned()));
    world.wait(600);
    assert_eq!(published(&world).await, ["at", "id"]);
    let fresh = world.another_instance();
    assert_eq!(refused(fresh.provider.published_sets().await), ErrorCode::TemporarilyUnavailable);
    world.storage.repair();
    world.provider.delete_keys(name("x"), None).await.expect("the database is back");
}

#[tokio::test]
async fn keys_are_made_for_signing_algorithms_alone() {
    let world = World::new();
    let new = |alg: &str| NewKey { alg: alg.to_owned(), key_use: "sig".to_owned(), kid: None };
    for alg in ["ES256", "ES384", "ES512", "EdDSA"] {
        let made = world.provider.create_key(name("set"), new(alg)).await.expect("a key is made");
        assert_eq!((made.alg(), made.is_private()), (Some(alg), true));
        uuid::Uuid::parse_str(made.kid().expect("a kid")).expect("a UUID");
    }
    assert_eq!(stored(&world, "set").await.len(), 4);
    for odd in ["", "HS256", "none", "es256", "RSA-OAEP"] {
        assert_eq!(refused(world.provider.create_key(name("set"), new(odd)).await), ErrorCode::InvalidRequest, "{odd}");
    }
}

#[tokio::test]
async fn a_kid_is_taken_once_in_its_set() {
    let world = World::new();
    world.add_key("set", "k").await;
    world.add_key("other", "k").await;
    let again = NewKey { alg: "ES256".to_owned(), key_use: "enc".to_owned(), kid: Some("k".to_owned()) };
    assert_eq!(refused(world.provider.create_key(name("set"), again).await), ErrorCode::Conflict);
    let twice = world.provider.replace_keys(name("set"), vec![key("a"), key("a")]).await;
    assert_eq!(refused(twice), ErrorCode::Conflict);
    assert_eq!(stored(&world, "set").await, ["k"], "the old set is kept");
}

#[tokio::test]
async fn keys_without_a_name_are_kept_under_the_empty_one() {
    let world = World::new();
    world.provider.put_key(name("set"), key("")).await.expect("it is stored");
    world.provider.put_key(name("set"), key("")).await.expect("it is replaced");
    assert_eq!(stored(&world, "set").await.len(), 1);
    world.provider.find_key(name("set"), KeyId::new("")).await.expect("it is found");
}

#[tokio::test]
async fn what_no_column_can_hold_is_refused() {
    let world = World::new();
    for odd in ["x".repeat(256), "a\0b".to_owned()] {
        let new = |kid: &str, key_use: &str| NewKey {
            alg: "ES256".to_owned(),
            key_use: key_use.to_owned(),
            kid: Some(kid.to_owned()),
        };
        for answer in [
            world.provider.create_key(name(&odd), new("k", "sig")).await.map(drop),
            world.provider.create_key(name("set"), new(&odd, "sig")).await.map(drop),
            world.provider.create_key(name("set"), new("k", &odd)).await.map(drop),
            world.provider.put_key(name(&odd), key("k")).await,
            world.provider.put_key(name("set"), key(&odd)).await,
            world.provider.replace_keys(name(&odd), vec![key("k")]).await,
            world.provider.replace_keys(name("set"), vec![key("k"), key(&odd)]).await,
        ] {
            assert_eq!(refused(answer), ErrorCode::InvalidRequest);
        }
    }
    assert!(stored(&world, "set").await.is_empty());
    world.add_key(&"x".repeat(255), &"y".repeat(255)).await;
}

#[tokio::test]
async fn missing_sets_and_keys_are_told_apart_and_deleting_them_is_no_error() {
    let world = World::new();
    world.add_key("set", "k").await;
    assert!(matches!(world.provider.list_keys(name("none")).await, Err(Error::NoSuchKeySet)));
    for set in ["set", "none"] {
        let answer = world.provider.find_key(name(set), KeyId::new("missing")).await;
        assert!(matches!(answer, Err(Error::NoSuchKey)));
        world.provider.delete_keys(name(set), Some(KeyId::new("missing"))).await.expect("no error");
    }
    assert_eq!(stored(&world, "set").await, ["k"]);
    world.provider.replace_keys(name("set"), Vec::new()).await.expect("it is emptied");
    assert!(matches!(world.provider.list_keys(name("set")).await, Err(Error::NoSuchKeySet)));
    world.provider.delete_keys(name("set"), None).await.expect("no error");
}
