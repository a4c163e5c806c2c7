//! Whole numbers: of four bytes, except on CockroachDB, where Hydra's `INTEGER` has eight.

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::{Pg, PgValue},
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{BigInt, Integer},
    sqlite::Sqlite,
};

use super::{Whole, through_any_connection};

/// A whole number in a column. What is too large for us becomes the largest that is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Whole)]
pub struct Int(pub i32);

through_any_connection!(Int, Whole);

fn narrowed(wide: i64) -> Int {
    Int(i32::try_from(wide).unwrap_or(if wide < 0 { i32::MIN } else { i32::MAX }))
}

impl ToSql<Whole, Pg> for Int {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <i32 as ToSql<Integer, Pg>>::to_sql(&self.0, &mut out.reborrow())
    }
}

impl FromSql<Whole, Pg> for Int {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        match value.as_bytes().len() {
            8 => <i64 as FromSql<BigInt, Pg>>::from_sql(value).map(narrowed),
            _ => <i32 as FromSql<Integer, Pg>>::from_sql(value).map(Self),
        }
    }
}

impl ToSql<Whole, Sqlite> for Int {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(i64::from(self.0));
        Ok(IsNull::No)
    }
}

impl FromSql<Whole, Sqlite> for Int {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        <i64 as FromSql<BigInt, Sqlite>>::from_sql(value).map(narrowed)
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use diesel::mysql::{Mysql, MysqlValue};

    use super::*;

    impl ToSql<Whole, Mysql> for Int {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mysql>) -> serialize::Result {
            <i32 as ToSql<Integer, Mysql>>::to_sql(&self.0, &mut out.reborrow())
        }
    }

    impl FromSql<Whole, Mysql> for Int {
        fn from_sql(value: MysqlValue<'_>) -> deserialize::Result<Self> {
            <i32 as FromSql<Integer, Mysql>>::from_sql(value).map(Self)
        }
    }
}
