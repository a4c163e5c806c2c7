//! The answer of the authorization server, and what becomes of it (RFC 6749 §4.1.2, §4.1.3).

use chrono::{DateTime, FixedOffset};
use hydra_api::TokenResponse;

use super::{
    attempt::{Attempt, Nonce},
    exchange,
    fields::Fields,
    html::facts,
    refusal,
    reply::{Page, Reply},
    site::{Site, over},
    trouble::Trouble,
};
use crate::output::{answers, remark};

/// Deals with an answer, whatever it says, and ends the round.
pub(super) async fn answer(site: &Site<'_>, fields: &Fields) -> Reply {
    if !site.rounds.is_open() {
        return over().into();
    }
    let outcome = outcome(site, fields).await;
    site.rounds.done();
    let mut page = outcome.unwrap_or_else(|trouble| {
        trouble.tell();
        trouble.page()
    });
    page.content.extend(site.way_back());
    page.into()
}

async fn outcome(site: &Site<'_>, fields: &Fields) -> Result<Page, Trouble> {
    let attempt = site.rounds.take(fields.first("state"));
    if !fields.first("error").is_empty() {
        let trouble = refusal::trouble(site, fields).await;
        return Err(if attempt.is_some() { trouble } else { trouble.advise([UNASKED.to_owned()]) });
    }
    let attempt = attempt.ok_or_else(|| wrong_state(fields))?;
    let code = fields.first("code");
    if code.is_empty() {
        return Err(Trouble::new("The authorization server sent neither a code nor an error")
            .advise(["Check --auth-url: it must be the authorization endpoint.".to_owned()]));
    }
    remark(format_args!(
        "The authorization server sent a code; asking {} for tokens.",
        site.plan.shown_token_endpoint()
    ));
    let token = exchange::tokens(site, &attempt, code).await?;
    let received = (site.now)();
    check_nonce(&attempt, &token)?;
    if let Err(failure) = site.session.print(&answers::token_of_user(&token, received)) {
        let trouble = Trouble::of_call("The tokens could not be printed", &failure);
        site.rounds.fail(failure);
        return Ok(trouble.page());
    }
    Ok(result(&token, received))
}

const UNASKED: &str = "Its state is not the one that was sent either, so it may answer somebody else's request.";

/// Somebody may have followed a link that another person's login ends with: taking the code would log this client in as them
/// (RFC 6749 §10.12).
fn wrong_state(fields: &Fields) -> Trouble {
    let what = if fields.first("state").is_empty() { "It has none." } else { "" };
    Trouble::new("The state of the answer is not the one that was sent, so its code was not used")
        .fact("state", what)
        .advise(
        ["The answer belongs to another attempt, from an older tab say, or is forged. Begin anew from the first page."
            .to_owned()],
    )
}

fn check_nonce(attempt: &Attempt, token: &TokenResponse) -> Result<(), Trouble> {
    match token.id_token.as_deref().map(|id_token| attempt.nonce_of(id_token)) {
        None | Some(Nonce::Right) => Ok(()),
        Some(Nonce::Unreadable) => {
            remark("Warning: the ID token cannot be read, so its nonce was not checked. Is it encrypted?");
            Ok(())
        }
        Some(Nonce::Wrong) => Err(Trouble::new("The nonce of the ID token is not the one that was sent")
            .advise(["The token was made for another login. It was thrown away, and the others with it.".to_owned()])),
    }
}

fn result(token: &TokenResponse, received: DateTime<FixedOffset>) -> Page {
    let or_none = |token: &Option<String>| token.clone().unwrap_or_else(|| "none".to_owned());
    let expiry = answers::expiry(token, received).map_or_else(|| "not told".to_owned(), rfc1123);
    let (refresh_token, id_token) = (or_none(&token.refresh_token), or_none(&token.id_token));
    let pairs = [
        ("Access token", token.access_token.as_str()),
        ("Refresh token", &refresh_token),
        ("Expires", &expiry),
        ("ID token", &id_token),
    ];
    Page::new("The tokens are there", [facts(pairs)])
}

/// `Fri, 24 Jul 2026 12:00:00 UTC`; other zones by their offset.
fn rfc1123(time: DateTime<FixedOffset>) -> String {
    let zone = if time.offset().local_minus_utc() == 0 { "UTC" } else { "%z" };
    time.format(&format!("%a, %d %b %Y %H:%M:%S {zone}")).to_string()
}
