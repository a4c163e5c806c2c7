//! Client authentication (RFC 6749 §2.3): who gets in by which way, and who does not.

use oauth_core::{Error, ErrorCode, client::AuthMethod, storage::StorageError};

use crate::support::{World, message, refused, secret_of};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// One client for each method; `odd` has a word that Hydra stores without a look.
async fn one_of_each() -> World {
    let world = World::with(|policy| policy.compat_hydra = true);
    for (id, method) in [
        ("basic", AuthMethod::ClientSecretBasic),
        ("post", AuthMethod::ClientSecretPost),
        ("public", AuthMethod::None),
        ("keys", AuthMethod::PrivateKeyJwt),
        ("odd", AuthMethod::Other("NONE".to_owned())),
    ] {
        world
            .register(id, |client| {
                client.token_endpoint_auth_method = method;
                client.jwks = r#"{"keys":[]}"#.to_owned();
            })
            .await;
    }
    world
}

#[tokio::test]
async fn each_client_gets_in_by_the_method_it_registered() {
    let world = one_of_each().await;
    for ask in [
        world.ask().basic("basic", &secret_of("basic")),
        world.ask().basic("basic", &secret_of("basic")).with("client_id", "basic"),
        world.ask().post("post", &secret_of("post")),
        world.ask().with("client_id", "public"),
        world.ask().basic("public", ""),
    ] {
        ask.authenticate().await.expect("the right way in");
    }
}

#[tokio::test]
async fn no_client_gets_in_by_a_method_it_did_not_register() {
    let world = one_of_each().await;
    for id in ["basic", "post", "public", "keys", "odd"] {
        let secret = secret_of(id);
        if id != "basic" {
            assert_eq!(refused(world.ask().basic(id, &secret).authenticate().await), ErrorCode::InvalidClient, "{id}");
        }
        if id != "post" {
            assert_eq!(refused(world.ask().post(id, &secret).authenticate().await), ErrorCode::InvalidClient, "{id}");
        }
        if id != "public" {
            let without_secret = world.ask().with("client_id", id);
            assert_eq!(refused(without_secret.authenticate().await), ErrorCode::InvalidClient, "{id}");
            assert_eq!(refused(world.ask().basic(id, "").authenticate().await), ErrorCode::InvalidClient, "{id}");
        }
    }
}

#[tokio::test]
async fn a_wrong_secret_and_an_unknown_client_look_the_same() {
    let world = one_of_each().await;
    let wrong = world.ask().basic("basic", "not the secret").authenticate().await;
    let unknown = world.ask().basic("nobody", "not the secret").authenticate().await;
    let without = world.ask().with("client_id", "basic").authenticate().await;
    assert_eq!(refused(world.ask().with("client_id", "nobody").authenticate().await), ErrorCode::InvalidClient);
    let wrong = message(wrong);
    assert_eq!(wrong, message(unknown));
    assert_eq!(wrong, message(without));
    assert!(!wrong.contains("not the secret") && !wrong.contains("basic"));
}

#[tokio::test]
async fn a_request_that_names_no_client_is_malformed() {
    let world = one_of_each().await;
    assert_eq!(refused(world.ask().authenticate().await), ErrorCode::InvalidRequest);
    let secret_alone = world.ask().with("client_secret", &secret_of("post"));
    assert_eq!(refused(secret_alone.authenticate().await), ErrorCode::InvalidRequest);
    let empty = world.ask().with("client_id", "").with("client_secret", "");
    assert_eq!(refused(empty.authenticate().await), ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn two_whole_authentications_at_once_always_fail() {
    let world = one_of_each().await;
    for (basic, post) in [("basic", "basic"), ("post", "post"), ("basic", "post"), ("public", "post")] {
        let both = world.ask().basic(basic, &secret_of(basic)).post(post, &secret_of(post));
        assert_eq!(refused(both.authenticate().await), ErrorCode::InvalidClient, "{basic} and {post}");
    }
}

#[tokio::test]
async fn a_second_authentication_that_is_not_whole_makes_the_request_malformed() {
    let world = one_of_each().await;
    let basic = || world.ask().basic("basic", &secret_of("basic"));
    for ask in [
        basic().with("client_secret", &secret_of("basic")),
        basic().with("client_id", "public"),
        world.ask().basic("public", "").post("post", &secret_of("post")),
        world.ask().basic("public", "").with("client_id", "basic"),
        basic().with("client_assertion_type", JWT_BEARER).with("client_assertion", "a.b.c"),
        world
            .ask()
            .post("post", &secret_of("post"))
            .with("client_assertion_type", JWT_BEARER)
            .with("client_assertion", "a.b.c"),
    ] {
        assert_eq!(refused(ask.authenticate().await), ErrorCode::InvalidRequest);
    }
}

#[tokio::test]
async fn an_assertion_never_lets_anybody_in_unverified() {
    let world = one_of_each().await;
    let assertion = |kind: &str| {
        world.ask().with("client_id", "public").with("client_assertion_type", kind).with("client_assertion", "a.b.c")
    };
    assert_eq!(refused(assertion(JWT_BEARER).authenticate().await), ErrorCode::InvalidClient);
    assert_eq!(refused(assertion("something else").authenticate().await), ErrorCode::InvalidRequest);
    // Without a type it is no assertion at all.
    let ignored = world.ask().with("client_id", "public").with("client_assertion", "a.b.c");
    ignored.authenticate().await.expect("a public client as ever");
}

#[tokio::test]
async fn repeated_credentials_are_refused_unless_hydra_is_imitated() {
    let strict = World::new();
    strict.register("post", |client| client.token_endpoint_auth_method = AuthMethod::ClientSecretPost).await;
    let compatible =
        strict.instance_with(&["a system secret that only tests have"], |policy| policy.compat_hydra = true);
    let twice = |world| World::ask(world).post("post", &secret_of("post")).with("client_secret", "another");
    assert_eq!(refused(twice(&strict).authenticate().await), ErrorCode::InvalidRequest);
    twice(&compatible).authenticate().await.expect("the first secret counts");
    let other_client = strict.ask().post("post", &secret_of("post")).with("client_id", "other");
    assert_eq!(refused(other_client.authenticate().await), ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn malformed_basic_credentials_are_reported_as_such() {
    use oauth_core::token::{Form, TokenRequest};
    let form = Form::new(vec![("grant_type".to_owned(), "client_credentials".to_owned())], false);
    assert_eq!(refused(TokenRequest::parse(&form, Err(Error::MalformedBasic))), ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn ids_and_secrets_may_hold_any_printable_character() {
    let world = World::new();
    let id = "my app: 100% + more";
    world.register(id, |_| ()).await;
    let client = world.ask_as(id).authenticate().await.expect("it is what was registered");
    assert_eq!(client.id.as_str(), id);
}

#[tokio::test]
async fn a_database_that_is_away_is_never_the_clients_fault() {
    let world = World::new();
    world.register("shop", |_| ()).await;
    let token = world.access_token("shop").await;
    for fault in [StorageError::Unavailable("db.internal:5432 refused".to_owned()), StorageError::Contention] {
        world.storage.break_down(fault);
        let answers = [
            refused(world.ask_as("shop").authenticate().await),
            refused(world.ask().basic("shop", "wrong").authenticate().await),
            refused(world.ask_as("nobody").authenticate().await),
            refused(world.ask_as("shop").token().await),
            refused(world.ask_as("shop").revoke(&token).await),
            refused(world.ask().introspect(&token).await),
        ];
        assert_eq!(answers, [ErrorCode::TemporarilyUnavailable; 6]);
        world.storage.repair();
        assert!(world.is_active(&token).await, "nothing was lost");
    }
}

#[tokio::test]
async fn a_damaged_row_is_an_error_of_ours_and_says_nothing_of_its_insides() {
    let world = World::new();
    world.register("shop", |_| ()).await;
    for fault in [
        StorageError::Corrupt("hydra_client.jwks".to_owned()),
        StorageError::Refused("relation hydra_client at 10.0.0.7".to_owned()),
    ] {
        world.storage.break_down(fault);
        let answer = world.ask_as("shop").token().await;
        let text = message(answer);
        assert!(!text.contains("hydra_client") && !text.contains("10.0.0.7"), "{text}");
        assert_eq!(refused(world.ask_as("shop").token().await), ErrorCode::ServerError);
    }
}
