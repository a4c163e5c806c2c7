//! `hydra perform authorization-code`: RFC 6749 §4.1 with PKCE (RFC 7636), from the browser to the tokens.
//!
//! [`run`] serves a few pages until the answer of the authorization server arrives. `site` is the table of addresses; `callback`
//! deals with the answer, `exchange` turns its code into tokens, `login` and `consent` stand in for the applications that a
//! server needs for a login. `plan` is what every attempt asks for, `attempt` what only one knows, `rounds` the order of them.

mod advice;
mod attempt;
mod browser;
mod callback;
mod certificate;
mod consent;
mod exchange;
mod fields;
mod form;
mod html;
mod listen;
mod login;
mod plan;
mod refusal;
mod reply;
mod requests;
mod rounds;
mod site;
mod trouble;

use plan::Plan;
use rounds::Rounds;
use site::Site;
use tokio::signal::unix::{SignalKind, signal};
use url::Url;

use super::{Session, World};
use crate::{
    args::AuthorizationCode,
    commands::help,
    failure::Failure,
    output::{self, remark},
};

pub(super) async fn run(session: &Session, flags: &AuthorizationCode, world: &World) -> Result<(), Failure> {
    let Some(client_id) = flags.client.id() else {
        let usage = help::usage(&["perform", "authorization-code"].map(str::to_owned));
        output::print(&format!("{usage}\n\nA client is needed: give --client-id, or set OAUTH2_CLIENT_ID.\n"))?;
        return Err(Failure::Reported);
    };
    let (listener, port) = listen::take(flags.port)?;
    let home = address(flags.https, port)?;
    let plan = Plan::new(client_id, flags, &session.server, &home)?;
    let tls = flags.https.then(|| certificate::make((world.now)())).transpose()?;
    let interrupted = interruption()?;
    let rounds = Rounds::new(&flags.state, world.random, flags.no_shutdown);
    let site = Site { session, now: world.now, home, plan, rounds, skip: flags.skip };

    announce(&site, tls.as_ref().map(|(_, fingerprint)| fingerprint.as_str()));
    if !flags.no_open {
        browser::open(&site.home);
    }
    let tls = tls.as_ref().map(|(tls, _)| tls);
    let serving = async {
        tokio::join!(
            listen::serve(&listener, tls, async |request| site.answer(request).await),
            advice::foresee(session, &site.plan),
        )
    };
    tokio::select! {
        _ = serving => {}
        () = site.rounds.over() => {}
        () = interrupted => remark("Stopped."),
    }
    site.rounds.result()
}

fn address(https: bool, port: u16) -> Result<Url, Failure> {
    let scheme = if https { "https" } else { "http" };
    Url::parse(&format!("{scheme}://127.0.0.1:{port}/"))
        .map_err(|error| Failure::Message(format!("the address of the pages is no URL: {error}")))
}

fn announce(site: &Site<'_>, fingerprint: Option<&str>) {
    let home = &site.home;
    remark(format_args!("The pages of this flow are served on {home}"));
    remark(format_args!(
        "The answer of the authorization server is awaited on {}",
        output::printable(&site.plan.redirect_uri)
    ));
    let path = site.plan.redirect_path();
    if site::is_taken(&path) {
        remark(format_args!(
            "Warning: {path} is another page here, so an answer there is not seen; give --redirect a path of its own."
        ));
    }
    if let Some(fingerprint) = fingerprint {
        remark(format_args!("The browser will not know the certificate. It is this one (SHA-256): {fingerprint}"));
    }
    remark(format_args!("Press Ctrl-C to stop. If no browser opens, visit\n\n\t{home}\n"));
}

/// Comes back on SIGINT or SIGTERM.
fn interruption() -> Result<impl Future<Output = ()>, Failure> {
    let on = |kind| signal(kind).map_err(|error| Failure::Message(format!("signals cannot be awaited: {error}")));
    let (mut interrupt, mut terminate) = (on(SignalKind::interrupt())?, on(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
