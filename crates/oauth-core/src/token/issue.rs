//! The only minter. What a grant drafted becomes a token, and a row that makes it good.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use token_hmac::TokenKind;
use uuid::Uuid;

use crate::{
    Error, Provider,
    client::AccessTokenStrategy,
    ids::{AccessSignature, ClientId, RequestId},
    policy::{ACCESS_TOKEN_KEYS, Policy, ScopeClaim},
    secret::AccessToken,
    storage::{AccessTokenRecord, GrantRecord, Storage, StorageError},
    token::{Claims, ExpiresAt, IdTokenClaims, IdTokenSession, Session},
};

/// What a grant found to be right, before anything is minted.
#[derive(Debug)]
pub struct TokenDraft {
    /// Who gets the token.
    pub client_id: ClientId,
    /// Form of the access token.
    pub strategy: AccessTokenStrategy,
    /// Who it speaks for.
    pub subject: String,
    /// Scope asked for.
    pub requested_scope: Vec<String>,
    /// Scope granted.
    pub granted_scope: Vec<String>,
    /// Audience asked for.
    pub requested_audience: Vec<String>,
    /// Audience granted.
    pub granted_audience: Vec<String>,
    /// How long the access token lives.
    pub lifespan: TimeDelta,
}

/// A successful answer of the token endpoint (RFC 6749 §5.1).
#[derive(Debug)]
pub struct TokenResponse {
    /// The token.
    pub access_token: AccessToken,
    /// Seconds it still lives, rounded down.
    pub expires_in: i64,
    /// Scope granted.
    pub scope: Vec<String>,
}

impl<S: Storage> Provider<S> {
    pub(super) async fn issue(
        &self,
        draft: TokenDraft,
        form_data: String,
        now: DateTime<Utc>,
    ) -> Result<TokenResponse, Error> {
        let expires_at = now.checked_add_signed(draft.lifespan).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let minted = self.mint(&draft, now, expires_at).await?;
        let signature = AccessSignature::new(token_hmac::access_row_signature(&minted.signature));
        let response = TokenResponse {
            access_token: AccessToken::new(minted.token),
            expires_in: (expires_at - self.now()).num_seconds(),
            scope: draft.granted_scope.clone(),
        };
        let record = AccessTokenRecord {
            signature,
            grant: GrantRecord {
                request_id: RequestId::new(self.random().uuid_of(now).to_string()),
                requested_at: now,
                session: session(&draft, self.policy(), minted.kid, now, expires_at),
                client_id: draft.client_id,
                requested_scope: draft.requested_scope,
                granted_scope: draft.granted_scope,
                requested_audience: draft.requested_audience,
                granted_audience: draft.granted_audience,
                form_data,
                subject: draft.subject,
                active: true,
                challenge_id: None,
                expires_at: Some(expires_at),
            },
        };
        let stored =
            self.storage().write_one(move |records| Ok::<_, Error>(records.insert_access_token(&record)?)).await;
        match stored {
            Ok(()) => Ok(response),
            // The client was deleted after it was authenticated.
            Err(Error::Storage(StorageError::MissingParent)) => Err(Error::ClientRefused),
            Err(other) => Err(other),
        }
    }

    async fn mint(&self, draft: &TokenDraft, now: DateTime<Utc>, expires_at: DateTime<Utc>) -> Result<Minted, Error> {
        match draft.strategy {
            AccessTokenStrategy::Opaque => {
                let minted = self.secrets().mint(TokenKind::Access, self.random().bytes());
                Ok(Minted { token: minted.token, signature: minted.signature, kid: String::new() })
            }
            AccessTokenStrategy::Jwt => {
                let key = self.signing_key(ACCESS_TOKEN_KEYS).await?;
                let claims = JwtClaims::new(draft, self.policy(), self.random().uuid(), now, expires_at);
                let kid = key.kid().unwrap_or_default().to_owned();
                let signed = self.slow().run(move || key.sign(&claims)).await?;
                let token = signed.map_err(|why| Error::Internal(format!("signing an access token failed: {why}")))?;
                let signature = token_hmac::signature_part(&token).unwrap_or_default().to_owned();
                Ok(Minted { token, signature, kid })
            }
        }
    }
}

struct Minted {
    token: String,
    signature: String,
    kid: String,
}

fn session(draft: &TokenDraft, policy: &Policy, kid: String, now: DateTime<Utc>, expires_at: DateTime<Utc>) -> Session {
    Session {
        id_token: IdTokenSession {
            id_token_claims: Some(IdTokenClaims {
                iss: policy.issuer.clone(),
                iat: Some(now),
                ..IdTokenClaims::default()
            }),
            expires_at: ExpiresAt { access_token: Some(expires_at), ..ExpiresAt::default() },
            subject: draft.subject.clone(),
            ..IdTokenSession::default()
        },
        kid,
        client_id: draft.client_id.as_str().to_owned(),
        exclude_not_before_claim: policy.jwt_claims.exclude_not_before,
        allowed_top_level_claims: policy.jwt_claims.allowed_top_level.clone(),
        mirror_top_level_claims: policy.jwt_claims.mirror_top_level,
        preserve_ext_claims: policy.jwt_claims.preserve_ext,
        ..Session::default()
    }
}

/// Claims of a JWT access token, sorted by name as Hydra writes them.
#[derive(Serialize)]
struct JwtClaims {
    aud: Vec<String>,
    client_id: String,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ext: Option<Claims>,
    iat: i64,
    iss: String,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scp: Option<Vec<String>>,
    sub: String,
}

impl JwtClaims {
    fn new(draft: &TokenDraft, policy: &Policy, jti: Uuid, now: DateTime<Utc>, expires_at: DateTime<Utc>) -> Self {
        let scope = &draft.granted_scope;
        let (list, text) = match policy.jwt_scope_claim {
            ScopeClaim::List => (Some(scope.clone()), None),
            ScopeClaim::Text => (None, Some(scope.join(" "))),
            ScopeClaim::Both => (Some(scope.clone()), Some(scope.join(" "))),
        };
        Self {
            aud: draft.granted_audience.clone(),
            client_id: draft.client_id.as_str().to_owned(),
            exp: expires_at.timestamp(),
            ext: policy.jwt_claims.mirror_top_level.then(Claims::new),
            iat: now.timestamp(),
            iss: policy.issuer.clone(),
            jti: jti.to_string(),
            nbf: (!policy.jwt_claims.exclude_not_before).then(|| now.timestamp()),
            scope: text,
            scp: list,
            sub: draft.subject.clone(),
        }
    }
}
