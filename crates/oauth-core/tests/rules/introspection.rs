//! Introspection (RFC 7662): which tokens are good, and what is told of them.

use chrono::TimeDelta;
use oauth_core::{
    ErrorCode,
    ids::{AccessSignature, ClientId},
    introspect::Introspection,
    scope::ScopeStrategy,
    token::{Form, IdTokenClaims, IntrospectionRequest, TokenHint},
};
use serde_json::json;

use crate::support::{World, beginning, list, refused};

async fn shop() -> World {
    let world = World::new();
    world
        .register("shop", |client| {
            client.scope = "api photos.*".to_owned();
            client.audience = list(&["urn:thing"]);
        })
        .await;
    world
}

async fn introspect(world: &World, token: &str) -> Introspection {
    world.ask().introspect(token).await.expect("introspection answers").expect("the token is active")
}

#[tokio::test]
async fn an_access_token_says_what_it_stands_for() {
    let world = shop().await;
    let ask = world.ask_as("shop").with("scope", "api photos.read").with("audience", "urn:thing");
    let token = ask.token().await.expect("a token").access_token.into_exposed();
    world.wait(10);
    let told = introspect(&world, &token).await;
    assert_eq!(told.scope, ["api", "photos.read"]);
    assert_eq!((told.client_id.as_str(), told.subject.as_str()), ("shop", "shop"));
    assert_eq!((told.issued_at, told.expires_at), (beginning(), Some(beginning() + TimeDelta::hours(1))));
    assert_eq!((told.audience, told.kind), (list(&["urn:thing"]), TokenHint::Access));
    assert_eq!((told.obfuscated_subject, told.extra, told.username.as_str()), (None, None, ""));
}

#[tokio::test]
async fn a_refresh_token_says_what_it_stands_for() {
    let world = shop().await;
    let token = world
        .store_refresh_token("shop", "authorization-1", |record| {
            record.grant.session.extra = json!({ "tier": "gold" }).as_object().cloned();
            record.grant.session.id_token.id_token_claims =
                Some(IdTokenClaims { sub: "pairwise-alice".to_owned(), ..IdTokenClaims::default() });
        })
        .await;
    let told = introspect(&world, &token).await;
    assert_eq!((told.kind, told.subject.as_str()), (TokenHint::Refresh, "alice"));
    assert_eq!(told.obfuscated_subject.as_deref(), Some("pairwise-alice"));
    assert_eq!(told.extra, json!({ "tier": "gold" }).as_object().cloned());
}

#[tokio::test]
async fn a_subject_that_is_not_pairwise_is_told_once() {
    let world = shop().await;
    let token = world
        .store_access_token("shop", "authorization-1", |record| {
            let claims = IdTokenClaims { sub: "alice".to_owned(), ..IdTokenClaims::default() };
            record.grant.session.id_token.id_token_claims = Some(claims);
            record.grant.session.extra = Some(serde_json::Map::new());
        })
        .await;
    let told = introspect(&world, &token).await;
    assert_eq!((told.obfuscated_subject, told.extra), (None, None));
}

#[tokio::test]
async fn a_token_is_good_until_the_moment_it_ends() {
    let world = shop().await;
    let access = world.access_token("shop").await;
    let refresh = world.store_refresh_token("shop", "authorization-1", |_| ()).await;
    world.wait(3599);
    assert!(world.is_active(&access).await && world.is_active(&refresh).await);
    world.wait(1);
    assert!(!world.is_active(&access).await && !world.is_active(&refresh).await);
}

#[tokio::test]
async fn the_session_decides_when_a_token_ends_not_the_column() {
    let world = shop().await;
    let stretched = world
        .store_access_token("shop", "authorization-1", |record| {
            record.grant.expires_at = Some(beginning() + TimeDelta::days(9));
        })
        .await;
    world.wait(3600);
    assert!(!world.is_active(&stretched).await);
}

#[tokio::test]
async fn without_an_end_in_the_session_the_configured_lifetime_counts() {
    let world = shop().await;
    let access = world
        .store_access_token("shop", "a-1", |record| record.grant.session.id_token.expires_at.access_token = None)
        .await;
    let refresh = world
        .store_refresh_token("shop", "a-1", |record| record.grant.session.id_token.expires_at.refresh_token = None)
        .await;
    let endless = world.instance_with(&["a system secret that only tests have"], |policy| {
        policy.lifetimes.refresh_token = None;
    });
    assert_eq!(introspect(&world, &access).await.expires_at, Some(beginning() + TimeDelta::hours(1)));
    assert_eq!(introspect(&world, &refresh).await.expires_at, Some(beginning() + TimeDelta::hours(720)));
    assert_eq!(introspect(&endless, &refresh).await.expires_at, None);
    world.wait(3600);
    assert!(!world.is_active(&access).await && world.is_active(&refresh).await);
    world.wait(719 * 3600);
    assert!(!world.is_active(&refresh).await && endless.is_active(&refresh).await);
}

#[tokio::test]
async fn what_we_did_not_issue_is_not_good() {
    let world = shop().await;
    let token = world.access_token("shop").await;
    let (random, mac) = token.split_once('.').expect("two halves");
    let other = world.access_token("shop").await;
    let (other_random, other_mac) = other.split_once('.').expect("two halves");
    for forged in [
        String::new(),
        "ory_at_".to_owned(),
        ".".to_owned(),
        random.to_owned(),
        format!("{random}."),
        format!(".{mac}"),
        format!("{other_random}.{mac}"),
        format!("{random}.{other_mac}"),
        token[..token.len() - 1].to_owned(),
        format!("{token}A"),
        format!("{token} "),
        format!("{token}.{mac}"),
        token.to_uppercase(),
        token.replace('.', ".."),
        "x".repeat(100_000),
        ".".repeat(100_000),
    ] {
        assert!(!world.is_active(&forged).await, "{}", &forged[..forged.len().min(100)]);
    }
    assert!(world.is_active(&token).await);
}

#[tokio::test]
async fn a_genuine_token_without_a_row_is_not_good() {
    let world = shop().await;
    let token = world.access_token("shop").await;
    let elsewhere = shop().await;
    assert!(!elsewhere.is_active(&token).await, "the same secret, another database");
}

#[tokio::test]
async fn a_token_of_another_system_secret_is_not_good_and_an_older_secret_still_is() {
    let world = shop().await;
    let token = world.access_token("shop").await;
    let stranger = world.instance_with(&["somebody else's system secret"], |_| ());
    assert!(!stranger.is_active(&token).await);
    let rotated = world.after_rotating_the_system_secret();
    assert!(rotated.is_active(&token).await);
    let newer = rotated.access_token("shop").await;
    assert!(rotated.is_active(&newer).await && !world.is_active(&newer).await);
}

#[tokio::test]
async fn tokens_of_a_deleted_client_are_not_good_even_if_the_client_comes_back() {
    let world = shop().await;
    let access = world.access_token("shop").await;
    let refresh = world.store_refresh_token("shop", "authorization-1", |_| ()).await;
    world.provider.delete_client(ClientId::new("shop")).await.expect("it is deleted");
    world.register("shop", |_| ()).await;
    assert!(!world.is_active(&access).await && !world.is_active(&refresh).await);
}

#[tokio::test]
async fn deleting_a_clients_access_tokens_leaves_its_refresh_tokens_and_other_clients_alone() {
    let world = shop().await;
    world.register("bank", |_| ()).await;
    let (access, other) = (world.access_token("shop").await, world.access_token("bank").await);
    let refresh = world.store_refresh_token("shop", "authorization-1", |_| ()).await;
    world.provider.delete_access_tokens(ClientId::new("shop")).await.expect("they are deleted");
    world.provider.delete_access_tokens(ClientId::new("nobody")).await.expect("nothing to delete is no error");
    assert!(!world.is_active(&access).await);
    assert!(world.is_active(&refresh).await && world.is_active(&other).await);
}

#[tokio::test]
async fn a_token_that_was_used_up_is_not_good() {
    let world = shop().await;
    let refresh = world.store_refresh_token("shop", "a-1", |record| record.grant.active = false).await;
    let access = world.store_access_token("shop", "a-1", |record| record.grant.active = false).await;
    assert!(!world.is_active(&refresh).await && !world.is_active(&access).await);
}

#[tokio::test]
async fn a_token_must_have_every_scope_that_is_asked_about() {
    let world = shop().await;
    let token = world.store_access_token("shop", "authorization-1", |_| ()).await;
    let exact = world.instance_with(&["a system secret that only tests have"], |policy| {
        policy.scope_strategy = ScopeStrategy::Exact;
    });
    for (scope, by_wildcard, by_text) in [
        ("", true, true),
        ("openid", true, true),
        ("openid photos.read", true, false),
        (" openid  photos.* ", true, true),
        ("openid admin", false, false),
        ("photos", false, false),
    ] {
        let ask = |world: &World| {
            let form =
                [("token", token.as_str()), ("scope", scope)].map(|(name, value)| (name.to_owned(), value.to_owned()));
            let request = IntrospectionRequest::parse(&Form::new(form.to_vec(), false)).expect("a good form");
            let provider = world.provider.clone();
            async move { provider.introspect(request).await.expect("introspection answers").is_some() }
        };
        assert_eq!((ask(&world).await, ask(&exact).await), (by_wildcard, by_text), "{scope}");
    }
}

#[tokio::test]
async fn a_hint_is_only_a_hint() {
    let world = shop().await;
    let access = world.access_token("shop").await;
    let refresh = world.store_refresh_token("shop", "authorization-1", |_| ()).await;
    for hint in ["access_token", "refresh_token", "", "nonsense"] {
        for (token, kind) in [(&access, TokenHint::Access), (&refresh, TokenHint::Refresh)] {
            let told =
                world.ask().with("token_type_hint", hint).introspect(token).await.expect("introspection answers");
            assert_eq!(told.expect("active").kind, kind, "{hint}");
        }
    }
}

#[tokio::test]
async fn kinds_of_tokens_are_not_confused() {
    let world = shop().await;
    let access = world.access_token("shop").await;
    let refresh = world.store_refresh_token("shop", "authorization-1", |_| ()).await;
    for (token, own, others) in [
        (&access, "ory_at_", ["ory_rt_", "ory_ac_", "ory_dc_", "ORY_AT_"]),
        (&refresh, "ory_rt_", ["ory_at_", "ory_ac_", "ory_dc_", "ORY_RT_"]),
    ] {
        for other in others {
            assert!(!world.is_active(&token.replace(own, other)).await, "{own} as {other}");
        }
        assert!(world.is_active(&token.replace(own, "")).await, "the prefix may be missing");
    }
    let registration = world.register("other", |_| ()).await.registration_access_token.into_exposed();
    assert!(!world.is_active(&registration).await, "a registration token is no access token");
}

#[tokio::test]
async fn rows_of_very_old_releases_are_found_by_the_signature_itself() {
    let world = shop().await;
    let token = world.access_token("shop").await;
    let mut row = world.row_of(&token).await.expect("it is stored");
    world.provider.delete_access_tokens(ClientId::new("shop")).await.expect("the row is gone");
    assert!(!world.is_active(&token).await);
    row.signature = AccessSignature::new(token_hmac::signature_part(&token).expect("a signature"));
    use oauth_core::storage::Storage;
    world.storage.write(move |records| records.insert_access_token(&row)).await.expect("it is stored as of old");
    assert!(world.is_active(&token).await);
}

#[tokio::test]
async fn an_empty_form_is_malformed_and_a_missing_token_is_simply_not_good() {
    let world = shop().await;
    assert_eq!(refused(IntrospectionRequest::parse(&Form::default())), ErrorCode::InvalidRequest);
    let scope_alone = Form::new(vec![("scope".to_owned(), "api".to_owned())], false);
    let request = IntrospectionRequest::parse(&scope_alone).expect("a form without a token");
    assert!(world.provider.introspect(request).await.expect("introspection answers").is_none());
    assert!(world.ask().introspect("").await.expect("introspection answers").is_none());
    assert_eq!(refused(world.ask().with("token", "another").introspect("one").await), ErrorCode::InvalidRequest);
}
