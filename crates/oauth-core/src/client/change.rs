//! What is new about a client that is being registered or changed, and so has to keep the rules.

use crate::client::Client;

/// A member that holds text: its name, and how to look at it.
pub(super) type Text = (&'static str, fn(&Client) -> &str);
/// A member that holds a list.
pub(super) type List = (&'static str, fn(&Client) -> &[String]);

/// A client as it is to be, and as it is stored, if it is.
///
/// Hydra stored much that is refused here (`docs/divergences.md`). Whoever changes the name of such a client must not have to
/// repair its redirect URIs first: what stays as it is stored is not looked at again. An entry of a list is its own matter.
pub(super) struct Change<'a> {
    pub(super) now: &'a Client,
    pub(super) before: Option<&'a Client>,
}

impl<'a> Change<'a> {
    /// Whether a field is set to another value than it has.
    pub(super) fn touches<T: PartialEq + ?Sized>(&self, field: fn(&Client) -> &T) -> bool {
        self.before.is_none_or(|before| field(before) != field(self.now))
    }

    /// The entries of a list that are not in it yet.
    pub(super) fn added(&self, list: fn(&Client) -> &[String]) -> impl Iterator<Item = &'a str> + use<'a> {
        let known: &[String] = self.before.map_or(&[], list);
        list(self.now).iter().filter(|entry| !known.contains(entry)).map(String::as_str)
    }

    /// Whether fields contradict each other that did not so before.
    pub(super) fn breaks(&self, contradict: impl Fn(&Client) -> bool) -> bool {
        contradict(self.now) && !self.before.is_some_and(contradict)
    }
}
