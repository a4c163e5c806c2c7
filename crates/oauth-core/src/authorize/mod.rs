//! The authorization endpoint: from a browser's visit to a redirect that carries a code or tokens (RFC 6749 §4.1, §4.2; OIDC Core
//! §3).
//!
//! Start at [`Provider::authorize`]. One request visits three times: first, back from the login application with a login
//! verifier, and back from the consent application with a consent verifier. `checks` run at every visit, in one order; the first of
//! them opens a request object, if there is one (`request_object`);
//! `advance` alone picks what comes next; `flow` has the states that travel between the visits, sealed by `seal`. `login` and
//! `consent` also answer what the two applications ask the administrative API.
//!
//! Where an error is shown depends on how far the checks came ([`Shown`]): to the client only once it is certain that the redirect
//! URI is the client's own.

mod advance;
mod checks;
mod consent;
pub mod flow;
mod login;
pub(crate) mod oidc_context;
mod redirect_uri;
mod request;
mod request_object;
mod respond;
pub(crate) mod seal;
mod traps;

use chrono::Duration;

use crate::{
    Error,
    ids::{ClientId, Csrf, LoginSessionId},
    token::Form,
};

pub use consent::{ConsentAccepted, ConsentRequest};
pub use flow::Rejection;
pub use login::{LoginAccepted, LoginRequest};
pub use redirect_uri::RedirectUri;
pub use request::{AuthorizeRequest, ResponseMode};
pub use request_object::{Object, ObjectFault, RequestObject};
pub(crate) use traps::OtherNames;

/// A browser at the authorization endpoint.
pub struct Visit {
    /// Parameters of query and body.
    pub form: Form,
    /// What the browser showed.
    pub browser: Browser,
}

/// What a browser sent besides parameters. Cookies are decoded; those that are not ours are not here.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    /// The session cookie.
    pub session: Option<LoginSessionId>,
    /// The cookie of a login at the client that the request names.
    pub login_csrf: Option<Csrf>,
    /// The cookie of a consent at that client.
    pub consent_csrf: Option<Csrf>,
    /// Whether there was any cookie at all, ours or not.
    pub has_cookies: bool,
    /// `Host`, without the port.
    pub host: Option<String>,
    /// Whether the page came by https, as far as we can tell.
    pub is_https: bool,
    /// `User-Agent`.
    pub agent: String,
}

/// What the browser is to do.
#[derive(Debug)]
pub struct Directions {
    /// Where it goes.
    pub step: Step,
    /// What it is to remember.
    pub cookies: Vec<CookieChange>,
}

/// The next stop of a browser.
#[derive(Debug)]
pub enum Step {
    /// A page of an application: login or consent.
    Visit(String),
    /// The client, with an answer.
    Answer(AuthorizeAnswer),
}

/// An answer to the client: the end of the request.
#[derive(Debug)]
pub struct AuthorizeAnswer {
    /// Where it goes.
    pub redirect_uri: RedirectUri,
    /// How it travels.
    pub mode: ResponseMode,
    /// What it holds, sorted by name.
    pub parameters: Vec<(&'static str, String)>,
}

/// A change to the browser's cookies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CookieChange {
    /// Remember the session for so long.
    Session(LoginSessionId, Duration),
    /// Forget the session.
    ForgetSession,
    /// Prove later that a login at this client began here.
    LoginCsrf(ClientId, Csrf, Duration),
    /// Prove later that a consent at this client began here.
    ConsentCsrf(ClientId, Csrf, Duration),
}

/// A request that ends with an error.
#[derive(Debug)]
pub struct AuthorizeFailure {
    /// Why.
    pub error: Error,
    /// Who gets to read it.
    pub shown: Shown,
    /// What the browser is to forget.
    pub cookies: Vec<CookieChange>,
}

/// Who gets to read an error.
#[derive(Clone, Debug)]
pub enum Shown {
    /// The user, on a page: it is not certain that the redirect URI is the client's.
    ToUser,
    /// The client (RFC 6749 §4.1.2.1), with the `state` it sent.
    ToClient {
        /// Where it goes.
        redirect_uri: RedirectUri,
        /// How it travels.
        mode: ResponseMode,
        /// What the client sent.
        state: String,
    },
}

impl From<Error> for AuthorizeFailure {
    fn from(error: Error) -> Self {
        Self { error, shown: Shown::ToUser, cookies: Vec::new() }
    }
}

/// The authorization request as an address: where the browser goes on, and what the applications get to see.
pub(crate) fn request_url(endpoint: &str, parameters: &[(String, String)]) -> String {
    let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{endpoint}?{query}")
}

/// The same with one more parameter, sorted by name.
pub(crate) fn request_url_with(endpoint: &str, parameters: &[(String, String)], name: &str, value: String) -> String {
    let mut pairs: Vec<_> = parameters.iter().filter(|(own, _)| own != name).cloned().collect();
    pairs.push((name.to_owned(), value));
    pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
    request_url(endpoint, &pairs)
}

/// An address of a client's with these parameters in its query; those of the same name that it has already are replaced, for two
/// readers might read one each. Sorted by name.
pub(crate) fn with_parameters(url: &str, parameters: &[(&str, String)]) -> String {
    let (url, fragment) = url.split_once('#').map_or((url, None), |(url, fragment)| (url, Some(fragment)));
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let mut pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| !parameters.iter().any(|(own, _)| own == name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    pairs.extend(parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
    let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{base}?{query}{fragment}")
}

/// A page's address with one more parameter in its query; those that it has stay.
pub fn page_url(page: &str, name: &str, value: &str) -> String {
    let (page, fragment) = page.split_once('#').map_or((page, None), |(page, fragment)| (page, Some(fragment)));
    let pair: String = url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
    let joint = match page.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{page}{joint}{pair}{fragment}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_keeps_its_own_query_and_fragment() {
        let with = |page| page_url(page, "login_challenge", "a=b");
        assert_eq!(with("https://id.example/login"), "https://id.example/login?login_challenge=a%3Db");
        assert_eq!(with("https://id.example/?x=1"), "https://id.example/?x=1&login_challenge=a%3Db");
        assert_eq!(with("/login?"), "/login?login_challenge=a%3Db");
        assert_eq!(with("http://h/#/login"), "http://h/?login_challenge=a%3Db#/login");
    }

    #[test]
    fn one_parameter_is_put_in_place() {
        let pairs = [("state", "1"), ("prompt", "none")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let url = request_url_with("/oauth2/auth", &pairs, "prompt", "login".to_owned());
        assert_eq!(url, "/oauth2/auth?prompt=login&state=1");
    }
}
