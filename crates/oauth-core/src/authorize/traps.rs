//! Evidence of why a browser could not prove that it began a login.

use super::{Browser, flow::Origin};
use crate::{Error, ids::Csrf, policy::Policy, trap::CookieTrap};

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
    CookieTrap::Missing
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
}
