//! The credentials endpoint (OpenID Connect userinfo credentials, draft 00): who gets a credential, for which key, and what it says.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use oauth_core::{
    Error, ErrorCode,
    authorize::ConsentAccepted,
    client::AccessTokenStrategy,
    credentials::{CredentialAnswer, CredentialProof, CredentialRequest},
    policy::ID_TOKEN_KEYS,
    secret::PresentedToken,
    storage::StorageError,
    token::TokenResponse,
};
use serde_json::{Value, json};
use token_jwt::Jwk;

use crate::support::{OwnKey, Request, World, hmac_with_public, message, refused};

const SCOPE: &str = "userinfo_credential_draft_00";
const SCOPES: &str = "openid offline userinfo_credential_draft_00";

async fn shop() -> World {
    shop_of(World::with(|_| ())).await
}

async fn shop_of(world: World) -> World {
    world.add_key(ID_TOKEN_KEYS, "id-1").await;
    world.add_access_token_key("access-1").await;
    world.register_app("shop", |client| client.scope = format!("{SCOPES} api")).await;
    world
}

async fn tokens(world: &World, scope: &str) -> TokenResponse {
    world.redeem(&world.login("alice").at("shop").allowing(scope).await).await.expect("tokens")
}

fn asking(proof: Option<(&str, &str)>) -> CredentialRequest {
    let proof = proof.map(|(kind, jwt)| CredentialProof { proof_type: kind.to_owned(), jwt: jwt.to_owned() });
    CredentialRequest { format: "jwt_vc_json".to_owned(), proof }
}

async fn ask(world: &World, token: &str, request: CredentialRequest) -> Result<CredentialAnswer, Error> {
    world.provider.credential(Some(PresentedToken::new(token)), Ok(request)).await
}

/// The answer to a proof.
async fn prove(world: &World, token: &str, proof: &str) -> Result<String, Error> {
    Ok(match ask(world, token, asking(Some(("jwt", proof)))).await? {
        CredentialAnswer::Issued(credential) => credential.into_exposed(),
        CredentialAnswer::ProofWanted(_) => panic!("there was a proof"),
    })
}

/// The nonce that a request without a proof gets.
async fn nonce(world: &World, token: &str) -> String {
    match ask(world, token, asking(None)).await.expect("the token is good") {
        CredentialAnswer::ProofWanted(fresh) => {
            assert_eq!(fresh.expires_in, 3600);
            fresh.nonce.into_exposed()
        }
        CredentialAnswer::Issued(_) => panic!("nothing was proven"),
    }
}

/// A good proof.
fn proof(key: &OwnKey, nonce: &str) -> String {
    let header = json!({ "alg": "ES256", "typ": "JWT", "jwk": key.public() });
    key.sign_raw(&header, json!({ "nonce": nonce, "aud": "https://op.example/" }).to_string().as_bytes())
}

/// The name of whoever has a key: the key itself, read, and written again.
fn did(key: &OwnKey) -> String {
    let key = Jwk::from_json(key.public().to_string()).expect("a key");
    format!("did:jwk:{}", BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&key).expect("JSON")))
}

#[tokio::test]
async fn whoever_proves_a_key_gets_a_credential_about_the_user_for_it() {
    let world = shop().await;
    let mut browser = world.browser();
    let login = browser.begin(&Request::of("shop").with("scope", SCOPES)).await;
    world.wait(5);
    let consent = browser.log_in(&login, "alice").await;
    let claims = |accepted: &mut ConsentAccepted| {
        let claims = json!({ "name": "Alice", "sub": "root", "id": "did:example:root", "address": { "city": "Ulm" } });
        accepted.id_token_claims = claims.as_object().cloned().expect("an object");
    };
    let answer = browser.allow_with(&consent, SCOPES, claims).await.expect("it suits").answer();
    let agreed_at = world.provider.now().timestamp();
    world.wait(60);
    let token = world.redeem(answer.get("code")).await.expect("tokens").access_token.into_exposed();
    let key = OwnKey::new("");
    let credential = prove(&world, &token, &proof(&key, &nonce(&world, &token).await)).await.expect("a credential");
    let (told, kid) = world.verified(&credential).await;
    assert_eq!(kid, "id-1");
    let jti = told["jti"].as_str().expect("an id").to_owned();
    let holder = did(&key);
    assert_eq!(
        Value::Object(told),
        json!({
            "iss": "https://op.example/", "jti": jti, "iat": agreed_at, "nbf": agreed_at,
            "exp": world.provider.now().timestamp() + 3600, "sub": holder,
            "vc": {
                "@context": ["https://www.w3.org/2018/credentials/v1"],
                "type": ["VerifiableCredential", "UserInfoCredential"],
                "credentialSubject": { "id": holder, "sub": "alice", "name": "Alice", "address": { "city": "Ulm" } },
            },
        })
    );
}

#[tokio::test]
async fn each_credential_is_for_the_key_that_was_proven() {
    let world = shop().await;
    let token = tokens(&world, SCOPES).await.access_token.into_exposed();
    let nonce = nonce(&world, &token).await;
    let mut ids = Vec::new();
    for key in [OwnKey::new(""), OwnKey::new("named"), OwnKey::new("").saying("use", &Value::Null)] {
        let credential = prove(&world, &token, &proof(&key, &nonce)).await.expect("the nonce is good while it lasts");
        let (told, _) = world.verified(&credential).await;
        assert_eq!((&told["sub"], &told["vc"]["credentialSubject"]["id"]), (&json!(did(&key)), &json!(did(&key))));
        ids.push(told["jti"].clone());
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[tokio::test]
async fn the_nonce_comes_with_the_token_if_the_scope_asks_for_it() {
    let world = shop().await;
    let key = OwnKey::new("");
    let first = tokens(&world, SCOPES).await;
    let fresh = first.credential_nonce.expect("a nonce");
    assert_eq!(fresh.expires_in, 3600);
    let held = proof(&key, fresh.nonce.expose());
    prove(&world, first.access_token.expose(), &held).await.expect("it is the token's");
    let second = world.refresh(first.refresh_token.expect("one").expose()).await.expect("tokens");
    let other = second.credential_nonce.expect("a nonce");
    prove(&world, second.access_token.expose(), &proof(&key, other.nonce.expose())).await.expect("it is the token's");
    let why = message(prove(&world, second.access_token.expose(), &held).await);
    assert!(why.contains("not made for this access token"), "{why}");
    for scope in ["openid", "openid offline api"] {
        assert!(tokens(&world, scope).await.credential_nonce.is_none(), "{scope}");
    }
    let without_openid = world.login("alice").at("shop").allowing(SCOPE).await;
    assert!(world.redeem(&without_openid).await.expect("tokens").credential_nonce.is_none());
}

#[tokio::test]
async fn a_nonce_is_good_for_an_hour_on_every_instance() {
    let world = shop().await;
    let key = OwnKey::new("");
    let token = tokens(&world, SCOPES).await.refresh_token.expect("one").into_exposed();
    world.wait(1800);
    let token = world.refresh(&token).await.expect("tokens").access_token.into_exposed();
    let made = proof(&key, &nonce(&world, &token).await);
    world.wait(1799);
    prove(&world.another_instance(), &token, &made).await.expect("it is sealed, not kept");
    prove(&world.after_rotating_the_system_secret(), &token, &made).await.expect("older secrets open it");
    let later = shop_of(World::with(|policy| {
        policy.lifetimes.access_token = std::time::Duration::from_secs(86_400);
    }))
    .await;
    let long = tokens(&later, SCOPES).await.access_token.into_exposed();
    let made = proof(&key, &nonce(&later, &long).await);
    later.wait(3599);
    prove(&later, &long, &made).await.expect("the last second");
    later.wait(1);
    let why = message(prove(&later, &long, &made).await);
    assert!(why.contains("'nonce' has expired"), "{why}");
    assert_eq!(refused(prove(&later, &long, &made).await), ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn each_fault_of_a_proof_is_refused() {
    let world = shop().await;
    let token = tokens(&world, SCOPES).await.access_token.into_exposed();
    let other = tokens(&world, SCOPES).await.access_token.into_exposed();
    let (key, thief) = (OwnKey::new(""), OwnKey::new(""));
    let nonce = nonce(&world, &token).await;
    let good = proof(&key, &nonce);
    let header = json!({ "alg": "ES256", "jwk": key.public() });
    let claims = json!({ "nonce": nonce });
    let payload = claims.to_string();
    let of_others = self::nonce(&world, &other).await;
    let mut private = key.public();
    private["d"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE");
    let signed = |header: &Value| key.sign_raw(header, payload.as_bytes());
    let cases = [
        ("a nonce of another token", proof(&key, &of_others)),
        ("no nonce of ours", proof(&key, "x")),
        ("an empty nonce", proof(&key, "")),
        ("a cut nonce", proof(&key, &nonce[..nonce.len() - 1])),
        ("the token as nonce", proof(&key, &token)),
        ("no nonce", key.sign_raw(&header, b"{}")),
        ("a nonce that is no text", key.sign_raw(&header, b"{\"nonce\":1}")),
        ("two nonces", key.sign_raw(&header, format!("{{\"nonce\":\"x\",\"nonce\":\"{nonce}\"}}").as_bytes())),
        ("no claims", key.sign_raw(&header, b"null")),
        ("no key in the header", key.sign(&claims)),
        ("the key of another in the header", signed(&json!({ "alg": "ES256", "jwk": thief.public() }))),
        ("an address of a key", signed(&json!({ "alg": "ES256", "jku": "https://shop.example/jwks.json" }))),
        ("a private key", signed(&json!({ "alg": "ES256", "jwk": private }))),
        ("a shared secret", signed(&json!({ "alg": "HS256", "jwk": { "kty": "oct", "k": "c2VjcmV0" } }))),
        ("no key", signed(&json!({ "alg": "ES256", "jwk": "x" }))),
        ("half a key", signed(&json!({ "alg": "ES256", "jwk": { "kty": "EC", "crv": "P-256" } }))),
        ("an extension", signed(&json!({ "alg": "ES256", "jwk": key.public(), "crit": ["x"] }))),
        ("no algorithm", signed(&json!({ "jwk": key.public() }))),
        (
            "alg none",
            format!("{}.", signed(&json!({ "alg": "none", "jwk": key.public() })).rsplit_once('.').expect("parts").0),
        ),
        ("another algorithm", signed(&json!({ "alg": "ES384", "jwk": key.public() }))),
        ("an HMAC", hmac_with_public(&key, "HS256", &claims)),
        ("no signature", format!("{}.", good.rsplit_once('.').expect("parts").0)),
        ("nothing", String::new()),
        ("no token", "x".to_owned()),
        ("dots", ".".repeat(1_000_000)),
        ("too much", "a".repeat(10_000_000)),
    ];
    for (what, proof) in cases {
        let why = prove(&world, &token, &proof).await.expect_err(what);
        assert_eq!(why.code(), ErrorCode::InvalidRequest, "{what}");
        assert!(why.description().len() < 300 && !why.description().contains(&nonce), "{what}: {why}");
    }
    for kind in ["", "JWT", "cwt", "ldp_vp"] {
        let answer = ask(&world, &token, asking(Some((kind, &good)))).await;
        assert!(message(answer).contains("'proof_type'"), "{kind}");
    }
    prove(&world, &token, &good).await.expect("the good one");
    assert!(world.remote.fetched().is_empty());
}

#[tokio::test]
async fn other_formats_are_refused() {
    let world = shop().await;
    let token = tokens(&world, SCOPES).await.access_token.into_exposed();
    for format in ["", "jwt_vc", "JWT_VC_JSON", "ldp_vc", "jwt_vc_json-ld"] {
        let answer = ask(&world, &token, CredentialRequest { format: format.to_owned(), ..asking(None) }).await;
        assert!(message(answer).contains("jwt_vc_json"), "{format}");
    }
}

/// Whoever has no good token learns nothing about the rest of the request.
#[tokio::test]
async fn the_token_comes_first() {
    let world = shop().await;
    let good = tokens(&world, SCOPES).await;
    let nothing = world.provider.credential(None, Ok(asking(None))).await;
    assert!(matches!(nothing, Err(Error::NoAccessToken)));
    let token = good.access_token.expose();
    for odd in ["", "x", "a.b.c", &token[..token.len() - 1], good.refresh_token.as_ref().expect("one").expose()] {
        let presented = || Some(PresentedToken::new(odd));
        for request in
            [Ok(asking(None)), Ok(asking(Some(("x", "x")))), Err(Error::BadCredentialRequest("x".to_owned()))]
        {
            assert_eq!(
                refused(world.provider.credential(presented(), request).await),
                ErrorCode::InvalidToken,
                "{odd}"
            );
        }
    }
    let unreadable = Err(Error::BadCredentialRequest("The body is no JSON.".to_owned()));
    let answer = world.provider.credential(Some(PresentedToken::new(token)), unreadable).await;
    assert_eq!(refused(answer), ErrorCode::InvalidRequest);
    let made = proof(&OwnKey::new(""), &nonce(&world, token).await);
    world.ask_as("shop").revoke(token).await.expect("it is revoked");
    assert_eq!(refused(prove(&world, token, &made).await), ErrorCode::InvalidToken, "the nonce outlives nothing");
    world.storage.break_down(StorageError::Unavailable("db.internal".to_owned()));
    assert_eq!(refused(prove(&world, token, &made).await), ErrorCode::TemporarilyUnavailable);
}

#[tokio::test]
async fn a_signed_access_token_is_as_good() {
    let world = shop_of(World::with(|policy| policy.access_token_strategy = AccessTokenStrategy::Jwt)).await;
    let answer = tokens(&world, SCOPES).await;
    let token = answer.access_token.expose();
    let made = proof(&OwnKey::new(""), answer.credential_nonce.expect("a nonce").nonce.expose());
    prove(&world, token, &made).await.expect("a credential");
}
