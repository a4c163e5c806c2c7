//! The parts that the login and the consent form share.

use hydra_api::go_json;
use serde_json::Value;

use super::html::{Html, element, text, void};

/// How long a decision is remembered, if it is.
pub(super) const REMEMBER_SECONDS: i64 = 3600;

/// A form.
pub(super) fn posting_to(path: &str, inside: impl IntoIterator<Item = Html>) -> Html {
    element("form", &[("method", "post"), ("action", path)], inside)
}

/// A box to tick, with its words.
pub(super) fn choice(id: &str, name: &str, value: &str, words: &str, ticked: bool) -> Html {
    let mut attributes = vec![("type", "checkbox"), ("id", id), ("name", name), ("value", value)];
    if ticked {
        attributes.push(("checked", ""));
    }
    let label = element("label", &[("for", id)], [text(words)]);
    element("div", &[("class", "choice")], [void("input", &attributes), label])
}

/// Yes and no. A no needs no filled-in fields.
pub(super) fn buttons(accept: &str, deny: &str) -> Html {
    let accept = element("button", &[("type", "submit"), ("name", "action"), ("value", "accept")], [text(accept)]);
    let deny = element(
        "button",
        &[("type", "submit"), ("name", "action"), ("value", "deny"), ("formnovalidate", "")],
        [text(deny)],
    );
    element("p", &[], [accept, deny])
}

/// JSON from the server as it is.
pub(super) fn raw(title: &str, json: &Value) -> Html {
    let lines = go_json::to_string_pretty(json).unwrap_or_default();
    element("details", &[], [element("summary", &[], [text(title)]), element("pre", &[], [text(lines)])])
}
