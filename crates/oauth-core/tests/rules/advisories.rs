//! Mistakes that others made, each kept out by a test named after what it proves. Many more stand with their endpoint; here
//! are those that concern several endpoints at once.

use oauth_core::{
    ErrorCode,
    client::{AccessTokenStrategy, AuthMethod},
    ids::KeySetName,
    policy::ACCESS_TOKEN_KEYS,
    storage::StorageError,
};
use serde_json::json;

use crate::support::{World, list, message, refused, secret_of};

async fn jwt_world() -> World {
    let world = World::with(|policy| policy.access_token_strategy = AccessTokenStrategy::Jwt);
    world.add_access_token_key("first").await;
    world.register("shop", |_| ()).await;
    world
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Ory Hydra, 2019: the client secret of a POST stood in the form data of the token's row.
#[tokio::test]
async fn neither_secret_nor_assertion_is_stored_with_a_token() {
    let world = World::new();
    world.register("post", |client| client.token_endpoint_auth_method = AuthMethod::ClientSecretPost).await;
    let ask =
        world.ask().post("post", &secret_of("post")).with("client_assertion", "a.b.c").with("password", "hunter2");
    let token = ask.with("scope", "api").token().await.expect("a token").access_token.into_exposed();
    let row = world.row_of(&token).await.expect("it is stored");
    assert_eq!(row.grant.form_data, "client_id=post&grant_type=client_credentials&scope=api");
    let (random, mac) = token.split_once('.').expect("two halves");
    let shown = format!("{row:?}");
    for secret in [secret_of("post").as_str(), "a.b.c", "hunter2", mac, &random[7..]] {
        assert!(!shown.contains(secret));
    }
}

/// Ory Hydra d1f2ef9: an error object was shared between requests, and carried the hints of one to another.
#[tokio::test]
async fn a_refusal_speaks_of_its_own_request_alone() {
    let world = World::new();
    world.register("shop", |_| ()).await;
    let of_first = message(world.ask_as("shop").with("scope", "first-scope").token().await);
    let of_second = message(world.ask_as("shop").with("scope", "second-scope").token().await);
    assert!(of_first.contains("first-scope") && !of_second.contains("first-scope"));
}

/// CVE-2019-8400 and its kind: what was sent comes back in a page or a log line. Echoes are printable ASCII, and short.
#[tokio::test]
async fn what_a_refusal_repeats_is_printable_and_short() {
    let world = World::new();
    world.register("shop", |_| ()).await;
    let odd = format!("a\u{1b}[31m\r\nX-Header: 1\u{2028}é{}", "x".repeat(10_000));
    for answer in [
        world.ask_as("shop").with("scope", &odd).token().await,
        world.ask_as("shop").with("scope", &"y".repeat(10_000)).token().await,
        world.ask_as("shop").with("audience", &odd).with("audience", "other").token().await,
        world.ask_as("shop").with("grant_type", &odd).token_as_is().await,
    ] {
        let text = message(answer);
        assert!(text.len() < 1000, "{}", text.len());
        assert!(text.chars().all(|c| c == '…' || matches!(c, ' '..='~')), "{text:?}");
    }
}

/// CVE-2026-27840 (Zitadel): a part of an opaque token was taken for the whole.
#[tokio::test]
async fn no_beginning_and_no_end_of_a_token_is_a_token() {
    let world = World::new();
    world.register("shop", |_| ()).await;
    let token = world.access_token("shop").await;
    for n in 0..token.len() {
        assert!(!world.is_active(&token[..n]).await, "the first {n}");
    }
    let prefix = "ory_at_".len();
    for n in (1..token.len()).filter(|n| *n != prefix) {
        assert!(!world.is_active(&token[n..]).await, "from {n} on");
    }
}

/// CVE-2022-29217, CVE-2024-37568, CVE-2026-11800: the header of a token chose the algorithm, and a public key became the
/// shared secret of an HMAC.
#[tokio::test]
async fn the_key_chooses_the_algorithm_never_the_token() {
    let world = jwt_world().await;
    let token = world.access_token("shop").await;
    let parts: Vec<&str> = token.split('.').collect();
    let keys = world.provider.list_keys(KeySetName::new(ACCESS_TOKEN_KEYS)).await.expect("the set is there");
    let public = serde_json::to_vec(&keys[0].to_public()).expect("JSON");
    for alg in ["none", "None", "HS256", "HS512", "ES384", "RS256", "EdDSA", ""] {
        let header = base64url(json!({ "alg": alg, "kid": "first", "typ": "JWT" }).to_string().as_bytes());
        let input = format!("{header}.{}", parts[1]);
        let mac =
            aws_lc_rs::hmac::sign(&aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &public), input.as_bytes());
        for signature in [String::new(), parts[2].to_owned(), base64url(mac.as_ref())] {
            assert!(!world.is_active(&format!("{input}.{signature}")).await, "{alg}");
        }
    }
    assert!(world.is_active(&token).await);
}

/// CVE-2018-0114 and its kind: a token brought its own key along.
#[tokio::test]
async fn keys_and_addresses_in_a_tokens_header_are_never_looked_at() {
    use token_jwt::{Algorithm, Jwk};
    let world = jwt_world().await;
    let token = world.access_token("shop").await;
    let own = Jwk::generate(Algorithm::ES256, "sig", "own").expect("a key");
    let payload = token.split('.').nth(1).expect("a payload");
    let header = json!({
        "alg": "ES256", "kid": "own", "jwk": own.to_public(),
        "jku": "https://evil.example/jwks.json", "x5u": "https://evil.example/x5u",
    });
    let forged = format!("{}.{payload}.{}", base64url(header.to_string().as_bytes()), base64url(&[7; 64]));
    assert!(!world.is_active(&forged).await);
    assert!(world.remote.fetched().is_empty());
}

/// CVE-2025-27144, CVE-2025-30204, CVE-2025-22868: many dots in a token cost memory.
#[tokio::test]
async fn a_token_of_dots_is_refused_before_it_costs_anything() {
    let world = jwt_world().await;
    for odd in [".".repeat(1_000_000), "a.".repeat(500_000), format!("{}..", "e".repeat(1_000_000))] {
        assert!(!world.is_active(&odd).await);
        world.ask_as("shop").revoke(&odd).await.expect("no error");
    }
}

/// A forged token is refused before the database is asked: guessing tokens must not cost us queries.
#[tokio::test]
async fn a_forged_token_never_reaches_the_database() {
    let world = World::new();
    world.register("shop", |_| ()).await;
    let token = world.access_token("shop").await;
    world.storage.break_down(StorageError::Unavailable("asked".to_owned()));
    for forged in ["ory_at_x.y", "x", &token[..93]] {
        assert!(!world.is_active(forged).await);
    }
    assert_eq!(refused(world.ask().introspect(&token).await), ErrorCode::TemporarilyUnavailable);
}

/// CVE-2024-32967 (Zitadel), and the SSRF guard of Ory Hydra: names and addresses of the inside showed in an error.
#[tokio::test]
async fn errors_name_nothing_of_our_inside() {
    let world = World::new();
    world.register("shop", |_| ()).await;
    for fault in [
        StorageError::Unavailable("postgres://hydra:hunter2@10.0.0.7".to_owned()),
        StorageError::Refused("hunter2 at 10.0.0.7".to_owned()),
        StorageError::Corrupt("hunter2 at 10.0.0.7".to_owned()),
    ] {
        world.storage.break_down(fault);
        for text in [
            message(world.ask_as("shop").token().await),
            message(world.ask().introspect("").await.and(world.provider.list_clients(None, None, 1, None).await)),
            message(world.provider.list_keys(KeySetName::new("x")).await),
        ] {
            assert!(!text.contains("10.0.0.7") && !text.contains("hunter2"), "{text}");
        }
    }
}

/// aa1ee29 (Ory Hydra), CVE-2026-1180 (Keycloak): addresses in a registration led to our own network.
#[tokio::test]
async fn addresses_that_we_would_call_must_not_be_private_where_the_operator_says_so() {
    let members: [fn(&mut oauth_core::client::Client, String); 4] = [
        |client, uri| client.jwks_uri = uri,
        |client, uri| client.backchannel_logout_uri = uri,
        |client, uri| client.sector_identifier_uri = uri,
        |client, uri| client.request_uris = vec!["https://a.example/request".to_owned(), uri],
    ];
    let guarded = World::with(|policy| policy.disallow_private_ip_ranges = true);
    for (n, set) in members.iter().enumerate() {
        let answer = guarded.try_register("shop", |client| set(client, "https://db.internal/x".to_owned())).await;
        assert_eq!(refused(answer), ErrorCode::InvalidClientMetadata, "{n}");
    }
    assert!(guarded.remote.fetched().is_empty(), "nothing is fetched before it is permitted");
    guarded.register("shop", |client| client.jwks_uri = "https://a.example/jwks.json".to_owned()).await;
    let open = World::new();
    open.register("shop", |client| client.jwks_uri = "https://db.internal/x".to_owned()).await;
}

/// CVE-2024-46999 and its kind (Zitadel, Authentik): whoever was switched off still got tokens.
#[tokio::test]
async fn a_client_that_lost_a_grant_or_a_scope_gets_no_more_of_it() {
    let world = World::new();
    world.register("shop", |client| client.scope = "api admin".to_owned()).await;
    world.ask_as("shop").with("scope", "admin").token().await.expect("it may");
    world.replace("shop", None, |client| client.scope = "api".to_owned()).await;
    assert_eq!(refused(world.ask_as("shop").with("scope", "admin").token().await), ErrorCode::InvalidScope);
    world.replace("shop", None, |client| client.grant_types = list(&["authorization_code"])).await;
    assert_eq!(refused(world.ask_as("shop").token().await), ErrorCode::UnauthorizedClient);
}

/// An entry of a scope or audience that holds the separator of the tables would be read back as two, of which nobody
/// checked the second.
#[tokio::test]
async fn no_scope_and_no_audience_turns_into_two_in_storage() {
    let world = World::new();
    world
        .register("shop", |client| {
            client.scope = "photos.*".to_owned();
            client.audience = list(&["https://api.example/v1"]);
        })
        .await;
    let scope = world.ask_as("shop").with("scope", "photos.x|admin");
    assert_eq!(refused(scope.token().await), ErrorCode::InvalidScope);
    let audience = world.ask_as("shop").with("audience", "https://api.example/v1/x|https://bank.example");
    assert_eq!(refused(audience.token().await), ErrorCode::InvalidRequest);
}
