//! What becomes of a client when it is replaced, patched or deleted, or gets other lifespans.

use chrono::TimeDelta;
use go_duration::GoDuration;
use oauth_core::{
    ErrorCode,
    client::{Client, Lifespans, Registration},
    ids::ClientId,
    secret::ClientSecret,
};

use crate::support::{World, beginning, list, refused, registration};

#[tokio::test]
async fn a_replacement_keeps_secrets_and_creation_and_replaces_all_else() {
    let world = World::new();
    world
        .register("shop", |client| {
            client.name = "Shop".to_owned();
            client.metadata = r#"{"a":1}"#.to_owned();
            client.skip_consent = true;
            client.lifespans.client_credentials_grant_access_token = Some(GoDuration::from_secs(60));
        })
        .await;
    world.provider.rotate_secret(ClientId::new("shop")).await.expect("the secret is rotated");
    let before = world.provider.find_client(ClientId::new("shop")).await.expect("it is there");
    world.wait(60);
    let after = world.replace("shop", None, |client| client.owner = "team-a".to_owned()).await;
    assert_eq!((&after.secret, &after.rotated_secrets), (&before.secret, &before.rotated_secrets));
    assert_eq!((after.created_at, after.updated_at), (beginning(), beginning() + TimeDelta::seconds(60)));
    assert_eq!((after.name.as_str(), after.metadata.as_str(), after.skip_consent), ("", "{}", false));
    assert_eq!((after.owner.as_str(), after.lifespans.clone()), ("team-a", Lifespans::default()));
    assert!(!before.registration_access_token_signature.is_empty());
    assert_eq!(after.registration_access_token_signature, "", "the registration token ends with it");
    assert_eq!(world.provider.find_client(ClientId::new("shop")).await.expect("it is there"), after);
}

#[tokio::test]
async fn a_replacement_with_a_secret_drops_the_rotated_ones_and_tells_the_new_one_once() {
    let world = World::new();
    world.register("shop", |_| ()).await;
    world.provider.rotate_secret(ClientId::new("shop")).await.expect("the secret is rotated");
    let wanted = Registration { secret: Some(ClientSecret::new("a new secret")), ..registration("shop", |_| ()) };
    let update = world.provider.replace_client(ClientId::new("shop"), wanted, None).await.expect("it is replaced");
    let update = update.expect("nobody else changed it");
    assert_eq!(update.secret.expect("the new secret").expose(), "a new secret");
    assert!(update.client.rotated_secrets.is_empty());
}

#[tokio::test]
async fn a_replacement_may_forget_the_rotated_secrets_alone() {
    let world = World::new();
    world.register("shop", |_| ()).await;
    let rotated = world.provider.rotate_secret(ClientId::new("shop")).await.expect("the secret is rotated");
    let wanted = Registration { secret: None, forget_rotated_secrets: true, ..registration("shop", |_| ()) };
    let update = world.provider.replace_client(ClientId::new("shop"), wanted, None).await.expect("it is replaced");
    let update = update.expect("nobody else changed it");
    assert!(update.secret.is_none() && update.client.rotated_secrets.is_empty());
    assert_eq!(update.client.secret, rotated.client.secret);
}

#[tokio::test]
async fn a_wrong_replacement_is_reported_before_a_missing_client() {
    let world = World::new();
    let wrong = registration("shop", |client| client.redirect_uris = list(&["foo"]));
    let answer = world.provider.replace_client(ClientId::new("shop"), wrong, None).await;
    assert_eq!(refused(answer), ErrorCode::InvalidRedirectUri);
    let right = world.provider.replace_client(ClientId::new("shop"), registration("shop", |_| ()), None).await;
    assert_eq!(refused(right), ErrorCode::NotFound);
}

#[tokio::test]
async fn a_patch_made_from_an_outdated_client_changes_nothing() {
    let world = World::new();
    let seen = world.register("shop", |_| ()).await.client;
    world.wait(1);
    world.replace("shop", None, |client| client.name = "changed meanwhile".to_owned()).await;
    let patch = |seen| {
        let wanted =
            Registration { secret: None, ..registration("shop", |client| client.owner = "patched".to_owned()) };
        world.provider.replace_client(ClientId::new("shop"), wanted, Some(seen))
    };
    assert!(patch(seen).await.expect("no error").is_none());
    let present = world.provider.find_client(ClientId::new("shop")).await.expect("it is there");
    assert_eq!((present.name.as_str(), present.owner.as_str()), ("changed meanwhile", ""));
    assert_eq!(patch(present).await.expect("no error").expect("it is the present one").client.owner, "patched");
}

#[tokio::test]
async fn lifespans_are_replaced_all_at_once_and_nothing_else_is() {
    let world = World::new();
    let before = world
        .register("shop", |client| client.lifespans.implicit_grant_id_token = Some(GoDuration::from_secs(60)))
        .await
        .client;
    world.wait(5);
    let wanted =
        Lifespans { client_credentials_grant_access_token: Some(GoDuration::from_secs(120)), ..Lifespans::default() };
    let after = world.provider.set_lifespans(ClientId::new("shop"), wanted.clone()).await.expect("they are set").client;
    let expected = Client { lifespans: wanted, updated_at: after.updated_at, ..before };
    assert_eq!(after, expected, "the registration token stays as well");
    assert_eq!(world.ask_as("shop").token().await.expect("a token").expires_in, 120);
    let nobody = world.provider.set_lifespans(ClientId::new("nobody"), Lifespans::default()).await;
    assert_eq!(refused(nobody), ErrorCode::NotFound);
}

#[tokio::test]
async fn a_deleted_client_is_gone_once() {
    let world = World::new();
    world.register("shop", |_| ()).await;
    let id = ClientId::new("shop");
    world.provider.delete_client(id.clone()).await.expect("it is deleted");
    assert_eq!(refused(world.provider.delete_client(id.clone()).await), ErrorCode::NotFound);
    assert_eq!(refused(world.provider.find_client(id).await), ErrorCode::NotFound);
}
