//! What must hold between settings, beyond each key's own kind.

use url::Url;

use crate::{
    Purpose,
    check::Settings,
    config::{self, Config, Listener},
    keys,
    problem::{Place, Problem},
    read::quoted,
    secret::Dsn,
    words::{AccessTokenStrategy, TracingProvider},
};

/// Holds the configuration against the rules for this purpose.
pub(crate) fn check(
    config: &Config,
    settings: &Settings,
    purpose: Purpose,
    problems: &mut Vec<Problem>,
    warnings: &mut Vec<String>,
) {
    let mut rules = Rules { config, settings, problems, warnings };
    rules.dsn();
    if purpose == Purpose::Serve {
        rules.secrets();
        rules.pages();
        rules.pairwise();
        rules.caps();
        rules.hook("oauth2.token_hook");
        rules.hook("oauth2.refresh_token_hook");
        rules.user_code();
        rules.listener("serve.public", &config.serve.public);
        rules.listener("serve.admin", &config.serve.admin);
        rules.pem("serve.tls");
        rules.issuer();
        rules.tracing();
        rules.hsm();
    }
}

struct Rules<'r> {
    config: &'r Config,
    settings: &'r Settings,
    problems: &'r mut Vec<Problem>,
    warnings: &'r mut Vec<String>,
}

impl Rules<'_> {
    fn wrong(&mut self, path: &str, message: impl Into<String>) {
        self.problems.push(Problem::at(path, self.settings.place(path), message));
    }

    fn warn(&mut self, path: &str, message: &str) {
        let place = match self.settings.place(path) {
            Place::Default => String::new(),
            place => format!("{place}: "),
        };
        self.warnings.push(format!("{place}{path}: {message}"));
    }

    fn is_given(&self, path: &str) -> bool {
        self.settings.is_given(path)
    }

    /// Whether something about this key was reported before, so that its absence is no news.
    fn is_reported(&self, path: &str) -> bool {
        self.problems
            .iter()
            .filter_map(|problem| problem.key.as_deref())
            .any(|key| key == path || keys::below(key, path).is_some() || keys::below(path, key).is_some())
    }

    fn dsn(&mut self) {
        match self.settings.text("dsn") {
            Some(dsn) => {
                if let Err(message) = Dsn::parse(dsn) {
                    self.wrong("dsn", message);
                }
            }
            None if self.config.dev || self.is_reported("dsn") => {}
            None => self.problems.push(Problem::missing(
                "dsn",
                "no database is configured; set dsn in a configuration file or the environment variable DSN, such as \
                 DSN=postgres://user:password@host:5432/database",
            )),
        }
    }

    fn secrets(&mut self) {
        let missing = self.config.secrets.system.is_empty() && !self.is_reported("secrets.system");
        // An embedded development database brings its own secret.
        if missing && (!self.config.dev || self.settings.text("dsn").is_some()) {
            self.problems.push(Problem::missing(
                "secrets.system",
                "no system secret is configured, and stored data cannot be protected without; make one with \
                 `openssl rand -hex 32`, keep it, and set it in a configuration file or the environment variable \
                 SECRETS_SYSTEM",
            ));
        }
    }

    fn issuer(&mut self) {
        const KEY: &str = "urls.self.issuer";
        if self.is_reported(KEY) || (!self.is_given(KEY) && self.is_reported("serve.public.host")) {
            return;
        }
        let issuer = self.config.issuer();
        let scheme = Url::parse(&issuer).map(|url| url.scheme().to_owned()).unwrap_or_default();
        match scheme.as_str() {
            "https" => {}
            "http" if self.config.dev => {}
            "http" => self.wrong(
                KEY,
                format!(
                    "{} is not https, which every issuer must be outside development mode (--dev)",
                    quoted(&issuer)
                ),
            ),
            _ => self.wrong(
                KEY,
                format!("{} is not an http or https URL, such as https://auth.example.com/", quoted(&issuer)),
            ),
        }
    }

    fn pages(&mut self) {
        for path in ["urls.logout", "urls.error", "urls.post_logout_redirect", "urls.device.success"] {
            if self.settings.text(path).is_some_and(|url| !config::is_rooted(url)) {
                self.warn(path, "the value is neither an absolute URL nor a path that starts with /, so it is ignored");
            }
        }
    }

    fn pairwise(&mut self) {
        const TYPES: &str = "oidc.subject_identifiers.supported_types";
        const SALT: &str = "oidc.subject_identifiers.pairwise.salt";
        if !self.settings.list(TYPES).iter().any(|word| word == "pairwise") {
            return;
        }
        match self.settings.text(SALT).map(|salt| salt.chars().count()) {
            None => {
                if !self.is_reported(SALT) {
                    self.wrong(TYPES, format!("pairwise needs a salt of at least 8 characters; set {SALT}"));
                }
            }
            _ if self.config.strategies.access_token == AccessTokenStrategy::Jwt => {
                self.warn(
                    TYPES,
                    "pairwise is ignored, for JWT access tokens (strategies.access_token) show one subject to all",
                );
            }
            Some(length) if length < 8 => {
                self.wrong(SALT, format!("the salt has {length} characters, it needs at least 8"));
            }
            Some(_) => {}
        }
    }

    fn caps(&mut self) {
        const SESSION: &str = "ttl.authentication_session";
        if self.settings.duration(SESSION).is_some_and(|given| given > config::HALF_A_YEAR) {
            self.warn(SESSION, "a login is remembered for 180 days (4320h) at most, so that is what counts");
        }
        const GRACE: &str = "oauth2.grant.refresh_token.rotation_grace_period";
        let longest = config::longest_grace(self.config.oauth2.grant.refresh_token.rotation_grace_reuse_count);
        if self.settings.duration(GRACE).is_some_and(|given| given > longest) {
            self.warn(
                GRACE,
                "at most 5m are possible, or 180 days with a rotation_grace_reuse_count, so that is what counts",
            );
        }
    }

    fn hook(&mut self, at: &str) {
        let sub = |name: &str| format!("{at}.{name}");
        if self.settings.text(at).is_some() || self.is_reported(at) {
            return;
        }
        let auth = ["auth.type", "auth.config.in", "auth.config.name", "auth.config.value"].map(sub);
        let Some(given) = auth.iter().find(|path| self.is_given(path)).cloned() else { return };
        if self.settings.text(&sub("url")).is_none() {
            self.wrong(&given, format!("the hook has no URL; set {}", sub("url")));
        }
        for required in ["auth.type", "auth.config.name", "auth.config.value"] {
            if self.settings.text(&sub(required)).is_none() {
                self.wrong(&given, format!("the hook's credential is not complete; set {}", sub(required)));
            }
        }
        if !self.is_given(&sub("auth.config.in")) {
            self.warn(&given, "the hook's credential is never sent, for auth.config.in (header or cookie) is not set");
        }
    }

    fn user_code(&mut self) {
        let at = |name: &str| format!("oauth2.device_authorization.user_code.{name}");
        let (preset, length, characters) = (at("entropy_preset"), at("length"), at("character_set"));
        let custom = [&length, &characters].map(|path| self.is_given(path));
        match (self.is_given(&preset), custom) {
            (true, [false, false]) | (false, [false, false] | [true, true]) => {}
            (true, _) => self.wrong(&preset, "give either entropy_preset, or length and character_set, not both"),
            (false, [true, false]) => self.wrong(&length, "length needs character_set beside it"),
            (false, [false, true]) => self.wrong(&characters, "character_set needs length beside it"),
        }
        if self.settings.text(&characters).is_some_and(|set| set.chars().count() < 8) {
            self.wrong(&characters, "the set has too few characters for codes that are hard to guess; give at least 8");
        }
    }

    fn listener(&mut self, at: &str, listener: &Listener) {
        let host = format!("{at}.host");
        match (&listener.unix, &listener.host) {
            (Some(path), _) if path.as_os_str().is_empty() => {
                self.wrong(&host, "the unix socket has no path; write unix:/path/to/socket");
            }
            (None, Some(name)) if !is_host(name) => {
                let message =
                    format!("{} is not a host name or address; the port belongs into {at}.port", quoted(name));
                self.wrong(&host, message);
            }
            _ => {}
        }
        let tls = format!("{at}.tls");
        self.pem(&tls);
        if listener.tls.enabled && listener.tls.cert.is_some() != listener.tls.key.is_some() {
            let (there, missing) = if listener.tls.cert.is_some() { ("cert", "key") } else { ("key", "cert") };
            let places = [&*tls, "serve.tls"].into_iter();
            let given = places
                .flat_map(|tls| [format!("{tls}.{there}.path"), format!("{tls}.{there}.base64")])
                .find(|path| self.is_given(path))
                .unwrap_or_else(|| format!("{tls}.enabled"));
            if !self.is_reported(&format!("{tls}.{missing}")) {
                self.wrong(&given, format!("TLS needs {tls}.{missing} as well, by path or base64"));
            }
        }
    }

    fn pem(&mut self, tls: &str) {
        for part in ["cert", "key"] {
            let [path, base64] = ["path", "base64"].map(|way| format!("{tls}.{part}.{way}"));
            if self.settings.text(&path).is_some() && self.settings.text(&base64).is_some() {
                let at = self.settings.place(&base64);
                let message = "path and base64 are both given; give one of them";
                self.problems.push(Problem::at(format!("{tls}.{part}"), at, message));
            }
        }
    }

    fn tracing(&mut self) {
        let tracing = &self.config.tracing;
        let missing = match tracing.provider {
            Some(TracingProvider::Jaeger) if tracing.jaeger.local_agent_address.is_none() => {
                if !self.is_reported("tracing.providers.jaeger.local_agent_address") {
                    self.wrong("tracing.provider", "jaeger needs tracing.providers.jaeger.local_agent_address");
                }
                return;
            }
            Some(TracingProvider::Zipkin) if tracing.zipkin.server_url.is_none() => "zipkin",
            Some(TracingProvider::Otel) if tracing.otlp.server_url.is_none() => "otlp",
            _ => return,
        };
        self.warn(
            "tracing.provider",
            &format!("no spans are sent, for tracing.providers.{missing}.server_url is not set"),
        );
    }

    fn hsm(&mut self) {
        if self.config.hsm.enabled {
            self.wrong(
                "hsm.enabled",
                "this server keeps keys encrypted in its database and has no support for hardware security modules; \
                 set hsm.enabled to false",
            );
        }
    }
}

/// A name or address to listen on; `listener.host` has no brackets.
fn is_host(name: &str) -> bool {
    let (address, zone) = name.split_once('%').unwrap_or((name, ""));
    let is_v6 = address.parse::<std::net::Ipv6Addr>().is_ok();
    (is_v6 && !zone.contains(['/', ' '])) || !name.contains([':', '/', ' ', '@', '%'])
}
