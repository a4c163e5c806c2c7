//! What the rules need from outside: time and chance. Tests pass a fixed clock and scripted randomness.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Where the time comes from.
pub trait Clock: Send + Sync + 'static {
    /// The present moment, UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// Where chance comes from. A predictable implementation outside tests gives every token away.
pub trait Random: Send + Sync + 'static {
    /// Fills `bytes` with unpredictable bytes.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Random {
    /// `N` unpredictable bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A UUID v4 (RFC 9562 §5.4).
    pub fn uuid(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// 32 hex digits: a UUID v4 without dashes.
    pub fn hex_id(&self) -> String {
        self.uuid().simple().to_string()
    }

    /// A UUID v7 (RFC 9562 §5.7) of this moment: such ids sort by time, so that an index over them grows at its end.
    pub fn uuid_of(&self, now: DateTime<Utc>) -> Uuid {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }
}
