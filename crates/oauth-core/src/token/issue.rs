//! The only minter. What a grant drafted becomes tokens, and the rows that make them good.
//!
//! Minting happens outside of any transaction, for a signature takes as long as many of them; storing them, and spending what they
//! were bought with, is one write job of the grant's own.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value;
use token_hmac::TokenKind;
use uuid::Uuid;

use crate::{
    Error, Provider,
    client::{AccessTokenStrategy, Client, SigningChoice},
    credentials::FreshNonce,
    ids::{AccessSignature, ClientId, RefreshSignature, RequestId},
    policy::{ACCESS_TOKEN_KEYS, Policy, ScopeClaim},
    scope::is_granted,
    secret::{AccessToken, IdToken, RefreshToken},
    storage::{AccessTokenRecord, GrantRecord, RefreshTokenRecord, Storage},
    token::{Claims, Session},
};

/// What tokens are issued for: who allowed which client what.
#[derive(Clone, Debug)]
pub(crate) struct Authorization {
    /// What all its tokens share.
    pub(crate) request_id: RequestId,
    /// The consent it came from, if any.
    pub(crate) challenge_id: Option<String>,
    /// Who gets the tokens.
    pub(crate) client_id: ClientId,
    /// Who they speak for.
    pub(crate) subject: String,
    /// Scope asked for.
    pub(crate) requested_scope: Vec<String>,
    /// Scope granted.
    pub(crate) granted_scope: Vec<String>,
    /// Audience asked for.
    pub(crate) requested_audience: Vec<String>,
    /// Audience granted.
    pub(crate) granted_audience: Vec<String>,
    /// What is remembered with them; each token adds its own expiry.
    pub(crate) session: Session,
}

/// What a grant found to be right, before anything is minted.
#[derive(Debug)]
pub(crate) struct TokenDraft {
    /// What for.
    pub(crate) authorization: Authorization,
    /// Scope of the access token, where a refresh asked for less than was granted.
    pub(crate) narrowed_scope: Option<Vec<String>>,
    /// Form of the access token.
    pub(crate) strategy: AccessTokenStrategy,
    /// How long the access token lives.
    pub(crate) access_lifespan: TimeDelta,
    /// Whether there is a refresh token, and when it ends.
    pub(crate) refresh: Option<RefreshExpiry>,
    /// Whether there is an ID token, and how long it lives.
    pub(crate) id_token_lifespan: Option<TimeDelta>,
    /// How the client wants it signed.
    pub(crate) signing: SigningChoice,
}

/// When a refresh token ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefreshExpiry {
    /// So long from now.
    In(TimeDelta),
    /// Then; `None` never.
    At(Option<DateTime<Utc>>),
}

/// Tokens that were minted, and the rows that are to make them good.
pub(crate) struct Issued {
    pub(crate) response: TokenResponse,
    pub(crate) access: AccessTokenRecord,
    pub(crate) refresh: Option<RefreshTokenRecord>,
    pub(crate) access_expires_at: DateTime<Utc>,
}

/// A successful answer of the token endpoint (RFC 6749 §5.1, OIDC Core §3.1.3.3).
#[derive(Debug)]
pub struct TokenResponse {
    /// The token.
    pub access_token: AccessToken,
    /// A nonce for a credential about the user, if one was asked for.
    pub credential_nonce: Option<FreshNonce>,
    /// Seconds it still lives, rounded down.
    pub expires_in: i64,
    /// The ID token, if one was asked for and granted.
    pub id_token: Option<IdToken>,
    /// The refresh token, if the user may be away.
    pub refresh_token: Option<RefreshToken>,
    /// Scope granted.
    pub scope: Vec<String>,
}

/// An access token that is not stored yet.
pub(crate) struct MintedAccess {
    pub(crate) token: AccessToken,
    pub(crate) signature: AccessSignature,
    /// Key that signed it; empty for an opaque one.
    pub(crate) kid: String,
}

impl Authorization {
    /// A row for one of its tokens.
    pub(crate) fn record(
        self,
        requested_at: DateTime<Utc>,
        form_data: String,
        expires_at: Option<DateTime<Utc>>,
    ) -> GrantRecord {
        GrantRecord {
            request_id: self.request_id,
            requested_at,
            client_id: self.client_id,
            requested_scope: self.requested_scope,
            granted_scope: self.granted_scope,
            requested_audience: self.requested_audience,
            granted_audience: self.granted_audience,
            form_data,
            session: self.session,
            subject: self.subject,
            active: true,
            challenge_id: self.challenge_id,
            expires_at,
        }
    }

    /// The authorization behind a stored token or code.
    pub(crate) fn of(grant: GrantRecord) -> Self {
        Self {
            request_id: grant.request_id,
            challenge_id: grant.challenge_id,
            client_id: grant.client_id,
            subject: grant.subject,
            requested_scope: grant.requested_scope,
            granted_scope: grant.granted_scope,
            requested_audience: grant.requested_audience,
            granted_audience: grant.granted_audience,
            session: grant.session,
        }
    }

    /// Whether one of the special scopes was granted.
    pub(crate) fn grants(&self, scope: &str) -> bool {
        is_granted(&self.granted_scope, scope)
    }

    /// Whether the user may be away.
    pub(crate) fn is_offline(&self) -> bool {
        self.grants("offline") || self.grants("offline_access")
    }
}

impl<S: Storage> Provider<S> {
    /// Mints what the draft says. Nothing is stored yet, and so nothing is good yet.
    pub(crate) async fn mint(&self, draft: TokenDraft, form_data: String, now: DateTime<Utc>) -> Result<Issued, Error> {
        let TokenDraft { mut authorization, narrowed_scope, strategy, access_lifespan, refresh, .. } = draft;
        let access_expires_at = later(now, access_lifespan);
        let refresh_expires_at = refresh.map(|expiry| match expiry {
            RefreshExpiry::In(lifespan) => Some(later(now, lifespan).round_subsecs(0)),
            RefreshExpiry::At(moment) => moment,
        });
        authorization.session.id_token.expires_at.access_token = Some(access_expires_at);
        authorization.session.id_token.expires_at.refresh_token = refresh_expires_at.flatten();
        let granted_scope = std::mem::take(&mut authorization.granted_scope);
        authorization.granted_scope = narrowed_scope.unwrap_or_else(|| granted_scope.clone());
        let access = self.mint_access_token(&authorization, strategy, now, access_expires_at).await?;
        authorization.session.kid = access.kid;
        let id_token = match draft.id_token_lifespan {
            Some(lifespan) if authorization.grants("openid") => {
                let parts = IdTokenParts { access_token: Some(&access.token), code: None };
                let key = self.id_token_key(draft.signing.id_token).await?;
                Some(self.mint_id_token(&authorization.session, parts, key, now, later(now, lifespan)).await?)
            }
            _ => None,
        };
        let scope = authorization.granted_scope.clone();
        let refresh = refresh_expires_at.map(|expires_at| {
            let minted = self.secrets().mint(TokenKind::Refresh, self.random().bytes());
            let authorization = Authorization { granted_scope, ..authorization.clone() };
            let record = RefreshTokenRecord {
                signature: RefreshSignature::new(minted.signature),
                grant: authorization.record(now, form_data.clone(), expires_at),
                access_token_signature: Some(access.signature.clone()),
                first_used_at: None,
                used_times: None,
            };
            (RefreshToken::new(minted.token), record)
        });
        let (refresh_token, refresh) = refresh.unzip();
        Ok(Issued {
            response: TokenResponse {
                credential_nonce: self.nonce_with_token(&scope, &access.token, now),
                access_token: access.token,
                expires_in: (access_expires_at - self.now()).num_seconds(),
                id_token,
                refresh_token,
                scope,
            },
            access: AccessTokenRecord {
                signature: access.signature,
                grant: authorization.record(now, form_data, Some(access_expires_at)),
            },
            refresh,
            access_expires_at,
        })
    }

    /// Mints an access token.
    pub(crate) async fn mint_access_token(
        &self,
        authorization: &Authorization,
        strategy: AccessTokenStrategy,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<MintedAccess, Error> {
        match strategy {
            AccessTokenStrategy::Opaque => {
                let minted = self.secrets().mint(TokenKind::Access, self.random().bytes());
                Ok(MintedAccess {
                    token: AccessToken::new(minted.token),
                    signature: AccessSignature::new(token_hmac::access_row_signature(&minted.signature)),
                    kid: String::new(),
                })
            }
            AccessTokenStrategy::Jwt => {
                let key = self.signing_key(ACCESS_TOKEN_KEYS).await?;
                let claims = JwtClaims::new(authorization, self.policy(), self.random().uuid(), now, expires_at);
                let kid = key.kid().unwrap_or_default().to_owned();
                let signed = self.slow().run(move || key.sign(&claims)).await?;
                let token = signed.map_err(|why| Error::Internal(format!("signing an access token failed: {why}")))?;
                let part = token_hmac::signature_part(&token).unwrap_or_default();
                let signature = AccessSignature::new(token_hmac::access_row_signature(part));
                Ok(MintedAccess { token: AccessToken::new(token), signature, kid })
            }
        }
    }
}

use crate::id_token::IdTokenParts;

/// A moment so much later, or the end of time.
pub(crate) fn later(now: DateTime<Utc>, lifespan: TimeDelta) -> DateTime<Utc> {
    now.checked_add_signed(lifespan).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Form of this client's access tokens.
pub(crate) fn strategy_of(client: &Client, policy: &Policy) -> AccessTokenStrategy {
    client.access_token_strategy.unwrap_or(policy.access_token_strategy)
}

impl Session {
    /// A session with the settings that are frozen into it.
    pub(crate) fn begin(client_id: &ClientId, policy: &Policy) -> Self {
        Self {
            client_id: client_id.as_str().to_owned(),
            exclude_not_before_claim: policy.jwt_claims.exclude_not_before,
            allowed_top_level_claims: policy.jwt_claims.allowed_top_level.clone(),
            mirror_top_level_claims: policy.jwt_claims.mirror_top_level,
            preserve_ext_claims: policy.jwt_claims.preserve_ext,
            ..Self::default()
        }
    }
}

/// Claims that a session may not bring to the top level of an access token.
const RESERVED: [&str; 11] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "client_id", "scp", "scope", "ext"];

/// Claims of a JWT access token, sorted by name as Hydra writes them.
#[derive(Serialize)]
#[serde(transparent)]
struct JwtClaims(Claims);

impl JwtClaims {
    fn new(
        authorization: &Authorization,
        policy: &Policy,
        jti: Uuid,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Self {
        let (scope, session) = (&authorization.granted_scope, &authorization.session);
        let mut claims = vec![
            ("aud", Value::from(authorization.granted_audience.clone())),
            ("client_id", authorization.client_id.as_str().into()),
            ("exp", expires_at.timestamp().into()),
            ("iat", now.timestamp().into()),
            ("iss", policy.issuer.as_str().into()),
            ("jti", jti.to_string().into()),
            ("sub", authorization.subject.as_str().into()),
        ];
        if matches!(policy.jwt_scope_claim, ScopeClaim::List | ScopeClaim::Both) {
            claims.push(("scp", Value::from(scope.clone())));
        }
        if matches!(policy.jwt_scope_claim, ScopeClaim::Text | ScopeClaim::Both) {
            claims.push(("scope", scope.join(" ").into()));
        }
        if !session.exclude_not_before_claim {
            claims.push(("nbf", now.timestamp().into()));
        }
        let none = Claims::new();
        let extra = session.extra.as_ref().unwrap_or(&none);
        let is_promoted = |name: &str| {
            session.allowed_top_level_claims.iter().any(|allowed| allowed == name) && !RESERVED.contains(&name)
        };
        claims.extend(
            extra.iter().filter(|(name, _)| is_promoted(name)).map(|(name, value)| (name.as_str(), value.clone())),
        );
        if session.mirror_top_level_claims {
            claims.push(("ext", Value::Object(sorted(extra.clone()))));
        } else if session.preserve_ext_claims {
            let rest: Claims = extra.clone().into_iter().filter(|(name, _)| !is_promoted(name)).collect();
            if !rest.is_empty() {
                claims.push(("ext", Value::Object(sorted(rest))));
            }
        }
        claims.sort_by_key(|(name, _)| *name);
        Self(claims.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

/// Members in the order in which Go writes a map.
pub(crate) fn sorted(claims: Claims) -> Claims {
    let mut members: Vec<_> = claims.into_iter().collect();
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    members.into_iter().collect()
}
