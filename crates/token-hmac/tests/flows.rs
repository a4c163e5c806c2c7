//! A challenge opens for its purpose, its database and its server alone, unpacks to little, and says what went wrong.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use proptest::prelude::*;
use token_hmac::{CannotOpen, FlowPurpose, FlowTooLarge, LARGEST_FLOW, SystemSecrets};

const PURPOSES: [FlowPurpose; 8] = [
    FlowPurpose::LoginChallenge,
    FlowPurpose::LoginVerifier,
    FlowPurpose::DeviceChallenge,
    FlowPurpose::DeviceVerifier,
    FlowPurpose::ConsentChallenge,
    FlowPurpose::ConsentVerifier,
    FlowPurpose::LogoutChallenge,
    FlowPurpose::LogoutVerifier,
];
const LOGIN: FlowPurpose = FlowPurpose::LoginChallenge;

const NETWORK: &[u8] = b"7c9e6679-7425-40de-944b-e07fc1f90ae7";

/// What a careful client sends: everything that can be random is.
const QUERY: &str = "client_id=5f8b3c1e-92d7-4a06-b1c4-7e9d20f3a865&response_type=code\
    &redirect_uri=https%3A%2F%2Fshop.example.com%2Faccount%2Foauth2%2Fcallback&scope=openid+offline_access+profile+email\
    &state=Vq0T3mXc8yJrL5nKzB2wHfE7uGsPiD4aYoR6tNvQ1hM&nonce=kZ9pWxA3bLq7EeT5yU0cJr2MvS8oHnDfG4iY1tKzPdQ\
    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

fn secrets() -> SystemSecrets {
    SystemSecrets::new(&["a-current-secret-for-the-tests"]).expect("long enough")
}

fn compact(payload: &[u8]) -> String {
    secrets().seal_compact_flow([9; 24], LOGIN, NETWORK, payload).expect("small enough")
}

fn hydra(json: &[u8]) -> String {
    secrets().seal_hydra_flow([9; 24], LOGIN, json).expect("small enough")
}

/// A text in our form that holds whatever a version of this server might write one day.
fn compact_of(plain: &[u8]) -> String {
    let aad = [b"hydra-rs login_challenge|", NETWORK].concat();
    let padded = secrets().seal_flow([9; 24], &aad, plain);
    let length = u32::try_from(24 + plain.len() + 16).expect("small enough").to_be_bytes();
    URL_SAFE_NO_PAD.encode(&length[1..]) + padded.trim_end_matches('=')
}

#[test]
fn a_challenge_opens_for_its_own_purpose_only() {
    for sealed in PURPOSES {
        let ours = secrets().seal_compact_flow([9; 24], sealed, NETWORK, b"{}").expect("small enough");
        let hydras = secrets().seal_hydra_flow([9; 24], sealed, b"{}").expect("small enough");
        for asked in PURPOSES {
            let expected = if asked == sealed { Ok(b"{}".to_vec()) } else { Err(CannotOpen::NoKeyFits) };
            assert_eq!(secrets().open_compact_flow(asked, NETWORK, &ours), expected, "{sealed:?} as {asked:?}");
            assert_eq!(secrets().open_hydra_flow(asked, &hydras), expected, "{sealed:?} as {asked:?}");
        }
    }
}

#[test]
fn a_challenge_of_another_database_does_not_open() {
    let elsewhere = b"another-network".as_slice();
    assert_eq!(secrets().open_compact_flow(LOGIN, elsewhere, &compact(b"{}")), Err(CannotOpen::NoKeyFits));
}

#[test]
fn a_challenge_of_an_older_secret_opens_until_the_secret_is_gone() {
    let rotated =
        SystemSecrets::new(&["a-newer-secret-for-the-tests", "a-current-secret-for-the-tests"]).expect("long enough");
    let gone = SystemSecrets::new(&["a-newer-secret-for-the-tests"]).expect("long enough");
    let (ours, hydras) = (compact(b"{}"), hydra(b"{}"));
    assert_eq!(rotated.open_compact_flow(LOGIN, NETWORK, &ours).as_deref(), Ok(b"{}".as_slice()));
    assert_eq!(rotated.open_hydra_flow(LOGIN, &hydras).as_deref(), Ok(b"{}".as_slice()));
    assert_eq!(gone.open_compact_flow(LOGIN, NETWORK, &ours), Err(CannotOpen::NoKeyFits));
    assert_eq!(gone.open_hydra_flow(LOGIN, &hydras), Err(CannotOpen::NoKeyFits));
}

#[test]
fn a_challenge_that_was_cut_says_so() {
    let whole = compact(QUERY.as_bytes());
    for characters in 4..whole.len() {
        let cut = secrets().open_compact_flow(LOGIN, NETWORK, &whole[..characters]);
        assert_eq!(cut, Err(CannotOpen::Cut { characters, of: whole.len() }));
    }
    for characters in 0..4 {
        let cut = secrets().open_compact_flow(LOGIN, NETWORK, &whole[..characters]);
        assert_eq!(cut, Err(CannotOpen::Malformed));
    }
}

#[test]
fn a_challenge_of_hydras_that_was_cut_is_malformed_where_that_can_be_told() {
    let whole = hydra(format!("\"{QUERY}\"").as_bytes());
    for characters in (0..whole.len()).filter(|characters| characters % 4 != 0) {
        assert_eq!(secrets().open_hydra_flow(LOGIN, &whole[..characters]), Err(CannotOpen::Malformed));
    }
}

#[test]
fn a_text_that_is_no_challenge_is_malformed() {
    let ours = compact(b"{}");
    for text in ["", "x", "login", "AAAA", "AAAAAAAA", "////", "ééééé", &format!("{ours}A"), &format!("{ours}=")] {
        assert_eq!(secrets().open_compact_flow(LOGIN, NETWORK, text), Err(CannotOpen::Malformed), "{text}");
    }
    assert_eq!(secrets().open_compact_flow(LOGIN, NETWORK, &hydra(b"{}")), Err(CannotOpen::Malformed));
    assert_eq!(secrets().open_hydra_flow(LOGIN, "login"), Err(CannotOpen::Malformed));
}

#[test]
fn genuine_contents_in_an_unknown_form_are_told_apart() {
    for plain in [b"".as_slice(), b"\x00{}", b"\x03{}", b"\x02", b"\x02\xff\xff\xff"] {
        let expected = if plain.is_empty() { CannotOpen::Malformed } else { CannotOpen::Foreign };
        assert_eq!(secrets().open_compact_flow(LOGIN, NETWORK, &compact_of(plain)), Err(expected), "{plain:?}");
    }
    let not_zipped = secrets().seal_flow([9; 24], LOGIN.hydra_aad().as_bytes(), b"{}\n");
    assert_eq!(secrets().open_hydra_flow(LOGIN, &not_zipped), Err(CannotOpen::Foreign));
    assert_eq!(secrets().open_hydra_flow(LOGIN, &hydra(b"no json")), Err(CannotOpen::Foreign));
}

#[test]
fn the_first_json_value_of_hydras_form_counts() {
    let opened = secrets().open_hydra_flow(LOGIN, &hydra(b"{\"i\":\"\"} {\"i\":\"second\"}"));
    assert_eq!(opened.as_deref(), Ok(b"{\"i\":\"\"}".as_slice()));
}

#[test]
fn what_unpacks_to_too_much_is_refused_before_it_fills_memory() {
    let zeros = vec![0_u8; 16 << 20];
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&zeros).expect("writing to a Vec cannot fail");
    let bomb = gzip.finish().expect("writing to a Vec cannot fail");
    assert!(bomb.len() < 20_000, "{}", bomb.len());
    let bomb = secrets().seal_flow([9; 24], LOGIN.hydra_aad().as_bytes(), &bomb);
    assert_eq!(secrets().open_hydra_flow(LOGIN, &bomb), Err(CannotOpen::TooLarge));

    let mut deflate = DeflateEncoder::new(vec![2], Compression::best());
    deflate.write_all(&zeros).expect("writing to a Vec cannot fail");
    let bomb = deflate.finish().expect("writing to a Vec cannot fail");
    assert_eq!(secrets().open_compact_flow(LOGIN, NETWORK, &compact_of(&bomb)), Err(CannotOpen::TooLarge));
}

#[test]
fn the_largest_flow_travels_and_a_larger_one_is_refused_at_once() {
    let mut state = 1_u32;
    // Noise, which does not deflate.
    let noise: Vec<u8> = (0..LARGEST_FLOW)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect();
    for largest in [noise, vec![b'a'; LARGEST_FLOW]] {
        assert!(secrets().open_compact_flow(LOGIN, NETWORK, &compact(&largest)) == Ok(largest));
    }
    let json = format!("\"{}\"", "a".repeat(LARGEST_FLOW - 3));
    assert!(secrets().open_hydra_flow(LOGIN, &hydra(json.as_bytes())) == Ok(json.into_bytes()));

    let larger = vec![b'1'; LARGEST_FLOW + 1];
    let refused = secrets().seal_compact_flow([9; 24], LOGIN, NETWORK, &larger);
    assert_eq!(refused, Err(FlowTooLarge { bytes: LARGEST_FLOW + 1 }));
    let refused = secrets().seal_hydra_flow([9; 24], LOGIN, &larger[1..]);
    assert_eq!(refused, Err(FlowTooLarge { bytes: LARGEST_FLOW + 1 }));
}

proptest! {
    #[test]
    fn what_is_sealed_opens(
        nonce: [u8; 24],
        at in 0..PURPOSES.len(),
        binding: Vec<u8>,
        payload in prop_oneof![any::<Vec<u8>>(), "[a-c=&]{0,1400}".prop_map(String::into_bytes)],
    ) {
        let sealed = secrets().seal_compact_flow(nonce, PURPOSES[at], &binding, &payload).expect("small enough");
        prop_assert_eq!(secrets().open_compact_flow(PURPOSES[at], &binding, &sealed), Ok(payload));
    }

    #[test]
    fn what_is_sealed_in_hydras_form_opens(nonce: [u8; 24], at in 0..PURPOSES.len(), value in ".{0,300}") {
        let json = serde_json::to_vec(&value).expect("a string is JSON");
        let sealed = secrets().seal_hydra_flow(nonce, PURPOSES[at], &json).expect("small enough");
        prop_assert_eq!(secrets().open_hydra_flow(PURPOSES[at], &sealed), Ok(json));
    }

    #[test]
    fn a_changed_bit_never_opens(nonce: [u8; 24], at: prop::sample::Index, bit in 0..7_u8) {
        let changed = |text: String| {
            let mut text = text.into_bytes();
            let at = at.index(text.len());
            text[at] ^= 1 << bit;
            String::from_utf8(text).expect("still ASCII")
        };
        let ours = secrets().seal_compact_flow(nonce, LOGIN, NETWORK, QUERY.as_bytes()).expect("small enough");
        prop_assert!(secrets().open_compact_flow(LOGIN, NETWORK, &changed(ours)).is_err());
        let hydras = secrets().seal_hydra_flow(nonce, LOGIN, b"{\"i\":\"0123456789abcdef\"}").expect("small enough");
        prop_assert!(secrets().open_hydra_flow(LOGIN, &changed(hydras)).is_err());
    }

    #[test]
    fn no_text_and_no_contents_make_opening_panic(text: String, plain: Vec<u8>) {
        prop_assert!(secrets().open_compact_flow(LOGIN, NETWORK, &text).is_err());
        prop_assert!(secrets().open_hydra_flow(LOGIN, &text).is_err());
        let deflated = [b"\x02", plain.as_slice()].concat();
        let _ = secrets().open_compact_flow(LOGIN, NETWORK, &compact_of(&deflated));
        let zipped = [b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff", plain.as_slice()].concat();
        let zipped = secrets().seal_flow([9; 24], LOGIN.hydra_aad().as_bytes(), &zipped);
        let _ = secrets().open_hydra_flow(LOGIN, &zipped);
    }
}
