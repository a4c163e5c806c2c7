//! The authorization code grant (RFC 6749 §4.1.3, §4.1.4): a code is good once, for the client it was issued to.

use chrono::{DateTime, TimeDelta, Utc};
use token_hmac::TokenKind;

use crate::{
    Error, Provider,
    client::{Client, SigningChoice},
    ids::CodeSignature,
    secret::AuthorizationCode,
    storage::{CodeRecord, GrantRecord, Records, Storage, StorageError},
    token::{
        Authorization, AuthorizationCodeGrant, RefreshExpiry, TokenDraft, TokenResponse, issue::Issued, lifespan, pkce,
        strategy_of,
    },
};

/// How long a spent code is remembered, so that a second use is recognised.
const REMEMBERED: TimeDelta = TimeDelta::minutes(30);

/// What redeeming a code came to, as the storage saw it.
enum Redeemed {
    /// This call spent the code.
    Here,
    /// Another call was faster by a moment.
    Elsewhere,
}

impl<S: Storage> Provider<S> {
    /// Redeems a code. Whose it is comes first: a stranger who got hold of a code must not be able to end the authorization by
    /// showing it around.
    pub(in crate::token) async fn redeem_code(
        &self,
        request: AuthorizationCodeGrant,
        client: &Client,
        form_data: String,
        arrived: DateTime<Utc>,
    ) -> Result<TokenResponse, Error> {
        let now = self.now();
        if !client.may_use("authorization_code") {
            return Err(Error::GrantNotRegistered("authorization_code"));
        }
        let code = request.code.as_ref().ok_or(Error::UnknownCode)?;
        let signature = self.secrets().verify(TokenKind::Code, code.expose()).map_err(|_| Error::UnknownCode)?;
        let signature = CodeSignature::new(signature);
        let wanted = signature.clone();
        let (found, challenge, signing) = self
            .storage()
            .read(move |records| {
                let found = records.code(&wanted)?;
                let signing = SigningChoice::for_grant(found.as_ref().map(|code| &code.grant), records)?;
                Ok::<_, Error>((found, records.code_challenge(&wanted)?, signing))
            })
            .await?;
        let CodeRecord { grant, .. } = found.ok_or(Error::UnknownCode)?;
        if grant.client_id != client.id {
            return Err(Error::CodeOfAnotherClient);
        }
        if !grant.active {
            return Err(self.code_was_spent(grant, arrived, now).await);
        }
        must_not_be_too_old(&grant, now, self.policy().lifetimes.auth_code)?;
        must_name_the_same_redirect_uri(&grant, request.redirect_uri.as_deref())?;
        pkce::check(challenge.as_deref(), request.code_verifier.as_ref(), client, self.policy())?;
        let code = whole(code);
        let issued = self.mint(self.draft_for_code(grant, client, signing), form_data, now).await?;
        self.store_for_code(issued, signature, code).await
    }

    fn draft_for_code(&self, grant: GrantRecord, client: &Client, signing: SigningChoice) -> TokenDraft {
        let (own, lifetimes) = (&client.lifespans, &self.policy().lifetimes);
        let mut authorization = Authorization::of(grant);
        // The code is spent; its expiry is of no further interest.
        authorization.session.id_token.expires_at = Default::default();
        let refresh = (authorization.is_offline() && client.may_use("refresh_token")).then(|| {
            match (own.authorization_code_grant_refresh_token, lifetimes.refresh_token) {
                (None, None) => RefreshExpiry::At(None),
                (own, default) => RefreshExpiry::In(lifespan(own, default.unwrap_or_default())),
            }
        });
        TokenDraft {
            narrowed_scope: None,
            strategy: strategy_of(client, self.policy()),
            access_lifespan: lifespan(own.authorization_code_grant_access_token, lifetimes.access_token),
            refresh,
            id_token_lifespan: Some(lifespan(own.authorization_code_grant_id_token, lifetimes.id_token)),
            signing,
            authorization,
        }
    }

    /// Spends the code and stores what it bought, in one job: one of many simultaneous calls gets through.
    async fn store_for_code(
        &self,
        issued: Issued,
        signature: CodeSignature,
        code: AuthorizationCode,
    ) -> Result<TokenResponse, Error> {
        let Issued { response, access, refresh, .. } = issued;
        let now = self.now();
        let store = move |records: &mut dyn Records| {
            if !records.spend_code(&signature, now + REMEMBERED)? {
                return Ok(Redeemed::Elsewhere);
            }
            records.delete_code_challenge(&signature)?;
            records.delete_openid_request(&code)?;
            records.insert_access_token(&access)?;
            refresh.as_ref().map_or(Ok(()), |refresh| records.insert_refresh_token(refresh))?;
            Ok::<_, Error>(Redeemed::Here)
        };
        match self.storage().write(store).await {
            Ok(Redeemed::Here) => Ok(response),
            Ok(Redeemed::Elsewhere) => Err(Error::CodeRaceLost),
            // The consent was revoked, or the client deleted, since we looked.
            Err(Error::Storage(StorageError::MissingParent)) => Err(Error::UnknownCode),
            Err(other) => Err(other),
        }
    }

    /// A second use: whoever used it first may be a thief, so what was issued is revoked (RFC 6749 §4.1.2, §10.5). A call that came
    /// in before the code was spent is no second use, it only lost the race. Where a database keeps whole seconds this cannot be
    /// told, and the code counts as stolen.
    async fn code_was_spent(&self, grant: GrantRecord, arrived: DateTime<Utc>, now: DateTime<Utc>) -> Error {
        let spent_at = grant.expires_at.map_or(now, |forget_at| forget_at - REMEMBERED);
        if arrived < spent_at && spent_at.timestamp_subsec_micros() != 0 {
            return Error::CodeRaceLost;
        }
        match self.end_authorization(grant.request_id).await {
            Ok(()) => Error::CodeSpent { ago: (now - spent_at).max(TimeDelta::zero()) },
            // What was issued still lives: this must not look like an answer.
            Err(why) => why,
        }
    }
}

/// The code as Hydra keeps it, prefix included, also where it was presented without.
fn whole(code: &AuthorizationCode) -> AuthorizationCode {
    let prefix = TokenKind::Code.prefix();
    match code.expose().starts_with(prefix) {
        true => code.clone(),
        false => AuthorizationCode::new(format!("{prefix}{}", code.expose())),
    }
}

fn must_not_be_too_old(grant: &GrantRecord, now: DateTime<Utc>, lifetime: std::time::Duration) -> Result<(), Error> {
    let allowed = TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::MAX);
    let expires_at = grant.session.id_token.expires_at.authorize_code;
    let expires_at = expires_at.or_else(|| grant.requested_at.checked_add_signed(allowed));
    match expires_at {
        Some(end) if end <= now => Err(Error::CodeExpired { age: now - grant.requested_at, allowed }),
        _ => Ok(()),
    }
}

/// RFC 6749 §4.1.3: the same text, if the authorization request had one.
fn must_name_the_same_redirect_uri(grant: &GrantRecord, sent: Option<&str>) -> Result<(), Error> {
    let asked = url::form_urlencoded::parse(grant.form_data.as_bytes())
        .find(|(name, _)| name == "redirect_uri")
        .map(|(_, value)| value);
    match asked {
        Some(asked) if !asked.is_empty() && sent != Some(asked.as_ref()) => Err(Error::RedirectUriDiffers),
        _ => Ok(()),
    }
}
