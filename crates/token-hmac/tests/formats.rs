//! Texts that an existing installation holds are read, and ours are written the same to the last character.

use serde_json::Value;
use token_hmac::{
    CookieSecrets, FlowPurpose, PageSecrets, SystemSecrets, TokenKind, access_row_signature, murmur3_32, signature_part,
};

const CURRENT: &str = "vector-system-secret-number-one";
const OLDER: &str = "vector-system-secret-number-two";

struct Vector(Value);

impl Vector {
    fn named(name: &str) -> Self {
        let all: Value = serde_json::from_str(include_str!("vectors/formats.json")).expect("the file is JSON");
        Self(all[name].clone())
    }

    fn input(&self, key: &str) -> &str {
        self.0["inputs"][key].as_str().unwrap_or_else(|| panic!("no input {key}"))
    }

    /// Empty if the vector has no such list.
    fn input_list(&self, key: &str) -> Vec<&str> {
        self.0["inputs"][key].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn output(&self, key: &str) -> &str {
        self.0["outputs"][key].as_str().unwrap_or_else(|| panic!("no output {key}"))
    }

    fn bytes<const N: usize>(&self, key: &str) -> [u8; N] {
        hex(self.input(key)).try_into().expect("the vector has the right length")
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hex digits");
    (0..text.len()).step_by(2).map(digit).collect()
}

fn secrets() -> SystemSecrets {
    SystemSecrets::new(&[CURRENT, OLDER]).expect("long enough")
}

#[test]
fn the_key_is_the_hash_of_the_secret() {
    let vector = Vector::named("system_key");
    assert_eq!(secrets().expose_current_key().as_slice(), hex(vector.output("primary_key_hex")));
}

#[test]
fn tokens_of_all_kinds_look_the_same() {
    for (name, kind, entropy, token, signature) in [
        ("access_token_opaque", TokenKind::Access, "entropy_hex", "token", "signature_part"),
        (
            "registration_access_token",
            TokenKind::Access,
            "entropy_hex",
            "token",
            "db_registration_access_token_signature",
        ),
        ("refresh_token", TokenKind::Refresh, "entropy_hex", "token", "db_refresh_signature"),
        ("authorize_code", TokenKind::Code, "entropy_hex", "code", "db_code_signature"),
        ("device_and_user_code", TokenKind::Device, "device_entropy_hex", "device_code", "db_device_code_signature"),
    ] {
        let vector = Vector::named(name);
        let minted = secrets().mint(kind, vector.bytes(entropy));
        assert_eq!(minted.token, vector.output(token), "{name}");
        assert_eq!(minted.signature, vector.output(signature), "{name}");
        assert_eq!(secrets().verify(kind, &minted.token), Ok(minted.signature.as_str()), "{name}");
    }
}

#[test]
fn user_codes_are_stored_under_the_same_signature() {
    let vector = Vector::named("device_and_user_code");
    let signature = secrets().user_code_signature(vector.input("user_code"));
    assert_eq!(signature, vector.output("db_user_code_signature"));
}

#[test]
fn access_tokens_are_found_under_the_same_signature() {
    for (name, token) in [
        ("access_token_opaque", Vector::named("access_token_opaque").output("token")),
        ("jwt_access_token_signature", Vector::named("jwt_access_token_signature").input("jwt")),
        ("hmac_rotation", Vector::named("hmac_rotation").input("token")),
    ] {
        let part = signature_part(token).expect("a signature part");
        assert_eq!(access_row_signature(part), Vector::named(name).output("db_access_signature"), "{name}");
    }
}

#[test]
fn a_token_of_an_older_secret_is_still_good() {
    let vector = Vector::named("hmac_rotation");
    let token = vector.input("token");
    assert!(secrets().verify(TokenKind::Access, token).is_ok());
    let without_older = SystemSecrets::new(&[CURRENT]).expect("long enough");
    assert!(without_older.verify(TokenKind::Access, token).is_err());
}

#[test]
fn sessions_rest_in_the_same_form() {
    let vector = Vector::named("session_data_aes_gcm");
    let plain = vector.input("plaintext_json").as_bytes();
    let sealed = secrets().seal(vector.bytes("nonce_hex"), plain);
    assert_eq!(sealed, vector.output("session_data"));
    assert_eq!(secrets().open(&sealed).as_deref(), Ok(plain));
}

#[test]
fn private_keys_rest_in_the_same_form() {
    let vector = Vector::named("jwk_keydata");
    let plain = vector.input("jwk_json").as_bytes();
    assert_eq!(secrets().seal(vector.bytes("nonce_hex"), plain), vector.output("keydata"));
    assert_eq!(secrets().open(vector.output("keydata")).as_deref(), Ok(plain));
}

#[test]
fn a_session_of_an_older_secret_still_opens() {
    let vector = Vector::named("session_data_rotation");
    let plain = secrets().open(vector.input("session_data"));
    assert_eq!(plain.as_deref(), Ok(vector.output("plaintext").as_bytes()));
}

const FLOWS: [(&str, FlowPurpose); 8] = [
    ("login_challenge", FlowPurpose::LoginChallenge),
    ("login_verifier", FlowPurpose::LoginVerifier),
    ("device_challenge", FlowPurpose::DeviceChallenge),
    ("device_verifier", FlowPurpose::DeviceVerifier),
    ("consent_challenge", FlowPurpose::ConsentChallenge),
    ("consent_verifier", FlowPurpose::ConsentVerifier),
    ("logout_challenge", FlowPurpose::LogoutChallenge),
    ("logout_verifier", FlowPurpose::LogoutVerifier),
];

#[test]
fn challenges_and_verifiers_travel_in_the_same_form() {
    for (name, purpose) in FLOWS {
        let vector = Vector::named(name);
        let aad = vector.input("aad").as_bytes();
        assert_eq!(purpose.hydra_aad().as_bytes(), aad, "{name}");
        let zipped = secrets().open_flow(aad, vector.output("encoded")).expect("opens");
        assert_eq!(zipped, base64_std(vector.input("gzip_base64")), "{name}");
        let sealed = secrets().seal_flow(vector.bytes("nonce_hex"), aad, &zipped);
        assert_eq!(sealed, vector.output("encoded"), "{name}");
    }
}

#[test]
fn challenges_and_verifiers_hold_the_same_json() {
    for (name, purpose) in FLOWS {
        let vector = Vector::named(name);
        let json = vector.input("json_with_newline").trim_end_matches('\n').as_bytes();
        assert_eq!(secrets().open_hydra_flow(purpose, vector.output("encoded")).as_deref(), Ok(json), "{name}");
        let sealed = secrets().seal_hydra_flow(vector.bytes("nonce_hex"), purpose, json).expect("small enough");
        assert_eq!(secrets().open_hydra_flow(purpose, &sealed).as_deref(), Ok(json), "{name}");
        // How deflate packs is free; that it packs well is what keeps URLs short.
        assert!(sealed.len() <= vector.output("encoded").len() + 16, "{name}: {}", sealed.len());
    }
}

fn base64_std(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(text).expect("the vector is base64")
}

#[test]
fn credential_nonces_are_bound_to_their_access_token() {
    let vector = Vector::named("vc_nonce");
    let aad = format!("vc-nonce-at:{}", vector.input("access_token"));
    let sealed = secrets().seal_flow(vector.bytes("nonce_hex"), aad.as_bytes(), &hex(vector.input("plaintext_hex")));
    assert_eq!(sealed, vector.output("nonce"));
    assert!(secrets().open_flow(b"vc-nonce-at:another", &sealed).is_err());
}

#[test]
fn page_tokens_have_the_same_keys_and_form() {
    let vector = Vector::named("page_token_current");
    let pages = PageSecrets::new(&[vector.input("secret")]).expect("one secret");
    let list = b"ory/keysetpagination_v2/page_token";
    assert_eq!(
        pages.seal(vector.bytes("nonce_hex"), list, vector.input("json").as_bytes()),
        vector.output("page_token")
    );
    assert_eq!(pages.open(list, vector.output("page_token")).as_deref(), Ok(vector.input("json").as_bytes()));
}

#[test]
fn cookies_have_the_same_form() {
    let from_system = Vector::named("cookie_session_fallback_system");
    let system = SystemSecrets::new(&from_system.input_list("secrets_system")).expect("long enough");
    for (name, key) in [
        ("cookie_session_secret_cookie", "sid"),
        ("cookie_session_fallback_system", "sid"),
        ("cookie_login_csrf", "csrf"),
    ] {
        let vector = Vector::named(name);
        let cookies = CookieSecrets::new(&vector.input_list("secrets_cookie"), &system);
        let value = vector.0["inputs"]["values"][key].as_str().expect("the vector has the value");
        let unix_seconds = vector.0["inputs"]["unix_timestamp"].as_i64().expect("the vector has the time");

        let sealed = cookies.seal(vector.input("cookie_name"), unix_seconds, vector.bytes("iv_hex"), key, value);
        assert_eq!(sealed, vector.output("cookie_value"), "{name}");
        let opened = cookies.open(vector.input("cookie_name"), vector.output("cookie_value"), key).expect("opens");
        assert_eq!((opened.value.as_str(), opened.unix_seconds), (value, unix_seconds), "{name}");
    }
}

#[test]
fn names_of_cookies_have_the_same_suffix() {
    let vector = Vector::named("cookie_suffix_murmur3");
    let suffixes: Vec<_> =
        vector.input_list("client_ids").iter().map(|id| murmur3_32(id.as_bytes()).to_string()).collect();
    assert_eq!(Value::from(suffixes), vector.0["outputs"]["suffixes"]);
    assert_eq!(murmur3_32(b"my-app"), 1_047_512_935);
}
