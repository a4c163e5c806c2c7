//! The login step: what the login application gets to see and may answer, and what happens when the browser comes back from it.

use chrono::{DateTime, Duration, SubsecRound, TimeDelta, Utc};

use super::{
    AuthorizeFailure, AuthorizeRequest, Browser, CookieChange, Directions, ObjectFault, Step,
    checks::Checked,
    flow::{AwaitingConsent, AwaitingLogin, Login, LoginDone, Origin, Rejection},
    page_url, request_url, request_url_with, traps,
};
use crate::{
    Error, Provider,
    client::Client,
    ids::{Csrf, RequestId},
    secret::Secret,
    storage::{ForcedSubject, LoginSession, Storage, StorageError},
    token::{Claims, Form},
};

/// A clock in the login application may be this far ahead of ours.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::seconds(5);

/// What a login application is asked.
#[derive(Debug)]
pub struct LoginRequest {
    /// Scope asked for.
    pub requested_scope: Vec<String>,
    /// Audience asked for.
    pub requested_audience: Vec<String>,
    /// Whether the user is known, so that the application must not ask again.
    pub skip: bool,
    /// The known user; empty otherwise.
    pub subject: String,
    /// What OpenID Connect asked for.
    pub oidc_context: Claims,
    /// Who asks, as registered now.
    pub client: Client,
    /// The authorization request.
    pub request_url: String,
    /// The login session.
    pub session: String,
}

/// A login application's yes. Times and whether the login was skipped are not its to say.
#[derive(Debug, Default)]
pub struct LoginAccepted {
    /// The user; not empty.
    pub subject: String,
    /// Whether the browser is to be remembered.
    pub remember: bool,
    /// For how many seconds; 0: as long as sessions are.
    pub remember_for: i64,
    /// Whether a remembered login starts anew.
    pub extend_session_lifespan: bool,
    /// Authentication Context Class Reference.
    pub acr: String,
    /// Authentication Methods References.
    pub amr: Vec<String>,
    /// Session at the identity provider.
    pub identity_provider_session_id: String,
    /// What the client is to know the user by.
    pub force_subject_identifier: String,
    /// Any JSON for the consent application, as text.
    pub context: Option<String>,
}

impl<S: Storage> Provider<S> {
    /// `GET /admin/oauth2/auth/requests/login`.
    pub async fn login_request(&self, challenge: &str) -> Result<LoginRequest, Error> {
        let state: AwaitingLogin = self.unseal(challenge).map_err(|why| why.of_challenge())?;
        let request = state.origin.request()?;
        let client = self.client_of(&request).await?;
        Ok(LoginRequest {
            requested_scope: request.scopes()?,
            requested_audience: request.audience.clone(),
            skip: state.remembered.is_some(),
            subject: state.remembered.map(|remembered| remembered.subject).unwrap_or_default(),
            oidc_context: super::oidc_context::of(&request),
            client,
            request_url: request_url(&self.policy().pages.authorization, &state.origin.parameters),
            session: state.origin.session.as_str().to_owned(),
        })
    }

    /// `PUT …/login/accept`: where the application sends the browser.
    pub async fn accept_login(&self, challenge: &str, accepted: LoginAccepted) -> Result<String, Error> {
        let state: AwaitingLogin = self.unseal(challenge).map_err(|why| why.of_challenge())?;
        let endpoint = &self.policy().pages.authorization;
        if state.remembered.as_ref().is_some_and(|remembered| remembered.subject != accepted.subject) {
            // The application logged in somebody else than the session says: it must ask properly.
            return Ok(request_url_with(endpoint, &state.origin.parameters, "prompt", "login".to_owned()));
        }
        self.identifier_must_be_free(&state.origin, &accepted).await?;
        let login = Login {
            subject: accepted.subject,
            authenticated_at: self.now().trunc_subsecs(0),
            skipped: false,
            remember: accepted.remember,
            remember_for: accepted.remember_for,
            extend_session_lifespan: accepted.extend_session_lifespan,
            acr: accepted.acr,
            amr: accepted.amr,
            identity_provider_session_id: accepted.identity_provider_session_id,
            force_subject_identifier: accepted.force_subject_identifier,
            context: accepted.context,
        };
        self.back_from_login(state.accept(login)).await
    }

    /// `PUT …/login/reject`.
    pub async fn reject_login(&self, challenge: &str, rejection: Rejection) -> Result<String, Error> {
        let state: AwaitingLogin = self.unseal(challenge).map_err(|why| why.of_challenge())?;
        self.back_from_login(state.reject(rejection)).await
    }

    /// Nobody else may be known to the client by an identifier that the application makes up: the client would take two users for
    /// one.
    async fn identifier_must_be_free(&self, origin: &Origin, accepted: &LoginAccepted) -> Result<(), Error> {
        let identifier = accepted.force_subject_identifier.clone();
        if identifier.is_empty() {
            return Ok(());
        }
        let client = self.client_of(&origin.request()?).await?.id;
        let known =
            self.storage().read(move |records| Ok::<_, Error>(records.subject_behind(&client, &identifier)?)).await?;
        if known.is_some_and(|subject| subject != accepted.subject) { Err(Error::IdentifierTaken) } else { Ok(()) }
    }

    async fn back_from_login(&self, done: LoginDone) -> Result<String, Error> {
        let client = self.client_of(&done.origin.request()?).await?;
        let verifier = self.seal(&done, &client)?;
        let endpoint = &self.policy().pages.authorization;
        Ok(request_url_with(endpoint, &done.origin.parameters, "login_verifier", verifier))
    }

    /// The client of a flow, as registered now.
    pub(super) async fn client_of(&self, request: &AuthorizeRequest) -> Result<Client, Error> {
        let id = request.client_id.clone().ok_or(Error::MissingParameter("client_id"))?;
        let found = self.storage().client(id).await?;
        // Deleted while the user logged in.
        found.ok_or(Error::NoSuchClient)
    }

    /// Back from the login application: checks what it said against the request, remembers the login, and asks for consent.
    pub(super) async fn resume_after_login(
        &self,
        checked: Checked,
        verifier: &Secret<super::request::Sealed>,
        browser: &Browser,
    ) -> Result<Directions, AuthorizeFailure> {
        let mut cookies = Vec::new();
        match self.after_login(&checked, verifier, browser, &mut cookies).await {
            Ok(step) => Ok(Directions { step, cookies }),
            Err(error) => Err(AuthorizeFailure { cookies, ..checked.fail(error) }),
        }
    }

    async fn after_login(
        &self,
        checked: &Checked,
        verifier: &Secret<super::request::Sealed>,
        browser: &Browser,
        cookies: &mut Vec<CookieChange>,
    ) -> Result<Step, Error> {
        let done: LoginDone = self.unseal(verifier.expose()).map_err(|why| why.of_verifier())?;
        done.origin.must_be_of(&checked.request)?;
        let (origin, login) = done.login()?;
        traps::must_have_begun_here(&origin.login_csrf, browser.login_csrf.as_ref(), &origin, browser, self.policy())?;
        if let Err(error) = self.must_suit(checked, &origin, &login).await {
            if matches!(error, Error::LoginRequired(_)) {
                self.end_browser_session(browser, cookies).await?;
            }
            return Err(error);
        }
        self.remember(checked, &origin, &login, browser, cookies).await?;
        let skip = self.consent_is_known(checked, &login).await?;
        if checked.request.prompts("none") && !skip {
            return Err(Error::ConsentRequired("no earlier consent covers the request, and it forbids to ask"));
        }
        let consent_csrf = browser.consent_csrf.clone().unwrap_or_else(|| Csrf::new(self.random().hex_id()));
        cookies.push(CookieChange::ConsentCsrf(checked.client.id.clone(), consent_csrf.clone(), self.flow_lifetime()));
        let asked = AwaitingConsent { origin, login, id: RequestId::new(self.random().hex_id()), skip, consent_csrf };
        let challenge = self.seal(&asked, &checked.client)?;
        Ok(Step::Visit(page_url(&self.policy().pages.consent, "consent_challenge", &challenge)))
    }

    /// Holds the login against what the request asked for (OIDC Core §3.1.2.1, §3.1.2.3).
    async fn must_suit(&self, checked: &Checked, origin: &Origin, login: &Login) -> Result<(), Error> {
        let request = &checked.request;
        let never_shown = request.prompts("none");
        let is_secure = self.policy().dev || checked.redirect_uri.is_secure();
        if never_shown && checked.client.is_public() && !is_secure {
            return Err(Error::ConsentRequired("a client without a secret and without https must ask every time"));
        }
        prompts_must_be_known(&request.prompt)?;
        let began_at = origin.began_at;
        if login.authenticated_at > self.now() + CLOCK_TOLERANCE {
            return Err(Error::Internal("a login lies in the future: is a clock wrong?".to_owned()));
        }
        if request.is_too_old(login.authenticated_at, began_at)? {
            return Err(Error::LoginRequired("the login is older than 'max_age' allows"));
        }
        if never_shown && login.authenticated_at > began_at {
            return Err(Error::LoginRequired("the request forbids to show a login, but one was shown"));
        }
        if request.prompts("login") && login.authenticated_at < began_at {
            return Err(Error::LoginRequired("the request asks for a new login, and this one is older"));
        }
        let Some(hint) = &request.id_token_hint else { return Ok(()) };
        let hinted = self.subject_of_hint(hint).await?;
        let made_up = !login.force_subject_identifier.is_empty() && login.force_subject_identifier == hinted;
        if made_up || self.is_known_as(&checked.client, &login.subject, &hinted).await? {
            Ok(())
        } else {
            Err(Error::LoginRequired("somebody else is logged in than 'id_token_hint' names"))
        }
    }

    /// Ends the session that the browser's cookie names, and has the browser forget it.
    pub(crate) async fn end_browser_session(
        &self,
        browser: &Browser,
        cookies: &mut Vec<CookieChange>,
    ) -> Result<(), Error> {
        let Some(id) = browser.session.clone() else { return Ok(()) };
        self.storage().write(move |records| Ok::<_, Error>(records.delete_login_session(&id).map(drop)?)).await?;
        cookies.push(CookieChange::ForgetSession);
        Ok(())
    }

    /// Keeps what lasts longer than this request: the session of a login that is to be remembered, and a made-up subject. A login that
    /// is not to be remembered replaces the one before.
    async fn remember(
        &self,
        checked: &Checked,
        origin: &Origin,
        login: &Login,
        browser: &Browser,
        cookies: &mut Vec<CookieChange>,
    ) -> Result<(), Error> {
        let now = self.now();
        let pairwise = crate::subject::is_pairwise(&checked.client, self.policy());
        let forced = (pairwise && !login.force_subject_identifier.is_empty()).then(|| ForcedSubject {
            client_id: checked.client.id.clone(),
            subject: login.subject.clone(),
            identifier: login.force_subject_identifier.clone(),
        });
        let session = (!login.skipped && login.remember).then(|| self.session_of(origin, login, now));
        // A login that was not remembered takes the place of what the browser remembered before.
        let replaced = browser.session.clone().filter(|_| !login.skipped && !login.remember);
        if forced.is_some() || session.is_some() || replaced.is_some() {
            self.storage()
                .write(move |records| {
                    forced.as_ref().map_or(Ok(()), |forced| records.put_forced_subject(forced))?;
                    session.as_ref().map_or(Ok(()), |session| records.put_login_session(session))?;
                    // Gone already is as good.
                    replaced.as_ref().map_or(Ok(false), |id| records.delete_login_session(id))?;
                    Ok::<_, Error>(())
                })
                .await
                .map_err(|why| match why {
                    Error::Storage(StorageError::Duplicate) => Error::IdentifierTaken,
                    other => other,
                })?;
        }
        if !login.skipped && !login.remember {
            cookies.push(CookieChange::ForgetSession);
        } else if !login.skipped || login.extend_session_lifespan {
            cookies.push(CookieChange::Session(origin.session.clone(), self.session_lifetime(login)));
        }
        Ok(())
    }

    /// The row of a login session.
    pub(super) fn session_of(&self, origin: &Origin, login: &Login, now: DateTime<Utc>) -> LoginSession {
        let lifetime = Duration::from_std(self.policy().lifetimes.authentication_session).unwrap_or(Duration::MAX);
        let provider = &login.identity_provider_session_id;
        LoginSession {
            id: origin.session.clone(),
            authenticated_at: Some(login.authenticated_at),
            subject: login.subject.clone(),
            remember: login.remember,
            identity_provider_session_id: (!provider.is_empty()).then(|| provider.clone()),
            expires_at: now.trunc_subsecs(0).checked_add_signed(lifetime),
        }
    }

    fn session_lifetime(&self, login: &Login) -> Duration {
        match login.remember_for {
            1.. => Duration::try_seconds(login.remember_for).unwrap_or(Duration::MAX),
            _ => Duration::from_std(self.policy().lifetimes.authentication_session).unwrap_or(Duration::MAX),
        }
    }
}

impl Origin {
    /// The request that the flow began with.
    pub(super) fn request(&self) -> Result<AuthorizeRequest, Error> {
        // It was read strictly when it came in.
        AuthorizeRequest::parse(&Form::new(self.parameters.clone(), true))
    }

    /// A verifier works at the client it was made for only, and where a request object said what is asked for, with that alone.
    pub(super) fn must_be_of(&self, request: &AuthorizeRequest) -> Result<(), Error> {
        let own = self.parameters.iter().find(|(name, _)| name == "client_id").map(|(_, value)| value.as_str());
        let asked = request.client_id.as_ref().map(|id| id.as_str());
        if own != asked {
            return Err(Error::VerifierOfAnotherClient);
        }
        let sorted = |pairs: &[(String, String)]| {
            let mut pairs = pairs.to_vec();
            pairs.sort();
            pairs
        };
        if self.is_fixed && sorted(&self.parameters) != sorted(&request.parameters) {
            return Err(ObjectFault::Changed.into());
        }
        Ok(())
    }
}

fn prompts_must_be_known(prompts: &[String]) -> Result<(), Error> {
    const KNOWN: [&str; 5] = ["none", "login", "consent", "registration", "select_account"];
    if let Some(odd) = prompts.iter().find(|word| !KNOWN.contains(&word.as_str())) {
        let odd = crate::error::excerpt(odd);
        return Err(Error::MalformedParameter(format!("The prompt '{odd}' is not one of {}.", KNOWN.join(", "))));
    }
    if prompts.len() > 1 && prompts.iter().any(|word| word == "none") {
        return Err(Error::MalformedParameter("The prompt 'none' excludes every other.".to_owned()));
    }
    Ok(())
}
