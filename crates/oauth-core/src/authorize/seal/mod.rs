//! States on their way through the browser: sealed, so that nobody reads or changes them, and each opens only at the step it was
//! made for.
//!
//! There are two forms. Ours is short (MessagePack, `packed`), because long addresses fail in proxies. Hydra's is JSON with the
//! whole client in it (`hydra`): we always read it, and write it while `compat.hydra` is on, so that logins in flight survive a
//! change of servers in either direction.

mod hydra;
pub(super) mod packed;

use chrono::TimeDelta;
use serde::{Serialize, de::DeserializeOwned};
use token_hmac::{CannotOpen, FlowPurpose};

use super::flow::{AwaitingConsent, AwaitingLogin, ConsentDone, LoginDone, Origin};
use crate::{Error, Provider, client::Client, storage::Storage, trap::SealTrap};
pub(crate) use hydra::LogoutJson;

/// A state that can be sealed.
pub(super) trait State: Serialize + DeserializeOwned + hydra::InHydrasForm {
    /// The step at which it opens.
    const PURPOSE: FlowPurpose;

    fn origin(&self) -> &Origin;
}

impl State for AwaitingLogin {
    const PURPOSE: FlowPurpose = FlowPurpose::LoginChallenge;

    fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl State for LoginDone {
    const PURPOSE: FlowPurpose = FlowPurpose::LoginVerifier;

    fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl State for AwaitingConsent {
    const PURPOSE: FlowPurpose = FlowPurpose::ConsentChallenge;

    fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl State for ConsentDone {
    const PURPOSE: FlowPurpose = FlowPurpose::ConsentVerifier;

    fn origin(&self) -> &Origin {
        &self.asked.origin
    }
}

/// Why a sealed text is of no use.
#[derive(Debug)]
pub(super) enum Unsealed {
    /// It does not open.
    Not(SealTrap),
    /// It opens, and is too old.
    Expired { age: TimeDelta, allowed: TimeDelta },
}

impl Unsealed {
    /// As the administrative API says it.
    pub(super) fn of_challenge(self) -> Error {
        match self {
            Self::Not(trap) => Error::UnknownChallenge(trap),
            Self::Expired { age, allowed } => Error::ChallengeExpired { age, allowed },
        }
    }

    /// As the browser's client gets to know it.
    pub(super) fn of_verifier(self) -> Error {
        match self {
            Self::Not(trap) => Error::UnknownVerifier(trap),
            Self::Expired { age, allowed } => Error::ChallengeExpired { age, allowed },
        }
    }
}

/// What was sealed, by its form.
pub(crate) enum Opened {
    /// MessagePack.
    Ours(Vec<u8>),
    /// JSON.
    Hydras(Vec<u8>),
}

impl<S: Storage> Provider<S> {
    /// Seals a state for its step.
    pub(super) fn seal<T: State>(&self, state: &T, client: &Client) -> Result<String, Error> {
        let nonce = self.random().bytes();
        let sealed = if self.policy().compat_hydra {
            let url = &self.policy().pages.authorization;
            let json = hydra::write(state, self.network(), url, self.show_client(client))?;
            self.secrets().seal_hydra_flow(nonce, T::PURPOSE, &json)
        } else {
            let packed = rmp_serde::to_vec(state);
            let packed = packed.map_err(|why| Error::Internal(format!("a login cannot be written: {why}")))?;
            self.secrets().seal_compact_flow(nonce, T::PURPOSE, self.network().as_bytes(), &packed)
        };
        sealed.map_err(|too_large| Error::MalformedParameter(too_large.to_string()))
    }

    /// Opens a state of this step, in either form, and refuses one that is too old.
    pub(super) fn unseal<T: State>(&self, text: &str) -> Result<T, Unsealed> {
        let state: T = self.open_state(text).map_err(Unsealed::Not)?;
        let allowed = self.flow_lifetime();
        let age = self.now() - state.origin().began_at;
        if age > allowed { Err(Unsealed::Expired { age, allowed }) } else { Ok(state) }
    }

    fn open_state<T: State>(&self, text: &str) -> Result<T, SealTrap> {
        let state = match self.open_either_form(T::PURPOSE, text)? {
            Opened::Ours(packed) => rmp_serde::from_slice(&packed).ok(),
            Opened::Hydras(json) => hydra::read(&json, self.network()),
        };
        state.ok_or(SealTrap::OtherSystem)
    }

    /// What is inside a sealed text of this step.
    pub(crate) fn open_either_form(&self, purpose: FlowPurpose, text: &str) -> Result<Opened, SealTrap> {
        let length = text.chars().count();
        let ours = self.secrets().open_compact_flow(purpose, self.network().as_bytes(), text);
        let of = match ours {
            Ok(packed) => return Ok(Opened::Ours(packed)),
            Err(CannotOpen::NoKeyFits) => return Err(SealTrap::OtherSystem),
            Err(CannotOpen::Cut { of, .. }) => Some(of),
            // A text in Hydra's form reads like this.
            Err(_) => None,
        };
        match self.secrets().open_hydra_flow(purpose, text) {
            Ok(json) => Ok(Opened::Hydras(json)),
            Err(CannotOpen::NoKeyFits) if of.is_none() => Err(SealTrap::OtherSystem),
            Err(_) => Err(SealTrap::Cut { length, of }),
        }
    }
}
