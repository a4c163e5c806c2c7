//! The token endpoint.

mod session;

pub use session::{Claims, ExpiresAt, Headers, IdTokenClaims, IdTokenSession, Session};
