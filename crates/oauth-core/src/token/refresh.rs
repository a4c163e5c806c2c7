//! Rotation of refresh tokens, and what a second use of one means.
//!
//! One refresh token has at most one successor, for ever. Whoever asks again while the answer is kept (because it was lost on its
//! way, or because two tabs asked at once) gets the same answer. Outside of that a second use ends the whole authorization: one of the
//! two users is a thief (RFC 9700 §4.14.2). The database decides which of many simultaneous calls rotates.
//!
//! Hydra's own grace period, in which every use gives an independent pair, is kept for those who configured a reuse count, and for
//! the time that both run side by side.

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use token_hmac::{AnswerKey, TokenKind};

use super::{TokenDraft, TokenResponse, issue::Issued};
use crate::{
    Error, Provider,
    client::{AuthMethod, Client},
    ids::{AccessSignature, RefreshSignature, RequestId},
    policy::{Forking, OnReuse},
    secret::{AccessToken, IdToken, RefreshToken},
    storage::{AccessTokenRecord, Records, RefreshAnswer, RefreshTokenRecord, Storage, StorageError},
};

/// How long a spent token is remembered, so that a second use is recognised.
const REMEMBERED: TimeDelta = TimeDelta::minutes(30);
/// How long an answer waits before it leaves, where no window is configured. Whoever asks before that cannot have seen it, and so
/// asked at the same time: a second tab, or a library that sends everything twice.
const HELD_BACK: TimeDelta = TimeDelta::milliseconds(25);
/// Kept answers that are swept at once.
const SWEEP: u32 = 256;

/// A refresh token that belongs to the client that showed it.
pub(super) struct Presented {
    pub(super) token: RefreshToken,
    pub(super) signature: RefreshSignature,
    /// The access token issued together with it.
    pub(super) companion: Option<AccessSignature>,
    /// Whether it was unused when we looked.
    pub(super) active: bool,
    /// When the call came in.
    pub(super) arrived: DateTime<Utc>,
    pub(super) first_used_at: Option<DateTime<Utc>>,
    pub(super) used_times: i32,
    /// See [`RefreshAnswer::ask`].
    pub(super) ask: String,
    pub(super) is_public: bool,
}

/// Who asks, how, and for what: only the same question gets a kept answer.
pub(super) fn ask(client: &Client, method: &AuthMethod, draft: &TokenDraft) -> String {
    let sorted = |list: &[String]| {
        let mut list = list.to_vec();
        list.sort();
        list
    };
    let scope = draft.narrowed_scope.as_deref().unwrap_or(&draft.authorization.granted_scope);
    let question = serde_json::json!([
        client.id.as_str(),
        method.as_str(),
        sorted(scope),
        sorted(&draft.authorization.granted_audience),
        "unbound",
    ]);
    digest(&SHA256, question.to_string().as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a job found out about a token.
enum Spent {
    Here,
    Elsewhere,
}

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct KeptAnswer {
    access_token: String,
    refresh_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    scope: Vec<String>,
    access_expires_at: DateTime<Utc>,
}

impl<S: Storage> Provider<S> {
    /// Spends the token for a new pair.
    pub(super) async fn rotate(
        &self,
        presented: Presented,
        draft: TokenDraft,
        form_data: String,
        now: DateTime<Utc>,
    ) -> Result<TokenResponse, Error> {
        if let Some(fork) = self.policy().refresh.fork {
            return self.fork(presented, fork, draft, form_data, now).await;
        }
        let request_id = draft.authorization.request_id.clone();
        if !presented.active {
            return self.answer_again(presented, request_id, now).await;
        }
        let issued = self.mint(draft, form_data, now).await?;
        let spent_at = self.now();
        let answer = self.keep(&issued, &presented, &request_id, spent_at)?;
        let Issued { response, access, refresh, .. } = issued;
        let (spent, request) = (presented.signature.clone(), request_id.clone());
        // Now and then, so that answers nobody asked for again do not pile up.
        let sweep = self.random().bytes::<1>()[0] < 8;
        let stored = self
            .storage()
            .write(move |records| {
                if !records.spend_refresh_token(&spent, spent_at + REMEMBERED)? {
                    return Ok(Spent::Elsewhere);
                }
                records.delete_access_tokens_of_request(&request)?;
                store_pair(records, &access, refresh.as_ref())?;
                // Whoever uses a token has received the answer that held it.
                records.delete_refresh_answer_of_successor(&spent)?;
                answer.as_ref().map_or(Ok(()), |answer| records.insert_refresh_answer(answer))?;
                if sweep {
                    records.sweep_refresh_answers(spent_at, SWEEP)?;
                }
                Ok::<_, Error>(Spent::Here)
            })
            .await;
        match gone_is_unknown(stored)? {
            Spent::Here => {
                if self.policy().refresh.idempotent_window.is_zero() {
                    let left = (spent_at + HELD_BACK - self.now()).to_std().unwrap_or_default();
                    tokio::time::sleep(left).await;
                }
                Ok(response)
            }
            Spent::Elsewhere => self.answer_again(presented, request_id, now).await,
        }
    }

    /// The token stays, and is repeated in the answer.
    pub(super) async fn refresh_without_rotation(
        &self,
        presented: Presented,
        draft: TokenDraft,
        form_data: String,
        now: DateTime<Utc>,
    ) -> Result<TokenResponse, Error> {
        let request_id = draft.authorization.request_id.clone();
        if !presented.active {
            return self.answer_again(presented, request_id, now).await;
        }
        let issued = self.mint(TokenDraft { refresh: None, ..draft }, form_data, now).await?;
        let (access, companion) = (issued.access, presented.companion);
        let stored = self
            .storage()
            .write(move |records| {
                companion.as_ref().map_or(Ok(false), |companion| records.delete_access_token(companion))?;
                Ok::<_, Error>(records.insert_access_token(&access)?)
            })
            .await;
        gone_is_unknown(stored)?;
        // Nothing in that job would have noticed a revocation that came between. One that comes from now on finds the new token.
        let signature = presented.signature;
        let still_there =
            self.storage().read(move |records| Ok::<_, Error>(records.refresh_token(&signature)?)).await?;
        if still_there.is_none() {
            self.end_authorization(request_id).await?;
            return Err(Error::UnknownRefreshToken);
        }
        Ok(TokenResponse { refresh_token: Some(presented.token), ..issued.response })
    }

    /// Hydra's grace period: inside it each use gives a pair of its own.
    async fn fork(
        &self,
        presented: Presented,
        fork: Forking,
        draft: TokenDraft,
        form_data: String,
        now: DateTime<Utc>,
    ) -> Result<TokenResponse, Error> {
        let period = TimeDelta::from_std(fork.period).unwrap_or(TimeDelta::MAX);
        let limit = i32::try_from(fork.uses).ok().filter(|uses| *uses > 0);
        let request_id = draft.authorization.request_id.clone();
        let in_grace = presented.first_used_at.is_some_and(|first| first + period > now)
            && limit.is_none_or(|limit| presented.used_times < limit);
        if !presented.active && !in_grace {
            return Err(self.was_reused(&presented, request_id).await);
        }
        let Issued { response, access, refresh, .. } = self.mint(draft, form_data, now).await?;
        let (spent, companion, request) =
            (presented.signature.clone(), presented.companion.clone(), request_id.clone());
        let stored = self
            .storage()
            .write(move |records| {
                if !records.use_refresh_token_in_grace(&spent, now, now + REMEMBERED + period, limit)? {
                    return Ok(Spent::Elsewhere);
                }
                match &companion {
                    Some(companion) => records.delete_access_token(companion).map(drop)?,
                    None => records.delete_access_tokens_of_request(&request).map(drop)?,
                }
                store_pair(records, &access, refresh.as_ref())?;
                Ok::<_, Error>(Spent::Here)
            })
            .await;
        match gone_is_unknown(stored)? {
            Spent::Here => Ok(response),
            Spent::Elsewhere => Err(self.was_reused(&presented, request_id).await),
        }
    }

    /// The token was spent, by this client a moment ago, or by a thief. The same answer again does for the former.
    async fn answer_again(
        &self,
        presented: Presented,
        request_id: RequestId,
        now: DateTime<Utc>,
    ) -> Result<TokenResponse, Error> {
        let window = TimeDelta::from_std(self.policy().refresh.idempotent_window).unwrap_or(TimeDelta::MAX);
        let spent = presented.signature.clone();
        // A new look: the transaction in which the race was lost does not see what the winner wrote.
        let kept = self
            .storage()
            .read(move |records| {
                let Some(answer) = records.refresh_answer(&spent)? else { return Ok(None) };
                let successor = records.refresh_token(&answer.successor)?;
                let unused = successor.is_some_and(|token| token.grant.active && token.first_used_at.is_none());
                Ok::<_, Error>(unused.then_some(answer))
            })
            .await?;
        let raced = |answer: &RefreshAnswer| presented.active || presented.arrived < answer.rotated_at + HELD_BACK;
        let is_alive =
            |answer: &RefreshAnswer| answer.expires_at > now && (raced(answer) || now < answer.rotated_at + window);
        let Some(answer) = kept.filter(is_alive) else {
            return Err(self.was_reused(&presented, request_id).await);
        };
        if answer.ask != presented.ask {
            return Err(Error::RefreshedOtherwise);
        }
        let Some(kept) = self.unwrap(&answer, &presented.token) else {
            log::warn!("a kept answer to a refresh cannot be read");
            return Err(Error::RefreshedOtherwise);
        };
        let access_token = AccessToken::new(kept.access_token);
        Ok(TokenResponse {
            credential_nonce: self.nonce_with_token(&kept.scope, &access_token, now),
            access_token,
            expires_in: (kept.access_expires_at - now).num_seconds().max(0),
            id_token: kept.id_token.map(IdToken::new),
            refresh_token: Some(RefreshToken::new(kept.refresh_token)),
            scope: kept.scope,
        })
    }

    /// A second use outside of every window.
    async fn was_reused(&self, presented: &Presented, request_id: RequestId) -> Error {
        if self.policy().refresh.on_reuse == OnReuse::Refuse && !presented.is_public {
            return Error::RefreshTokenSpent;
        }
        log::warn!("a refresh token was used twice: the authorization {request_id} ends");
        match self.end_authorization(request_id).await {
            Ok(()) => Error::RefreshTokenSpent,
            Err(why) => why,
        }
    }

    /// Seals the answer for whoever shows the same token again.
    fn keep(
        &self,
        issued: &Issued,
        presented: &Presented,
        request_id: &RequestId,
        now: DateTime<Utc>,
    ) -> Result<Option<RefreshAnswer>, Error> {
        let settings = &self.policy().refresh;
        let kept_for = settings.idempotent_window.max(settings.race_window);
        let (Some(successor), Some(token)) = (&issued.refresh, &issued.response.refresh_token) else { return Ok(None) };
        if kept_for.is_zero() {
            return Ok(None);
        }
        let answer = KeptAnswer {
            access_token: issued.response.access_token.expose().to_owned(),
            refresh_token: token.expose().to_owned(),
            id_token: issued.response.id_token.as_ref().map(|token| token.expose().to_owned()),
            scope: issued.response.scope.clone(),
            access_expires_at: issued.access_expires_at,
        };
        let plain = serde_json::to_vec(&answer)
            .map_err(|why| Error::Internal(format!("an answer cannot be written: {why}")))?;
        let mut kept = RefreshAnswer {
            spent: presented.signature.clone(),
            request_id: request_id.clone(),
            successor: successor.signature.clone(),
            ask: presented.ask.clone(),
            binding: None,
            sealed: Vec::new(),
            rotated_at: now,
            expires_at: now + TimeDelta::from_std(kept_for).unwrap_or(TimeDelta::MAX),
        };
        let key = self.answer_key(&presented.token).ok_or(Error::UnknownRefreshToken)?;
        kept.sealed = key.seal(self.random().bytes(), self.belongs_to(&kept).as_bytes(), &plain);
        Ok(Some(kept))
    }

    fn unwrap(&self, answer: &RefreshAnswer, token: &RefreshToken) -> Option<KeptAnswer> {
        let plain = self.answer_key(token)?.open(self.belongs_to(answer).as_bytes(), &answer.sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }

    fn answer_key(&self, token: &RefreshToken) -> Option<AnswerKey> {
        AnswerKey::of(TokenKind::Refresh, token.expose(), self.network().as_bytes()).ok()
    }

    /// Binds an answer to its row.
    fn belongs_to(&self, answer: &RefreshAnswer) -> String {
        format!("{}|{}|{}|{}|{}", answer.spent, self.network(), answer.request_id, answer.successor, answer.ask)
    }
}

fn store_pair(
    records: &mut dyn Records,
    access: &AccessTokenRecord,
    refresh: Option<&RefreshTokenRecord>,
) -> Result<(), StorageError> {
    records.insert_access_token(access)?;
    refresh.map_or(Ok(()), |refresh| records.insert_refresh_token(refresh))
}

/// The consent was revoked, or the client deleted, since we looked.
fn gone_is_unknown<T>(stored: Result<T, Error>) -> Result<T, Error> {
    match stored {
        Err(Error::Storage(StorageError::MissingParent)) => Err(Error::UnknownRefreshToken),
        other => other,
    }
}
