//! A small browser: it keeps cookies by the name of the host, follows redirects, fills in forms, and runs no script. It stays on
//! this machine: a redirect to anywhere else is where it arrives.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
};

use url::Url;

use super::http::{Answer, Endpoint, Request};

/// More redirects than any login needs.
const PATIENCE: usize = 12;

/// A browser with its cookies.
pub(crate) struct Browser {
    cookies: BTreeMap<(String, String), String>,
    agent: &'static str,
}

/// Where a browser arrived.
#[derive(Debug)]
pub(crate) struct Arrived {
    /// The address.
    pub(crate) url: Url,
    /// The page there, or the redirect that leads away from this machine.
    pub(crate) answer: Answer,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self { cookies: BTreeMap::new(), agent: "Mozilla/5.0 (a browser of the tests)" }
    }

    /// A program that is no browser, but follows redirects.
    pub(crate) fn program(agent: &'static str) -> Self {
        Self { agent, ..Self::new() }
    }

    /// Goes to an address and follows its redirects.
    #[track_caller]
    pub(crate) fn visit(&mut self, url: &str) -> Arrived {
        let url = Url::parse(url).unwrap_or_else(|why| panic!("{url}: {why}"));
        self.go(url, Request::get)
    }

    /// Goes to an address and stays there, whatever it says.
    #[track_caller]
    pub(crate) fn look(&mut self, url: &Url) -> Answer {
        self.send(url, Request::get(target_of(url)))
    }

    /// Posts a form as if this button was pressed, and follows the redirects.
    #[track_caller]
    pub(crate) fn press(&mut self, button: &str, form: Form) -> Arrived {
        let (name, value) = form.buttons.get(button).cloned().unwrap_or_else(|| panic!("no '{button}' in {form:?}"));
        let pairs: Vec<(&str, &str)> = form
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .chain([(&*name, &*value)])
            .collect();
        self.go(form.action.clone(), |target| Request::post(target).form(&pairs))
    }

    #[track_caller]
    fn go(&mut self, mut url: Url, first: impl FnOnce(String) -> Request) -> Arrived {
        let mut answer = self.send(&url, first(target_of(&url)));
        for _ in 0..PATIENCE {
            let next = match answer.header("Location").filter(|_| (300..400).contains(&answer.status)) {
                Some(location) => url.join(location).unwrap_or_else(|why| panic!("{location}: {why}")),
                None => return Arrived { url, answer },
            };
            url = next;
            if !is_here(&url) {
                return Arrived { url, answer };
            }
            answer = self.look(&url);
        }
        panic!("redirected without end, at last to {url}")
    }

    #[track_caller]
    fn send(&mut self, url: &Url, request: Request) -> Answer {
        assert!(is_here(url), "{url} is not on this machine");
        let port = url.port_or_known_default().expect("http has a port");
        let host = url.host_str().expect("http has a host").to_owned();
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .filter(|((owner, _), _)| *owner == host)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        let mut request = request.header("Host", format!("{host}:{port}")).header("User-Agent", self.agent);
        if !cookies.is_empty() {
            request = request.header("Cookie", cookies.join("; "));
        }
        let answer = Endpoint(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).send(request);
        for cookie in answer.headers("Set-Cookie") {
            self.keep(&host, cookie);
        }
        answer
    }

    /// As browsers do: what is marked `Secure` is not taken over http, nor what would need to be, nor what is for others.
    fn keep(&mut self, host: &str, cookie: &str) {
        let mut parts = cookie.split(';').map(str::trim);
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a cookie has a name");
        let attributes: Vec<String> = parts.map(str::to_ascii_lowercase).collect();
        let has = |wanted: &str| attributes.iter().any(|own| own == wanted);
        let domain = attributes.iter().find_map(|own| own.strip_prefix("domain="));
        if has("secure") || has("samesite=none") || domain.is_some_and(|domain| domain != host) {
            return;
        }
        let key = (host.to_owned(), name.to_owned());
        if has("max-age=0") {
            self.cookies.remove(&key);
        } else {
            self.cookies.insert(key, value.to_owned());
        }
    }

    /// Takes over the cookies of another browser, as somebody who shares its profile.
    pub(crate) fn take_cookies_of(&mut self, other: &Self) {
        self.cookies = other.cookies.clone();
    }
}

fn is_here(url: &Url) -> bool {
    url.scheme() == "http" && matches!(url.host_str(), Some("localhost" | "127.0.0.1"))
}

fn target_of(url: &Url) -> String {
    url[url::Position::BeforePath..url::Position::AfterQuery].to_owned()
}

impl Arrived {
    /// A parameter of the address.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned())
    }

    /// A parameter that must be there.
    #[track_caller]
    pub(crate) fn must_have(&self, name: &str) -> String {
        self.parameter(name).unwrap_or_else(|| panic!("no '{name}' in {self:?}"))
    }

    /// The page, as text.
    pub(crate) fn text(&self) -> String {
        unescaped(self.answer.text())
    }

    /// The form on the page, as it is when nothing was changed.
    #[track_caller]
    pub(crate) fn form(&self) -> Form {
        let html = self.answer.text();
        let form = tags(html, "form").next().unwrap_or_else(|| panic!("no form in {self:?}"));
        let action = form.get("action").map(String::as_str).unwrap_or_default();
        let mut fields = Vec::new();
        let mut boxes = Vec::new();
        for input in tags(html, "input") {
            let of = |name: &str| input.get(name).cloned().unwrap_or_default();
            let field = (of("name"), input.get("value").cloned().unwrap_or_else(|| "on".to_owned()));
            match input.get("type").map(String::as_str) {
                Some("checkbox") if input.contains_key("checked") => fields.push(field),
                Some("checkbox") => boxes.push(field),
                Some("hidden") => fields.push(field),
                _ => fields.push((of("name"), of("value"))),
            }
        }
        let labels = html.split("<button").skip(1).filter_map(|rest| rest.split_once('>')?.1.split_once('<'));
        let buttons = tags(html, "button").zip(labels).map(|(button, (label, _))| {
            let of = |name: &str| button.get(name).cloned().unwrap_or_default();
            (label.to_owned(), (of("name"), of("value")))
        });
        Form {
            action: self.url.join(action).expect("an action is an address"),
            fields,
            boxes,
            buttons: buttons.collect(),
        }
    }
}

/// A form that is being filled in.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    action: Url,
    /// What is sent.
    pub(crate) fields: Vec<(String, String)>,
    /// Boxes that are not ticked.
    boxes: Vec<(String, String)>,
    /// By what stands on them.
    buttons: BTreeMap<String, (String, String)>,
}

impl Form {
    /// Writes into a field.
    #[track_caller]
    pub(crate) fn fill(mut self, name: &str, value: &str) -> Self {
        let field = self.fields.iter_mut().find(|(own, _)| own == name);
        field.unwrap_or_else(|| panic!("no field '{name}'")).1 = value.to_owned();
        self
    }

    /// Ticks a box.
    #[track_caller]
    pub(crate) fn tick(mut self, name: &str) -> Self {
        let found = self.boxes.iter().find(|(own, _)| own == name);
        self.fields.push(found.unwrap_or_else(|| panic!("no box '{name}' to tick")).clone());
        self
    }

    /// Takes the tick off a box.
    #[track_caller]
    pub(crate) fn untick(mut self, name: &str, value: &str) -> Self {
        let before = self.fields.len();
        self.fields.retain(|field| *field != (name.to_owned(), value.to_owned()));
        assert!(self.fields.len() < before, "'{name}' has no ticked box '{value}'");
        self
    }
}

/// The attributes of every tag of a name. Enough for pages whose attributes stand in double quotes, or have no value.
fn tags<'h>(html: &'h str, name: &str) -> impl Iterator<Item = BTreeMap<String, String>> + 'h {
    let opening = format!("<{name} ");
    let starts: Vec<usize> = html.match_indices(&opening).map(|(at, _)| at + opening.len()).collect();
    starts.into_iter().map(|start| {
        let mut attributes = BTreeMap::new();
        let mut rest = html[start..].split('>').next().unwrap_or_default().trim();
        while !rest.is_empty() {
            let end = rest.find([' ', '=']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            let (value, after) = match after.strip_prefix("=\"") {
                Some(quoted) => quoted.split_once('"').expect("a quote ends"),
                None => ("", after),
            };
            attributes.insert(name.to_owned(), unescaped(value));
            rest = after.trim_start();
        }
        attributes
    })
}

/// The text that HTML shows.
pub(crate) fn unescaped(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}
