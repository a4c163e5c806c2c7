//! The running server over SQLite, as its callers see it: statuses, headers and shapes, endpoint by endpoint. The modules
//! mirror the tree of URLs; what holds for all of them is beside it. Which rules decide is tested in `oauth-core`.

#[expect(dead_code, reason = "a part of it is for the tests that run on every database")]
#[path = "../support/mod.rs"]
mod support;

mod admin;
mod bodies;
mod cors;
mod development;
mod divergences;
mod health;
mod mutations;
mod oauth2;
mod paths;
mod traps;
mod userinfo;
mod well_known;
