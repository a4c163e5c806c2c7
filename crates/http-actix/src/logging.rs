//! The log, on stderr: one line for each event, as text or JSON (`log.*`).

use std::io::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use hydra_config::{LogFormat, LogLevel};
use log::LevelFilter;
use serde_json::json;

use crate::VERSION;

/// Starts logging. Called once, first thing; a second call changes nothing.
pub fn start(settings: &hydra_config::Log) {
    let level = match settings.level {
        LogLevel::Panic | LogLevel::Fatal | LogLevel::Error => LevelFilter::Error,
        LogLevel::Warn => LevelFilter::Warn,
        LogLevel::Info => LevelFilter::Info,
        LogLevel::Debug => LevelFilter::Debug,
        LogLevel::Trace => LevelFilter::Trace,
    };
    let format = settings.format;
    // Libraries talk about their own affairs on info; what concerns an operator we say ourselves.
    let others = level.min(LevelFilter::Warn);
    let mut builder = env_logger::Builder::new();
    builder.filter_level(others);
    for room in ["http_actix", "oauth_core", "storage_diesel", "hydra", "hydra_serve"] {
        builder.filter_module(room, level);
    }
    builder.target(env_logger::Target::Stderr).format(move |out, record| {
        let now = DateTime::<Utc>::from(clock()).to_rfc3339_opts(SecondsFormat::Secs, true);
        let level = record.level().as_str().to_ascii_lowercase();
        match format {
            LogFormat::Text => writeln!(
                out,
                "time={now} level={level} msg={:?} audience=application service_name=hydra service_version={VERSION}",
                record.args().to_string()
            ),
            LogFormat::Json => writeln!(out, "{}", as_json(&now, &level, record)),
            LogFormat::JsonPretty => writeln!(out, "{:#}", as_json(&now, &level, record)),
        }
    });
    // Tests start several servers in one process; the first log serves them all.
    let _ = builder.try_init();
}

/// Logs what the configuration has to remark.
pub fn warn_all(warnings: &[String]) {
    for warning in warnings {
        log::warn!("{warning}");
    }
}

fn as_json(now: &str, level: &str, record: &log::Record<'_>) -> serde_json::Value {
    json!({
        "audience": "application",
        "level": level,
        "msg": record.args().to_string(),
        "service_name": "hydra",
        "service_version": VERSION,
        "time": now,
    })
}

#[expect(clippy::disallowed_methods, reason = "a log line carries the time at which it is written")]
fn clock() -> std::time::SystemTime {
    std::time::SystemTime::now()
}
