//! An authorization request, parsed once (RFC 6749 §4.1.1, §4.2.1; OIDC Core §3.1.2.1). Nobody reads raw parameters after this.

use chrono::{DateTime, TimeDelta, Utc};

use super::RequestObject;
use crate::{
    Error,
    error::excerpt,
    ids::ClientId,
    scope,
    secret::{PresentedToken, Secret},
    token::Form,
};

/// Kind of a verifier that came back from the login or consent application.
pub enum Sealed {}

/// A request to the authorization endpoint. What is wrong with it is found out in the order of the checks, for it depends on
/// what is right so far where an error may be shown; so most values are still texts here. Without `Debug`: some of them are secrets.
pub struct AuthorizeRequest {
    /// Who asks.
    pub client_id: Option<ClientId>,
    /// Where the answer is to go.
    pub redirect_uri: Option<String>,
    /// How the answer is to be delivered.
    pub response_mode: Option<String>,
    /// What the answer is to hold.
    pub response_type: Option<String>,
    /// Scope asked for, as it was sent.
    pub scope: String,
    /// Audience asked for.
    pub audience: Vec<String>,
    /// What the client gets back as it was.
    pub state: String,
    /// What the ID token gets.
    pub nonce: String,
    /// Which pages the user is to see.
    pub prompt: Vec<String>,
    /// How old the login may be, as it was sent.
    pub max_age: Option<String>,
    /// Who is expected to be logged in.
    pub id_token_hint: Option<PresentedToken>,
    /// For the login page.
    pub login_hint: String,
    /// For the login page.
    pub display: String,
    /// For the login page.
    pub acr_values: Vec<String>,
    /// For the login page.
    pub ui_locales: Vec<String>,
    /// For the login page of an identity provider with several kinds of accounts.
    pub identity_schema: Option<String>,
    /// RFC 7636 §4.3.
    pub code_challenge: Option<String>,
    /// RFC 7636 §4.3.
    pub code_challenge_method: Option<String>,
    /// The request object that was sent, until it is opened.
    pub request_object: Option<RequestObject>,
    /// The parameters are those of a request object: nobody may change them on the way.
    pub is_fixed: bool,
    /// OIDC Core §7.2.1; not served.
    pub registration: bool,
    /// Back from the login application.
    pub login_verifier: Option<Secret<Sealed>>,
    /// Back from the consent application.
    pub consent_verifier: Option<Secret<Sealed>>,
    /// The parameters as they came, without the verifiers: what the flow goes on with.
    pub parameters: Vec<(String, String)>,
}

impl AuthorizeRequest {
    /// Reads the parameters of query and body together.
    pub fn parse(form: &Form) -> Result<Self, Error> {
        let one = |name| form.one(name).map(|value| value.unwrap_or_default().to_owned());
        let optional = |name| form.one(name).map(|value| value.map(str::to_owned));
        let list = |name| form.one(name).map(|value| words(value.unwrap_or_default()));
        let sealed = |name| form.one(name).map(|value| value.map(Secret::new));
        let request_object = match (form.one("request")?, form.one("request_uri")?) {
            (Some(_), Some(_)) => {
                let why = "The parameters 'request' and 'request_uri' exclude each other.";
                return Err(Error::MalformedParameter(why.to_owned()));
            }
            (Some(jws), None) => Some(RequestObject::ByValue(Secret::new(jws))),
            (None, Some(uri)) => Some(RequestObject::ByReference(uri.to_owned())),
            (None, None) => None,
        };
        Ok(Self {
            client_id: form.one("client_id")?.map(ClientId::new),
            redirect_uri: optional("redirect_uri")?,
            response_mode: optional("response_mode")?,
            response_type: optional("response_type")?,
            scope: one("scope")?,
            audience: scope::parse_audience(&form.all("audience").collect::<Vec<_>>()),
            state: one("state")?,
            nonce: one("nonce")?,
            prompt: list("prompt")?,
            max_age: optional("max_age")?,
            id_token_hint: form.one("id_token_hint")?.map(PresentedToken::new),
            login_hint: one("login_hint")?,
            display: one("display")?,
            acr_values: list("acr_values")?,
            ui_locales: list("ui_locales")?,
            identity_schema: optional("identity_schema")?,
            code_challenge: optional("code_challenge")?,
            code_challenge_method: optional("code_challenge_method")?,
            request_object,
            is_fixed: false,
            registration: form.one("registration")?.is_some(),
            login_verifier: sealed("login_verifier")?,
            consent_verifier: sealed("consent_verifier")?,
            parameters: form
                .pairs()
                .iter()
                .filter(|(name, _)| name != "login_verifier" && name != "consent_verifier")
                .cloned()
                .collect(),
        })
    }

    /// The parameters that may be stored with what is issued, form-encoded and sorted: the harmless ones, and `more`.
    pub(crate) fn harmless(&self, more: &[&str]) -> String {
        crate::token::harmless(&self.parameters, more)
    }

    /// Scope asked for, entry by entry.
    pub(crate) fn scopes(&self) -> Result<Vec<String>, Error> {
        scope::parse_scope(&self.scope)
    }

    /// Whether it is an OpenID Connect request (OIDC Core §3.1.2.1). Hydra compares in any case.
    pub(crate) fn wants_openid(&self) -> bool {
        self.scope.split(' ').any(|entry| entry.eq_ignore_ascii_case("openid"))
    }

    /// Whether the user is to see this page.
    pub(crate) fn prompts(&self, page: &str) -> bool {
        self.prompt.iter().any(|word| word == page)
    }

    /// How old the login may be (OIDC Core §3.1.2.1).
    pub(crate) fn max_age(&self) -> Result<Option<TimeDelta>, Error> {
        let Some(text) = &self.max_age else { return Ok(None) };
        let seconds = text.parse::<u32>().map_err(|_| {
            Error::MalformedParameter(format!(
                "The parameter 'max_age' must be a number of seconds, not '{}'.",
                excerpt(text)
            ))
        })?;
        Ok(Some(TimeDelta::seconds(seconds.into())))
    }

    /// Whether a login of this moment is too old for the request.
    pub(crate) fn is_too_old(&self, authenticated_at: DateTime<Utc>, now: DateTime<Utc>) -> Result<bool, Error> {
        Ok(self.max_age()?.is_some_and(|most| authenticated_at + most < now))
    }

    /// What the answer is to hold, whether or not it may.
    pub(crate) fn response_types(&self) -> ResponseTypes {
        ResponseTypes::parse(self.response_type.as_deref().unwrap_or_default())
    }

    /// How the answer travels when the request does not say: tokens never in the query.
    pub(crate) fn default_mode(&self) -> ResponseMode {
        let types = self.response_types();
        if types.token || types.id_token { ResponseMode::Fragment } else { ResponseMode::Query }
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// What an answer holds (OAuth 2.0 Multiple Response Types §2–5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResponseTypes {
    pub(crate) code: bool,
    pub(crate) token: bool,
    pub(crate) id_token: bool,
    /// A word that is none of these.
    pub(crate) unknown: bool,
}

impl ResponseTypes {
    /// Order and case do not matter.
    pub(crate) fn parse(text: &str) -> Self {
        let mut types = Self::default();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            match word.to_ascii_lowercase().as_str() {
                "code" => types.code = true,
                "token" => types.token = true,
                "id_token" => types.id_token = true,
                _ => types.unknown = true,
            }
        }
        types
    }

    /// Nothing at all.
    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// A code together with something else.
    pub(crate) fn is_hybrid(self) -> bool {
        self.code && (self.token || self.id_token)
    }

    /// Something is issued by the authorization endpoint itself.
    pub(crate) fn has_tokens(self) -> bool {
        self.token || self.id_token
    }
}

/// How an answer travels (OAuth 2.0 Multiple Response Types §2.1, OAuth 2.0 Form Post Response Mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    Query,
    /// In its fragment.
    Fragment,
    /// In a form that the browser posts.
    FormPost,
}

impl ResponseMode {
    pub(crate) fn parse(word: &str) -> Result<Self, Error> {
        match word {
            "query" => Ok(Self::Query),
            "fragment" => Ok(Self::Fragment),
            "form_post" => Ok(Self::FormPost),
            other => Err(Error::UnsupportedResponseMode(excerpt(other))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(pairs: &[(&str, &str)]) -> Result<AuthorizeRequest, Error> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        AuthorizeRequest::parse(&Form::new(pairs, false))
    }

    #[test]
    fn a_parameter_that_comes_twice_is_refused() {
        assert!(matches!(request(&[("state", "a"), ("state", "b")]), Err(Error::RepeatedParameter(_))));
        assert!(request(&[("audience", "a"), ("audience", "b")]).is_ok());
    }

    #[test]
    fn what_goes_on_holds_everything_but_the_verifiers() {
        let pairs = [("client_id", "a"), ("login_verifier", "v"), ("x", "1"), ("consent_verifier", "w")];
        let kept = request(&pairs).map(|request| request.parameters).unwrap_or_default();
        assert_eq!(kept, [("client_id".to_owned(), "a".to_owned()), ("x".to_owned(), "1".to_owned())]);
    }

    #[test]
    fn max_age_is_a_number_of_seconds() {
        let max_age = |text: &str| request(&[("max_age", text)]).and_then(|request| request.max_age());
        assert_eq!(max_age("60").ok(), Some(Some(TimeDelta::seconds(60))));
        assert_eq!(max_age("").ok(), Some(None));
        for odd in ["never", "-1", "1.5", "1e3", "99999999999999999999"] {
            assert!(max_age(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn response_types_have_no_order_and_no_case() {
        let types = ResponseTypes::parse("TOKEN  code");
        assert!(types.code && types.token && types.is_hybrid() && !types.id_token && !types.unknown);
        assert!(ResponseTypes::parse("code telepathy").unknown);
        assert!(ResponseTypes::parse(" ").is_empty());
    }
}
