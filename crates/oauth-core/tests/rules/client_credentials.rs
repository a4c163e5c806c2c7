//! The client credentials grant (RFC 6749 §4.4), with opaque tokens.

use chrono::TimeDelta;
use go_duration::GoDuration;
use oauth_core::{
    Error, ErrorCode,
    client::{AuthMethod, Lifespans},
    scope::ScopeStrategy,
    storage::StorageError,
};
use serde_json::json;

use crate::support::{World, list, message, refused};

async fn shop() -> World {
    shop_with(|_| ()).await
}

async fn shop_with(change: impl FnOnce(&mut oauth_core::policy::Policy)) -> World {
    let world = World::with(change);
    world
        .register("shop", |client| {
            client.scope = "api photos.* offline_access".to_owned();
            client.audience = list(&["https://api.example/v1", "urn:thing"]);
        })
        .await;
    world
}

#[tokio::test]
async fn a_client_gets_the_scope_it_asks_for_and_registered() {
    let world = shop().await;
    let answer = world.ask_as("shop").with("scope", " api  photos.read api ").token().await.expect("a token");
    assert_eq!(answer.scope, ["api", "photos.read"]);
    assert_eq!(answer.expires_in, 3600);
    let token = answer.access_token.into_exposed();
    assert!(token.starts_with("ory_at_") && token.len() == 94, "{}", token.len());
}

#[tokio::test]
async fn a_client_that_asks_for_no_scope_gets_none() {
    let world = shop().await;
    let answer = world.ask_as("shop").token().await.expect("a token");
    assert!(answer.scope.is_empty());
}

#[tokio::test]
async fn a_client_that_asks_for_no_scope_gets_all_of_it_where_the_operator_says_so() {
    let world = shop_with(|policy| policy.default_grant_allowed_scope = true).await;
    let answer = world.ask_as("shop").token().await.expect("a token");
    assert_eq!(answer.scope, ["api", "photos.*", "offline_access"]);
    let row = world.row_of(answer.access_token.expose()).await.expect("it is stored");
    assert!(row.grant.requested_scope.is_empty());
    let narrower = world.ask_as("shop").with("scope", "api").token().await.expect("a token");
    assert_eq!(narrower.scope, ["api"]);
}

#[tokio::test]
async fn a_scope_that_is_not_registered_is_refused_by_name() {
    let world = shop().await;
    for odd in ["admin", "api.read", "photos", "photos.", "*", "API"] {
        let ask = || world.ask_as("shop").with("scope", &format!("api {odd}"));
        assert_eq!(refused(ask().token().await), ErrorCode::InvalidScope, "{odd}");
        assert!(message(ask().token().await).contains(odd), "{odd}");
    }
}

#[tokio::test]
async fn an_exact_strategy_takes_stars_for_letters() {
    let world = shop_with(|policy| policy.scope_strategy = ScopeStrategy::Exact).await;
    assert_eq!(refused(world.ask_as("shop").with("scope", "photos.read").token().await), ErrorCode::InvalidScope);
    world.ask_as("shop").with("scope", "photos.*").token().await.expect("the very text that was registered");
}

#[tokio::test]
async fn a_malformed_scope_is_refused_even_for_a_client_that_may_have_any() {
    let world = World::new();
    world.register("shop", |client| client.scope = "*".to_owned()).await;
    for odd in ["é", "a\"b", "a\\b", "a\tb", "a\u{0}b", "photos.x|admin"] {
        assert_eq!(refused(world.ask_as("shop").with("scope", odd).token().await), ErrorCode::InvalidScope, "{odd:?}");
    }
}

#[tokio::test]
async fn an_audience_must_be_registered_or_lie_below_a_registered_one() {
    let world = shop().await;
    for asked in ["https://api.example/v1", "https://api.example/v1/orders", "urn:thing"] {
        let answer = world.ask_as("shop").with("audience", asked).token().await.expect("a token");
        let row = world.row_of(answer.access_token.expose()).await.expect("it is stored");
        assert_eq!((row.grant.requested_audience, row.grant.granted_audience), (list(&[asked]), list(&[asked])));
    }
    for asked in ["https://api.example/v10", "https://api.example/v1/../v2", "https://evil.example/v1", "urn:other"] {
        assert_eq!(
            refused(world.ask_as("shop").with("audience", asked).token().await),
            ErrorCode::InvalidRequest,
            "{asked}"
        );
    }
}

#[tokio::test]
async fn one_audience_is_a_list_and_several_are_taken_whole() {
    let world = shop().await;
    let one = world.ask_as("shop").with("audience", "urn:thing https://api.example/v1").token().await.expect("a token");
    let several = world.ask_as("shop").with("audience", "urn:thing").with("audience", "https://api.example/v1");
    let several = several.token().await.expect("a token");
    for answer in [one, several] {
        let row = world.row_of(answer.access_token.expose()).await.expect("it is stored");
        assert_eq!(row.grant.granted_audience, ["urn:thing", "https://api.example/v1"]);
    }
    let whole = world.ask_as("shop").with("audience", "urn:thing urn:thing").with("audience", "urn:thing");
    assert_eq!(refused(whole.token().await), ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn a_public_client_has_nothing_to_show_for_itself() {
    let world = World::new();
    world.register("app", |client| client.token_endpoint_auth_method = AuthMethod::None).await;
    assert_eq!(refused(world.ask().with("client_id", "app").token().await), ErrorCode::UnauthorizedClient);
}

#[tokio::test]
async fn a_client_must_be_registered_for_the_grant() {
    let world = World::new();
    world.register("web", |client| client.grant_types = list(&["authorization_code"])).await;
    world.register("none", |client| client.grant_types = Vec::new()).await;
    world.register("loud", |client| client.grant_types = list(&["Client_Credentials"])).await;
    assert_eq!(refused(world.ask_as("web").token().await), ErrorCode::UnauthorizedClient);
    assert_eq!(refused(world.ask_as("none").token().await), ErrorCode::UnauthorizedClient);
    world.ask_as("loud").token().await.expect("registered words are compared without case");
}

#[tokio::test]
async fn checks_come_in_the_order_scope_audience_client_grant() {
    let world = World::new();
    world
        .register("app", |client| {
            client.token_endpoint_auth_method = AuthMethod::None;
            client.grant_types = list(&["authorization_code"]);
        })
        .await;
    let ask = || world.ask().with("client_id", "app");
    let all_wrong = ask().with("scope", "admin").with("audience", "urn:other");
    assert_eq!(refused(all_wrong.token().await), ErrorCode::InvalidScope);
    assert_eq!(refused(ask().with("audience", "urn:other").token().await), ErrorCode::InvalidRequest);
    assert!(matches!(ask().token().await, Err(Error::PublicClient)));
}

#[tokio::test]
async fn an_unknown_grant_type_is_reported_before_the_client_is_looked_at() {
    let world = shop().await;
    let stranger = || world.ask().basic("nobody", "wrong");
    for unknown in ["password", "implicit", "CLIENT_CREDENTIALS", "client_credentials authorization_code", "x"] {
        let answer = stranger().with("grant_type", unknown).token_as_is().await;
        assert_eq!(refused(answer), ErrorCode::UnsupportedGrantType, "{unknown}");
    }
    assert_eq!(refused(stranger().with("scope", "api").token_as_is().await), ErrorCode::InvalidRequest);
    assert_eq!(refused(stranger().with("grant_type", "").token_as_is().await), ErrorCode::InvalidRequest);
    assert_eq!(refused(stranger().token_as_is().await), ErrorCode::InvalidRequest);
    assert_eq!(refused(stranger().token().await), ErrorCode::InvalidClient);
}

#[tokio::test]
async fn an_unknown_grant_type_is_an_invalid_request_where_hydra_is_imitated() {
    let world = shop_with(|policy| policy.compat_hydra = true).await;
    let answer = world.ask_as("shop").with("grant_type", "password").token_as_is().await;
    assert_eq!(refused(answer), ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn a_repeated_parameter_is_refused_unless_hydra_is_imitated() {
    let strict = shop().await;
    for (name, value) in [("scope", "api"), ("client_id", "shop"), ("grant_type", "client_credentials")] {
        let twice = strict.ask_as("shop").with(name, value).with(name, value);
        assert_eq!(refused(twice.token().await), ErrorCode::InvalidRequest, "{name}");
    }
    let compatible = shop_with(|policy| policy.compat_hydra = true).await;
    let answer = compatible.ask_as("shop").with("scope", "api").with("scope", "photos.read").token().await;
    assert_eq!(answer.expect("the first counts").scope, ["api"]);
}

#[tokio::test]
async fn the_lifespan_is_the_clients_own_before_the_servers() {
    let world = World::with(|policy| policy.lifetimes.access_token = std::time::Duration::from_secs(600));
    world.register("plain", |_| ()).await;
    for (id, own, seconds) in [
        ("long", GoDuration::from_secs(5400), 5400),
        ("precise", GoDuration::from_nanos(1_999_999_999), 1),
        ("dead", GoDuration::from_secs(0), 0),
    ] {
        let lifespans = Lifespans { client_credentials_grant_access_token: Some(own), ..Lifespans::default() };
        world.register(id, |client| client.lifespans = lifespans).await;
        let answer = world.ask_as(id).token().await.expect("a token");
        assert_eq!(answer.expires_in, seconds, "{id}");
        assert_eq!(world.is_active(answer.access_token.expose()).await, seconds > 0, "{id}");
    }
    assert_eq!(world.ask_as("plain").token().await.expect("a token").expires_in, 600);
}

#[tokio::test]
async fn the_longest_and_the_most_negative_lifespans_do_not_overflow() {
    let world = World::new();
    for (id, own) in [("eternal", GoDuration::MAX), ("past", GoDuration::MIN)] {
        let lifespans = Lifespans { client_credentials_grant_access_token: Some(own), ..Lifespans::default() };
        world.register(id, |client| client.lifespans = lifespans).await;
        let answer = world.ask_as(id).token().await.expect("a token");
        assert_eq!(world.is_active(answer.access_token.expose()).await, id == "eternal", "{id}");
    }
}

#[tokio::test]
async fn the_row_remembers_what_was_asked_and_granted() {
    let world = shop().await;
    let ask = world.ask_as("shop").with("scope", "api").with("audience", "urn:thing").with("unknown", "x");
    let token = ask.token().await.expect("a token").access_token.into_exposed();
    let row = world.row_of(&token).await.expect("it is stored under the hash of its signature").grant;
    let now = world.provider.now();
    assert_eq!(row.client_id.as_str(), "shop");
    assert_eq!(row.subject, "shop");
    assert_eq!((row.requested_scope, row.granted_scope), (list(&["api"]), list(&["api"])));
    assert_eq!((row.requested_at, row.expires_at), (now, Some(now + TimeDelta::hours(1))));
    assert_eq!(row.form_data, "grant_type=client_credentials&scope=api");
    assert!(row.active && row.challenge_id.is_none());
    let id = uuid::Uuid::parse_str(row.request_id.as_str()).expect("a UUID");
    assert_eq!(id.get_version_num(), 7);
    let (seconds, _) = id.get_timestamp().expect("v7 holds a time").to_unix();
    assert_eq!(i64::try_from(seconds), Ok(now.timestamp()));
}

#[tokio::test]
async fn the_session_has_the_members_that_hydra_reads_and_no_more() {
    let world = shop().await;
    let token = world.ask_as("shop").token().await.expect("a token").access_token.into_exposed();
    let session = world.row_of(&token).await.expect("it is stored").grant.session;
    assert_eq!(
        serde_json::to_value(&session).expect("a session is JSON"),
        json!({
            "id_token": {
                "id_token_claims": { "iss": "https://op.example/", "iat": "2026-09-21T14:13:20Z" },
                "expires_at": { "access_token": "2026-09-21T15:13:20Z" },
                "subject": "shop",
            },
            "client_id": "shop",
            "mirror_top_level_claims": true,
        })
    );
}

#[tokio::test]
async fn every_token_is_an_authorization_of_its_own() {
    let world = shop().await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..20 {
        let token = world.ask_as("shop").token().await.expect("a token").access_token.into_exposed();
        let row = world.row_of(&token).await.expect("it is stored");
        assert!(seen.insert(token) && seen.insert(row.grant.request_id.as_str().to_owned()));
    }
}

#[tokio::test]
async fn no_token_leaves_the_house_that_was_not_stored() {
    let world = shop().await;
    world.ask_as("shop").token().await.expect("all is well");
    world.storage.break_writes(StorageError::Unavailable("disk full".to_owned()));
    assert_eq!(refused(world.ask_as("shop").token().await), ErrorCode::TemporarilyUnavailable);
}

#[tokio::test]
async fn a_client_that_is_deleted_in_the_middle_gets_no_token() {
    let world = shop().await;
    world.storage.break_writes(StorageError::MissingParent);
    assert_eq!(refused(world.ask_as("shop").token().await), ErrorCode::InvalidClient);
}

#[tokio::test]
async fn a_client_that_registered_other_grants_gets_nothing_for_itself() {
    let world = World::new();
    world.register("web", |client| client.grant_types = list(&["authorization_code"])).await;
    assert_eq!(refused(world.ask_as("web").token().await), ErrorCode::UnauthorizedClient);
}
