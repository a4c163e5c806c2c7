//! What was asked and answered, without what differs from run to run.

use serde_json::Value;

use crate::support::{
    http::{Answer, Request},
    server::Server,
};

/// Members whose values are made by chance or by the clock.
const BY_CHANCE: [&str; 13] = [
    "access_token",
    "client_secret",
    "created_at",
    "d",
    "exp",
    "expires_in",
    "iat",
    "nbf",
    "registration_access_token",
    "updated_at",
    "x",
    "y",
    "kid",
];
/// Headers that a caller relies on.
const HEADERS: [&str; 6] = ["Allow", "Cache-Control", "Content-Type", "Link", "Location", "WWW-Authenticate"];

/// A conversation with a server, as it goes on.
pub(crate) struct Transcript<'server> {
    pub(crate) server: &'server Server,
    pub(crate) lines: Vec<String>,
}

impl<'server> Transcript<'server> {
    pub(crate) fn of(server: &'server Server) -> Self {
        Self { server, lines: Vec::new() }
    }

    /// Asks the administrative port, writes the answer down, and holds it against the status that is right.
    #[track_caller]
    pub(crate) fn admin(&mut self, request: Request, status: u16) -> Answer {
        let asked = format!("{} {}", request.method, request.target);
        let answer = self.server.admin.send(request);
        self.note(&asked, &answer);
        answer.expect(status)
    }

    /// The same on the public port.
    #[track_caller]
    pub(crate) fn public(&mut self, request: Request, status: u16) -> Answer {
        let asked = format!("{} {}", request.method, request.target);
        let answer = self.server.public.send(request);
        self.note(&asked, &answer);
        answer.expect(status)
    }

    fn note(&mut self, asked: &str, answer: &Answer) {
        let mut line = format!("{}: {}", self.general(asked), answer.status);
        for name in HEADERS {
            if let Some(value) = answer.header(name) {
                line += &format!(" {name}={}", self.general(value));
            }
        }
        let body = match serde_json::from_slice::<Value>(&answer.body) {
            Ok(mut value) => {
                mask(&mut value);
                value.to_string()
            }
            Err(_) => answer.text().to_owned(),
        };
        self.lines.push(format!("{line} {}", self.general(&body)));
    }

    /// Takes out this server's port and the page tokens.
    fn general(&self, text: &str) -> String {
        let text = text.replace(&self.server.issuer, "https://issuer/");
        let mut parts = text.split("page_token=");
        let mut general = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let rest = part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "-_%=".contains(c));
            general += "page_token=…";
            general += rest;
        }
        general
    }
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                let made = BY_CHANCE.contains(&name.as_str()) && !member.is_null();
                if made { *member = "…".into() } else { mask(member) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask),
        _ => {}
    }
}
