//! From a value to a setting: each [`Kind`] of the key table, read strictly, with a message that says what would be right.

use std::{collections::BTreeMap, net::IpAddr};

use go_duration::GoDuration;
use url::Url;

use crate::{
    document::{Node, Value, whole_number},
    keys::{self, Item, Key, Kind},
    problem::{Place, Problem},
    suggest,
};

/// A value that is what its key wants.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Setting {
    Bool(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    Duration(GoDuration),
    /// `-1`: never ends.
    Never,
    List(Vec<String>),
    Map(BTreeMap<String, String>),
}

/// The secrets' shortest length in characters.
const SHORTEST_SECRET: usize = 16;

/// Reads the value of a key.
///
/// # Errors
/// One problem per wrong value; a list can have several.
pub(crate) fn read(key: &Key, node: &Node) -> Result<Setting, Vec<Problem>> {
    match key.kind {
        Kind::List(item) => list(key, item, node),
        Kind::TextMap => text_map(key, node),
        kind => one(kind, &node.value).ok_or_else(|| {
            let message = format!("{} is not {}{}", show(key, &node.value), expected(kind), hint(kind, &node.value));
            vec![Problem::at(key.path, node.at.clone(), message)]
        }),
    }
}

fn one(kind: Kind, value: &Value) -> Option<Setting> {
    match (kind, value) {
        (Kind::Bool, Value::Bool(given)) => Some(Setting::Bool(*given)),
        (Kind::Integer(least, most), value) => {
            whole(value).filter(|number| (least..=most).contains(number)).map(Setting::Integer)
        }
        (Kind::FileMode, value) => whole(value).filter(|mode| (0..=0o777).contains(mode)).map(Setting::Integer),
        (Kind::Number, Value::Integer(number)) => Some(Setting::Number(*number as f64)),
        (Kind::Number, Value::Float(number)) => number.is_finite().then_some(Setting::Number(*number)),
        (Kind::DurationOrNever, Value::Integer(-1)) => Some(Setting::Never),
        (Kind::DurationOrNever, Value::Text(text)) if text == "-1" => Some(Setting::Never),
        (Kind::Duration | Kind::DurationOrNever, Value::Text(text)) => duration(text).map(Setting::Duration),
        (kind, Value::Text(text)) => text_fits(kind, text).then(|| Setting::Text(text.clone())),
        _ => None,
    }
}

/// A whole number, also one written as `443.0`.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        Value::Float(number) if number.fract() == 0.0 && number.abs() < (1_i64 << 53) as f64 => Some(*number as i64),
        _ => None,
    }
}

fn text_fits(kind: Kind, text: &str) -> bool {
    match kind {
        Kind::Text | Kind::Dsn => true,
        Kind::Version => is_version(text),
        Kind::OneOf(words) => words.contains(&text),
        Kind::Url => Url::parse(text).is_ok(),
        Kind::UrlReference => is_url_reference(text),
        Kind::Hook => text.is_empty() || Url::parse(text).is_ok(),
        Kind::HostPort => text.rsplit_once(':').is_some_and(|(host, port)| {
            !host.is_empty() && !host.contains(['/', ' ']) && port.parse::<u16>().is_ok_and(|port| port > 0)
        }),
        _ => false,
    }
}

/// Go's notation in whole numbers, with a unit, without a sign: what Hydra's schema accepts.
fn duration(text: &str) -> Option<GoDuration> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b"numsh".contains(&b)) && text.ends_with(['s', 'm', 'h']);
    text.parse().ok().filter(|_| plain)
}

fn is_version(text: &str) -> bool {
    let Some(version) = text.strip_prefix('v') else { return false };
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let parts: Vec<&str> = core.split('.').collect();
    let rest_is_plain = version.bytes().all(|b| b.is_ascii_alphanumeric() || b".-+".contains(&b));
    parts.len() == 3
        && rest_is_plain
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

fn is_url_reference(text: &str) -> bool {
    match Url::parse(text) {
        Ok(_) => true,
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            Url::parse("http://localhost/").is_ok_and(|base| base.join(text).is_ok())
        }
        Err(_) => false,
    }
}

fn list(key: &Key, item: Item, node: &Node) -> Result<Setting, Vec<Problem>> {
    let Value::List(items) = &node.value else {
        let message = format!(
            "{} is not {}; in a file write {}, in the environment a,b",
            show(key, &node.value),
            expected(key.kind),
            if matches!(item, Item::Secret) { "[\"…\"]" } else { "[a, b]" },
        );
        return Err(vec![Problem::at(key.path, node.at.clone(), message)]);
    };
    let mut texts: Vec<String> = Vec::with_capacity(items.len());
    let mut problems = Vec::new();
    for (index, entry) in items.iter().enumerate() {
        match &entry.value {
            Value::Text(text) if item_fits(item, text) => {
                if !texts.contains(text) {
                    texts.push(text.clone());
                }
            }
            wrong => {
                let message = match (item, wrong) {
                    (Item::Secret, Value::Text(text)) => format!(
                        "the secret has {} characters, it needs at least {SHORTEST_SECRET}; make one with: openssl rand -hex 32",
                        text.chars().count()
                    ),
                    _ => format!("{} is not {}{}", show(key, wrong), expected_item(item), item_hint(item, wrong)),
                };
                problems.push(Problem::at(format!("{}.{index}", key.path), entry.at.clone(), message));
            }
        }
    }
    if problems.is_empty() { Ok(Setting::List(texts)) } else { Err(problems) }
}

fn item_fits(item: Item, text: &str) -> bool {
    match item {
        Item::Text => true,
        Item::Secret => text.chars().count() >= SHORTEST_SECRET,
        Item::OneOf(words) => words.contains(&text),
        Item::AddressRange => text.split_once('/').is_some_and(|(address, bits)| {
            let most = match address.parse() {
                Ok(IpAddr::V4(_)) => 32,
                Ok(IpAddr::V6(_)) => 128,
                Err(_) => return false,
            };
            bits.parse::<u8>().is_ok_and(|bits| bits <= most)
        }),
        Item::Origin => {
            text == "*"
                || (text.matches('*').count() <= 1
                    && text.contains("://")
                    // The `*` may stand for a part of the name or for a port.
                    && ["any", "80"].iter().any(|part| {
                        Url::parse(&text.replace('*', part)).is_ok_and(|url| url.host().is_some())
                    }))
        }
    }
}

fn text_map(key: &Key, node: &Node) -> Result<Setting, Vec<Problem>> {
    let Value::Map(entries) = &node.value else {
        let message = format!("{} is not {}", show(key, &node.value), expected(key.kind));
        return Err(vec![Problem::at(key.path, node.at.clone(), message)]);
    };
    let mut texts = BTreeMap::new();
    let mut problems = Vec::new();
    for entry in entries {
        match &entry.node.value {
            Value::Text(text) => {
                texts.insert(entry.name.clone(), text.clone());
            }
            wrong => problems.push(Problem::at(
                format!("{}.{}", key.path, entry.name),
                entry.node.at.clone(),
                format!("{} is not text{}", show(key, wrong), hint(Kind::Text, wrong)),
            )),
        }
    }
    if problems.is_empty() { Ok(Setting::Map(texts)) } else { Err(problems) }
}

/// From the text of a variable, or of a default, to the value that a file would hold.
///
/// # Errors
/// What the text should have been.
pub(crate) fn from_text(kind: Kind, text: &str, at: &Place) -> Result<Node, String> {
    let wrong = || expected(kind);
    let value = match kind {
        Kind::Bool => match text {
            "1" | "t" | "T" | "true" | "True" | "TRUE" => Value::Bool(true),
            "0" | "f" | "F" | "false" | "False" | "FALSE" => Value::Bool(false),
            _ => return Err(wrong()),
        },
        Kind::Integer(..) | Kind::FileMode => match whole_number(text) {
            Some(number) => Value::Integer(number),
            // A fraction is cut, as in Hydra.
            None => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Value::Integer(number as i64),
                _ => return Err(wrong()),
            },
        },
        Kind::Number => Value::Float(text.parse().map_err(|_| wrong())?),
        Kind::List(_) => match serde_json::from_str(text) {
            Ok(json @ serde_json::Value::Array(_)) => return Ok(Node::from_json(json, at)),
            _ => Value::List(
                record(text)
                    .ok_or_else(|| format!("{}: a quotation mark is not closed", wrong()))?
                    .into_iter()
                    .map(|item| Node::new(Value::Text(item), at.clone()))
                    .collect(),
            ),
        },
        Kind::TextMap | Kind::Hook if matches!(kind, Kind::TextMap) || text.trim_start().starts_with('{') => {
            match serde_json::from_str(text) {
                Ok(json @ serde_json::Value::Object(_)) => return Ok(Node::from_json(json, at)),
                _ => return Err("a valid JSON object".to_owned()),
            }
        }
        _ => Value::Text(text.to_owned()),
    };
    Ok(Node::new(value, at.clone()))
}

/// One CSV record: commas between, quotation marks around what holds commas. `None` if a mark is not closed.
fn record(text: &str) -> Option<Vec<String>> {
    let mut items = Vec::new();
    let mut rest = text;
    loop {
        let (item, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_item(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        items.push(item);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return Some(items),
        }
    }
}

/// The item up to the closing mark, in which a doubled mark stands for one; then what follows, up to the next comma.
fn quoted_item(mut rest: &str) -> Option<(String, &str)> {
    let mut item = String::new();
    loop {
        let (part, after) = rest.split_once('"')?;
        item.push_str(part);
        match after.strip_prefix('"') {
            Some(next) => {
                item.push('"');
                rest = next;
            }
            None => {
                let end = after.find(',').unwrap_or(after.len());
                item.push_str(&after[..end]);
                return Some((item, &after[end..]));
            }
        }
    }
}

/// What a key wants, with its article.
pub(crate) fn expected(kind: Kind) -> String {
    match kind {
        Kind::Bool => "true or false".into(),
        Kind::Integer(least, i64::MAX) => format!("a whole number from {least} on"),
        Kind::Integer(least, most) => format!("a whole number from {least} to {most}"),
        Kind::FileMode => "a file mode from 0 to 0777 (511 in decimal)".into(),
        Kind::Number => "a number".into(),
        Kind::Text => "text".into(),
        Kind::Version => "a version such as v26.2.0".into(),
        Kind::Dsn => "a database address".into(),
        Kind::HostPort => "a host and a port, such as localhost:4318".into(),
        Kind::Url => "an absolute URL, such as https://auth.example.com/".into(),
        Kind::UrlReference => "a URL, such as https://id.example.com/login or /login".into(),
        Kind::OneOf([word]) => format!("{word:?}"),
        Kind::OneOf(words) => format!("one of {}", quoted_words(words)),
        Kind::Duration => "a duration in whole numbers with a unit (ns, us, ms, s, m, h), such as 90s or 1h30m".into(),
        Kind::DurationOrNever => {
            "a duration in whole numbers with a unit (ns, us, ms, s, m, h), such as 720h, or -1 for never".into()
        }
        Kind::List(Item::Text) => "a list".into(),
        Kind::List(Item::Secret) => "a list of secrets".into(),
        Kind::List(Item::OneOf(words)) => format!("a list of {}", quoted_words(words)),
        Kind::List(Item::AddressRange) => "a list of address ranges such as 10.0.0.0/8".into(),
        Kind::List(Item::Origin) => "a list of origins such as https://app.example.com".into(),
        Kind::TextMap => "a map from names to text".into(),
        Kind::Hook => "a URL, nor a map with the key url".into(),
    }
}

fn expected_item(item: Item) -> String {
    match item {
        Item::Text | Item::Secret => "text".into(),
        Item::OneOf(words) => expected(Kind::OneOf(words)),
        Item::AddressRange => "an address range such as 10.0.0.0/8 or fd00::/8".into(),
        Item::Origin => "an origin such as https://app.example.com, with at most one *, or * alone".into(),
    }
}

fn quoted_words(words: &[&str]) -> String {
    words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ")
}

/// What to write instead, if that can be guessed.
fn hint(kind: Kind, value: &Value) -> String {
    match (kind, value) {
        (Kind::OneOf(words), Value::Text(text)) => match nearest_word(text, words) {
            Some(word) => format!("; did you mean {word:?}?"),
            None => String::new(),
        },
        (Kind::Duration | Kind::DurationOrNever, Value::Integer(number)) if *number >= 0 => {
            format!("; write {number}s if seconds are meant")
        }
        (Kind::Duration | Kind::DurationOrNever, Value::Text(text)) => match text.parse::<GoDuration>() {
            Ok(meant) if duration(&meant.to_string()).is_some() => format!("; write {meant}"),
            _ => String::new(),
        },
        (Kind::FileMode, Value::Integer(number)) => match i64::from_str_radix(&number.to_string(), 8) {
            Ok(octal) if (0..=0o777).contains(&octal) => {
                format!("; octal {number} is written 0{number} in YAML, 0o{number} in TOML and {octal} in JSON")
            }
            _ => String::new(),
        },
        (Kind::Bool | Kind::Integer(..) | Kind::FileMode | Kind::Number, Value::Text(text)) => {
            let unquoted = whole_number(text).is_some() || matches!(text.as_str(), "true" | "false");
            if unquoted { "; write it without quotation marks".into() } else { String::new() }
        }
        (_, Value::Bool(_) | Value::Integer(_) | Value::Float(_)) => "; write it in quotation marks".into(),
        _ => String::new(),
    }
}

fn nearest_word(text: &str, words: &'static [&'static str]) -> Option<&'static str> {
    let longer = || words.iter().copied().find(|word| text.to_lowercase().starts_with(&word.to_lowercase()));
    suggest::nearest(text, words.iter().copied()).or_else(longer)
}

fn item_hint(item: Item, value: &Value) -> String {
    match item {
        Item::OneOf(words) => hint(Kind::OneOf(words), value),
        _ => hint(Kind::Text, value),
    }
}

/// A value for a message: never a secret's, never the password in a URL, and never long.
fn show(key: &Key, value: &Value) -> String {
    if keys::is_secret(key.path) {
        return format!("the value (not shown, {})", value.kind());
    }
    match value {
        Value::Bool(given) => given.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => quoted(text),
        other => other.kind().to_owned(),
    }
}

/// Text for a message: in quotation marks, cut when it is long, without the user and password that stand before an `@`.
pub(crate) fn quoted(text: &str) -> String {
    let text = match text.rsplit_once('@') {
        Some((before, place)) => match before.split_once("://") {
            Some((scheme, _)) => format!("{scheme}://…@{place}"),
            None => format!("…@{place}"),
        },
        None => text.to_owned(),
    };
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{:?}", format!("{}…", &text[..end])),
        None => format!("{text:?}"),
    }
}
