//! `/admin/…` on the administrative port.

mod clients;
mod introspect;
mod keys;
mod tokens;
