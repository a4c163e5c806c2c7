//! Mistakes that others made, each kept out by a test named after what it proves. Many more stand with their endpoint; here
//! are those that concern several endpoints at once.

use oauth_core::{
    ErrorCode,
    client::{AccessTokenStrategy, AuthMethod},
    ids::{KeySetName, LoginSessionId},
    policy::{ACCESS_TOKEN_KEYS, ID_TOKEN_KEYS},
    secret::PresentedToken,
    storage::StorageError,
};
use serde_json::json;

use crate::support::{
    OwnKey, Request, World, failure, jwks, list, made_up, message, parameter, refused, secret_of, told_client,
    turned_away,
};

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
    let world = World::with_shop_and(|policy| policy.access_token_strategy = AccessTokenStrategy::Jwt).await;
    for odd in [".".repeat(1_000_000), "a.".repeat(500_000), format!("{}..", "e".repeat(1_000_000))] {
        assert!(!world.is_active(&odd).await);
        world.ask_as("shop").revoke(&odd).await.expect("no error");
        assert_eq!(refused(world.redeem(&odd).await), ErrorCode::InvalidGrant);
        assert_eq!(refused(world.refresh(&odd).await), ErrorCode::InvalidGrant);
        assert_eq!(
            refused(world.provider.userinfo(Some(PresentedToken::new(odd.as_str()))).await),
            ErrorCode::InvalidToken
        );
        let hint = [("id_token_hint", odd.as_str())];
        assert_eq!(refused(world.browser().log_out(&hint).await), ErrorCode::InvalidRequest);
        let request = Request::of("shop").with("id_token_hint", &odd);
        assert_eq!(turned_away(world.browser().visit(&request).await), ErrorCode::InvalidRequest);
        assert_eq!(refused(world.provider.login_request(&odd).await), ErrorCode::NotFound);
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

fn at_shop() -> Request {
    Request::of("shop")
}

/// CVE-2026-55672 (Zitadel), CVE-2026-28513 (Pocket ID): a code or refresh token was good at another client.
#[tokio::test]
async fn codes_and_refresh_tokens_are_bound_to_their_client_however_it_authenticates() {
    let world = World::with_shop().await;
    world.register_app("thief", |client| client.redirect_uris = list(&["https://shop.example/cb"])).await;
    world.register_public_app("app", |client| client.redirect_uris = list(&["https://shop.example/cb"])).await;
    let code = world.login("alice").at("shop").allowing("openid offline").await;
    let thieves = || [world.ask_as("thief"), world.ask().with("client_id", "app")];
    for thief in thieves() {
        let outcome = thief.with("redirect_uri", "https://shop.example/cb").redeem(&code).await;
        assert_eq!(refused(outcome), ErrorCode::InvalidGrant);
    }
    let tokens = world.redeem(&code).await.expect("tokens");
    let refresh_token = tokens.refresh_token.expect("one").into_exposed();
    for thief in thieves() {
        assert_eq!(refused(thief.refresh(&refresh_token).await), ErrorCode::InvalidGrant);
    }
    world.refresh(&refresh_token).await.expect("its owner may");
}

/// CVE-2024-23647 (Authentik), RFC 9700 §4.8.2: PKCE went away when one of the two sides left it out.
#[tokio::test]
async fn pkce_cannot_be_left_out_by_one_side() {
    const VERIFIER: &str = "abcdefghijklmnopqrstuvwxyz0123456789-._~ABCDEFG";
    let world = World::with_shop().await;
    let login = |challenge: &'static str| {
        let login = world.login("alice").at("shop").with("code_challenge_method", "S256");
        if challenge.is_empty() { login } else { login.with("code_challenge", challenge) }
    };
    let challenged = login("TDp3C-wPo3aKDK1Bg-ukP78nZ9YiqUD2ToRD96HoaHU").allowing("openid").await;
    assert_eq!(refused(world.redeem(&challenged).await), ErrorCode::InvalidGrant);
    let unchallenged = login("").allowing("openid").await;
    let ask = world.ask_as("shop").with("redirect_uri", "https://shop.example/cb").with("code_verifier", VERIFIER);
    assert_eq!(refused(ask.redeem(&unchallenged).await), ErrorCode::InvalidGrant);
}

/// CVE-2026-27840 (Zitadel), for what is exchanged.
#[tokio::test]
async fn no_part_of_a_code_or_refresh_token_is_one() {
    let world = World::with_shop().await;
    let code = world.login("alice").at("shop").allowing("openid offline").await;
    let other = world.redeem(&world.login("alice").at("shop").allowing("openid offline").await).await.expect("tokens");
    let token = other.refresh_token.expect("one").into_exposed();
    let prefix = "ory_ac_".len();
    for n in 0..code.len() {
        assert_eq!(refused(world.redeem(&code[..n]).await), ErrorCode::InvalidGrant, "the first {n}");
        assert_eq!(refused(world.refresh(&token[..n]).await), ErrorCode::InvalidGrant, "the first {n}");
        if n > 0 && n != prefix {
            assert_eq!(refused(world.redeem(&code[n..]).await), ErrorCode::InvalidGrant, "from {n} on");
            assert_eq!(refused(world.refresh(&token[n..]).await), ErrorCode::InvalidGrant, "from {n} on");
        }
    }
    world.redeem(&code).await.expect("the whole");
    world.refresh(&token).await.expect("the whole");
}

/// CVE-2026-4282 (Keycloak): one store for everything that is good once, and what was put there as one kind came out as another.
#[tokio::test]
async fn what_was_issued_as_one_kind_is_good_as_no_other() {
    let world = World::with_shop().await;
    let code = world.login("alice").at("shop").allowing("openid offline").await;
    let tokens = world.redeem(&world.login("alice").at("shop").allowing("openid offline").await).await.expect("tokens");
    let kinds = [
        ("ory_ac_", code),
        ("ory_at_", tokens.access_token.into_exposed()),
        ("ory_rt_", tokens.refresh_token.expect("one").into_exposed()),
    ];
    for (own, text) in &kinds {
        for prefix in ["ory_ac_", "ory_at_", "ory_rt_", "ory_dc_", ""] {
            let dressed = text.replacen(own, prefix, 1);
            let fits = |kind: &str| *own == kind && (prefix == kind || prefix.is_empty());
            if !fits("ory_ac_") {
                assert_eq!(refused(world.redeem(&dressed).await), ErrorCode::InvalidGrant, "{own} as {prefix}");
            }
            if !fits("ory_rt_") {
                assert_eq!(refused(world.refresh(&dressed).await), ErrorCode::InvalidGrant, "{own} as {prefix}");
            }
            let opened = world.provider.userinfo(Some(PresentedToken::new(dressed.as_str()))).await;
            assert_eq!(opened.is_ok(), fits("ory_at_"), "{own} as {prefix}");
        }
    }
}

/// CVE-2026-3872, CVE-2026-7504, CVE-2024-8883 (Keycloak), CVE-2026-28512 (Pocket ID), CVE-2020-15233, CVE-2020-15234 (fosite),
/// CVE-2022-36087 (oauthlib): addresses that the check read otherwise than the browser.
#[tokio::test]
async fn addresses_that_two_readers_read_differently_are_never_redirected_to() {
    let world = World::with_shop().await;
    world
        .change(|records| {
            let mut client = records.client(&oauth_core::ids::ClientId::new("shop"))?.expect("it is registered");
            // As Hydra would have stored them, the last two against better knowledge.
            client.redirect_uris = list(&[
                "https://shop.example/cb",
                "http://127.0.0.1/cb?x=1",
                "http://[::1]/cb",
                "https://shop.example/*",
                "https://*.shop.example/cb",
            ]);
            records.update_client(&client)
        })
        .await;
    for odd in [
        "https://shop.example/cb/..;/../evil",
        "https://shop.example/cb/../evil",
        "https://shop.example/cb;evil",
        "https://shop.example/cb%2f..%2fevil",
        "https://shop.example/anything",
        "https://evil.shop.example/cb",
        "https://shop.example@evil.example/cb",
        "https://shop.example:443@evil.example/cb",
        "https://evil.example\\@shop.example/cb",
        "https://evil.example#@shop.example/cb",
        "https://shop.example.evil.example/cb",
        "https:shop.example/cb",
        "https:///shop.example/cb",
        "https:\\\\shop.example/cb",
        "https://shop.example/CB",
        "https://Shop.example/cb",
        "http://127.0.0.1:1/cb",
        "http://127.0.0.1:1/cb?x=1&y=2",
        "http://127.0.0.1:1/cb?X=1",
        "http://127.0.0.1:1@evil.example/cb?x=1",
        "http://127.0.0.1:1#@evil.example/cb?x=1",
        "http://127.0.0.1.evil.example:1/cb?x=1",
        "http://2130706433:1/cb?x=1",
        "http://0x7f.0.0.1:1/cb?x=1",
        "http://127.0.0.1:-1/cb?x=1",
        "http://127.0.0.1:1:2/cb?x=1",
        "http://[::1:1/cb",
        "http://[::1]1/cb",
        "http://[::1]:1]/cb",
        "http://[::ffff:127.0.0.1]:1/cb",
        "http://[:",
        "http://[",
        "http://",
        "javascript:alert(1)",
        "JavaScript:alert(1)//https://shop.example/cb",
        "data:text/html,x",
        "\u{0}https://shop.example/cb",
        "https://shop.example/cb\r\nSet-Cookie: a=b",
    ] {
        let refusal = failure(world.browser().visit(&at_shop().with("redirect_uri", odd)).await);
        assert_eq!(told_client(&refusal), None, "{odd}");
        assert_eq!(refusal.error.code(), ErrorCode::InvalidRequest, "{odd}");
        let logout = [("post_logout_redirect_uri", odd)];
        assert_eq!(refused(world.browser().log_out(&logout).await), ErrorCode::InvalidRequest, "{odd}");
    }
}

/// CVE-2026-9086 (Keycloak): the check of the scheme knew small letters only.
#[tokio::test]
async fn a_scheme_that_runs_in_a_browser_is_refused_in_any_case() {
    let world = World::new();
    for scheme in ["javascript", "JavaScript", "JAVASCRIPT", "data", "Data", "vbscript", "VBScript"] {
        for uri in [format!("{scheme}:alert(1)"), format!("{scheme}://shop.example/%0aalert(1)")] {
            let answer = world.try_register("shop", |client| client.redirect_uris = vec![uri.clone()]).await;
            assert_eq!(refused(answer), ErrorCode::InvalidRedirectUri, "{uri}");
        }
    }
}

/// CVE-2026-9689 (Keycloak): a redirect URI with a `code` or `state` of its own gave the client two, and it read the wrong one.
#[tokio::test]
async fn no_parameter_of_an_answer_comes_twice() {
    let uri = "https://shop.example/cb?code=a&state=b&error=c&iss=d&code=e&Code=f&co%64e=g";
    let world = World::new();
    world.add_key(ID_TOKEN_KEYS, "id-1").await;
    world.register_app("shop", |client| client.redirect_uris = list(&[uri])).await;
    let request = at_shop().with("redirect_uri", uri);
    let answer = world.browser().sign_in(&request, "alice").await;
    let refusal = failure(world.browser().visit(&request.with("scope", "admin")).await);
    let told = told_client(&refusal).expect("the client is told");
    for (url, ours) in [(answer.url, ["code", "state"]), (told, ["error", "state"])] {
        let parsed = url::Url::parse(&url).expect("an address");
        for name in ours {
            assert_eq!(parsed.query_pairs().filter(|(own, _)| own == name).count(), 1, "{url}");
        }
        assert_eq!(parameter(&url, "state"), "some-state-0123456789");
    }
}

/// CVE-2026-7507 (Keycloak): a session that an attacker had begun became the victim's.
#[tokio::test]
async fn a_login_never_goes_on_in_a_session_that_the_browser_brought() {
    let world = World::with_shop().await;
    let mut attacker = world.browser();
    attacker.sign_in_with(&at_shop(), "mallory", |accepted| accepted.remember = true).await;
    let planted = attacker.session.clone().expect("a session");
    for session in [planted.clone(), LoginSessionId::new("0b0c3c1e-9a2b-4b7e-8f64-1de5a4a3c001")] {
        let mut victim = world.browser();
        victim.session = Some(session.clone());
        let request = at_shop().with("prompt", "login");
        world.wait(1);
        victim.sign_in_with(&request, "alice", |accepted| accepted.remember = true).await;
        assert_ne!(victim.session, Some(session));
    }
    let row = world.look(move |records| records.login_session(&planted)).await;
    assert_eq!(row.expect("it is still mallory's").subject, "mallory");
}

/// CVE-2026-1035 and CVE-2026-9802 (Keycloak): the reuse of a refresh token was looked up first and acted on later, and forgotten
/// at a restart.
#[tokio::test]
async fn reuse_is_decided_where_the_token_is_spent_and_outlives_a_restart() {
    let world = World::with_shop().await;
    let tokens = world.redeem(&world.login("alice").at("shop").allowing("openid offline").await).await.expect("tokens");
    let first = tokens.refresh_token.expect("one").into_exposed();
    let spent = oauth_core::ids::RefreshSignature::new(token_hmac::signature_part(&first).expect("a signature"));
    let forget_at = world.provider.now();
    // Somebody else spends it after we have looked.
    world.storage.meanwhile(move |records| drop(records.spend_refresh_token(&spent, forget_at)));
    assert_eq!(refused(world.refresh(&first).await), ErrorCode::InvalidGrant);
    assert!(!world.is_active(tokens.access_token.expose()).await, "one of the two was a thief");
    let tokens = world.redeem(&world.login("alice").at("shop").allowing("openid offline").await).await.expect("tokens");
    let first = tokens.refresh_token.expect("one").into_exposed();
    let second = world.refresh(&first).await.expect("tokens");
    world.wait(1);
    let restarted = world.another_instance();
    assert_eq!(refused(restarted.refresh(&first).await), ErrorCode::InvalidGrant);
    assert!(!restarted.is_active(second.access_token.expose()).await);
}

/// CVE-2026-7571 (Keycloak): what the client may not have was had by changing the request on its way.
#[tokio::test]
async fn a_request_that_is_changed_on_its_way_gets_no_more_than_a_new_one() {
    let world = World::with_shop().await;
    world.register_app("plain", |client| client.response_types = list(&["code"])).await;
    let request = Request::of("plain");
    let mut browser = world.browser();
    let login = browser.begin(&request).await;
    let consent = browser.log_in(&login, "alice").await;
    let back = world.accept_consent(&consent, "openid", |_| ()).await;
    let resumed = request.with("consent_verifier", &parameter(&back, "consent_verifier"));
    for (name, value, code) in [
        ("response_type", "token", ErrorCode::UnsupportedResponseType),
        ("response_type", "id_token", ErrorCode::UnsupportedResponseType),
        ("scope", "openid admin", ErrorCode::InvalidScope),
        ("audience", "https://bank.example", ErrorCode::InvalidRequest),
        ("redirect_uri", "https://evil.example/cb", ErrorCode::InvalidRequest),
    ] {
        assert_eq!(turned_away(browser.visit(&resumed.clone().with(name, value)).await), code, "{name}");
    }
    // Scope that is asked for only now is not granted: what the user allowed counts.
    let answer = browser.visit(&resumed.with("scope", "openid offline api")).await.expect("it ends well").answer();
    let ask = world.ask_as("plain").with("redirect_uri", "https://plain.example/cb");
    assert_eq!(ask.redeem(answer.get("code")).await.expect("tokens").scope, ["openid"]);
}

/// CVE-2018-0114, CVE-2022-29217, CVE-2026-11800 and their kind, for ID tokens that come back as hints.
#[tokio::test]
async fn a_hint_does_not_choose_how_it_is_verified() {
    let world = World::with_shop().await;
    let remember = |accepted: &mut oauth_core::authorize::LoginAccepted| accepted.remember = true;
    let mut browser = world.browser();
    let answer = browser.sign_in_with(&at_shop().with("response_type", "id_token"), "alice", remember).await;
    let hint = answer.get("id_token");
    let parts: Vec<&str> = hint.split('.').collect();
    let keys = world.provider.list_keys(KeySetName::new(ID_TOKEN_KEYS)).await.expect("the set is there");
    let public = serde_json::to_vec(&keys[0].to_public()).expect("JSON");
    for alg in ["none", "None", "HS256", "ES384", "RS256", ""] {
        for header in [
            json!({ "alg": alg, "kid": "id-1" }),
            json!({ "alg": alg, "jwk": keys[0].to_public(), "jku": "https://e.example" }),
        ] {
            let input = format!("{}.{}", base64url(header.to_string().as_bytes()), parts[1]);
            let mac = aws_lc_rs::hmac::sign(
                &aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &public),
                input.as_bytes(),
            );
            for signature in [String::new(), parts[2].to_owned(), base64url(mac.as_ref())] {
                let forged = format!("{input}.{signature}");
                assert_eq!(
                    turned_away(browser.visit(&at_shop().with("id_token_hint", &forged)).await),
                    ErrorCode::InvalidRequest
                );
                assert_eq!(refused(browser.log_out(&[("id_token_hint", &forged)]).await), ErrorCode::InvalidRequest);
            }
        }
    }
    assert!(world.remote.fetched().is_empty());
}

/// CVE-2026-4634, CVE-2024-10270 (Keycloak): a long list of scopes kept a core busy.
#[tokio::test]
async fn a_million_characters_of_scope_cost_no_time_to_speak_of() {
    let world = World::new();
    world.add_key(ID_TOKEN_KEYS, "id-1").await;
    world.register_app("shop", |client| client.scope = "*".to_owned()).await;
    let many: Vec<String> = (0..150_000).map(|n| format!("{n:x}")).collect();
    let begun = std::time::Instant::now();
    let (scope, audience) = (many.join(" "), many.join(" "));
    assert_eq!(turned_away(world.browser().visit(&at_shop().with("scope", &scope)).await), ErrorCode::InvalidRequest);
    assert_eq!(
        turned_away(world.browser().visit(&at_shop().with("audience", &audience)).await),
        ErrorCode::InvalidRequest
    );
    let many_parameters = Request(many.iter().map(|name| (name.clone(), "x".to_owned())).collect());
    assert_eq!(turned_away(world.browser().visit(&many_parameters).await), ErrorCode::InvalidClient);
    let elapsed = begun.elapsed();
    assert!(elapsed.as_secs() < 5, "{elapsed:?}");
}

/// An error tells nobody what others, or the client itself, have registered: that is for the log.
#[tokio::test]
async fn an_error_names_nothing_that_the_request_did_not() {
    let world = World::with_shop().await;
    world.register_app("hidden-client", |client| client.redirect_uris = list(&["https://hidden.example/cb"])).await;
    let login = world.login("alice").at("hidden-client").with("redirect_uri", "https://hidden.example/cb");
    let code = login.allowing("openid offline").await;
    let mut texts = vec![message(world.redeem(&code).await)];
    for request in [
        Request::of("hidden-clien"),
        at_shop().with("redirect_uri", "https://shop.example/cb/"),
        at_shop().with("redirect_uri", "https://hidden.example/cb"),
        at_shop().with("scope", "photo"),
        at_shop().with("audience", "https://api.example/v"),
        at_shop().with("response_type", "none"),
        at_shop().with("id_token_hint", "a.b.c"),
        at_shop().with("login_verifier", "x"),
    ] {
        texts.push(failure(world.browser().visit(&request).await).error.description());
    }
    for text in texts {
        for secret in ["hidden-client", "hidden.example", "https://shop.example/cb", "photos", "/v1", "alice", "id-1"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

/// A world with `signer`, which authenticates by assertions and signs its requests, and its key.
async fn signing_world() -> (World, OwnKey) {
    let (world, key) = (World::with_shop().await, OwnKey::new("secret-kid"));
    world
        .register_app("signer", |client| {
            client.grant_types.push("client_credentials".to_owned());
            client.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
            client.token_endpoint_auth_signing_alg = "ES256".to_owned();
            client.jwks = jwks([&key]);
            client.request_uris = list(&["https://signer.example/hidden-object"]);
        })
        .await;
    (world, key)
}

/// What somebody who sends this as an assertion, and as a request object, gets to read.
async fn texts_about(world: &World, token: &str) -> [String; 3] {
    let object = failure(world.browser().visit(&Request::of("signer").with("request", token)).await);
    assert_eq!((object.error.code(), told_client(&object)), (ErrorCode::InvalidRequestObject, None));
    let assertion = world.ask().with("client_id", "signer").asserting(token).token().await.expect_err("it is refused");
    assert_eq!(assertion.code(), ErrorCode::InvalidClient);
    let of_nobody = world.ask().asserting(token).token().await.expect_err("it is refused");
    assert_eq!(of_nobody.code(), ErrorCode::InvalidClient);
    [object.error, assertion, of_nobody].map(|why| why.description())
}

/// Ory Hydra, 2019, for those who sign: neither the assertion nor the object is kept, for whoever reads a row must not learn them.
#[tokio::test]
async fn neither_an_assertion_nor_a_request_object_is_stored_with_a_token() {
    let (world, key) = signing_world().await;
    let exp = world.provider.now().timestamp() + 60;
    let assertion = |jti| {
        let aud = "https://op.example/";
        key.sign(&json!({ "iss": "signer", "sub": "signer", "aud": aud, "jti": jti, "exp": exp }))
    };
    let object = key.sign(&json!({ "iss": "signer", "login_hint": "alice@example.org" }));
    let (first, second) = (assertion("hunter2"), assertion("hunter3"));
    let own = world.ask().asserting(&first).token().await.expect("a token").access_token.into_exposed();
    let answer = world.browser().sign_in(&Request::of("signer").with("request", &object), "alice").await;
    let ask = world.ask().asserting(&second).with("redirect_uri", "https://signer.example/cb");
    let of_alice = ask.redeem(answer.get("code")).await.expect("tokens").access_token.into_exposed();
    for token in [own, of_alice] {
        let shown = format!("{:?}", world.row_of(&token).await.expect("it is stored"));
        for secret in [first.as_str(), &second, &object, "hunter", "jwt-bearer", "alice@example.org"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}

/// CVE-2019-8400 and its kind, and OEL 26.2.8 (Ory Hydra): what a token of theirs says is not echoed at length, and what the client
/// registered is not told.
#[tokio::test]
async fn a_refused_signature_tells_little_and_in_plain_letters() {
    let (world, key) = signing_world().await;
    let odd = format!("a\u{1b}[31m\r\n\u{2028}é<script>{}", "x".repeat(5000));
    for header in [
        json!({ "alg": odd }),
        json!({ "alg": "ES256", "kid": odd }),
        json!({ "alg": "ES256", "kid": "another-kid" }),
        json!({ "alg": "ES256", "kid": "secret-kid" }),
        json!({ "alg": "ES256", "typ": odd, "jku": odd }),
    ] {
        for payload in [json!({ "sub": "signer" }), json!({ "sub": odd, "iss": odd })] {
            for text in texts_about(&world, &made_up(&header, payload.to_string().as_bytes(), &[7; 64])).await {
                assert!(text.len() < 600 && text.chars().all(|c| c == '…' || matches!(c, ' '..='~')), "{text:?}");
                assert!(header["kid"] == "secret-kid" || !text.contains("secret-kid"), "{text}");
            }
        }
    }
    for claims in [
        json!({ "iss": odd, "sub": "signer" }),
        json!({ "iss": "signer", "sub": "signer", "aud": odd, "jti": "1", "exp": 9_999_999_999_u64 }),
    ] {
        for text in texts_about(&world, &key.sign(&claims)).await {
            assert!(text.len() < 600 && !text.contains("script"), "{text:?}");
        }
    }
    for uri in [odd.as_str(), "https://signer.example/other"] {
        let text = failure(world.browser().visit(&Request::of("signer").with("request_uri", uri)).await);
        let text = text.error.description();
        assert!(text.len() < 600 && text.chars().all(|c| c == '…' || matches!(c, ' '..='~')), "{text:?}");
        assert!(!text.contains("hidden-object"), "{text}");
    }
}

/// CVE-2023-6681, GHSA-2c7c-3mj9-8fqh, CVE-2023-49290 (`p2c`), CVE-2024-28180, CVE-2024-28122 (`zip`), CVE-2026-34986,
/// CVE-2024-21664, CVE-2016-9122 (several signatures): forms of tokens that cost work, or say two things, are not read at all.
#[tokio::test]
async fn neither_encrypted_tokens_nor_other_forms_of_them_are_read() {
    let (world, key) = signing_world().await;
    let exp = world.provider.now().timestamp() + 60;
    let aud = "https://op.example/";
    let good = key.sign(&json!({ "iss": "signer", "sub": "signer", "aud": aud, "jti": "1", "exp": exp }));
    let [header, payload, signature] = *good.split('.').collect::<Vec<_>>() else { panic!("three parts") };
    let bomb =
        json!({ "alg": "PBES2-HS512+A256KW", "enc": "A256GCM", "p2c": 2_147_483_647, "p2s": "AAAA", "zip": "DEF" });
    let bomb = base64url(bomb.to_string().as_bytes());
    let begun = std::time::Instant::now();
    for token in [
        format!("{bomb}.AAAA.AAAA.AAAA.AAAA"),
        format!("{bomb}.{payload}.{signature}"),
        format!("{good}.{header}.{payload}.{signature}"),
        format!("{good}~"),
        json!({ "protected": header, "payload": payload, "signature": signature }).to_string(),
        json!({ "payload": payload, "signatures": [{ "protected": header, "signature": signature }] }).to_string(),
        json!([good]).to_string(),
    ] {
        texts_about(&world, &token).await;
    }
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    world.ask().asserting(&good).authenticate().await.expect("the compact form");
}
