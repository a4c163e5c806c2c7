//! What the addresses of a client must look like: pages about it, origins, and where browsers are sent to.

use url::Url;

/// Schemes that make a browser run or show what the "address" itself carries.
const DANGEROUS_SCHEMES: [&str; 7] = ["javascript", "data", "vbscript", "blob", "about", "filesystem", "view-source"];

/// Whether this is a page on the web, or nothing.
pub(super) fn is_web_page(uri: &str, strict: bool) -> bool {
    if uri.is_empty() {
        return true;
    }
    match Url::parse(uri) {
        Ok(url) => is_web(&url) && url.has_host() && uri.trim() == uri && !uri.contains(char::is_control),
        Err(_) => !strict && (uri == "http://" || uri == "https://"),
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// An origin as browsers send it: scheme, host and port, nothing else; lower case, without the scheme's own port.
pub(super) fn normalised_origin(origin: &str) -> Option<String> {
    let url = Url::parse(origin).ok()?;
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.path().trim_end_matches('/').is_empty()
        && url.query().is_none()
        && url.fragment().is_none();
    (is_web(&url) && url.has_host() && bare).then(|| url.origin().ascii_serialization())
}

/// Whether a browser may be sent to `uri` with a code or token in it. The text is kept and later compared as it is, so it
/// must be plain: no characters that parsers read differently.
pub(super) fn check_redirect_uri(uri: &str, strict: bool) -> Result<(), String> {
    let refuse = |why: &str| Err(format!("The redirect URI '{}' {why}.", uri.escape_default()));
    if uri.contains('#') {
        return refuse("has a fragment, which RFC 6749 section 3.1.2 rules out");
    }
    if !strict && (uri.starts_with('/') || uri == "*") {
        return Ok(());
    }
    if !uri.bytes().all(|byte| matches!(byte, 0x21..=0x7e)) || uri.contains('\\') {
        return refuse("holds spaces, backslashes or characters outside ASCII; percent-encode them");
    }
    let Ok(url) = Url::parse(uri) else {
        return refuse("is not an absolute URI");
    };
    if strict && DANGEROUS_SCHEMES.contains(&url.scheme()) {
        return refuse("has a scheme that browsers run or show as content");
    }
    if strict && authority(uri).1.contains('@') {
        return refuse("names a user before the host");
    }
    if strict && is_web(&url) && !uri[url.scheme().len()..].starts_with("://") {
        return refuse("lacks the '//' before its host");
    }
    Ok(())
}

/// Scheme, host and literal port of a URI, as text.
pub(super) fn authority(uri: &str) -> (String, &str) {
    let (scheme, rest) = uri.split_once(':').unwrap_or(("", uri));
    let authority = rest.strip_prefix("//").map_or("", |rest| rest.split(['/', '?', '#']).next().unwrap_or(""));
    (scheme.to_ascii_lowercase(), authority)
}
