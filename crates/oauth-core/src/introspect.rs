//! Token introspection (RFC 7662): is this token good, and what does it stand for?

use chrono::{DateTime, TimeDelta, Utc};
use token_hmac::TokenKind;

use crate::{
    Error, Provider,
    ids::{AccessSignature, ClientId, KeySetName, RefreshSignature},
    policy::ACCESS_TOKEN_KEYS,
    secret::PresentedToken,
    storage::{AccessTokenRecord, GrantRecord, RefreshTokenRecord, Storage},
    token::{Claims, IntrospectionRequest, TokenHint},
};

/// What a living token stands for.
#[derive(Debug)]
pub struct Introspection {
    /// Scope granted.
    pub scope: Vec<String>,
    /// The client it was issued to.
    pub client_id: ClientId,
    /// Who it speaks for.
    pub subject: String,
    /// The pairwise subject, where it differs.
    pub obfuscated_subject: Option<String>,
    /// When it ends; `None` never.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// Set by the password grant only.
    pub username: String,
    /// Audience granted.
    pub audience: Vec<String>,
    /// Which kind of token it is.
    pub kind: TokenHint,
    /// Claims set at consent or by a hook.
    pub extra: Option<Claims>,
}

/// A token that we made and that storage still knows.
pub(crate) enum KnownToken {
    Access(AccessTokenRecord),
    Refresh(RefreshTokenRecord),
}

impl KnownToken {
    pub(crate) fn grant(&self) -> &GrantRecord {
        match self {
            Self::Access(token) => &token.grant,
            Self::Refresh(token) => &token.grant,
        }
    }
}

/// Where to look a genuine token up: by its keys in each table, in the order of the hint.
struct Lookup {
    access: Option<(AccessSignature, AccessSignature)>,
    refresh: Option<RefreshSignature>,
    hint: TokenHint,
}

impl<S: Storage> Provider<S> {
    /// Answers an introspection request; `None` for every kind of token that is not good, without saying why.
    pub async fn introspect(&self, request: IntrospectionRequest) -> Result<Option<Introspection>, Error> {
        let Some(token) = request.token else { return Ok(None) };
        let Some(known) = self.find_token(&token, request.hint).await? else { return Ok(None) };
        let strategy = self.policy().scope_strategy;
        let granted =
            |wanted: &String| strategy.any_covers(known.grant().granted_scope.iter().map(String::as_str), wanted);
        if !known.grant().active || !request.scope.iter().all(granted) {
            return Ok(None);
        }
        let expires_at = self.expiry(&known);
        if expires_at.is_some_and(|end| end <= self.now()) {
            return Ok(None);
        }
        Ok(Some(describe(known, expires_at)))
    }

    /// Looks a presented token up. Its MAC or signature is verified first: a forgery never reaches the database.
    pub(crate) async fn find_token(
        &self,
        token: &PresentedToken,
        hint: TokenHint,
    ) -> Result<Option<KnownToken>, Error> {
        let Some(lookup) = self.verify(token.expose(), hint).await? else { return Ok(None) };
        self.storage()
            .read(move |records| {
                let access = |records: &mut dyn crate::storage::Records| {
                    let Some((hashed, plain)) = &lookup.access else { return Ok(None) };
                    match records.access_token(hashed)? {
                        // Rows of very old releases are keyed by the signature itself.
                        None => records.access_token(plain),
                        found => Ok(found),
                    }
                };
                let refresh = |records: &mut dyn crate::storage::Records| match &lookup.refresh {
                    Some(signature) => records.refresh_token(signature),
                    None => Ok(None),
                };
                Ok::<_, Error>(match lookup.hint {
                    TokenHint::Access => match access(records)? {
                        Some(found) => Some(KnownToken::Access(found)),
                        None => refresh(records)?.map(KnownToken::Refresh),
                    },
                    TokenHint::Refresh => match refresh(records)? {
                        Some(found) => Some(KnownToken::Refresh(found)),
                        None => access(records)?.map(KnownToken::Access),
                    },
                })
            })
            .await
    }

    async fn verify(&self, token: &str, hint: TokenHint) -> Result<Option<Lookup>, Error> {
        if token.bytes().filter(|byte| *byte == b'.').count() == 2 {
            // All published keys verify, also those that no longer sign, and whatever strategy the client has by now.
            let keys = self.key_set(&KeySetName::new(ACCESS_TOKEN_KEYS)).await?;
            let genuine = keys.verify(token).and_then(|_| token_hmac::signature_part(token)).map(access_keys);
            return Ok(genuine.map(|access| Lookup { access: Some(access), refresh: None, hint }));
        }
        let access = self.secrets().verify(TokenKind::Access, token).ok().map(access_keys);
        let refresh = self.secrets().verify(TokenKind::Refresh, token).ok().map(RefreshSignature::new);
        let genuine = access.is_some() || refresh.is_some();
        Ok(genuine.then_some(Lookup { access, refresh, hint }))
    }

    /// The session decides; without an expiry there, the configured lifetime counts from the request.
    pub(crate) fn expiry(&self, token: &KnownToken) -> Option<DateTime<Utc>> {
        let ends = &token.grant().session.id_token.expires_at;
        match token {
            KnownToken::Access(_) => ends.access_token.or_else(|| {
                let lifetime = TimeDelta::from_std(self.policy().lifetimes.access_token).ok()?;
                token.grant().requested_at.checked_add_signed(lifetime)
            }),
            KnownToken::Refresh(_) => ends.refresh_token.or_else(|| {
                let lifetime = TimeDelta::from_std(self.policy().lifetimes.refresh_token?).ok()?;
                token.grant().requested_at.checked_add_signed(lifetime)
            }),
        }
    }
}

fn access_keys(signature: &str) -> (AccessSignature, AccessSignature) {
    (AccessSignature::new(token_hmac::access_row_signature(signature)), AccessSignature::new(signature))
}

fn describe(known: KnownToken, expires_at: Option<DateTime<Utc>>) -> Introspection {
    let kind = match known {
        KnownToken::Access(_) => TokenHint::Access,
        KnownToken::Refresh(_) => TokenHint::Refresh,
    };
    let grant = match known {
        KnownToken::Access(token) => token.grant,
        KnownToken::Refresh(token) => token.grant,
    };
    let pairwise = grant.session.id_token.id_token_claims.map(|claims| claims.sub).unwrap_or_default();
    Introspection {
        scope: grant.granted_scope,
        client_id: grant.client_id,
        obfuscated_subject: (!pairwise.is_empty() && pairwise != grant.subject).then_some(pairwise),
        subject: grant.subject,
        expires_at,
        issued_at: grant.requested_at,
        username: grant.session.id_token.username,
        audience: grant.granted_audience,
        kind,
        extra: grant.session.extra.filter(|claims| !claims.is_empty()),
    }
}
