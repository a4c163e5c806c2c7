//! From sources to a configuration, or to everything that is wrong with them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod defaults;
mod environment;
mod mistakes;
mod page;
mod precedence;
mod properties;
mod secrets;
mod support;
