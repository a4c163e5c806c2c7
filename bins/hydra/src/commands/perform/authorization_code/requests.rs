//! Login and consent requests at the admin API: read, accepted, rejected.

use hyper::StatusCode;
use reqwest::Method;
use serde_json::{Value, json};

use super::{reply::Reply, site::Site, trouble::Trouble};
use crate::failure::Failure;

/// What the authorization server hands over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Login,
    Consent,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Consent => "consent",
        }
    }

    fn parameter(self) -> &'static str {
        match self {
            Self::Login => "login_challenge",
            Self::Consent => "consent_challenge",
        }
    }
}

/// How a request ends.
#[derive(Clone, Copy)]
pub(super) enum Verdict {
    Accept,
    Reject,
}

/// The challenge in a page's address.
pub(super) fn challenge(site: &Site<'_>, kind: Kind, given: &str) -> Result<String, Trouble> {
    if !given.is_empty() {
        return Ok(given.to_owned());
    }
    let (parameter, word) = (kind.parameter(), kind.word());
    Err(Trouble::new("The address of this page is incomplete")
        .status(StatusCode::BAD_REQUEST)
        .fact("missing parameter", parameter)
        .advise([format!("The authorization server sends browsers here: set its urls.{word} to {}{word}.", site.home)]))
}

/// The request that belongs to a challenge.
pub(super) async fn read(site: &Site<'_>, kind: Kind, challenge: &str) -> Result<Value, Trouble> {
    let read = async {
        let mut url = site.session.server.url(&["admin", "oauth2", "auth", "requests", kind.word()])?;
        url.query_pairs_mut().append_pair(kind.parameter(), challenge);
        site.session.server.get(url).await?.object()
    };
    read.await.map_err(|failure| call_failed(&failure))
}

/// Accepts or rejects, and sends the browser on.
pub(super) async fn close(
    site: &Site<'_>,
    kind: Kind,
    verdict: Verdict,
    challenge: &str,
    body: &Value,
) -> Result<Reply, Trouble> {
    let word = match verdict {
        Verdict::Accept => "accept",
        Verdict::Reject => "reject",
    };
    let close = async {
        let mut url = site.session.server.url(&["admin", "oauth2", "auth", "requests", kind.word(), word])?;
        url.query_pairs_mut().append_pair(kind.parameter(), challenge);
        site.session.server.send_json(Method::PUT, url, body).await?.object()
    };
    let closed = close.await.map_err(|failure| call_failed(&failure))?;
    match closed.get("redirect_to").and_then(Value::as_str) {
        Some(url) => Ok(Reply::Redirect(url.to_owned())),
        None => Err(Trouble::new("The admin API did not say where to go on")),
    }
}

/// The user said no.
pub(super) fn denial() -> Value {
    json!({"error": "access_denied", "error_description": "The resource owner denied the request."})
}

/// The button that was pressed.
pub(super) fn verdict(action: &str) -> Result<Verdict, Trouble> {
    match action {
        "accept" => Ok(Verdict::Accept),
        "deny" => Ok(Verdict::Reject),
        other => Err(Trouble::new("The form has no such button").status(StatusCode::BAD_REQUEST).fact("action", other)),
    }
}

/// A call to the admin API that failed.
pub(super) fn call_failed(failure: &Failure) -> Trouble {
    Trouble::of_call("The admin API did not do what this page needs", failure).advise([
        "For this page --endpoint must be the URL of the admin API, and --auth-url and --token-url those of the public one."
            .to_owned(),
    ])
}

/// The client's name, or its id.
pub(super) fn client_of(request: &Value) -> &str {
    let client = &request["client"];
    match client["client_name"].as_str() {
        Some(name) if !name.is_empty() => name,
        _ => text(client, "client_id"),
    }
}

/// A text member; empty if there is none.
pub(super) fn text<'a>(request: &'a Value, member: &str) -> &'a str {
    request[member].as_str().unwrap_or_default()
}

/// The texts of a list.
pub(super) fn texts<'a>(request: &'a Value, member: &str) -> Vec<&'a str> {
    request[member].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Whether the user need not be asked.
pub(super) fn may_be_skipped(request: &Value) -> bool {
    request["skip"] == true
}
