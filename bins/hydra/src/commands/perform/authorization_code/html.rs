//! Markup that is well-formed by construction: whatever text a page shows, it stays text.

/// A piece of HTML.
pub(super) struct Html(String);

impl Html {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Text, escaped. The only way in for words that somebody else chose, besides the values of attributes.
pub(super) fn text(text: impl AsRef<str>) -> Html {
    Html(escaped(text.as_ref()))
}

/// An element with what is inside of it.
pub(super) fn element(
    name: &'static str,
    attributes: &[(&'static str, &str)],
    inside: impl IntoIterator<Item = Html>,
) -> Html {
    let inside: String = inside.into_iter().map(|Html(markup)| markup).collect();
    Html(format!("{}{inside}</{name}>", open(name, attributes)))
}

/// An element that has no inside, such as `input`.
pub(super) fn void(name: &'static str, attributes: &[(&'static str, &str)]) -> Html {
    Html(open(name, attributes))
}

/// A paragraph.
pub(super) fn paragraph(words: impl AsRef<str>) -> Html {
    element("p", &[], [text(words)])
}

/// Names and what they stand for, one below the other.
pub(super) fn facts<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Html {
    let pair = |(name, value): (&str, &str)| {
        [element("dt", &[], [text(name)]), element("dd", &[], [element("code", &[], [text(value)])])]
    };
    element("dl", &[], pairs.into_iter().flat_map(pair))
}

fn open(name: &'static str, attributes: &[(&'static str, &str)]) -> String {
    let attributes: String = attributes.iter().map(|(name, value)| format!(" {name}=\"{}\"", escaped(value))).collect();
    format!("<{name}{attributes}>")
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_values_of_attributes_stay_what_they_are() {
        let hostile = "\"'><script>&";
        let shown = "&quot;&#39;&gt;&lt;script&gt;&amp;";
        assert_eq!(text(hostile).as_str(), shown);
        assert_eq!(void("input", &[("value", hostile)]).as_str(), format!("<input value=\"{shown}\">"));
        assert_eq!(element("p", &[], [text("a"), text("<")]).as_str(), "<p>a&lt;</p>");
        assert_eq!(facts([("a", "<")]).as_str(), "<dl><dt>a</dt><dd><code>&lt;</code></dd></dl>");
    }
}
