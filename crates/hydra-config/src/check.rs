//! From the merged tree to settings: every name is looked up in the key table, every value is read by its kind.

use std::collections::BTreeMap;

use crate::{
    document::{Entry, Node, Value},
    keys::{self, Default, Key, Kind},
    problem::{Place, Problem},
    read::{self, Setting},
    suggest,
    words::Word,
};

/// Every setting that was given or has a default, by path.
pub(crate) struct Settings(BTreeMap<&'static str, (Setting, Place)>);

/// Reads the tree. What is wrong is reported and left at its default.
pub(crate) fn settings(root: &Node, problems: &mut Vec<Problem>, warnings: &mut Vec<String>) -> Settings {
    let mut settings = Settings(BTreeMap::new());
    for key in keys::all() {
        if let Some(default) = default(key) {
            settings.0.insert(key.path, (default, Place::Default));
        }
    }
    if let Value::Map(entries) = &root.value {
        Walk { settings: &mut settings, problems, warnings }.map(entries, "");
    }
    settings
}

fn default(key: &Key) -> Option<Setting> {
    match (key.default, key.kind) {
        (Default::Is(""), Kind::List(_)) => Some(Setting::List(Vec::new())),
        (Default::Is(text), kind) => {
            read::from_text(kind, text, &Place::Default).ok().and_then(|node| read::read(key, &node).ok())
        }
        (Default::None | Default::From(_), _) => None,
    }
}

struct Walk<'w> {
    settings: &'w mut Settings,
    problems: &'w mut Vec<Problem>,
    warnings: &'w mut Vec<String>,
}

impl Walk<'_> {
    fn map(&mut self, entries: &[Entry], map: &str) {
        for entry in entries {
            let path = if map.is_empty() { entry.name.clone() } else { format!("{map}.{}", entry.name) };
            // A name with dots in it is not a path.
            let key = keys::find(&path).filter(|_| !entry.name.contains('.'));
            let is_map = keys::is_map(&path) && !entry.name.contains('.');
            match (&entry.node.value, key) {
                (Value::Map(inner), _) if is_map => {
                    if inner.is_empty() && (path.ends_with(".tls.cert") || path.ends_with(".tls.key")) {
                        let at = entry.node.at.clone();
                        self.problems.push(Problem::at(path, at, "the map is empty; give one of path and base64"));
                        continue;
                    }
                    self.map(inner, &path);
                }
                (Value::Null, Some(_)) => {}
                (Value::Null, None) if is_map => {}
                (_, Some(key)) => match read::read(key, &entry.node) {
                    Ok(setting) => {
                        self.settings.0.insert(key.path, (setting, entry.node.at.clone()));
                    }
                    Err(wrong) => self.problems.extend(wrong),
                },
                (value, None) if is_map => {
                    let message =
                        format!("{} stands where a map with {} belongs", value.kind(), listing(keys::children(&path)));
                    self.problems.push(Problem::at(path, entry.node.at.clone(), message));
                }
                (_, None) => self.unknown(entry, map, path),
            }
        }
    }

    fn unknown(&mut self, entry: &Entry, map: &str, path: String) {
        let nested = keys::find(&path).is_some() || keys::is_map(&path);
        let elsewhere = || keys::all().map(|key| key.path).find(|known| known.rsplit('.').next() == Some(&*entry.name));
        let advice = match suggest::nearest(&entry.name, keys::children(map)) {
            _ if nested => format!("; write it as nested maps, {}", path.replace('.', ": ")),
            Some(name) => format!("; did you mean {name}?"),
            None => match elsewhere() {
                Some(known) => format!("; did you mean {known}?"),
                None => format!("; known here: {}", listing(keys::children(map))),
            },
        };
        if keys::OPEN_MAPS.contains(&map) {
            self.warnings.push(format!("{}: {path}: the key is unknown and ignored{advice}", entry.at));
        } else {
            self.problems.push(Problem::at(path, entry.at.clone(), format!("the key is unknown{advice}")));
        }
    }
}

fn listing<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen.join(", ")
}

impl Settings {
    fn find(&self, path: &str) -> Option<&(Setting, Place)> {
        debug_assert!(keys::find(path).is_some(), "{path} is no key");
        self.0.get(path)
    }

    /// Whether somebody gave the key.
    pub(crate) fn is_given(&self, path: &str) -> bool {
        self.find(path).is_some_and(|(_, place)| *place != Place::Default)
    }

    /// Where the key was given.
    pub(crate) fn place(&self, path: &str) -> Place {
        self.find(path).map_or(Place::Default, |(_, place)| place.clone())
    }

    pub(crate) fn flag(&self, path: &str) -> Option<bool> {
        match self.find(path)? {
            (Setting::Bool(given), _) => Some(*given),
            _ => None,
        }
    }

    pub(crate) fn bool(&self, path: &str) -> bool {
        self.flag(path).unwrap_or_default()
    }

    /// A whole number; the kind's bounds make it fit.
    pub(crate) fn integer<T: TryFrom<i64>>(&self, path: &str) -> Option<T> {
        match self.find(path)? {
            (Setting::Integer(number), _) => T::try_from(*number).ok(),
            _ => None,
        }
    }

    pub(crate) fn number(&self, path: &str) -> f64 {
        match self.find(path) {
            Some((Setting::Number(number), _)) => *number,
            _ => 0.0,
        }
    }

    /// Text; empty text is none.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        match self.find(path)? {
            (Setting::Text(text), _) => Some(text.as_str()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    pub(crate) fn owned_text(&self, path: &str) -> Option<String> {
        self.text(path).map(str::to_owned)
    }

    pub(crate) fn word<W: Word>(&self, path: &str) -> Option<W> {
        self.text(path).and_then(W::from_word)
    }

    /// A length of time; `None` for "never" and for keys that are unset.
    pub(crate) fn duration(&self, path: &str) -> Option<std::time::Duration> {
        match self.find(path)? {
            (Setting::Duration(duration), _) => duration.to_std(),
            _ => None,
        }
    }

    pub(crate) fn list(&self, path: &str) -> Vec<String> {
        match self.find(path) {
            Some((Setting::List(items), _)) => items.clone(),
            _ => Vec::new(),
        }
    }

    pub(crate) fn map(&self, path: &str) -> BTreeMap<String, String> {
        match self.find(path) {
            Some((Setting::Map(items), _)) => items.clone(),
            _ => BTreeMap::new(),
        }
    }
}
