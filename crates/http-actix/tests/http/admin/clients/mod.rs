//! `/admin/clients…`

mod bodies;
mod life;
mod list;
mod patch;
mod secrets;
mod signing;
