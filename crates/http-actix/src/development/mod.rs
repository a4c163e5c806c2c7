//! The built-in login, consent and logout pages of `--dev`: anybody signs in as anybody, so that a first login needs no application.
//!
//! Each stands in for an application that the operator has not configured, and does what that would do: it asks the provider what
//! it is asked, shows it, and hands the answer in. There are two handlers to a page: `show` answers a browser that is sent there,
//! `decide` takes the form. Where a page is not offered, the one of `public::fallbacks` says what to configure.
//!
//! A form needs no other protection against forgery than the sealed challenge inside it. Nobody can make or guess one; an attacker
//! has those of logins that he began himself. Whoever he gets to post one is sent on to `/oauth2/auth`, where the cookie that was
//! set when that login began is missing, and the login ends: that is how a forged login (RFC 6749 §10.12) fails in applications as
//! well. By GET nothing is decided that the provider has not decided already.

pub(crate) mod consent;
pub(crate) mod login;
pub(crate) mod logout;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web::Payload,
};
use hydra_config::Config;
use oauth_core::{Error, authorize::Rejection, client::Client, token::Form};
use url::Url;

use crate::{
    error::Reason,
    extract::{Query, posted},
    respond::{
        NO_STORE,
        page::{document, escaped},
        wrong_method,
    },
    state::Shared,
};

/// Which of the pages this server shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offered {
    login: bool,
    consent: bool,
    logout: bool,
}

impl Offered {
    /// In development mode, those to which browsers are sent because nothing else is configured.
    pub(crate) fn by(config: &Config) -> Self {
        let here = |page: String, path: &str| config.dev && page == config.public_endpoint(path);
        Self {
            login: here(config.login_url(), "oauth2/fallbacks/login"),
            consent: here(config.consent_url(), "oauth2/fallbacks/consent"),
            logout: here(config.logout_url(), "oauth2/fallbacks/logout"),
        }
    }

    /// Tells the log, so that nobody is surprised.
    pub(crate) fn announce(self) {
        let keys = [(self.login, "urls.login"), (self.consent, "urls.consent"), (self.logout, "urls.logout")];
        let unset: Vec<&str> = keys.iter().filter(|(offered, _)| *offered).map(|(_, key)| *key).collect();
        if !unset.is_empty() {
            log::info!(
                "not set: {}. Built-in pages for development stand in, where anybody can sign in as anybody",
                unset.join(", ")
            );
        }
    }
}

/// The challenge in the address.
fn challenge_in<'q>(query: &'q Query, name: &'static str) -> Result<&'q str, Error> {
    query.get(name).ok_or(Error::MissingParameter(name))
}

/// What a person decided.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Yes,
    No,
}

/// A form that was filled in.
struct Answer {
    challenge: String,
    verdict: Verdict,
    form: Form,
}

impl Answer {
    async fn read(
        request: &HttpRequest,
        payload: Payload,
        state: &Shared,
        challenge: &'static str,
    ) -> Result<Self, Reason> {
        let form = posted(request, payload.into_inner(), state).await?;
        let challenge = form.one(challenge)?.ok_or(Error::MissingParameter(challenge))?.to_owned();
        let verdict = match form.one("verdict")? {
            Some("yes") => Verdict::Yes,
            Some("no") => Verdict::No,
            _ => return Err(Error::MissingParameter("verdict").into()),
        };
        Ok(Self { challenge, verdict, form })
    }

    /// Whether a box is ticked.
    fn has_ticked(&self, name: &'static str) -> Result<bool, Error> {
        Ok(self.form.one(name)?.is_some())
    }
}

/// A person's no.
fn refusal(description: &str, asked: &'static str) -> Rejection {
    Rejection::new("access_denied", description, "", None, asked)
}

/// What a handler came to, as an answer.
fn finished(outcome: Result<HttpResponse, Reason>) -> HttpResponse {
    outcome.unwrap_or_else(|reason| trouble(&reason))
}

/// On, by GET whatever the method was (RFC 9700 §4.12).
fn go_on(url: String) -> HttpResponse {
    HttpResponse::SeeOther().insert_header(NO_STORE).insert_header((header::LOCATION, url)).finish()
}

/// POST where there is no form, as any other method that an address does not answer.
fn takes_no_form(request: &HttpRequest, state: &Shared) -> HttpResponse {
    wrong_method(request, "GET, HEAD", state.compat_hydra)
}

/// A page with a form, whose answer may lead to these addresses in the end.
fn form_page<'u>(heading: &str, key: &str, ends: impl Iterator<Item = &'u String>, form: &str) -> HttpResponse {
    document(StatusCode::OK, &form_action(ends), heading, &format!("{}{form}", notice(key)))
}

/// What stands on each of the pages.
fn notice(key: &str) -> String {
    format!(
        "<p class=\"notice\"><strong>For development only.</strong> No password is asked, and anybody can be anybody. Before people \
         rely on this server, set <code>{key}</code> to a page of your own.</p>\n"
    )
}

/// Where the form may lead. Browsers hold every redirect after a form against `form-action`, so the client's addresses belong to it:
/// those on the web, and those with the scheme of an app.
fn form_action<'u>(uris: impl Iterator<Item = &'u String>) -> String {
    let mut schemes: Vec<String> =
        uris.filter_map(|uri| Url::parse(uri).ok()).map(|url| format!("{}:", url.scheme())).collect();
    schemes.extend(["http:".to_owned(), "https:".to_owned()]);
    schemes.sort();
    schemes.dedup();
    format!("form-action 'self' {}", schemes.join(" "))
}

/// Why it cannot go on. What is ours to mend keeps its status; the rest is a page that came to nothing.
fn trouble(reason: &Reason) -> HttpResponse {
    reason.log();
    let status = if reason.status().is_server_error() { reason.status() } else { StatusCode::BAD_REQUEST };
    let trap = reason.trap().map(|trap| format!("<p>{}</p>\n", escaped(&trap.to_string()))).unwrap_or_default();
    let content = format!(
        "<p>{}</p>\n{trap}<p>Go back to the application you came from and start again. To try a login without one, run <code>hydra \
         perform authorization-code</code>.</p>\n<p class=\"notice\"><strong>For development only:</strong> this page stands in for \
         one of your own.</p>\n",
        escaped(&reason.description())
    );
    document(status, "form-action 'none'", "This cannot go on", &content)
}

/// A client as people know it: its name, or else its id.
fn name_of(client: &Client) -> String {
    let name = if client.name.trim().is_empty() { client.id.as_str() } else { client.name.trim() };
    format!("<strong>{}</strong>", escaped(name))
}

fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">\n", escaped(value))
}

/// A box to tick; `label` is HTML.
fn choice(id: &str, name: &str, value: &str, label: &str, ticked: bool) -> String {
    let ticked = if ticked { " checked" } else { "" };
    format!(
        "<div class=\"choice\"><input type=\"checkbox\" id=\"{id}\" name=\"{name}\" value=\"{}\"{ticked}><label \
         for=\"{id}\">{label}</label></div>\n",
        escaped(value)
    )
}

/// The two ways out. The first is what the return key does.
fn buttons(yes: &str, no: &str) -> String {
    format!(
        "<p><button name=\"verdict\" value=\"yes\">{yes}</button><button name=\"verdict\" value=\"no\" formnovalidate>{no}</button></p>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_may_lead_to_the_web_and_to_the_apps_of_the_client() {
        let uris = ["https://a.example/cb", "com.example.app:/cb", "no address"].map(str::to_owned);
        assert_eq!(form_action(uris.iter()), "form-action 'self' com.example.app: http: https:");
    }
}
