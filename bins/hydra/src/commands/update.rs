//! `hydra update`: change what the flags say (PATCH), or replace the whole client (PUT) with `--file`.

use reqwest::Method;

use super::{Session, create::show_secret, input};
use crate::{args::Update, failure::Failure, output::answers};

pub(super) async fn run(session: &Session, what: Update) -> Result<(), Failure> {
    let Update::Client(arguments) = what;
    let url = session.server.url(&["admin", "clients", &arguments.id])?;
    let (answer, asked_for) = match &arguments.client.file {
        Some(path) => {
            let body = input::object(path)?;
            let answer = session.server.send_json(Method::PUT, url, &body).await?;
            (answer, input::text(&body, "client_secret"))
        }
        None => {
            let answer = session.server.send_json(Method::PATCH, url, &arguments.client.patch()).await?;
            (answer, arguments.client.secret())
        }
    };
    let mut updated = answer.object()?;
    show_secret(&mut updated, asked_for);
    session.print(&answers::client(&updated))
}
