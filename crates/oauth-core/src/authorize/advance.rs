//! Picks the next step of a visit; nothing else does.

use chrono::{DateTime, SubsecRound, Utc};

use super::{
    AuthorizeFailure, AuthorizeRequest, CookieChange, Directions, Step, Visit,
    checks::Checked,
    flow::{AwaitingLogin, Origin, Remembered},
    page_url,
};
use crate::{
    Error, Provider,
    ids::{Csrf, FlowId, LoginSessionId},
    storage::{LoginSession, Storage},
};

impl<S: Storage> Provider<S> {
    /// Answers a visit to the authorization endpoint (RFC 6749 §3.1).
    pub async fn authorize(&self, visit: Visit) -> Result<Directions, AuthorizeFailure> {
        let Visit { form, browser } = visit;
        self.other_names().note(&browser, self.policy());
        let mut request = AuthorizeRequest::parse(&form)?;
        let (login, consent) = (request.login_verifier.take(), request.consent_verifier.take());
        let checked = self.check_request(request).await?;
        match (login, consent) {
            (Some(verifier), _) => self.resume_after_login(checked, &verifier, &browser).await,
            (None, Some(verifier)) => self.finish(checked, &verifier, &browser).await,
            (None, None) => self.ask_for_login(checked, &browser).await,
        }
    }

    /// Sends the browser to the login application, and tells it whether the user is known already.
    async fn ask_for_login(&self, checked: Checked, browser: &super::Browser) -> Result<Directions, AuthorizeFailure> {
        let now = self.now();
        let remembered = self.remembered_login(&checked, browser, now).await.map_err(|why| checked.fail(why))?;
        let (session, remembered) = match remembered {
            Some(session) => (session.id, Some(session.remembered)),
            None => (LoginSessionId::new(self.random().uuid().to_string()), None),
        };
        // Two tabs share one cookie, so that the second does not take the first one's proof away.
        let login_csrf = browser.login_csrf.clone().unwrap_or_else(|| Csrf::new(self.random().hex_id()));
        let state = AwaitingLogin {
            origin: Origin {
                flow: FlowId::new(self.random().hex_id()),
                parameters: checked.request.parameters.clone(),
                is_fixed: checked.request.is_fixed,
                began_at: now.trunc_subsecs(0),
                host: browser.host.clone(),
                session,
                login_csrf: login_csrf.clone(),
            },
            remembered,
        };
        let challenge = self.seal(&state, &checked.client).map_err(|why| checked.fail(why))?;
        let pages = &self.policy().pages;
        let page = if checked.request.prompts("registration") { &pages.registration } else { &pages.login };
        let mut url = page_url(page, "login_challenge", &challenge);
        if let Some(schema) = &checked.request.identity_schema {
            url = page_url(&url, "identity_schema", schema);
        }
        let cookie = CookieChange::LoginCsrf(checked.client.id.clone(), login_csrf, self.flow_lifetime());
        Ok(Directions { step: Step::Visit(url), cookies: vec![cookie] })
    }

    /// The login that this browser remembers, if it is good enough for the request.
    async fn remembered_login(
        &self,
        checked: &Checked,
        browser: &super::Browser,
        now: DateTime<Utc>,
    ) -> Result<Option<RememberedSession>, Error> {
        let request = &checked.request;
        let hinted = match &request.id_token_hint {
            Some(hint) => Some(self.subject_of_hint(hint).await?),
            None => None,
        };
        let never_shown = request.prompts("none");
        if request.prompts("login") || request.prompts("select_account") {
            return if never_shown {
                Err(Error::LoginRequired("the request asks for a new login and forbids to show one"))
            } else {
                Ok(None)
            };
        }
        let Some(session) = self.browser_session(browser).await? else {
            return if never_shown { Err(Error::NoSession) } else { Ok(None) };
        };
        if request.is_too_old(session.remembered.authenticated_at, now)? {
            return if never_shown {
                Err(Error::LoginRequired("the login is older than 'max_age' allows"))
            } else {
                Ok(None)
            };
        }
        if let Some(hinted) = hinted
            && !self.is_known_as(&checked.client, &session.remembered.subject, &hinted).await?
        {
            return Err(Error::LoginRequired("somebody else is logged in than 'id_token_hint' names"));
        }
        Ok(Some(session))
    }

    /// The remembered session that the browser's cookie names.
    pub(super) async fn browser_session(&self, browser: &super::Browser) -> Result<Option<RememberedSession>, Error> {
        let Some(id) = browser.session.clone() else { return Ok(None) };
        let found = self.storage().read(move |records| Ok::<_, Error>(records.login_session(&id)?)).await?;
        Ok(found.and_then(RememberedSession::of))
    }

    /// How long a login with its consent may take, and so how long its cookies are kept.
    pub(crate) fn flow_lifetime(&self) -> chrono::Duration {
        chrono::Duration::from_std(self.policy().lifetimes.login_consent_request).unwrap_or(chrono::Duration::MAX)
    }
}

/// A session that spares the user a login.
pub(super) struct RememberedSession {
    pub(super) id: LoginSessionId,
    pub(super) remembered: Remembered,
}

impl RememberedSession {
    fn of(session: LoginSession) -> Option<Self> {
        let authenticated_at = session.authenticated_at.filter(|_| session.remember)?;
        Some(Self { id: session.id, remembered: Remembered { subject: session.subject, authenticated_at } })
    }
}
