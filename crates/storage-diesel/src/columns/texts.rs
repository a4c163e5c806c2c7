//! Values that are text on at least one database.

use std::{io::Write as _, str};

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::{Pg, PgValue},
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{Binary, Text},
    sqlite::Sqlite,
};
use uuid::Uuid;

use super::{BytesDocument, Document, RowId, SessionText, through_any_connection};

/// A UUID in a column: lower-case text with dashes, except on PostgreSQL, which has a type for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = RowId)]
pub struct Id(pub Uuid);

/// JSON text in a column.
#[derive(Clone, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Document)]
#[diesel(sql_type = BytesDocument)]
pub struct Json(pub String);

/// A session as it is stored, sealed or plain. No `Debug`: a plain one tells who somebody is.
#[derive(Clone, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = SessionText)]
pub struct Sealable(pub String);

through_any_connection!(Id, RowId);
through_any_connection!(Json, Document);
through_any_connection!(Json, BytesDocument);
through_any_connection!(Sealable, SessionText);

impl std::fmt::Debug for Sealable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealable(…)")
    }
}

impl ToSql<RowId, Pg> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<RowId, Pg> for Id {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.as_bytes())?))
    }
}

impl ToSql<RowId, Sqlite> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.to_string());
        Ok(IsNull::No)
    }
}

impl FromSql<RowId, Sqlite> for Id {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::parse_str(&text(value)?)?))
    }
}

/// `jsonb` travels as a version byte and the text.
const JSONB_VERSION: u8 = 1;

impl ToSql<Document, Pg> for Json {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&[JSONB_VERSION])?;
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<Document, Pg> for Json {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        match value.as_bytes().split_first() {
            Some((&JSONB_VERSION, json)) => Ok(Self(str::from_utf8(json)?.to_owned())),
            _ => Err("jsonb of a version that this program does not know".into()),
        }
    }
}

impl ToSql<Document, Sqlite> for Json {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_str());
        Ok(IsNull::No)
    }
}

impl FromSql<Document, Sqlite> for Json {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        text(value).map(Self)
    }
}

impl ToSql<BytesDocument, Pg> for Json {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <Self as ToSql<Document, Pg>>::to_sql(self, &mut out.reborrow())
    }
}

impl FromSql<BytesDocument, Pg> for Json {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <Self as FromSql<Document, Pg>>::from_sql(value)
    }
}

impl ToSql<BytesDocument, Sqlite> for Json {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes());
        Ok(IsNull::No)
    }
}

impl FromSql<BytesDocument, Sqlite> for Json {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        bytes(value).map(Self)
    }
}

impl ToSql<SessionText, Pg> for Sealable {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<SessionText, Pg> for Sealable {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(str::from_utf8(value.as_bytes())?.to_owned()))
    }
}

impl ToSql<SessionText, Sqlite> for Sealable {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes());
        Ok(IsNull::No)
    }
}

impl FromSql<SessionText, Sqlite> for Sealable {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        bytes(value).map(Self)
    }
}

/// A TEXT or BLOB value as text.
fn text(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<String> {
    <String as FromSql<Text, Sqlite>>::from_sql(value)
}

/// The same, given that it was bound as bytes.
fn bytes(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<String> {
    Ok(String::from_utf8(<Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?)?)
}

#[cfg(feature = "mysql")]
mod mysql {
    use diesel::mysql::{Mysql, MysqlValue};

    use super::*;

    macro_rules! text_on_mysql {
        ($value:ty, $sql_type:ty, |$it:ident| $print:expr, |$text:ident| $parse:expr) => {
            impl ToSql<$sql_type, Mysql> for $value {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mysql>) -> serialize::Result {
                    let $it = &self.0;
                    out.write_all($print)?;
                    Ok(IsNull::No)
                }
            }

            impl FromSql<$sql_type, Mysql> for $value {
                fn from_sql(value: MysqlValue<'_>) -> deserialize::Result<Self> {
                    let $text = str::from_utf8(value.as_bytes())?;
                    Ok(Self($parse))
                }
            }
        };
    }
    text_on_mysql!(Id, RowId, |id| id.to_string().as_bytes(), |text| Uuid::parse_str(text)?);
    text_on_mysql!(Json, Document, |json| json.as_bytes(), |text| text.to_owned());
    text_on_mysql!(Json, BytesDocument, |json| json.as_bytes(), |text| text.to_owned());
    text_on_mysql!(Sealable, SessionText, |session| session.as_bytes(), |text| text.to_owned());
}
