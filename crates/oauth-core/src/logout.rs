//! Logout: begun by a client (OIDC RP-Initiated Logout) or by the user alone, confirmed by the logout application, finished here, and
//! told to the clients that took part (OIDC Front-Channel and Back-Channel Logout).
//!
//! As a login does, a logout travels through the browser: a sealed challenge to the application, a sealed verifier back. Deleting
//! the session's row is what makes a verifier good for one use. Tokens outlive a logout, as at Hydra: they were given to clients, not
//! to the browser.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use token_hmac::FlowPurpose;

use crate::{
    Error, LogoutNotice, Provider,
    authorize::{
        Browser, CookieChange, page_url,
        seal::{LogoutJson, Opened},
        with_parameters,
    },
    client::{Client, SigningChoice},
    ids::{ClientId, LoginSessionId},
    secret::{LogoutToken, PresentedToken},
    storage::Storage,
    token::{Claims, Form},
    trap::SealTrap,
};

/// How long a logout token is good: long enough for a second and a third try, too short to be of use to who finds it later (OIDC
/// Back-Channel Logout §4).
const LOGOUT_TOKEN_LIFETIME: TimeDelta = TimeDelta::minutes(2);

/// A browser at the logout endpoint.
pub struct LogoutVisit {
    /// Parameters of query and body.
    pub form: Form,
    /// `logout_verifier`, which counts in the query alone.
    pub verifier: Option<String>,
    /// Path and query as they came, for the logout application.
    pub request_url: String,
    /// What the browser showed.
    pub browser: Browser,
}

/// What the browser is to do.
#[derive(Debug)]
pub struct LogoutDirections {
    /// Where it goes.
    pub step: LogoutStep,
    /// What it is to remember.
    pub cookies: Vec<CookieChange>,
}

/// The next stop of a browser that logs out.
#[derive(Debug)]
pub enum LogoutStep {
    /// A page: the logout application, or the end.
    Visit(String),
    /// A page that loads each of the frames, then goes on.
    NotifyInFrames {
        /// `frontchannel_logout_uri` of each client, with `iss` and `sid`.
        frames: Vec<String>,
        /// Where it goes on.
        then: String,
    },
}

/// What a logout application is asked.
#[derive(Debug)]
pub struct LogoutRequest {
    /// The user.
    pub subject: String,
    /// The login session.
    pub session: String,
    /// The logout request, path and query.
    pub request_url: String,
    /// Whether a client began it.
    pub rp_initiated: bool,
    /// When the request ends.
    pub expires_at: DateTime<Utc>,
    /// When it began.
    pub requested_at: DateTime<Utc>,
    /// The client that began it.
    pub client: Option<Client>,
}

/// A logout on its way.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Logout {
    subject: String,
    session: String,
    request_url: String,
    client: Option<String>,
    /// Where the browser goes in the end.
    target: String,
    #[serde(with = "chrono::serde::ts_seconds")]
    requested_at: DateTime<Utc>,
    #[serde(with = "chrono::serde::ts_seconds")]
    expires_at: DateTime<Utc>,
}

impl Logout {
    fn is_rp_initiated(&self) -> bool {
        self.client.is_some()
    }
}

impl<S: Storage> Provider<S> {
    /// Answers a visit to the logout endpoint.
    pub async fn logout(&self, visit: LogoutVisit) -> Result<LogoutDirections, Error> {
        if let Some(verifier) = &visit.verifier {
            return self.finish_logout(verifier, &visit.browser).await;
        }
        let hint = visit.form.one("id_token_hint")?.map(PresentedToken::new);
        let target = visit.form.one("post_logout_redirect_uri")?.map(str::to_owned);
        let state = visit.form.one("state")?.map(str::to_owned);
        let url = match hint {
            Some(hint) => self.begin_for_client(hint, target, state, visit.request_url).await?,
            None if target.is_some() || state.is_some() => {
                return Err(Error::BadLogout(
                    "'post_logout_redirect_uri' and 'state' need an 'id_token_hint', which says which client asks",
                ));
            }
            None => self.begin_for_user(&visit.browser, visit.request_url).await?,
        };
        Ok(LogoutDirections { step: LogoutStep::Visit(url), cookies: Vec::new() })
    }

    async fn begin_for_user(&self, browser: &Browser, request_url: String) -> Result<String, Error> {
        let target = self.policy().pages.post_logout.clone();
        let Some((id, subject)) = self.remembered_session(browser.session.clone()).await? else { return Ok(target) };
        self.ask_the_application(id, subject, request_url, None, target)
    }

    async fn begin_for_client(
        &self,
        hint: PresentedToken,
        target: Option<String>,
        state: Option<String>,
        request_url: String,
    ) -> Result<String, Error> {
        let claims = self.claims_of_own_id_token(&hint).await?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let issued_at = claims.get("iat").and_then(Value::as_i64).ok_or(Error::BadIdTokenHint("it has no 'iat'"))?;
        if issued_at > self.now().timestamp() {
            return Err(Error::BadIdTokenHint("it was issued in the future"));
        }
        let session = text("sid").ok_or(Error::BadIdTokenHint("it has no 'sid'"))?;
        text("sub").ok_or(Error::BadIdTokenHint("it has no 'sub'"))?;
        let client = self.first_registered(audience(&claims)).await?;
        let target = match target {
            Some(target) if !client.post_logout_redirect_uris.contains(&target) => {
                return Err(Error::BadLogout(
                    "'post_logout_redirect_uri' is not one that the client has registered in post_logout_redirect_uris",
                ));
            }
            Some(target) => match state {
                Some(state) => with_parameters(&target, &[("state", state)]),
                None => target,
            },
            None => self.policy().pages.post_logout.clone(),
        };
        let session = LoginSessionId::new(session);
        let Some((id, subject)) = self.remembered_session(Some(session)).await? else { return Ok(target) };
        self.ask_the_application(id, subject, request_url, Some(client), target)
    }

    async fn remembered_session(&self, id: Option<LoginSessionId>) -> Result<Option<(LoginSessionId, String)>, Error> {
        let Some(id) = id else { return Ok(None) };
        let found = self.storage().read(move |records| Ok::<_, Error>(records.login_session(&id)?)).await?;
        Ok(found.filter(|session| session.remember).map(|session| (session.id, session.subject)))
    }

    async fn first_registered(&self, audience: Vec<ClientId>) -> Result<Client, Error> {
        let found = self.storage().read(move |records| {
            for id in &audience {
                if let Some(client) = records.client(id)? {
                    return Ok(Some(client));
                }
            }
            Ok::<_, Error>(None)
        });
        found.await?.ok_or(Error::BadIdTokenHint("the client that it was issued to is gone"))
    }

    fn ask_the_application(
        &self,
        session: LoginSessionId,
        subject: String,
        request_url: String,
        client: Option<Client>,
        target: String,
    ) -> Result<String, Error> {
        let requested_at = self.now().trunc_subsecs(0);
        let logout = Logout {
            subject,
            session: session.as_str().to_owned(),
            request_url,
            client: client.as_ref().map(|client| client.id.as_str().to_owned()),
            target,
            requested_at,
            expires_at: requested_at + self.flow_lifetime(),
        };
        let challenge = self.seal_logout(FlowPurpose::LogoutChallenge, &logout, client.as_ref())?;
        Ok(page_url(&self.policy().pages.logout, "logout_challenge", &challenge))
    }

    /// `GET /admin/oauth2/auth/requests/logout`.
    pub async fn logout_request(&self, challenge: &str) -> Result<LogoutRequest, Error> {
        let logout = self.unseal_logout(FlowPurpose::LogoutChallenge, challenge)?;
        let id = logout.client.clone().map(ClientId::new);
        let client = match id {
            Some(id) => self.storage().client(id).await?,
            None => None,
        };
        Ok(LogoutRequest {
            rp_initiated: logout.is_rp_initiated(),
            subject: logout.subject,
            session: logout.session,
            request_url: logout.request_url,
            expires_at: logout.expires_at,
            requested_at: logout.requested_at,
            client,
        })
    }

    /// `PUT …/logout/accept`: where the application sends the browser.
    pub async fn accept_logout(&self, challenge: &str) -> Result<String, Error> {
        let logout = self.unseal_logout(FlowPurpose::LogoutChallenge, challenge)?;
        // The way back needs no more of how it began than that a client did.
        let logout = Logout { request_url: String::new(), ..logout };
        let verifier = self.seal_logout(FlowPurpose::LogoutVerifier, &logout, None)?;
        Ok(page_url(&self.policy().pages.end_session, "logout_verifier", &verifier))
    }

    /// `PUT …/logout/reject`: the user stays logged in, and nothing changes.
    pub async fn reject_logout(&self, challenge: &str) -> Result<(), Error> {
        self.unseal_logout(FlowPurpose::LogoutChallenge, challenge).map(drop)
    }

    async fn finish_logout(&self, verifier: &str, browser: &Browser) -> Result<LogoutDirections, Error> {
        let logout = self.unseal_logout(FlowPurpose::LogoutVerifier, verifier)?;
        let at_the_end =
            |logout: Logout| LogoutDirections { step: LogoutStep::Visit(logout.target), cookies: Vec::new() };
        let session = LoginSessionId::new(logout.session.as_str());
        // A logout that no client asked for is about this browser, and no other.
        if !logout.is_rp_initiated() {
            let own = self.remembered_session(browser.session.clone()).await?;
            if own.is_none_or(|(id, subject)| id != session || subject != logout.subject) {
                return Ok(at_the_end(logout));
            }
        }
        let Some(ended) = self.end_session(session.clone(), Some(logout.subject.clone())).await? else {
            return Ok(at_the_end(logout));
        };
        let mut cookies = vec![CookieChange::ForgetSession];
        if browser.session.as_ref().is_some_and(|other| *other != session) {
            cookies.clear();
            self.end_browser_session(browser, &mut cookies).await?;
        }
        let frames: Vec<String> = ended
            .iter()
            .filter(|client| !client.frontchannel_logout_uri.is_empty())
            .map(|client| {
                let told = [("iss", self.policy().issuer.clone()), ("sid", session.as_str().to_owned())];
                with_parameters(&client.frontchannel_logout_uri, &told)
            })
            .collect();
        let step = match frames.is_empty() {
            true => LogoutStep::Visit(logout.target),
            false => LogoutStep::NotifyInFrames { frames, then: logout.target },
        };
        Ok(LogoutDirections { step, cookies })
    }

    /// Ends a session and tells the clients that took part; `None` when it had ended before.
    pub(crate) async fn end_session(
        &self,
        session: LoginSessionId,
        subject: Option<String>,
    ) -> Result<Option<Vec<Client>>, Error> {
        let id = session.clone();
        let ended = self
            .storage()
            .write(move |records| {
                let Some(found) = records.login_session(&id)? else { return Ok(None) };
                if !found.remember || subject.as_ref().is_some_and(|subject| *subject != found.subject) {
                    return Ok(None);
                }
                let clients = records.clients_of_session(&id, &found.subject)?;
                let called: Vec<_> =
                    clients.iter().filter(|client| is_called(client)).map(|client| client.id.clone()).collect();
                let signing = records.signing_choices(&called)?;
                let here = records.delete_login_session(&id)?;
                Ok::<_, Error>(here.then_some((found, clients, signing)))
            })
            .await?;
        let Some((ended, clients, signing)) = ended else { return Ok(None) };
        if let Some(provider_session) = ended.identity_provider_session_id {
            self.delivery().end_session_at_identity_provider(provider_session);
        }
        self.notify_by_back_channel(&session, &clients, &signing).await?;
        Ok(Some(clients))
    }

    async fn notify_by_back_channel(
        &self,
        session: &LoginSessionId,
        clients: &[Client],
        signing: &[(ClientId, SigningChoice)],
    ) -> Result<(), Error> {
        let mut notices = Vec::new();
        for client in clients.iter().filter(|client| is_called(client)) {
            let signing = SigningChoice::among(signing, &client.id);
            notices.push(LogoutNotice {
                uri: client.backchannel_logout_uri.clone(),
                client: client.id.as_str().to_owned(),
                token: self.logout_token(client, signing, session).await?,
            });
        }
        if !notices.is_empty() {
            self.delivery().notify_clients(notices);
        }
        Ok(())
    }

    /// OIDC Back-Channel Logout §2.4; signed as the client's ID tokens are (§2.6). Hydra's has no end, and the type of any JWT.
    async fn logout_token(
        &self,
        client: &Client,
        signing: SigningChoice,
        session: &LoginSessionId,
    ) -> Result<LogoutToken, Error> {
        let (now, like_hydra) = (self.now(), self.policy().compat_hydra);
        let exp = (!like_hydra).then(|| (now + LOGOUT_TOKEN_LIFETIME).timestamp());
        let claims = [
            ("aud", Some(json!([client.id.as_str()]))),
            ("events", Some(json!({ "http://schemas.openid.net/event/backchannel-logout": {} }))),
            ("exp", exp.map(Value::from)),
            ("iat", Some(now.timestamp().into())),
            ("iss", Some(self.policy().issuer.as_str().into())),
            ("jti", Some(self.random().uuid().to_string().into())),
            ("sid", Some(session.as_str().into())),
        ];
        let claims: Claims = claims.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        let typ = if like_hydra { "JWT" } else { "logout+jwt" };
        let key = self.id_token_key(signing.id_token).await?;
        let signed = self.slow().run(move || key.sign_with_type(typ, &claims)).await?;
        signed.map(LogoutToken::new).map_err(|why| Error::Internal(format!("signing a logout token failed: {why}")))
    }

    fn seal_logout(&self, purpose: FlowPurpose, logout: &Logout, client: Option<&Client>) -> Result<String, Error> {
        let nonce = self.random().bytes();
        let unwritable = |why: &dyn std::fmt::Display| Error::Internal(format!("a logout cannot be written: {why}"));
        let sealed = if self.policy().compat_hydra {
            let json = LogoutJson {
                challenge: String::new(),
                subject: logout.subject.clone(),
                sid: logout.session.clone(),
                request_url: logout.request_url.clone(),
                rp_initiated: logout.is_rp_initiated(),
                expires_at: Some(logout.expires_at),
                requested_at: Some(logout.requested_at),
                client: client.map(|client| self.show_client(client)),
                redir_url: logout.target.clone(),
                nid: self.network().to_string(),
            };
            let json = serde_json::to_vec(&json).map_err(|why| unwritable(&why))?;
            self.secrets().seal_hydra_flow(nonce, purpose, &json)
        } else {
            let packed = rmp_serde::to_vec(logout).map_err(|why| unwritable(&why))?;
            self.secrets().seal_compact_flow(nonce, purpose, self.network().as_bytes(), &packed)
        };
        sealed.map_err(|too_large| Error::MalformedParameter(too_large.to_string()))
    }

    fn unseal_logout(&self, purpose: FlowPurpose, text: &str) -> Result<Logout, Error> {
        let allowed = self.flow_lifetime();
        if is_of_old(text) {
            return Err(Error::ChallengeExpired { age: allowed, allowed });
        }
        let logout = self.open_logout(purpose, text).map_err(Error::UnknownChallenge)?;
        if logout.expires_at <= self.now() {
            return Err(Error::ChallengeExpired { age: self.now() - logout.requested_at, allowed });
        }
        Ok(logout)
    }

    fn open_logout(&self, purpose: FlowPurpose, text: &str) -> Result<Logout, SealTrap> {
        let logout = match self.open_either_form(purpose, text)? {
            Opened::Ours(packed) => rmp_serde::from_slice(&packed).ok(),
            Opened::Hydras(json) => self.read_hydras(&json),
        };
        logout.ok_or(SealTrap::OtherSystem)
    }

    fn read_hydras(&self, json: &[u8]) -> Option<Logout> {
        let json: LogoutJson = serde_json::from_slice(json).ok()?;
        if json.nid != self.network().to_string() {
            return None;
        }
        let client = json.client.as_ref().and_then(|client| client.get("client_id")).and_then(Value::as_str);
        // The verifier's client is left out at Hydra; who began it is all that counts then.
        let client = client.map(str::to_owned).or_else(|| json.rp_initiated.then(String::new));
        Some(Logout {
            subject: json.subject,
            session: json.sid,
            request_url: json.request_url,
            client,
            target: json.redir_url,
            requested_at: json.requested_at?,
            expires_at: json.expires_at?,
        })
    }
}

/// Whether the client wants to hear of a logout from us, not from the browser.
fn is_called(client: &Client) -> bool {
    !client.backchannel_logout_uri.is_empty()
}

/// Before challenges held the whole logout, they were UUIDs. One that is still on its way has come too late.
fn is_of_old(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// `aud`, one or several (RFC 7519 §4.1.3).
fn audience(claims: &Claims) -> Vec<ClientId> {
    match claims.get("aud") {
        Some(Value::String(one)) => vec![ClientId::new(one.as_str())],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).map(ClientId::new).collect(),
        _ => Vec::new(),
    }
}
