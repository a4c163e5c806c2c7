//! The key table: every key with its type, its default and its meaning, in one place.
//!
//! It drives the reading of files and variables, the search for misspelled keys, the defaults, and the page
//! `docs/configuration.md`. A new key starts as a line in `oauth.rs`, `server.rs` or `serve.rs`.

mod oauth;
mod serve;
mod server;

use std::{collections::BTreeSet, fmt};

/// One key of the configuration.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Key {
    /// The dotted path, such as `serve.public.port`.
    pub path: &'static str,
    /// What its value must be.
    pub kind: Kind,
    /// What holds when nobody sets it.
    pub default: Default,
    /// What it does, in Markdown.
    pub meaning: &'static str,
    /// Its value must never be shown.
    pub secret: bool,
    /// An empty environment variable sets it to empty text; for all other keys it counts as not given.
    pub empty: bool,
    /// Other programs use a variable of this name as well: one that does not fit is reported and passed over.
    pub stray: bool,
    /// Not one of Hydra's keys.
    pub ours: bool,
}

impl Key {
    const PLAIN: Self = Self {
        path: "",
        kind: Kind::Text,
        default: Default::None,
        meaning: "",
        secret: false,
        empty: false,
        stray: false,
        ours: false,
    };

    /// The environment variable that sets this key.
    pub fn variable(&self) -> String {
        variable(self.path)
    }
}

/// What the value of a key must be.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// A whole number between the two, both included.
    Integer(i64, i64),
    /// Permission bits, 0 to 0777; decimal or octal.
    FileMode,
    /// A number, possibly with a fraction.
    Number,
    /// Any text.
    Text,
    /// `v` and a semantic version.
    Version,
    /// The address of a database.
    Dsn,
    /// `host:port`.
    HostPort,
    /// An absolute URL.
    Url,
    /// A URL, absolute or relative, or nothing.
    UrlReference,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Whole numbers with units: `1h30m`.
    Duration,
    /// The same, or `-1` for "never ends".
    DurationOrNever,
    /// A list of such items.
    List(Item),
    /// Names and texts.
    TextMap,
    /// The URL of a hook; or a map, whose keys the table lists one by one.
    Hook,
}

/// In Markdown, as short as a table cell wants it.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("boolean"),
            Self::Integer(least, i64::MAX) => write!(f, "integer ≥ {least}"),
            Self::Integer(least, most) => write!(f, "integer {least}–{most}"),
            Self::FileMode => f.write_str("file mode"),
            Self::Number => f.write_str("number"),
            Self::Text => f.write_str("text"),
            Self::Version => f.write_str("version"),
            Self::Dsn => f.write_str("database address"),
            Self::HostPort => f.write_str("`host:port`"),
            Self::Url => f.write_str("URL"),
            Self::UrlReference => f.write_str("URL or path"),
            Self::OneOf(words) => write!(f, "{}", Words(words)),
            Self::Duration => f.write_str("duration"),
            Self::DurationOrNever => f.write_str("duration or `-1`"),
            Self::List(item) => write!(f, "list of {item}"),
            Self::TextMap => f.write_str("map of text"),
            Self::Hook => f.write_str("URL or map"),
        }
    }
}

/// What each entry of a list must be.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Item {
    /// Any text.
    Text,
    /// Text of at least 16 characters.
    Secret,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// An address range such as `10.0.0.0/8`.
    AddressRange,
    /// An origin such as `https://app.example.com`, with at most one `*`.
    Origin,
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Secret => f.write_str("secrets"),
            Self::OneOf(words) => write!(f, "{}", Words(words)),
            Self::AddressRange => f.write_str("address ranges"),
            Self::Origin => f.write_str("origins"),
        }
    }
}

struct Words(&'static [&'static str]);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.0.iter().enumerate() {
            write!(f, "{}`{word}`", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// What holds when nobody sets a key.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// Nothing: the feature is off or unset.
    None,
    /// This value, written as in an environment variable.
    Is(&'static str),
    /// What other settings say, in Markdown.
    From(&'static str),
}

/// In Markdown: a value in code, `–` for nothing.
impl fmt::Display for Default {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("–"),
            Self::Is("") => f.write_str("empty"),
            Self::Is(value) => write!(f, "`{value}`"),
            Self::From(words) => f.write_str(words),
        }
    }
}

/// Keys that belong together, with a heading.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    /// The heading.
    pub title: &'static str,
    /// The keys, in reading order.
    pub keys: &'static [Key],
}

/// Every group of keys, in reading order.
pub const GROUPS: &[Group] = &[
    server::GENERAL,
    server::SECRETS,
    server::LOG,
    oauth::URLS,
    oauth::DISCOVERY,
    oauth::OIDC,
    oauth::STRATEGIES,
    oauth::TTL,
    oauth::OAUTH2,
    oauth::HOOKS,
    oauth::DEVICE,
    serve::PUBLIC,
    serve::ADMIN,
    serve::TLS,
    serve::PUBLIC_TLS,
    serve::ADMIN_TLS,
    serve::COOKIES,
    server::CLIENTS,
    server::TRACING,
    server::HSM,
    server::REST,
    server::OURS,
];

/// Maps in which keys we do not know are passed over with a warning; in all others they are mistakes.
pub const OPEN_MAPS: &[&str] = &[
    "serve.public",
    "serve.admin",
    "serve.public.cors",
    "serve.admin.cors",
    "serve.cookies.names",
    "serve.cookies.paths",
    "urls.device",
    "oauth2.session",
    "oauth2.grant.refresh_token",
    "sqa",
    "feature_flags",
];

/// Every key.
pub fn all() -> impl Iterator<Item = &'static Key> {
    GROUPS.iter().flat_map(|group| group.keys)
}

/// The variable that sets a key or a map: upper case, `_` for `.`.
pub fn variable(path: &str) -> String {
    path.replace('.', "_").to_ascii_uppercase()
}

/// The key of this path.
pub(crate) fn find(path: &str) -> Option<&'static Key> {
    all().find(|key| key.path == path)
}

/// Whether keys live below this path.
pub(crate) fn is_map(path: &str) -> bool {
    path.is_empty() || all().any(|key| below(key.path, path).is_some())
}

/// Every path that has keys below it, each once, outer ones first.
pub(crate) fn maps() -> BTreeSet<&'static str> {
    all().flat_map(|key| key.path.match_indices('.').map(|(at, _)| &key.path[..at])).collect()
}

/// The names a map may hold.
pub(crate) fn children(map: &str) -> impl Iterator<Item = &'static str> {
    all().filter_map(move |key| {
        let rest = if map.is_empty() { key.path } else { below(key.path, map)? };
        Some(rest.split_once('.').map_or(rest, |(name, _)| name))
    })
}

/// Whether nothing at or below this path may be shown.
pub(crate) fn is_secret(path: &str) -> bool {
    path == "secrets"
        || below(path, "secrets").is_some()
        || all().any(|key| key.secret && (key.path == path || below(path, key.path).is_some()))
}

/// What follows `map.` in `path`.
pub(crate) fn below<'p>(path: &'p str, map: &str) -> Option<&'p str> {
    path.strip_prefix(map)?.strip_prefix('.')
}

/// `path; kind; default; meaning; flags…` per key. A macro, so that each key stays on its one or two lines.
macro_rules! keys {
    ($( $path:expr; $kind:expr; $default:expr; $meaning:expr $(; $($flag:ident)+)? => )*) => {
        &[ $( $crate::keys::Key {
            path: $path, kind: $kind, default: $default, meaning: $meaning, $($($flag: true,)+)?
            ..$crate::keys::Key::PLAIN
        } ),* ]
    };
}
use keys;
