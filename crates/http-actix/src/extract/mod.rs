//! Requests become typed values before a handler runs.

mod basic;
mod bearer;
mod body;
mod form;
mod json;
mod query;
mod visit;

pub(crate) use basic::Basic;
pub(crate) use bearer::{Bearer, BearerHeader};
pub(crate) use form::UniqueForm;
pub(crate) use json::{JsonBody, RawBody, check_strictly, parse, parse_answer, strict_value};
pub(crate) use query::Query;
pub(crate) use visit::{parameters, posted};
