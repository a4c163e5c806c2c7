//! Requests become typed values before a handler runs.

mod basic;
mod body;
mod form;
mod json;
mod query;

pub(crate) use basic::Basic;
pub(crate) use form::UniqueForm;
pub(crate) use json::{JsonBody, RawBody, check_strictly, parse, strict_value};
pub(crate) use query::Query;
