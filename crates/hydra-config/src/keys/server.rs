//! Keys about the process: database, secrets, log, outgoing requests, tracing.

use super::{
    Default::{From, Is, None},
    Group, Item,
    Kind::*,
    keys,
};
use crate::words::{LogFormat, LogLevel, Profiling, TracingProvider};

pub(super) const GENERAL: Group = Group {
    title: "General",
    keys: keys! {
        "dsn"; Dsn; From("an embedded SQLite file with `--dev`, otherwise required");
            "The database: `postgres://…`, `mysql://…`, `cockroach://…`, `sqlite://…` or `memory`."; secret =>
        "dev"; Bool; Is("false");
            "Development mode: `http` URLs, relaxed cookies. Never for production. The flag `--dev` does the same." =>
        "version"; Version; None;
            "The Hydra version this file was written for, such as `v26.2.0`. Only its form is checked."; stray =>
    },
};

pub(super) const SECRETS: Group = Group {
    title: "Secrets",
    keys: keys! {
        "secrets.system"; List(Item::Secret); None;
            "Encrypts stored data and signs tokens. The first entry is used for new data, all are tried for old. Each has at least 16 characters."; secret =>
        "secrets.cookie"; List(Item::Secret); From("derived from `secrets.system`");
            "Signs and encrypts cookies; rotates like `secrets.system`."; secret =>
        "secrets.pagination"; List(Item::Secret); From("`secrets.system`");
            "Protects page tokens; rotates like `secrets.system`."; secret =>
    },
};

pub(super) const LOG: Group = Group {
    title: "Logging",
    keys: keys! {
        "log.level"; OneOf(LogLevel::WORDS); Is("info"); "How much is logged, on standard error." =>
        "log.format"; OneOf(LogFormat::WORDS); Is("text"); "How a log line looks." =>
        "log.leak_sensitive_values"; Bool; Is("false");
            "Show query strings, cookies and authorization headers in the request log. For debugging only." =>
        "log.redaction_text"; Text; From("a built-in hint"); "What stands in a log line instead of a hidden value."; empty =>
    },
};

pub(super) const CLIENTS: Group = Group {
    title: "Outgoing requests",
    keys: keys! {
        "clients.http.disallow_private_ip_ranges"; Bool; Is("false");
            "Refuse to call private, loopback and link-local addresses for hooks, JWK sets, sector identifiers and logout calls." =>
        "clients.http.private_ip_exception_urls"; List(Item::Text); Is("");
            "URL patterns exempt from that; `*` stands for anything between `.` and `/`, `**` for anything." =>
    },
};

pub(super) const TRACING: Group = Group {
    title: "Tracing",
    keys: keys! {
        "tracing.provider"; OneOf(TracingProvider::WORDS); None; "Where spans go; without it tracing is off." =>
        "tracing.service_name"; Text; Is("Ory Hydra"); "The service name in spans." =>
        "tracing.deployment_environment"; Text; Is(""); "The deployment environment in spans."; empty =>
        "tracing.providers.jaeger.local_agent_address"; HostPort; None; "The Jaeger agent; required for `jaeger`." =>
        "tracing.providers.jaeger.sampling.server_url"; Url; None; "A server that says what to sample." =>
        "tracing.providers.jaeger.sampling.trace_id_ratio"; Number; Is("1"); "The share of traces to send, 0 to 1." =>
        "tracing.providers.zipkin.server_url"; Url; None; "The Zipkin server's address for spans." =>
        "tracing.providers.zipkin.sampling.sampling_ratio"; Number; Is("0"); "The share of traces to send, 0 to 1." =>
        "tracing.providers.otlp.server_url"; HostPort; None; "The collector, OTLP over HTTP; used by the provider `otel`." =>
        "tracing.providers.otlp.insecure"; Bool; Is("false"); "Speak HTTP to the collector, not HTTPS." =>
        "tracing.providers.otlp.sampling.sampling_ratio"; Number; Is("1"); "The share of traces to send, 0 to 1." =>
        "tracing.providers.otlp.authorization_header"; Text; None; "The `Authorization` header for the collector."; secret =>
    },
};

pub(super) const HSM: Group = Group {
    title: "Hardware security module",
    keys: keys! {
        "hsm.enabled"; Bool; Is("false");
            "Keep keys on a PKCS#11 token. This server has no such support and refuses to start when it is asked for." =>
        "hsm.library"; Text; None; "Accepted for compatibility: path of the PKCS#11 library." =>
        "hsm.pin"; Text; None; "Accepted for compatibility: the token's PIN."; secret =>
        "hsm.slot"; Integer(0, i64::MAX); Is("0"); "Accepted for compatibility: the token's slot." =>
        "hsm.token_label"; Text; None; "Accepted for compatibility: the token's label." =>
        "hsm.key_set_prefix"; Text; Is(""); "Accepted for compatibility: what key set names on the token begin with."; empty =>
    },
};

pub(super) const REST: Group = Group {
    title: "Accepted for compatibility",
    keys: keys! {
        "db.ignore_unknown_table_columns"; Bool; Is("false");
            "Tolerate table columns the program does not know. We only read columns we know, so this is always so." =>
        "profiling"; OneOf(Profiling::WORDS); None; "Hydra's profiler. Without effect."; stray =>
        "cgroups.v1.auto_max_procs_enabled"; Bool; Is("false"); "Hydra's scheduler. Without effect: CPU quotas are respected always." =>
        "feature_flags.legacy_allow_insecure_origins"; Bool; Is("false");
            "Let a CORS wildcard stand anywhere in an origin, as in `https://*.com`." =>
        "sqa.opt_out"; Bool; Is("false"); "Telemetry. There is none, so there is nothing to opt out of." =>
    },
};

pub(super) const OURS: Group = Group {
    title: "Our own keys",
    keys: keys! {
        "compat.hydra"; Bool; Is("false");
            "Answer as Hydra does where we judged Hydra's answer to be wrong but clients may lean on it, and write challenges in Hydra's form. For the time that both run side by side."; ours =>
        "serve.max_body_size"; Integer(1, 1 << 40); Is("1048576"); "The largest request body in bytes; larger ones get 413."; ours =>
    },
};
