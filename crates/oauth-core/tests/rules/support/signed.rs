//! What clients sign with keys of their own, and what others make up.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use token_jwt::{Algorithm, Jwk, SigningKey};

/// A key of a client, with both halves.
pub(crate) struct OwnKey(Jwk);

impl OwnKey {
    /// A quick one.
    pub(crate) fn new(kid: &str) -> Self {
        Self(Jwk::generate(Algorithm::ES256, "sig", kid).expect("a key is made"))
    }

    /// An RSA key, which is not quick.
    pub(crate) fn rsa(alg: Algorithm, kid: &str) -> Self {
        Self(Jwk::generate_rsa(alg, 2048, "sig", kid).expect("a key is made"))
    }

    /// The same key, with other members: `null` takes one away.
    pub(crate) fn saying(&self, name: &str, value: &Value) -> Self {
        let mut json = serde_json::to_value(&self.0).expect("a key is JSON");
        json[name] = value.clone();
        json.as_object_mut().expect("a key is an object").retain(|_, value| !value.is_null());
        Self(Jwk::from_json(json.to_string()).expect("it is a key still"))
    }

    /// The public half.
    pub(crate) fn public(&self) -> Value {
        serde_json::to_value(self.0.to_public().expect("it has one")).expect("a key is JSON")
    }

    /// Claims, signed.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        SigningKey::from_jwk(&self.0).expect("it signs").sign(claims).expect("claims are an object")
    }

    /// A payload of any kind, signed under any header that names ES256.
    pub(crate) fn sign_raw(&self, header: &Value, payload: &[u8]) -> String {
        use aws_lc_rs::{rand::SystemRandom, signature};
        let member = |name: &str| {
            let json = serde_json::to_value(&self.0).expect("a key is JSON");
            BASE64_URL_SAFE_NO_PAD.decode(json[name].as_str().expect("an EC key")).expect("Base64url")
        };
        let point = [vec![4], member("x"), member("y")].concat();
        let algorithm = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = signature::EcdsaKeyPair::from_private_key_and_public_key(algorithm, &member("d"), &point);
        let input = unsigned_part(header, payload);
        let made = pair.expect("a key pair").sign(&SystemRandom::new(), input.as_bytes()).expect("a signature");
        format!("{input}.{}", base64url(made.as_ref()))
    }
}

/// The set in which a client registers or publishes its keys.
pub(crate) fn jwks<'k>(keys: impl IntoIterator<Item = &'k OwnKey>) -> String {
    json!({ "keys": keys.into_iter().map(OwnKey::public).collect::<Vec<_>>() }).to_string()
}

/// A token with a header, a payload and a signature that anybody could have made up.
pub(crate) fn made_up(header: &Value, payload: &[u8], signature: &[u8]) -> String {
    format!("{}.{}", unsigned_part(header, payload), base64url(signature))
}

/// Claims that nobody has signed.
pub(crate) fn unsecured(claims: &Value) -> String {
    made_up(&json!({ "alg": "none" }), claims.to_string().as_bytes(), &[])
}

/// Claims under an HMAC whose secret is the public half of a key.
pub(crate) fn hmac_with_public(key: &OwnKey, alg: &str, claims: &Value) -> String {
    use aws_lc_rs::hmac;
    let public = key.public();
    let input = unsigned_part(&json!({ "alg": alg, "kid": public["kid"] }), claims.to_string().as_bytes());
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, public.to_string().as_bytes()), input.as_bytes());
    format!("{input}.{}", base64url(mac.as_ref()))
}

fn unsigned_part(header: &Value, payload: &[u8]) -> String {
    format!("{}.{}", base64url(header.to_string().as_bytes()), base64url(payload))
}

fn base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Claims with some of them changed; `null` takes one away.
pub(crate) fn with(claims: &Value, changes: &Value) -> Value {
    let mut changed = claims.as_object().expect("claims").clone();
    changed.extend(changes.as_object().expect("claims").clone());
    changed.retain(|_, value| !value.is_null());
    Value::Object(changed)
}
