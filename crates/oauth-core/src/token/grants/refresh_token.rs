//! The refresh token grant (RFC 6749 §6): what is checked before anything is rotated.

use chrono::{DateTime, Utc};
use token_hmac::TokenKind;

use crate::{
    Error, Provider,
    client::{AuthMethod, Client, SigningChoice},
    error::excerpt,
    ids::RefreshSignature,
    policy::Rotation,
    scope,
    storage::{GrantRecord, RefreshTokenRecord, Storage},
    token::{
        Authorization, RefreshExpiry, RefreshGrant, TokenDraft, TokenResponse, lifespan,
        refresh::{Presented, ask},
        strategy_of,
    },
};

impl<S: Storage> Provider<S> {
    /// Refreshes. Whose the token is comes before what became of it: a stranger who shows a spent token around must not end the
    /// authorization.
    pub(in crate::token) async fn refresh(
        &self,
        request: RefreshGrant,
        client: &Client,
        method: &AuthMethod,
        form_data: String,
        arrived: DateTime<Utc>,
    ) -> Result<TokenResponse, Error> {
        let now = self.now();
        if !client.may_use("refresh_token") {
            return Err(Error::GrantNotRegistered("refresh_token"));
        }
        let token = request.refresh_token.ok_or(Error::UnknownRefreshToken)?;
        let signature = self.secrets().verify(TokenKind::Refresh, token.expose());
        let signature = RefreshSignature::new(signature.map_err(|_| Error::UnknownRefreshToken)?);
        let (found, signing) = self
            .storage()
            .read(move |records| {
                let found = records.refresh_token(&signature)?;
                let signing = SigningChoice::for_grant(found.as_ref().map(|token| &token.grant), records)?;
                Ok::<_, Error>((found, signing))
            })
            .await?;
        let found = found.ok_or(Error::UnknownRefreshToken)?;
        if found.grant.client_id != client.id {
            return Err(Error::RefreshTokenOfAnotherClient);
        }
        if found.grant.session.id_token.expires_at.refresh_token.is_some_and(|end| end <= now) {
            return Err(Error::RefreshTokenExpired);
        }
        let scope = if self.policy().compat_hydra { Vec::new() } else { scope::parse_scope(&request.scope)? };
        let RefreshTokenRecord { signature, grant, access_token_signature, first_used_at, used_times } = found;
        let active = grant.active;
        let draft = self.draft_for_refresh(grant, client, signing, scope)?;
        let rotates = match self.policy().refresh.rotation {
            Rotation::Always => true,
            Rotation::PublicClients => client.is_public(),
            Rotation::Never => false,
        };
        let presented = Presented {
            token,
            signature,
            companion: access_token_signature,
            active,
            arrived,
            first_used_at,
            used_times: used_times.unwrap_or(0),
            ask: ask(client, method, &draft),
            is_public: client.is_public(),
        };
        if rotates {
            self.rotate(presented, draft, form_data, now).await
        } else {
            self.refresh_without_rotation(presented, draft, form_data, now).await
        }
    }

    /// What is granted again: everything, unless the request asks for less. What the client may not have any more ends it.
    fn draft_for_refresh(
        &self,
        grant: GrantRecord,
        client: &Client,
        signing: SigningChoice,
        scope: Vec<String>,
    ) -> Result<TokenDraft, Error> {
        let (own, lifetimes, policy) = (&client.lifespans, &self.policy().lifetimes, self.policy());
        let mut authorization = Authorization::of(grant);
        if !authorization.is_offline() {
            return Err(Error::NotOffline);
        }
        scope::must_be_allowed(&authorization.granted_scope, client, policy.scope_strategy)?;
        scope::audience_must_be_allowed(&authorization.granted_audience, client)?;
        if let Some(wider) = scope.iter().find(|entry| !authorization.granted_scope.contains(entry)) {
            return Err(Error::ScopeWidened(excerpt(wider)));
        }
        let refresh = match (own.refresh_token_grant_refresh_token, lifetimes.refresh_token) {
            (None, None) => RefreshExpiry::At(authorization.session.id_token.expires_at.refresh_token),
            (own, default) => RefreshExpiry::In(lifespan(own, default.unwrap_or_default())),
        };
        authorization.session.id_token.expires_at = Default::default();
        if let Some(claims) = &mut authorization.session.id_token.id_token_claims {
            // It vouched for the code, which is long spent.
            claims.c_hash.clear();
        }
        Ok(TokenDraft {
            narrowed_scope: (!scope.is_empty()).then_some(scope),
            strategy: strategy_of(client, policy),
            access_lifespan: lifespan(own.refresh_token_grant_access_token, lifetimes.access_token),
            refresh: Some(refresh),
            id_token_lifespan: Some(lifespan(own.refresh_token_grant_id_token, lifetimes.id_token)),
            signing,
            authorization,
        })
    }
}
