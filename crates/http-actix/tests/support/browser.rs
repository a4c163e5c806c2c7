//! A browser that keeps cookies and follows no redirect by itself, and somebody in front of it who logs in.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    http::{Answer, Request},
    people::redemption,
    server::{Server, secret_of},
};

/// Where the applications get their answers. Nobody is there: a browser of the tests arrives at it.
pub(crate) const CALLBACK: &str = "https://app.example/cb";

/// A browser at one server.
pub(crate) struct Browser<'s> {
    pub(crate) server: &'s Server,
    pub(crate) cookies: BTreeMap<String, String>,
}

/// What a login is to be like.
pub(crate) struct Plan<'p> {
    pub(crate) client: &'p str,
    pub(crate) subject: &'p str,
    pub(crate) scope: &'p str,
    /// Further parameters of the request.
    pub(crate) with: &'p [(&'p str, &'p str)],
    /// Members of the login application's answer.
    pub(crate) login: Value,
    /// Members of the consent application's answer.
    pub(crate) consent: Value,
}

impl<'p> Plan<'p> {
    pub(crate) fn new(client: &'p str, subject: &'p str, scope: &'p str) -> Self {
        Self { client, subject, scope, with: &[], login: json!({}), consent: json!({}) }
    }
}

impl<'s> Browser<'s> {
    pub(crate) fn at(server: &'s Server) -> Self {
        Self { server, cookies: BTreeMap::new() }
    }

    /// Visits an address of the public listener, and keeps what it is told to keep.
    #[track_caller]
    pub(crate) fn visit(&mut self, url: &str) -> Answer {
        self.send(Request::get(local(url)))
    }

    #[track_caller]
    pub(crate) fn send(&mut self, request: Request) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = match cookies.is_empty() {
            true => request,
            false => request.header("Cookie", cookies.join("; ")),
        };
        let answer = self.server.public.send(request.header("User-Agent", "Mozilla/5.0 (a test)"));
        for cookie in answer.headers("Set-Cookie") {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').expect("a cookie has a name");
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// The first visit of a request.
    #[track_caller]
    pub(crate) fn ask(&mut self, plan: &Plan<'_>) -> Answer {
        self.visit(&request_url(plan))
    }

    /// From a redirect to the login application on to the redirect to the consent application.
    #[track_caller]
    pub(crate) fn log_in(&mut self, sent: &Answer, plan: &Plan<'_>) -> Answer {
        let mut body = json!({ "subject": plan.subject });
        merge(&mut body, &plan.login);
        let url = self.accept("login", &parameter(sent, "login_challenge"), &body);
        self.visit(&url)
    }

    /// From a redirect to the consent application on to the redirect to the client.
    #[track_caller]
    pub(crate) fn consent(&mut self, sent: &Answer, plan: &Plan<'_>) -> Answer {
        let scope: Vec<&str> = plan.scope.split(' ').collect();
        let mut body = json!({ "grant_scope": scope });
        merge(&mut body, &plan.consent);
        let url = self.accept("consent", &parameter(sent, "consent_challenge"), &body);
        self.visit(&url)
    }

    /// An application's yes; where it sends the browser.
    #[track_caller]
    pub(crate) fn accept(&self, step: &str, challenge: &str, body: &Value) -> String {
        self.server.accept(step, challenge, body)
    }

    /// The whole way to the client's answer.
    #[track_caller]
    pub(crate) fn go(&mut self, plan: &Plan<'_>) -> Answer {
        let asked = self.ask(plan).expect(302);
        let logged_in = self.log_in(&asked, plan).expect(302);
        self.consent(&logged_in, plan)
    }

    /// The whole way to a code.
    #[track_caller]
    pub(crate) fn code(&mut self, plan: &Plan<'_>) -> String {
        parameter(&self.go(plan).expect(303), "code")
    }
}

fn merge(body: &mut Value, more: &Value) {
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
}

/// The authorization request of a plan.
pub(crate) fn request_url(plan: &Plan<'_>) -> String {
    let mut pairs = vec![
        ("client_id", plan.client),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("scope", plan.scope),
        ("state", "a-state-of-the-tests"),
        ("nonce", "a-nonce-of-the-tests"),
    ];
    for (name, value) in plan.with {
        pairs.retain(|(own, _)| own != name);
        pairs.push((name, value));
    }
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/oauth2/auth?{query}")
}

/// Path and query of an address.
fn local(url: &str) -> String {
    match url.split_once("://") {
        Some((_, rest)) if !url.starts_with('/') => rest.find('/').map_or("/", |at| &rest[at..]).to_owned(),
        _ => url.to_owned(),
    }
}

/// A parameter of the address that an answer redirects to, in its query or its fragment.
#[track_caller]
pub(crate) fn parameter(answer: &Answer, name: &str) -> String {
    try_parameter(answer, name).unwrap_or_else(|| panic!("no {name} in {answer:?}"))
}

pub(crate) fn try_parameter(answer: &Answer, name: &str) -> Option<String> {
    let location = answer.header("Location")?;
    let (_, query) = location.split_once(['?', '#'])?;
    let pairs = query.split(['#', '&']).flat_map(|pair| form_urlencoded::parse(pair.as_bytes()).into_owned());
    pairs.into_iter().find(|(own, _)| own == name).map(|(_, value)| value)
}

impl Server {
    /// Registers a client that logs people in.
    #[track_caller]
    pub(crate) fn register_web(&self, id: &str) -> Value {
        self.register_web_with(id, &json!({}))
    }

    /// The same with further metadata.
    #[track_caller]
    pub(crate) fn register_web_with(&self, id: &str, more: &Value) -> Value {
        let mut client = json!({
            "client_id": id,
            "client_secret": secret_of(id),
            "grant_types": ["authorization_code", "refresh_token", "implicit"],
            "response_types": ["code", "token", "id_token", "code id_token", "code token", "id_token token"],
            "redirect_uris": [CALLBACK],
            "post_logout_redirect_uris": ["https://app.example/bye"],
            "scope": "openid offline email",
        });
        merge(&mut client, more);
        self.register(&client)
    }

    /// An application's yes; where it sends the browser.
    #[track_caller]
    pub(crate) fn accept(&self, step: &str, challenge: &str, body: &Value) -> String {
        let target = format!("/admin/oauth2/auth/requests/{step}/accept?{step}_challenge={challenge}");
        let answer = self.admin.send(Request::put(target).json(body)).expect(200).json();
        answer["redirect_to"].as_str().expect("an application is told where to send the browser").to_owned()
    }

    /// Redeems a code.
    pub(crate) fn redeem(&self, client: &str, code: &str) -> Answer {
        self.public.send(redemption(client, code, &[]))
    }

    /// Refreshes.
    pub(crate) fn refresh(&self, client: &str, token: &str) -> Answer {
        self.public.send(
            Request::post("/oauth2/token")
                .basic(client, &secret_of(client))
                .form(&[("grant_type", "refresh_token"), ("refresh_token", token)]),
        )
    }
}
