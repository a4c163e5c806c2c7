//! A request of a client, put together word by word and sent to one of the endpoints.

use oauth_core::{
    Error,
    client::Client,
    ids::ClientId,
    secret::ClientSecret,
    token::{Form, IntrospectionRequest, RevocationRequest, TokenRequest, TokenResponse},
};

use super::World;

#[must_use]
pub(crate) struct Ask<'w> {
    world: &'w World,
    basic: Option<(ClientId, ClientSecret)>,
    pairs: Vec<(String, String)>,
}

impl<'w> Ask<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        Self { world, basic: None, pairs: Vec::new() }
    }

    /// `Authorization: Basic`.
    pub(crate) fn basic(mut self, id: &str, secret: &str) -> Self {
        self.basic = Some((ClientId::new(id), ClientSecret::new(secret)));
        self
    }

    /// `client_id` and `client_secret` in the body.
    pub(crate) fn post(self, id: &str, secret: &str) -> Self {
        self.with("client_id", id).with("client_secret", secret)
    }

    /// `client_assertion` in the body.
    pub(crate) fn asserting(self, assertion: &str) -> Self {
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        self.with("client_assertion_type", kind).with("client_assertion", assertion)
    }

    /// One more parameter of the body.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.pairs.push((name.to_owned(), value.to_owned()));
        self
    }

    fn form(&self) -> Form {
        Form::new(self.pairs.clone(), self.world.provider.policy().compat_hydra)
    }

    /// Who it is, if anybody.
    pub(crate) async fn authenticate(self) -> Result<Client, Error> {
        let credentials = self.form().credentials(self.basic)?;
        self.world.provider.authenticate(credentials).await
    }

    /// POST to the token endpoint, with exactly these parameters.
    pub(crate) async fn token_as_is(self) -> Result<TokenResponse, Error> {
        let form = self.form();
        self.world.provider.token(TokenRequest::parse(&form, Ok(self.basic))?).await
    }

    /// POST to the token endpoint for the client credentials grant.
    pub(crate) async fn token(self) -> Result<TokenResponse, Error> {
        self.with("grant_type", "client_credentials").token_as_is().await
    }

    /// POST to the token endpoint for the authorization code grant, with what is added to a code besides.
    pub(crate) async fn redeem(self, code: &str) -> Result<TokenResponse, Error> {
        self.with("grant_type", "authorization_code").with("code", code).token_as_is().await
    }

    /// POST to the token endpoint for the refresh token grant.
    pub(crate) async fn refresh(self, token: &str) -> Result<TokenResponse, Error> {
        self.with("grant_type", "refresh_token").with("refresh_token", token).token_as_is().await
    }

    /// POST to the revocation endpoint.
    pub(crate) async fn revoke(self, token: &str) -> Result<(), Error> {
        let asked = self.with("token", token);
        let form = asked.form();
        asked.world.provider.revoke(RevocationRequest::parse(&form, Ok(asked.basic))?).await
    }

    /// POST to the introspection endpoint; `None` is inactive.
    pub(crate) async fn introspect(self, token: &str) -> Result<Option<oauth_core::introspect::Introspection>, Error> {
        let asked = self.with("token", token);
        let form = asked.form();
        asked.world.provider.introspect(IntrospectionRequest::parse(&form)?).await
    }
}

impl World {
    /// `shop` redeems a code, as it should.
    pub(crate) async fn redeem(&self, code: &str) -> Result<TokenResponse, Error> {
        self.ask_as("shop").with("redirect_uri", "https://shop.example/cb").redeem(code).await
    }

    /// `shop` refreshes.
    pub(crate) async fn refresh(&self, token: &str) -> Result<TokenResponse, Error> {
        self.ask_as("shop").refresh(token).await
    }

    /// Whether introspection calls the token active.
    pub(crate) async fn is_active(&self, token: &str) -> bool {
        self.ask().introspect(token).await.expect("introspection answers").is_some()
    }
}
