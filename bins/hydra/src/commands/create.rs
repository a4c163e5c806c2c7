//! `hydra create`: clients and keys.

use hydra_api::{CreateJwkRequest, JwkSet};
use reqwest::Method;
use serde_json::Value;

use super::{Session, get, input};
use crate::{
    args::{Create, CreateClient},
    failure::Failure,
    output::answers,
};

pub(super) async fn run(session: &Session, what: Create) -> Result<(), Failure> {
    match what {
        Create::Client(arguments) => client(session, &arguments).await,
        Create::Jwk { set, key, alg, usage, public } => {
            let request = CreateJwkRequest { alg, kid: key.unwrap_or_default(), usage };
            jwk(session, &set, &request, public.public).await
        }
    }
}

async fn client(session: &Session, arguments: &CreateClient) -> Result<(), Failure> {
    let mut body: input::Members = match &arguments.client.file {
        Some(path) => input::object(path)?,
        None => arguments.client.members().into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    };
    if arguments.id.is_some() || arguments.client.file.is_none() {
        let id = serde_json::value::to_raw_value(arguments.id.as_deref().unwrap_or_default());
        let id = id.map_err(|error| Failure::Usage(format!("the id cannot be sent as JSON: {error}")))?;
        body.insert("client_id".to_owned(), id);
    }
    let url = session.server.url(&["admin", "clients"])?;
    let mut created = session.server.send_json(Method::POST, url, &body).await?.object()?;
    show_secret(&mut created, input::text(&body, "client_secret"));
    session.print(&answers::client(&created))
}

/// Adds the secret that was asked for where the server does not repeat it.
pub(super) fn show_secret(client: &mut Value, asked_for: Option<String>) {
    let missing = client.get("client_secret").and_then(Value::as_str).unwrap_or_default().is_empty();
    if let (true, Some(secret)) = (missing, asked_for) {
        client["client_secret"] = secret.into();
    }
}

async fn jwk(session: &Session, set: &str, request: &CreateJwkRequest, public: bool) -> Result<(), Failure> {
    let url = session.server.url(&["admin", "keys", set])?;
    let created: JwkSet = session.server.send_json(Method::POST, url, request).await?.json()?;
    let keys = get::keys_of(set, created, public)?;
    session.print(&answers::jwks(Some(set), &keys))
}
