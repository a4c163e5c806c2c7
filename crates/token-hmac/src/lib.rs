//! What the system secret protects: opaque tokens, sealed texts and page tokens.
//!
//! Bytes in, bytes out. Come in through [`SystemSecrets`], made once at start-up from the configured secrets:
//!
//! - [`mint`](SystemSecrets::mint) and [`verify`](SystemSecrets::verify) opaque tokens and codes,
//! - [`seal`](SystemSecrets::seal) and [`open`](SystemSecrets::open) what rests in the database (sessions, signing keys),
//! - [`seal_flow`](SystemSecrets::seal_flow) and [`open_flow`](SystemSecrets::open_flow) what travels through the
//!   browser (challenges, verifiers).
//!
//! [`PageSecrets`] does the same for page tokens of lists, under keys of their own.
//!
//! The first secret writes, every secret reads: to rotate, put the new secret in front and keep the old ones as long as
//! anything written under them lives.
//!
//! What does not belong here: what a token means, when it expires, which row it finds (`oauth-core`), gzip and JSON of
//! challenges, cookies (`http-actix`), JSON Web Tokens (`token-jwt`). No clock and no randomness: random bytes are
//! arguments.

mod page;
mod sealing;
mod secrets;
mod signature;
mod token;

pub use page::PageSecrets;
pub use sealing::CannotOpen;
pub use secrets::{SecretsError, SystemSecrets};
pub use signature::{access_row_signature, signature_part};
pub use token::{Forged, Minted, TokenKind};
