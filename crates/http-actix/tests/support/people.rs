//! Applications that people log in to, and how they do.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use url::Url;

use super::{
    browser::CALLBACK,
    http::Request,
    pages::{Arrived, Browser},
    server::{Server, secret_of},
};

/// `state` of every request.
pub(crate) const STATE: &str = "a-state-nobody-guesses";
/// A verifier of RFC 7636.
pub(crate) const VERIFIER: &str = "a-verifier-that-is-long-enough-for-the-rules-of-pkce";

/// The challenge of a verifier (RFC 7636 §4.2).
pub(crate) fn s256(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

impl Server {
    /// Registers an application for the code flow, with a secret of [`secret_of`]. `more` are further members.
    #[track_caller]
    pub(crate) fn register_app(&self, id: &str, more: Value) {
        let mut client = json!({
            "client_id": id, "client_secret": secret_of(id), "redirect_uris": [CALLBACK], "scope": "openid offline photos",
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        });
        let members = client.as_object_mut().expect("it is an object");
        members.extend(more.as_object().expect("members are an object").clone());
        self.register(&client);
    }

    /// An authorization request of an application for `openid photos`; `more` replaces its parameters or adds others.
    pub(crate) fn login_url(&self, id: &str, more: &[(&str, &str)]) -> String {
        let own = [
            ("client_id", id),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid photos"),
            ("state", STATE),
        ];
        let own = own.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
        let url = Url::parse_with_params(&format!("{}oauth2/auth", self.issuer), own.chain(more));
        url.expect("an address").to_string()
    }

    /// A login application's yes: where it sends the browser.
    #[track_caller]
    pub(crate) fn accept_login(&self, challenge: &str, subject: &str) -> String {
        self.accept("login", challenge, &json!({"subject": subject}))
    }
}

/// A request for the tokens of a code.
pub(crate) fn redemption(id: &str, code: &str, more: &[(&str, &str)]) -> Request {
    let own = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)];
    Request::post("/oauth2/token").basic(id, &secret_of(id)).form(&[&own, more].concat())
}

/// Signs in on the built-in page, without being remembered.
#[track_caller]
pub(crate) fn sign_in(browser: &mut Browser, page: &Arrived, subject: &str) -> Arrived {
    browser.press("Sign in", page.form().fill("subject", subject))
}

/// Signs in and allows everything; what arrives at the application.
#[track_caller]
pub(crate) fn agree(browser: &mut Browser, url: &str, subject: &str) -> Arrived {
    let login = browser.visit(url);
    let consent = sign_in(browser, &login, subject);
    browser.press("Allow", consent.form())
}

/// A code of an application, for somebody.
#[track_caller]
pub(crate) fn code(server: &Server, id: &str, more: &[(&str, &str)]) -> String {
    agree(&mut Browser::new(), &server.login_url(id, more), "alice").must_have("code")
}

/// The claims of a JWT that came straight from the server.
#[track_caller]
pub(crate) fn claims(jwt: &str) -> Value {
    let claims = jwt.split('.').nth(1).expect("a JWT has claims");
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).expect("claims are Base64")).expect("claims are JSON")
}
