//! The column types that differ from database to database, each as one SQL type with one Rust value.
//!
//! | SQL type | PostgreSQL | SQLite | MySQL | value |
//! | --- | --- | --- | --- | --- |
//! | [`RowId`] | `uuid` | `CHAR(36)` | `char(36)` | [`Id`] |
//! | [`Document`] | `jsonb` | `TEXT` | `json` | [`Json`] |
//! | [`BytesDocument`] | `jsonb` | a BLOB in a `TEXT` column | `json` | [`Json`] |
//! | [`Moment`] | `timestamp` | `TIMESTAMP`, as text | `timestamp` | [`At`] |
//! | [`SessionText`] | `text` | a BLOB in a `TEXT` column | `text` | [`Sealable`] |
//! | [`Whole`] | `integer`, or `bigint` | `INTEGER` | `int` | [`Int`] |
//!
//! Everything else is Text, Integer, BigInt, Bool and Binary, which Diesel knows by itself.

mod moment;
mod number;
mod texts;

use diesel::{
    query_builder::QueryId,
    sql_types::{HasSqlType, SqlType},
};

use crate::connection::MultiBackend;

pub use moment::{At, sqlite_text};
pub use number::Int;
pub use texts::{Id, Json, Sealable};

/// A UUID: the network id of every row, and the row ids of keys.
#[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Text"), mysql_type(name = "String"))]
pub struct RowId;

/// A JSON document. PostgreSQL and MySQL reformat it; what it says stays.
#[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 3802, array_oid = 3807), sqlite_type(name = "Text"), mysql_type(name = "String"))]
pub struct Document;

/// A JSON document that Hydra binds as bytes, so that SQLite keeps a BLOB; text reads as well.
#[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 3802, array_oid = 3807), sqlite_type(name = "Binary"), mysql_type(name = "String"))]
pub struct BytesDocument;

/// A point in time, UTC.
#[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 1114, array_oid = 1115), sqlite_type(name = "Text"), mysql_type(name = "Timestamp"))]
pub struct Moment;

/// A session, in plain or sealed. Hydra binds it as bytes, so that SQLite keeps a BLOB; text reads as well.
#[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 25, array_oid = 1009), sqlite_type(name = "Binary"), mysql_type(name = "String"))]
pub struct SessionText;

/// A whole number of 32 bits, also where the column is wider.
#[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
#[diesel(postgres_type(oid = 23, array_oid = 1007), sqlite_type(name = "Long"), mysql_type(name = "Long"))]
pub struct Whole;

macro_rules! known_to_any_connection {
    ($($sql_type:ty),*) => {$(
        impl HasSqlType<$sql_type> for MultiBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                MultiBackend::lookup_sql_type::<$sql_type>(lookup)
            }
        }
    )*};
}
known_to_any_connection!(RowId, Document, BytesDocument, Moment, SessionText, Whole);

/// Lets a value travel through [`AnyConnection`](crate::connection::AnyConnection), given that each backend knows it.
macro_rules! through_any_connection {
    ($value:ty, $sql_type:ident) => {
        impl diesel::serialize::ToSql<$sql_type, crate::connection::MultiBackend> for $value {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, crate::connection::MultiBackend>,
            ) -> diesel::serialize::Result {
                out.set_value(($sql_type, self));
                Ok(diesel::serialize::IsNull::No)
            }
        }

        impl diesel::deserialize::FromSql<$sql_type, crate::connection::MultiBackend> for $value {
            fn from_sql(value: crate::connection::MultiRawValue<'_>) -> diesel::deserialize::Result<Self> {
                value.from_sql::<$value, $sql_type>()
            }
        }
    };
}
use through_any_connection;
