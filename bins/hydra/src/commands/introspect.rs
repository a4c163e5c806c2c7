//! `hydra introspect`: what the server knows about a token (RFC 7662).

use super::Session;
use crate::{
    args::{Introspect, Strings},
    failure::Failure,
    output::answers,
};

pub(super) async fn run(session: &Session, what: Introspect) -> Result<(), Failure> {
    let Introspect::Token { token, scope } = what;
    let url = session.server.url(&["admin", "oauth2", "introspect"])?;
    let form = [("scope", Strings::spaced(&scope)), ("token", token)];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    let known = session.server.post_form(url, &form, None).await?.json()?;
    session.print(&answers::introspection(&known))
}
