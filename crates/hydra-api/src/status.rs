//! Health and version.

use serde::{Deserialize, Serialize};

/// `GET /health/alive` and `/health/ready`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// `ok`.
    pub status: String,
}

impl Health {
    /// `{"status":"ok"}`.
    pub fn ok() -> Self {
        Self { status: "ok".to_owned() }
    }
}

/// `GET /version`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The release, such as `v26.2.0`.
    pub version: String,
}
