//! The program as its users meet it: words in, requests on the wire, text and exit code out.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]

mod authorization_code;
mod clients;
mod keys;
mod migrate;
mod support;
mod tokens;
mod transport;
mod words;
