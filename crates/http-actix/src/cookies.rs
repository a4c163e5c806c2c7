//! Cookies of the login flow, in Hydra's form: names, attributes, and what is sealed inside. Which are set and when is decided in
//! `oauth-core`.

use actix_web::{
    HttpRequest, HttpResponseBuilder,
    cookie::{Cookie, SameSite, time},
    http::header,
};
use hydra_config::Config;
use oauth_core::{
    authorize::{Browser, CookieChange},
    ids::{ClientId, Csrf, LoginSessionId},
    ports::Random,
};
use token_hmac::{CookieSecrets, murmur3_32};

/// What is sealed inside: one pair.
const SESSION: &str = "sid";
const CSRF: &str = "csrf";

/// How this server writes and reads its cookies.
pub(crate) struct Cookies {
    secrets: CookieSecrets,
    session: String,
    login_csrf: String,
    consent_csrf: String,
    session_path: String,
    domain: Option<String>,
    secure: bool,
    same_site: SameSite,
    /// Every CSRF cookie is also sent without SameSite, for browsers that take `None` for `Strict`.
    legacy: bool,
}

impl Cookies {
    pub(crate) fn new(config: &Config, secrets: CookieSecrets) -> Self {
        let settings = &config.serve.cookies;
        let suffix = if config.dev { "_dev" } else { "" };
        let name = |base: &str| format!("{base}{suffix}");
        let same_site = match config.effective_same_site() {
            hydra_config::SameSite::Strict => SameSite::Strict,
            hydra_config::SameSite::Lax => SameSite::Lax,
            hydra_config::SameSite::None => SameSite::None,
        };
        Self {
            secrets,
            session: name(&settings.session),
            login_csrf: name(&settings.login_csrf),
            consent_csrf: name(&settings.consent_csrf),
            session_path: settings.session_path.clone(),
            domain: settings.domain.clone(),
            secure: config.secure_cookies(),
            same_site,
            legacy: settings.same_site_legacy_workaround && same_site == SameSite::None,
        }
    }

    /// What the browser showed, as far as it concerns a request of this client.
    pub(crate) fn browser(&self, request: &HttpRequest, client: Option<&str>) -> Browser {
        let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let host = text(header::HOST);
        let host = host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).map_or(host, |(host, _)| host);
        let csrf = |base: &str| {
            let name = csrf_name(base, client?);
            let value = self.read(request, &name, CSRF);
            let value = value.or_else(|| self.read(request, &format!("{name}_legacy"), CSRF));
            value.map(Csrf::new)
        };
        Browser {
            session: self.read(request, &self.session, SESSION).map(LoginSessionId::new),
            login_csrf: csrf(&self.login_csrf),
            consent_csrf: csrf(&self.consent_csrf),
            has_cookies: request.headers().contains_key(header::COOKIE),
            host: (!host.is_empty()).then(|| host.to_owned()),
            is_https: request.connection_info().scheme() == "https",
            agent: text(header::USER_AGENT).chars().take(256).collect(),
        }
    }

    /// The one value inside a cookie; an empty one counts as none. Of several cookies of one name the first that opens counts: a
    /// neighbouring domain may have set another.
    fn read(&self, request: &HttpRequest, name: &str, key: &str) -> Option<String> {
        let cookies = request.cookies().ok()?;
        cookies
            .iter()
            .filter(|cookie| cookie.name() == name)
            .find_map(|cookie| self.secrets.open(name, cookie.value(), key))
            .map(|opened| opened.value)
            .filter(|value| !value.is_empty())
    }

    /// Adds the changes to an answer.
    pub(crate) fn write(
        &self,
        changes: &[CookieChange],
        response: &mut HttpResponseBuilder,
        random: &dyn Random,
        now: i64,
    ) {
        let seal = |name: &str, key: &str, value: &str| self.secrets.seal(name, now, random.bytes(), key, value);
        for change in changes {
            match change {
                CookieChange::Session(id, lifetime) => {
                    let value = seal(&self.session, SESSION, id.as_str());
                    let cookie = self.cookie(self.session.clone(), value, lifetime.num_seconds(), now);
                    response.cookie(with_path(cookie, &self.session_path));
                }
                CookieChange::ForgetSession => {
                    let value = seal(&self.session, SESSION, "");
                    response.cookie(with_path(self.cookie(self.session.clone(), value, 0, now), &self.session_path));
                }
                CookieChange::LoginCsrf(client, csrf, lifetime) => {
                    self.write_csrf(&self.login_csrf, client, csrf, lifetime.num_seconds(), now, &seal, response);
                }
                CookieChange::ConsentCsrf(client, csrf, lifetime) => {
                    self.write_csrf(&self.consent_csrf, client, csrf, lifetime.num_seconds(), now, &seal, response);
                }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one step of `write`, for two kinds of cookies")]
    fn write_csrf(
        &self,
        base: &str,
        client: &ClientId,
        csrf: &Csrf,
        lifetime: i64,
        now: i64,
        seal: &dyn Fn(&str, &str, &str) -> String,
        response: &mut HttpResponseBuilder,
    ) {
        let name = csrf_name(base, client.as_str());
        let value = seal(&name, CSRF, csrf.as_str());
        response.cookie(with_path(self.cookie(name.clone(), value, lifetime, now), "/"));
        if self.legacy {
            let name = format!("{name}_legacy");
            let value = seal(&name, CSRF, csrf.as_str());
            let mut cookie = with_path(self.cookie(name, value, lifetime, now), "/");
            cookie.set_same_site(None);
            response.cookie(cookie);
        }
    }

    /// `Expires` stands beside `Max-Age` for clients that know only the one.
    fn cookie(&self, name: String, value: String, max_age: i64, now: i64) -> Cookie<'static> {
        let expires = if max_age > 0 { now.saturating_add(max_age) } else { 1 };
        let mut cookie = Cookie::build(name, value)
            .http_only(true)
            .same_site(self.same_site)
            .max_age(time::Duration::seconds(max_age))
            .finish();
        if let Ok(expires) = time::OffsetDateTime::from_unix_timestamp(expires) {
            cookie.set_expires(expires);
        }
        if let Some(domain) = &self.domain {
            cookie.set_domain(domain.clone());
        }
        if self.secure {
            cookie.set_secure(true);
        }
        cookie
    }
}

fn with_path(mut cookie: Cookie<'static>, path: &str) -> Cookie<'static> {
    cookie.set_path(path.to_owned());
    cookie
}

/// Each client has cookies of its own, so that a login at one does not disturb that at another.
fn csrf_name(base: &str, client: &str) -> String {
    format!("{base}_{}", murmur3_32(client.as_bytes()))
}
