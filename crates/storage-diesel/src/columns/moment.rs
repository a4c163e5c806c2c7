//! Points in time: a timestamp without zone in UTC, or, on SQLite, a text whose order is the order in time.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::{Pg, PgValue},
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{Text, Timestamp},
    sqlite::Sqlite,
};

use super::{Moment, through_any_connection};

/// A point in time in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Moment)]
pub struct At(pub DateTime<Utc>);

through_any_connection!(At, Moment);

/// The text SQLite keeps: `2026-07-01 10:00:00.5+00:00`, no fraction when it is zero. Never a `T` between date and time:
/// Hydra compares these texts with SQLite's own.
pub fn sqlite_text(moment: DateTime<Utc>) -> String {
    // Chrono prints a fraction with three, six or nine digits.
    let mut text = moment.naive_utc().to_string();
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').len());
    }
    text.push_str("+00:00");
    text
}

/// Reads every spelling that Hydra's drivers have written: space or `T`, with and without fraction, offset or `Z`, date only.
fn parse_sqlite_text(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let text = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    if let Ok(moment) = text.parse::<DateTime<FixedOffset>>() {
        return Some(moment.to_utc());
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    let text = text.replacen(['T', 't'], " ", 1);
    let without_seconds = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"];
    without_seconds
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(&text, form).ok())
        .map(|moment| moment.and_utc())
}

impl ToSql<Moment, Sqlite> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(sqlite_text(self.0));
        Ok(IsNull::No)
    }
}

impl FromSql<Moment, Sqlite> for At {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
        parse_sqlite_text(&text).map(Self).ok_or_else(|| "this is not a date and time".into())
    }
}

impl ToSql<Moment, Pg> for At {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <NaiveDateTime as ToSql<Timestamp, Pg>>::to_sql(&self.0.naive_utc(), &mut out.reborrow())
    }
}

impl FromSql<Moment, Pg> for At {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(<NaiveDateTime as FromSql<Timestamp, Pg>>::from_sql(value)?.and_utc()))
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use diesel::mysql::{Mysql, MysqlValue};

    use super::*;

    /// The last midnight that a `timestamp` can hold in whatever zone the session is. What ends later is written as if it ended
    /// here, for MariaDB would note no end at all, and others refuse: the end in a row is bookkeeping, the session decides.
    const LATEST: NaiveDateTime = match NaiveDate::from_ymd_opt(2038, 1, 18) {
        Some(date) => date.and_time(NaiveTime::MIN),
        None => NaiveDateTime::MIN,
    };

    impl ToSql<Moment, Mysql> for At {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mysql>) -> serialize::Result {
            let moment = self.0.naive_utc().min(LATEST);
            <NaiveDateTime as ToSql<Timestamp, Mysql>>::to_sql(&moment, &mut out.reborrow())
        }
    }

    impl FromSql<Moment, Mysql> for At {
        fn from_sql(value: MysqlValue<'_>) -> deserialize::Result<Self> {
            Ok(Self(<NaiveDateTime as FromSql<Timestamp, Mysql>>::from_sql(value)?.and_utc()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).expect("the tests write well-formed times").to_utc()
    }

    #[test]
    fn sqlite_times_are_written_as_hydra_writes_them() {
        let pairs = [
            ("2026-07-01T10:00:00Z", "2026-07-01 10:00:00+00:00"),
            ("2026-07-01T10:00:00.123456789Z", "2026-07-01 10:00:00.123456789+00:00"),
            ("2026-07-01T10:00:00.5Z", "2026-07-01 10:00:00.5+00:00"),
            ("2026-07-01T10:00:00.000001Z", "2026-07-01 10:00:00.000001+00:00"),
        ];
        for (moment, text) in pairs {
            assert_eq!(sqlite_text(instant(moment)), text);
            assert_eq!(parse_sqlite_text(text), Some(instant(moment)));
        }
    }

    #[test]
    fn every_spelling_of_an_old_row_is_read() {
        let noon = instant("2026-07-01T12:00:00Z");
        for text in [
            "2026-07-01 12:00:00",
            "2026-07-01T12:00:00",
            "2026-07-01T12:00:00Z",
            "2026-07-01 12:00:00.000Z",
            "2026-07-01 14:00:00+02:00",
            "2026-07-01T10:30:00.0-01:30",
            "2026-07-01 12:00:00+00:00Z",
            "2026-07-01 12:00",
        ] {
            assert_eq!(parse_sqlite_text(text), Some(noon), "{text}");
        }
        assert_eq!(parse_sqlite_text("2026-07-01"), Some(instant("2026-07-01T00:00:00Z")));
        for text in ["", "now", "2026-13-01 00:00:00", "1782900000"] {
            assert_eq!(parse_sqlite_text(text), None, "{text}");
        }
    }
}
