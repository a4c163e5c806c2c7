//! Errors that the authorization server sends with the browser (RFC 6749 §4.1.2.1).

use super::{advice, fields::Fields, site::Site, trouble::Trouble};

/// What the server said, and what may help. Anybody can write such a query, so it is shown and no more.
pub(super) async fn trouble(site: &Site<'_>, fields: &Fields) -> Trouble {
    let said = ["error", "error_description", "error_hint", "error_debug"];
    let trouble = Trouble::new("The authorization server refused");
    let trouble = said.iter().fold(trouble, |trouble, name| trouble.fact(*name, fields.first(name)));
    let words = said.map(|name| fields.first(name)).join(" ");
    trouble.advise(advice::on_refusal(site, fields.first("error"), &words).await)
}
