//! The command line as types: verbs, what they act on, and their flags. What a command does is in `commands`.
//!
//! No type here can be printed for debugging: secrets and tokens are among the flags.

mod authorization_code;
mod client_flags;
mod help;
mod migrate;
mod serve;
mod strings;

pub(crate) use authorization_code::AuthorizationCode;
use clap::{Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
pub(crate) use client_flags::ClientFlags;
pub(crate) use migrate::{ConfigFiles, Migrate, MigrateSql, MigrationStatus};
pub(crate) use serve::{Serve, ServeFlags};
pub(crate) use strings::Strings;

/// The whole command line.
#[derive(Parser)]
#[command(
    name = "hydra",
    about = "Runs and manages an OAuth 2.0 and OpenID Connect server.",
    after_help = "hydra serve all --dev
hydra migrate sql up --yes \"$DSN\"
hydra create oauth2-client --endpoint http://127.0.0.1:4445 --grant-type client_credentials"
)]
struct Root {
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// What to do. A verb without an object prints its help.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Create clients and keys.
    Create {
        #[command(flatten)]
        common: Common,
        #[command(subcommand)]
        what: Option<Create>,
    },
    /// Show clients and keys by their id.
    Get {
        #[command(flatten)]
        common: Common,
        #[command(subcommand)]
        what: Option<Get>,
    },
    /// List clients.
    #[command(alias = "ls")]
    List {
        #[command(flatten)]
        common: Common,
        #[command(subcommand)]
        what: Option<List>,
    },
    /// Change a client.
    Update {
        #[command(flatten)]
        common: Common,
        #[command(subcommand)]
        what: Option<Update>,
    },
    /// Delete clients, keys and access tokens.
    Delete {
        #[command(flatten)]
        common: Common,
        #[command(subcommand)]
        what: Option<Delete>,
    },
    /// Perform OAuth 2.0 flows as a client would.
    Perform {
        #[command(flatten)]
        common: Common,
        #[command(subcommand)]
        what: Option<Perform>,
    },
    /// Ask the server about a token.
    Introspect {
        #[command(flatten)]
        common: Common,
        #[command(subcommand)]
        what: Option<Introspect>,
    },
    /// Make a token useless.
    Revoke {
        #[command(flatten)]
        common: Common,
        #[command(subcommand)]
        what: Option<Revoke>,
    },
    /// Run the server.
    Serve {
        #[command(flatten)]
        files: ConfigFiles,
        #[command(flatten)]
        flags: ServeFlags,
        #[command(subcommand)]
        what: Option<Serve>,
    },
    /// Create or change the tables of the database.
    Migrate {
        #[command(flatten)]
        files: ConfigFiles,
        #[command(subcommand)]
        what: Option<Migrate>,
    },
    /// Show the version of this program.
    #[command(after_help = "hydra version")]
    Version {
        #[arg(hide = true, value_name = "IGNORED")]
        ignored: Vec<String>,
    },
    /// Print a script that completes commands in a shell.
    #[command(after_help = "source <(hydra completion bash)
hydra completion zsh > \"${fpath[1]}/_hydra\"
hydra completion fish > ~/.config/fish/completions/hydra.fish")]
    Completion {
        /// Shell to complete in.
        shell: Option<Shell>,
        /// Leave the descriptions out.
        #[arg(long)]
        no_descriptions: bool,
    },
    /// Show the help of a command.
    #[command(after_help = "hydra help create oauth2-client")]
    Help {
        /// The command.
        command: Vec<String>,
    },
}

/// Where the server is, and how to print what it says.
#[derive(Args)]
pub(crate) struct Common {
    #[command(flatten)]
    pub(crate) connection: Connection,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// How to reach the server.
#[derive(Args)]
pub(crate) struct Connection {
    /// Base URL of the server: of its admin API, or of its public API for perform and revoke.
    #[arg(long, short = 'e', global = true, value_name = "URL", env = "ORY_SDK_URL", hide_env_values = true)]
    pub(crate) endpoint: Option<String>,
    /// Accept any TLS certificate; only for tests.
    #[arg(long, global = true)]
    pub(crate) skip_tls_verify: bool,
    /// Header to add to every request, as "Name: value".
    #[arg(long = "http-header", short = 'H', global = true, value_name = "HEADER")]
    http_header: Vec<Strings>,
}

impl Connection {
    pub(crate) fn headers(&self) -> Vec<String> {
        Strings::all(&self.http_header)
    }
}

/// How to print.
#[derive(Args)]
pub(crate) struct Output {
    /// One of table, json, json-pretty, yaml, jsonpath=<GJSON path>, jsonpointer=<RFC 6901 pointer>.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: String,
    /// Print ids only, one per line.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// What can be created.
#[derive(Subcommand)]
pub(crate) enum Create {
    /// Create an OAuth 2.0 client. Its secret is shown once, now.
    #[command(
        name = "oauth2-client",
        alias = "client",
        after_help = "hydra create oauth2-client --endpoint http://127.0.0.1:4445 \\
  --name \"Night job\" --grant-type client_credentials --scope api.read,api.write
hydra create oauth2-client --redirect-uri https://app.example/callback --scope openid,offline_access --format json
hydra create oauth2-client --file client.json"
    )]
    Client(Box<CreateClient>),
    /// Create a key and add it to a set; the set is made if there is none.
    #[command(
        alias = "jwks",
        after_help = "hydra create jwk hydra.openid.id-token --alg ES256 --public
hydra create jwk my-set my-key --alg RS256 --use sig --format json"
    )]
    Jwk {
        /// The set.
        set: String,
        /// The name of the new key; the server makes one up when this is left out.
        key: Option<String>,
        /// Algorithm: RS256, RS512, ES256, ES512, EdDSA or another that the server knows.
        #[arg(long, default_value = "RS256", value_name = "TEXT")]
        alg: String,
        /// sig for signatures, enc for encryption.
        #[arg(long = "use", default_value = "sig", value_name = "TEXT")]
        usage: String,
        #[command(flatten)]
        public: Public,
    },
}

/// A client to create.
#[derive(Args)]
pub(crate) struct CreateClient {
    /// Id of the client; the server makes one up when this is left out.
    #[arg(long, value_name = "TEXT")]
    pub(crate) id: Option<String>,
    #[command(flatten)]
    pub(crate) client: ClientFlags,
}

/// Whether private keys are shown.
#[derive(Args)]
pub(crate) struct Public {
    /// Show only what may be published of a key.
    #[arg(long)]
    pub(crate) public: bool,
}

/// What can be shown.
#[derive(Subcommand)]
pub(crate) enum Get {
    /// Show clients by their id.
    #[command(
        name = "oauth2-client",
        aliases = ["client", "clients", "oauth2-clients"],
        after_help = "hydra get oauth2-client my-client --endpoint http://127.0.0.1:4445
hydra get oauth2-client one two --format jsonpath=#.client_name"
    )]
    Client {
        /// Ids of the clients.
        #[arg(required = true)]
        id: Vec<String>,
    },
    /// Show the keys of sets, private parts included unless --public is given.
    #[command(alias = "jwks", after_help = "hydra get jwk hydra.openid.id-token --public --format json-pretty")]
    Jwk {
        /// The sets.
        #[arg(required = true)]
        set: Vec<String>,
        #[command(flatten)]
        public: Public,
    },
}

/// What can be listed.
#[derive(Subcommand)]
pub(crate) enum List {
    /// List one page of the clients.
    #[command(
        name = "oauth2-clients",
        alias = "clients",
        after_help = "hydra list oauth2-clients --endpoint http://127.0.0.1:4445 --page-size 20
hydra list oauth2-clients --page-token \"$(hydra list oauth2-clients --format jsonpath=next_page_token | tr -d '\"')\""
    )]
    Clients {
        /// How many clients at most.
        #[arg(long, default_value_t = 100, value_name = "NUMBER")]
        page_size: i64,
        /// Where to go on: the next page token of the page before.
        #[arg(long, default_value = "", hide_default_value = true, value_name = "TOKEN")]
        page_token: String,
    },
}

/// What can be changed.
#[derive(Subcommand)]
pub(crate) enum Update {
    /// Change what the given flags say and nothing else; --file replaces the whole client.
    #[command(
        name = "oauth2-client",
        alias = "client",
        after_help = "hydra update oauth2-client my-client --endpoint http://127.0.0.1:4445 --name \"New name\"
hydra update oauth2-client my-client --file client.json"
    )]
    Client(Box<UpdateClient>),
}

/// A client to change.
#[derive(Args)]
pub(crate) struct UpdateClient {
    /// Id of the client.
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) client: ClientFlags,
}

/// What can be deleted.
#[derive(Subcommand)]
pub(crate) enum Delete {
    /// Delete clients by their id; one that fails does not keep the others.
    #[command(
        name = "oauth2-client",
        aliases = ["client", "clients", "oauth2-clients"],
        after_help = "hydra delete oauth2-client one two --endpoint http://127.0.0.1:4445"
    )]
    Client {
        /// Ids of the clients.
        #[arg(required = true)]
        id: Vec<String>,
    },
    /// Delete whole sets of keys; stops at the first that fails.
    #[command(alias = "jwks", after_help = "hydra delete jwk my-set --endpoint http://127.0.0.1:4445")]
    Jwk {
        /// The sets.
        #[arg(required = true)]
        set: Vec<String>,
    },
    /// Delete all access tokens of a client.
    #[command(
        name = "access-tokens",
        after_help = "hydra delete access-tokens my-client --endpoint http://127.0.0.1:4445"
    )]
    AccessTokens {
        /// Id of the client.
        client_id: String,
    },
}

/// What can be performed.
#[derive(Subcommand)]
pub(crate) enum Perform {
    /// Log in with a browser and get tokens (RFC 6749, section 4.1; RFC 7636).
    #[command(
        name = "authorization-code",
        long_about = "Log in with a browser and get tokens (RFC 6749, section 4.1; RFC 7636).

The command serves a few pages on its port until the answer of the authorization server arrives there. Register
http://127.0.0.1:4446/callback as a redirect URI of the client.

To try a server without login and consent pages of your own, point urls.login, urls.consent and urls.error of its
configuration to /login, /consent and /error here, and pass its admin API as --endpoint, as in the second example. These
pages let in everybody who reaches the port, under any name: they are for tests.",
        after_help = "hydra perform authorization-code --endpoint http://127.0.0.1:4444 \\
  --client-id my-client --client-secret my-secret --scope openid,offline_access
hydra perform authorization-code --endpoint http://127.0.0.1:4445 --port 5555 --no-open \\
  --auth-url http://127.0.0.1:4444/oauth2/auth --token-url http://127.0.0.1:4444/oauth2/token
hydra perform authorization-code --format jsonpath=access_token"
    )]
    AuthorizationCode(Box<AuthorizationCode>),
    /// Get an access token with the client's own credentials (RFC 6749, section 4.4).
    #[command(
        name = "client-credentials",
        after_help = "hydra perform client-credentials --endpoint http://127.0.0.1:4444 \\
  --client-id my-client --client-secret my-secret --scope api.read
hydra perform client-credentials --format jsonpath=access_token"
    )]
    ClientCredentials {
        #[command(flatten)]
        client: Credentials,
        /// Scopes to ask for.
        #[arg(long, value_name = "LIST")]
        scope: Vec<Strings>,
        /// Audiences to ask for.
        #[arg(long, value_name = "LIST")]
        audience: Vec<Strings>,
    },
}

/// As whom to act.
#[derive(Args)]
pub(crate) struct Credentials {
    /// Id of the client.
    #[arg(long, value_name = "TEXT", env = "OAUTH2_CLIENT_ID", hide_env_values = true)]
    client_id: Option<String>,
    /// Secret of the client; better in the environment, where other users of the machine do not see it.
    #[arg(long, value_name = "TEXT", env = "OAUTH2_CLIENT_SECRET", hide_env_values = true)]
    client_secret: Option<String>,
}

impl Credentials {
    /// The id, if it says anything.
    pub(crate) fn id(&self) -> Option<&str> {
        self.client_id.as_deref().filter(|id| !id.is_empty())
    }

    /// The secret, if it says anything.
    pub(crate) fn secret(&self) -> Option<&str> {
        self.client_secret.as_deref().filter(|secret| !secret.is_empty())
    }

    /// Id and secret, if both say anything.
    pub(crate) fn both(&self) -> Option<(&str, &str)> {
        Some((self.id()?, self.secret()?))
    }
}

/// What can be introspected.
#[derive(Subcommand)]
pub(crate) enum Introspect {
    /// Ask whether an access or refresh token works, and whose it is.
    #[command(after_help = "hydra introspect token --endpoint http://127.0.0.1:4445 ory_at_...
hydra introspect token --scope api.read --format jsonpath=active ory_at_...")]
    Token {
        /// The token.
        token: String,
        /// Scopes that the token must have; without one of them it counts as inactive.
        #[arg(long, value_name = "LIST")]
        scope: Vec<Strings>,
    },
}

/// What can be revoked.
#[derive(Subcommand)]
pub(crate) enum Revoke {
    /// Revoke an access or refresh token of a client (RFC 7009).
    #[command(after_help = "hydra revoke token --endpoint http://127.0.0.1:4444 \\
  --client-id my-client --client-secret my-secret ory_rt_...")]
    Token {
        /// The token.
        token: String,
        #[command(flatten)]
        client: Credentials,
    },
}

/// Shells that can be taught.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Fish,
    Powershell,
    Zsh,
}

/// A command line that was understood.
pub(crate) struct Invocation {
    /// `None`: the program's name alone.
    pub(crate) verb: Option<Verb>,
    /// The words of the command without its arguments, such as `create`, `oauth2-client`.
    pub(crate) path: Vec<String>,
}

/// Reads the words of the command line, the program's name first.
///
/// # Errors
/// The words do not fit, or ask for help, which clap reports in the same way.
pub(crate) fn parse(words: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Invocation, clap::Error> {
    let mut command = command();
    let matches = command.try_get_matches_from_mut(words)?;
    let mut path = Vec::new();
    let mut level = &matches;
    let mut described = &command;
    while let Some((name, inner)) = level.subcommand() {
        let Some(known) = described.find_subcommand(name) else { break };
        path.push(known.get_name().to_owned());
        (level, described) = (inner, known);
    }
    Ok(Invocation { verb: Root::from_arg_matches(&matches)?.verb, path })
}

/// The tree of commands with its help pages.
pub(crate) fn command() -> Command {
    help::lay_out(Root::command())
}
