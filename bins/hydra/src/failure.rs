//! Why a command ends with exit code 1, and how that is told on standard error.

use std::fmt;

use hydra_api::go_json;
use serde_json::Value;

use crate::output::remark;

/// Reasons to end with exit code 1.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something other than the arguments: the network, a file, an answer that makes no sense.
    Message(String),
    /// The arguments; the command's usage is shown as well.
    Usage(String),
    /// The server refused.
    Api(Refusal),
    /// Everything is on standard error already.
    Reported,
}

/// An error answer of the server whose body is JSON.
#[derive(Debug)]
pub(crate) struct Refusal {
    /// The status line's code and words, such as `404 Not Found`.
    pub(crate) status: String,
    /// The body.
    pub(crate) body: Value,
}

impl Refusal {
    /// `error.message` and `error.reason`, where the body nests them.
    fn nested(&self) -> Option<(&str, &str)> {
        let error = self.body.get("error")?;
        Some((error.get("message")?.as_str()?, error.get("reason")?.as_str()?))
    }
}

/// One line for a list of failures.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server answered {}", self.status)?;
        if let Some((message, reason)) = self.nested() {
            return write!(f, ": {message}: {reason}");
        }
        for member in ["error", "error_description"] {
            match self.body.get(member).and_then(Value::as_str) {
                Some(text) if !text.is_empty() => write!(f, ": {text}")?,
                _ => {}
            }
        }
        Ok(())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) | Self::Usage(message) => f.write_str(message),
            Self::Api(refusal) => refusal.fmt(f),
            Self::Reported => f.write_str("see above"),
        }
    }
}

impl Failure {
    /// Tells standard error once; `usage` is that of the command that failed.
    pub(crate) fn report(&self, usage: &str) {
        match self {
            Self::Message(message) => remark(format_args!("Error: {message}")),
            Self::Usage(message) => remark(format_args!("Error: {message}\n{usage}")),
            Self::Api(refusal) => match refusal.nested() {
                Some((message, reason)) => remark(format_args!("{message}\n{reason}")),
                None => {
                    let body = go_json::to_string_pretty(&refusal.body).unwrap_or_default();
                    remark(format_args!(
                        "{body}\nThe request failed: the server answered {}, see above.",
                        refusal.status
                    ));
                }
            },
            Self::Reported => {}
        }
    }
}
