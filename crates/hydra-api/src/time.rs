//! Times in JSON: RFC 3339, UTC, a fraction only as long as needed.

use chrono::{DateTime, Offset, SecondsFormat, TimeZone, Utc};
use serde::Serializer;

/// RFC 3339 with as few fractional digits as the instant needs and `Z` for UTC: `2026-07-24T10:00:00.25Z`.
pub fn rfc3339<Zone: TimeZone>(time: &DateTime<Zone>) -> String {
    let utc = time.offset().fix().local_minus_utc() == 0;
    let precise = time.fixed_offset().to_rfc3339_opts(SecondsFormat::Nanos, utc);
    // `2026-07-24T10:00:00.250000000` is 29 characters; the zone follows.
    let (moment, zone) = precise.split_at(precise.rfind(['Z', '+', '-']).unwrap_or(precise.len()));
    format!("{}{zone}", moment.trim_end_matches('0').trim_end_matches('.'))
}

/// A time that was never set is printed as the first second of the year 1.
pub(crate) fn serialize<S: Serializer>(time: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.serialize_str(&rfc3339(time)),
        None => serializer.serialize_str("0001-01-01T00:00:00Z"),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]
mod tests {
    use chrono::{DateTime, FixedOffset};

    use super::rfc3339;

    #[test]
    fn the_fraction_is_only_as_long_as_needed() {
        for text in [
            "2026-07-24T10:00:00Z",
            "2026-07-24T10:00:00.25Z",
            "2026-07-24T10:00:00.123456789Z",
            "2026-07-24T10:00:10.1+02:00",
            "2026-07-24T10:00:00-05:30",
        ] {
            let time: DateTime<FixedOffset> = DateTime::parse_from_rfc3339(text).unwrap();
            assert_eq!(rfc3339(&time), text);
        }
    }
}
