//! Durations in Go's notation: `1h30m`, `500ms`, `-1.5h`.
//!
//! Hydra's configuration, its JSON API and its database all write durations the way Go prints them. [`GoDuration`]
//! reads that notation ([`str::parse`]), prints its one normal form ([`Display`](std::fmt::Display)) and converts to
//! nanoseconds and [`std::time::Duration`]. What a duration *means* (a lifetime, a grace period) belongs to the callers.

mod parse;

use std::{
    fmt::{self, Write},
    time::Duration,
};

pub use parse::ParseError;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000_000_000;

/// A signed length of time in whole nanoseconds, about 292 years at most in either direction.
///
/// Serialises as a string in normal form (`"1h0m0s"`) and deserialises from a string only: a bare number has no unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GoDuration(i64);

impl GoDuration {
    /// No time at all, `0s`.
    pub const ZERO: Self = Self(0);
    /// The longest duration, `2562047h47m16.854775807s`.
    pub const MAX: Self = Self(i64::MAX);
    /// The longest duration backwards.
    pub const MIN: Self = Self(i64::MIN);

    /// The duration of that many nanoseconds.
    pub const fn from_nanos(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// The duration of that many seconds; stops at [`Self::MAX`] and [`Self::MIN`].
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(SECOND as i64))
    }

    /// All of it in nanoseconds.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds; a fraction is cut towards zero.
    pub const fn as_secs(self) -> i64 {
        self.0 / SECOND as i64
    }

    /// Seconds with their fraction; exact to the nanosecond up to about 104 days.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / SECOND as f64
    }

    /// Whether it is exactly `0s`.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether it points backwards.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The same length for the standard library, or `None` if it is negative.
    pub const fn to_std(self) -> Option<Duration> {
        if self.0 < 0 { None } else { Some(Duration::from_nanos(self.0 as u64)) }
    }
}

/// The duration is negative, which [`std::time::Duration`] cannot say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the duration {0} is negative; only zero or more is possible here")]
pub struct NegativeDuration(pub GoDuration);

/// The duration is longer than [`GoDuration::MAX`], about 292 years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the duration is longer than {max}, the longest that can be written", max = GoDuration::MAX)]
pub struct TooLong;

impl TryFrom<GoDuration> for Duration {
    type Error = NegativeDuration;

    fn try_from(duration: GoDuration) -> Result<Self, NegativeDuration> {
        duration.to_std().ok_or(NegativeDuration(duration))
    }
}

impl TryFrom<Duration> for GoDuration {
    type Error = TooLong;

    fn try_from(duration: Duration) -> Result<Self, TooLong> {
        i64::try_from(duration.as_nanos()).map(Self).map_err(|_| TooLong)
    }
}

/// Go's normal form: hours, minutes and seconds from the largest unit that is not zero (`1h0m0s`, `1m30s`, `2.5s`), and
/// below one second the one unit that leaves a whole part (`500ms`, `1.5µs`, `7ns`); nothing at all is `0s`.
impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(24);
        write_normal_form(&mut text, *self)?;
        f.pad(&text)
    }
}

fn write_normal_form(out: &mut String, duration: GoDuration) -> fmt::Result {
    if duration.is_negative() {
        out.push('-');
    }
    let nanoseconds = duration.0.unsigned_abs();
    match nanoseconds {
        0 => out.push_str("0s"),
        1..MICROSECOND => write!(out, "{nanoseconds}ns")?,
        MICROSECOND..MILLISECOND => write_decimal(out, nanoseconds, MICROSECOND, "µs")?,
        MILLISECOND..SECOND => write_decimal(out, nanoseconds, MILLISECOND, "ms")?,
        SECOND.. => {
            let minutes = nanoseconds / (60 * SECOND);
            if minutes >= 60 {
                write!(out, "{}h", minutes / 60)?;
            }
            if minutes > 0 {
                write!(out, "{}m", minutes % 60)?;
            }
            write_decimal(out, nanoseconds % (60 * SECOND), SECOND, "s")?;
        }
    }
    Ok(())
}

/// `amount / unit` in decimal, without trailing zeros, and the unit's name; `unit` is a power of ten.
fn write_decimal(out: &mut String, amount: u64, unit: u64, name: &str) -> fmt::Result {
    write!(out, "{}", amount / unit)?;
    let mut fraction = amount % unit;
    if fraction > 0 {
        let mut digits = unit.ilog10() as usize;
        while fraction.is_multiple_of(10) {
            fraction /= 10;
            digits -= 1;
        }
        write!(out, ".{fraction:0digits$}")?;
    }
    out.push_str(name);
    Ok(())
}

impl Serialize for GoDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GoDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl de::Visitor<'_> for Text {
            type Value = GoDuration;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration in a string, such as 1h30m")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<GoDuration, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}
