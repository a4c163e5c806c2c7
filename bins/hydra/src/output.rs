//! What a command prints: one [`Answer`], laid out in the format the user chose.
//!
//! [`Format`] is read from the flags, [`Answer::render`] turns an answer into text, and [`print`] writes it. What the
//! rows and documents of each kind of answer contain is decided in `answers`; nothing here talks to a server.

pub(crate) mod answers;
mod jsonpath;
mod jsonpointer;
mod table;
mod yaml;

use std::{
    fmt::Display,
    io::{self, Write},
};

use hydra_api::go_json;
use serde_json::Value;
pub(crate) use table::Table;

use crate::failure::Failure;

/// How to print.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Quiet,
    Table,
    Json,
    JsonPretty,
    JsonPath(String),
    JsonPointer(String),
    Yaml,
}

impl Format {
    /// From `--format` and `--quiet`; the latter wins. A word that is no format means the table.
    pub(crate) fn from_flags(format: &str, quiet: bool) -> Result<Self, Failure> {
        match format {
            _ if quiet => Ok(Self::Quiet),
            "json" => Ok(Self::Json),
            "json-pretty" => Ok(Self::JsonPretty),
            "yaml" => Ok(Self::Yaml),
            _ if format.starts_with("jsonpath") => argument(format, "jsonpath=client_id").map(Self::JsonPath),
            _ if format.starts_with("jsonpointer") => argument(format, "jsonpointer=/client_id").map(Self::JsonPointer),
            _ => Ok(Self::Table),
        }
    }
}

fn argument(format: &str, example: &str) -> Result<String, Failure> {
    let (_, argument) = format
        .split_once('=')
        .ok_or_else(|| Failure::Usage(format!("--format {format} needs an expression after `=`, as in {example}")))?;
    Ok(argument.to_owned())
}

/// One result in all the shapes that a format may ask for.
pub(crate) struct Answer {
    /// For people.
    pub(crate) table: Table,
    /// For programs; the member order is the printed order.
    pub(crate) document: Value,
    /// For `--quiet`, one per line.
    pub(crate) ids: Vec<String>,
    /// Members that the document may have: a pointer to one that is not set finds `null`.
    pub(crate) known_members: Vec<&'static str>,
}

impl Answer {
    /// The text to print, with its final newline; empty if there is nothing to say.
    pub(crate) fn render(&self, format: &Format) -> Result<String, Failure> {
        Ok(match format {
            Format::Quiet => self.ids.iter().map(|id| format!("{id}\n")).collect(),
            Format::Table => self.table.render(),
            Format::Json => line(compact(&self.document)?),
            Format::JsonPretty => line(go_json::indent(&compact(&self.document)?)),
            Format::Yaml => yaml::render(&self.document),
            Format::JsonPath(path) => line(go_json::indent(&jsonpath::find(&compact(&self.document)?, path))),
            Format::JsonPointer(pointer) => {
                let found = jsonpointer::find(&self.document, pointer, &self.known_members)?;
                line(go_json::indent(&compact(found)?))
            }
        })
    }
}

fn compact(document: &Value) -> Result<String, Failure> {
    go_json::to_string(document).map_err(|error| Failure::Message(format!("the result cannot be written: {error}")))
}

fn line(mut text: String) -> String {
    text.push('\n');
    text
}

/// Writes a result to standard output.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    write(&mut io::stdout().lock(), text)
}

/// Writes a remark or an error to standard error. A closed standard error leaves nobody to tell.
pub(crate) fn remark(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Text from elsewhere with everything that could move the cursor, or hide, written as an escape.
pub(crate) fn printable(text: &str) -> String {
    let escape = |character: char| match character {
        '"' | '\'' | '\\' => character.to_string(),
        _ => character.escape_debug().to_string(),
    };
    text.chars().map(escape).collect()
}

fn write(stream: &mut impl Write, text: &str) -> Result<(), Failure> {
    let written = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    written.map_err(|error| Failure::Message(format!("the result could not be written to standard output: {error}")))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]
mod tests {
    use serde_json::json;

    use super::{Answer, Format, Table};

    fn answer() -> Answer {
        Answer {
            table: Table::row(&["CLIENT ID"], ["c-1".to_owned()]),
            document: json!({"client_id": "c-1", "grant_types": ["a<b"], "jwks": {}}),
            ids: vec!["c-1".to_owned()],
            known_members: vec!["client_id", "contacts"],
        }
    }

    fn printed(format: &str) -> String {
        answer().render(&Format::from_flags(format, false).unwrap()).unwrap()
    }

    #[test]
    fn each_format_lays_the_same_document_out() {
        assert_eq!(printed("table"), "CLIENT ID\tc-1\t\n");
        assert_eq!(printed("json"), "{\"client_id\":\"c-1\",\"grant_types\":[\"a\\u003cb\"],\"jwks\":{}}\n");
        let pretty = "{\n  \"client_id\": \"c-1\",\n  \"grant_types\": [\n    \"a\\u003cb\"\n  ],\n  \"jwks\": {}\n}\n";
        assert_eq!(printed("json-pretty"), pretty);
        assert_eq!(printed("yaml"), "client_id: c-1\ngrant_types:\n- a<b\njwks: {}\n");
        assert_eq!(printed("jsonpath=client_id"), "\"c-1\"\n");
        assert_eq!(printed("jsonpath="), pretty);
        assert_eq!(printed("jsonpath=nope"), "null\n");
        assert_eq!(printed("jsonpointer=/grant_types"), "[\n  \"a\\u003cb\"\n]\n");
        assert_eq!(printed("jsonpointer=/contacts"), "null\n");
    }

    #[test]
    fn quiet_beats_the_format() {
        assert_eq!(answer().render(&Format::from_flags("json", true).unwrap()).unwrap(), "c-1\n");
    }

    #[test]
    fn words_that_are_no_format_mean_the_table() {
        for word in ["default", "jsno", "", "json-path=client_id"] {
            assert_eq!(Format::from_flags(word, false).unwrap(), Format::Table);
        }
    }

    #[test]
    fn an_expression_is_required_after_jsonpath_and_jsonpointer() {
        assert!(Format::from_flags("jsonpath", false).is_err());
        assert!(Format::from_flags("jsonpointer", false).is_err());
    }
}
