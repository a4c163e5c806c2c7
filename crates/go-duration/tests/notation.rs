//! Go's duration notation, read and written.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

use std::time::Duration;

use go_duration::{GoDuration, NegativeDuration, ParseError, TooLong};
use proptest::prelude::*;

fn read(text: &str) -> GoDuration {
    text.parse().unwrap_or_else(|error| panic!("{text:?} should be a duration: {error}"))
}

fn nanos(text: &str) -> i64 {
    read(text).as_nanos()
}

const HOUR: i64 = 3_600_000_000_000;

#[test]
fn every_unit_is_known() {
    for (text, nanoseconds) in [
        ("1ns", 1),
        ("1us", 1_000),
        ("1µs", 1_000),
        ("1μs", 1_000),
        ("1ms", 1_000_000),
        ("1s", 1_000_000_000),
        ("1m", 60_000_000_000),
        ("1h", HOUR),
    ] {
        assert_eq!(nanos(text), nanoseconds, "{text}");
    }
}

#[test]
fn parts_add_up_in_any_order() {
    assert_eq!(nanos("1h30m"), HOUR * 3 / 2);
    assert_eq!(nanos("30m1h"), HOUR * 3 / 2);
    assert_eq!(nanos("1h1h"), HOUR * 2);
}

#[test]
fn fractions_and_signs_count() {
    assert_eq!(nanos("1.5h"), HOUR * 3 / 2);
    assert_eq!(nanos(".5s"), 500_000_000);
    assert_eq!(nanos("1.s"), 1_000_000_000);
    assert_eq!(nanos("-1h"), -HOUR);
    assert_eq!(nanos("+1h"), HOUR);
    assert_eq!(nanos("0.1ns"), 0);
    assert_eq!(nanos("0.3333333333333333333h"), 1_199_999_999_999);
}

#[test]
fn zero_is_the_only_number_without_a_unit() {
    for zero in ["0", "-0", "+0", "0s", "0h0m"] {
        assert_eq!(nanos(zero), 0, "{zero}");
    }
    assert_eq!("90".parse::<GoDuration>(), Err(ParseError::NoUnit("90".into())));
}

#[test]
fn what_is_no_duration_is_refused_with_a_reason() {
    assert_eq!("".parse::<GoDuration>(), Err(ParseError::Empty));
    for text in ["-", ".s", "h", " 1h", "--1h", "1h-1m", "1h 30m", "e"] {
        assert!(text.parse::<GoDuration>().is_err(), "{text}");
    }
    let days = "2d".parse::<GoDuration>().unwrap_err().to_string();
    assert!(days.contains("\"d\"") && days.contains("24h"), "{days}");
}

#[test]
fn the_range_is_64_bits_of_nanoseconds() {
    assert_eq!(read("9223372036854775807ns"), GoDuration::MAX);
    assert_eq!(read("-9223372036854775808ns"), GoDuration::MIN);
    for text in ["9223372036854775808ns", "-9223372036854775809ns", "2562048h", "99999999999999999999999s"] {
        assert_eq!(text.parse::<GoDuration>(), Err(ParseError::TooLong(text.into())));
    }
    assert_eq!(nanos("00000000000000000000000000001s"), 1_000_000_000);
}

#[test]
fn the_normal_form_is_gos() {
    for (text, normal) in [
        ("0", "0s"),
        ("1h", "1h0m0s"),
        ("90s", "1m30s"),
        ("500ms", "500ms"),
        ("1us", "1µs"),
        ("1500ns", "1.5µs"),
        ("999ns", "999ns"),
        ("2500ms", "2.5s"),
        ("1h0.000000001s", "1h0m0.000000001s"),
        ("720h", "720h0m0s"),
        ("-1.5h", "-1h30m0s"),
        ("9223372036854775807ns", "2562047h47m16.854775807s"),
        ("-9223372036854775808ns", "-2562047h47m16.854775808s"),
    ] {
        assert_eq!(read(text).to_string(), normal, "{text}");
    }
    assert_eq!(format!("{:>8}|", read("1s")), "      1s|");
}

#[test]
fn json_holds_it_as_a_string_and_nothing_else() {
    assert_eq!(serde_json::to_string(&read("1h")).unwrap(), r#""1h0m0s""#);
    assert_eq!(serde_json::from_str::<GoDuration>(r#""15m""#).unwrap(), read("15m"));
    for json in ["3600", "null", r#""""#, r#""1d""#, "[]"] {
        assert!(serde_json::from_str::<GoDuration>(json).is_err(), "{json}");
    }
}

#[test]
fn the_standard_library_has_no_negative_durations() {
    assert_eq!(Duration::try_from(read("1.5s")), Ok(Duration::from_millis(1500)));
    assert_eq!(Duration::try_from(read("-1s")), Err(NegativeDuration(read("-1s"))));
    assert_eq!(GoDuration::try_from(Duration::from_secs(60)), Ok(read("1m")));
    assert_eq!(GoDuration::try_from(Duration::MAX), Err(TooLong));
}

#[test]
fn seconds_are_at_hand() {
    assert_eq!(read("1.9s").as_secs(), 1);
    assert_eq!(read("-1.9s").as_secs(), -1);
    assert_eq!(read("1.5s").as_secs_f64(), 1.5);
    assert_eq!(GoDuration::from_secs(90), read("1m30s"));
    assert_eq!(GoDuration::from_secs(i64::MAX), GoDuration::MAX);
    assert!(read("0").is_zero() && read("-1ns").is_negative());
}

proptest! {
    #[test]
    fn printing_and_reading_gives_the_same(nanoseconds: i64) {
        let duration = GoDuration::from_nanos(nanoseconds);
        prop_assert_eq!(duration.to_string().parse(), Ok(duration));
    }

    #[test]
    fn no_text_panics(text in "[-+]?([0-9]{0,25}\\.?[0-9]{0,25}(ns|us|µs|ms|s|m|h|d|)){0,4}|\\PC*") {
        let _ = text.parse::<GoDuration>();
    }
}
