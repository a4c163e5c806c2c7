//! `/oauth2/fallbacks/…`: pages that stand in for those of the operator until these are configured. Each names the key to set. Under
//! `--dev` the first three give way to those of `development`.

use actix_web::{HttpResponse, http::StatusCode};

use crate::{
    extract::Query,
    respond::page::{document, escaped},
};

fn plain(status: StatusCode, title: &str, body: &str) -> HttpResponse {
    document(status, "form-action 'none'", title, body)
}

fn not_configured(what: &str, key: &str) -> HttpResponse {
    let body = format!(
        "<p>This server shows no {what} of its own. Whoever runs it must set <code>{key}</code> to the address of one, in the \
         configuration or as the variable <code>{}</code>.</p>",
        key.replace('.', "_").to_uppercase()
    );
    plain(StatusCode::OK, &format!("No {what} is configured"), &body)
}

pub(crate) fn login() -> HttpResponse {
    not_configured("login page", "urls.login")
}

pub(crate) fn consent() -> HttpResponse {
    not_configured("consent page", "urls.consent")
}

pub(crate) fn logout() -> HttpResponse {
    not_configured("logout page", "urls.logout")
}

pub(crate) async fn device() -> HttpResponse {
    not_configured("page for device codes", "urls.device.verification")
}

pub(crate) async fn logged_out() -> HttpResponse {
    plain(
        StatusCode::OK,
        "You are logged out",
        "<p>You can close this page. To show another one here, set <code>urls.post_logout_redirect</code>.</p>",
    )
}

pub(crate) async fn device_done() -> HttpResponse {
    plain(
        StatusCode::OK,
        "Your device is connected",
        "<p>You can close this page. To show another one here, set <code>urls.device.success</code>.</p>",
    )
}

/// What went wrong, from the query: everything in it may be an attacker's.
pub(crate) async fn error(query: Query) -> HttpResponse {
    let rows: String =
        [("error", "Error"), ("error_description", "What happened"), ("error_hint", "Hint"), ("error_debug", "Detail")]
            .iter()
            .filter_map(|(name, label)| Some((label, query.get(name)?)))
            .map(|(label, text)| format!("<dt>{label}</dt>\n<dd>{}</dd>\n", escaped(text)))
            .collect();
    let body = format!(
        "<p>The request could not be completed. Go back to the application you came from and start again. If that does not help, tell \
         its makers what stands here.</p>\n<dl>\n{rows}</dl>\n<p>To show another page here, set <code>urls.error</code>.</p>"
    );
    plain(StatusCode::BAD_REQUEST, "Something went wrong", &body)
}
