//! The consent page: what a client may do in a user's name (admin API, consent requests).

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

/// Shows the page, or with `--skip` grants everything where the server says that the user was asked before.
pub(super) async fn ask(site: &Site<'_>, fields: &Fields) -> Result<Reply, Trouble> {
    let challenge = requests::challenge(site, Kind::Consent, fields.first("consent_challenge"))?;
    let request = requests::read(site, Kind::Consent, &challenge).await?;
    if site.skip && requests::may_be_skipped(&request) {
        let scopes = requests::texts(&request, "requested_scope");
        let audiences = requests::texts(&request, "requested_access_token_audience");
        return accept(site, &challenge, &scopes, &audiences, true).await;
    }
    // The page is of use without them.
    let earlier = match earlier_consents(site, &request).await {
        Ok(consents) => earlier(&consents),
        Err(failure) => paragraph(format!("What was allowed before could not be read: {failure}")),
    };
    Ok(page(&challenge, &request, earlier).into())
}

/// Does what the form says.
pub(super) async fn decide(site: &Site<'_>, form: &Fields) -> Result<Reply, Trouble> {
    let challenge = requests::challenge(site, Kind::Consent, form.first("cs"))?;
    match requests::verdict(form.first("action"))? {
        Verdict::Reject => requests::close(site, Kind::Consent, Verdict::Reject, &challenge, &requests::denial()).await,
        Verdict::Accept => {
            let scopes: Vec<&str> = form.all("scope").collect();
            let audiences: Vec<&str> = form.all("audience").collect();
            accept(site, &challenge, &scopes, &audiences, form.is_on("remember")).await
        }
    }
}

async fn accept(
    site: &Site<'_>,
    challenge: &str,
    scopes: &[&str],
    audiences: &[&str],
    remember: bool,
) -> Result<Reply, Trouble> {
    // The session shows, in an introspection and in an ID token, where such data ends up.
    let body = json!({
        "grant_access_token_audience": audiences,
        "grant_scope": scopes,
        "remember": remember,
        "remember_for": form::REMEMBER_SECONDS,
        "session": {"access_token": {"foo": "bar"}, "id_token": {"baz": "bar"}},
    });
    requests::close(site, Kind::Consent, Verdict::Accept, challenge, &body).await
}

async fn earlier_consents(site: &Site<'_>, request: &Value) -> Result<Vec<Value>, Failure> {
    let mut url = site.session.server.url(&["admin", "oauth2", "auth", "sessions", "consent"])?;
    url.query_pairs_mut()
        .append_pair("subject", requests::text(request, "subject"))
        .append_pair("login_session_id", requests::text(request, "login_session_id"));
    site.session.server.get(url).await?.json()
}

fn page(challenge: &str, request: &Value, earlier: Html) -> Page {
    let legend = element("legend", &[], [text("It may")]);
    let scopes = requests::texts(request, "requested_scope");
    let choices = scopes.iter().enumerate().map(|(at, scope)| {
        let id = format!("scope-{at}");
        form::choice(&id, "scope", scope, scope, true)
    });
    let audiences = requests::texts(request, "requested_access_token_audience");
    let hidden = |name, value| void("input", &[("type", "hidden"), ("name", name), ("value", value)]);
    let mut inside = vec![hidden("cs", challenge)];
    inside.extend(audiences.iter().map(|audience| hidden("audience", audience)));
    inside.push(element("fieldset", &[], std::iter::once(legend).chain(choices)));
    inside.extend((!audiences.is_empty()).then(|| paragraph(format!("Its tokens are for: {}", audiences.join(", ")))));
    inside.push(form::choice("remember", "remember", "on", "Remember this for an hour", false));
    inside.push(form::buttons("Allow", "Refuse"));
    let (client, subject) = (requests::client_of(request), requests::text(request, "subject"));
    let question = format!("The client {client} wants to act in the name of {subject}.");
    let content =
        [paragraph(question), form::posting_to("/consent", inside), earlier, form::raw("The consent request", request)];
    Page::new("Allow access?", content).asking()
}

fn earlier(consents: &[Value]) -> Html {
    if consents.is_empty() {
        return paragraph("This user has allowed nothing before in this session.");
    }
    let item = |consent: &Value| {
        let client = requests::client_of(&consent["consent_request"]);
        let scopes = requests::texts(consent, "grant_scope").join(" ");
        element("li", &[], [text(format!("{client}: {scopes} ({})", requests::text(consent, "handled_at")))])
    };
    let heading = element("h2", &[], [text("Allowed before in this session")]);
    element("section", &[], [heading, element("ul", &[], consents.iter().map(item))])
}
