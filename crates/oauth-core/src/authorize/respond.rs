//! The end of a request: back from the consent application with its yes, everything is checked once more, minted, stored in one
//! job, and sent to the client. Until here nothing but remembered logins was written.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use token_hmac::TokenKind;

use super::{
    AuthorizeAnswer, AuthorizeFailure, Browser, Directions, Step,
    checks::{Checked, before_issuing},
    flow::{AwaitingConsent, Consent, ConsentDone},
    request::Sealed,
    request_url, traps,
};
use crate::{
    Error, Provider,
    client::Client,
    error::excerpt,
    id_token::IdTokenParts,
    ids::CodeSignature,
    policy::ID_TOKEN_KEYS,
    scope::is_granted,
    secret::{AuthorizationCode, Secret},
    storage::{AccessTokenRecord, CodeRecord, ConsentRecord, GrantRecord, LoginSession, Storage, StorageError},
    token::{Authorization, Claims, Headers, IdTokenClaims, IdTokenSession, Session, later, lifespan, strategy_of},
};

/// Everything that an answer makes good, stored together or not at all.
struct Rows {
    /// The session of a login that is not to be remembered: its consent must refer to something.
    session: Option<LoginSession>,
    consent: ConsentRecord,
    code: Option<CodeRows>,
    access: Option<AccessTokenRecord>,
}

/// A code with what is remembered beside it.
struct CodeRows {
    code: AuthorizationCode,
    record: CodeRecord,
    challenge: Option<CodeRecord>,
    openid: Option<GrantRecord>,
}

impl<S: Storage> Provider<S> {
    /// Back from the consent application: issues what the request asked for and the user allowed.
    pub(super) async fn finish(
        &self,
        checked: Checked,
        verifier: &Secret<Sealed>,
        browser: &Browser,
    ) -> Result<Directions, AuthorizeFailure> {
        match self.answer(&checked, verifier, browser).await {
            Ok(parameters) => Ok(Directions {
                step: Step::Answer(AuthorizeAnswer {
                    redirect_uri: checked.redirect_uri,
                    mode: checked.mode,
                    parameters,
                }),
                cookies: Vec::new(),
            }),
            Err(error) => Err(checked.fail(error)),
        }
    }

    async fn answer(
        &self,
        checked: &Checked,
        verifier: &Secret<Sealed>,
        browser: &Browser,
    ) -> Result<Vec<(&'static str, String)>, Error> {
        let done: ConsentDone = self.unseal(verifier.expose()).map_err(|why| why.of_verifier())?;
        done.asked.origin.must_be_of(&checked.request)?;
        let (asked, consent) = done.consent()?;
        let presented = browser.consent_csrf.as_ref();
        traps::must_have_begun_here(&asked.consent_csrf, presented, &asked.origin, browser, self.policy())?;
        before_issuing(checked, self.policy())?;
        if checked.types.id_token && !is_granted(&consent.granted_scope, "openid") {
            return Err(Error::ResponseTypeNotServed("id_token".to_owned()));
        }
        let now = self.now();
        let authorization = self.authorization(checked, &asked, &consent, now).await?;
        let (parameters, code, access) = self.issue_at_once(checked, authorization, &consent, now).await?;
        let session =
            (!asked.login.skipped && !asked.login.remember).then(|| self.session_of(&asked.origin, &asked.login, now));
        let rows = Rows { session, consent: self.consent_record(checked, asked, consent), code, access };
        self.store(rows, &checked.client).await?;
        Ok(parameters)
    }

    async fn store(&self, rows: Rows, client: &Client) -> Result<(), Error> {
        let rows = Arc::new(rows);
        let store = || {
            let rows = Arc::clone(&rows);
            self.storage().write(move |records| rows.store(records))
        };
        let stored = match store().await {
            // The session ended after the job had looked for it. Now it is gone for certain.
            Err(Error::Storage(StorageError::MissingParent)) => store().await,
            outcome => outcome,
        };
        stored.map_err(|why| match why {
            Error::Storage(StorageError::Duplicate) => Error::VerifierSpent,
            Error::Storage(StorageError::MissingParent) => Error::UnknownClient(excerpt(client.id.as_str())),
            other => other,
        })
    }

    /// What all tokens of this consent have in common.
    async fn authorization(
        &self,
        checked: &Checked,
        asked: &AwaitingConsent,
        consent: &Consent,
        now: DateTime<Utc>,
    ) -> Result<Authorization, Error> {
        let (login, client) = (&asked.login, &checked.client);
        let kid = match is_granted(&consent.granted_scope, "openid") {
            // For Hydra, should it redeem the code: it signs with this key whatever the client registered.
            true => self.signing_key(ID_TOKEN_KEYS).await?.kid().map(str::to_owned),
            false => None,
        };
        let acr = match login.acr.as_str() {
            "" if !checked.request.acr_values.is_empty() => "0".to_owned(),
            acr => acr.to_owned(),
        };
        let mut ext = consent.id_token_claims.clone();
        ext.insert("sid".to_owned(), asked.origin.session.as_str().into());
        let claims = IdTokenClaims {
            iss: self.policy().issuer.clone(),
            sub: self.subject_at(client, &login.subject).await?,
            aud: vec![client.id.as_str().to_owned()],
            nonce: checked.request.nonce.clone(),
            iat: Some(now),
            rat: Some(asked.origin.began_at),
            auth_time: Some(login.authenticated_at),
            acr,
            amr: login.amr.clone(),
            ext: Some(ext),
            ..IdTokenClaims::default()
        };
        let session = Session {
            id_token: IdTokenSession {
                id_token_claims: Some(claims),
                headers: Headers { extra: kid.map(|kid| Claims::from_iter([("kid".to_owned(), kid.into())])) },
                subject: login.subject.clone(),
                ..IdTokenSession::default()
            },
            extra: Some(consent.access_token_claims.clone()).filter(|claims| !claims.is_empty()),
            consent_challenge: asked.id.as_str().to_owned(),
            ..Session::begin(&client.id, self.policy())
        };
        Ok(Authorization {
            request_id: asked.id.clone(),
            challenge_id: Some(asked.id.as_str().to_owned()),
            client_id: client.id.clone(),
            subject: login.subject.clone(),
            requested_scope: checked.scopes.clone(),
            granted_scope: consent.granted_scope.clone(),
            requested_audience: checked.request.audience.clone(),
            granted_audience: consent.granted_audience.clone(),
            session,
        })
    }

    /// Mints what the response type asks for.
    async fn issue_at_once(
        &self,
        checked: &Checked,
        mut authorization: Authorization,
        consent: &Consent,
        now: DateTime<Utc>,
    ) -> Result<(Vec<(&'static str, String)>, Option<CodeRows>, Option<AccessTokenRecord>), Error> {
        let (types, own, lifetimes) = (checked.types, &checked.client.lifespans, &self.policy().lifetimes);
        let mut parameters = vec![("state", checked.request.state.clone())];
        if !types.id_token || types.token {
            parameters.push(("scope", consent.granted_scope.join(" ")));
        }
        let code = types.code.then(|| self.secrets().mint(TokenKind::Code, self.random().bytes()));
        let code = code.map(|minted| (AuthorizationCode::new(minted.token), CodeSignature::new(minted.signature)));
        let access_expires_at = later(now, lifespan(own.implicit_grant_access_token, lifetimes.access_token));
        let access = match types.token {
            true => {
                let strategy = strategy_of(&checked.client, self.policy());
                let minted = self.mint_access_token(&authorization, strategy, now, access_expires_at).await?;
                let mut of_token = authorization.clone();
                of_token.session.kid = minted.kid;
                of_token.session.id_token.expires_at.access_token = Some(access_expires_at);
                let form_data = checked.request.harmless(&[]);
                let record = AccessTokenRecord {
                    signature: minted.signature,
                    grant: of_token.record(now, form_data, Some(access_expires_at)),
                };
                Some((minted.token, record))
            }
            false => None,
        };
        let mut c_hash = None;
        if types.id_token {
            let key = self.id_token_key(self.signing_choice_of(&checked.client.id).await?.id_token).await?;
            // The ID token that this code buys vouches for the code as well.
            c_hash = code.as_ref().map(|(code, _)| token_jwt::left_half_hash(key.algorithm(), code.expose()));
            let parts = IdTokenParts {
                access_token: access.as_ref().map(|(token, _)| token),
                code: code.as_ref().map(|(code, _)| code),
            };
            let expires_at = later(now, lifespan(own.implicit_grant_id_token, lifetimes.id_token));
            let id_token = self.mint_id_token(&authorization.session, parts, key, now, expires_at).await?;
            parameters.push(("id_token", id_token.into_exposed()));
        }
        let access = access.map(|(token, record)| {
            parameters.push(("access_token", token.into_exposed()));
            parameters.push(("expires_in", (access_expires_at - self.now()).num_seconds().to_string()));
            parameters.push(("token_type", "bearer".to_owned()));
            record
        });
        let code = code.map(|(code, signature)| {
            parameters.push(("code", code.expose().to_owned()));
            if let Some(claims) = &mut authorization.session.id_token.id_token_claims {
                claims.c_hash = c_hash.unwrap_or_default();
            }
            self.code_rows(checked, authorization, code, signature, now)
        });
        parameters.sort_by_key(|(name, _)| *name);
        Ok((parameters, code, access))
    }

    fn code_rows(
        &self,
        checked: &Checked,
        mut authorization: Authorization,
        code: AuthorizationCode,
        signature: CodeSignature,
        now: DateTime<Utc>,
    ) -> CodeRows {
        let request = &checked.request;
        let lifetime = TimeDelta::from_std(self.policy().lifetimes.auth_code).unwrap_or(TimeDelta::MAX);
        let expires_at = later(now, lifetime).round_subsecs(0);
        authorization.session.id_token.expires_at.authorize_code = Some(expires_at);
        let is_openid = authorization.grants("openid");
        let row = |form_data| CodeRecord {
            signature: signature.clone(),
            grant: authorization.clone().record(now, form_data, Some(expires_at)),
        };
        let challenge = (request.code_challenge.is_some() || request.code_challenge_method.is_some())
            .then(|| row(request.harmless(&["code_challenge", "code_challenge_method"])));
        let openid = is_openid.then(|| row(request.harmless(&["max_age", "prompt", "acr_values", "nonce"])).grant);
        CodeRows { record: row(request.harmless(&["redirect_uri"])), challenge, openid, code }
    }

    fn consent_record(&self, checked: &Checked, asked: AwaitingConsent, consent: Consent) -> ConsentRecord {
        let AwaitingConsent { origin, login, id, skip, .. } = asked;
        ConsentRecord {
            request_url: request_url(&self.policy().pages.authorization, &origin.parameters),
            flow: origin.flow,
            id,
            requested_at: origin.began_at,
            requested_scope: checked.scopes.clone(),
            requested_audience: checked.request.audience.clone(),
            granted_scope: consent.granted_scope,
            granted_audience: consent.granted_audience,
            subject: login.subject,
            client_id: checked.client.id.clone(),
            acr: login.acr,
            amr: login.amr,
            session: Some(origin.session),
            skip,
            remember: consent.remember,
            remember_for: consent.remember_for,
            handled_at: Some(consent.handled_at),
            oidc_context: super::oidc_context::of(&checked.request),
            context: consent.context.or(login.context),
            id_token_claims: consent.id_token_claims,
            access_token_claims: consent.access_token_claims,
            device: None,
        }
    }
}

impl Rows {
    fn store(&self, records: &mut dyn crate::storage::Records) -> Result<(), Error> {
        let mut consent = self.consent.clone();
        match (&self.session, &consent.session) {
            (Some(session), _) => records.put_login_session(session)?,
            // The remembered session may have been ended meanwhile, in another tab or by an administrator.
            (None, Some(id)) if records.login_session(id)?.is_none() => consent.session = None,
            _ => {}
        }
        // The consent comes first: it is what makes the verifier good for one use.
        records.insert_consent(&consent)?;
        if let Some(rows) = &self.code {
            records.insert_code(&rows.record)?;
            rows.challenge.as_ref().map_or(Ok(()), |challenge| records.insert_code_challenge(challenge))?;
            rows.openid.as_ref().map_or(Ok(()), |openid| records.insert_openid_request(&rows.code, openid))?;
        }
        self.access.as_ref().map_or(Ok(()), |access| records.insert_access_token(access))?;
        Ok(())
    }
}
