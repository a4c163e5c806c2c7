//! `POST /credentials`: statuses and shapes. What is proven how is tested in `oauth-core`.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::{
    browser::{Browser, Plan},
    http::{Answer, Request},
    server::Server,
};

const SCOPE: &str = "openid userinfo_credential_draft_00";

/// The answer to a code.
#[track_caller]
fn tokens(server: &Server, client: &str, scope: &str) -> Value {
    server.register_web_with(client, &json!({ "scope": format!("{SCOPE} email") }));
    let code = Browser::at(server).code(&Plan::new(client, "alice", scope));
    server.redeem(client, &code).expect(200).json()
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_else(|| panic!("{member} in {value}"))
}

/// A proof of a key that was made for it.
fn proof(nonce: &str) -> Value {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key is made");
    let encoded = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": encoded(x), "y": encoded(y) });
    let header = json!({ "alg": "ES256", "typ": "JWT", "jwk": jwk }).to_string();
    let claims = json!({ "nonce": nonce }).to_string();
    let input = format!("{}.{}", encoded(header.as_bytes()), encoded(claims.as_bytes()));
    let signature = pair.sign(&SystemRandom::new(), input.as_bytes()).expect("it signs");
    json!({ "proof_type": "jwt", "jwt": format!("{input}.{}", encoded(signature.as_ref())) })
}

fn request(token: &str) -> Request {
    Request::post("/credentials").header("Authorization", format!("Bearer {token}"))
}

/// One line of JSON that nobody may keep.
#[track_caller]
fn is_flat_json(answer: &Answer, members: &[&str]) {
    assert_eq!(answer.header("Content-Type"), Some("application/json; charset=utf-8"), "{answer:?}");
    assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{answer:?}");
    assert!(answer.text().ends_with("}\n"), "{answer:?}");
    let places: Vec<_> = members.iter().map(|member| answer.text().find(&format!("\"{member}\":"))).collect();
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{answer:?}");
    assert_eq!(answer.json().as_object().map(|own| own.len()), Some(members.len()), "{answer:?}");
}

#[test]
fn a_proof_with_the_nonce_of_the_token_gets_a_credential() {
    let server = &Server::shared();
    let tokens = tokens(server, "vc", SCOPE);
    assert_eq!(tokens["c_nonce_expires_in_draft_00"], 3600);
    let (token, nonce) = (text(&tokens, "access_token"), text(&tokens, "c_nonce_draft_00"));
    let asked = json!({ "format": "jwt_vc_json", "types": ["UserInfoCredential"], "proof": proof(nonce) });
    let answer = server.public.send(request(token).json(&asked)).expect(200);
    is_flat_json(&answer, &["format", "credential_draft_00"]);
    let body = answer.json();
    assert_eq!(body["format"], "jwt_vc_json");
    let payload = text(&body, "credential_draft_00").split('.').nth(1).expect("a payload");
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).expect("Base64url");
    let claims: Value = serde_json::from_slice(&payload).expect("claims");
    assert_eq!(
        (text(&claims, "iss"), &claims["vc"]["credentialSubject"]["sub"]),
        (server.issuer.as_str(), &json!("alice"))
    );
    assert!(text(&claims, "sub").starts_with("did:jwk:"), "{claims}");
}

#[test]
fn without_a_proof_there_is_a_nonce_to_make_one_with() {
    let server = &Server::shared();
    let tokens = tokens(server, "vc-nonce", "openid email");
    assert!(tokens.get("c_nonce_draft_00").is_none() && tokens.get("c_nonce_expires_in_draft_00").is_none());
    let token = text(&tokens, "access_token");
    for asked in [json!({ "format": "jwt_vc_json" }), json!({ "format": "jwt_vc_json", "types": [], "proof": null })] {
        let answer = server.public.send(request(token).json(&asked)).expect(400);
        is_flat_json(&answer, &["format", "c_nonce", "c_nonce_expires_in", "error", "error_description"]);
        let body = answer.json();
        assert_eq!((text(&body, "format"), text(&body, "error")), ("jwt_vc", "missing_proof"));
        assert_eq!(body["c_nonce_expires_in"], 3600);
        let asked = json!({ "format": "jwt_vc_json", "proof": proof(text(&body, "c_nonce")) });
        server.public.send(request(token).json(&asked)).expect(200);
    }
}

#[test]
fn what_cannot_be_read_or_proves_nothing_is_a_bad_request() {
    let server = &Server::shared();
    let tokens = tokens(server, "vc-bad", SCOPE);
    let (token, nonce) = (text(&tokens, "access_token"), text(&tokens, "c_nonce_draft_00"));
    let good = proof(nonce);
    let other_type = json!({ "proof_type": "cwt", "jwt": good["jwt"] });
    let without_jwt = json!({ "proof_type": "jwt" });
    for body in [
        String::new(),
        "x".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "{}".to_owned(),
        "{\"format\":1}".to_owned(),
        "{\"format\":\"jwt_vc_json\",\"proof\":\"x\"}".to_owned(),
        format!("{{\"format\":\"jwt_vc_json\",\"proof\":{good}}} x"),
        format!("{{\"format\":\"jwt_vc_json\",\"proof\":{good},\"proof\":{good}}}"),
        json!({ "format": "ldp_vc", "proof": good }).to_string(),
        json!({ "format": "jwt_vc_json", "proof": proof("made up") }).to_string(),
        json!({ "format": "jwt_vc_json", "proof": other_type }).to_string(),
        json!({ "format": "jwt_vc_json", "proof": without_jwt }).to_string(),
    ] {
        let answer = server.public.send(request(token).text(body.as_str())).expect(400);
        assert_eq!(answer.error(), "invalid_request", "{body:.100}");
        assert_eq!(answer.header("WWW-Authenticate"), None);
        assert!(answer.text().ends_with("}\n"), "{answer:?}");
    }
}

/// N48: a 401 says how to do better.
#[test]
fn whoever_has_no_good_token_is_told_how_to_ask() {
    let server = &Server::shared();
    let token = text(&tokens(server, "vc-token", SCOPE), "access_token").to_owned();
    let good = json!({ "format": "jwt_vc_json" });
    for (request, body) in [
        (Request::post("/credentials"), "x".to_owned()),
        (Request::post("/credentials"), good.to_string()),
        (request("made-up"), good.to_string()),
        (Request::post(format!("/credentials?access_token={token}")), good.to_string()),
    ] {
        let answer = server.public.send(request.text(body)).expect(401);
        assert_eq!(answer.error(), "invalid_token");
        let challenge = answer.header("WWW-Authenticate").expect("a challenge");
        assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{challenge}");
    }
    server.public.send(Request::get("/credentials")).expect(405);
    assert!(server.public.send(Request::options("/credentials")).expect(200).body.is_empty());
}
