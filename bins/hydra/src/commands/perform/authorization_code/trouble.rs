//! What went wrong, told twice: on a page to whoever looks at the browser, and on standard error.

use hyper::StatusCode;

use super::{
    html::{facts, paragraph},
    reply::Page,
};
use crate::{
    failure::Failure,
    output::{printable, remark},
};

/// A failure, with its details and what to do about it.
pub(super) struct Trouble {
    status: StatusCode,
    title: &'static str,
    facts: Vec<(String, String)>,
    advice: Vec<String>,
}

impl Trouble {
    /// A failure that says no more than this, with status 500.
    pub(super) fn new(title: &'static str) -> Self {
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, title, facts: Vec::new(), advice: Vec::new() }
    }

    /// A call to the server that failed.
    pub(super) fn of_call(title: &'static str, failure: &Failure) -> Self {
        Self::new(title).fact("reason", failure.to_string())
    }

    pub(super) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Adds a detail, unless it says nothing.
    pub(super) fn fact(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.facts.push((name.into(), value));
        }
        self
    }

    /// Adds what the user can do.
    pub(super) fn advise(mut self, advice: impl IntoIterator<Item = String>) -> Self {
        self.advice.extend(advice);
        self
    }

    /// One line that says what happened, and one for each piece of advice.
    pub(super) fn tell(&self) {
        let facts: String = self
            .facts
            .iter()
            .enumerate()
            .map(|(at, (name, value))| format!("{} {name}: {}", if at == 0 { ":" } else { ";" }, one_line(value)))
            .collect();
        remark(format_args!("Error: {}{facts}", self.title));
        for advice in &self.advice {
            remark(printable(advice));
        }
    }

    /// The same as a page.
    pub(super) fn page(&self) -> Page {
        let pairs = self.facts.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let facts = (!self.facts.is_empty()).then(|| facts(pairs));
        Page::new(self.title, facts.into_iter().chain(self.advice.iter().map(paragraph))).with_status(self.status)
    }
}

/// Text from elsewhere that neither floods nor rearranges the terminal.
fn one_line(text: &str) -> String {
    const MOST: usize = 1000;
    let line: String =
        text.chars().take(MOST).map(|character| if character == '\n' { ' ' } else { character }).collect();
    let rest = if text.chars().nth(MOST).is_some() { "…" } else { "" };
    format!("{}{rest}", printable(&line))
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn text_from_elsewhere_stays_on_its_line() {
        assert_eq!(one_line("a\nb\u{1b}[2J\u{202e}\"é\\"), "a b\\u{1b}[2J\\u{202e}\"é\\");
        assert_eq!(one_line(&"x".repeat(2000)).chars().count(), 1001);
    }
}
