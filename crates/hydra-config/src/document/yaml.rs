//! YAML into a tree, and JSON, which is written in YAML's terms.
//!
//! Scalars mean what they mean to Hydra's YAML reader: YAML 1.2 with the octal (`0770`) and binary numbers, digit
//! separators and merge keys (`<<`) of YAML 1.1, but without its `yes` and `off`.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::{DEEPEST, Entry, Node, Source, Value};
use crate::problem::{Place, Problem};

/// Aliases may copy so many values in all, so that a small file cannot fill the memory.
const MOST_COPIES: usize = 100_000;

pub(super) fn parse_json(source: &Source<'_>, warnings: &mut Vec<String>) -> Result<Node, Problem> {
    // YAML accepts far more than JSON does, so the syntax is settled first.
    serde_json::from_str::<serde_json::Value>(source.text).map_err(|error| {
        let at = source.place(error.line(), error.column());
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or("it cannot be read");
        Problem::in_file(at, format!("this is not valid JSON: {reason}"))
    })?;
    parse(source, warnings)
}

pub(super) fn parse(source: &Source<'_>, warnings: &mut Vec<String>) -> Result<Node, Problem> {
    let mut parser = Parser::new_from_str(source.text);
    let mut builder = Builder { source, open: Vec::new(), anchors: HashMap::new(), copies: 0 };
    let mut root = None;
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let at = source.place(error.marker().line(), error.marker().col() + 1);
            Problem::in_file(at, format!("this is not valid YAML: {}", error.info()))
        })?;
        match event {
            Event::DocumentStart(_) if root.is_some() => {
                warnings.push(format!("{}: only the first YAML document of the file is read", builder.place(&span)));
                break;
            }
            event => {
                if let Some(node) = builder.take(event, &span)? {
                    root = Some(node);
                }
            }
        }
    }
    Ok(root.unwrap_or_else(|| Node::new(Value::Null, source.place(1, 1))))
}

/// A list or map whose end has not come yet.
struct Open {
    at: Place,
    anchor: usize,
    inside: Inside,
}

enum Inside {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, merged: Vec<Entry>, name: Option<(String, Place)> },
}

struct Builder<'s, 't> {
    source: &'s Source<'t>,
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    copies: usize,
}

impl Builder<'_, '_> {
    fn place(&self, span: &Span) -> Place {
        self.source.place(span.start.line(), span.start.col() + 1)
    }

    /// Takes the next event; answers the root value once it is complete.
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<Option<Node>, Problem> {
        let at = self.place(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref());
                if self.is_name_next() {
                    return self.name(text.into_owned(), style, at).map(|()| None);
                }
                self.finished(Node::new(value, at), anchor)
            }
            Event::SequenceStart(anchor, _) => self.begin(at, anchor, Inside::List(Vec::new())),
            Event::MappingStart(anchor, _) => {
                self.begin(at, anchor, Inside::Map { entries: Vec::new(), merged: Vec::new(), name: None })
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { at, anchor, inside }) = self.open.pop() else { return Ok(None) };
                let value = match inside {
                    Inside::List(items) => Value::List(items),
                    Inside::Map { mut entries, merged, .. } => {
                        for entry in merged {
                            if !entries.iter().any(|own| own.name == entry.name) {
                                entries.push(entry);
                            }
                        }
                        Value::Map(entries)
                    }
                };
                self.finished(Node::new(value, at), anchor)
            }
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor) else {
                    return Err(Problem::in_file(at, "this alias stands inside of what it is an alias for"));
                };
                self.copies += size;
                if self.copies > MOST_COPIES {
                    return Err(Problem::in_file(at, "the aliases of this file stand for too many values"));
                }
                let node = node.clone();
                if self.is_name_next() {
                    return match node.value {
                        Value::Text(text) => self.name(text, ScalarStyle::DoubleQuoted, at).map(|()| None),
                        _ => Err(Problem::in_file(at, "the name of a key must be plain text")),
                    };
                }
                self.finished(node, 0)
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(None)
            }
        }
    }

    fn is_name_next(&self) -> bool {
        matches!(self.open.last(), Some(Open { inside: Inside::Map { name: None, .. }, .. }))
    }

    fn begin(&mut self, at: Place, anchor: usize, inside: Inside) -> Result<Option<Node>, Problem> {
        if self.is_name_next() {
            return Err(Problem::in_file(at, "the name of a key must be plain text"));
        }
        if self.open.len() == DEEPEST {
            return Err(Problem::in_file(at, format!("lists and maps are nested deeper than {DEEPEST} levels")));
        }
        self.open.push(Open { at, anchor, inside });
        Ok(None)
    }

    fn name(&mut self, text: String, style: ScalarStyle, at: Place) -> Result<(), Problem> {
        if let Some(Open { inside: Inside::Map { entries, name, .. }, .. }) = self.open.last_mut() {
            let merge = text == "<<" && style == ScalarStyle::Plain;
            if text.is_empty() {
                return Err(Problem::in_file(at, "a key has no name"));
            }
            if let Some(first) = entries.iter().find(|entry| entry.name == text && !merge) {
                return Err(Problem::in_file(at, format!("the key {text:?} is given twice, first at {}", first.at)));
            }
            // A merge key is told from a quoted "<<" by an empty name, which no key has.
            *name = Some((if merge { String::new() } else { text }, at));
        }
        Ok(())
    }

    /// Puts a complete value where it belongs.
    fn finished(&mut self, node: Node, anchor: usize) -> Result<Option<Node>, Problem> {
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), size(&node)));
        }
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => return Ok(Some(node)),
            Some(Inside::List(items)) => items.push(node),
            Some(Inside::Map { entries, merged, name }) => match name.take() {
                Some((name, at)) if !name.is_empty() => entries.push(Entry { name, at, node }),
                _ => merge_key(merged, node)?,
            },
        }
        Ok(None)
    }
}

/// `<<: *defaults`, or a list of such: what they hold counts unless the map says it itself.
fn merge_key(merged: &mut Vec<Entry>, node: Node) -> Result<(), Problem> {
    match node.value {
        Value::Map(entries) => merged.extend(entries),
        Value::List(items) => {
            for item in items {
                match item.value {
                    Value::Map(entries) => merged.extend(entries),
                    _ => return Err(Problem::in_file(item.at, "only maps can be merged with <<")),
                }
            }
        }
        _ => return Err(Problem::in_file(node.at, "only maps can be merged with <<")),
    }
    Ok(())
}

fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) => items.iter().map(size).sum(),
        Value::Map(entries) => entries.iter().map(|entry| size(&entry.node)).sum(),
        _ => 0,
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let forced_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
    if style != ScalarStyle::Plain || forced_text {
        return Value::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Value::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        _ => number(text).unwrap_or_else(|| Value::Text(text.to_owned())),
    }
}

fn number(text: &str) -> Option<Value> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let plain = text.replace('_', "");
    if let Some(whole) = whole_number(&plain) {
        return Some(Value::Integer(whole));
    }
    let form = digits.bytes().all(|b| b.is_ascii_digit() || b"._eE+-".contains(&b));
    plain.parse().ok().filter(|_| form).map(Value::Float)
}

/// A whole number whose base its prefix tells: `0x`, `0o`, `0b`, and `0` for octal.
pub(crate) fn whole_number(text: &str) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let (base, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    // `from_str_radix` would take a second sign.
    if !digits.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    i64::from_str_radix(&format!("{sign}{digits}"), base).ok()
}
