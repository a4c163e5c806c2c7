//! The login page: whoever comes may say who they are (admin API, login requests).

use hyper::StatusCode;
use serde_json::{Value, json};

use super::{
    fields::Fields,
    form,
    html::{Html, element, paragraph, text, void},
    reply::{Page, Reply},
    requests::{self, Kind, Verdict},
    site::Site,
    trouble::Trouble,
};
use crate::failure::Failure;

/// Shows the page, or with `--skip` goes on at once where the server knows the user.
pub(super) async fn ask(site: &Site<'_>, fields: &Fields) -> Result<Reply, Trouble> {
    let challenge = requests::challenge(site, Kind::Login, fields.first("login_challenge"))?;
    let request = requests::read(site, Kind::Login, &challenge).await?;
    if site.skip && requests::may_be_skipped(&request) {
        let body = json!({"subject": requests::text(&request, "subject")});
        return requests::close(site, Kind::Login, Verdict::Accept, &challenge, &body).await;
    }
    Ok(page(&challenge, &request).into())
}

/// Does what the form says.
pub(super) async fn decide(site: &Site<'_>, form: &Fields) -> Result<Reply, Trouble> {
    let challenge = requests::challenge(site, Kind::Login, form.first("ls"))?;
    match requests::verdict(form.first("action"))? {
        Verdict::Reject => requests::close(site, Kind::Login, Verdict::Reject, &challenge, &requests::denial()).await,
        Verdict::Accept => accept(site, form, &challenge).await,
    }
}

async fn accept(site: &Site<'_>, form: &Fields, challenge: &str) -> Result<Reply, Trouble> {
    let subject = form.first("username");
    if subject.is_empty() {
        return Err(Trouble::new("Nobody can log in without a name")
            .status(StatusCode::BAD_REQUEST)
            .advise(["Go back and fill in the user name.".to_owned()]));
    }
    if form.is_on("revoke-consents") {
        forget_consents(site, subject).await.map_err(|failure| requests::call_failed(&failure))?;
    }
    let body = json!({
        "context": {"context from": "login step"},
        "remember": form.is_on("remember"),
        "remember_for": form::REMEMBER_SECONDS,
        "subject": subject,
    });
    requests::close(site, Kind::Login, Verdict::Accept, challenge, &body).await
}

async fn forget_consents(site: &Site<'_>, subject: &str) -> Result<(), Failure> {
    let mut url = site.session.server.url(&["admin", "oauth2", "auth", "sessions", "consent"])?;
    url.query_pairs_mut().append_pair("all", "true").append_pair("subject", subject);
    site.session.server.delete(url).await.map(drop)
}

fn page(challenge: &str, request: &Value) -> Page {
    let known = match requests::text(request, "subject") {
        "" => request["oidc_context"]["login_hint"].as_str().unwrap_or_default(),
        subject => subject,
    };
    let form = [
        void("input", &[("type", "hidden"), ("name", "ls"), ("value", challenge)]),
        element("div", &[("class", "field")], [label("username", "User name"), username(known)]),
        form::choice("remember", "remember", "on", "Remember this login for an hour", false),
        form::choice("revoke-consents", "revoke-consents", "on", "Forget what this user has allowed before", false),
        form::buttons("Log in", "Refuse"),
    ];
    let question = format!("The client {} asks who you are. No password is needed here.", requests::client_of(request));
    Page::new(
        "Log in",
        [paragraph(question), form::posting_to("/login", form), form::raw("The login request", request)],
    )
    .asking()
}

fn label(id: &str, words: &str) -> Html {
    element("label", &[("for", id)], [text(words)])
}

fn username(value: &str) -> Html {
    let attributes = [
        ("id", "username"),
        ("name", "username"),
        ("value", value),
        ("autocomplete", "username"),
        ("autocapitalize", "none"),
        ("spellcheck", "false"),
        ("required", ""),
    ];
    void("input", &attributes)
}
