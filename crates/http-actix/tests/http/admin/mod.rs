//! `/admin/…` on the administrative port.

mod clients;
mod flows;
mod introspect;
mod keys;
mod sessions;
mod tokens;
