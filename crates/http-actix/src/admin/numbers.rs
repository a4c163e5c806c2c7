//! Numbers to the letter. `serde_json::Value` reads numbers into 64 bits: `1.10` would become `1.1`, and long ones would lose
//! digits. So that a JSON Patch can be applied to a client without touching the operator's `metadata`, numbers travel through
//! it as text that [`hide`] marks and [`show`] finds again.

/// How a marked text begins, as JSON spells it. Text that begins so by itself gets the mark once more.
const MARK: &str = "\\u0001";

/// The same JSON with its numbers as marked texts. `json` must be well-formed.
pub(super) fn hide(json: &str) -> String {
    let mut hidden = String::with_capacity(json.len() + json.len() / 8);
    for token in tokens(json) {
        match token.as_bytes() {
            [b'-' | b'0'..=b'9', ..] => hidden.extend(["\"", MARK, token, "\""]),
            [b'"', text @ ..] if text.starts_with(MARK.as_bytes()) => hidden.extend(["\"", MARK, &token[1..]]),
            _ => hidden.push_str(token),
        }
    }
    hidden
}

/// The JSON that was hidden.
pub(super) fn show(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for token in tokens(json) {
        match token.strip_prefix('"').and_then(|text| text.strip_prefix(MARK)) {
            Some(text) if text.starts_with(MARK) => shown.extend(["\"", text]),
            Some(number) => shown.push_str(number.trim_end_matches('"')),
            None => shown.push_str(token),
        }
    }
    shown
}

/// Cuts JSON into texts with their quotes, numbers, and what is between them.
fn tokens(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json;
    std::iter::from_fn(move || {
        let is_number = |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
        let length = match rest.as_bytes() {
            [] => return None,
            [b'"', text @ ..] => text_length(text) + 1,
            [b'-' | b'0'..=b'9', ..] => rest.bytes().take_while(|byte| is_number(byte)).count(),
            between => between.iter().take_while(|byte| !matches!(byte, b'"' | b'-' | b'0'..=b'9')).count(),
        };
        let (token, left) = rest.split_at(length);
        rest = left;
        Some(token)
    })
}

/// Length of a text up to and with its closing quote.
fn text_length(text: &[u8]) -> usize {
    let mut escaped = false;
    let end = text.iter().position(|byte| {
        let closes = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        closes
    });
    end.map_or(text.len(), |end| end + 1)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{hide, show};

    #[test]
    fn numbers_and_odd_texts_come_through_to_the_letter() {
        for json in [
            r#"{"a":1.10,"b":[-0,1e400,12345678901234567890.5E+3],"c":{"7":7}}"#,
            r#"["1.10","\u0001","\u00011.5","\\u0001x","a\"1","\\",1,"\\\"",2]"#,
            r#"{"\u0001key":"é1","true":true,"false":false,"null":null}"#,
            "1.50",
            "\"\"",
            "[]",
        ] {
            let hidden: Value = serde_json::from_str(&hide(json)).expect("it is still JSON");
            assert_eq!(show(&hidden.to_string()), json);
        }
    }

    #[test]
    fn hidden_numbers_are_told_apart_by_their_digits() {
        let read = |json: &str| serde_json::from_str::<Value>(&hide(json)).expect("it is still JSON");
        assert_ne!(read("[1.10]"), read("[1.1]"));
        assert_ne!(read("[1]"), read(r#"["\u00011"]"#));
        assert_eq!(read(r#"{"a": 1, "b":[2]}"#), read(r#"{"b":[2],"a":1}"#));
    }
}
