//! The flags of `hydra perform authorization-code`.

use clap::Args;

use super::{Credentials, Strings};

/// Which flow to perform, and how to serve its pages.
#[derive(Args)]
pub(crate) struct AuthorizationCode {
    #[command(flatten)]
    pub(crate) client: Credentials,
    /// Port to serve on; 0 takes any that is free.
    #[arg(long, short, default_value_t = 4446, value_name = "NUMBER")]
    pub(crate) port: u16,
    /// Scopes to ask for.
    #[arg(long, default_value = "offline,openid", value_name = "LIST")]
    pub(crate) scope: Vec<Strings>,
    /// Audiences to ask for.
    #[arg(long, value_name = "LIST")]
    pub(crate) audience: Vec<Strings>,
    /// What the user must be asked: none, login, consent, or several.
    #[arg(long, value_name = "LIST")]
    pub(crate) prompt: Vec<Strings>,
    /// Seconds after which a login is too old; a negative number leaves it to the server.
    #[arg(long, default_value_t = -1, value_name = "SECONDS")]
    pub(crate) max_age: i64,
    /// How the answer comes back: query or form_post; the server decides when this is left out.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "MODE", value_parser = response_mode)]
    pub(crate) response_mode: String,
    /// The state parameter; made up when this is left out.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    pub(crate) state: String,
    /// Redirect URI, if it is not http://127.0.0.1:<port>/callback.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "URL")]
    pub(crate) redirect: String,
    /// Authorization endpoint, if it is not /oauth2/auth below the endpoint.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "URL")]
    pub(crate) auth_url: String,
    /// Token endpoint, if it is not /oauth2/token below the endpoint.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "URL")]
    pub(crate) token_url: String,
    /// Do not open a browser.
    #[arg(long)]
    pub(crate) no_open: bool,
    /// Go on serving after a result, for another round.
    #[arg(long)]
    pub(crate) no_shutdown: bool,
    /// Serve TLS with a certificate that is made now and thrown away at the end.
    #[arg(long)]
    pub(crate) https: bool,
    /// Accept login and consent requests without asking where the server says that they may be skipped.
    #[arg(long)]
    pub(crate) skip: bool,
    #[arg(hide = true, value_name = "IGNORED")]
    ignored: Vec<String>,
}

/// The modes in which an answer reaches this program.
fn response_mode(mode: &str) -> Result<String, String> {
    match mode {
        "" | "query" | "form_post" => Ok(mode.to_owned()),
        "fragment" => Err("a browser keeps what follows the # of a URL to itself; use query or form_post".to_owned()),
        _ => Err("use query or form_post".to_owned()),
    }
}
