//! One try to log in: what the authorization server is asked, and how its answer is told from others.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
};
use base64::{
    Engine as _,
    engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD},
};
use serde_json::Value;
use url::Url;

use super::plan::Plan;

/// Characters of a state or nonce: 112 bits of chance.
const LETTERS: usize = 24;

/// What nobody but this program and, for a part, the authorization server knows of an attempt.
pub(super) struct Attempt {
    state: String,
    nonce: String,
    verifier: String,
}

/// Whether an ID token was made for an attempt (OpenID Connect Core 3.1.3.7).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Nonce {
    Right,
    Wrong,
    /// The token is encrypted, or no JWT.
    Unreadable,
}

impl Attempt {
    /// A new attempt; an empty `state` is made up.
    pub(super) fn new(state: &str, random: fn(&mut [u8])) -> Self {
        let mut secret = [0; 32];
        random(&mut secret);
        Self {
            state: if state.is_empty() { letters(random) } else { state.to_owned() },
            nonce: letters(random),
            verifier: URL_SAFE_NO_PAD.encode(secret),
        }
    }

    /// Where to send the browser (RFC 6749 §4.1.1, RFC 7636 §4.3).
    pub(super) fn url(&self, plan: &Plan<'_>) -> Url {
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, self.verifier.as_bytes()));
        let mut parameters = vec![
            ("client_id", plan.client_id),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("nonce", &self.nonce),
            ("redirect_uri", &plan.redirect_uri),
            ("response_type", "code"),
            ("state", &self.state),
        ];
        parameters.extend(plan.wishes.iter().map(|(name, value)| (*name, value.as_str())));
        parameters.sort_unstable();
        let mut url = plan.authorization_endpoint.clone();
        url.query_pairs_mut().extend_pairs(parameters);
        url
    }

    /// Whether an answer with this state is one to this attempt.
    pub(super) fn is_meant_by(&self, state: &str) -> bool {
        verify_slices_are_equal(self.state.as_bytes(), state.as_bytes()).is_ok()
    }

    /// What proves to the token endpoint that this program began (RFC 7636 §4.5).
    pub(super) fn verifier(&self) -> &str {
        &self.verifier
    }

    /// The ID token came straight from the token endpoint, so its signature may stay unchecked (OpenID Connect Core
    /// 3.1.3.7, step 6); its nonce may not.
    pub(super) fn nonce_of(&self, id_token: &str) -> Nonce {
        let Some(claims) = claims(id_token) else { return Nonce::Unreadable };
        let nonce = claims.get("nonce").and_then(Value::as_str).unwrap_or_default();
        match verify_slices_are_equal(self.nonce.as_bytes(), nonce.as_bytes()) {
            Ok(()) => Nonce::Right,
            Err(_) => Nonce::Wrong,
        }
    }
}

fn claims(jwt: &str) -> Option<Value> {
    let parts: Vec<&str> = jwt.split('.').collect();
    let [_, claims, _] = parts.as_slice() else { return None };
    let json = URL_SAFE_NO_PAD.decode(claims).or_else(|_| URL_SAFE.decode(claims)).ok()?;
    serde_json::from_slice(&json).ok().filter(Value::is_object)
}

/// Lower-case letters, each as likely as the others: bytes beyond the last whole alphabet are thrown away.
fn letters(random: fn(&mut [u8])) -> String {
    const ALPHABETS: u8 = u8::MAX / 26 * 26;
    let mut letters = String::with_capacity(LETTERS);
    while letters.len() < LETTERS {
        let mut bytes = [0; LETTERS];
        random(&mut bytes);
        let usable = bytes.iter().filter(|byte| **byte < ALPHABETS);
        letters.extend(usable.map(|byte| char::from(b'a' + byte % 26)).take(LETTERS - letters.len()));
    }
    letters
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]
mod tests {
    use super::*;

    fn counting(bytes: &mut [u8]) {
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::try_from(230 + at).unwrap_or(0);
        }
    }

    fn id_token(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn letters_are_evenly_chosen() {
        assert_eq!(letters(counting), "wxyz".repeat(6), "four bytes of each draw are below 234");
    }

    #[test]
    fn the_url_carries_the_attempt_and_the_wishes_in_alphabetical_order() {
        let plan = Plan {
            client_id: "c 1",
            client_secret: None,
            authorization_endpoint: Url::parse("https://as.example/auth?tenant=1").unwrap(),
            token_endpoint: Url::parse("https://as.example/token").unwrap(),
            redirect_uri: "http://127.0.0.1:1/callback".to_owned(),
            wishes: vec![("scope", "a b".to_owned()), ("max_age", "0".to_owned())],
        };
        let attempt = Attempt {
            state: "s&t".to_owned(),
            nonce: "n".to_owned(),
            // RFC 7636, appendix B.
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned(),
        };
        let expected = "https://as.example/auth?tenant=1&client_id=c+1&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
                        &code_challenge_method=S256&max_age=0&nonce=n&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcallback\
                        &response_type=code&scope=a+b&state=s%26t";
        assert_eq!(attempt.url(&plan).as_str(), expected);
    }

    #[test]
    fn two_attempts_have_nothing_in_common() {
        let random = |bytes: &mut [u8]| aws_lc_rs::rand::fill(bytes).unwrap();
        let (one, two) = (Attempt::new("", random), Attempt::new("", random));
        assert!(one.state != two.state && one.nonce != two.nonce && one.verifier != two.verifier);
        assert_ne!(one.state, one.nonce);
        assert!(one.is_meant_by(&one.state) && !one.is_meant_by(&two.state) && !one.is_meant_by(""));
        assert_eq!(Attempt::new("fixed", random).state, "fixed");
        assert_eq!(one.verifier.len(), 43, "RFC 7636 wants 43 characters or more");
    }

    #[test]
    fn an_id_token_is_held_against_the_nonce() {
        let attempt = Attempt::new("", counting);
        let right = id_token(&format!(r#"{{"nonce":"{}"}}"#, attempt.nonce));
        assert_eq!(attempt.nonce_of(&right), Nonce::Right);
        for wrong in [r#"{"nonce":"other"}"#, r#"{"nonce":1}"#, "{}"] {
            assert_eq!(attempt.nonce_of(&id_token(wrong)), Nonce::Wrong, "{wrong}");
        }
        for unreadable in ["", "it", "a.b.c", "a.b.c.d.e", &id_token("[]")] {
            assert_eq!(attempt.nonce_of(unreadable), Nonce::Unreadable, "{unreadable}");
        }
    }
}
