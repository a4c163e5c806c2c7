//! TOML into a tree.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::{DEEPEST, Entry, Node, Source, Value};
use crate::problem::Problem;

pub(super) fn parse(source: &Source<'_>, _warnings: &mut Vec<String>) -> Result<Node, Problem> {
    // Only the error's `message` may be used: its `Display` quotes the line.
    let table = DeTable::parse(source.text).map_err(|error| {
        let at = source.offset(error.span().map_or(0, |span| span.start));
        Problem::in_file(at, format!("this is not valid TOML: {}", error.message()))
    })?;
    map(source, table.get_ref(), table.span(), DEEPEST)
}

fn map(source: &Source<'_>, table: &DeTable<'_>, span: Range<usize>, deeper: usize) -> Result<Node, Problem> {
    let mut entries = Vec::with_capacity(table.len());
    for (name, value) in table {
        entries.push(Entry {
            name: name.get_ref().to_string(),
            at: source.offset(name.span().start),
            node: node(source, value.get_ref(), value.span(), deeper)?,
        });
    }
    Ok(Node::new(Value::Map(entries), source.offset(span.start)))
}

fn node(source: &Source<'_>, value: &DeValue<'_>, span: Range<usize>, deeper: usize) -> Result<Node, Problem> {
    let at = source.offset(span.start);
    let value = match value {
        DeValue::Boolean(given) => Value::Bool(*given),
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Datetime(time) => Value::Text(time.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::Float(number.as_str().parse().unwrap_or(f64::INFINITY)), Value::Integer),
        DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Array(_) | DeValue::Table(_) if deeper == 0 => {
            return Err(Problem::in_file(at, format!("lists and maps are nested deeper than {DEEPEST} levels")));
        }
        DeValue::Table(table) => return map(source, table, span, deeper - 1),
        DeValue::Array(items) => Value::List(
            items.iter().map(|item| node(source, item.get_ref(), item.span(), deeper - 1)).collect::<Result<_, _>>()?,
        ),
    };
    Ok(Node::new(value, at))
}
