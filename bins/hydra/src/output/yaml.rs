//! JSON documents as YAML 1.2 text: two spaces per level, sequences not indented below their key, quotes only where a
//! plain word would be read as something else. Only JSON has to be printed, so this is all the YAML there is.

use serde_json::Value;

/// The document with its final newline.
pub(super) fn render(document: &Value) -> String {
    let mut text = String::new();
    node(&mut text, document, 0);
    text
}

/// A node that starts where the text ends; every line it begins is indented by `depth` levels.
fn node(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (at, (name, value)) in members.iter().enumerate() {
                if at > 0 {
                    indent(text, depth);
                }
                text.push_str(&scalar(name));
                text.push(':');
                below_key(text, value, depth);
            }
        }
        Value::Array(elements) if !elements.is_empty() => {
            for (at, element) in elements.iter().enumerate() {
                if at > 0 {
                    indent(text, depth);
                }
                text.push_str("- ");
                node(text, element, depth + 1);
            }
        }
        _ => {
            text.push_str(&leaf(value));
            text.push('\n');
        }
    }
}

fn below_key(text: &mut String, value: &Value, depth: usize) {
    let child_depth = match value {
        Value::Object(members) if !members.is_empty() => depth + 1,
        Value::Array(elements) if !elements.is_empty() => depth,
        _ => {
            text.push(' ');
            return node(text, value, depth);
        }
    };
    text.push('\n');
    indent(text, child_depth);
    node(text, value, child_depth);
}

fn indent(text: &mut String, depth: usize) {
    text.extend(std::iter::repeat_n("  ", depth));
}

fn leaf(value: &Value) -> String {
    match value {
        Value::String(string) => scalar(string),
        Value::Object(_) => "{}".to_owned(),
        Value::Array(_) => "[]".to_owned(),
        other => other.to_string(),
    }
}

/// A string, plain if it stays a string that way, else in double quotes: JSON's quoting, with an escape also for the
/// characters that only YAML takes for a line break or refuses.
fn scalar(string: &str) -> String {
    if is_plain(string) {
        return string.to_owned();
    }
    let mut quoted = String::with_capacity(string.len() + 2);
    for character in Value::from(string).to_string().chars() {
        if needs_escape(character) {
            quoted.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            quoted.push(character);
        }
    }
    quoted
}

fn needs_escape(character: char) -> bool {
    character.is_control() || "\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}".contains(character)
}

fn is_plain(string: &str) -> bool {
    let Some(first) = string.chars().next() else { return false };
    let starts_like_syntax = "-?:,[]{}#&*!|>'\"%@`<=~ ".contains(first);
    let starts_like_a_number = first.is_ascii_digit() || "+.".contains(first);
    let breaks_off = string.ends_with([' ', ':']) || [": ", " #", "- ", "\\"].iter().any(|part| string.contains(part));
    !(starts_like_syntax
        || breaks_off
        || string.chars().any(needs_escape)
        || is_reserved(string)
        || (starts_like_a_number && may_be_number_or_time(string)))
}

fn is_reserved(string: &str) -> bool {
    const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    WORDS.iter().any(|word| string.eq_ignore_ascii_case(word))
}

/// Generous: whatever could be a number in some base, an infinity, a date or a time in some reader of YAML.
fn may_be_number_or_time(string: &str) -> bool {
    let body = string.trim_start_matches(['+', '.']);
    let word = body.eq_ignore_ascii_case("inf") || body.eq_ignore_ascii_case("nan");
    let digits_and_marks = string.chars().all(|c| c.is_ascii_digit() || "+-._:eExXoObB TZ".contains(c));
    let hexadecimal = string.len() > 2
        && (string.starts_with("0x") || string.starts_with("0X"))
        && string[2..].chars().all(|c| c.is_ascii_hexdigit() || c == '_');
    word || digits_and_marks || hexadecimal
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]
mod tests {
    use serde_json::{Value, json};

    use super::render;

    #[test]
    fn a_client_looks_as_expected() {
        let document = json!({
            "client_id": "7a0c2c1e-8a3f-4d8e-9a3b-0d5a51a0c9aa", "client_name": "", "created_at": "2026-07-24T10:00:00Z",
            "grant_types": ["client_credentials"], "jwks": {}, "metadata": {"tier": {"gold": 1}, "list": []},
            "scope": "api", "skip_consent": false,
        });
        let expected = "\
client_id: 7a0c2c1e-8a3f-4d8e-9a3b-0d5a51a0c9aa
client_name: \"\"
created_at: \"2026-07-24T10:00:00Z\"
grant_types:
- client_credentials
jwks: {}
metadata:
  tier:
    gold: 1
  list: []
scope: api
skip_consent: false
";
        assert_eq!(render(&document), expected);
    }

    #[test]
    fn sequences_of_objects_and_sequences_nest() {
        let document = json!([{"a": [1, 2], "b": {"c": null}}, [["x"], []], "s"]);
        let expected = "- a:\n  - 1\n  - 2\n  b:\n    c: null\n- - - x\n  - []\n- s\n";
        assert_eq!(render(&document), expected);
        assert_eq!(read_back(&document), document);
    }

    #[test]
    fn a_lone_string_is_a_document() {
        assert_eq!(render(&json!("c-1")), "c-1\n");
    }

    #[test]
    fn every_string_is_read_back_as_that_string() {
        let words = [
            "",
            " ",
            "a b",
            " a",
            "a ",
            "true",
            "No",
            "~",
            "null",
            "1",
            "1.5e3",
            "0x1F",
            "0o17",
            "1_000",
            ".5",
            "-1",
            "+1",
            ".inf",
            "2026-07-24",
            "12:30:45",
            "a: b",
            "a:",
            "a #b",
            "#a",
            "- a",
            "-a",
            "? a",
            "a- b",
            "*a",
            "&a",
            "!a",
            "|",
            ">",
            "%a",
            "@a",
            "`a",
            "'a'",
            "\"a\"",
            "a\nb",
            "a\tb",
            "a\\b",
            "{a}",
            "[a]",
            "a,b",
            "é",
            "\u{85}",
            "\u{2028}",
            "=",
            "<<",
            "https://h/p?q#f",
            "ory_at_x.y",
            "1a",
            "---",
            "...",
            "\u{7f}",
            "\u{feff}",
            "\u{ffff}",
            "1e5",
            "0b1",
        ];
        for word in words {
            let document = json!({"key": word, word: [word]});
            assert_eq!(read_back(&document), document, "{}", render(&document));
        }
    }

    fn read_back(document: &Value) -> Value {
        let text = render(document);
        serde_yaml_ng::from_str(&text).map_err(|error| format!("{error}: {text:?}")).unwrap()
    }
}
