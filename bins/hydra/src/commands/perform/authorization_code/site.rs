//! The pages: which address does what.

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
};
use url::Url;

use super::{
    callback, consent,
    fields::Fields,
    html::{element, paragraph, text},
    login,
    plan::Plan,
    refusal,
    reply::{Page, Reply},
    rounds::Rounds,
    trouble::Trouble,
};
use crate::commands::{Session, perform::Clock};

/// Everything that the pages need.
pub(super) struct Site<'a> {
    pub(super) session: &'a Session,
    pub(super) now: Clock,
    /// The address of the first page.
    pub(super) home: Url,
    pub(super) plan: Plan<'a>,
    pub(super) rounds: Rounds<'a>,
    /// `--skip`.
    pub(super) skip: bool,
}

/// What an address stands for. Everything that has no meaning of its own is the first page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Home,
    Start,
    Callback,
    Login,
    Consent,
    Error,
}

impl Place {
    fn of(path: &str) -> Self {
        match path {
            "/perform-flow" => Self::Start,
            "/callback" => Self::Callback,
            "/login" => Self::Login,
            "/consent" => Self::Consent,
            "/error" => Self::Error,
            _ => Self::Home,
        }
    }
}

/// Whether the answer of the authorization server would arrive on a page that is something else.
pub(super) fn is_taken(redirect_path: &str) -> bool {
    redirect_path == "/" || !matches!(Place::of(redirect_path), Place::Home | Place::Callback)
}

impl Site<'_> {
    /// Answers one request.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let reply = self.reply(request).await.unwrap_or_else(|trouble| {
            trouble.tell();
            trouble.page().into()
        });
        reply.into()
    }

    async fn reply(&self, request: Request<Incoming>) -> Result<Reply, Trouble> {
        let path = request.uri().path().to_owned();
        let place = match Place::of(&path) {
            Place::Home if path == self.plan.redirect_path() && !is_taken(&path) => Place::Callback,
            place => place,
        };
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        match (place, request.method()) {
            (Place::Callback, &Method::GET) => Ok(callback::answer(self, &Fields::of_query(&request)).await),
            (Place::Callback, &Method::POST) => {
                // The answer of `form_post`. Seen again as a query, it is on one way with the others.
                let fields = Fields::of_body(request).await?;
                Ok(Reply::Redirect(format!("{path}?{}", fields.to_query())))
            }
            (Place::Login, &Method::GET) => login::ask(self, &Fields::of_query(&request)).await,
            (Place::Login, &Method::POST) => login::decide(self, &own_form(request).await?).await,
            (Place::Consent, &Method::GET) => consent::ask(self, &Fields::of_query(&request)).await,
            (Place::Consent, &Method::POST) => consent::decide(self, &own_form(request).await?).await,
            (Place::Home, _) if reads => Ok(self.welcome().into()),
            (Place::Start, _) if reads => Ok(self.start()),
            (Place::Error, _) if reads => self.error(&Fields::of_query(&request)).await,
            (Place::Home | Place::Start | Place::Error, _) => Ok(not_allowed("GET, HEAD").into()),
            (Place::Callback | Place::Login | Place::Consent, _) => Ok(not_allowed("GET, POST").into()),
        }
    }

    fn welcome(&self) -> Page {
        let Some(url) = self.rounds.url(&self.plan) else { return over() };
        let link = element("a", &[("href", url.as_str())], [text("Begin the flow")]);
        Page::new(
            "Log in with OAuth 2.0",
            [
                paragraph(format!(
                    "Here the client {} gets tokens with the authorization code flow.",
                    self.plan.client_id
                )),
                element("p", &[], [link]),
            ],
        )
    }

    fn start(&self) -> Reply {
        self.rounds.url(&self.plan).map_or_else(|| over().into(), |url| Reply::Redirect(url.into()))
    }

    /// Where `urls.error` may point: refusals that the authorization server does not send to a client.
    async fn error(&self, fields: &Fields) -> Result<Reply, Trouble> {
        match fields.first("error") {
            "" => Ok(self.welcome().into()),
            _ => Err(refusal::trouble(self, fields).await),
        }
    }

    /// The way back from the page of a result.
    pub(super) fn way_back(&self) -> Option<super::html::Html> {
        self.rounds.again().then(|| {
            let link = element("a", &[("href", "/")], [text("Back to the start, for another round")]);
            element("p", &[], [link])
        })
    }
}

/// The only attempt was answered.
pub(super) fn over() -> Page {
    Page::new("This flow is over", [paragraph("Its result is in the terminal. Run the command again for another.")])
        .with_status(StatusCode::GONE)
}

/// A form of the pages here. One that another site sends would decide in the user's name; browsers tell where a form was.
async fn own_form(request: Request<Incoming>) -> Result<Fields, Trouble> {
    let site = request.headers().get("sec-fetch-site");
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        let trouble = Trouble::new("A form of another site was refused").status(StatusCode::FORBIDDEN);
        return Err(trouble.advise(["Load this page again and use the form on it.".to_owned()]));
    }
    Fields::of_body(request).await
}

fn not_allowed(methods: &'static str) -> Page {
    Page::new("This address does not take that method", [paragraph(format!("It takes {methods}."))]).allowing(methods)
}
