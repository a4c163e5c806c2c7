//! Token introspection (RFC 7662): is this token good, and what does it stand for?

use chrono::{DateTime, TimeDelta, Utc};
use token_hmac::TokenKind;

use crate::{
    Error, Provider,
    ids::{AccessSignature, ClientId, KeySetName, RefreshSignature},
    policy::ACCESS_TOKEN_KEYS,
    secret::PresentedToken,
    storage::{AccessTokenRecord, GrantRecord, Records, RefreshTokenRecord, Storage, StorageError},
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

/// Where a genuine token may be kept.
enum Place {
    Access(AccessSignature),
    Refresh(RefreshSignature),
}

impl Place {
    fn look(&self, records: &mut dyn Records) -> Result<Option<KnownToken>, StorageError> {
        Ok(match self {
            Self::Access(signature) => records.access_token(signature)?.map(KnownToken::Access),
            Self::Refresh(signature) => records.refresh_token(signature)?.map(KnownToken::Refresh),
        })
    }
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
        let mut places = self.places(token.expose(), hint).await?;
        // Nearly every token is an access token and in the first place: the look-up that many can share.
        if let Some(Place::Access(signature)) = places.first() {
            if let Some(found) = self.storage().access_token(signature.clone()).await? {
                return Ok(Some(KnownToken::Access(found)));
            }
            places.remove(0);
        }
        if places.is_empty() {
            return Ok(None);
        }
        let look = move |records: &mut dyn Records| {
            for place in &places {
                if let Some(found) = place.look(records)? {
                    return Ok(Some(found));
                }
            }
            Ok::<_, Error>(None)
        };
        self.storage().read(look).await
    }

    /// Where to look for a token, in this order; nowhere for a forgery.
    async fn places(&self, token: &str, hint: TokenHint) -> Result<Vec<Place>, Error> {
        if token.bytes().filter(|byte| *byte == b'.').count() == 2 {
            // All published keys verify, also those that no longer sign, and whatever strategy the client has by now.
            let keys = self.key_set(&KeySetName::new(ACCESS_TOKEN_KEYS)).await?;
            let genuine = keys.verify(token).and_then(|_| token_hmac::signature_part(token));
            return Ok(genuine.into_iter().flat_map(access_places).collect());
        }
        let access = self.secrets().verify(TokenKind::Access, token).ok().into_iter().flat_map(access_places);
        let refresh =
            self.secrets().verify(TokenKind::Refresh, token).ok().map(RefreshSignature::new).map(Place::Refresh);
        Ok(match hint {
            TokenHint::Access => access.chain(refresh).collect(),
            TokenHint::Refresh => refresh.into_iter().chain(access).collect(),
        })
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

/// Rows of very old releases are keyed by the signature itself.
fn access_places(signature: &str) -> [Place; 2] {
    let hashed = token_hmac::access_row_signature(signature);
    [Place::Access(AccessSignature::new(hashed)), Place::Access(AccessSignature::new(signature))]
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
