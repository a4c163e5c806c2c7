//! Secrets over time: rotation, replacement, and what is remembered of secrets that were verified.

use oauth_core::{
    Error, ErrorCode,
    client::{AuthMethod, Client, SecretHash},
    ids::ClientId,
    policy::SecretHashing,
    secret::ClientSecret,
    storage::Storage,
};

use crate::support::{World, refused, secret_of};

async fn gets_in(world: &World, secret: &str) -> bool {
    match world.ask().basic("shop", secret).authenticate().await {
        Ok(_) => true,
        Err(why) => {
            assert_eq!(why.code(), ErrorCode::InvalidClient);
            false
        }
    }
}

async fn rotate(world: &World) -> String {
    let update = world.provider.rotate_secret(ClientId::new("shop")).await.expect("the secret can be rotated");
    update.secret.expect("a new secret").into_exposed()
}

async fn shop() -> World {
    let world = World::new();
    world.register("shop", |_| ()).await;
    world
}

#[tokio::test]
async fn rotated_secrets_keep_working_beside_the_new_one_up_to_five() {
    let world = shop().await;
    let mut secrets = vec![secret_of("shop")];
    for _ in 0..6 {
        secrets.push(rotate(&world).await);
    }
    let works: Vec<bool> = {
        let mut works = Vec::new();
        for secret in &secrets {
            works.push(gets_in(&world, secret).await);
        }
        works
    };
    assert_eq!(works, [false, true, true, true, true, true, true], "the present one and five before it");
    let client = world.provider.find_client(ClientId::new("shop")).await.expect("it is there");
    assert_eq!(client.rotated_secrets.len(), Client::MAX_ROTATED_SECRETS);
}

#[tokio::test]
async fn a_secret_that_was_used_before_stops_working_when_it_is_rotated_out() {
    let world = shop().await;
    assert!(gets_in(&world, &secret_of("shop")).await);
    for _ in 0..Client::MAX_ROTATED_SECRETS {
        rotate(&world).await;
        assert!(gets_in(&world, &secret_of("shop")).await);
    }
    rotate(&world).await;
    assert!(!gets_in(&world, &secret_of("shop")).await);
}

#[tokio::test]
async fn forgetting_rotated_secrets_leaves_the_newest_alone() {
    let world = shop().await;
    let newest = rotate(&world).await;
    assert!(gets_in(&world, &secret_of("shop")).await);
    world.provider.forget_rotated_secrets(ClientId::new("shop")).await.expect("they are forgotten");
    assert!(!gets_in(&world, &secret_of("shop")).await);
    assert!(gets_in(&world, &newest).await);
}

#[tokio::test]
async fn a_replaced_secret_stops_working_at_once_although_it_was_verified_before() {
    let world = shop().await;
    let previous = rotate(&world).await;
    assert!(gets_in(&world, &previous).await && gets_in(&world, &secret_of("shop")).await);
    world.replace("shop", Some("a new secret"), |_| ()).await;
    assert!(gets_in(&world, "a new secret").await);
    assert!(!gets_in(&world, &previous).await && !gets_in(&world, &secret_of("shop")).await);
}

#[tokio::test]
async fn another_instance_hears_of_a_replaced_secret_at_once() {
    let world = shop().await;
    let other = world.another_instance();
    assert!(gets_in(&other, &secret_of("shop")).await);
    world.replace("shop", Some("a new secret"), |_| ()).await;
    assert!(!gets_in(&other, &secret_of("shop")).await);
    assert!(gets_in(&other, "a new secret").await);
}

#[tokio::test]
async fn a_wrong_secret_is_wrong_however_often_it_is_tried_and_right_once_it_is_set() {
    let world = shop().await;
    for _ in 0..3 {
        assert!(!gets_in(&world, "a new secret").await);
        assert!(gets_in(&world, &secret_of("shop")).await);
    }
    world.replace("shop", Some("a new secret"), |_| ()).await;
    assert!(gets_in(&world, "a new secret").await);
}

#[tokio::test]
async fn a_deleted_client_does_not_get_in_nor_does_its_successor_with_the_old_secret() {
    let world = shop().await;
    assert!(gets_in(&world, &secret_of("shop")).await);
    world.provider.delete_client(ClientId::new("shop")).await.expect("it is deleted");
    assert!(!gets_in(&world, &secret_of("shop")).await);
    world.register("shop", |_| ()).await;
    assert!(gets_in(&world, &secret_of("shop")).await);
    world.replace("shop", Some("its own secret"), |_| ()).await;
    assert!(!gets_in(&world, &secret_of("shop")).await);
}

#[tokio::test]
async fn a_verified_secret_of_one_client_opens_no_other() {
    let world = shop().await;
    world.register("bank", |_| ()).await;
    assert!(gets_in(&world, &secret_of("shop")).await);
    assert_eq!(refused(world.ask().basic("bank", &secret_of("shop")).authenticate().await), ErrorCode::InvalidClient);
    assert!(!gets_in(&world, &secret_of("bank")).await);
}

#[tokio::test]
async fn a_verified_secret_does_not_outlive_a_change_of_method() {
    let world = shop().await;
    assert!(gets_in(&world, &secret_of("shop")).await);
    world.replace("shop", None, |client| client.token_endpoint_auth_method = AuthMethod::ClientSecretPost).await;
    assert!(!gets_in(&world, &secret_of("shop")).await);
    world.ask().post("shop", &secret_of("shop")).authenticate().await.expect("the same secret, the new way");
}

#[tokio::test]
async fn only_clients_that_use_a_secret_can_rotate_it() {
    let world = World::new();
    for method in [AuthMethod::None, AuthMethod::PrivateKeyJwt] {
        let id = method.as_str().to_owned();
        world
            .register(&id, |client| {
                client.token_endpoint_auth_method = method;
                client.jwks = r#"{"keys":[]}"#.to_owned();
            })
            .await;
        let id = ClientId::new(id);
        assert_eq!(refused(world.provider.rotate_secret(id.clone()).await), ErrorCode::InvalidRequest);
        assert_eq!(refused(world.provider.forget_rotated_secrets(id).await), ErrorCode::InvalidRequest);
    }
    assert_eq!(refused(world.provider.rotate_secret(ClientId::new("nobody")).await), ErrorCode::NotFound);
    assert_eq!(refused(world.provider.forget_rotated_secrets(ClientId::new("nobody")).await), ErrorCode::NotFound);
}

#[tokio::test]
async fn an_empty_secret_is_no_secret_even_for_a_row_without_a_hash() {
    let world = shop().await;
    let emptied = world
        .storage
        .write(|records| {
            let mut client = records.client(&ClientId::new("shop"))?.expect("it is there");
            client.secret = SecretHash::new("");
            records.update_client(&client)?;
            Ok::<_, Error>(())
        })
        .await;
    emptied.expect("the row is changed");
    assert!(!gets_in(&world, "").await);
    assert!(!gets_in(&world, "anything").await);
}

#[tokio::test]
async fn hashes_made_under_another_setting_still_verify() {
    let world = shop().await;
    let bcrypt = world.instance_with(&["a system secret that only tests have"], |policy| {
        policy.secret_hashing = SecretHashing::Bcrypt { cost: 4 };
    });
    assert!(gets_in(&bcrypt, &secret_of("shop")).await);
    let client = bcrypt.replace("shop", Some("a new secret"), |_| ()).await;
    assert!(client.secret.expose().starts_with("$2a$04$"));
    assert!(gets_in(&world, "a new secret").await);
}

#[tokio::test]
async fn simultaneous_requests_of_one_client_all_get_in() {
    let world = shop().await;
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let provider = world.provider.clone();
        requests.spawn(async move {
            let basic = Some((ClientId::new("shop"), ClientSecret::new(secret_of("shop"))));
            provider.authenticate(oauth_core::client::Credentials { basic, ..Default::default() }).await
        });
    }
    for answer in requests.join_all().await {
        answer.expect("each gets in");
    }
}
