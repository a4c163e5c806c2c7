//! What the system secret protects: opaque tokens, sealed texts, challenges and page tokens. And what the cookie secret
//! protects: the cookies of a login.
//!
//! Bytes in, bytes out. Come in through [`SystemSecrets`], made once at start-up from the configured secrets:
//!
//! - [`mint`](SystemSecrets::mint) and [`verify`](SystemSecrets::verify) opaque tokens and codes,
//! - [`seal`](SystemSecrets::seal) and [`open`](SystemSecrets::open) what rests in the database (sessions, signing keys),
//! - [`seal_compact_flow`](SystemSecrets::seal_compact_flow) and [`open_compact_flow`](SystemSecrets::open_compact_flow)
//!   what travels through the browser (challenges, verifiers); the same in the form that Hydra reads and writes is
//!   [`seal_hydra_flow`](SystemSecrets::seal_hydra_flow) and [`open_hydra_flow`](SystemSecrets::open_hydra_flow),
//! - [`seal_flow`](SystemSecrets::seal_flow) and [`open_flow`](SystemSecrets::open_flow) anything else that travels.
//!
//! [`PageSecrets`] does the same for page tokens of lists, [`CookieSecrets`] for cookies, each under keys of their own.
//!
//! The first secret writes, every secret reads: to rotate, put the new secret in front and keep the old ones as long as
//! anything written under them lives.
//!
//! What does not belong here: what a token means, when it expires, which row it finds, what a challenge or a cookie says
//! (`oauth-core`), headers of cookies (`http-actix`), JSON Web Tokens (`token-jwt`). No clock and no randomness: times
//! and random bytes are arguments.

mod answer;
mod cookie;
mod flow;
mod page;
mod sealing;
mod secrets;
mod signature;
mod token;

pub use answer::AnswerKey;
pub use cookie::{CookieSecrets, OpenedCookie, murmur3_32};
pub use flow::{FlowPurpose, FlowTooLarge, LARGEST_FLOW};
pub use page::PageSecrets;
pub use sealing::CannotOpen;
pub use secrets::{SecretsError, SystemSecrets};
pub use signature::{access_row_signature, signature_part};
pub use token::{Forged, Minted, TokenKind};
