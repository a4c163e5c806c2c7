//! Redirect URIs: which of them a request may use, and how they are compared.
//!
//! Texts are compared to the letter: no decoding, no normalising, for whatever a parser forgives is a way in. The one
//! exception are ports of the machine itself (RFC 8252 §7.3), which a native application cannot choose beforehand.

use std::net::Ipv4Addr;

use url::{Host, Url};

use super::with_parameters;
use crate::{Error, client::Client, trap::Mismatch};

/// A redirect URI that the client registered, or may use as if it had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// The text as it was registered or sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Settles where the answer to a request may go (RFC 6749 §3.1.2.3). Without one in the request the only registered one
    /// is taken, unless OpenID Connect asks for it (OIDC Core §3.1.2.1).
    pub(crate) fn settle(
        client: &Client,
        sent: Option<&str>,
        wants_openid: bool,
        like_hydra: bool,
    ) -> Result<Self, Error> {
        let uri = match (sent, client.redirect_uris.as_slice()) {
            (None, _) if wants_openid => return Err(Error::MissingParameter("redirect_uri")),
            (None, [only]) => only.as_str(),
            (None, []) => return Err(Error::NoRedirectUri),
            (None, _) => return Err(Error::AmbiguousRedirectUri),
            (Some(sent), registered) => {
                if !registered.iter().any(|uri| uri == sent || is_same_but_for_port(uri, sent, like_hydra)) {
                    return Err(Error::RedirectUriMismatch(Mismatch::between(sent, registered)));
                }
                sent
            }
        };
        match Url::parse(uri) {
            // A fragment would swallow what we append (RFC 6749 §3.1.2).
            Ok(parsed) if parsed.fragment().is_none() => Ok(Self(uri.to_owned())),
            _ => Err(Error::UnusableRedirectUri),
        }
    }

    /// Whether plain http could only reach the user's own machine, or is not used at all (RFC 8252 §8.3).
    pub(crate) fn is_secure(&self) -> bool {
        let Ok(url) = Url::parse(&self.0) else { return false };
        url.scheme() != "http" || is_local(&url)
    }

    /// Whether the scheme proves who answers there: https, or http on the machine itself. A private scheme can be claimed
    /// by any application on a device.
    pub(crate) fn proves_the_client(&self) -> bool {
        let Ok(url) = Url::parse(&self.0) else { return false };
        url.scheme() == "https" || (url.scheme() == "http" && is_local(&url))
    }

    /// The address with these parameters in its query; those of the same name that it has already are replaced.
    pub fn with_query(&self, parameters: &[(&str, String)]) -> String {
        with_parameters(&self.0, parameters)
    }

    /// The address with these parameters as its fragment (RFC 6749 §4.2.2).
    pub fn with_fragment(&self, parameters: &[(&str, String)]) -> String {
        let fragment = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        format!("{}#{fragment}", self.0)
    }
}

/// `localhost`, a name below it, or an address of the machine itself.
pub(crate) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Both are http on the same name of the machine itself, and differ in the port alone. Hydra floats the ports of IP literals
/// only.
fn is_same_but_for_port(registered: &str, sent: &str, like_hydra: bool) -> bool {
    let (Some(registered), Some(sent)) = (loopback(registered), loopback(sent)) else { return false };
    let floats = sent.is_literal || !like_hydra;
    floats && sent.is_http && registered.host == sent.host && registered.rest == sent.rest
}

/// The parts of a loopback address as they are written.
struct Loopback<'u> {
    is_http: bool,
    is_literal: bool,
    host: &'u str,
    /// Path and query.
    rest: &'u str,
}

/// Takes an address of the machine itself apart. By hand and strictly: a port is digits alone, and anything odd, such as a
/// user before the host, is no loopback address.
fn loopback(uri: &str) -> Option<Loopback<'_>> {
    let (scheme, rest) = uri.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => {
            let (_, after) = bracketed.split_once(']')?;
            let host = &authority[..authority.len() - after.len()];
            (host, after.strip_prefix(':').or(after.is_empty().then_some(""))?)
        }
        None => authority.split_once(':').unwrap_or((authority, "")),
    };
    let is_port = port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_v4 = host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback());
    let is_literal = is_v4 || host == "[::1]";
    if !is_port || !(is_literal || host == "localhost") || rest.contains('#') {
        return None;
    }
    Some(Loopback { is_http: scheme == "http", is_literal, host, rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(registered: &str, sent: &str) -> bool {
        is_same_but_for_port(registered, sent, false)
    }

    #[test]
    fn ports_of_the_machine_itself_float() {
        for (registered, sent) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:1234/cb"),
            ("http://127.0.0.1:80/cb", "http://127.0.0.1:1234/cb"),
            ("http://[::1]/cb?a=b", "http://[::1]:9/cb?a=b"),
            ("http://localhost:8080/cb", "http://localhost:9090/cb"),
            ("https://127.0.0.1/cb", "http://127.0.0.1:1/cb"),
            ("http://127.8.9.10", "http://127.8.9.10:1"),
        ] {
            assert!(floats(registered, sent), "{registered} should cover {sent}");
        }
    }

    #[test]
    fn nothing_else_floats() {
        for (registered, sent) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:1234/cb/"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1234/cb?x=1"),
            ("http://127.0.0.1/cb?x=1", "http://127.0.0.1:1234/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.2:1234/cb"),
            ("http://127.0.0.1/cb", "http://localhost:1234/cb"),
            ("http://127.0.0.1/cb", "https://127.0.0.1:1234/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1234@evil.example/cb"),
            ("http://127.0.0.1/cb", "http://user@127.0.0.1:1234/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1234\\@evil.example/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1.evil.example:1/cb"),
            ("http://127.0.0.1/cb", "http://127.1:1234/cb"),
            ("http://localhost/cb", "http://LOCALHOST:1/cb"),
            ("http://localhost/cb", "http://a.localhost:1/cb"),
            ("http://app.example/cb", "http://app.example:8080/cb"),
            ("http://[::1]/cb", "http://[::1]x:1/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb#f"),
        ] {
            assert!(!floats(registered, sent), "{registered} should not cover {sent}");
        }
    }

    #[test]
    fn hydra_floats_literals_only() {
        assert!(is_same_but_for_port("http://127.0.0.1/", "http://127.0.0.1:5/", true));
        assert!(!is_same_but_for_port("http://localhost/", "http://localhost:5/", true));
    }

    #[test]
    fn parameters_replace_those_that_the_address_has() {
        let uri = RedirectUri("https://app.example/cb?state=mine&a=b".to_owned());
        let answered = uri.with_query(&[("state", "s p".to_owned()), ("code", "x".to_owned())]);
        assert_eq!(answered, "https://app.example/cb?a=b&code=x&state=s+p");
        let uri = RedirectUri("app:/cb".to_owned());
        assert_eq!(uri.with_fragment(&[("state", "1&2".to_owned())]), "app:/cb#state=1%262");
    }
}
