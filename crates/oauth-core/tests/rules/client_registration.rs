//! What may be registered as a client (RFC 7591 §2), and what is made up for it.

use chrono::{SubsecRound, TimeDelta};
use oauth_core::{
    ErrorCode,
    client::{AccessTokenStrategy, AuthMethod, Client, Registration},
    ids::ClientId,
    policy::{Policy, SecretHashing, SubjectTypes},
    secret::ClientSecret,
};
use serde_json::json;
use token_jwt::{Algorithm, Jwk};

use crate::support::{World, beginning, list, message, refused, registration, secret_of};

/// A change that makes a client one that should be refused.
type Mistake = fn(&mut Client);

async fn assert_refused(world: &World, code: ErrorCode, mistakes: &[(&str, Mistake)]) {
    for (title, mistake) in mistakes {
        assert_eq!(refused(world.try_register("shop", mistake).await), code, "{title}");
    }
    world.register("shop", |_| ()).await;
}

/// Mistakes that Hydra does not see: refused, unless Hydra is imitated.
async fn assert_refused_if_strict(code: ErrorCode, mistakes: &[(&str, Mistake)]) {
    assert_refused(&World::new(), code, mistakes).await;
    let compatible = World::with(|policy| policy.compat_hydra = true);
    for (title, mistake) in mistakes {
        let answer = compatible.try_register(title, mistake).await;
        assert!(answer.is_ok(), "{title}: {}", message(answer));
    }
}

fn set(text: &mut String, value: &str) {
    value.clone_into(text);
}

#[tokio::test]
async fn a_client_that_says_nothing_gets_the_defaults() {
    let world = World::new();
    let client = world.register("shop", |client| client.scope = "  ".to_owned()).await.client;
    assert_eq!(client.scope, "offline_access offline openid");
    assert_eq!((client.subject_type.as_str(), client.userinfo_signed_response_alg.as_str()), ("public", "none"));
    assert_eq!(client.token_endpoint_auth_method, AuthMethod::from(""));
    assert_eq!((client.created_at, client.updated_at), (beginning(), beginning()));
    assert_eq!(world.provider.find_client(ClientId::new("shop")).await.expect("it is stored"), client);
}

#[tokio::test]
async fn the_creation_is_rounded_to_the_second_and_the_change_to_the_microsecond() {
    let world = World::new();
    world.clock.advance(TimeDelta::nanoseconds(600_000_123));
    let client = world.register("shop", |_| ()).await.client;
    assert_eq!(client.created_at, beginning() + TimeDelta::seconds(1));
    assert_eq!(client.updated_at, world.provider.now().trunc_subsecs(6));
}

#[tokio::test]
async fn an_id_and_a_secret_are_made_up_when_none_are_given() {
    let world = World::new();
    let mut seen = std::collections::HashSet::new();
    for _ in 0..20 {
        let registration = Registration { secret: None, ..registration("", |_| ()) };
        let made = world.provider.register_client(registration).await.expect("it is registered");
        let id = made.client.id.as_str().to_owned();
        assert_eq!(uuid::Uuid::parse_str(&id).expect("a UUID").get_version_num(), 4);
        assert_eq!(id, id.to_lowercase());
        let secret = made.secret.expect("a secret").into_exposed();
        assert!(secret.len() == 26 && secret.bytes().all(|c| c.is_ascii_alphanumeric() || b"_-.~".contains(&c)));
        assert_eq!(made.registration_client_uri, format!("https://op.example/oauth2/register/{id}"));
        world.ask().basic(&id, &secret).authenticate().await.expect("the new client gets in");
        assert!(seen.insert(id) && seen.insert(secret));
    }
}

#[tokio::test]
async fn a_public_client_is_told_no_secret_and_has_none_that_works() {
    let world = World::new();
    for secret in [None, Some(ClientSecret::new("a chosen secret"))] {
        let mut wanted = registration("", |client| client.token_endpoint_auth_method = AuthMethod::None);
        wanted.secret = secret;
        let made = world.provider.register_client(wanted).await.expect("it is registered");
        assert!(made.secret.is_none() && !made.client.secret.expose().is_empty());
    }
}

#[tokio::test]
async fn a_registration_token_is_made_of_which_only_the_signature_is_kept() {
    let world = World::new();
    let made = world.register("a b/c", |_| ()).await;
    let token = made.registration_access_token.into_exposed();
    assert!(token.starts_with("ory_at_") && token.len() == 94);
    assert_eq!(Some(made.client.registration_access_token_signature.as_str()), token_hmac::signature_part(&token));
    assert_eq!(made.registration_client_uri, "https://op.example/oauth2/register/a%20b%2Fc");
}

#[tokio::test]
async fn no_secret_and_no_hash_shows_in_debug_output() {
    let world = World::new();
    let made = world.register("shop", |_| ()).await;
    let token = made.registration_access_token.expose().to_owned();
    let hash = made.client.secret.expose().to_owned();
    let shown = format!("{made:?} {:?}", registration("shop", |_| ()));
    assert!(!shown.contains(&secret_of("shop")) && !shown.contains(&hash) && !shown.contains(&token));
}

#[tokio::test]
async fn an_id_is_taken_once_and_the_first_owner_keeps_it() {
    let world = World::new();
    world.register("shop", |client| client.name = "first".to_owned()).await;
    assert_eq!(
        refused(world.try_register("shop", |client| client.name = "second".to_owned()).await),
        ErrorCode::Conflict
    );
    let client = world.provider.find_client(ClientId::new("shop")).await.expect("it is there");
    assert_eq!(client.name, "first");
    world.ask_as("shop").authenticate().await.expect("its secret is the first owner's");
}

#[tokio::test]
async fn hashes_times_and_tokens_are_never_taken_from_the_caller() {
    let world = World::new();
    let made = world
        .register("shop", |client| {
            client.secret = oauth_core::client::SecretHash::new("$2a$04$chosen");
            client.rotated_secrets = vec![client.secret.clone()];
            client.created_at = beginning() - TimeDelta::days(1);
            client.updated_at = beginning() - TimeDelta::days(1);
            client.registration_access_token_signature = "chosen".to_owned();
        })
        .await
        .client;
    assert!(made.secret.expose().starts_with("$pbkdf2-sha256$i=1,l=32$") && made.rotated_secrets.is_empty());
    assert_eq!((made.created_at, made.updated_at), (beginning(), beginning()));
    assert_ne!(made.registration_access_token_signature, "chosen");
}

#[tokio::test]
async fn a_client_that_signs_needs_keys_and_a_known_algorithm() {
    let mistakes: [(&str, Mistake); 4] = [
        ("no keys", |client| client.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt),
        ("none", |client| {
            client.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
            set(&mut client.jwks, r#"{"keys":[]}"#);
            set(&mut client.token_endpoint_auth_signing_alg, "none");
        }),
        ("HS256", |client| {
            client.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
            set(&mut client.jwks, r#"{"keys":[]}"#);
            set(&mut client.token_endpoint_auth_signing_alg, "HS256");
        }),
        ("both sources", |client| {
            set(&mut client.jwks, r#"{"keys":[]}"#);
            set(&mut client.jwks_uri, "https://shop.example/jwks.json");
        }),
    ];
    let world = World::new();
    assert_refused(&world, ErrorCode::InvalidClientMetadata, &mistakes).await;
    for (id, jwks, jwks_uri) in [("a", r#"{"keys":[]}"#, ""), ("b", "{}", "https://shop.example/jwks.json")] {
        world
            .register(id, |client| {
                client.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
                set(&mut client.token_endpoint_auth_signing_alg, "PS384");
                set(&mut client.jwks, jwks);
                set(&mut client.jwks_uri, jwks_uri);
            })
            .await;
    }
}

#[tokio::test]
async fn keys_of_a_client_are_public_whole_and_named_once() {
    let world = World::new();
    let private = Jwk::generate(Algorithm::ES256, "sig", "k1").expect("a key");
    let public = serde_json::to_value(private.to_public().expect("a public half")).expect("JSON");
    let private = serde_json::to_value(&private).expect("JSON");
    let renamed = |kid: &str| {
        let mut key = public.clone();
        key["kid"] = json!(kid);
        key
    };
    for (title, keys) in [
        ("private", json!([private])),
        ("symmetric", json!([{ "kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ" }])),
        ("unknown type", json!([{ "kty": "quantum" }])),
        ("repeated kid", json!([public, public])),
        ("empty kid", json!([renamed("")])),
        ("off the curve", json!([{ "kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA" }])),
        ("no list", json!({ "kty": "EC" })),
    ] {
        let jwks = json!({ "keys": keys }).to_string();
        let answer = world.try_register("shop", |client| client.jwks = jwks).await;
        assert_eq!(refused(answer), ErrorCode::InvalidClientMetadata, "{title}");
    }
    for text in ["", "[]", "null", "{", "\"keys\""] {
        let answer = world.try_register("shop", |client| client.jwks = text.to_owned()).await;
        assert_eq!(refused(answer), ErrorCode::InvalidClientMetadata, "{text}");
    }
    let jwks = json!({ "keys": [public, renamed("k2")] }).to_string();
    world.register("shop", |client| client.jwks = jwks).await;
}

#[tokio::test]
async fn a_private_key_is_not_repeated_in_the_answer_that_refuses_it() {
    let world = World::new();
    let private = serde_json::to_value(Jwk::generate(Algorithm::ES256, "sig", "k1").expect("a key")).expect("JSON");
    let d = private["d"].as_str().expect("a private member").to_owned();
    let jwks = json!({ "keys": [private] }).to_string();
    assert!(!message(world.try_register("shop", |client| client.jwks = jwks).await).contains(&d));
}

#[tokio::test]
async fn pages_about_a_client_are_web_addresses() {
    let world = World::new();
    let members: [fn(&mut Client) -> &mut String; 4] = [
        |client| &mut client.tos_uri,
        |client| &mut client.policy_uri,
        |client| &mut client.logo_uri,
        |client| &mut client.client_uri,
    ];
    for member in members {
        for odd in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "/terms",
            "ftp://a.example",
            "terms",
            " https://a.example",
            "data:text/html,x",
        ] {
            let answer = world.try_register("shop", |client| set(member(client), odd)).await;
            assert_eq!(refused(answer), ErrorCode::InvalidClientMetadata, "{odd}");
        }
        world.provider.delete_client(ClientId::new("good")).await.ok();
        world.register("good", |client| set(member(client), "https://a.example/terms")).await;
    }
}

#[tokio::test]
async fn a_secret_has_at_least_six_characters_that_can_be_sent() {
    let (strict, compatible) = (World::new(), World::with(|policy| policy.compat_hydra = true));
    let try_secret = async |world: &World, secret: &str| {
        let wanted = Registration { secret: Some(ClientSecret::new(secret)), ..registration("", |_| ()) };
        world.provider.register_client(wanted).await.map(drop)
    };
    for short in ["", "12345"] {
        assert_eq!(refused(try_secret(&strict, short).await), ErrorCode::InvalidClientMetadata);
        assert_eq!(refused(try_secret(&compatible, short).await), ErrorCode::InvalidClientMetadata);
    }
    try_secret(&strict, "123456").await.expect("six will do");
    for odd in ["pässwörd", "tab\tulator", "zero\0zero"] {
        assert_eq!(refused(try_secret(&strict, odd).await), ErrorCode::InvalidClientMetadata, "{odd:?}");
        try_secret(&compatible, odd).await.expect("as Hydra has it");
    }
}

#[tokio::test]
async fn bcrypt_refuses_a_secret_that_it_would_cut_off() {
    let world = World::with(|policy| policy.secret_hashing = SecretHashing::Bcrypt { cost: 4 });
    let wanted =
        |length| Registration { secret: Some(ClientSecret::new("x".repeat(length))), ..registration("", |_| ()) };
    assert_eq!(refused(world.provider.register_client(wanted(73)).await), ErrorCode::InvalidClientMetadata);
    let made = world.provider.register_client(wanted(72)).await.expect("72 bytes fit");
    let id = made.client.id.as_str();
    world.ask().basic(id, &"x".repeat(72)).authenticate().await.expect("the whole secret");
    assert_eq!(refused(world.ask().basic(id, &"x".repeat(73)).authenticate().await), ErrorCode::InvalidClient);
}

#[tokio::test]
async fn origins_are_kept_as_browsers_send_them() {
    let world = World::new();
    let client = world
        .register("shop", |client| {
            client.allowed_cors_origins =
                list(&["https://a.example/", "HTTPS://B.example:443", "http://c.example:8080"]);
        })
        .await
        .client;
    assert_eq!(client.allowed_cors_origins, ["https://a.example", "https://b.example", "http://c.example:8080"]);
    for odd in [
        "https://a.example/path",
        "https://a.example?x",
        "https://a.example#x",
        "https://u@a.example",
        "ftp://a.example",
        "a.example",
        "null",
        "*",
    ] {
        let answer = world.try_register("other", |client| client.allowed_cors_origins = list(&[odd])).await;
        assert_eq!(refused(answer), ErrorCode::InvalidClientMetadata, "{odd}");
    }
}

#[tokio::test]
async fn redirect_uris_are_absolute_and_have_no_fragment() {
    let world = World::new();
    for odd in ["", "foo", "https://a.example/#x", "https://a.example/cb#", "https://a example/", "//a.example/cb"] {
        let answer = world.try_register("shop", |client| client.redirect_uris = list(&[odd])).await;
        assert_eq!(refused(answer), ErrorCode::InvalidRedirectUri, "{odd}");
    }
    let good = ["https://a.example/cb?x=1", "http://localhost:3000/cb", "com.app:/cb", "urn:x:y", "http://[::1]:80/cb"];
    let client = world.register("shop", |client| client.redirect_uris = list(&good)).await.client;
    assert_eq!(client.redirect_uris, good, "kept to the letter");
}

#[tokio::test]
async fn redirect_uris_that_a_browser_would_run_or_misread_are_refused_unless_hydra_is_imitated() {
    assert_refused_if_strict(
        ErrorCode::InvalidRedirectUri,
        &[
            ("script", |client| client.redirect_uris = list(&["javascript:alert(1)"])),
            ("script in any case", |client| client.redirect_uris = list(&["JavaScript:alert(1)"])),
            ("data", |client| client.redirect_uris = list(&["data:text/html,x"])),
            ("any", |client| client.redirect_uris = list(&["*"])),
            ("path", |client| client.redirect_uris = list(&["/cb"])),
            ("user", |client| client.redirect_uris = list(&["https://ok.example@evil.example/cb"])),
        ],
    )
    .await;
}

#[tokio::test]
async fn after_logout_browsers_go_where_they_could_have_come_from() {
    let world = World::new();
    for odd in ["https://b.example/bye", "http://a.example/bye", "https://a.example:443/bye", "https://a.example/bye#x"]
    {
        let answer = world
            .try_register("shop", |client| {
                client.redirect_uris = list(&["https://a.example/cb"]);
                client.post_logout_redirect_uris = list(&[odd]);
            })
            .await;
        assert_eq!(refused(answer), ErrorCode::InvalidClientMetadata, "{odd}");
    }
    world
        .register("shop", |client| {
            client.redirect_uris = list(&["https://a.example/cb"]);
            client.post_logout_redirect_uris = list(&["https://a.example/bye?x=1"]);
        })
        .await;
}

#[tokio::test]
async fn logout_addresses_must_be_ones_that_can_be_called_unless_hydra_is_imitated() {
    assert_refused_if_strict(
        ErrorCode::InvalidClientMetadata,
        &[
            ("front-channel script", |client| set(&mut client.frontchannel_logout_uri, "javascript:alert(1)")),
            ("back-channel path", |client| set(&mut client.backchannel_logout_uri, "/logout")),
            ("fragment", |client| set(&mut client.backchannel_logout_uri, "https://a.example/logout#x")),
        ],
    )
    .await;
}

#[tokio::test]
async fn words_that_nobody_knows_are_refused_unless_hydra_is_imitated() {
    assert_refused_if_strict(
        ErrorCode::InvalidClientMetadata,
        &[
            ("NONE", |client| client.token_endpoint_auth_method = AuthMethod::Other("NONE".to_owned())),
            ("mutual TLS", |client| {
                client.token_endpoint_auth_method = AuthMethod::Other("tls_client_auth".to_owned())
            }),
            ("grant type", |client| client.grant_types = list(&["client_credential"])),
            ("response type", |client| client.response_types = list(&["codes"])),
            ("algorithm", |client| set(&mut client.request_object_signing_alg, "HS256")),
            ("scope", |client| set(&mut client.scope, "é")),
            ("scope with the separator of the tables", |client| set(&mut client.scope, "a|b")),
            ("audience with the separator of the tables", |client| client.audience = list(&["a|b"])),
            ("id outside ASCII", |client| client.id = ClientId::new("shöp")),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_no_column_can_hold_is_refused_always() {
    for compat_hydra in [false, true] {
        let world = World::with(|policy| policy.compat_hydra = compat_hydra);
        let mistakes: [(&str, Mistake); 6] = [
            ("long id", |client| client.id = ClientId::new("x".repeat(256))),
            ("NUL in the id", |client| client.id = ClientId::new("a\0b")),
            ("NUL in the name", |client| set(&mut client.name, "a\0b")),
            ("NUL in a list", |client| client.contacts = list(&["a\0b"])),
            ("NUL in the metadata", |client| set(&mut client.metadata, r#"{"a":"\u0000"}"#)),
            ("long method", |client| client.token_endpoint_auth_method = AuthMethod::Other("x".repeat(26))),
        ];
        assert_refused(&world, ErrorCode::InvalidClientMetadata, &mistakes).await;
        world.register(&"x".repeat(255), |_| ()).await;
    }
}

#[tokio::test]
async fn user_info_is_signed_by_a_known_algorithm_or_not_at_all() {
    let world = World::new();
    let mistakes: [(&str, Mistake); 2] = [
        ("HS256", |client| set(&mut client.userinfo_signed_response_alg, "HS256")),
        ("in small letters", |client| set(&mut client.userinfo_signed_response_alg, "rs256")),
    ];
    assert_refused(&world, ErrorCode::InvalidClientMetadata, &mistakes).await;
    for alg in ["RS256", "ES512", "EdDSA"] {
        world.register(alg, |client| set(&mut client.userinfo_signed_response_alg, alg)).await;
    }
}

fn both_subject_types(policy: &mut Policy) {
    policy.subject_types = SubjectTypes { public: true, pairwise: true };
}

#[tokio::test]
async fn a_subject_type_must_be_served_and_pairwise_never_goes_with_jwts() {
    let pairwise = |client: &mut Client| set(&mut client.subject_type, "pairwise");
    assert_eq!(refused(World::new().try_register("shop", pairwise).await), ErrorCode::InvalidClientMetadata);
    let world = World::with(both_subject_types);
    world.register("shop", pairwise).await;
    let with_jwt = world.try_register("jwt", |client| {
        pairwise(client);
        client.access_token_strategy = Some(AccessTokenStrategy::Jwt);
    });
    assert_eq!(refused(with_jwt.await), ErrorCode::InvalidClientMetadata);
    let unknown = world.try_register("odd", |client| set(&mut client.subject_type, "secret"));
    assert_eq!(refused(unknown.await), ErrorCode::InvalidClientMetadata);
    let only_pairwise = World::with(|policy| policy.subject_types = SubjectTypes { public: false, pairwise: true });
    assert_eq!(only_pairwise.register("shop", |_| ()).await.client.subject_type, "pairwise");
}

#[tokio::test]
async fn pairwise_with_several_hosts_needs_a_sector_unless_hydra_is_imitated() {
    let several = |client: &mut Client| {
        set(&mut client.subject_type, "pairwise");
        client.redirect_uris = list(&["https://a.example/cb", "https://b.example/cb"]);
    };
    let world = World::with(both_subject_types);
    assert_eq!(refused(world.try_register("shop", several).await), ErrorCode::InvalidClientMetadata);
    let one_host = world.try_register("one", |client| {
        several(client);
        client.redirect_uris = list(&["https://a.example/cb", "https://a.example/other"]);
    });
    one_host.await.expect("one host is its own sector");
    let compatible = World::with(|policy| {
        both_subject_types(policy);
        policy.compat_hydra = true;
    });
    compatible.register("shop", several).await;
}

#[tokio::test]
async fn a_sector_document_lists_every_redirect_uri() {
    const SECTOR: &str = "https://sector.example/uris.json";
    let world = World::new();
    let with_sector = |client: &mut Client| {
        set(&mut client.sector_identifier_uri, SECTOR);
        client.redirect_uris = list(&["https://a.example/cb", "https://b.example/cb"]);
    };
    for document in ["", "{}", "[]", "[1]", r#"["https://a.example/cb"]"#, "<html>"] {
        world.remote.publish(SECTOR, document);
        assert_eq!(
            refused(world.try_register("shop", with_sector).await),
            ErrorCode::InvalidClientMetadata,
            "{document}"
        );
    }
    world.remote.publish(SECTOR, r#"["https://b.example/cb","https://a.example/cb","https://c.example/cb"]"#);
    world.register("shop", with_sector).await;
    for odd in ["http://sector.example/uris.json", "file:///etc/passwd", "sector", "https://nowhere.example/"] {
        let answer = world.try_register("other", |client| set(&mut client.sector_identifier_uri, odd)).await;
        assert_eq!(refused(answer), ErrorCode::InvalidClientMetadata, "{odd}");
    }
    let fetched = world.remote.fetched();
    assert!(fetched.iter().all(|address| address.starts_with("https://")), "{fetched:?}");
}

#[tokio::test]
async fn the_first_broken_rule_is_the_one_that_is_reported() {
    let world = World::new();
    let all_wrong = |client: &mut Client| {
        client.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
        set(&mut client.tos_uri, "terms");
        client.allowed_cors_origins = list(&["origin"]);
        set(&mut client.userinfo_signed_response_alg, "HS256");
        client.redirect_uris = list(&["foo"]);
        set(&mut client.subject_type, "secret");
        client.post_logout_redirect_uris = list(&["https://b.example/bye"]);
    };
    let cures: [(&str, Mistake); 7] = [
        ("private_key_jwt", |client| client.token_endpoint_auth_method = AuthMethod::ClientSecretBasic),
        ("tos_uri", |client| client.tos_uri.clear()),
        ("allowed_cors_origins", |client| client.allowed_cors_origins.clear()),
        ("userinfo_signed_response_alg", |client| client.userinfo_signed_response_alg.clear()),
        ("redirect URI", |client| client.redirect_uris = list(&["https://a.example/cb"])),
        ("subject_type", |client| client.subject_type.clear()),
        ("post_logout_redirect_uris", |client| client.post_logout_redirect_uris.clear()),
    ];
    for (n, (member, _)) in cures.iter().enumerate() {
        let answer = world.try_register("shop", |client| {
            all_wrong(client);
            cures[..n].iter().for_each(|(_, cure)| cure(client));
        });
        let text = message(answer.await);
        assert!(text.contains(member), "{member} should be reported, not: {text}");
    }
}
