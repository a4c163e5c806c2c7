//! JSON text as Go's encoder writes it, which is what clients of this API have always been sent.
//!
//! Compact, with `<`, `>`, `&`, U+2028 and U+2029 inside strings written as `\u003c` and so on, so that the text may
//! stand inside HTML. Raw JSON inside a value (`metadata`) keeps its member order and its numbers digit by digit, but
//! loses its white space and is escaped in the same way. [`indent`] is a second step over finished text.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Compact JSON, without a newline at the end.
///
/// # Errors
/// Only those of the value's own `Serialize`, such as a map whose keys are no strings.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<Vec<u8>> {
    let mut json = Vec::with_capacity(256);
    value.serialize(&mut Serializer::with_formatter(&mut json, GoFormatter))?;
    Ok(json)
}

/// Compact JSON as text, without a newline at the end.
///
/// # Errors
/// As [`to_vec`].
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<String> {
    let json = to_vec(value)?;
    String::from_utf8(json).map_err(serde::ser::Error::custom)
}

/// JSON with two spaces of indentation per level, without a newline at the end.
///
/// # Errors
/// As [`to_vec`].
pub fn to_string_pretty<T: Serialize + ?Sized>(value: &T) -> serde_json::Result<String> {
    Ok(indent(&to_string(value)?))
}

/// Lays compact JSON out with two spaces per level; empty objects and arrays stay on their line.
pub fn indent(compact: &str) -> String {
    let mut laid_out = String::with_capacity(compact.len() * 2);
    let mut depth = 0_usize;
    let mut scanner = Scanner::default();
    let mut just_opened = false;
    let new_line = |laid_out: &mut String, depth: usize| {
        laid_out.push('\n');
        laid_out.extend(std::iter::repeat_n("  ", depth));
    };
    for character in compact.chars() {
        if scanner.step(character) {
            if std::mem::take(&mut just_opened) {
                new_line(&mut laid_out, depth);
            }
            laid_out.push(character);
            continue;
        }
        match character {
            ' ' | '\t' | '\r' | '\n' => {}
            '{' | '[' => {
                if std::mem::replace(&mut just_opened, true) {
                    new_line(&mut laid_out, depth);
                }
                depth += 1;
                laid_out.push(character);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                if !std::mem::take(&mut just_opened) {
                    new_line(&mut laid_out, depth);
                }
                laid_out.push(character);
            }
            ',' => {
                laid_out.push(',');
                new_line(&mut laid_out, depth);
            }
            ':' => laid_out.push_str(": "),
            _ => {
                if std::mem::take(&mut just_opened) {
                    new_line(&mut laid_out, depth);
                }
                laid_out.push(character);
            }
        }
    }
    laid_out
}

/// Knows whether a scan over JSON text is inside a string.
#[derive(Default)]
struct Scanner {
    in_string: bool,
    after_backslash: bool,
}

impl Scanner {
    /// Takes the next character; `true` if it belongs to a string, its quotes included.
    fn step(&mut self, character: char) -> bool {
        if !self.in_string {
            self.in_string = character == '"';
            return self.in_string;
        }
        match character {
            _ if std::mem::take(&mut self.after_backslash) => {}
            '\\' => self.after_backslash = true,
            '"' => self.in_string = false,
            _ => {}
        }
        true
    }
}

/// The compact layout with Go's escapes.
struct GoFormatter;

impl Formatter for GoFormatter {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        write_escaped(writer, fragment)
    }

    fn write_raw_fragment<W: Write + ?Sized>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut scanner = Scanner::default();
        let mut start = 0;
        for (at, character) in fragment.char_indices() {
            if !scanner.step(character) && character.is_ascii_whitespace() {
                write_escaped(writer, &fragment[start..at])?;
                start = at + 1;
            }
        }
        write_escaped(writer, &fragment[start..])
    }
}

/// Outside strings none of the escaped characters can occur in JSON, so this need not know where it is.
fn write_escaped<W: Write + ?Sized>(writer: &mut W, text: &str) -> io::Result<()> {
    let mut start = 0;
    for (at, found) in text.match_indices(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        writer.write_all(&text.as_bytes()[start..at])?;
        writer.write_all(match found {
            "<" => b"\\u003c",
            ">" => b"\\u003e",
            "&" => b"\\u0026",
            "\u{2028}" => b"\\u2028",
            _ => b"\\u2029",
        })?;
        start = at + found.len();
    }
    writer.write_all(&text.as_bytes()[start..])
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]
mod tests {
    use serde_json::{json, value::RawValue};

    use super::{indent, to_string, to_string_pretty};

    #[test]
    fn characters_that_matter_in_html_are_escaped() {
        let value = json!({"<k>": "a&b\u{2028}\u{2029}\"\\\n\u{1}é"});
        let expected = "{\"\\u003ck\\u003e\":\"a\\u0026b\\u2028\\u2029\\\"\\\\\\n\\u0001é\"}";
        assert_eq!(to_string(&value).unwrap(), expected);
    }

    #[test]
    fn raw_json_loses_its_spaces_and_keeps_everything_else() {
        let raw =
            RawValue::from_string("{ \"b\" : 10000000000000000001.50,\n\t\"a\": \"x \\\" < y\" }".into()).unwrap();
        assert_eq!(to_string(&raw).unwrap(), r#"{"b":10000000000000000001.50,"a":"x \" \u003c y"}"#);
    }

    #[test]
    fn pretty_json_has_two_spaces_and_keeps_empty_containers_together() {
        let value = json!({"a": [], "b": {}, "c": [1, "x: {,}", [[]]], "d": {"e": null}});
        let expected = r#"{
  "a": [],
  "b": {},
  "c": [
    1,
    "x: {,}",
    [
      []
    ]
  ],
  "d": {
    "e": null
  }
}"#;
        assert_eq!(to_string_pretty(&value).unwrap(), expected);
        assert_eq!(indent(expected), expected, "laying out twice changes nothing");
        assert_eq!(indent("\"x\""), "\"x\"");
    }
}
