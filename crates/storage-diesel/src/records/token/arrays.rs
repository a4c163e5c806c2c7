//! Access tokens as one array for each column: PostgreSQL takes any number of rows in such a statement, and prepares it once.

use diesel::{
    PgConnection, QueryResult, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{Array, Bool, Nullable, Text},
};

use super::AccessRow;
use crate::columns::{At, Id, Moment, RowId, Sealable, SessionText};

macro_rules! columns_as_arrays {
    ($($column:ident: $value:ty as $sql_type:ty,)*) => {
        /// An INSERT of rows, column by column.
        pub(crate) struct AccessArrays<'r> {
            $($column: Vec<&'r $value>,)*
        }

        impl<'r> AccessArrays<'r> {
            pub(crate) fn new(rows: &[&'r AccessRow]) -> Self {
                Self { $($column: rows.iter().map(|row| &row.$column).collect(),)* }
            }
        }

        impl QueryFragment<Pg> for AccessArrays<'_> {
            fn walk_ast<'b>(&'b self, mut pass: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                pass.push_sql("INSERT INTO hydra_oauth2_access (");
                pass.push_sql(&[$(stringify!($column)),*].join(", "));
                let mut before = ") SELECT * FROM unnest(";
                $(
                    pass.push_sql(std::mem::replace(&mut before, ", "));
                    pass.push_bind_param::<Array<$sql_type>, _>(&self.$column)?;
                )*
                pass.push_sql(")");
                Ok(())
            }
        }
    };
}

columns_as_arrays! {
    signature: String as Text,
    request_id: String as Text,
    requested_at: At as Moment,
    client_id: String as Text,
    scope: String as Text,
    granted_scope: String as Text,
    form_data: String as Text,
    session_data: Sealable as SessionText,
    subject: String as Text,
    active: bool as Bool,
    requested_audience: Option<String> as Nullable<Text>,
    granted_audience: Option<String> as Nullable<Text>,
    challenge_id: Option<String> as Nullable<Text>,
    nid: Id as RowId,
    expires_at: Option<At> as Nullable<Moment>,
}

impl QueryId for AccessArrays<'_> {
    type QueryId = AccessArrays<'static>;

    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for AccessArrays<'_> {}
