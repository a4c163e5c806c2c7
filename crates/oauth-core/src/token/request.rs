//! A token request, parsed once. Nobody reads raw parameters after this.

use crate::{
    Error,
    client::Credentials,
    error::excerpt,
    ids::ClientId,
    scope,
    secret::{AuthorizationCode, ClientAssertion, ClientSecret, CodeVerifier, PresentedToken, RefreshToken},
};

/// Parameters of a form, in the order they came.
#[derive(Default)]
pub struct Form {
    pairs: Vec<(String, String)>,
    like_hydra: bool,
}

impl Form {
    /// Takes decoded pairs. With `like_hydra` (`compat.hydra`) the first of repeated parameters counts, and an unknown grant type
    /// is an invalid request.
    pub fn new(pairs: Vec<(String, String)>, like_hydra: bool) -> Self {
        Self { pairs, like_hydra }
    }

    /// No parameter at all.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// All parameters.
    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// The value of a parameter that may appear once (RFC 6749 §3.2). An empty value counts as absent.
    pub fn one(&self, name: &'static str) -> Result<Option<&str>, Error> {
        let mut values = self.all(name);
        let first = values.next();
        if !self.like_hydra && values.next().is_some() {
            return Err(Error::RepeatedParameter(name.to_owned()));
        }
        Ok(first.filter(|value| !value.is_empty()))
    }

    /// All values of a parameter that may be repeated.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Client credentials: those of the Authorization header beside those of the form.
    pub fn credentials(&self, basic: Option<(ClientId, ClientSecret)>) -> Result<Credentials, Error> {
        Ok(Credentials {
            basic,
            undecoded_password: None,
            client_id: self.one("client_id")?.map(ClientId::new),
            client_secret: self.one("client_secret")?.map(ClientSecret::new),
            assertion_type: self.one("client_assertion_type")?.map(str::to_owned),
            assertion: self.one("client_assertion")?.map(ClientAssertion::new),
        })
    }
}

/// The parameters that may be stored with a token, form-encoded and sorted by name: nothing secret is among them. `more` names
/// others that are wanted.
pub(crate) fn harmless(pairs: &[(String, String)], more: &[&str]) -> String {
    let mut names = [&["client_id", "grant_type", "response_type", "scope"], more].concat();
    names.sort_unstable();
    let mut kept = url::form_urlencoded::Serializer::new(String::new());
    for name in names {
        kept.extend_pairs(pairs.iter().filter(|(own, _)| own == name));
    }
    kept.finish()
}

/// A request to the token endpoint (RFC 6749 §3.2).
#[derive(Debug)]
pub struct TokenRequest {
    /// Who asks.
    pub credentials: Credentials,
    /// What for.
    pub grant: Grant,
    /// See [`crate::storage::GrantRecord::form_data`].
    pub form_data: String,
}

/// One variant for each grant type, with exactly its parameters.
#[derive(Debug)]
pub enum Grant {
    /// RFC 6749 §4.4.
    ClientCredentials(ClientCredentials),
    /// RFC 6749 §4.1.3.
    AuthorizationCode(AuthorizationCodeGrant),
    /// RFC 6749 §6.
    RefreshToken(RefreshGrant),
}

/// Parameters of RFC 6749 §4.4.2.
#[derive(Debug)]
pub struct ClientCredentials {
    /// Scope asked for, as it was sent: it is looked at only after the client proved who it is.
    pub scope: String,
    /// Audience asked for.
    pub audience: Vec<String>,
}

/// Parameters of RFC 6749 §4.1.3 and RFC 7636 §4.5.
#[derive(Debug)]
pub struct AuthorizationCodeGrant {
    /// The code; `None` when the parameter is empty or missing, which is found out after the client proved who it is.
    pub code: Option<AuthorizationCode>,
    /// The redirect URI of the authorization request.
    pub redirect_uri: Option<String>,
    /// Proof that the one who redeems is the one who asked.
    pub code_verifier: Option<CodeVerifier>,
}

/// Parameters of RFC 6749 §6.
#[derive(Debug)]
pub struct RefreshGrant {
    /// The refresh token; `None` as above.
    pub refresh_token: Option<RefreshToken>,
    /// Scope that is wanted, as it was sent; empty: all that was granted.
    pub scope: String,
}

impl TokenRequest {
    /// Reads a form. An unknown grant type is reported before anything about the client is looked at.
    pub fn parse(form: &Form, basic: Result<Option<(ClientId, ClientSecret)>, Error>) -> Result<Self, Error> {
        if form.is_empty() {
            return Err(Error::EmptyForm);
        }
        let grant = match form.one("grant_type")?.ok_or(Error::MissingParameter("grant_type"))? {
            "client_credentials" => Grant::ClientCredentials(ClientCredentials {
                scope: form.one("scope")?.unwrap_or_default().to_owned(),
                audience: scope::parse_audience(&form.all("audience").collect::<Vec<_>>()),
            }),
            "authorization_code" => Grant::AuthorizationCode(AuthorizationCodeGrant {
                code: form.one("code")?.map(AuthorizationCode::new),
                redirect_uri: form.one("redirect_uri")?.map(str::to_owned),
                code_verifier: form.one("code_verifier")?.map(CodeVerifier::new),
            }),
            "refresh_token" => Grant::RefreshToken(RefreshGrant {
                refresh_token: form.one("refresh_token")?.map(RefreshToken::new),
                scope: form.one("scope")?.unwrap_or_default().to_owned(),
            }),
            other if form.like_hydra => {
                return Err(Error::MalformedParameter(format!(
                    "The grant type '{}' is not served here.",
                    excerpt(other)
                )));
            }
            other => return Err(Error::UnsupportedGrantType(excerpt(other))),
        };
        Ok(Self { credentials: form.credentials(basic?)?, grant, form_data: harmless(form.pairs(), &[]) })
    }
}

/// A request to the revocation endpoint (RFC 7009 §2.1).
#[derive(Debug)]
pub struct RevocationRequest {
    /// Who asks.
    pub credentials: Credentials,
    /// The token to revoke.
    pub token: PresentedToken,
    /// Which kind to look for first.
    pub hint: TokenHint,
}

/// `token_type_hint` (RFC 7009 §2.1, RFC 7662 §2.1): only an order of search, never a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenHint {
    /// `access_token`.
    Access,
    /// `refresh_token`.
    Refresh,
}

impl TokenHint {
    fn parse(form: &Form, default: Self) -> Result<Self, Error> {
        Ok(match form.one("token_type_hint")? {
            Some("access_token") => Self::Access,
            Some("refresh_token") => Self::Refresh,
            _ => default,
        })
    }
}

impl RevocationRequest {
    /// Reads a form.
    pub fn parse(form: &Form, basic: Result<Option<(ClientId, ClientSecret)>, Error>) -> Result<Self, Error> {
        if form.is_empty() {
            return Err(Error::EmptyForm);
        }
        let credentials = form.credentials(basic?)?;
        let token = form.one("token")?.ok_or(Error::MissingParameter("token"))?;
        Ok(Self { credentials, token: PresentedToken::new(token), hint: TokenHint::parse(form, TokenHint::Refresh)? })
    }
}

/// A request to the introspection endpoint (RFC 7662 §2.1).
#[derive(Debug)]
pub struct IntrospectionRequest {
    /// The token; `None` when the parameter is empty or missing, which is simply inactive.
    pub token: Option<PresentedToken>,
    /// Scope that the token must have been granted.
    pub scope: Vec<String>,
    /// Which kind to look for first.
    pub hint: TokenHint,
}

impl IntrospectionRequest {
    /// Reads a form.
    pub fn parse(form: &Form) -> Result<Self, Error> {
        if form.is_empty() {
            return Err(Error::EmptyForm);
        }
        let scope = form.one("scope")?.unwrap_or_default();
        Ok(Self {
            token: form.one("token")?.map(PresentedToken::new),
            scope: scope.split(' ').filter(|entry| !entry.is_empty()).map(str::to_owned).collect(),
            hint: TokenHint::parse(form, TokenHint::Access)?,
        })
    }
}
