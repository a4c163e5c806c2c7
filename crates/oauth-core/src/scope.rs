//! Scopes and audiences: parse, match, narrow.

use std::collections::HashSet;

use url::Url;

use crate::{Error, client::Client, error::excerpt};

/// How a requested scope is held against a registered one (`strategies.scope`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScopeStrategy {
    /// Equal text.
    Exact,
    /// Dot-separated segments; `*` stands for one non-empty segment, and at the end for all that follow.
    #[default]
    Wildcard,
}

impl ScopeStrategy {
    /// Whether `allowed` covers `requested`.
    pub fn covers(self, allowed: &str, requested: &str) -> bool {
        match self {
            Self::Exact => allowed == requested,
            Self::Wildcard => wildcard_covers(allowed, requested),
        }
    }

    /// Whether any entry of `allowed` covers `requested`.
    pub fn any_covers<'a>(self, allowed: impl IntoIterator<Item = &'a str>, requested: &str) -> bool {
        allowed.into_iter().any(|entry| self.covers(entry, requested))
    }
}

fn wildcard_covers(allowed: &str, requested: &str) -> bool {
    if requested.is_empty() {
        return false;
    }
    let mut asked = requested.split('.');
    let mut segments = allowed.split('.').peekable();
    while let Some(segment) = segments.next() {
        let Some(wanted) = asked.next() else { return false };
        let matches = if segment == "*" { !wanted.is_empty() } else { segment == wanted };
        if !matches {
            return false;
        }
        if segments.peek().is_none() && segment == "*" {
            return true;
        }
    }
    asked.next().is_none()
}

/// What separates the entries of a scope or an audience in Hydra's tables. An entry that holds it would come back as two:
/// under a registered `photos.*`, the scope `photos.x|admin` would turn into `admin`.
const SEPARATOR: u8 = b'|';

/// Reads a `scope` parameter (RFC 6749 §3.3): entries separated by spaces, repeated entries dropped. An entry with a
/// character outside the RFC's alphabet is refused, so that nothing odd travels on into tokens; so is one with `|`, which
/// cannot be stored.
pub fn parse_scope(text: &str) -> Result<Vec<String>, Error> {
    let (mut scope, mut known) = (Vec::new(), HashSet::new());
    for entry in text.split(' ').filter(|entry| !entry.is_empty()) {
        if !entry.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e) && byte != SEPARATOR) {
            return Err(Error::MalformedScope(excerpt(entry)));
        }
        if known.insert(entry) {
            scope.push(entry.to_owned());
        }
    }
    Ok(scope)
}

/// Reads the `audience` parameter: one value is split on spaces, several values are taken whole.
pub fn parse_audience(values: &[&str]) -> Vec<String> {
    let entries: Vec<&str> = match values {
        [one] => one.split(' ').collect(),
        many => many.to_vec(),
    };
    let mut known = HashSet::new();
    let distinct = entries.into_iter().filter(|entry| !entry.is_empty() && known.insert(*entry));
    distinct.map(str::to_owned).collect()
}

/// Whether one of the special scopes is among those granted. They are compared in any case, as Hydra does.
pub(crate) fn is_granted(granted: &[String], scope: &str) -> bool {
    granted.iter().any(|granted| granted.eq_ignore_ascii_case(scope))
}

/// Whether the client may ask for all of this.
pub(crate) fn must_be_allowed(scope: &[String], client: &Client, strategy: ScopeStrategy) -> Result<(), Error> {
    match scope.iter().find(|entry| !strategy.any_covers(client.scopes(), entry)) {
        Some(odd) => Err(Error::ScopeNotAllowed(excerpt(odd))),
        None => Ok(()),
    }
}

/// Whether the client may ask for all of this audience.
pub(crate) fn audience_must_be_allowed(audience: &[String], client: &Client) -> Result<(), Error> {
    let covered = |wanted: &String| client.audience.iter().any(|entry| audience_covers(entry, wanted));
    match audience.iter().find(|wanted| !covered(wanted)) {
        Some(odd) => Err(Error::AudienceNotAllowed(excerpt(odd))),
        None => Ok(()),
    }
}

/// Whether what is granted can be stored and read back entry by entry.
pub(crate) fn must_be_storable(scope: &[String], audience: &[String]) -> Result<(), Error> {
    let is_one_entry = |entry: &&String| parse_scope(entry).is_ok_and(|parsed| parsed == [(*entry).as_str()]);
    if let Some(odd) = scope.iter().find(|entry| !is_one_entry(entry)) {
        return Err(Error::MalformedScope(excerpt(odd)));
    }
    match audience.iter().find(|entry| !audience_can_be_stored(entry) || entry.contains('\0')) {
        Some(odd) => Err(Error::AudienceNotAllowed(excerpt(odd))),
        None => Ok(()),
    }
}

/// Whether an audience can be stored and read back as one entry.
pub(crate) fn audience_can_be_stored(audience: &str) -> bool {
    !audience.bytes().any(|byte| byte == SEPARATOR)
}

/// Whether a registered audience covers a requested one: equal text, or the same scheme and authority with a path equal to the
/// registered one or below it on a segment boundary. Paths are compared after resolving dot segments; an identifier
/// without authority, such as `urn:thing`, covers itself alone.
pub fn audience_covers(allowed: &str, requested: &str) -> bool {
    if !audience_can_be_stored(requested) {
        return false;
    }
    if allowed == requested {
        return true;
    }
    // Text that parsers read differently, such as `https://api.example\@evil.example`, names one host to us and another to
    // whoever reads the token.
    if !requested.bytes().all(|byte| matches!(byte, 0x21..=0x7e) && byte != b'\\') {
        return false;
    }
    match (authority(allowed), authority(requested)) {
        (Some(own), Some(wanted)) if own.eq_ignore_ascii_case(wanted) => {}
        _ => return false,
    }
    let (Ok(allowed), Ok(requested)) = (Url::parse(allowed), Url::parse(requested)) else { return false };
    if !allowed.has_host() || allowed.scheme() != requested.scheme() || allowed.authority() != requested.authority() {
        return false;
    }
    // An encoded dot segment is resolved by some servers behind us and not by others: never let one through.
    if requested.path().to_ascii_lowercase().contains("%2e") || requested.path().to_ascii_lowercase().contains("%2f") {
        return false;
    }
    let base = allowed.path().trim_end_matches('/');
    match requested.path().strip_prefix(base) {
        Some(rest) => rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

/// User, host and port as they are written (RFC 3986 §3.2); `None` where there are none.
fn authority(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    rest.split(['/', '?', '#']).next().filter(|authority| !authority.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_stand_for_whole_segments() {
        let covers = |allowed, requested| ScopeStrategy::Wildcard.covers(allowed, requested);
        for (allowed, requested) in [
            ("*", "a"),
            ("*", "a.b"),
            ("foo.*", "foo.bar"),
            ("foo.*", "foo.bar.baz"),
            ("foo.*.baz", "foo.x.baz"),
            ("foo*", "foo*"),
        ] {
            assert!(covers(allowed, requested), "{allowed} should cover {requested}");
        }
        for (allowed, requested) in [
            ("*", ""),
            ("foo.*", "foo"),
            ("foo.*", "foo."),
            ("foo.*.baz", "foo.baz"),
            ("foo.*.baz", "foo..baz"),
            ("foo.*.baz", "foo.x.y"),
            ("foo*", "fooa"),
            ("foo", "foo.bar"),
            ("foo", "foo.*"),
        ] {
            assert!(!covers(allowed, requested), "{allowed} should not cover {requested}");
        }
    }

    #[test]
    fn a_scope_outside_the_alphabet_is_refused_even_where_a_star_is_allowed() {
        for odd in ["é", "a\"b", "a\\b", "a\tb", "a\u{0}", "a|b"] {
            assert!(parse_scope(odd).is_err(), "{odd:?}");
        }
        assert_eq!(parse_scope("  b a  b ").ok(), Some(vec!["b".to_owned(), "a".to_owned()]));
    }

    #[test]
    fn an_audience_covers_what_lies_below_it_and_nothing_beside_it() {
        let api = "https://api.example.com/v1";
        for below in
            [api, "https://api.example.com/v1/", "https://api.example.com/v1/x", "https://api.example.com/v1?q=1"]
        {
            assert!(audience_covers(api, below), "{below}");
        }
        for beside in [
            "https://api.example.com/v10",
            "https://api.example.com/v1/../v2",
            "https://api.example.com/v1/%2e%2e/v2",
            "https://api.example.com/v1%2f..%2fv2",
            "http://api.example.com/v1",
            "https://api.example.com:444/v1",
            "https://user@api.example.com/v1",
            "https://api.example.com.evil.test/v1",
            "https://api.example.com/v1/x|https://other.example.com",
            "https://api.example.com\\@evil.test/v1/",
            "https:\\\\api.example.com/v1",
            "https:api.example.com/v1",
            "https:///api.example.com/v1",
            " https://api.example.com/v1/x",
            "https://api.example.com/v1/\nx",
        ] {
            assert!(!audience_covers(api, beside), "{beside}");
        }
        assert!(audience_covers("urn:thing", "urn:thing"));
        assert!(!audience_covers("urn:thing", "urn:other"));
        assert!(audience_covers("https://api.example.com", "https://api.example.com/any/path"));
    }

    #[test]
    fn one_audience_value_is_a_list_and_several_are_taken_whole() {
        assert_eq!(parse_audience(&["a b  a"]), ["a", "b"]);
        assert_eq!(parse_audience(&["a b", "c"]), ["a b", "c"]);
        assert!(parse_audience(&[""]).is_empty());
    }
}
