//! Settings of the process: log, secrets, outgoing requests, tracing.

use std::collections::BTreeMap;

use crate::{
    check::Settings,
    secret::SecretText,
    words::{LogFormat, LogLevel, Profiling, TracingProvider},
};

/// `log.*`, variables `LOG_*`.
#[derive(Clone, Debug)]
pub struct Log {
    /// `log.level`.
    pub level: LogLevel,
    /// `log.format`.
    pub format: LogFormat,
    /// `log.leak_sensitive_values`.
    pub leak_sensitive_values: bool,
    /// `log.redaction_text`; `None`: the server's own.
    pub redaction_text: Option<String>,
}

/// `secrets.*`, variables `SECRETS_*`. In each list the first entry is used for new data, all are tried for old.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// `secrets.system`, each of at least 16 characters. Empty only in development mode without a DSN.
    pub system: Vec<SecretText>,
    /// `secrets.cookie`; empty: derive from `system`.
    pub cookie: Vec<SecretText>,
    /// `secrets.pagination`; empty: use `system`.
    pub pagination: Vec<SecretText>,
}

/// `clients.http.*`, variables `CLIENTS_HTTP_*`: rules for requests that the server makes.
#[derive(Clone, Debug)]
pub struct HttpClients {
    /// `clients.http.disallow_private_ip_ranges`.
    pub disallow_private_ip_ranges: bool,
    /// `clients.http.private_ip_exception_urls`: globs with the separators `.` and `/`.
    pub private_ip_exception_urls: Vec<String>,
}

/// `clients.*`.
#[derive(Clone, Debug)]
pub struct Clients {
    /// `clients.http.*`.
    pub http: HttpClients,
}

/// `tracing.*`, variables `TRACING_*`.
#[derive(Clone, Debug)]
pub struct Tracing {
    /// `tracing.provider`; `None`: tracing is off.
    pub provider: Option<TracingProvider>,
    /// `tracing.service_name`.
    pub service_name: String,
    /// `tracing.deployment_environment`.
    pub deployment_environment: Option<String>,
    /// `tracing.providers.jaeger.*`.
    pub jaeger: Jaeger,
    /// `tracing.providers.zipkin.*`.
    pub zipkin: Zipkin,
    /// `tracing.providers.otlp.*`.
    pub otlp: Otlp,
}

/// `tracing.providers.jaeger.*`.
#[derive(Clone, Debug)]
pub struct Jaeger {
    /// `local_agent_address`, `host:port`; present if the provider is `jaeger`.
    pub local_agent_address: Option<String>,
    /// `sampling.server_url`.
    pub sampling_server_url: Option<String>,
    /// `sampling.trace_id_ratio`, 0 to 1.
    pub trace_id_ratio: f64,
}

/// `tracing.providers.zipkin.*`.
#[derive(Clone, Debug)]
pub struct Zipkin {
    /// `server_url`.
    pub server_url: Option<String>,
    /// `sampling.sampling_ratio`, 0 to 1.
    pub sampling_ratio: f64,
}

/// `tracing.providers.otlp.*`.
#[derive(Clone, Debug)]
pub struct Otlp {
    /// `server_url`, `host:port`.
    pub server_url: Option<String>,
    /// `insecure`: HTTP, not HTTPS.
    pub insecure: bool,
    /// `sampling.sampling_ratio`, 0 to 1.
    pub sampling_ratio: f64,
    /// `authorization_header`.
    pub authorization_header: Option<SecretText>,
}

/// `hsm.*`, variables `HSM_*`; `hsm.enabled` is refused when a server starts.
#[derive(Clone, Debug)]
pub struct Hsm {
    /// `hsm.enabled`.
    pub enabled: bool,
    /// `hsm.library`.
    pub library: Option<String>,
    /// `hsm.pin`.
    pub pin: Option<SecretText>,
    /// `hsm.slot`.
    pub slot: u64,
    /// `hsm.token_label`.
    pub token_label: Option<String>,
    /// `hsm.key_set_prefix`.
    pub key_set_prefix: Option<String>,
}

/// Keys that are accepted because Hydra has them.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// `version`: the version the file was written for.
    pub version: Option<String>,
    /// `profiling`.
    pub profiling: Option<Profiling>,
    /// `db.ignore_unknown_table_columns`.
    pub ignore_unknown_table_columns: bool,
    /// `cgroups.v1.auto_max_procs_enabled`.
    pub auto_max_procs: bool,
    /// `sqa.opt_out`.
    pub telemetry_opt_out: bool,
}

/// `feature_flags.*`, variables `FEATURE_FLAGS_*`.
#[derive(Clone, Debug)]
pub struct FeatureFlags {
    /// `feature_flags.legacy_allow_insecure_origins`: a CORS wildcard may stand anywhere.
    pub legacy_allow_insecure_origins: bool,
}

/// `compat.*`, variables `COMPAT_*`: not one of Hydra's keys.
#[derive(Clone, Debug)]
pub struct Compat {
    /// `compat.hydra`: answer as Hydra does where ours is a matter of judgement, and write challenges in its form.
    pub hydra: bool,
}

impl Log {
    pub(super) fn from(settings: &Settings) -> Self {
        Self {
            level: settings.word("log.level").unwrap_or(LogLevel::Info),
            format: settings.word("log.format").unwrap_or(LogFormat::Text),
            leak_sensitive_values: settings.bool("log.leak_sensitive_values"),
            redaction_text: settings.owned_text("log.redaction_text"),
        }
    }
}

impl Secrets {
    pub(super) fn from(settings: &Settings) -> Self {
        let list = |path| settings.list(path).into_iter().map(SecretText::new).collect();
        Self { system: list("secrets.system"), cookie: list("secrets.cookie"), pagination: list("secrets.pagination") }
    }

    /// The secrets of page tokens: `secrets.pagination`, or else `secrets.system`.
    pub fn for_pagination(&self) -> &[SecretText] {
        if self.pagination.is_empty() { &self.system } else { &self.pagination }
    }
}

impl Clients {
    pub(super) fn from(settings: &Settings) -> Self {
        Self {
            http: HttpClients {
                disallow_private_ip_ranges: settings.bool("clients.http.disallow_private_ip_ranges"),
                private_ip_exception_urls: settings.list("clients.http.private_ip_exception_urls"),
            },
        }
    }
}

impl Tracing {
    pub(super) fn from(settings: &Settings) -> Self {
        let ratio = |path| settings.number(path).clamp(0.0, 1.0);
        Self {
            provider: settings.word("tracing.provider"),
            service_name: settings.owned_text("tracing.service_name").unwrap_or_default(),
            deployment_environment: settings.owned_text("tracing.deployment_environment"),
            jaeger: Jaeger {
                local_agent_address: settings.owned_text("tracing.providers.jaeger.local_agent_address"),
                sampling_server_url: settings.owned_text("tracing.providers.jaeger.sampling.server_url"),
                trace_id_ratio: ratio("tracing.providers.jaeger.sampling.trace_id_ratio"),
            },
            zipkin: Zipkin {
                server_url: settings.owned_text("tracing.providers.zipkin.server_url"),
                sampling_ratio: ratio("tracing.providers.zipkin.sampling.sampling_ratio"),
            },
            otlp: Otlp {
                server_url: settings.owned_text("tracing.providers.otlp.server_url"),
                insecure: settings.bool("tracing.providers.otlp.insecure"),
                sampling_ratio: ratio("tracing.providers.otlp.sampling.sampling_ratio"),
                authorization_header: settings.text("tracing.providers.otlp.authorization_header").map(SecretText::new),
            },
        }
    }
}

impl Hsm {
    pub(super) fn from(settings: &Settings) -> Self {
        Self {
            enabled: settings.bool("hsm.enabled"),
            library: settings.owned_text("hsm.library"),
            pin: settings.text("hsm.pin").map(SecretText::new),
            slot: settings.integer("hsm.slot").unwrap_or_default(),
            token_label: settings.owned_text("hsm.token_label"),
            key_set_prefix: settings.owned_text("hsm.key_set_prefix"),
        }
    }
}

impl Accepted {
    pub(super) fn from(settings: &Settings) -> Self {
        Self {
            version: settings.owned_text("version"),
            profiling: settings.word("profiling"),
            ignore_unknown_table_columns: settings.bool("db.ignore_unknown_table_columns"),
            auto_max_procs: settings.bool("cgroups.v1.auto_max_procs_enabled"),
            telemetry_opt_out: settings.bool("sqa.opt_out"),
        }
    }
}

impl FeatureFlags {
    pub(super) fn from(settings: &Settings) -> Self {
        Self { legacy_allow_insecure_origins: settings.bool("feature_flags.legacy_allow_insecure_origins") }
    }
}

impl Compat {
    pub(super) fn from(settings: &Settings) -> Self {
        Self { hydra: settings.bool("compat.hydra") }
    }
}

/// `urls.identity_provider.*`, variables `URLS_IDENTITY_PROVIDER_*`: Ory Kratos, where sessions end on logout.
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    /// `urls.identity_provider.url`: the admin API.
    pub url: Option<String>,
    /// `urls.identity_provider.publicUrl`.
    pub public_url: Option<String>,
    /// `urls.identity_provider.headers`: sent with every call.
    pub headers: BTreeMap<String, SecretText>,
}

impl IdentityProvider {
    pub(super) fn from(settings: &Settings) -> Self {
        let headers = settings.map("urls.identity_provider.headers");
        Self {
            url: settings.owned_text("urls.identity_provider.url"),
            public_url: settings.owned_text("urls.identity_provider.publicUrl"),
            headers: headers.into_iter().map(|(name, value)| (name, SecretText::new(value))).collect(),
        }
    }
}
