//! Settings of the two listeners and of cookies.

use std::path::PathBuf;

use crate::{check::Settings, secret::SecretText, words::SameSite};

/// `serve.*`, variables `SERVE_*`.
#[derive(Clone, Debug)]
pub struct Serve {
    /// `serve.public.*`: for browsers and clients.
    pub public: Listener,
    /// `serve.admin.*`: for your own services; must not be reachable from outside.
    pub admin: Listener,
    /// `serve.cookies.*`.
    pub cookies: Cookies,
    /// `serve.max_body_size` in bytes (variable `SERVE_MAX_BODY_SIZE`): not one of Hydra's keys.
    pub max_body_size: u64,
}

/// `serve.public.*` or `serve.admin.*`, variables `SERVE_PUBLIC_*`, `SERVE_ADMIN_*`.
#[derive(Clone, Debug)]
pub struct Listener {
    /// `host`: a name or an address without brackets; `None`: every interface.
    pub host: Option<String>,
    /// `host` as `unix:/path`: a socket, and `port` means nothing.
    pub unix: Option<PathBuf>,
    /// `port`, 1 to 65535.
    pub port: u16,
    /// `base_url`: accepted for compatibility.
    pub base_url: Option<String>,
    /// `socket.*`: of the unix socket.
    pub socket: Socket,
    /// `request_log.disable_for_health`: log health checks at `trace` only.
    pub quiet_health: bool,
    /// `tls.*`, with what `serve.tls.*` adds.
    pub tls: Tls,
    /// `cors.*`.
    pub cors: Cors,
}

/// Where a listener listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A port on every interface, IPv4 and IPv6.
    Everywhere(u16),
    /// A port on one name or address; IPv6 without brackets.
    Host(String, u16),
    /// A unix socket.
    Unix(PathBuf),
}

/// `socket.*`: owner and permissions of a unix socket.
#[derive(Clone, Debug)]
pub struct Socket {
    /// `socket.owner`: a user name.
    pub owner: Option<String>,
    /// `socket.group`: a group name.
    pub group: Option<String>,
    /// `socket.mode`: permission bits, 0 to 0777.
    pub mode: u32,
}

/// `tls.*` of a listener; what it does not say itself comes from `serve.tls.*`.
#[derive(Clone, Debug)]
pub struct Tls {
    /// `enabled`.
    pub enabled: bool,
    /// `cert`: the certificate chain. With `enabled`, given if and only if `key` is.
    pub cert: Option<Pem>,
    /// `key`: the private key.
    pub key: Option<Pem>,
    /// `allow_termination_from`: address ranges of proxies that may terminate TLS.
    pub allow_termination_from: Vec<String>,
}

/// PEM text, in a file or in the configuration.
#[derive(Clone, Debug)]
pub enum Pem {
    /// The path of a file.
    Path(PathBuf),
    /// The text in standard padded base64.
    Base64(SecretText),
}

/// `cors.*` of a listener.
#[derive(Clone, Debug)]
pub struct Cors {
    /// `enabled`.
    pub enabled: bool,
    /// `allowed_origins`; empty: every origin.
    pub allowed_origins: Vec<String>,
    /// `allowed_methods`.
    pub allowed_methods: Vec<String>,
    /// `allowed_headers`.
    pub allowed_headers: Vec<String>,
    /// `exposed_headers`.
    pub exposed_headers: Vec<String>,
    /// `allow_credentials`.
    pub allow_credentials: bool,
    /// `options_passthrough`.
    pub options_passthrough: bool,
    /// `max_age` in seconds; 0: the header is left out.
    pub max_age: u32,
    /// `debug`.
    pub debug: bool,
}

/// `serve.cookies.*`, variables `SERVE_COOKIES_*`.
#[derive(Clone, Debug)]
pub struct Cookies {
    /// `same_site_mode`, as configured: [`effective_same_site`](crate::Config::effective_same_site) is what to send.
    pub same_site_mode: SameSite,
    /// `same_site_legacy_workaround`.
    pub same_site_legacy_workaround: bool,
    /// `domain`.
    pub domain: Option<String>,
    /// `secure`: counts in development mode only; outside, cookies are always `Secure`.
    pub secure: bool,
    /// `names.login_csrf`.
    pub login_csrf: String,
    /// `names.consent_csrf`.
    pub consent_csrf: String,
    /// `names.device_csrf`.
    pub device_csrf: String,
    /// `names.session`.
    pub session: String,
    /// `paths.session`.
    pub session_path: String,
}

impl Listener {
    /// Where to listen.
    pub fn address(&self) -> Address {
        match (&self.unix, &self.host) {
            (Some(path), _) => Address::Unix(path.clone()),
            (None, Some(host)) => Address::Host(host.clone(), self.port),
            (None, None) => Address::Everywhere(self.port),
        }
    }

    fn from(settings: &Settings, at: &str) -> Self {
        let path = |name: &str| format!("{at}.{name}");
        let host = settings.text(&path("host"));
        let unix = host.and_then(|host| host.strip_prefix("unix:"));
        Self {
            host: host
                .filter(|_| unix.is_none())
                .map(|host| host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).to_owned()),
            unix: unix.map(PathBuf::from),
            port: settings.integer(&path("port")).unwrap_or_default(),
            base_url: settings.owned_text(&path("base_url")),
            socket: Socket {
                owner: settings.owned_text(&path("socket.owner")),
                group: settings.owned_text(&path("socket.group")),
                mode: settings.integer(&path("socket.mode")).unwrap_or(0o755),
            },
            quiet_health: settings.bool(&path("request_log.disable_for_health")),
            tls: Tls::from(settings, &path("tls")),
            cors: Cors {
                enabled: settings.bool(&path("cors.enabled")),
                allowed_origins: settings.list(&path("cors.allowed_origins")),
                allowed_methods: settings.list(&path("cors.allowed_methods")),
                allowed_headers: settings.list(&path("cors.allowed_headers")),
                exposed_headers: settings.list(&path("cors.exposed_headers")),
                allow_credentials: settings.bool(&path("cors.allow_credentials")),
                options_passthrough: settings.bool(&path("cors.options_passthrough")),
                max_age: settings.integer(&path("cors.max_age")).unwrap_or_default(),
                debug: settings.bool(&path("cors.debug")),
            },
        }
    }
}

impl Tls {
    fn from(settings: &Settings, own: &str) -> Self {
        const SHARED: &str = "serve.tls";
        let pem_at = |at: &str, part: &str| {
            let base64 = settings.text(&format!("{at}.{part}.base64")).map(|text| Pem::Base64(SecretText::new(text)));
            base64.or_else(|| settings.text(&format!("{at}.{part}.path")).map(|path| Pem::Path(path.into())))
        };
        let pem = |part| pem_at(own, part).or_else(|| pem_at(SHARED, part));
        let ranges = format!("{own}.allow_termination_from");
        Self {
            enabled: settings
                .flag(&format!("{own}.enabled"))
                .unwrap_or_else(|| settings.bool(&format!("{SHARED}.enabled"))),
            cert: pem("cert"),
            key: pem("key"),
            allow_termination_from: if settings.is_given(&ranges) {
                settings.list(&ranges)
            } else {
                settings.list(&format!("{SHARED}.allow_termination_from"))
            },
        }
    }
}

impl Serve {
    pub(super) fn from(settings: &Settings) -> Self {
        let text = |path| settings.owned_text(path).unwrap_or_default();
        Self {
            public: Listener::from(settings, "serve.public"),
            admin: Listener::from(settings, "serve.admin"),
            cookies: Cookies {
                same_site_mode: settings.word("serve.cookies.same_site_mode").unwrap_or(SameSite::None),
                same_site_legacy_workaround: settings.bool("serve.cookies.same_site_legacy_workaround"),
                domain: settings.owned_text("serve.cookies.domain"),
                secure: settings.bool("serve.cookies.secure"),
                login_csrf: text("serve.cookies.names.login_csrf"),
                consent_csrf: text("serve.cookies.names.consent_csrf"),
                device_csrf: text("serve.cookies.names.device_csrf"),
                session: text("serve.cookies.names.session"),
                session_path: text("serve.cookies.paths.session"),
            },
            max_body_size: settings.integer("serve.max_body_size").unwrap_or_default(),
        }
    }
}
