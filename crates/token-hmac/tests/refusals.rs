//! What is refused: forged and damaged tokens, sealed texts that are not ours, weak secrets. And what is never shown.

use proptest::prelude::*;
use token_hmac::{CannotOpen, Forged, PageSecrets, SecretsError, SystemSecrets, TokenKind, signature_part};

const KINDS: [TokenKind; 4] = [TokenKind::Access, TokenKind::Refresh, TokenKind::Code, TokenKind::Device];

fn secrets() -> SystemSecrets {
    SystemSecrets::new(&["a-current-secret-for-the-tests", "an-older-secret-for-the-tests"]).expect("long enough")
}

fn kind() -> impl Strategy<Value = TokenKind> {
    (0..KINDS.len()).prop_map(|at| KINDS[at])
}

/// Characters that look harmless at the edge of a token, and any others.
fn character() -> impl Strategy<Value = char> {
    prop_oneof!["[A-Za-z0-9_.=+/ -]".prop_map(|text| text.chars().next().unwrap_or('A')), any::<char>()]
}

#[test]
fn the_prefix_may_be_left_out() {
    let minted = secrets().mint(TokenKind::Access, [7; 32]);
    let bare = minted.token.strip_prefix("ory_at_").expect("the prefix of an access token");
    assert_eq!(secrets().verify(TokenKind::Access, bare), Ok(minted.signature.as_str()));
}

#[test]
fn a_token_of_another_kind_is_refused() {
    for minted in KINDS {
        for asked in KINDS {
            let token = secrets().mint(minted, [1; 32]).token;
            assert_eq!(secrets().verify(asked, &token).is_ok(), minted == asked, "{minted:?} as {asked:?}");
        }
    }
}

#[test]
fn a_token_of_unknown_secrets_is_refused() {
    let elsewhere = SystemSecrets::new(&["the-secret-of-somebody-else"]).expect("long enough");
    let token = elsewhere.mint(TokenKind::Refresh, [9; 32]).token;
    assert_eq!(secrets().verify(TokenKind::Refresh, &token), Err(Forged));
}

#[test]
fn a_half_with_stray_bits_at_its_end_is_refused() {
    // 43 characters carry 258 bits; the last two must be zero or one token would have four spellings.
    let token = secrets().mint(TokenKind::Code, [0; 32]).token;
    let stray = token.replacen("A.", "B.", 1);
    assert_ne!(stray, token);
    assert_eq!(secrets().verify(TokenKind::Code, &stray), Err(Forged));
}

#[test]
fn the_first_secret_must_be_long_and_there_must_be_one() {
    assert_eq!(SystemSecrets::new::<&str>(&[]).err(), Some(SecretsError::Empty));
    assert_eq!(SystemSecrets::new(&["fifteen-bytes-x", "x"]).err(), Some(SecretsError::TooShort { bytes: 15 }));
    assert!(SystemSecrets::new(&["sixteen-bytes-xx", "x"]).is_ok());
    assert_eq!(PageSecrets::new::<&str>(&[]).err(), Some(SecretsError::Empty));
}

#[test]
fn sealed_texts_that_are_cut_short_or_unpadded_are_malformed() {
    let sealed = secrets().seal([3; 12], b"x");
    assert!(sealed.ends_with('='));
    assert_eq!(secrets().open(sealed.trim_end_matches('=')), Err(CannotOpen::Malformed));
    assert_eq!(secrets().open(&sealed[..36]), Err(CannotOpen::Malformed));
    assert_eq!(secrets().open(""), Err(CannotOpen::Malformed));
    assert_eq!(secrets().open_flow(b"", &sealed), Err(CannotOpen::Malformed));
}

#[test]
fn a_sealed_text_opens_for_its_own_purpose_only() {
    let login = secrets().seal_flow([5; 24], b"{}", b"flow");
    assert_eq!(secrets().open_flow(b"{\"p\":1}", &login), Err(CannotOpen::NoKeyFits));
    let pages = PageSecrets::new(&["page"]).expect("one secret");
    let clients = pages.seal([6; 24], b"clients", b"place");
    assert_eq!(pages.open(b"trusted-issuers", &clients), Err(CannotOpen::NoKeyFits));
}

#[test]
fn page_tokens_of_an_older_secret_still_open() {
    let before = PageSecrets::new(&["old"]).expect("one secret");
    let after = PageSecrets::new(&["new", "old"]).expect("two secrets");
    let token = before.seal([8; 24], b"clients", b"place");
    assert_eq!(after.open(b"clients", &token).as_deref(), Ok(b"place".as_slice()));
}

#[test]
fn debug_output_shows_neither_keys_nor_tokens() {
    let minted = secrets().mint(TokenKind::Access, [2; 32]);
    assert_eq!(format!("{minted:?}"), "Minted(…)");
    assert_eq!(format!("{:?}", secrets()), "SystemSecrets(2 keys)");
    assert_eq!(format!("{:?}", PageSecrets::new(&["s"]).expect("one")), "PageSecrets(1 keys)");
}

#[test]
fn the_signature_part_is_found_by_counting_dots() {
    assert_eq!(signature_part("ory_at_random.mac"), Some("mac"));
    assert_eq!(signature_part("header.payload.signature"), Some("signature"));
    for none in ["", "plain", "random.", "header.payload.", "a.b.c.d", "....."] {
        assert_eq!(signature_part(none), None, "{none}");
    }
}

proptest! {
    #[test]
    fn what_is_minted_verifies(kind in kind(), entropy: [u8; 32]) {
        let minted = secrets().mint(kind, entropy);
        prop_assert_eq!(secrets().verify(kind, &minted.token), Ok(minted.signature.as_str()));
        prop_assert_eq!(signature_part(&minted.token), Some(minted.signature.as_str()));
    }

    #[test]
    fn a_changed_character_never_verifies(kind in kind(), entropy: [u8; 32], at in 0..94_usize, other in character()) {
        let token = secrets().mint(kind, entropy).token;
        let changed: String = token.chars().enumerate().map(|(i, c)| if i == at { other } else { c }).collect();
        prop_assume!(changed != token);
        prop_assert_eq!(secrets().verify(kind, &changed), Err(Forged));
    }

    #[test]
    fn a_removed_character_never_verifies(kind in kind(), entropy: [u8; 32], at in 0..94_usize) {
        let mut token = secrets().mint(kind, entropy).token;
        token.remove(at);
        prop_assert_eq!(secrets().verify(kind, &token), Err(Forged));
    }

    #[test]
    fn an_added_character_never_verifies(kind in kind(), entropy: [u8; 32], at in 0..95_usize, new in character()) {
        let mut token = secrets().mint(kind, entropy).token;
        token.insert(at, new);
        prop_assert_eq!(secrets().verify(kind, &token), Err(Forged));
    }

    #[test]
    fn no_text_makes_verify_or_open_panic(text in any::<String>(), kind in kind()) {
        prop_assert_eq!(secrets().verify(kind, &text), Err(Forged));
        prop_assert!(secrets().open(&text).is_err());
        prop_assert!(secrets().open_flow(b"login", &text).is_err());
        let _ = signature_part(&text);
    }

    #[test]
    fn what_is_sealed_opens_and_what_was_changed_does_not(nonce: [u8; 12], plain: Vec<u8>, at: prop::sample::Index) {
        let sealed = secrets().seal(nonce, &plain);
        prop_assert_eq!(secrets().open(&sealed), Ok(plain));
        let mut changed = sealed.into_bytes();
        let at = at.index(changed.len());
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        prop_assert!(secrets().open(&String::from_utf8(changed).expect("still ASCII")).is_err());
    }

    #[test]
    fn what_is_sealed_for_a_flow_opens_for_it(nonce: [u8; 24], aad: Vec<u8>, plain: Vec<u8>) {
        let sealed = secrets().seal_flow(nonce, &aad, &plain);
        prop_assert_eq!(secrets().open_flow(&aad, &sealed), Ok(plain));
    }
}
