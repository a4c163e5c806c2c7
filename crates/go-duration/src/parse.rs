//! Reading Go's notation: an optional sign, then numbers that each carry a unit.

use std::str::FromStr;

use crate::GoDuration;

/// Why a text is no duration. Every variant repeats the text, so it must not be used on secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Nothing was given.
    #[error("a duration is empty; write a number with a unit, such as 30s or 1h30m, or 0")]
    Empty,
    /// A number was expected and something else stands there.
    #[error("{0:?} is not a duration: each part must be a number followed by a unit, such as 1h30m")]
    NoNumber(String),
    /// A number carries no unit.
    #[error("{0:?} is not a duration: a number needs a unit (ns, us, ms, s, m or h), such as 90s")]
    NoUnit(String),
    /// The unit is not one of Go's.
    #[error("{text:?} is not a duration: the unit {unit:?} is unknown; use ns, us, ms, s, m or h (a day is 24h)")]
    UnknownUnit {
        /// The whole text.
        text: String,
        /// The unit nobody knows.
        unit: String,
    },
    /// More than 64 bits of nanoseconds.
    #[error("the duration {0:?} is too long; the longest is {max}", max = GoDuration::MAX)]
    TooLong(String),
}

impl FromStr for GoDuration {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (negative, magnitude) = match text.as_bytes().first() {
            None => return Err(ParseError::Empty),
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            Some(_) => (false, text),
        };
        if magnitude == "0" {
            return Ok(Self::ZERO);
        }
        if magnitude.is_empty() {
            return Err(ParseError::NoNumber(text.to_owned()));
        }
        let mut rest = magnitude;
        let mut total: i128 = 0;
        while !rest.is_empty() {
            let (nanoseconds, after) = part(rest, text)?;
            total += nanoseconds;
            // Checked on every turn, so that the sum stays far from the limits of i128.
            if total > i128::from(i64::MAX) + 1 {
                return Err(ParseError::TooLong(text.to_owned()));
            }
            rest = after;
        }
        let signed = if negative { -total } else { total };
        i64::try_from(signed).map(Self).map_err(|_| ParseError::TooLong(text.to_owned()))
    }
}

/// The nanoseconds of the first `number unit` pair, and what follows it. `text` is the whole input, for messages.
fn part<'t>(rest: &'t str, text: &str) -> Result<(i128, &'t str), ParseError> {
    let (whole, after) = digits(rest);
    let (fraction, after) = match after.strip_prefix('.') {
        Some(after) => digits(after),
        None => ("", after),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(ParseError::NoNumber(text.to_owned()));
    }
    let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
    let (unit, after) = after.split_at(end);
    let unit: i128 = match unit {
        "ns" => 1,
        // Both the micro sign and the Greek letter, which look the same.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "" => return Err(ParseError::NoUnit(text.to_owned())),
        unit => return Err(ParseError::UnknownUnit { text: text.to_owned(), unit: unit.to_owned() }),
    };
    let whole: i128 = match whole.trim_start_matches('0') {
        "" => 0,
        // 20 digits of nanoseconds are out of range already; fewer cannot overflow an i128 with any unit.
        long if long.len() > 19 => return Err(ParseError::TooLong(text.to_owned())),
        whole => whole.parse().map_err(|_| ParseError::NoNumber(text.to_owned()))?,
    };
    Ok((whole * unit + fraction_of(fraction, unit), after))
}

/// The decimal digits after the point, times the unit, cut to whole nanoseconds.
fn fraction_of(digits: &str, unit: i128) -> i128 {
    // Digits beyond the 18th are less than a nanosecond of an hour.
    let (numerator, denominator) = digits
        .bytes()
        .take(18)
        .fold((0, 1), |(numerator, denominator), digit| (numerator * 10 + i128::from(digit - b'0'), denominator * 10));
    numerator * unit / denominator
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}
