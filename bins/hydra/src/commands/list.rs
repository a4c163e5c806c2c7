//! `hydra list`: one page of the clients per run.

use serde_json::Value;

use super::Session;
use crate::{args::List, failure::Failure, output::answers};

pub(super) async fn run(session: &Session, what: List) -> Result<(), Failure> {
    let List::Clients { page_size, page_token } = what;
    let mut url = session.server.url(&["admin", "clients"])?;
    url.query_pairs_mut().append_pair("page_size", &page_size.to_string()).append_pair("page_token", &page_token);
    let page = session.server.get(url).await?;
    let clients: Vec<Value> = page.json()?;
    session.print(&answers::client_page(&clients, &page.next_page_token()))
}
