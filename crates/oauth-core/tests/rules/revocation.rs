//! Revocation (RFC 7009): what dies with a token, and what lets nothing die.

use oauth_core::{
    ErrorCode,
    client::AuthMethod,
    storage::StorageError,
    token::{Form, RevocationRequest},
};

use crate::support::{World, refused, secret_of};

async fn two_shops() -> World {
    let world = World::new();
    world.register("shop", |_| ()).await;
    world.register("thief", |_| ()).await;
    world
}

#[tokio::test]
async fn either_token_takes_its_whole_authorization_along_and_no_other() {
    for by_refresh_token in [true, false] {
        let world = two_shops().await;
        let access = world.store_access_token("shop", "a-1", |_| ()).await;
        let second = world.store_access_token("shop", "a-1", |_| ()).await;
        let refresh = world.store_refresh_token("shop", "a-1", |_| ()).await;
        let other_login = world.store_refresh_token("shop", "a-2", |_| ()).await;
        let presented = if by_refresh_token { &refresh } else { &access };
        world.ask_as("shop").revoke(presented).await.expect("it is revoked");
        for dead in [&access, &second, &refresh] {
            assert!(!world.is_active(dead).await);
        }
        assert!(world.is_active(&other_login).await);
    }
}

#[tokio::test]
async fn revoking_twice_or_something_unknown_is_no_error() {
    let world = two_shops().await;
    let token = world.access_token("shop").await;
    for _ in 0..2 {
        world.ask_as("shop").revoke(&token).await.expect("no error");
    }
    for unknown in ["x", "ory_at_x.y", "a.b.c", "..", &"x".repeat(50_000)] {
        world.ask_as("shop").revoke(unknown).await.expect("no error");
    }
}

#[tokio::test]
async fn a_token_with_a_forged_random_part_revokes_nothing() {
    let world = two_shops().await;
    let token = world.access_token("shop").await;
    let refresh = world.store_refresh_token("shop", "a-1", |_| ()).await;
    for genuine in [&token, &refresh] {
        let (random, mac) = genuine.split_once('.').expect("two halves");
        let forged = format!("{}{}.{mac}", &random[..7], "A".repeat(random.len() - 7));
        world.ask_as("shop").revoke(&forged).await.expect("no error");
        world.ask_as("shop").revoke(&format!(".{mac}")).await.expect("no error");
        world.ask_as("shop").revoke(&format!("x.x.{mac}")).await.expect("no error");
        assert!(world.is_active(genuine).await);
    }
}

#[tokio::test]
async fn the_token_of_another_client_stays_alive_and_the_answer_does_not_tell() {
    let world = two_shops().await;
    let access = world.access_token("shop").await;
    let refresh = world.store_refresh_token("shop", "a-1", |_| ()).await;
    for token in [&access, &refresh] {
        world.ask_as("thief").revoke(token).await.expect("the same answer as for an unknown token");
        assert!(world.is_active(token).await);
    }
}

#[tokio::test]
async fn a_refresh_token_that_was_rotated_away_does_not_take_its_successors_along() {
    let world = two_shops().await;
    let spent = world.store_refresh_token("shop", "a-1", |record| record.grant.active = false).await;
    let successor = world.store_refresh_token("shop", "a-1", |_| ()).await;
    world.ask_as("shop").revoke(&spent).await.expect("no error");
    assert!(world.is_active(&successor).await);
}

#[tokio::test]
async fn an_expired_access_token_still_revokes_its_authorization() {
    let world = two_shops().await;
    let access = world.store_access_token("shop", "a-1", |_| ()).await;
    let refresh = world
        .store_refresh_token("shop", "a-1", |record| record.grant.session.id_token.expires_at.refresh_token = None)
        .await;
    world.wait(3600);
    assert!(!world.is_active(&access).await && world.is_active(&refresh).await);
    world.ask_as("shop").revoke(&access).await.expect("it is revoked");
    assert!(!world.is_active(&refresh).await);
}

#[tokio::test]
async fn hints_change_nothing_but_the_order_of_the_search() {
    for hint in ["access_token", "refresh_token", "nonsense"] {
        let world = two_shops().await;
        let access = world.access_token("shop").await;
        let refresh = world.store_refresh_token("shop", "a-1", |_| ()).await;
        for token in [&access, &refresh] {
            world.ask_as("shop").with("token_type_hint", hint).revoke(token).await.expect("it is revoked");
            assert!(!world.is_active(token).await, "{hint}");
        }
    }
}

#[tokio::test]
async fn a_public_client_revokes_its_own_tokens_by_its_name_alone() {
    let world = two_shops().await;
    world.register("app", |client| client.token_endpoint_auth_method = AuthMethod::None).await;
    let token = world.store_refresh_token("app", "a-1", |_| ()).await;
    let foreign = world.store_refresh_token("shop", "a-2", |_| ()).await;
    world.ask().with("client_id", "app").revoke(&foreign).await.expect("no error");
    world.ask().with("client_id", "app").revoke(&token).await.expect("it is revoked");
    assert!(!world.is_active(&token).await && world.is_active(&foreign).await);
}

#[tokio::test]
async fn nobody_revokes_without_authentication() {
    let world = two_shops().await;
    let token = world.access_token("shop").await;
    assert_eq!(refused(world.ask().revoke(&token).await), ErrorCode::InvalidRequest);
    assert_eq!(refused(world.ask().basic("shop", "wrong").revoke(&token).await), ErrorCode::InvalidClient);
    assert_eq!(refused(world.ask().with("client_id", "shop").revoke(&token).await), ErrorCode::InvalidClient);
    assert_eq!(refused(world.ask().post("shop", &secret_of("shop")).revoke(&token).await), ErrorCode::InvalidClient);
    assert!(world.is_active(&token).await);
}

#[tokio::test]
async fn a_request_without_a_token_is_malformed() {
    let world = two_shops().await;
    assert_eq!(refused(RevocationRequest::parse(&Form::default(), Ok(None))), ErrorCode::InvalidRequest);
    assert_eq!(refused(world.ask_as("shop").revoke("").await), ErrorCode::InvalidRequest);
    assert_eq!(refused(world.ask_as("shop").with("token", "one").revoke("two").await), ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn a_failing_storage_is_an_error_and_the_token_is_not_called_dead() {
    let world = two_shops().await;
    let token = world.access_token("shop").await;
    for (fault, code) in [
        (StorageError::Unavailable("gone".to_owned()), ErrorCode::TemporarilyUnavailable),
        (StorageError::Contention, ErrorCode::TemporarilyUnavailable),
        (StorageError::Refused("read-only".to_owned()), ErrorCode::ServerError),
    ] {
        world.storage.break_writes(fault);
        assert_eq!(refused(world.ask_as("shop").revoke(&token).await), code);
        world.storage.repair();
        assert!(world.is_active(&token).await);
    }
    world.ask_as("shop").revoke(&token).await.expect("the next try works");
    assert!(!world.is_active(&token).await);
}

#[tokio::test]
async fn a_failing_second_statement_leaves_the_whole_authorization_as_it_was() {
    use oauth_core::{ids::RequestId, storage::Storage};
    let world = two_shops().await;
    let refresh = world.store_refresh_token("shop", "a-1", |_| ()).await;
    let broken = world
        .storage
        .write(|records| {
            records.delete_refresh_tokens_of_request(&RequestId::new("a-1"))?;
            Err::<(), _>(StorageError::Unavailable("gone in the middle".to_owned()))
        })
        .await;
    assert!(broken.is_err());
    assert!(world.is_active(&refresh).await);
}
