//! A browser. It keeps cookies, goes where it is sent, and comes by the login and consent applications, which the test plays.

use std::collections::BTreeMap;

use oauth_core::{
    ErrorCode,
    authorize::{
        self, AuthorizeFailure, ConsentAccepted, CookieChange, LoginAccepted, ResponseMode, Shown, Step, Visit,
    },
    ids::{ClientId, Csrf, LoginSessionId},
    logout::{LogoutDirections, LogoutVisit},
    token::Form,
};
use url::Url;

use super::World;

pub(crate) struct Browser<'w> {
    world: &'w World,
    /// What it says about itself. Its cookies are added when it goes somewhere.
    pub(crate) says: authorize::Browser,
    pub(crate) session: Option<LoginSessionId>,
    pub(crate) login_csrf: BTreeMap<ClientId, Csrf>,
    pub(crate) consent_csrf: BTreeMap<ClientId, Csrf>,
    /// What the last answer changed.
    pub(crate) changes: Vec<CookieChange>,
}

/// Where a browser was sent.
#[derive(Debug)]
pub(crate) enum Stop {
    /// To the login application, at this address.
    Login(String),
    /// To the consent application, with this challenge.
    Consent(String),
    /// Back to the client.
    Client(Answer),
}

/// What the client got.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) parameters: BTreeMap<&'static str, String>,
    /// The address with the parameters as the mode says.
    pub(crate) url: String,
}

impl Answer {
    /// One of its parameters.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.parameters.get(name).unwrap_or_else(|| panic!("{name} is not among {:?}", self.names()))
    }

    /// The names of its parameters, sorted.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.parameters.keys().copied().collect()
    }
}

impl Stop {
    /// The challenge for the login application.
    pub(crate) fn login_challenge(&self) -> String {
        match self {
            Self::Login(url) => parameter(url, "login_challenge"),
            other => panic!("this is no login: {other:?}"),
        }
    }

    /// The challenge for the consent application.
    pub(crate) fn consent_challenge(self) -> String {
        match self {
            Self::Consent(challenge) => challenge,
            other => panic!("this is no consent: {other:?}"),
        }
    }

    /// The answer to the client.
    pub(crate) fn answer(self) -> Answer {
        match self {
            Self::Client(answer) => answer,
            other => panic!("this is no answer: {other:?}"),
        }
    }
}

/// The value of a parameter in the query of an address.
pub(crate) fn parameter(url: &str, name: &str) -> String {
    let parsed = Url::parse(url).expect("an absolute address");
    let found = parsed.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
    found.unwrap_or_else(|| panic!("{url} has no {name}"))
}

/// An authorization request: of a good one, what the test wants to be different.
#[derive(Clone, Debug)]
#[must_use]
pub(crate) struct Request(pub(crate) Vec<(String, String)>);

impl Request {
    /// A code with the scope `openid`, at the redirect URI that [`World::register_app`] gives the client.
    pub(crate) fn of(client: &str) -> Self {
        Self(Vec::new())
            .with("client_id", client)
            .with("response_type", "code")
            .with("redirect_uri", &format!("https://{client}.example/cb"))
            .with("scope", "openid")
            .with("state", "some-state-0123456789")
            .with("nonce", "some-nonce-0123456789")
    }

    /// One parameter more, or another value of one that is there.
    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// One parameter less.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(own, _)| own != name);
        self
    }

    /// One parameter more, whatever is there.
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    fn client(&self) -> Option<ClientId> {
        self.0.iter().find(|(name, _)| name == "client_id").map(|(_, value)| ClientId::new(value.as_str()))
    }
}

impl<'w> Browser<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        let says = authorize::Browser {
            host: Some("op.example".to_owned()),
            is_https: true,
            agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned(),
            ..authorize::Browser::default()
        };
        Self {
            world,
            says,
            session: None,
            login_csrf: BTreeMap::new(),
            consent_csrf: BTreeMap::new(),
            changes: Vec::new(),
        }
    }

    /// The same browser at another server over the same database.
    pub(crate) fn at<'v>(&self, world: &'v World) -> Browser<'v> {
        Browser {
            world,
            says: self.says.clone(),
            session: self.session.clone(),
            login_csrf: self.login_csrf.clone(),
            consent_csrf: self.consent_csrf.clone(),
            changes: Vec::new(),
        }
    }

    /// Forgets all cookies.
    pub(crate) fn clear(&mut self) {
        self.session = None;
        self.login_csrf.clear();
        self.consent_csrf.clear();
    }

    fn shown(&self, client: Option<&ClientId>) -> authorize::Browser {
        let of_client = |jar: &BTreeMap<ClientId, Csrf>| client.and_then(|client| jar.get(client)).cloned();
        authorize::Browser {
            session: self.session.clone(),
            login_csrf: of_client(&self.login_csrf),
            consent_csrf: of_client(&self.consent_csrf),
            has_cookies: self.says.has_cookies
                || self.session.is_some()
                || !self.login_csrf.is_empty()
                || !self.consent_csrf.is_empty(),
            ..self.says.clone()
        }
    }

    fn keep(&mut self, changes: Vec<CookieChange>) {
        for change in &changes {
            match change.clone() {
                CookieChange::Session(id, _) => self.session = Some(id),
                CookieChange::ForgetSession => self.session = None,
                CookieChange::LoginCsrf(client, csrf, _) => drop(self.login_csrf.insert(client, csrf)),
                CookieChange::ConsentCsrf(client, csrf, _) => drop(self.consent_csrf.insert(client, csrf)),
            }
        }
        self.changes = changes;
    }

    /// Goes to the authorization endpoint.
    pub(crate) async fn visit(&mut self, request: &Request) -> Result<Stop, AuthorizeFailure> {
        let form = Form::new(request.0.clone(), self.world.provider.policy().compat_hydra);
        let browser = self.shown(request.client().as_ref());
        match self.world.provider.authorize(Visit { form, browser }).await {
            Ok(directions) => {
                self.keep(directions.cookies);
                Ok(self.arrive(directions.step))
            }
            Err(failure) => {
                self.keep(failure.cookies.clone());
                Err(failure)
            }
        }
    }

    /// Goes where an application sent it: back to the authorization endpoint.
    pub(crate) async fn open(&mut self, url: &str) -> Result<Stop, AuthorizeFailure> {
        let endpoint = &self.world.provider.policy().pages.authorization;
        assert!(url.starts_with(&format!("{endpoint}?")), "{url}");
        let parsed = Url::parse(url).expect("an absolute address");
        let pairs = parsed.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned()));
        self.visit(&Request(pairs.collect())).await
    }

    fn arrive(&self, step: Step) -> Stop {
        let pages = &self.world.provider.policy().pages;
        match step {
            Step::Visit(url) if url.starts_with(&pages.consent) => Stop::Consent(parameter(&url, "consent_challenge")),
            Step::Visit(url) => Stop::Login(url),
            Step::Answer(answer) => {
                let (uri, mode) = (&answer.redirect_uri, answer.mode);
                Stop::Client(Answer {
                    url: delivered(uri, mode, &answer.parameters),
                    parameters: answer.parameters.into_iter().collect(),
                })
            }
        }
    }

    /// Begins a request; the challenge for the login application.
    pub(crate) async fn begin(&mut self, request: &Request) -> String {
        self.visit(request).await.expect("the request is good").login_challenge()
    }

    /// The login application lets somebody in; the challenge for the consent application.
    pub(crate) async fn log_in(&mut self, challenge: &str, subject: &str) -> String {
        let stop = self.log_in_with(challenge, subject, |_| ()).await;
        stop.expect("the login suits the request").consent_challenge()
    }

    /// The login application lets somebody in, and says more about it.
    pub(crate) async fn log_in_with(
        &mut self,
        challenge: &str,
        subject: &str,
        change: impl FnOnce(&mut LoginAccepted),
    ) -> Result<Stop, AuthorizeFailure> {
        let url = self.world.accept_login(challenge, subject, change).await;
        self.open(&url).await
    }

    /// The consent application grants a scope; what the client gets.
    pub(crate) async fn allow(&mut self, challenge: &str, scope: &str) -> Answer {
        self.allow_with(challenge, scope, |_| ()).await.expect("the consent suits the request").answer()
    }

    /// The consent application grants a scope, and says more about it.
    pub(crate) async fn allow_with(
        &mut self,
        challenge: &str,
        scope: &str,
        change: impl FnOnce(&mut ConsentAccepted),
    ) -> Result<Stop, AuthorizeFailure> {
        let url = self.world.accept_consent(challenge, scope, change).await;
        self.open(&url).await
    }

    /// The consent application grants a scope of a request that began elsewhere; what the client gets.
    pub(crate) async fn allow_at(&mut self, request: &Request, challenge: &str, scope: &str) -> Answer {
        let back = self.world.accept_consent(challenge, scope, |_| ()).await;
        let resumed = request.clone().with("consent_verifier", &parameter(&back, "consent_verifier"));
        self.visit(&resumed).await.expect("the consent suits the request").answer()
    }

    /// A whole login: somebody logs in and allows what is asked for.
    pub(crate) async fn sign_in(&mut self, request: &Request, subject: &str) -> Answer {
        self.sign_in_with(request, subject, |_| ()).await
    }

    /// A whole login of which the login application says more.
    pub(crate) async fn sign_in_with(
        &mut self,
        request: &Request,
        subject: &str,
        change: impl FnOnce(&mut LoginAccepted),
    ) -> Answer {
        let login = self.begin(request).await;
        let consent = self.log_in_with(&login, subject, change).await.expect("the login suits").consent_challenge();
        let asked = self.world.provider.consent_request(&consent).await.expect("the challenge is good");
        self.allow_with(&consent, &asked.requested_scope.join(" "), |accepted| {
            accepted.granted_audience = asked.requested_audience.clone();
        })
        .await
        .expect("the consent suits the request")
        .answer()
    }

    /// A whole login after which the browser is remembered, and the consent as well.
    pub(crate) async fn sign_in_for_long(&mut self, request: &Request, subject: &str) -> Answer {
        let login = self.begin(request).await;
        let consent = self.log_in_with(&login, subject, |accepted| accepted.remember = true).await;
        let consent = consent.expect("the login suits the request").consent_challenge();
        let asked = self.world.provider.consent_request(&consent).await.expect("the challenge is good");
        let scope = asked.requested_scope.join(" ");
        let answer = self.allow_with(&consent, &scope, |accepted| accepted.remember = true).await;
        answer.expect("the consent suits the request").answer()
    }

    /// Goes to the logout endpoint with these parameters.
    pub(crate) async fn log_out(&mut self, pairs: &[(&str, &str)]) -> Result<LogoutDirections, oauth_core::Error> {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let verifier = pairs.iter().find(|(name, _)| name == "logout_verifier").map(|(_, value)| value.clone());
        let like_hydra = self.world.provider.policy().compat_hydra;
        let visit = LogoutVisit {
            form: Form::new(pairs, like_hydra),
            verifier,
            request_url: format!("/oauth2/sessions/logout?{query}"),
            browser: self.shown(None),
        };
        let directions = self.world.provider.logout(visit).await?;
        self.keep(directions.cookies.clone());
        Ok(directions)
    }
}

fn delivered(uri: &authorize::RedirectUri, mode: ResponseMode, parameters: &[(&'static str, String)]) -> String {
    match mode {
        ResponseMode::Query => uri.with_query(parameters),
        ResponseMode::Fragment => uri.with_fragment(parameters),
        ResponseMode::FormPost => uri.as_str().to_owned(),
    }
}

/// The word of a refusal at the authorization endpoint.
pub(crate) fn turned_away(outcome: Result<Stop, AuthorizeFailure>) -> ErrorCode {
    failure(outcome).error.code()
}

/// A refusal at the authorization endpoint.
pub(crate) fn failure(outcome: Result<Stop, AuthorizeFailure>) -> AuthorizeFailure {
    match outcome {
        Ok(stop) => panic!("this should have been refused: {stop:?}"),
        Err(failure) => failure,
    }
}

/// The address at which the client gets to read a refusal, `None` if the user does.
pub(crate) fn told_client(failure: &AuthorizeFailure) -> Option<String> {
    match &failure.shown {
        Shown::ToUser => None,
        Shown::ToClient { redirect_uri, mode, state } => {
            let parameters = [("error", failure.error.word().to_owned()), ("state", state.clone())];
            Some(delivered(redirect_uri, *mode, &parameters))
        }
    }
}

impl World {
    /// A browser that was never here.
    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }

    /// The login application lets somebody in; where it sends the browser.
    pub(crate) async fn accept_login(
        &self,
        challenge: &str,
        subject: &str,
        change: impl FnOnce(&mut LoginAccepted),
    ) -> String {
        let mut accepted = LoginAccepted { subject: subject.to_owned(), ..LoginAccepted::default() };
        change(&mut accepted);
        self.provider.accept_login(challenge, accepted).await.expect("the login is accepted")
    }

    /// The consent application grants a scope; where it sends the browser.
    pub(crate) async fn accept_consent(
        &self,
        challenge: &str,
        scope: &str,
        change: impl FnOnce(&mut ConsentAccepted),
    ) -> String {
        let granted_scope = scope.split(' ').filter(|entry| !entry.is_empty()).map(str::to_owned).collect();
        let mut accepted = ConsentAccepted { granted_scope, ..ConsentAccepted::default() };
        change(&mut accepted);
        self.provider.accept_consent(challenge, accepted).await.expect("the consent is accepted")
    }

    /// Somebody logs in, in a browser of their own.
    pub(crate) fn login<'a>(&'a self, subject: &'a str) -> Login<'a> {
        Login { world: self, subject }
    }
}

/// A login that is about to happen.
#[must_use]
pub(crate) struct Login<'a> {
    world: &'a World,
    subject: &'a str,
}

impl<'a> Login<'a> {
    /// At which client.
    pub(crate) fn at(self, client: &str) -> LoginAt<'a> {
        LoginAt { login: self, request: Request::of(client) }
    }
}

/// A login at a client.
#[must_use]
pub(crate) struct LoginAt<'a> {
    login: Login<'a>,
    request: Request,
}

impl LoginAt<'_> {
    /// What the client's request says besides.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.with(name, value);
        self
    }

    /// What it does not say.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.request = self.request.without(name);
        self
    }

    /// The client asks for this scope, gets it, and a code for it.
    pub(crate) async fn allowing(self, scope: &str) -> String {
        let Login { world, subject } = self.login;
        world.browser().sign_in(&self.request.with("scope", scope), subject).await.get("code").to_owned()
    }
}
