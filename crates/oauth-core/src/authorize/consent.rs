//! The consent step: when the question may be skipped, and what the consent application gets to see and may answer.

use chrono::SubsecRound;

use super::{
    checks::Checked,
    flow::{AwaitingConsent, Consent, ConsentDone, Login, Rejection},
    request_url, request_url_with,
};
use crate::{Error, Provider, client::Client, error::excerpt, scope, storage::Storage, token::Claims, trap::Trap};

/// What a consent application is asked.
#[derive(Debug)]
pub struct ConsentRequest {
    /// Name of the consent.
    pub id: String,
    /// Scope asked for.
    pub requested_scope: Vec<String>,
    /// Audience asked for.
    pub requested_audience: Vec<String>,
    /// Whether an earlier consent covers the request, so that the application must not ask again.
    pub skip: bool,
    /// The user.
    pub subject: String,
    /// What OpenID Connect asked for.
    pub oidc_context: Claims,
    /// Who asks, as registered now.
    pub client: Client,
    /// The authorization request.
    pub request_url: String,
    /// Name of the flow.
    pub flow: String,
    /// The login session.
    pub session: String,
    /// Authentication Context Class Reference.
    pub acr: String,
    /// Authentication Methods References.
    pub amr: Vec<String>,
    /// What the login application wants this one to know, JSON as text.
    pub context: Option<String>,
}

/// A consent application's yes.
#[derive(Debug, Default)]
pub struct ConsentAccepted {
    /// Scope granted.
    pub granted_scope: Vec<String>,
    /// Audience granted.
    pub granted_audience: Vec<String>,
    /// Whether later requests may skip the question.
    pub remember: bool,
    /// For how many seconds; 0: for ever.
    pub remember_for: i32,
    /// Any JSON, as text.
    pub context: Option<String>,
    /// Claims for the ID token.
    pub id_token_claims: Claims,
    /// Claims for the access token.
    pub access_token_claims: Claims,
}

impl<S: Storage> Provider<S> {
    /// Whether an earlier consent spares the question.
    pub(super) async fn consent_is_known(&self, checked: &Checked, login: &Login) -> Result<bool, Error> {
        // A client that cannot prove who it is could be any program on the device: it must ask every time.
        let unproven = checked.client.is_public() && !checked.redirect_uri.proves_the_client();
        if checked.request.prompts("consent") || unproven {
            return Ok(false);
        }
        let (subject, client, now) = (login.subject.clone(), checked.client.id.clone(), self.now());
        let earlier = self
            .storage()
            .read(move |records| Ok::<_, Error>(records.remembered_consent(&subject, &client, now)?))
            .await?;
        let Some(earlier) = earlier else { return Ok(false) };
        let strategy = self.policy().scope_strategy;
        let covered = |wanted: &String| strategy.any_covers(earlier.granted_scope.iter().map(String::as_str), wanted);
        Ok(checked.scopes.iter().all(covered))
    }

    /// `GET /admin/oauth2/auth/requests/consent`.
    pub async fn consent_request(&self, challenge: &str) -> Result<ConsentRequest, Error> {
        let state: AwaitingConsent = self.unseal(challenge).map_err(|why| why.of_challenge())?;
        let request = state.origin.request()?;
        let client = self.client_of(&request).await?;
        Ok(ConsentRequest {
            id: state.id.as_str().to_owned(),
            requested_scope: request.scopes()?,
            requested_audience: request.audience.clone(),
            skip: state.skip,
            subject: state.login.subject,
            oidc_context: super::oidc_context::of(&request),
            client,
            request_url: request_url(&self.policy().pages.authorization, &state.origin.parameters),
            flow: state.origin.flow.as_str().to_owned(),
            session: state.origin.session.as_str().to_owned(),
            acr: state.login.acr,
            amr: state.login.amr,
            context: state.login.context,
        })
    }

    /// `PUT …/consent/accept`: where the application sends the browser. It may grant less than was asked for, never more: it would
    /// give the client what the user was not asked about.
    pub async fn accept_consent(&self, challenge: &str, accepted: ConsentAccepted) -> Result<String, Error> {
        let state: AwaitingConsent = self.unseal(challenge).map_err(|why| why.of_challenge())?;
        let request = state.origin.request()?;
        let requested = request.scopes()?;
        if !self.policy().compat_hydra {
            let strategy = self.policy().scope_strategy;
            let asked = |granted: &&String| !strategy.any_covers(requested.iter().map(String::as_str), granted);
            if let Some(odd) = accepted.granted_scope.iter().find(asked) {
                return Err(Error::ScopeNotAskedFor(excerpt(odd)));
            }
            if let Some(odd) = accepted.granted_audience.iter().find(|granted| !request.audience.contains(granted)) {
                return Err(Error::AudienceNotAskedFor(excerpt(odd)));
            }
        }
        scope::must_be_storable(&accepted.granted_scope, &accepted.granted_audience)?;
        if accepted.granted_scope.is_empty() && !requested.is_empty() {
            let requested = excerpt(&requested.join(" "));
            Trap::ConsentGrantedNothing { requested }.warn();
        }
        let consent = Consent {
            granted_scope: accepted.granted_scope,
            granted_audience: accepted.granted_audience,
            remember: accepted.remember,
            remember_for: accepted.remember_for,
            handled_at: self.now().trunc_subsecs(6),
            context: accepted.context,
            id_token_claims: accepted.id_token_claims,
            access_token_claims: accepted.access_token_claims,
        };
        self.back_from_consent(state.accept(consent)).await
    }

    /// `PUT …/consent/reject`.
    pub async fn reject_consent(&self, challenge: &str, rejection: Rejection) -> Result<String, Error> {
        let state: AwaitingConsent = self.unseal(challenge).map_err(|why| why.of_challenge())?;
        self.back_from_consent(state.reject(rejection)).await
    }

    async fn back_from_consent(&self, done: ConsentDone) -> Result<String, Error> {
        let origin = &done.asked.origin;
        let client = self.client_of(&origin.request()?).await?;
        let verifier = self.seal(&done, &client)?;
        Ok(request_url_with(&self.policy().pages.authorization, &origin.parameters, "consent_verifier", verifier))
    }
}
