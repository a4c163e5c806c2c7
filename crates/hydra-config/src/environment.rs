//! Environment variables, laid over what the files say.
//!
//! Every key has a variable (upper case, `_` for `.`), every map has one that takes a JSON object, and `…_0`, `…_1`
//! name the entries of a list. Names that are none of these are none of our business, unless they look like a slip.

use std::{collections::HashMap, sync::Arc};

use crate::{
    document::{Node, Value},
    keys::{self, Key, Kind},
    problem::{Place, Problem},
    read, suggest,
};

/// What a variable sets.
enum Target {
    Key(&'static Key),
    Map(&'static str),
    Entry(&'static Key, usize),
}

/// Names from old documentation that set nothing, with the key that does.
const FORMER: &[(&str, &str)] = &[
    ("PUBLIC_HOST", "serve.public.host"),
    ("ADMIN_HOST", "serve.admin.host"),
    ("PUBLIC_PORT", "serve.public.port"),
    ("ADMIN_PORT", "serve.admin.port"),
    ("CORS_ENABLED", "serve.public.cors.enabled"),
    ("OAUTH2_ACCESS_TOKEN_STRATEGY", "strategies.access_token"),
    ("HTTPS_TLS_CERT", "serve.tls.cert.base64"),
    ("HTTPS_TLS_KEY", "serve.tls.key.base64"),
];

/// Lays the variables over the tree: maps first, then keys, then entries of lists, so that the more specific wins.
pub(crate) fn overlay(
    root: &mut Node,
    environment: &[(String, String)],
    problems: &mut Vec<Problem>,
    warnings: &mut Vec<String>,
) {
    let known: HashMap<String, Target> = keys::maps()
        .into_iter()
        .map(|map| (keys::variable(map), Target::Map(map)))
        .chain(keys::all().map(|key| (key.variable(), Target::Key(key))))
        .collect();
    let mut given: Vec<(Target, &str, &str)> = Vec::new();
    for (name, value) in environment {
        let upper = name.to_ascii_uppercase();
        let target = match known.get(&upper) {
            Some(Target::Key(key)) => Target::Key(key),
            Some(Target::Map(map)) => Target::Map(map),
            _ => match list_entry(&known, &upper) {
                Some(target) => target,
                None => {
                    warnings.extend(slip(&known, name, &upper));
                    continue;
                }
            },
        };
        given.push((target, name, value));
    }
    given.sort_by_key(|(target, name, _)| match target {
        Target::Map(map) => (0, map.len(), *name),
        // A hook's own variable takes a whole map, so the keys of the hook come after it.
        Target::Key(key) => (1, key.path.len(), *name),
        Target::Entry(_, index) => (2, *index, *name),
    });
    for (target, name, value) in given {
        let at = Place::Variable(Arc::from(name));
        match target {
            Target::Map(map) => set_map(root, map, &at, value, warnings),
            Target::Key(key) => set_key(root, key, &at, value, problems, warnings),
            Target::Entry(key, index) => set_entry(root, key, index, &at, value, problems),
        }
    }
}

/// `SECRETS_SYSTEM_1` is entry 1 of `secrets.system`.
fn list_entry(known: &HashMap<String, Target>, upper: &str) -> Option<Target> {
    let (list, index) = upper.rsplit_once('_')?;
    match known.get(list)? {
        Target::Key(key) if matches!(key.kind, Kind::List(_)) && index.bytes().all(|b| b.is_ascii_digit()) => {
            Some(Target::Entry(key, index.parse().ok()?))
        }
        _ => None,
    }
}

/// A warning for a name that sets nothing but looks as if it should.
fn slip(known: &HashMap<String, Target>, name: &str, upper: &str) -> Option<String> {
    if let Some((_, key)) = FORMER.iter().find(|(former, _)| *former == upper) {
        return Some(format!("environment variable {name} sets nothing; {key} is set by {}", keys::variable(key)));
    }
    // Short names and those of other programs' families would be noise.
    let family = upper.split_once('_')?.0;
    if upper.len() < 10 || !known.contains_key(family) {
        return None;
    }
    let candidates = known.iter().filter(|(_, target)| matches!(target, Target::Key(_))).map(|(name, _)| name.as_str());
    let near = suggest::nearest(upper, candidates)?;
    Some(format!("environment variable {name} sets nothing; did you mean {near}?"))
}

fn set_map(root: &mut Node, map: &str, at: &Place, value: &str, warnings: &mut Vec<String>) {
    if value.trim().is_empty() {
        return;
    }
    match serde_json::from_str::<serde_json::Value>(value) {
        Ok(json @ serde_json::Value::Object(_)) => {
            reach(root, map, at).merge(Node::from_json(json, at));
        }
        _ => warnings.push(format!(
            "{at} is ignored: {map} holds several settings, so the variable would have to be a JSON object"
        )),
    }
}

fn set_key(
    root: &mut Node,
    key: &'static Key,
    at: &Place,
    value: &str,
    problems: &mut Vec<Problem>,
    warnings: &mut Vec<String>,
) {
    if value.is_empty() && !key.empty {
        return;
    }
    let new = match read::from_text(key.kind, value, at) {
        Ok(new) => new,
        Err(reason) => {
            // A map that is no valid JSON may hold a secret anywhere.
            let hidden = keys::is_secret(key.path) || matches!(key.kind, Kind::Hook | Kind::TextMap);
            let shown = if hidden { "the value (not shown)".to_owned() } else { read::quoted(value) };
            problems.push(Problem::at(key.path, at.clone(), format!("{shown} is not {reason}")));
            return;
        }
    };
    if key.stray && read::read(key, &new).is_err() {
        warnings.push(format!(
            "{at} is ignored: {} must be {}, so the variable is probably meant for another program",
            key.path,
            read::expected(key.kind)
        ));
        return;
    }
    let place = reach(root, key.path, at);
    match (&mut place.value, new.value) {
        // As Hydra does it: a list from the environment replaces entry by entry and cannot shorten a list of a file.
        (Value::List(old), Value::List(news)) => {
            if old.len() > news.len() {
                warnings.push(format!(
                    "{at} replaces the first {} of the {} entries that a file gives for {}; the others stay",
                    news.len(),
                    old.len(),
                    key.path
                ));
            }
            let kept = old.split_off(news.len().min(old.len()));
            *old = news;
            old.extend(kept);
        }
        (_, value) => place.merge(Node::new(value, at.clone())),
    }
}

fn set_entry(root: &mut Node, key: &'static Key, index: usize, at: &Place, value: &str, problems: &mut Vec<Problem>) {
    if value.is_empty() {
        return;
    }
    let place = reach(root, key.path, at);
    if !matches!(place.value, Value::List(_)) {
        *place = Node::new(Value::List(Vec::new()), at.clone());
    }
    if let Value::List(items) = &mut place.value {
        let item = Node::new(Value::Text(value.to_owned()), at.clone());
        match items.len() {
            length if index < length => items[index] = item,
            length if index == length => items.push(item),
            length => problems.push(Problem::at(
                key.path,
                at.clone(),
                format!("entry {index} is set but entry {length} is not; count from 0 without gaps"),
            )),
        }
    }
}

/// The node of a path. A hook that a file gives as plain URL keeps it when a variable adds to the hook.
fn reach<'n>(root: &'n mut Node, path: &str, at: &Place) -> &'n mut Node {
    root.reach(path, at, |map| keys::find(map).and_then(|key| matches!(key.kind, Kind::Hook).then_some("url")))
}
