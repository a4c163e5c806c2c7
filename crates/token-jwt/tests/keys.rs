//! Which keys are taken, what is said about the others, and how keys are written.

use std::sync::OnceLock;

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use token_jwt::{Algorithm, GenerateError, Jwk, JwkError, JwkSet, KeyError, SigningKey, VerifyingKey};

const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const D: &str = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";

fn parse(value: &Value) -> Result<Jwk, JwkError> {
    Jwk::from_json(value.to_string())
}

fn text(key: &Jwk) -> String {
    serde_json::to_string(key).expect("a key can be written")
}

/// A private RSA key as JSON members.
fn rsa() -> Map<String, Value> {
    static KEY: OnceLock<String> = OnceLock::new();
    let json = KEY.get_or_init(|| text(&Jwk::generate(Algorithm::PS256, "sig", "r").expect("made")));
    serde_json::from_str(json).expect("an object")
}

#[test]
fn members_are_written_in_one_order_and_unknown_ones_dropped() {
    let json = format!(
        r#"{{"y":"{Y}","key_ops":["sign"],"d":"{D}","kid":"k","x5u":"https://a.test/c","x":"{X}","alg":"ES256","crv":"P-256","kty":"EC","use":"sig","x5t":"","n":null}}"#
    );
    let expected = format!(
        r#"{{"use":"sig","kty":"EC","kid":"k","crv":"P-256","alg":"ES256","x":"{X}","y":"{Y}","d":"{D}","x5u":"https://a.test/c"}}"#
    );
    assert_eq!(text(&Jwk::from_json(json).expect("a key")), expected);
}

#[test]
fn an_rsa_key_is_written_with_all_its_numbers() {
    let key = parse(&Value::Object(rsa())).expect("a key");
    let names: Vec<_> = rsa().keys().cloned().collect();
    assert_eq!(names, ["use", "kty", "kid", "alg", "n", "e", "d", "p", "q", "dp", "dq", "qi"]);
    assert_eq!(serde_json::to_value(&key).expect("written"), Value::Object(rsa()));
}

#[test]
fn the_public_half_has_no_private_member() {
    let key = parse(&Value::Object(rsa())).expect("a key").to_public().expect("a public half");
    let written: Map<String, Value> = serde_json::from_str(&text(&key)).expect("an object");
    assert_eq!(written.keys().collect::<Vec<_>>(), ["use", "kty", "kid", "alg", "n", "e"]);
    assert!(!key.is_private());
    assert!(parse(&json!({"kty":"oct","k":"c2VjcmV0"})).expect("a key").to_public().is_none());
}

#[test]
fn zeros_in_front_of_rsa_numbers_are_dropped() {
    let key = parse(&json!({"kty":"RSA","n":rsa()["n"],"e":"AAEAAQ"})).expect("a key");
    assert!(text(&key).contains(r#""e":"AQAB""#));
}

#[test]
fn every_missing_member_is_named() {
    for member in ["n", "e", "p", "q", "dp", "dq", "qi"] {
        let mut key = rsa();
        key.remove(member);
        assert_eq!(parse(&Value::Object(key)).err(), Some(JwkError::Missing { kty: "RSA", member }), "{member}");
    }
    for member in ["crv", "x", "y"] {
        let mut key = json!({"kty":"EC","crv":"P-256","x":X,"y":Y});
        key[member] = Value::Null;
        assert_eq!(parse(&key).err(), Some(JwkError::Missing { kty: "EC", member }), "{member}");
    }
    assert_eq!(parse(&json!({"kty":"oct"})).err(), Some(JwkError::Missing { kty: "oct", member: "k" }));
    assert_eq!(parse(&json!({"kty":"OKP","x":X})).err(), Some(JwkError::Missing { kty: "OKP", member: "crv" }));
    assert_eq!(parse(&json!({"x":X})).err(), Some(JwkError::Missing { kty: "JWK", member: "kty" }));
}

#[test]
fn unknown_types_and_curves_are_named() {
    assert_eq!(parse(&json!({"kty":"AKP"})).err(), Some(JwkError::UnknownKeyType("AKP".to_owned())));
    let curve = parse(&json!({"kty":"EC","crv":"secp256k1","x":X,"y":Y})).err();
    assert_eq!(curve, Some(JwkError::UnknownCurve { kty: "EC", crv: "secp256k1".to_owned() }));
}

#[test]
fn a_member_that_stands_there_twice_is_an_error() {
    for json in [
        format!(r#"{{"kty":"EC","crv":"P-256","x":"{X}","y":"{Y}","kid":"a","kid":"b"}}"#),
        format!(r#"{{"kty":"EC","crv":"P-256","x":"{X}","y":"{Y}","other":1,"other":2}}"#),
    ] {
        let error = Jwk::from_json(json).expect_err("refused").to_string();
        assert!(error.contains("twice"), "{error}");
    }
}

#[test]
fn coordinates_have_their_full_length_and_lie_on_the_curve() {
    let short = parse(&json!({"kty":"EC","crv":"P-256","x":&X[..42],"y":Y})).err();
    assert!(
        matches!(
            short,
            Some(
                JwkError::WrongLength { member: "x", expected: 32, found: 31 } | JwkError::NotBase64Url { member: "x" }
            )
        ),
        "{short:?}"
    );
    let swapped = parse(&json!({"kty":"EC","crv":"P-256","x":Y,"y":X})).err();
    assert_eq!(swapped, Some(JwkError::NotOnCurve { crv: "P-256" }));
    let longer_curve = parse(&json!({"kty":"EC","crv":"P-384","x":X,"y":Y})).err();
    assert_eq!(longer_curve, Some(JwkError::WrongLength { member: "x", expected: 48, found: 32 }));
    let padded = parse(&json!({"kty":"EC","crv":"P-256","x":format!("{X}="),"y":Y})).err();
    assert_eq!(padded, Some(JwkError::NotBase64Url { member: "x" }));
}

#[test]
fn both_halves_must_belong_together() {
    let other = json!({"kty":"EC","crv":"P-256","x":X,"y":Y,"d":X});
    assert_eq!(parse(&other).err(), Some(JwkError::HalvesDiffer { kty: "EC" }));
    let mut key = rsa();
    key["dp"] = key["dq"].clone();
    assert_eq!(parse(&Value::Object(key)).err(), Some(JwkError::HalvesDiffer { kty: "RSA" }));
    let edwards = json!({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":D});
    assert_eq!(parse(&edwards).err(), Some(JwkError::HalvesDiffer { kty: "OKP" }));
}

#[test]
fn rsa_with_more_than_two_primes_is_refused() {
    let mut key = rsa();
    key.insert("oth".to_owned(), json!([{"r":"AQ","d":"AQ","t":"AQ"}]));
    assert_eq!(parse(&Value::Object(key)).err(), Some(JwkError::MultiPrime));
}

#[test]
fn a_weak_rsa_key_can_be_kept_but_not_used() {
    let weak = format!("4{}E", "A".repeat(169)); // 1024 bits, odd
    let key = parse(&json!({"kty":"RSA","n":weak,"e":"AQAB"})).expect("a key");
    assert_eq!(VerifyingKey::from_jwk(&key).err(), Some(KeyError::UnusableSize));
    assert_eq!(SigningKey::from_jwk(&key).err(), Some(KeyError::UnusableSize));
    let even = parse(&json!({"kty":"RSA","n":"Ag","e":"AQAB"})).err();
    assert!(matches!(even, Some(JwkError::OutOfRange { member: "n", .. })));
    let useless = parse(&json!({"kty":"RSA","n":"Aw","e":"AQ"})).err();
    assert!(matches!(useless, Some(JwkError::OutOfRange { member: "e", .. })));
}

#[test]
fn certificates_are_kept_when_they_are_about_the_key() {
    let keys: Value = serde_json::from_str(include_str!("certified_keys.json")).expect("JSON");
    for name in ["ec", "rsa"] {
        let key = parse(&keys[name]).expect("a key with its certificate");
        assert_eq!(serde_json::to_value(&key).expect("written"), keys[name]);
    }
    let mut foreign = keys["ec"].clone();
    foreign["x5c"] = keys["rsa"]["x5c"].clone();
    assert!(matches!(parse(&foreign).err(), Some(JwkError::Certificate { member: "x5c", .. })));
    let mut print = keys["ec"].clone();
    print["x5t#S256"] = keys["rsa"]["x5t#S256"].clone();
    assert!(matches!(parse(&print).err(), Some(JwkError::Certificate { member: "x5t#S256", .. })));
    let mut short = keys["ec"].clone();
    short["x5t"] = json!("AAAA");
    assert_eq!(parse(&short).err(), Some(JwkError::WrongLength { member: "x5t", expected: 20, found: 3 }));
    for bad in [json!(["not base64!"]), json!(["AAAA"]), json!("text"), json!([1])] {
        let mut broken = keys["ec"].clone();
        broken["x5c"] = bad;
        assert!(parse(&broken).is_err());
    }
}

#[test]
fn no_error_and_no_debug_output_shows_a_private_value() {
    let key = Jwk::from_json(format!(r#"{{"kty":"EC","crv":"P-256","x":"{X}","y":"{Y}","d":"{D}","kid":"k"}}"#));
    assert_eq!(
        format!("{:?}", key.expect("a key")),
        r#"Jwk { kty: "EC", kid: Some("k"), use: None, alg: None, private: true, .. }"#
    );
    for json in [
        "\"secretsecret\"",
        r#"{"kty":"oct","k":5318008}"#,
        r#"{"kty":"oct","k":"secretsecret!"}"#,
        r#"{"kty":"oct","k":["secretsecret"]}"#,
    ] {
        let error = Jwk::from_json(json).expect_err("refused").to_string();
        assert!(!error.contains("secretsecret") && !error.contains("5318008"), "{error}");
    }
}

#[test]
fn keys_of_every_algorithm_can_be_made() {
    for (algorithm, kty, characters) in [
        (Algorithm::RS256, "RSA", 683),
        (Algorithm::PS512, "RSA", 342),
        (Algorithm::ES256, "EC", 43),
        (Algorithm::ES384, "EC", 64),
        (Algorithm::ES512, "EC", 88),
        (Algorithm::EdDSA, "OKP", 43),
    ] {
        let key = Jwk::generate(algorithm, "sig", "id").expect("made");
        assert_eq!(
            (key.kty(), key.alg(), key.use_(), key.kid()),
            (kty, Some(algorithm.as_str()), Some("sig"), Some("id"))
        );
        let again = Jwk::from_json(text(&key)).expect("what is written can be read");
        assert_eq!(text(&again), text(&key));
        let written: Value = serde_json::from_str(&text(&key)).expect("JSON");
        let number = written["n"].as_str().or(written["x"].as_str()).expect("a public number");
        assert_eq!(number.len(), characters, "{algorithm}");
    }
    let no_id = Jwk::generate(Algorithm::EdDSA, "", "").expect("made");
    assert_eq!((no_id.use_(), no_id.kid()), (None, None));
    assert_eq!(Jwk::generate_rsa(Algorithm::RS256, 1024, "", "").err(), Some(GenerateError::UnsupportedSize(1024)));
    assert_eq!(Jwk::generate_rsa(Algorithm::ES256, 2048, "", "").err(), Some(GenerateError::NotRsa(Algorithm::ES256)));
}

#[test]
fn our_own_sets_are_read_strictly_and_foreign_ones_mildly() {
    let good = json!({"kty":"EC","crv":"P-256","x":X,"y":Y,"kid":"good"});
    let mixed = json!({"keys":[good, {"kty":"AKP"}, {"kty":"OKP","crv":"X25519","x":X}]}).to_string();
    let error = JwkSet::from_json(&mixed).expect_err("refused").to_string();
    assert!(error.contains("key 2 of the set"), "{error}");
    let (set, refused) = JwkSet::from_foreign_json(&mixed).expect("a set");
    assert_eq!((set.keys.len(), refused.len()), (1, 2));
    assert!(set.find("good").is_some() && set.find("bad").is_none());
    let many = format!(r#"{{"keys":[{}]}}"#, vec!["{}"; 1001].join(","));
    assert_eq!(JwkSet::from_foreign_json(many).err(), Some(JwkError::TooManyKeys { found: 1001, most: 1000 }));
}

#[test]
fn a_set_without_keys_is_an_empty_one() {
    for empty in ["{}", r#"{"keys":null}"#, r#"{"keys":[]}"#] {
        let set = JwkSet::from_json(empty).expect("a set");
        assert_eq!(serde_json::to_string(&set).ok().as_deref(), Some(r#"{"keys":[]}"#));
    }
    assert!(JwkSet::from_json("[]").is_err());
    assert_eq!(
        JwkSet::from_json(r#"{"keys":"secretsecret"}"#).err().map(|error| error.to_string().contains("secretsecret")),
        Some(false)
    );
    assert!(JwkSet::from_json(r#"{"keys":[],"keys":[]}"#).is_err());
}

#[test]
fn the_public_side_of_a_set_leaves_out_what_has_none() {
    let set = json!({"keys":[{"kty":"oct","k":"c2VjcmV0"},{"kty":"EC","crv":"P-256","x":X,"y":Y,"d":D}]});
    let public = JwkSet::from_json(set.to_string()).expect("a set").to_public();
    assert_eq!(public.keys.len(), 1);
    assert!(public.keys.iter().all(|key| !key.is_private()));
}

fn member() -> impl Strategy<Value = (String, Value)> {
    let name =
        prop::sample::select(vec!["kty", "crv", "x", "y", "d", "n", "e", "p", "k", "alg", "kid", "x5c", "x5t", "oth"]);
    let value = prop_oneof![
        prop::sample::select(vec!["RSA", "EC", "OKP", "oct", "P-256", "P-521", "Ed25519", X, Y, D, "AQAB", "", "!"])
            .prop_map(|text| json!(text)),
        "[A-Za-z0-9_-]{0,90}".prop_map(|text| json!(text)),
        prop::collection::vec("[A-Za-z0-9+/]{0,12}", 0..3).prop_map(|list| json!(list)),
        any::<i64>().prop_map(|number| json!(number)),
        Just(Value::Null),
    ];
    (name.prop_map(str::to_owned), value)
}

proptest! {
    #[test]
    fn no_text_makes_the_parsers_panic(text in any::<String>(), bytes: Vec<u8>) {
        prop_assert!(Jwk::from_json(text).is_err());
        prop_assert!(Jwk::from_json(&bytes).is_err());
        let _ = JwkSet::from_json(&bytes);
        let _ = JwkSet::from_foreign_json(&bytes);
    }

    #[test]
    fn no_key_makes_the_parser_panic_and_what_is_taken_is_written_the_same(
        members in prop::collection::vec(member(), 0..8),
    ) {
        let object = Value::Object(members.into_iter().collect());
        if let Ok(key) = parse(&object) {
            let written = text(&key);
            prop_assert_eq!(text(&Jwk::from_json(&written).expect("read again")), written);
            let _ = (SigningKey::from_jwk(&key), VerifyingKey::from_jwk(&key), key.thumbprint());
        }
    }

    #[test]
    fn no_certificate_makes_the_parser_panic(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        let keys: Value = serde_json::from_str(include_str!("certified_keys.json")).expect("JSON");
        let mut key = keys["ec"].clone();
        let mut der = STANDARD.decode(key["x5c"][0].as_str().unwrap_or_default()).expect("base64");
        let at = at.index(der.len());
        der[at] = byte;
        der.truncate(cut.index(der.len()) + 1);
        key["x5c"] = json!([STANDARD.encode(der)]);
        let _ = parse(&key);
    }
}
