//! A configuration as a tree of values that remember where they stand, and how two trees become one.
//!
//! Nothing here knows a key. Files come in through [`read`]; what the values must be is settled in `check`.

mod toml;
mod yaml;

use std::{fs, path::Path, sync::Arc};

pub(crate) use yaml::whole_number;

use crate::problem::{Place, Problem};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) at: Place,
}

/// What a file or a variable can say.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A name in a map, where the name stands, and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) at: Place,
    pub(crate) node: Node,
}

/// Lists and maps may be nested so deep; far more than any key needs, far less than would exhaust a stack.
const DEEPEST: usize = 32;

/// Reads a file by the format its extension names. The result is a map; an empty file is an empty map.
///
/// # Errors
/// What is wrong with the file. Messages never quote the file, which may hold secrets.
pub(crate) fn read(path: &Path, warnings: &mut Vec<String>) -> Result<Node, Problem> {
    let file: Arc<str> = path.display().to_string().into();
    let whole = |message: String| Problem::in_file(Place::WholeFile(Arc::clone(&file)), message);
    let parse = match path.extension().and_then(|extension| extension.to_str()) {
        Some("yaml" | "yml") => yaml::parse,
        Some("json") => yaml::parse_json,
        Some("toml") => toml::parse,
        _ => return Err(whole("the format is unknown; name the file *.yaml, *.yml, *.json or *.toml".into())),
    };
    let bytes = fs::read(path).map_err(|error| whole(format!("the file cannot be read: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| whole("the file is not UTF-8 text; save it as UTF-8".into()))?;
    let source = Source { file: Arc::clone(&file), text: text.trim_start_matches('\u{feff}') };
    let node = parse(&source, warnings)?;
    match node.value {
        Value::Map(_) => Ok(node),
        Value::Null => Ok(Node::empty_map(node.at)),
        _ => Err(Problem::in_file(node.at, "the file must hold keys with values, such as `dsn: memory`")),
    }
}

/// A file's text and its name.
pub(crate) struct Source<'t> {
    file: Arc<str>,
    text: &'t str,
}

impl Source<'_> {
    fn place(&self, line: usize, column: usize) -> Place {
        Place::File { file: Arc::clone(&self.file), line, column }
    }

    /// The place of a byte offset.
    fn offset(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        self.place(before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}

impl Node {
    pub(crate) fn new(value: Value, at: Place) -> Self {
        Self { value, at }
    }

    pub(crate) fn empty_map(at: Place) -> Self {
        Self::new(Value::Map(Vec::new()), at)
    }

    /// A JSON value, every part of it at the same place.
    pub(crate) fn from_json(json: serde_json::Value, at: &Place) -> Self {
        let value = match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(given) => Value::Bool(given),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(whole) => Value::Integer(whole),
                None => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(text) => Value::Text(text),
            serde_json::Value::Array(items) => {
                Value::List(items.into_iter().map(|item| Self::from_json(item, at)).collect())
            }
            serde_json::Value::Object(members) => Value::Map(
                members
                    .into_iter()
                    .map(|(name, member)| Entry { name, at: at.clone(), node: Self::from_json(member, at) })
                    .collect(),
            ),
        };
        Self::new(value, at.clone())
    }

    /// Lays another tree over this one: maps merge name by name, everything else is replaced, and `null` says nothing.
    pub(crate) fn merge(&mut self, over: Node) {
        match (&mut self.value, over.value) {
            (_, Value::Null) => {}
            (Value::Map(entries), Value::Map(news)) => {
                for new in news {
                    match entries.iter_mut().find(|entry| entry.name == new.name) {
                        Some(entry) => {
                            if !matches!(new.node.value, Value::Null) {
                                entry.at = new.at;
                            }
                            entry.node.merge(new.node);
                        }
                        None => entries.push(new),
                    }
                }
            }
            (value, new) => {
                *value = new;
                self.at = over.at;
            }
        }
    }

    /// The node at a dotted path, made on the way if need be. A value that stands where a map is needed gives way,
    /// except that `text_as` gives the name under which text lives on in the map that replaces it.
    pub(crate) fn reach(
        &mut self,
        path: &str,
        at: &Place,
        text_as: impl Fn(&str) -> Option<&'static str>,
    ) -> &mut Node {
        let mut node = self;
        let mut end = 0;
        for name in path.split('.') {
            let so_far = path.get(..end).unwrap_or_default();
            end += name.len() + usize::from(end > 0);
            if !matches!(node.value, Value::Map(_)) {
                let old = std::mem::replace(node, Node::empty_map(at.clone()));
                if let (Value::Text(_), Some(name)) = (&old.value, text_as(so_far))
                    && let Value::Map(entries) = &mut node.value
                {
                    entries.push(Entry { name: name.to_owned(), at: old.at.clone(), node: old });
                }
            }
            let Value::Map(entries) = &mut node.value else { unreachable!("it was made a map three lines above") };
            let index = entries.iter().position(|entry| entry.name == name).unwrap_or_else(|| {
                let node = Node::new(Value::Null, at.clone());
                entries.push(Entry { name: name.to_owned(), at: at.clone(), node });
                entries.len() - 1
            });
            node = &mut entries[index].node;
        }
        node
    }
}

impl Value {
    /// What it is, with its article, for messages that must not show it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }
}
