//! What operators see and end: consents of a user, and login sessions.

use crate::{
    Error, Provider,
    client::Client,
    ids::{FlowId, LoginSessionId, RequestId},
    paging,
    storage::{ConsentQuery, ConsentRecord, ConsentSelection, Storage},
};

/// Name of the list of consents, for its page tokens.
const LIST: &str = "consent sessions";
/// Rows that are deleted in one go: a user with very many must not hold others up.
const BATCH: u32 = 100;

/// A page of the list of consents.
#[derive(Debug)]
pub struct ConsentPage {
    /// The consents, each with its client as registered now.
    pub consents: Vec<(ConsentRecord, Client)>,
    /// Token of the first page.
    pub first: String,
    /// Token of the next page, if there is one.
    pub next: Option<String>,
}

/// Whose consents to revoke.
#[derive(Clone, Debug, PartialEq)]
pub enum Revocation {
    /// This one.
    One(RequestId),
    /// Those of a subject, perhaps to one client only.
    Of(ConsentSelection),
}

impl<S: Storage> Provider<S> {
    /// `GET /admin/oauth2/auth/sessions/consent`: consents that a user gave in person, and that have not expired.
    pub async fn list_consents(
        &self,
        subject: String,
        session: Option<LoginSessionId>,
        size: u32,
        page_token: Option<&str>,
    ) -> Result<ConsentPage, Error> {
        let now = self.now();
        let after = match page_token {
            Some(token) => Some(paging::open(self.page_secrets(), LIST, token, now)?).filter(|after| !after.is_empty()),
            None => None,
        };
        let query =
            ConsentQuery { subject, session, after: after.map(FlowId::new), now, limit: size.saturating_add(1) };
        let mut consents = self
            .storage()
            .read(move |records| {
                let mut found = Vec::new();
                for consent in records.list_consents(&query)? {
                    // A consent goes with its client; one that goes at this very moment is not shown.
                    if let Some(client) = records.client(&consent.client_id)? {
                        found.push((consent, client));
                    }
                }
                Ok::<_, Error>(found)
            })
            .await?;
        let token = |after: &str| paging::seal(self.page_secrets(), LIST, after, now, self.random().bytes());
        let more = consents.len() > size as usize;
        consents.truncate(size as usize);
        let next = consents.last().filter(|_| more).map(|(last, _)| token(last.flow.as_str()));
        Ok(ConsentPage { first: token(""), next, consents })
    }

    /// `DELETE /admin/oauth2/auth/sessions/consent`: with each consent go its tokens and codes. No error when there is nothing.
    pub async fn revoke_consents(&self, which: Revocation) -> Result<(), Error> {
        let whose = match which {
            Revocation::One(id) => return self.revoke_consent(id).await,
            Revocation::Of(whose) => whose,
        };
        loop {
            let whose = whose.clone();
            let ids = self.storage().read(move |records| Ok::<_, Error>(records.consents_of(&whose, BATCH)?)).await?;
            if ids.is_empty() {
                return Ok(());
            }
            for id in ids {
                self.revoke_consent(id).await?;
            }
        }
    }

    async fn revoke_consent(&self, id: RequestId) -> Result<(), Error> {
        let consent = id.clone();
        self.storage().write(move |records| Ok::<_, Error>(records.delete_consent(&consent).map(drop)?)).await?;
        // What a refresh added at the same moment goes too.
        self.end_authorization(id).await
    }

    /// `DELETE /admin/oauth2/auth/sessions/login?sid=…`: ends one remembered session and tells the clients that took part. No error
    /// when there is none.
    pub async fn end_login_session(&self, id: LoginSessionId) -> Result<(), Error> {
        self.end_session(id, None).await.map(drop)
    }

    /// `DELETE /admin/oauth2/auth/sessions/login?subject=…`: ends all sessions of a user, without telling anybody.
    pub async fn end_login_sessions_of(&self, subject: String) -> Result<(), Error> {
        loop {
            let subject = subject.clone();
            let ended = self
                .storage()
                .write(move |records| Ok::<_, Error>(records.delete_login_sessions_of_subject(&subject, BATCH)?));
            if ended.await? < BATCH as usize {
                return Ok(());
            }
        }
    }
}
