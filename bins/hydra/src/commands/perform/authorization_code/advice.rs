//! What the user can do when client and flow do not fit, as commands to run.

use serde_json::Value;
use url::{Host, Url};

use super::{plan::Plan, site::Site};
use crate::{
    commands::Session,
    output::{printable, remark},
};

/// Says what will make the flow fail, where the endpoint is the admin API and can tell.
pub(super) async fn foresee(session: &Session, plan: &Plan<'_>) {
    let Some(client) = registered(session, plan).await else { return };
    if !texts(&client, "redirect_uris").any(|registered| fits(registered, &plan.redirect_uri)) {
        remark(format_args!(
            "Warning: the client has no redirect URI {}, so the server will refuse. To register it, run\n\n\t{}\n",
            printable(&plan.redirect_uri),
            printable(&registration(session, plan, Some(&client)))
        ));
    }
    let mut grants = texts(&client, "grant_types").peekable();
    if grants.peek().is_some() && !grants.any(|grant| grant == "authorization_code") {
        remark("Warning: authorization_code is not among the client's grant types, so it will get no tokens.");
    }
}

/// After an error that came with the browser; `words` is all that the server said.
pub(super) async fn on_refusal(site: &Site<'_>, error: &str, words: &str) -> Vec<String> {
    let (session, plan) = (site.session, &site.plan);
    let words = words.to_ascii_lowercase();
    if words.contains("redirect_ur") || words.contains("redirect ur") {
        let client = registered(session, plan).await;
        let command = registration(session, plan, client.as_ref());
        return vec![format!("If the client does not have the redirect URI {}, run: {command}", plan.redirect_uri)];
    }
    let advice = match error {
        "invalid_client" => format!("Check --client-id: is there a client {} at this server?", plan.client_id),
        "invalid_scope" => {
            "The client may not have one of the scopes: ask for others with --scope, or give it those with \
                            hydra update oauth2-client."
                .to_owned()
        }
        "invalid_state" => "Give --state eight characters or more, or leave it out.".to_owned(),
        _ => return Vec::new(),
    };
    vec![advice]
}

/// After an error of the token endpoint.
pub(super) fn on_exchange(site: &Site<'_>, error: &str) -> Option<String> {
    let plan = &site.plan;
    match error {
        "invalid_client" if plan.client_secret.is_some() => Some(format!(
            "The client was presented in both ways, and refused. Check --client-secret, and what the client may use: \
             hydra get oauth2-client {} --endpoint {ADMIN} --format jsonpath=token_endpoint_auth_method",
            word(plan.client_id)
        )),
        "invalid_client" => {
            Some("If the client has a secret, pass it with --client-secret or in OAUTH2_CLIENT_SECRET.".to_owned())
        }
        "invalid_grant" => Some("A code works once and for minutes: begin anew from the first page.".to_owned()),
        "unauthorized_client" => Some(format!(
            "Give the client {} the grant type authorization_code: --grant-type of hydra update oauth2-client sets all that \
             it may use.",
            plan.client_id
        )),
        _ => None,
    }
}

const ADMIN: &str = "ADMIN-URL";

/// The client, if the endpoint is the admin API and has it.
async fn registered(session: &Session, plan: &Plan<'_>) -> Option<Value> {
    let url = session.server.url(&["admin", "clients", plan.client_id]).ok()?;
    let client = session.server.get(url).await.ok()?.object().ok()?;
    (client.get("client_id")? == plan.client_id).then_some(client)
}

/// The command that adds the redirect URI. Its flag replaces the list, so those that are there are repeated.
fn registration(session: &Session, plan: &Plan<'_>, client: Option<&Value>) -> String {
    let endpoint = client.map_or_else(|| ADMIN.to_owned(), |_| word(&session.server.shown()));
    let present = client.into_iter().flat_map(|client| texts(client, "redirect_uris"));
    let uris: String = present
        .chain([plan.redirect_uri.as_str()])
        .map(|uri| format!(" --redirect-uri {}", word(&record(uri))))
        .collect();
    format!("hydra update oauth2-client {} --endpoint {endpoint}{uris}", word(plan.client_id))
}

fn texts<'a>(client: &'a Value, member: &str) -> impl Iterator<Item = &'a str> {
    client.get(member).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The rule of the server: the same text, or for http on a loopback address any port (RFC 8252 §7.3).
fn fits(registered: &str, asked: &str) -> bool {
    if registered == asked {
        return true;
    }
    let (Ok(registered), Ok(asked)) = (Url::parse(registered), Url::parse(asked)) else { return false };
    let is_loopback = match asked.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        _ => false,
    };
    asked.scheme() == "http"
        && is_loopback
        && registered.host() == asked.host()
        && registered.path() == asked.path()
        && registered.query() == asked.query()
}

/// A value of a flag that takes several: one CSV record.
fn record(value: &str) -> String {
    if value.contains([',', '"']) { format!("\"{}\"", value.replace('"', "\"\"")) } else { value.to_owned() }
}

/// A word that a shell reads as it is.
fn word(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./:@%+=,".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_address_fits_on_any_port() {
        let asked = "http://127.0.0.1:4446/callback";
        for fitting in [asked, "http://127.0.0.1/callback", "http://127.0.0.1:1/callback"] {
            assert!(fits(fitting, asked), "{fitting}");
        }
        for other in
            ["http://localhost:4446/callback", "http://127.0.0.1:4446/cb", "http://127.0.0.1:4446/callback?a", "x"]
        {
            assert!(!fits(other, asked), "{other}");
        }
        assert!(!fits("https://127.0.0.1:1/callback", "https://127.0.0.1:2/callback"));
        assert!(!fits("http://app.example:1/callback", "http://app.example:2/callback"));
    }

    #[test]
    fn a_command_can_be_pasted_into_a_shell() {
        assert_eq!(word("http://127.0.0.1:4446/callback"), "http://127.0.0.1:4446/callback");
        assert_eq!(word("a b;c'd"), r"'a b;c'\''d'");
        assert_eq!(word(""), "''");
        assert_eq!(record("https://a/?x=1,2"), "\"https://a/?x=1,2\"");
    }
}
