//! What a cookie says is believed only if it was sealed here, under this name, and arrived whole.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use proptest::prelude::*;
use token_hmac::{CookieSecrets, SystemSecrets};

const SESSION: &str = "ory_hydra_session";
const SID: &str = "3f0c9a44-6f0d-4c5b-9d8e-2b1a7c6d5e4f";
const NOW: i64 = 1_782_900_000;

fn system(secrets: &[&str]) -> SystemSecrets {
    SystemSecrets::new(secrets).expect("long enough")
}

fn cookies(secrets: &[&str]) -> CookieSecrets {
    CookieSecrets::new(secrets, &system(&["a-system-secret-for-the-tests"]))
}

fn session() -> String {
    cookies(&["new"]).seal(SESSION, NOW, [7; 16], "sid", SID)
}

fn sid_in(cookies: &CookieSecrets, cookie: &str) -> Option<String> {
    cookies.open(SESSION, cookie, "sid").map(|opened| opened.value)
}

#[test]
fn a_cookie_says_when_it_was_sealed() {
    let opened = cookies(&["new"]).open(SESSION, &session(), "sid").expect("it is ours");
    assert_eq!((opened.value.as_str(), opened.unix_seconds), (SID, NOW));
}

#[test]
fn an_empty_value_is_a_value() {
    let cookie = cookies(&["new"]).seal(SESSION, NOW, [7; 16], "sid", "");
    assert_eq!(sid_in(&cookies(&["new"]), &cookie).as_deref(), Some(""));
}

#[test]
fn a_key_that_is_not_in_the_cookie_has_no_value() {
    assert!(cookies(&["new"]).open(SESSION, &session(), "csrf").is_none());
}

#[test]
fn a_cookie_of_an_older_secret_still_opens() {
    let old = cookies(&["old"]).seal(SESSION, NOW, [7; 16], "sid", SID);
    assert_eq!(sid_in(&cookies(&["new", "old"]), &old).as_deref(), Some(SID));
    assert_eq!(sid_in(&cookies(&["new"]), &old), None);
}

#[test]
fn without_cookie_secrets_the_current_system_secret_alone_counts() {
    let none: [&str; 0] = [];
    let before = CookieSecrets::new(&none, &system(&["a-system-secret-for-the-tests"]));
    let cookie = before.seal(SESSION, NOW, [7; 16], "sid", SID);
    assert_eq!(sid_in(&before, &cookie).as_deref(), Some(SID));
    let rotated = system(&["another-system-secret", "a-system-secret-for-the-tests"]);
    assert_eq!(sid_in(&CookieSecrets::new(&none, &rotated), &cookie), None);
    assert_eq!(sid_in(&cookies(&["new"]), &cookie), None);
}

#[test]
fn a_csrf_cookie_of_one_client_does_not_open_for_another() {
    let cookie = cookies(&["new"]).seal("ory_hydra_login_csrf_1", NOW, [7; 16], "csrf", "0123");
    assert!(cookies(&["new"]).open("ory_hydra_login_csrf_2", &cookie, "csrf").is_none());
}

#[test]
fn the_longest_cookie_has_4096_characters() {
    let sealed = |length| cookies(&["new"]).seal(SESSION, NOW, [7; 16], "sid", &"x".repeat(length));
    let longest = (2000..2400).rev().find(|length| sealed(*length).len() <= 4096).expect("some fit");
    assert_eq!(sealed(longest).len(), 4096);
    assert_eq!(sid_in(&cookies(&["new"]), &sealed(longest)).map(|sid| sid.len()), Some(longest));
    assert!(sealed(longest + 1).len() > 4096);
    assert_eq!(sid_in(&cookies(&["new"]), &sealed(longest + 1)), None);
}

#[test]
fn a_cookie_without_its_parts_is_refused() {
    for parts in ["", "|", "||", "1782900000", "1782900000|inner", "1782900000|inner|", "||||"] {
        assert_eq!(sid_in(&cookies(&["new"]), &URL_SAFE.encode(parts)), None, "{parts}");
    }
}

#[test]
fn a_cookie_without_its_padding_is_refused() {
    let cookie = session();
    assert!(cookie.ends_with('='));
    assert_eq!(sid_in(&cookies(&["new"]), cookie.trim_end_matches('=')), None);
}

#[test]
fn debug_output_shows_neither_keys_nor_values() {
    assert_eq!(format!("{:?}", cookies(&["new", "old"])), "CookieSecrets(2 keys)");
    let opened = cookies(&["new"]).open(SESSION, &session(), "sid").expect("it is ours");
    assert_eq!(format!("{opened:?}"), "OpenedCookie(…)");
}

proptest! {
    #[test]
    fn what_is_sealed_opens(name: String, iv: [u8; 16], seconds: i64, key in ".{0,20}", value in ".{0,300}") {
        let cookie = cookies(&["new"]).seal(&name, seconds, iv, &key, &value);
        let opened = cookies(&["old", "new"]).open(&name, &cookie, &key);
        prop_assert_eq!(opened.map(|opened| (opened.value, opened.unix_seconds)), Some((value, seconds)));
    }

    #[test]
    fn a_cookie_of_another_name_never_opens(name: String, other: String, iv: [u8; 16]) {
        prop_assume!(name != other);
        let cookie = cookies(&["new"]).seal(&name, NOW, iv, "sid", SID);
        prop_assert!(cookies(&["new"]).open(&other, &cookie, "sid").is_none());
    }

    #[test]
    fn a_changed_bit_never_opens(iv: [u8; 16], at: prop::sample::Index, bit in 0..7_u8) {
        let mut cookie = cookies(&["new"]).seal(SESSION, NOW, iv, "sid", SID).into_bytes();
        let at = at.index(cookie.len());
        cookie[at] ^= 1 << bit;
        let cookie = String::from_utf8(cookie).expect("still ASCII");
        prop_assert_eq!(sid_in(&cookies(&["new"]), &cookie), None);
    }

    #[test]
    fn a_changed_bit_below_the_outer_base64_never_opens(iv: [u8; 16], at: prop::sample::Index, bit in 0..8_u8) {
        let cookie = cookies(&["new"]).seal(SESSION, NOW, iv, "sid", SID);
        let mut bytes = URL_SAFE.decode(cookie).expect("base64url");
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert_eq!(sid_in(&cookies(&["new"]), &URL_SAFE.encode(bytes)), None);
    }

    #[test]
    fn a_cut_cookie_never_opens(iv: [u8; 16], at: prop::sample::Index) {
        let cookie = cookies(&["new"]).seal(SESSION, NOW, iv, "sid", SID);
        prop_assert_eq!(sid_in(&cookies(&["new"]), &cookie[..at.index(cookie.len())]), None);
    }

    #[test]
    fn no_text_makes_opening_panic(text: String, bytes: Vec<u8>, name: String, key: String) {
        prop_assert!(cookies(&["new"]).open(&name, &text, &key).is_none());
        prop_assert!(cookies(&["new"]).open(&name, &URL_SAFE.encode(bytes), &key).is_none());
    }
}
