//! Our own addresses and the pages of others: what is configured, or else what follows from the rest.

use super::{Config, Listener};
use crate::words::SameSite;

impl Config {
    /// Who we are: `urls.self.issuer` exactly as given, or else the public listener's own address.
    pub fn issuer(&self) -> String {
        self.urls.issuer.clone().unwrap_or_else(|| self.own_address(&self.serve.public))
    }

    /// Where browsers and clients reach us: `urls.self.public`, or else the issuer. Has a path, `/` at least.
    pub fn public_url(&self) -> String {
        with_path(&self.urls.public.clone().unwrap_or_else(|| self.issuer()))
    }

    /// Where your services reach the admin endpoints: `urls.self.admin`, or else the admin listener's own address.
    pub fn admin_url(&self) -> String {
        with_path(&self.urls.admin.clone().unwrap_or_else(|| self.own_address(&self.serve.admin)))
    }

    /// A public endpoint: [`public_url`](Self::public_url) and a path, with one `/` between.
    pub fn public_endpoint(&self, path: &str) -> String {
        join(&self.public_url(), path)
    }

    /// An admin endpoint: [`admin_url`](Self::admin_url) and a path, with one `/` between.
    pub fn admin_endpoint(&self, path: &str) -> String {
        join(&self.admin_url(), path)
    }

    /// The login page.
    pub fn login_url(&self) -> String {
        self.page(&self.urls.login, "oauth2/fallbacks/login")
    }

    /// The sign-up page: the login page unless configured.
    pub fn registration_url(&self) -> String {
        self.urls.registration.as_deref().map_or_else(|| self.login_url(), with_path)
    }

    /// The consent page.
    pub fn consent_url(&self) -> String {
        self.page(&self.urls.consent, "oauth2/fallbacks/consent")
    }

    /// The logout page.
    pub fn logout_url(&self) -> String {
        self.rooted_page(&self.urls.logout, "oauth2/fallbacks/logout")
    }

    /// The error page.
    pub fn error_url(&self) -> String {
        self.rooted_page(&self.urls.error, "oauth2/fallbacks/error")
    }

    /// Where a logout ends that names no page of its own.
    pub fn post_logout_redirect_url(&self) -> String {
        self.rooted_page(&self.urls.post_logout_redirect, "oauth2/fallbacks/logout/callback")
    }

    /// The page for entering a device's user code.
    pub fn device_verification_url(&self) -> String {
        self.page(&self.urls.device_verification, "oauth2/fallbacks/device")
    }

    /// The page after a device login.
    pub fn device_success_url(&self) -> String {
        self.rooted_page(&self.urls.device_success, "oauth2/fallbacks/device/done")
    }

    /// The `jwks_uri` to advertise.
    pub fn jwks_url(&self) -> String {
        self.webfinger.jwks_url.clone().unwrap_or_else(|| join(&self.issuer(), ".well-known/jwks.json"))
    }

    /// The `token_endpoint` to advertise.
    pub fn token_url(&self) -> String {
        self.advertised(&self.webfinger.token_url, "oauth2/token")
    }

    /// All addresses of the token endpoint: the advertised one, and those below the public address and the issuer.
    pub fn token_urls(&self) -> Vec<String> {
        let mut urls =
            vec![self.token_url(), self.public_endpoint("oauth2/token"), join(&self.issuer(), "oauth2/token")];
        urls.dedup();
        urls
    }

    /// The `authorization_endpoint` to advertise.
    pub fn authorization_url(&self) -> String {
        self.advertised(&self.webfinger.auth_url, "oauth2/auth")
    }

    /// The `device_authorization_endpoint` to advertise.
    pub fn device_authorization_url(&self) -> String {
        self.advertised(&self.webfinger.device_authorization_url, "oauth2/device/auth")
    }

    /// The `userinfo_endpoint` to advertise.
    pub fn userinfo_url(&self) -> String {
        self.advertised(&self.webfinger.userinfo_url, "userinfo")
    }

    /// The `registration_endpoint` to advertise: the configured one, or ours if registration is enabled.
    pub fn client_registration_url(&self) -> Option<String> {
        let ours = || self.oidc.registration_enabled.then(|| self.public_endpoint("oauth2/register"));
        self.webfinger.client_registration_url.clone().or_else(ours)
    }

    /// The SameSite attribute to send: browsers take `None` over https only.
    pub fn effective_same_site(&self) -> SameSite {
        match self.serve.cookies.same_site_mode {
            SameSite::None if !self.issuer().starts_with("https:") => SameSite::Lax,
            configured => configured,
        }
    }

    /// Whether cookies carry `Secure`: always, except in development mode unless `serve.cookies.secure` says so.
    pub fn secure_cookies(&self) -> bool {
        !self.dev || self.serve.cookies.secure
    }

    fn own_address(&self, listener: &Listener) -> String {
        let scheme = if self.dev && !listener.tls.enabled { "http" } else { "https" };
        // Nobody can call `0.0.0.0`: it stands for every interface, of which `localhost` is one.
        let host = match listener.host.as_deref() {
            None | Some("0.0.0.0" | "::") => "localhost".to_owned(),
            // URLs have no word for the zone of a link-local address (`fe80::1%eth0`).
            Some(host) if host.contains(':') => format!("[{}]", host.split('%').next().unwrap_or(host)),
            Some(host) => host.to_owned(),
        };
        format!("{scheme}://{host}:{}/", listener.port)
    }

    fn page(&self, configured: &Option<String>, fallback: &str) -> String {
        configured.as_deref().map_or_else(|| self.public_endpoint(fallback), with_path)
    }

    /// A page that must be an absolute URL or a path from the root; anything else counts as not configured.
    fn rooted_page(&self, configured: &Option<String>, fallback: &str) -> String {
        configured.as_deref().filter(|url| is_rooted(url)).map_or_else(|| self.public_endpoint(fallback), with_path)
    }

    fn advertised(&self, configured: &Option<String>, fallback: &str) -> String {
        configured.clone().unwrap_or_else(|| self.public_endpoint(fallback))
    }
}

pub(crate) fn is_rooted(url: &str) -> bool {
    url.starts_with('/') || url::Url::parse(url).is_ok()
}

/// The same URL with `/` as path if it has none; nothing else is touched.
fn with_path(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.find(['/', '?', '#']) {
        Some(end) if rest[end..].starts_with('/') => url.to_owned(),
        Some(end) => format!("{scheme}://{}/{}", &rest[..end], &rest[end..]),
        None => format!("{url}/"),
    }
}

fn join(base: &str, path: &str) -> String {
    format!("{}/{}", base.trim_end_matches('/'), path.trim_start_matches('/'))
}
