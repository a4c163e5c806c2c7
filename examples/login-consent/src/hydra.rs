//! The part of the server's admin API that such an application needs: `/admin/oauth2/auth/requests`.

use std::{fmt, time::Duration};

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use hydra_api::{ErrorBody, RedirectTo, Reject};
use reqwest::{Method, Response, Url};
use serde::{Serialize, de::DeserializeOwned};

use crate::page::page;

/// The admin API. Whoever reaches it may do everything, so only programs of your own should.
pub(crate) struct Hydra {
    http: reqwest::Client,
    admin: Url,
}

/// In each method `step` is `login`, `consent` or `logout`, as in the addresses of the API.
impl Hydra {
    pub(crate) fn at(admin: Url) -> Self {
        Self { http: reqwest::Client::new(), admin }
    }

    /// What a challenge is about.
    pub(crate) async fn request<T: DeserializeOwned>(&self, step: &str, challenge: &str) -> Result<T, Trouble> {
        let answer = self.call(Method::GET, step, challenge, &()).await?;
        answer.json().await.map_err(Trouble::of)
    }

    /// Says yes; where the browser goes on.
    pub(crate) async fn accept(&self, step: &str, challenge: &str, yes: &impl Serialize) -> Result<String, Trouble> {
        let answer = self.call(Method::PUT, &format!("{step}/accept"), challenge, yes).await?;
        answer.json::<RedirectTo>().await.map(|to| to.redirect_to).map_err(Trouble::of)
    }

    /// Says no to a login or consent; where the browser goes on, with an error for the application that asked.
    pub(crate) async fn reject(&self, step: &str, challenge: &str, why: &str) -> Result<String, Trouble> {
        let no = Reject { error: "access_denied".to_owned(), error_description: why.to_owned(), ..Reject::default() };
        let answer = self.call(Method::PUT, &format!("{step}/reject"), challenge, &no).await?;
        answer.json::<RedirectTo>().await.map(|to| to.redirect_to).map_err(Trouble::of)
    }

    /// Says no to a logout: nothing changes, and the browser stays.
    pub(crate) async fn stay_logged_in(&self, challenge: &str) -> Result<(), Trouble> {
        self.call(Method::PUT, "logout/reject", challenge, &()).await.map(drop)
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        challenge: &str,
        body: &impl Serialize,
    ) -> Result<Response, Trouble> {
        let (step, _) = path.split_once('/').unwrap_or((path, ""));
        let mut url = self.admin.clone();
        url.set_path(&format!("{}/admin/oauth2/auth/requests/{path}", url.path().trim_end_matches('/')));
        url.query_pairs_mut().append_pair(&format!("{step}_challenge"), challenge);
        let request = self.http.request(method, url).timeout(Duration::from_secs(10)).json(body);
        let answer = request.send().await.map_err(Trouble::of)?;
        match answer.status() {
            status if status.is_success() => Ok(answer),
            status if status.is_server_error() => Err(Trouble::Failing(status.as_u16())),
            _ => Err(Trouble::Refused(answer.json().await.unwrap_or_default())),
        }
    }
}

/// Why a page cannot go on.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The challenge is damaged, too old or not of this server; or the answer to it was wrong.
    Refused(ErrorBody),
    /// The server has a trouble of its own.
    Failing(u16),
    /// It does not answer, or not as it should.
    Unreachable(reqwest::Error),
}

impl Trouble {
    /// The address of a call holds the challenge, which is for nobody's log.
    fn of(call: reqwest::Error) -> Self {
        Self::Unreachable(call.without_url())
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(said) => write!(f, "the admin API refused: {}: {}", said.error, said.error_description),
            Self::Failing(status) => write!(f, "the admin API answered {status}"),
            Self::Unreachable(why) => write!(f, "the admin API (HYDRA_ADMIN_URL) cannot be used: {why:?}"),
        }
    }
}

/// People read what they can do about it; the rest is for the log.
impl ResponseError for Trouble {
    fn error_response(&self) -> HttpResponse {
        eprintln!("{self}");
        let (status, advice) = match self {
            Self::Refused(_) => {
                (StatusCode::BAD_REQUEST, "Go back to the application that sent you here, and start again.")
            }
            Self::Failing(_) | Self::Unreachable(_) => (StatusCode::SERVICE_UNAVAILABLE, "Try again in a minute."),
        };
        page(status, "That did not work", &format!("<p>{advice}</p>"))
    }
}
