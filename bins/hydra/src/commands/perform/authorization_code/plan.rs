//! What every attempt of a run has in common, as the flags say it.

use url::Url;

use crate::{
    admin_client::{Server, without_credentials},
    args::{AuthorizationCode, Strings},
    failure::Failure,
};

/// As which client, at which server, and what to ask for.
pub(super) struct Plan<'a> {
    pub(super) client_id: &'a str,
    pub(super) client_secret: Option<&'a str>,
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) redirect_uri: String,
    /// Parameters of the authorization request that are the user's choice.
    pub(super) wishes: Vec<(&'static str, String)>,
}

impl<'a> Plan<'a> {
    /// `home` is the address of this program's pages.
    pub(super) fn new(
        client_id: &'a str,
        flags: &'a AuthorizationCode,
        server: &Server,
        home: &Url,
    ) -> Result<Self, Failure> {
        let redirect_uri = match flags.redirect.as_str() {
            "" => format!("{home}callback"),
            given => given.to_owned(),
        };
        Url::parse(&redirect_uri).map_err(|_| not_a_url("--redirect", "http://127.0.0.1:4446/callback"))?;
        let endpoint = |flag, given: &str, path: [&str; 2]| match given {
            "" => server.url(&path),
            given => match Url::parse(given) {
                Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
                _ => Err(not_a_url(flag, &format!("http://127.0.0.1:4444/{}", path.join("/")))),
            },
        };
        Ok(Self {
            client_id,
            client_secret: flags.client.secret(),
            authorization_endpoint: endpoint("--auth-url", &flags.auth_url, ["oauth2", "auth"])?,
            token_endpoint: endpoint("--token-url", &flags.token_url, ["oauth2", "token"])?,
            redirect_uri,
            wishes: wishes(flags),
        })
    }

    /// The token endpoint for messages: before its host there may be a password.
    pub(super) fn shown_token_endpoint(&self) -> Url {
        without_credentials(&self.token_endpoint)
    }

    /// The path on which the answer arrives, besides `/callback`: a redirect URI may name another, a tunnel's say.
    pub(super) fn redirect_path(&self) -> String {
        Url::parse(&self.redirect_uri).map(|url| url.path().to_owned()).unwrap_or_default()
    }
}

fn not_a_url(flag: &str, example: &str) -> Failure {
    Failure::Usage(format!("the value of {flag} is not a URL; write it as in {example}"))
}

/// What is empty is left out, but for the scope.
fn wishes(flags: &AuthorizationCode) -> Vec<(&'static str, String)> {
    let mut wishes = vec![
        ("audience", Strings::spaced(&flags.audience)),
        ("prompt", Strings::spaced(&flags.prompt)),
        ("response_mode", flags.response_mode.clone()),
    ];
    wishes.retain(|(_, value)| !value.is_empty());
    wishes.push(("scope", Strings::spaced(&flags.scope)));
    if flags.max_age >= 0 {
        wishes.push(("max_age", flags.max_age.to_string()));
    }
    wishes
}
