//! News for other servers, written down instead of sent.

use std::sync::{Mutex, PoisonError};

use oauth_core::{LogoutDelivery, LogoutNotice};

#[derive(Default)]
pub(crate) struct Delivered {
    notices: Mutex<Vec<LogoutNotice>>,
    sessions: Mutex<Vec<String>>,
}

impl Delivered {
    /// What clients were told since the last look.
    pub(crate) fn notices(&self) -> Vec<LogoutNotice> {
        std::mem::take(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sessions that were ended at the identity provider since the last look.
    pub(crate) fn ended_at_identity_provider(&self) -> Vec<String> {
        std::mem::take(&mut *self.sessions.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl LogoutDelivery for Delivered {
    fn notify_clients(&self, notices: Vec<LogoutNotice>) {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).extend(notices);
    }

    fn end_session_at_identity_provider(&self, session: String) {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).push(session);
    }
}
