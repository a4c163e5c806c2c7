//! Clients that Hydra registered under looser rules (`docs/divergences.md`): they can be changed without being repaired first,
//! and are not made worse.

use oauth_core::{
    Error, ErrorCode,
    client::{AuthMethod, Client, ClientUpdate, Registration},
    policy::SubjectTypes,
};
use serde_json::{Value, json};
use token_jwt::{Algorithm, Jwk};

use crate::support::{World, list, refused, registration};

type Step = fn(&mut Client);

/// What Hydra stored, and one more of the same kind.
const ODDITIES: [(&str, Step, Step); 21] = [
    (
        "redirect URIs",
        |client| client.redirect_uris = list(&["javascript:alert(1)", "*", "/cb", "https://u@a.example/cb"]),
        |client| client.redirect_uris.push("data:text/html,x".to_owned()),
    ),
    (
        "a fragment",
        |client| client.redirect_uris = list(&["https://a.example/cb#x"]),
        |client| client.redirect_uris.push("https://a.example/cb#y".to_owned()),
    ),
    (
        "grant types",
        |client| client.grant_types = list(&["client_credentials", "client_credential"]),
        |client| client.grant_types.push("magic".to_owned()),
    ),
    (
        "response types",
        |client| client.response_types = list(&["codes"]),
        |client| client.response_types.push("tokens".to_owned()),
    ),
    (
        "an authentication method",
        |client| client.token_endpoint_auth_method = AuthMethod::Other("tls_client_auth".to_owned()),
        |client| client.token_endpoint_auth_method = AuthMethod::Other("NONE".to_owned()),
    ),
    (
        "signing without keys",
        |client| client.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt,
        |client| client.token_endpoint_auth_signing_alg = "HS256".to_owned(),
    ),
    (
        "an algorithm of assertions",
        |client| {
            client.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
            client.jwks_uri = "https://a.example/jwks.json".to_owned();
            client.token_endpoint_auth_signing_alg = "HS256".to_owned();
        },
        |client| client.token_endpoint_auth_signing_alg = "HS512".to_owned(),
    ),
    (
        "two sources of keys",
        |client| {
            client.jwks = r#"{"keys":[]}"#.to_owned();
            client.jwks_uri = "https://a.example/jwks.json".to_owned();
        },
        |client| client.jwks = r#"{"keys":{}}"#.to_owned(),
    ),
    (
        "an algorithm of request objects",
        |client| client.request_object_signing_alg = "HS256".to_owned(),
        |client| client.request_object_signing_alg = "HS512".to_owned(),
    ),
    (
        "an algorithm of user info",
        |client| client.userinfo_signed_response_alg = "HS256".to_owned(),
        |client| client.userinfo_signed_response_alg = "HS512".to_owned(),
    ),
    ("terms", |client| client.tos_uri = "http://".to_owned(), |client| client.tos_uri = "https://".to_owned()),
    ("a policy", |client| client.policy_uri = "policy".to_owned(), |client| client.policy_uri = "/policy".to_owned()),
    ("a logo", |client| client.logo_uri = "data:,x".to_owned(), |client| client.logo_uri = "data:,y".to_owned()),
    (
        "a front-channel logout",
        |client| client.frontchannel_logout_uri = "javascript:alert(1)".to_owned(),
        |client| client.frontchannel_logout_uri = "https://a.example/#x".to_owned(),
    ),
    (
        "a back-channel logout",
        |client| client.backchannel_logout_uri = "/logout".to_owned(),
        |client| client.backchannel_logout_uri = "/logout2".to_owned(),
    ),
    (
        "places to go after logout",
        |client| client.post_logout_redirect_uris = list(&["https://a.example/bye#x"]),
        |client| client.post_logout_redirect_uris.push("https://a.example/bye".to_owned()),
    ),
    (
        "an origin",
        |client| client.allowed_cors_origins = list(&["https://a.example/path"]),
        |client| client.allowed_cors_origins.push("*".to_owned()),
    ),
    ("a scope", |client| client.scope = "api é a|b".to_owned(), |client| client.scope.push_str(" ü")),
    ("an audience", |client| client.audience = list(&["a|b"]), |client| client.audience.push("c|d".to_owned())),
    (
        "a subject type",
        |client| client.subject_type = "pairwise".to_owned(),
        |client| client.subject_type = "secret".to_owned(),
    ),
    (
        "a NUL",
        |client| {
            client.owner = "a\0b".to_owned();
            client.metadata = r#"{"a":"\u0000"}"#.to_owned();
        },
        |client| client.metadata = r#"{"b":"\u0000"}"#.to_owned(),
    ),
];

/// Changes a client as PUT does, and as PATCH does: both must come to the same.
async fn change(world: &World, before: &Client, change: impl Fn(&mut Client)) -> Result<Client, Error> {
    let mut wanted = Registration { secret: None, ..registration("", |client| *client = before.clone()) };
    change(&mut wanted.client);
    let replaced = |seen| world.provider.replace_client(before.id.clone(), wanted.clone(), seen);
    let client = |update: Option<ClientUpdate>| update.expect("nobody else changed it").client;
    let patched = replaced(Some(before.clone())).await.map(client);
    let put = replaced(None).await.map(client);
    assert_eq!(patched.as_ref().map_err(Error::description), put.as_ref().map_err(Error::description));
    put
}

#[tokio::test]
async fn what_hydra_stored_does_not_keep_the_rest_from_being_changed() {
    let world = World::new();
    for (title, stored, _) in ODDITIES {
        let before = world.store(title, stored).await;
        let after = change(&world, &before, |client| client.name = "Robin".to_owned()).await;
        let after = after.unwrap_or_else(|why| panic!("{title}: {why}"));
        let expected = Client {
            name: "Robin".to_owned(),
            registration_access_token_signature: String::new(),
            updated_at: after.updated_at,
            ..before
        };
        assert_eq!(after, expected, "{title}");
    }
}

#[tokio::test]
async fn what_hydra_stored_is_no_leave_to_add_to_it() {
    let world = World::new();
    for (title, stored, worse) in ODDITIES {
        let before = world.store(title, stored).await;
        assert!(change(&world, &before, worse).await.is_err(), "{title}");
        let kept = world.provider.find_client(before.id.clone()).await.expect("it is there");
        assert_eq!(kept, before, "{title}");
    }
}

#[tokio::test]
async fn what_was_once_taken_away_does_not_come_back() {
    let world = World::new();
    let odd = list(&["javascript:alert(1)", "https://a.example/cb"]);
    let before = world.store("shop", |client| client.redirect_uris = odd.clone()).await;
    let repaired = change(&world, &before, |client| drop(client.redirect_uris.remove(0))).await.expect("a repair");
    assert_eq!(repaired.redirect_uris, ["https://a.example/cb"]);
    let back = change(&world, &repaired, |client| client.redirect_uris = odd.clone()).await;
    assert_eq!(refused(back), ErrorCode::InvalidRedirectUri);
}

#[tokio::test]
async fn right_entries_may_join_odd_ones() {
    let world = World::new();
    let before = world
        .store("shop", |client| {
            client.redirect_uris = list(&["*"]);
            client.allowed_cors_origins = list(&["https://a.example/path"]);
            client.scope = "é".to_owned();
        })
        .await;
    let after = change(&world, &before, |client| {
        client.redirect_uris.push("https://a.example/cb".to_owned());
        client.post_logout_redirect_uris.push("https://a.example/bye".to_owned());
        client.allowed_cors_origins.push("HTTPS://A.example/".to_owned());
        client.scope.push_str(" api");
    })
    .await
    .expect("what is new is right");
    assert_eq!(after.redirect_uris, ["*", "https://a.example/cb"]);
    assert_eq!(after.allowed_cors_origins, ["https://a.example/path", "https://a.example"]);
    assert_eq!(after.scope, "é api");
}

/// A client's keys, as JSON: one that is private, one that is public, and one that is new.
fn keys() -> [Value; 3] {
    let key = |kid: &str| Jwk::generate(Algorithm::ES256, "sig", kid).expect("a key");
    let public = |kid: &str| serde_json::to_value(key(kid).to_public().expect("a public half")).expect("JSON");
    [serde_json::to_value(key("private")).expect("JSON"), public("public"), public("new")]
}

#[tokio::test]
async fn keys_that_hydra_stored_stay_to_the_letter_beside_new_ones() {
    let world = World::new();
    let [private, public, new] = keys();
    // Spaces, and one kid for two keys: nobody would write it like this again.
    let stored = format!(r#"{{ "keys": [ {private}, {public}, {public} ] }}"#);
    let before = world.store("shop", |client| client.jwks = stored.clone()).await;
    let compact = json!({ "keys": [private, public, public] }).to_string();
    let same = change(&world, &before, |client| client.jwks = compact.clone()).await.expect("nothing is new");
    assert_eq!(same.jwks, stored);
    let with = |keys: &[&Value]| json!({ "keys": keys }).to_string();
    let grown = with(&[&private, &public, &new]);
    assert_eq!(change(&world, &same, |client| client.jwks = grown.clone()).await.expect("a right key").jwks, grown);

    let mut double = new.clone();
    double["kid"] = "private".into();
    let [another, ..] = keys();
    for keys in [[&private, &double], [&private, &another], [&public, &json!({"kty": "quantum"})]] {
        let jwks = with(&keys);
        assert_eq!(
            refused(change(&world, &before, |client| client.jwks = jwks.clone()).await),
            ErrorCode::InvalidClientMetadata,
            "{jwks}"
        );
    }
}

#[tokio::test]
async fn fields_that_contradict_each_other_may_go_on_but_not_begin_to() {
    let world = World::with(|policy| policy.subject_types = SubjectTypes { public: true, pairwise: true });
    let pairwise = |client: &mut Client| {
        client.subject_type = "pairwise".to_owned();
        client.redirect_uris = list(&["https://a.example/cb", "https://b.example/cb"]);
    };
    let before = world.store("several hosts", pairwise).await;
    let added = change(&world, &before, |client| client.redirect_uris.push("https://a.example/2".to_owned())).await;
    added.expect("the hosts contradicted the subject type before");
    let public = world.store("public", |client| {
        pairwise(client);
        client.subject_type = "public".to_owned();
    });
    let becomes = change(&world, &public.await, |client| client.subject_type = "pairwise".to_owned()).await;
    assert_eq!(refused(becomes), ErrorCode::InvalidClientMetadata);

    let logout = world.store("logout", |client| {
        client.redirect_uris = list(&["https://a.example/cb", "https://b.example/cb"]);
        client.post_logout_redirect_uris = list(&["https://b.example/bye", "https://c.example/bye"]);
    });
    let logout = logout.await;
    let homeless = change(&world, &logout, |client| drop(client.redirect_uris.pop())).await;
    assert_eq!(refused(homeless), ErrorCode::InvalidClientMetadata, "its redirect URI went away");
    change(&world, &logout, |client| drop(client.redirect_uris.remove(0))).await.expect("c.example had none before");
}

#[tokio::test]
async fn other_servers_are_asked_only_about_what_changes() {
    const SECTOR: &str = "https://sector.example/uris.json";
    let world = World::with(|policy| policy.disallow_private_ip_ranges = true);
    let before = world.store("shop", |client| {
        client.sector_identifier_uri = SECTOR.to_owned();
        client.redirect_uris = list(&["https://a.example/cb"]);
        client.jwks_uri = "https://keys.internal/jwks.json".to_owned();
        client.request_uris = list(&["https://requests.internal/1"]);
    });
    let before = change(&world, &before.await, |client| client.name = "Robin".to_owned()).await.expect("a new name");
    assert_eq!(world.remote.fetched(), [""; 0]);

    let inside = |client: &mut Client| client.request_uris.push("https://requests.internal/2".to_owned());
    assert_eq!(refused(change(&world, &before, inside).await), ErrorCode::InvalidClientMetadata);
    let more = |client: &mut Client| client.redirect_uris.push("https://b.example/cb".to_owned());
    world.remote.publish(SECTOR, r#"["https://c.example/cb"]"#);
    assert_eq!(refused(change(&world, &before, more).await), ErrorCode::InvalidClientMetadata);
    world.remote.publish(SECTOR, r#"["https://b.example/cb"]"#);
    change(&world, &before, more).await.expect("the new one is listed");
}

#[tokio::test]
async fn an_id_that_no_address_can_hold_is_refused_but_kept() {
    let world = World::new();
    for id in [".", ".."] {
        assert_eq!(refused(world.try_register(id, |_| ()).await), ErrorCode::InvalidClientMetadata, "{id}");
        let client = world.store(id, |_| ()).await;
        change(&world, &client, |client| client.name = "Robin".to_owned()).await.expect("a new name");
    }
    world.register("...", |_| ()).await;
}
