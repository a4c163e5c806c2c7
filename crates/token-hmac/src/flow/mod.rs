//! Challenges and verifiers: the state of a login, sealed, so that it can travel through the browser instead of waiting
//! in the database.
//!
//! Two forms for one thing. `hydra` is what a Hydra beside us reads and writes; `compact` is ours, shorter, bound to one
//! database, and says when it was cut. Both are sealed for one [`FlowPurpose`] and open for no other.

mod compact;
mod hydra;

/// How many bytes a challenge or verifier may hold, unpacked. Enough for anything that fits a URL, and little enough
/// that unpacking costs no memory to speak of.
pub const LARGEST_FLOW: usize = 64 * 1024;

/// What a challenge or verifier is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlowPurpose {
    /// Asks the login page to log somebody in.
    LoginChallenge,
    /// Brings the login page's answer back.
    LoginVerifier,
    /// Asks the device page for the user code.
    DeviceChallenge,
    /// Brings the device page's answer back.
    DeviceVerifier,
    /// Asks the consent page what the client may do.
    ConsentChallenge,
    /// Brings the consent page's answer back.
    ConsentVerifier,
    /// Asks the logout page whether to log out.
    LogoutChallenge,
    /// Brings the logout page's answer back.
    LogoutVerifier,
}

/// This much cannot travel: it would not open again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{bytes} bytes are to travel through the browser, but at most {LARGEST_FLOW} can; make the authorization request or \
     the session data of its consent smaller"
)]
pub struct FlowTooLarge {
    /// How many bytes were to be sealed.
    pub bytes: usize,
}

impl FlowPurpose {
    /// The additional data under which Hydra seals for this purpose.
    pub const fn hydra_aad(self) -> &'static str {
        match self {
            Self::LoginChallenge => "{}",
            Self::LoginVerifier => r#"{"p":1}"#,
            Self::DeviceChallenge => r#"{"p":2}"#,
            Self::DeviceVerifier => r#"{"p":3}"#,
            Self::ConsentChallenge => r#"{"p":4}"#,
            Self::ConsentVerifier => r#"{"p":5}"#,
            Self::LogoutChallenge => r#"{"p":7}"#,
            Self::LogoutVerifier => r#"{"p":8}"#,
        }
    }

    /// The name of the query parameter that carries it; part of the additional data of our own form.
    pub const fn word(self) -> &'static str {
        match self {
            Self::LoginChallenge => "login_challenge",
            Self::LoginVerifier => "login_verifier",
            Self::DeviceChallenge => "device_challenge",
            Self::DeviceVerifier => "device_verifier",
            Self::ConsentChallenge => "consent_challenge",
            Self::ConsentVerifier => "consent_verifier",
            Self::LogoutChallenge => "logout_challenge",
            Self::LogoutVerifier => "logout_verifier",
        }
    }
}

fn must_fit(bytes: usize) -> Result<(), FlowTooLarge> {
    if bytes > LARGEST_FLOW { Err(FlowTooLarge { bytes }) } else { Ok(()) }
}
