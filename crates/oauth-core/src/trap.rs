//! The usual traps: mistakes that many make and few can read off an error code. Each is told apart by evidence we have at hand,
//! and has one sentence that says what happened and what to change.
//!
//! The sentences are for the log, and for the page of a server in development mode: some name what is configured. Evidence holds
//! no secret: of codes, tokens, verifiers and cookies only lengths and comparisons are kept.

use std::fmt;

use chrono::{SecondsFormat, TimeDelta};

use crate::{
    Untimely,
    client::{AssertionFault, KeyFault},
};

/// A trap, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trap {
    /// The browser did not prove that it began the login.
    Cookie(CookieTrap),
    /// A challenge or verifier does not open.
    Seal(SealTrap),
    /// A login took too long.
    ChallengeExpired {
        /// Since it began.
        age: TimeDelta,
        /// How long it may take.
        allowed: TimeDelta,
    },
    /// The redirect URI is almost a registered one.
    RedirectUri(Mismatch),
    /// No client has this id here.
    ClientUnknown {
        /// As it was sent, shortened.
        id: String,
    },
    /// The client authenticated in another way than it registered.
    AuthMethod {
        /// The registered way.
        registered: String,
        /// The way it used.
        used: String,
    },
    /// The secret is wrong, or not encoded as it must be.
    Secret,
    /// The secret is right, but was sent without form-encoding.
    SecretEncoding,
    /// A client assertion was refused.
    Assertion(AssertionTrap),
    /// A code was redeemed twice.
    CodeReused {
        /// Since the first time.
        ago: TimeDelta,
    },
    /// A code came too late.
    CodeExpired {
        /// Since it was issued.
        age: TimeDelta,
        /// How long it lives.
        allowed: TimeDelta,
    },
    /// The PKCE verifier does not fit.
    Pkce(PkceMismatch),
    /// `state` is too short.
    StateShort {
        /// Its characters.
        length: usize,
    },
    /// The client may not ask for a scope.
    ScopeNotAllowed {
        /// The scope, shortened.
        scope: String,
    },
    /// The consent application granted nothing.
    ConsentGrantedNothing {
        /// What was asked for.
        requested: String,
    },
    /// People reach us under another name than the one we give ourselves.
    IssuerMismatch(OtherName),
    /// `prompt=none` without a remembered session.
    SessionNotRemembered,
}

/// Why the cookie of a login is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CookieTrap {
    /// The login began at one name of this server and came back at another.
    OtherHost {
        /// Where it began.
        began: String,
        /// Where it came back.
        returned: String,
    },
    /// `SameSite=None` without `Secure`: browsers drop such cookies.
    SameSiteWithoutSecure,
    /// A `Secure` cookie over plain http.
    SecureOverHttp,
    /// No browser at all: a program followed `redirect_to` itself.
    FollowedByServer {
        /// What it calls itself, shortened.
        agent: String,
    },
    /// The cookie of another login.
    OtherLogin,
    /// `serve.cookies.domain` does not cover this host.
    Domain {
        /// What is configured.
        domain: String,
        /// What the browser asked for.
        host: String,
    },
    /// The browser came under a name that is not ours; under the right one it may have the cookie.
    OtherName(OtherName),
    /// There is no cookie, and nothing tells why.
    Missing,
}

/// A name that browsers know us by, and that is not ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherName {
    /// What the browser asked for, shortened.
    pub host: String,
    /// What is configured.
    pub issuer: String,
}

/// Why a client assertion was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssertionTrap {
    /// It is meant for somebody else.
    Audience {
        /// As it was sent, shortened.
        sent: Vec<String>,
        /// What we answer to.
        expected: Vec<String>,
    },
    /// The clocks differ, or it was made too early.
    Clock(Untimely),
    /// It is signed with another algorithm than the client registered.
    Algorithm {
        /// As its header says, shortened.
        used: String,
        /// As the client registered.
        registered: String,
        /// The client registered nothing, and that is what it means.
        by_default: bool,
    },
    /// No key of the client vouches for it.
    Key(KeyTrap),
}

/// Why no key of a client vouches for an assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyTrap {
    /// The client registered none.
    NoneRegistered,
    /// Its `jwks_uri` gives none.
    Unreachable {
        /// Why.
        why: String,
    },
    /// It has keys, and none fits.
    NoneFits {
        /// The algorithm of the assertion, shortened.
        alg: String,
        /// The key that the assertion names, shortened.
        kid: Option<String>,
        /// The keys that there are, by their ids, shortened.
        known: Vec<String>,
    },
    /// The key that the assertion names did not sign it.
    BadSignature,
}

/// Why a challenge or verifier does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealTrap {
    /// It was cut short or changed on its way.
    Cut {
        /// Characters that arrived.
        length: usize,
        /// Characters that it had when it was made, where it says so.
        of: Option<usize>,
    },
    /// It was made under other secrets, for another database, or for another step.
    OtherSystem,
}

/// How a redirect URI differs from the nearest registered one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// As it was sent, without query values, shortened.
    pub sent: String,
    /// The registered one that looks most like it.
    pub nearest: Option<String>,
    /// What differs.
    pub difference: Difference,
}

/// The part in which two addresses differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A slash at the end.
    TrailingSlash,
    /// `localhost`, or another name whose ports do not float, with another port.
    Port,
    /// `http` and `https`.
    Scheme,
    /// Capital letters.
    Case,
    /// `localhost` and `127.0.0.1`.
    LoopbackName,
    /// The query.
    Query,
    /// More than one of these, or the address as a whole.
    Other,
}

/// How a PKCE verifier fails its challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PkceMismatch {
    /// A challenge was sent, but no verifier.
    NoVerifier,
    /// A verifier was sent, but no challenge.
    NoChallenge,
    /// The verifier has a length or characters that RFC 7636 §4.1 does not allow.
    Malformed {
        /// Its characters.
        length: usize,
    },
    /// The challenge is the verifier itself: that would be the method `plain`.
    Plain,
    /// The challenge is the right hash in another encoding than base64url without padding.
    Encoding,
    /// Nothing like it.
    Other,
}

impl Mismatch {
    /// Holds what was sent against what is registered.
    pub(crate) fn between(sent: &str, registered: &[String]) -> Self {
        let nearest = registered.iter().min_by_key(|uri| distance(uri, sent));
        Self {
            difference: nearest.map_or(Difference::Other, |uri| Difference::between(uri, sent)),
            nearest: nearest.map(|uri| without_values(uri)),
            sent: without_values(sent),
        }
    }
}

impl Difference {
    fn between(registered: &str, sent: &str) -> Self {
        let swapped = |text: &str| text.replacen("://localhost", "://127.0.0.1", 1);
        let without_scheme = |text: &str| text.split_once("://").map(|(_, rest)| rest.to_owned());
        let without_port = |text: &str| {
            let mut url = url::Url::parse(text).ok()?;
            url.set_port(None).ok()?;
            Some(url.to_string())
        };
        if registered.trim_end_matches('/') == sent.trim_end_matches('/') {
            Self::TrailingSlash
        } else if registered.eq_ignore_ascii_case(sent) {
            Self::Case
        } else if swapped(registered) == swapped(sent) {
            Self::LoopbackName
        } else if without_scheme(registered) == without_scheme(sent) {
            Self::Scheme
        } else if without_port(registered).is_some() && without_port(registered) == without_port(sent) {
            Self::Port
        } else if registered.split('?').next() == sent.split('?').next() {
            Self::Query
        } else {
            Self::Other
        }
    }
}

/// An address as it may stand in a log: without fragment, without what stands before the host, without values of the query, and
/// short.
fn without_values(uri: &str) -> String {
    let uri = uri.split('#').next().unwrap_or_default();
    let (base, query) = uri.split_once('?').map_or((uri, None), |(base, query)| (base, Some(query)));
    let base = match base.split_once("://").map(|(scheme, rest)| (scheme, rest.split_once('/').unwrap_or((rest, "")))) {
        Some((scheme, (authority, path))) if authority.contains('@') => {
            let host = authority.rsplit('@').next().unwrap_or_default();
            &format!("{scheme}://…@{host}/{path}")
        }
        _ => base,
    };
    let mut shown = crate::error::excerpt(base).replace("\\u{2026}", "…");
    if let Some(query) = query {
        let names: Vec<_> = query.split('&').map(|pair| pair.split('=').next().unwrap_or_default()).collect();
        shown.push('?');
        shown.push_str(&crate::error::excerpt(&names.join("&")).replace('&', "=…&"));
    }
    shown
}

/// Edits between the beginnings of two texts: enough to tell a typing error from another address.
fn distance(a: &str, b: &str) -> usize {
    const LONGEST: usize = 256;
    let (a, b): (Vec<_>, Vec<_>) = (a.bytes().take(LONGEST).collect(), b.bytes().take(LONGEST).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

impl Trap {
    /// A short name, for logs that machines read.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Cookie(trap) => trap.name(),
            Self::Seal(SealTrap::Cut { .. }) => "challenge_cut",
            Self::Seal(SealTrap::OtherSystem) => "challenge_other_system",
            Self::ChallengeExpired { .. } => "challenge_expired",
            Self::RedirectUri(Mismatch { difference: Difference::Port, .. }) => "redirect_localhost_port",
            Self::RedirectUri(_) => "redirect_uri_mismatch",
            Self::ClientUnknown { .. } => "client_unknown",
            Self::AuthMethod { .. } => "auth_method_mismatch",
            Self::Secret => "secret_wrong",
            Self::SecretEncoding => "secret_encoding",
            Self::Assertion(trap) => trap.name(),
            Self::CodeReused { .. } => "code_reused",
            Self::CodeExpired { .. } => "code_expired",
            Self::Pkce(_) => "pkce_mismatch",
            Self::StateShort { .. } => "state_short",
            Self::ScopeNotAllowed { .. } => "scope_not_allowed",
            Self::ConsentGrantedNothing { .. } => "consent_granted_nothing",
            Self::IssuerMismatch(_) => "issuer_mismatch",
            Self::SessionNotRemembered => "session_not_remembered",
        }
    }

    /// Tells the log of a trap that fails nothing here: somebody else will wonder.
    pub(crate) fn warn(&self) {
        log::warn!("[{}] {self}", self.name());
    }
}

impl AssertionTrap {
    /// The trap behind a fault, if it is one of the usual ones.
    pub(crate) fn of(fault: &AssertionFault) -> Option<Self> {
        Some(match fault.clone() {
            AssertionFault::Audience { sent, expected } => Self::Audience { sent, expected },
            AssertionFault::Untimely(untimely) => Self::Clock(untimely),
            AssertionFault::Algorithm { used, registered, by_default } => {
                Self::Algorithm { used, registered, by_default }
            }
            AssertionFault::Key(fault) => Self::Key(match fault {
                KeyFault::NoneRegistered => KeyTrap::NoneRegistered,
                KeyFault::Unreachable(why) => KeyTrap::Unreachable { why: why.to_string() },
                KeyFault::NoneFits { alg, kid, known } => KeyTrap::NoneFits { alg, kid, known },
                KeyFault::BadSignature => KeyTrap::BadSignature,
            }),
            AssertionFault::Malformed(_)
            | AssertionFault::Claims
            | AssertionFault::Nobody
            | AssertionFault::OfAnother(_)
            | AssertionFault::Missing(_)
            | AssertionFault::Replayed => return None,
        })
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Audience { .. } => "assertion_aud",
            Self::Clock(_) => "assertion_clock",
            Self::Algorithm { .. } => "assertion_alg",
            Self::Key(_) => "assertion_key",
        }
    }
}

impl CookieTrap {
    fn name(&self) -> &'static str {
        match self {
            Self::OtherHost { .. } => "csrf_no_cookie",
            Self::SameSiteWithoutSecure => "csrf_samesite",
            Self::SecureOverHttp => "csrf_secure_http",
            Self::FollowedByServer { .. } => "csrf_server_side_follow",
            Self::OtherLogin => "csrf_other_tab",
            Self::Domain { .. } => "csrf_cookie_domain",
            Self::OtherName(_) => "issuer_mismatch",
            Self::Missing => "csrf_cookie_missing",
        }
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cookie(trap) => trap.fmt(f),
            Self::Seal(trap) => trap.fmt(f),
            Self::ChallengeExpired { age, allowed } => write!(
                f,
                "This took {}, and {} are allowed (ttl.login_consent_request). Start again at the application.",
                Span(*age),
                Span(*allowed)
            ),
            Self::RedirectUri(mismatch) => mismatch.fmt(f),
            Self::ClientUnknown { id } => write!(
                f,
                "This database has no client '{id}'. Was it created with another DSN, or in a database in memory that is \
                 gone? `hydra list clients` shows those that are here."
            ),
            Self::AuthMethod { registered, used } => write!(
                f,
                "The client is registered for '{registered}' and used '{used}'. Configure the client's library for \
                 '{registered}', or run `hydra update client … --token-endpoint-auth-method {used}`."
            ),
            Self::Secret => f.write_str(
                "Either the client does not exist here, or its secret is another one. A secret with characters such as '%', \
                 '+' or ':' must be form-encoded before it goes into the Authorization header (RFC 6749 §2.3.1).",
            ),
            Self::SecretEncoding => f.write_str(
                "The secret is right, but was not form-encoded before it was put into the Authorization header ('%', '+' or \
                 ':' in it): encode it (RFC 6749 §2.3.1), or use a secret of letters and digits.",
            ),
            Self::Assertion(trap) => trap.fmt(f),
            Self::CodeReused { ago } => write!(
                f,
                "The same code was redeemed {} ago. Frameworks that call back twice (a component that renders twice, a retry) \
                 do this: redeem each code once.",
                Span(*ago)
            ),
            Self::CodeExpired { age, allowed } => write!(
                f,
                "The code was redeemed {} after it was issued; it lives {} (ttl.auth_code).",
                Span(*age),
                Span(*allowed)
            ),
            Self::Pkce(mismatch) => mismatch.fmt(f),
            Self::StateShort { length } => write!(
                f,
                "'state' has {length} characters, and 8 are the least. Most libraries make one; do not set it by hand."
            ),
            Self::ScopeNotAllowed { scope } => write!(
                f,
                "The client is not registered for the scope '{scope}'. Ask for less, or run `hydra update client … --scope` \
                 with all its scopes."
            ),
            Self::ConsentGrantedNothing { requested } => write!(
                f,
                "The consent application accepted without 'grant_scope', so nothing of '{requested}' was granted. Pass the \
                 request's 'requested_scope', or the part of it that the user agreed to."
            ),
            Self::IssuerMismatch(name) => name.fmt(f),
            Self::SessionNotRemembered => f.write_str(
                "With prompt=none a login is never shown, and no session of this browser is remembered. Sessions are kept only \
                 if the login application accepts with 'remember': true.",
            ),
        }
    }
}

impl fmt::Display for AssertionTrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Audience { sent, expected } => write!(
                f,
                "'aud' of the assertion is {}; set it to one of {}, and to nothing else.",
                if sent.is_empty() { "missing".to_owned() } else { sent.join(", ") },
                expected.join(", ")
            ),
            Self::Clock(Untimely { claim, off, now }) => {
                let (off, now) = (Span(*off), now.to_rfc3339_opts(SecondsFormat::Secs, true));
                match *claim {
                    "exp" => write!(f, "'exp' of the assertion was {off} before our clock ({now}).")?,
                    claim => write!(f, "'{claim}' of the assertion is {off} ahead of our clock ({now}).")?,
                }
                f.write_str(
                    " Make an assertion for each request, and set the clocks of both machines by the same source.",
                )
            }
            Self::Algorithm { used, registered, by_default } => write!(
                f,
                "The assertion is signed with {used}, and the client is registered for {registered}{}. Set the client's \
                 token_endpoint_auth_signing_alg, or sign with {registered}.",
                if *by_default { ", which is what an empty token_endpoint_auth_signing_alg means" } else { "" }
            ),
            Self::Key(trap) => trap.fmt(f),
        }
    }
}

impl fmt::Display for KeyTrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoneRegistered => f.write_str(
                "The client has neither jwks nor jwks_uri. Register its public key, or the address where it publishes it.",
            ),
            Self::Unreachable { why } => {
                write!(f, "No key can be had at the client's jwks_uri: {why}. It must answer with a JSON Web Key set.")
            }
            Self::NoneFits { alg, kid, known } => {
                match kid {
                    Some(kid) => write!(f, "The assertion names the key '{kid}' for {alg}")?,
                    None => write!(f, "The assertion is for a key for {alg} and names none")?,
                }
                match known.as_slice() {
                    [] => f.write_str(", and the client's keys have no ids.")?,
                    known => write!(f, ", and the client has '{}'.", known.join("', '"))?,
                }
                f.write_str(" Register the public half of the key that signs, with the same 'kid'.")
            }
            Self::BadSignature => f.write_str(
                "The client has a key of this 'kid', but another one signed. Register the public half of the key that signs.",
            ),
        }
    }
}

impl fmt::Display for CookieTrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherHost { began, returned } => write!(
                f,
                "This login began at '{began}' and came back at '{returned}'; browsers keep the cookies of the two apart. Use one \
                 name everywhere: set urls.self.public to the one that people type."
            ),
            Self::SameSiteWithoutSecure => f.write_str(
                "Cookies with SameSite=None are kept over https only. Use https, or set serve.cookies.same_site_mode to Lax.",
            ),
            Self::SecureOverHttp => f.write_str(
                "The browser dropped our cookie: it is marked Secure, and the page came by http. Terminate TLS in front of this \
                 server, or run it with --dev.",
            ),
            Self::FollowedByServer { agent } => write!(
                f,
                "Not a browser but a program ('{agent}') followed 'redirect_to', so there are no cookies. The login application \
                 must send the browser there, with a redirect (302 and Location)."
            ),
            Self::OtherLogin => f.write_str(
                "The browser sent the cookie of another login, which began later or under other settings. Start this one again.",
            ),
            Self::Domain { domain, host } => write!(
                f,
                "serve.cookies.domain is '{domain}', which does not cover '{host}', so browsers drop our cookies. Remove it, or \
                 set it to a domain that covers the host."
            ),
            Self::OtherName(name) => name.fmt(f),
            Self::Missing => f.write_str(
                "The browser sent no cookie of this login. It may block cookies, the login may have begun in another browser or a \
                 private window, or a proxy took the Cookie or Set-Cookie header away.",
            ),
        }
    }
}

impl fmt::Display for OtherName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, issuer } = self;
        write!(
            f,
            "Browsers reach this server as '{host}', but urls.self.issuer says {issuer}. Clients that compare the two refuse every \
             token: set urls.self.issuer (and urls.self.public) to what people type, and let a proxy in front pass the Host header \
             on."
        )
    }
}

impl fmt::Display for SealTrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut { length, of } => {
                match of {
                    Some(of) => write!(f, "The text arrived with {length} of its {of} characters")?,
                    None => write!(f, "The text has {length} characters and is damaged")?,
                }
                f.write_str(
                    ": something on its way cuts long URLs, or it was decoded or encoded once too often. Pass it on exactly as it \
                     came.",
                )
            }
            Self::OtherSystem => f.write_str(
                "The text was made by another installation, for another step, or before secrets.system changed. Keep the old \
                 secret as a second entry of secrets.system for as long as logins last.",
            ),
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(nearest) = &self.nearest else {
            return write!(f, "The request names {}, and the client has registered none.", self.sent);
        };
        let what = match self.difference {
            Difference::TrailingSlash => "a slash at the end",
            Difference::Port => "the port",
            Difference::Scheme => "http and https",
            Difference::Case => "capital letters",
            Difference::LoopbackName => "localhost and 127.0.0.1",
            Difference::Query => "the query",
            Difference::Other => "the address",
        };
        write!(
            f,
            "The request names {}, registered is {nearest}: they differ in {what}. Send what is registered, or run `hydra \
             update client … --redirect-uri` with what is sent.",
            self.sent
        )?;
        if self.difference == Difference::Port {
            f.write_str(" Any port works for http://127.0.0.1, http://[::1] and http://localhost.")?;
        }
        Ok(())
    }
}

impl fmt::Display for PkceMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoVerifier => f.write_str(
                "The authorization request had a 'code_challenge', but the token request has no 'code_verifier': the library \
                 lost it between the two, for example in another browser tab or server process.",
            ),
            Self::NoChallenge => f.write_str(
                "The token request has a 'code_verifier', but the authorization request had no 'code_challenge'. Send both or \
                 neither.",
            ),
            Self::Malformed { length } => write!(
                f,
                "The 'code_verifier' has {length} characters; it must have 43 to 128 of A-Z, a-z, 0-9, '-', '.', '_' and '~'."
            ),
            Self::Plain => f.write_str(
                "The 'code_challenge' is the verifier itself. Send its SHA-256 in base64url, with 'code_challenge_method=S256'.",
            ),
            Self::Encoding => f.write_str(
                "The 'code_challenge' is the right hash in the wrong encoding: use base64url without padding, of the 32 bytes.",
            ),
            Self::Other => f.write_str(
                "The 'code_challenge' is not the SHA-256 of this 'code_verifier'. Perhaps it belongs to an earlier attempt.",
            ),
        }
    }
}

/// A span of time as people say it.
struct Span(TimeDelta);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.num_seconds();
        match seconds {
            ..1 => write!(f, "{} ms", self.0.num_milliseconds().max(0)),
            1..120 => write!(f, "{seconds} s"),
            120..7200 => write!(f, "{} minutes", seconds / 60),
            _ => write!(f, "{} hours", seconds / 3600),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(registered: &str, sent: &str) -> Difference {
        Mismatch::between(sent, &["https://nothing.example/like/it".to_owned(), registered.to_owned()]).difference
    }

    #[test]
    fn the_usual_differences_of_redirect_uris_have_names() {
        let at = |path: &str| format!("https://app.example{path}");
        assert_eq!(difference(&at("/cb"), &at("/cb/")), Difference::TrailingSlash);
        assert_eq!(difference(&at("/Cb"), &at("/cb")), Difference::Case);
        assert_eq!(difference(&at("/cb"), "http://app.example/cb"), Difference::Scheme);
        assert_eq!(difference(&at("/cb"), "https://app.example:8443/cb"), Difference::Port);
        assert_eq!(difference(&at("/cb"), &at("/cb?a=1")), Difference::Query);
        assert_eq!(difference("http://localhost:80/cb", "http://127.0.0.1:80/cb"), Difference::LoopbackName);
        assert_eq!(difference(&at("/cb"), &at("/callback")), Difference::Other);
    }

    #[test]
    fn values_of_a_query_stay_out_of_what_is_shown() {
        let mismatch = Mismatch::between("https://a.example/cb?token=secret&x=1", &[]);
        assert_eq!(mismatch.sent, "https://a.example/cb?token=…&x");
        assert!(!Trap::RedirectUri(mismatch).to_string().contains("secret"));
        let shown = |uri| Mismatch::between(uri, &[]).sent;
        assert_eq!(shown("https://me:secret@a.example/cb#secret"), "https://…@a.example/cb");
        assert_eq!(shown("https://a.example/cb#secret"), "https://a.example/cb");
        assert_eq!(shown("app:/cb?secret=1"), "app:/cb?secret");
    }

    #[test]
    fn spans_are_said_in_the_unit_that_fits() {
        let said = |millis| Span(TimeDelta::milliseconds(millis)).to_string();
        assert_eq!(
            [said(200), said(1500), said(119_000), said(2_580_000), said(8_000_000)],
            ["200 ms", "1 s", "119 s", "43 minutes", "2 hours"]
        );
    }
}
