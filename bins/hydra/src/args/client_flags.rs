//! The flags that describe a client. Each is one member of the JSON, so one table holds them all.

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, ArgMatches, Command, parser::ValueSource};
use serde::Serialize;
use serde_json::{Value, value::RawValue};

use super::strings::Strings;

/// The members that the flags describe.
pub(crate) struct ClientFlags {
    /// `--file`: take the whole client from there instead.
    pub(crate) file: Option<String>,
    members: BTreeMap<&'static str, Member>,
}

struct Member {
    value: Box<RawValue>,
    /// Whether the flag was on the command line.
    given: bool,
}

/// One operation of a JSON Patch (RFC 6902 §4.3).
#[derive(Serialize)]
pub(crate) struct Replace<'a> {
    op: &'static str,
    path: String,
    value: &'a RawValue,
}

impl ClientFlags {
    /// Every member, those left at their default too, in alphabetical order.
    pub(crate) fn members(&self) -> BTreeMap<&'static str, Box<RawValue>> {
        self.members.iter().map(|(name, member)| (*name, member.value.clone())).collect()
    }

    /// A patch that replaces the members whose flag was given, in alphabetical order.
    pub(crate) fn patch(&self) -> Vec<Replace<'_>> {
        let given = self.members.iter().filter(|(_, member)| member.given);
        given.map(|(name, member)| Replace { op: "replace", path: format!("/{name}"), value: &member.value }).collect()
    }

    /// `--secret`, if it says anything.
    pub(crate) fn secret(&self) -> Option<String> {
        let secret: String = serde_json::from_str(self.members.get("client_secret")?.value.get()).ok()?;
        (!secret.is_empty()).then_some(secret)
    }
}

enum Kind {
    Text(&'static str),
    List(&'static str),
    /// A list that is one text in the JSON, separated by spaces.
    Spaced,
    Flag,
    Json,
}
use Kind::{Flag, Json, List, Spaced, Text};

struct ClientFlag(&'static str, Kind, &'static str, &'static str);

/// Flag, kind with its default, member, help.
const FLAGS: [ClientFlag; 29] = [
    ClientFlag(
        "access-token-strategy",
        Text(""),
        "access_token_strategy",
        "Form of its access tokens: opaque or jwt; empty follows the server",
    ),
    ClientFlag(
        "allowed-cors-origin",
        List(""),
        "allowed_cors_origins",
        "Origins whose scripts may call the server for this client",
    ),
    ClientFlag("audience", List(""), "audience", "Audiences the client may ask for"),
    ClientFlag(
        "backchannel-logout-callback",
        Text(""),
        "backchannel_logout_uri",
        "URL that receives a logout token when a session ends",
    ),
    ClientFlag(
        "backchannel-logout-session-required",
        Flag,
        "backchannel_logout_session_required",
        "The logout token must name the session",
    ),
    ClientFlag("client-uri", Text(""), "client_uri", "Home page of the client"),
    ClientFlag("contact", List(""), "contacts", "Who answers for the client, usually mail addresses"),
    ClientFlag(
        "frontchannel-logout-callback",
        Text(""),
        "frontchannel_logout_uri",
        "URL to load in the browser when a session ends",
    ),
    ClientFlag(
        "frontchannel-logout-session-required",
        Flag,
        "frontchannel_logout_session_required",
        "That URL must be told issuer and session",
    ),
    ClientFlag("grant-type", List("authorization_code"), "grant_types", "Grants the client may use"),
    ClientFlag("jwks-uri", Text(""), "jwks_uri", "URL of the client's public keys"),
    ClientFlag("logo-uri", Text(""), "logo_uri", "URL of a picture"),
    ClientFlag("metadata", Json, "metadata", "Any JSON to keep with the client"),
    ClientFlag("name", Text(""), "client_name", "Name to show to people"),
    ClientFlag("owner", Text(""), "owner", "Who owns the client, in your own terms"),
    ClientFlag("policy-uri", Text(""), "policy_uri", "URL of the privacy policy"),
    ClientFlag("post-logout-callback", List(""), "post_logout_redirect_uris", "URLs to which a logout may return"),
    ClientFlag("redirect-uri", List(""), "redirect_uris", "URLs to which a login may return"),
    ClientFlag(
        "request-object-signing-alg",
        Text("RS256"),
        "request_object_signing_alg",
        "Algorithm that signs its request objects",
    ),
    ClientFlag("request-uri", List(""), "request_uris", "URLs of its request objects"),
    ClientFlag("response-type", List("code"), "response_types", "Response types the client may ask for"),
    ClientFlag("scope", Spaced, "scope", "Scopes the client may ask for"),
    ClientFlag(
        "secret",
        Text(""),
        "client_secret",
        "The client's secret; the server makes one up when this is left out",
    ),
    ClientFlag(
        "sector-identifier-uri",
        Text(""),
        "sector_identifier_uri",
        "URL that groups clients for pairwise subjects",
    ),
    ClientFlag("skip-consent", Flag, "skip_consent", "Tell the consent application not to ask"),
    ClientFlag("skip-logout-consent", Flag, "skip_logout_consent", "Tell the logout application not to ask"),
    ClientFlag("subject-type", Text("public"), "subject_type", "public or pairwise"),
    ClientFlag(
        "token-endpoint-auth-method",
        Text("client_secret_basic"),
        "token_endpoint_auth_method",
        "client_secret_basic, client_secret_post, private_key_jwt or none",
    ),
    ClientFlag("tos-uri", Text(""), "tos_uri", "URL of the terms of service"),
];

impl ClientFlag {
    fn arg(&self) -> Arg {
        let ClientFlag(name, kind, _, help) = self;
        let arg = Arg::new(*name).long(*name).help(*help);
        match kind {
            Text("") => arg.value_name("TEXT"),
            Text(default) => arg.value_name("TEXT").default_value(*default),
            List("") | Spaced => arg.value_name("LIST").action(ArgAction::Append).value_parser(strings),
            List(default) => {
                arg.value_name("LIST").action(ArgAction::Append).value_parser(strings).default_value(*default)
            }
            Flag => arg.action(ArgAction::SetTrue),
            Json => arg.value_name("JSON").value_parser(raw_json).default_value("{}"),
        }
    }

    fn member(&self, matches: &ArgMatches) -> Result<Member, clap::Error> {
        let ClientFlag(name, kind, ..) = self;
        let lists = || matches.get_many::<Strings>(name).unwrap_or_default().cloned().collect::<Vec<_>>();
        let value = match kind {
            Text(_) => raw(&matches.get_one::<String>(name).map(String::as_str).unwrap_or_default().into())?,
            List(_) => raw(&Strings::all(&lists()).into())?,
            Spaced => raw(&Strings::spaced(&lists()).into())?,
            Flag => raw(&matches.get_one::<bool>(name).copied().unwrap_or_default().into())?,
            Json => matches.get_one::<Box<RawValue>>(name).cloned().map_or_else(|| raw(&Value::Null), Ok)?,
        };
        Ok(Member { value, given: matches.value_source(name) == Some(ValueSource::CommandLine) })
    }
}

impl clap::FromArgMatches for ClientFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let members = FLAGS.iter().map(|flag| Ok((flag.2, flag.member(matches)?))).collect::<Result<_, clap::Error>>();
        Ok(Self { file: matches.get_one::<String>("file").filter(|file| !file.is_empty()).cloned(), members: members? })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for ClientFlags {
    fn augment_args(command: Command) -> Command {
        let file = Arg::new("file")
            .long("file")
            .value_name("PATH")
            .help("Read the whole client from this JSON file, or from standard input with -; other client flags then do not count");
        command.arg(file).args(FLAGS.iter().map(ClientFlag::arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn strings(record: &str) -> Result<Strings, String> {
    record.parse()
}

fn raw_json(text: &str) -> Result<Box<RawValue>, String> {
    serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))
}

fn raw(value: &Value) -> Result<Box<RawValue>, clap::Error> {
    serde_json::value::to_raw_value(value).map_err(|error| clap::Error::raw(clap::error::ErrorKind::Format, error))
}
