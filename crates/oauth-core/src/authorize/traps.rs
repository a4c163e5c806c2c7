//! Evidence of why a browser could not prove that it began a login, and of names that are not ours.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use url::Url;

use super::{Browser, flow::Origin};
use crate::{
    Error,
    ids::Csrf,
    policy::Policy,
    trap::{CookieTrap, OtherName, Trap},
};

/// The cookie must hold what the flow was begun with. Without this, an attacker could finish a login of his own in the browser of
/// a victim, who would then act under the attacker's name (RFC 6749 §10.12).
pub(super) fn must_have_begun_here(
    expected: &Csrf,
    presented: Option<&Csrf>,
    origin: &Origin,
    browser: &Browser,
    policy: &Policy,
) -> Result<(), Error> {
    match presented {
        Some(presented) if expected.matches(presented) => Ok(()),
        Some(_) => Err(Error::Csrf(CookieTrap::OtherLogin)),
        None => Err(Error::Csrf(why_missing(origin, browser, policy))),
    }
}

fn why_missing(origin: &Origin, browser: &Browser, policy: &Policy) -> CookieTrap {
    let short = |text: &str| crate::error::excerpt(text);
    match (&origin.host, &browser.host) {
        (Some(began), Some(returned)) if !began.eq_ignore_ascii_case(returned) => {
            return CookieTrap::OtherHost { began: short(began), returned: short(returned) };
        }
        (_, Some(host)) => {
            if let Some(domain) = policy.cookies.domain.as_deref().filter(|domain| !covers(domain, host)) {
                return CookieTrap::Domain { domain: domain.to_owned(), host: short(host) };
            }
        }
        _ => {}
    }
    if !browser.has_cookies && !browser.agent.contains("Mozilla/") {
        return CookieTrap::FollowedByServer { agent: short(&browser.agent) };
    }
    if policy.cookies.secure && !browser.is_https {
        return CookieTrap::SecureOverHttp;
    }
    if policy.cookies.same_site_none && !policy.cookies.secure {
        return CookieTrap::SameSiteWithoutSecure;
    }
    other_name(browser, policy).map_or(CookieTrap::Missing, CookieTrap::OtherName)
}

/// The name under which a browser came, if it is none that we give ourselves.
fn other_name(browser: &Browser, policy: &Policy) -> Option<OtherName> {
    let host = browser.host.as_deref()?;
    let own = [&policy.public_url, &policy.issuer].into_iter().filter_map(|url| Url::parse(url).ok());
    let mut names = own.filter_map(|url| url.host_str().map(str::to_owned)).peekable();
    names.peek()?;
    let is_ours = names.any(|name| name.eq_ignore_ascii_case(host));
    (!is_ours).then(|| OtherName { host: crate::error::excerpt(host), issuer: policy.issuer.clone() })
}

/// Names that are not ours, as far as the log was told: each is worth one line.
#[derive(Default)]
pub(crate) struct OtherNames(Mutex<HashSet<String>>);

impl OtherNames {
    /// Whoever comes under more names than this makes them up.
    const MOST: usize = 64;

    /// Tells the log when a browser comes under another name for the first time.
    pub(super) fn note(&self, browser: &Browser, policy: &Policy) {
        if let Some(name) = other_name(browser, policy)
            && self.is_new(&name.host)
        {
            Trap::IssuerMismatch(name).warn();
        }
    }

    fn is_new(&self, name: &str) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.len() < Self::MOST && known.insert(name.to_ascii_lowercase())
    }
}

/// RFC 6265 §5.1.3.
fn covers(domain: &str, host: &str) -> bool {
    let (domain, host) = (domain.trim_start_matches('.').to_ascii_lowercase(), host.to_ascii_lowercase());
    host == domain || host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_domain_covers_its_host_and_those_below_it() {
        assert!(covers("example.com", "example.com") && covers(".example.com", "Auth.Example.com"));
        assert!(!covers("example.com", "badexample.com") && !covers("auth.example.com", "example.com"));
    }

    #[test]
    fn a_name_is_new_once_and_names_without_end_are_not_kept() {
        let names = OtherNames::default();
        assert!(names.is_new("auth.example") && !names.is_new("Auth.example"));
        let told = (0..1000).filter(|n| names.is_new(&format!("{n}.example"))).count();
        assert_eq!(told, OtherNames::MOST - 1);
    }
}
