//! The registered claims of JWTs that others signed (RFC 7519 §4.1), and whether it is time for one.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny},
};

/// The claims that say who vouches for whom, to whom, and when. One that stands there twice, or with a value of another kind, makes
/// the whole unreadable: two readers must not read it differently.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RegisteredClaims {
    pub(crate) iss: Option<String>,
    pub(crate) sub: Option<String>,
    pub(crate) aud: Audience,
    pub(crate) exp: Option<NumericDate>,
    pub(crate) nbf: Option<NumericDate>,
    pub(crate) iat: Option<NumericDate>,
    pub(crate) jti: Option<String>,
    /// All other claims. Who has room for them is read from an object only, never from a list.
    #[serde(flatten)]
    _others: IgnoredAny,
}

impl RegisteredClaims {
    /// Refuses claims whose time is over or has not come. There is no leeway, as at Hydra.
    pub(crate) fn must_be_timely(&self, now: DateTime<Utc>) -> Result<(), Untimely> {
        let untimely = |claim, date: &NumericDate| Err(Untimely { claim, off: (date.0 - now).abs(), now });
        match (&self.exp, &self.iat, &self.nbf) {
            (Some(exp), _, _) if exp.0 <= now => untimely("exp", exp),
            (_, Some(iat), _) if iat.0 > now => untimely("iat", iat),
            (_, _, Some(nbf)) if nbf.0 > now => untimely("nbf", nbf),
            _ => Ok(()),
        }
    }
}

/// A JWT whose time is over, or has not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", match *.claim { "exp" => "it has expired", "iat" => "it was issued in the future", _ => "it is not valid yet" })]
pub struct Untimely {
    /// The claim that says so: `exp`, `iat` or `nbf`.
    pub claim: &'static str,
    /// How far it is from our clock.
    pub off: TimeDelta,
    /// Our clock.
    pub now: DateTime<Utc>,
}

/// `aud`, one or several (RFC 7519 §4.1.3).
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Audience(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum OneOrSeveral {
            One(String),
            Several(Vec<String>),
            Nothing,
        }
        Ok(Self(match OneOrSeveral::deserialize(from)? {
            OneOrSeveral::One(one) => vec![one],
            OneOrSeveral::Several(several) => several,
            OneOrSeveral::Nothing => Vec::new(),
        }))
    }
}

/// A moment in seconds, perhaps with a fraction (RFC 7519 §2), cut to whole ones. What lies before or after all that a database can
/// keep becomes its beginning or end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumericDate(pub(crate) DateTime<Utc>);

impl NumericDate {
    /// 0001-01-01 and the end of 9999.
    const KEPT: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(from)?;
        let seconds = number.as_i64().or_else(|| {
            // A float becomes the nearest whole number that there is.
            number.as_f64().map(|seconds| seconds.floor() as i64)
        });
        let seconds = seconds.ok_or_else(|| D::Error::custom("a date is a number of seconds"))?;
        let kept = seconds.clamp(*Self::KEPT.start(), *Self::KEPT.end());
        DateTime::from_timestamp(kept, 0).map(Self).ok_or_else(|| D::Error::custom("a date out of range"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<RegisteredClaims> {
        serde_json::from_str(json).ok()
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn an_audience_is_one_or_several() {
        let audience = |json: &str| read(json).map(|claims| claims.aud.0);
        assert_eq!(audience(r#"{"aud":"a"}"#), Some(vec!["a".to_owned()]));
        assert_eq!(audience(r#"{"aud":["a","b"]}"#), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(audience(r#"{"other":1}"#), Some(Vec::new()));
        for odd in [r#"{"aud":1}"#, r#"{"aud":["a",1]}"#, r#"{"aud":{}}"#] {
            assert_eq!(audience(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_claim_that_stands_there_twice_or_is_of_another_kind_makes_all_unreadable() {
        for odd in [
            r#"{"sub":"a","sub":"b"}"#,
            r#"{"exp":1,"exp":2}"#,
            r#"{"exp":"1"}"#,
            r#"{"jti":1}"#,
            r#"{"iat":true}"#,
            "[]",
            "1",
        ] {
            assert!(read(odd).is_none(), "{odd}");
        }
    }

    #[test]
    fn dates_may_have_fractions_and_any_size() {
        let exp =
            |number: &str| read(&format!("{{\"exp\":{number}}}")).and_then(|claims| claims.exp).map(|date| date.0);
        assert_eq!(exp("10"), Some(at(10)));
        assert_eq!(exp("10.9"), Some(at(10)));
        assert_eq!(exp("1e1"), Some(at(10)));
        for (huge, kept) in
            [("99999999999999", 253_402_300_799), ("18446744073709551615", 253_402_300_799), ("1e300", 253_402_300_799)]
        {
            assert_eq!(exp(huge), Some(at(kept)), "{huge}");
        }
        assert_eq!(exp("-1e300"), Some(at(-62_135_596_800)));
    }

    #[test]
    fn a_jwt_is_good_from_nbf_and_iat_until_just_before_exp() {
        let claims = read(r#"{"iat":10,"nbf":12,"exp":20}"#).unwrap_or_default();
        let wrong = |now| claims.must_be_timely(at(now)).err().map(|why| (why.claim, why.off.num_seconds()));
        assert_eq!(wrong(9), Some(("iat", 1)));
        assert_eq!(wrong(11), Some(("nbf", 1)));
        assert_eq!((wrong(12), wrong(19)), (None, None));
        assert_eq!((wrong(20), wrong(23)), (Some(("exp", 0)), Some(("exp", 3))));
        assert!(RegisteredClaims::default().must_be_timely(at(0)).is_ok());
    }
}
