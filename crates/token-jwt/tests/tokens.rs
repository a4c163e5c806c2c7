//! Tokens that are signed here verify here, and the tricks known against verifiers do not work.

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::{Value, json};
use token_jwt::{
    Algorithm, Jwk, JwsError, KeyError, LONGEST_TOKEN, SignError, SigningKey, VerifyingKey, peek_header, peek_payload,
    unsecured_payload,
};

fn ed25519() -> &'static Jwk {
    static KEY: OnceLock<Jwk> = OnceLock::new();
    KEY.get_or_init(|| Jwk::generate(Algorithm::EdDSA, "sig", "ed").expect("made"))
}

fn rsa() -> &'static Jwk {
    static KEY: OnceLock<Jwk> = OnceLock::new();
    KEY.get_or_init(|| Jwk::generate(Algorithm::PS256, "sig", "rsa").expect("made"))
}

/// The same key with another `alg`, or none.
fn with_alg(key: &Jwk, alg: Option<&str>) -> Jwk {
    let mut json = serde_json::to_value(key).expect("written");
    json["alg"] = json!(alg);
    Jwk::from_json(json.to_string()).expect("still a key")
}

fn key_for(algorithm: Algorithm) -> Jwk {
    match algorithm {
        Algorithm::ES256 | Algorithm::ES384 | Algorithm::ES512 | Algorithm::EdDSA => {
            Jwk::generate(algorithm, "sig", "k").expect("made")
        }
        _ => with_alg(rsa(), Some(algorithm.as_str())),
    }
}

fn verifier(key: &Jwk) -> VerifyingKey {
    VerifyingKey::from_jwk(&key.to_public().expect("a public half")).expect("usable")
}

fn signed(key: &Jwk, claims: &Value) -> String {
    SigningKey::from_jwk(key).expect("a private key").sign(claims).expect("signed")
}

fn with_header(token: &str, header: &str) -> String {
    let (_, rest) = token.split_once('.').expect("a token");
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
}

#[test]
fn what_is_signed_verifies_with_every_algorithm() {
    for algorithm in Algorithm::ALL {
        let key = key_for(algorithm);
        let claims = json!({"iss": "https://op.test/", "aud": ["a"], "exp": 1_790_000_000});
        let verified = verifier(&key).verify(&signed(&key, &claims)).expect("verified");
        assert_eq!(verified.algorithm, algorithm);
        assert_eq!(verified.header.kid.as_deref(), key.kid());
        assert_eq!(verified.claims::<Value>(), Ok(claims));
    }
}

#[test]
fn longer_rsa_keys_sign_and_verify() {
    for bits in [3072, 4096] {
        let key = Jwk::generate_rsa(Algorithm::RS256, bits, "sig", "k").expect("made");
        assert!(verifier(&key).verify(&signed(&key, &json!({}))).is_ok(), "{bits}");
    }
}

#[test]
fn algorithms_are_read_by_their_exact_names() {
    for algorithm in Algorithm::ALL {
        assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
    }
    for other in ["none", "HS256", "HS384", "HS512", "rs256", "EDDSA", "RSA-OAEP", "ES256K", ""] {
        assert!(other.parse::<Algorithm>().is_err(), "{other}");
    }
}

#[test]
fn every_algorithm_is_its_own() {
    for signs in Algorithm::ALL {
        let key = key_for(signs);
        let token = signed(&key, &json!({}));
        for checks in Algorithm::ALL.into_iter().filter(|checks| *checks != signs) {
            let result = verifier(&key_for(checks)).verify(&token);
            assert_eq!(result.err(), Some(JwsError::WrongAlgorithm), "{signs} checked as {checks}");
        }
    }
}

#[test]
fn an_rsa_key_without_alg_signs_rs256_and_verifies_all_of_rsa() {
    let open = with_alg(rsa(), None);
    assert_eq!(SigningKey::from_jwk(&open).expect("private").algorithm(), Algorithm::RS256);
    for algorithm in verifier(&open).algorithms() {
        assert!(verifier(&open).verify(&signed(&key_for(algorithm), &json!({}))).is_ok(), "{algorithm}");
    }
    assert_eq!(verifier(&open).algorithms().count(), 6);
}

#[test]
fn the_header_has_its_members_in_order_and_another_type_on_request() {
    let signer = SigningKey::from_jwk(ed25519()).expect("private");
    let header = |token: String| {
        let encoded = token.split('.').next().unwrap_or_default().to_owned();
        String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).expect("base64url")).expect("a text")
    };
    assert_eq!(header(signer.sign(&json!({})).expect("signed")), r#"{"alg":"EdDSA","kid":"ed","typ":"JWT"}"#);
    let logout = signer.sign_with_type("logout+jwt", &json!({})).expect("signed");
    assert_eq!(header(logout), r#"{"alg":"EdDSA","kid":"ed","typ":"logout+jwt"}"#);
    let nameless = SigningKey::from_jwk(&ed25519().clone().with_kid("")).expect("private");
    assert_eq!(header(nameless.sign(&json!({})).expect("signed")), r#"{"alg":"EdDSA","typ":"JWT"}"#);
}

#[test]
fn claims_must_be_an_object() {
    let signer = SigningKey::from_jwk(ed25519()).expect("private");
    assert!(matches!(signer.sign(&json!(["not", "claims"])), Err(SignError::Claims)));
    assert!(matches!(signer.sign(&"text"), Err(SignError::Claims)));
}

#[test]
fn only_private_asymmetric_keys_sign_and_no_symmetric_key_verifies() {
    let public = ed25519().to_public().expect("public");
    assert_eq!(SigningKey::from_jwk(&public).err(), Some(KeyError::NotPrivate));
    for alg in ["", r#","alg":"HS256""#, r#","alg":"RS256""#] {
        let json = format!(r#"{{"kty":"oct","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"{alg}}}"#);
        let shared = Jwk::from_json(json).expect("a key");
        assert_eq!(SigningKey::from_jwk(&shared).err(), Some(KeyError::Symmetric));
        assert_eq!(VerifyingKey::from_jwk(&shared).err(), Some(KeyError::Symmetric));
    }
}

#[test]
fn an_alg_that_does_not_suit_the_type_makes_a_key_useless() {
    for alg in ["HS256", "none", "ES256", "RSA-OAEP", "rs256"] {
        let key = with_alg(rsa(), Some(alg));
        assert_eq!(VerifyingKey::from_jwk(&key).err(), Some(KeyError::WrongAlgorithm { kty: "RSA" }), "{alg}");
        assert_eq!(SigningKey::from_jwk(&key).err(), Some(KeyError::WrongAlgorithm { kty: "RSA" }), "{alg}");
    }
}

#[test]
fn a_token_that_names_none_or_an_hmac_is_refused() {
    let token = signed(ed25519(), &json!({"sub": "alice"}));
    let unsigned = token.rsplit_once('.').expect("a token").0.to_owned() + ".";
    for alg in ["none", "None", "NONE", "nOnE", "HS256", "HS512", "eddsa", ""] {
        let header = json!({"alg": alg}).to_string();
        for forged in [with_header(&token, &header), with_header(&unsigned, &header)] {
            let expected = if alg.is_empty() { JwsError::BadHeader } else { JwsError::WrongAlgorithm };
            assert_eq!(verifier(ed25519()).verify(&forged).err(), Some(expected), "{alg}");
        }
    }
}

#[test]
fn the_public_key_is_no_hmac_key() {
    // The classic: sign with HMAC, taking the published key for the secret.
    use aws_lc_rs::hmac;
    let public = serde_json::to_string(&rsa().to_public()).expect("written");
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#), URL_SAFE_NO_PAD.encode("{}"));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, public.as_bytes()), signed.as_bytes());
    let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag));
    assert_eq!(verifier(&with_alg(rsa(), None)).verify(&forged).err(), Some(JwsError::WrongAlgorithm));
}

#[test]
fn a_key_inside_the_token_does_not_vouch_for_it() {
    let attacker = Jwk::generate(Algorithm::EdDSA, "sig", "ed").expect("made");
    let header = json!({"alg": "EdDSA", "kid": "ed", "jwk": attacker.to_public(), "jku": "https://attacker.test/jwks"});
    let signed_part = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode("{}"));
    let signature = signed(&attacker, &json!({})).rsplit_once('.').expect("a token").1.to_owned();
    let result = verifier(ed25519()).verify(&format!("{signed_part}.{signature}"));
    assert_eq!(result.err(), Some(JwsError::BadSignature));
}

#[test]
fn extensions_that_must_be_understood_are_refused() {
    let token = signed(ed25519(), &json!({}));
    for header in
        [r#"{"alg":"EdDSA","crit":["exp"],"exp":1}"#, r#"{"alg":"EdDSA","crit":[]}"#, r#"{"alg":"EdDSA","b64":false}"#]
    {
        let result = verifier(ed25519()).verify(&with_header(&token, header));
        assert_eq!(result.err(), Some(JwsError::UnknownExtension), "{header}");
    }
}

#[test]
fn malformed_headers_are_refused() {
    let token = signed(ed25519(), &json!({}));
    for header in [
        "",
        "{}",
        "[]",
        "null",
        "{",
        r#""EdDSA""#,
        r#"{"alg":5}"#,
        r#"{"alg":null}"#,
        r#"{"kid":"ed"}"#,
        r#"{"alg":"EdDSA","alg":"EdDSA"}"#,
        r#"{"alg":"none","alg":"EdDSA"}"#,
        r#"{"alg":"EdDSA","kid":7}"#,
        r#"{"alg":"EdDSA"} trailing"#,
        r#"{"alg":"EdDSA","x":1,"x":2}"#,
    ] {
        let result = verifier(ed25519()).verify(&with_header(&token, header)).err();
        assert!(matches!(result, Some(JwsError::BadHeader | JwsError::NotThreeParts)), "{header}: {result:?}");
    }
    // Depth that nobody asked for neither harms nor helps.
    let deep = format!(r#"{{"alg":"EdDSA","x":{}{}}}"#, "[".repeat(3000), "]".repeat(3000));
    assert_eq!(verifier(ed25519()).verify(&with_header(&token, &deep)).err(), Some(JwsError::BadSignature));
}

#[test]
fn only_three_parts_are_a_token() {
    let token = signed(ed25519(), &json!({}));
    let (signed_part, signature) = token.rsplit_once('.').expect("a token");
    for other in [
        String::new(),
        "..".to_owned(),
        signed_part.to_owned(),
        format!("{token}.{signature}"),
        format!(".{token}"),
        format!("{token}."),
        ".".repeat(LONGEST_TOKEN),
        format!(r#"{{"payload":"","signatures":[{{"signature":"{signature}"}}]}}"#),
        "a.b.c.d.e".to_owned(),
    ] {
        assert_eq!(verifier(ed25519()).verify(&other).err(), Some(JwsError::NotThreeParts));
    }
}

#[test]
fn a_long_token_is_refused_before_it_is_decoded() {
    let long = signed(ed25519(), &json!({"pad": "x".repeat(LONGEST_TOKEN)}));
    assert_eq!(verifier(ed25519()).verify(&long).err(), Some(JwsError::TooLong(long.len())));
    assert_eq!(peek_header(&".".repeat(10_000_000)).err(), Some(JwsError::TooLong(10_000_000)));
}

#[test]
fn the_signature_has_one_spelling() {
    let token = signed(ed25519(), &json!({}));
    assert!(verifier(ed25519()).verify(&format!("{token}=")).is_err());
    assert!(verifier(ed25519()).verify(&format!("{token}==")).is_err());
    assert!(verifier(ed25519()).verify(&format!("{token}\n")).is_err());
    // 64 bytes leave four bits in the last of 86 characters; they must be zero.
    let (last, mut other) = (token.chars().last().unwrap_or('A'), token.clone());
    other.pop();
    other.push(if last == 'A' { 'B' } else { char::from(last as u8 + 1) });
    assert_eq!(verifier(ed25519()).verify(&other).err(), Some(JwsError::NotBase64Url("signature")));
}

#[test]
fn ecdsa_signatures_of_zeros_or_in_der_are_refused() {
    let key = key_for(Algorithm::ES256);
    let token = signed(&key, &json!({}));
    let signed_part = token.rsplit_once('.').expect("a token").0;
    for signature in [vec![0; 64], vec![0; 63], vec![], vec![0x30, 6, 2, 1, 1, 2, 1, 1]] {
        let forged = format!("{signed_part}.{}", URL_SAFE_NO_PAD.encode(signature));
        assert_eq!(verifier(&key).verify(&forged).err(), Some(JwsError::BadSignature));
    }
}

#[test]
fn an_unverified_token_can_be_looked_into() {
    let token = signed(ed25519(), &json!({"iss": "someone"}));
    let header = peek_header(&token).expect("a header");
    assert_eq!((header.alg.as_str(), header.kid.as_deref(), header.typ.as_deref()), ("EdDSA", Some("ed"), Some("JWT")));
    assert_eq!(peek_payload(&token).as_deref(), Ok(br#"{"iss":"someone"}"#.as_slice()));
}

#[test]
fn an_unsecured_token_is_read_only_where_one_is_asked_for() {
    let plain = format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#), URL_SAFE_NO_PAD.encode("{}"));
    assert_eq!(unsecured_payload(&plain).as_deref(), Ok(b"{}".as_slice()));
    assert_eq!(unsecured_payload(&format!("{plain}AAAA")).err(), Some(JwsError::NotUnsecured));
    assert_eq!(unsecured_payload(&signed(ed25519(), &json!({}))).err(), Some(JwsError::NotUnsecured));
    assert_eq!(verifier(ed25519()).verify(&plain).err(), Some(JwsError::WrongAlgorithm));
}

#[test]
fn debug_output_shows_neither_keys_nor_claims() {
    let token = signed(ed25519(), &json!({"sub": "alice"}));
    let verified = verifier(ed25519()).verify(&token).expect("verified");
    assert!(!format!("{verified:?}").contains("alice"));
    let signer = SigningKey::from_jwk(ed25519()).expect("private");
    assert_eq!(format!("{signer:?}"), r#"SigningKey { algorithm: EdDSA, kid: Some("ed"), .. }"#);
}

proptest! {
    #[test]
    fn a_changed_character_never_verifies(at: prop::sample::Index, other in "[A-Za-z0-9_.-]") {
        let token = signed(ed25519(), &json!({"sub": "alice", "exp": 1_790_000_000}));
        let at = at.index(token.len());
        let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
        prop_assume!(changed != token);
        prop_assert!(verifier(ed25519()).verify(&changed).is_err());
    }

    #[test]
    fn a_cut_token_never_verifies(at: prop::sample::Index) {
        let token = signed(ed25519(), &json!({"sub": "alice"}));
        prop_assert!(verifier(ed25519()).verify(&token[..at.index(token.len())]).is_err());
    }

    #[test]
    fn no_text_makes_the_parsers_panic(text in any::<String>(), dotted in "[A-Za-z0-9_.{}\":-]{0,60}", header: Vec<u8>) {
        let built = format!("{}.e30.AAAA", URL_SAFE_NO_PAD.encode(header));
        for text in [&text, &dotted, &built] {
            let _ = (peek_header(text), peek_payload(text), unsecured_payload(text));
            prop_assert!(verifier(ed25519()).verify(text).is_err());
        }
    }
}
