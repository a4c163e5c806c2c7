//! Chromium by way of chromedriver, in the words of the WebDriver protocol (W3C WebDriver 2).

use std::{
    env,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::http::{Endpoint, Request};

/// How WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// The tab key (W3C WebDriver §17.4.2).
const TAB: &str = "\u{e004}";
/// Longest wait for a page.
const PATIENCE: Duration = Duration::from_secs(30);
/// No window, no sandbox (it cannot be had as root), and nothing asked of the internet.
const FLAGS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A browser with a profile of its own.
pub(crate) struct Chromium {
    driver: Child,
    at: Endpoint,
    session: String,
    /// Held for its drop, which removes it.
    _profile: TempDir,
}

/// An element of a page.
pub(crate) struct Element(String);

fn on_the_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

impl Chromium {
    /// Whether this machine has both programs.
    pub(crate) fn is_available() -> bool {
        ["chromium", "chromedriver"].iter().all(|program| on_the_path(program).is_some())
    }

    #[track_caller]
    pub(crate) fn start() -> Self {
        let driver = Command::new("chromedriver").arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut driver = driver.expect("chromedriver starts");
        let mut said = BufReader::new(driver.stdout.take().expect("its output is ours")).lines().map_while(Result::ok);
        let port = said.find_map(|line| line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok());
        let port = port.expect("chromedriver says on which port it listens");
        // What it says from here on is read, so that it is never held up.
        thread::spawn(move || said.for_each(drop));
        let profile = TempDir::new().expect("a temporary folder can be made");
        let at = Endpoint(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let mut browser = Self { driver, at, session: String::new(), _profile: profile };
        browser.begin();
        browser
    }

    #[track_caller]
    fn begin(&mut self) {
        let profile = format!("--user-data-dir={}", self._profile.path().display());
        let flags: Vec<&str> = FLAGS.into_iter().chain([profile.as_str()]).collect();
        let options = json!({"binary": on_the_path("chromium"), "args": flags});
        let wanted = json!({"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}});
        let begun = self.tell(Request::post("/session").json(&json!({"capabilities": {"alwaysMatch": wanted}})));
        self.session = begun["sessionId"].as_str().expect("a session has an id").to_owned();
    }

    #[track_caller]
    fn tell(&self, request: Request) -> Value {
        // The driver listens to its own machine only, and takes `Host` for a proof.
        let answer = self.at.send(request.header("Host", self.at.0.to_string()));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["value"].take()
    }

    fn path(&self, command: &str) -> String {
        format!("/session/{}{command}", self.session)
    }

    #[track_caller]
    fn get(&self, command: &str) -> Value {
        self.tell(Request::get(self.path(command)))
    }

    #[track_caller]
    fn post(&self, command: &str, body: &Value) -> Value {
        self.tell(Request::post(self.path(command)).json(body))
    }

    /// Goes to an address, and waits until the page is there.
    #[track_caller]
    pub(crate) fn visit(&self, url: &str) {
        self.post("/url", &json!({"url": url}));
    }

    pub(crate) fn title(&self) -> String {
        self.get("/title").as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page with this title is there.
    #[track_caller]
    pub(crate) fn await_title(&self, title: &str) {
        let begun = Instant::now();
        while self.title() != title {
            assert!(begun.elapsed() < PATIENCE, "the page is '{}', not '{title}'", self.title());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The elements that a CSS selector selects, in the order of the page.
    #[track_caller]
    pub(crate) fn all(&self, selector: &str) -> Vec<Element> {
        let found = self.post("/elements", &json!({"using": "css selector", "value": selector}));
        let elements = found.as_array().map(Vec::as_slice).unwrap_or_default();
        elements.iter().map(|element| Element(element[ELEMENT].as_str().unwrap_or_default().to_owned())).collect()
    }

    #[track_caller]
    pub(crate) fn the(&self, selector: &str) -> Element {
        self.all(selector).pop().unwrap_or_else(|| panic!("no '{selector}' on the page '{}'", self.title()))
    }

    #[track_caller]
    pub(crate) fn click(&self, selector: &str) {
        self.post(&format!("/element/{}/click", self.the(selector).0), &json!({}));
    }

    #[track_caller]
    pub(crate) fn type_into(&self, selector: &str, text: &str) {
        self.post(&format!("/element/{}/value", self.the(selector).0), &json!({"text": text}));
    }

    /// What assistive technology calls an element.
    #[track_caller]
    pub(crate) fn label(&self, element: &Element) -> String {
        self.get(&format!("/element/{}/computedlabel", element.0)).as_str().unwrap_or_default().to_owned()
    }

    /// What assistive technology takes an element for.
    #[track_caller]
    pub(crate) fn role(&self, element: &Element) -> String {
        self.get(&format!("/element/{}/computedrole", element.0)).as_str().unwrap_or_default().to_owned()
    }

    /// Presses the tab key; the element that has the focus then.
    #[track_caller]
    pub(crate) fn tab(&self) -> Element {
        let press = json!([{"type": "keyDown", "value": TAB}, {"type": "keyUp", "value": TAB}]);
        self.post("/actions", &json!({"actions": [{"type": "key", "id": "keys", "actions": press}]}));
        Element(self.get("/element/active")[ELEMENT].as_str().unwrap_or_default().to_owned())
    }

    /// Runs a script from outside the page.
    #[track_caller]
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// A command of the DevTools protocol.
    #[track_caller]
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}));
    }

    /// What the browser has complained about since it was last asked: policies that a page broke, files it did not find.
    #[track_caller]
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({"type": "browser"}));
        let entries = log.as_array().map(Vec::as_slice).unwrap_or_default();
        entries.iter().map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Keeps a picture of the page for a person to look at, if `SCREENSHOTS` names a folder.
    #[track_caller]
    pub(crate) fn picture(&self, name: &str) {
        use base64::{Engine, prelude::BASE64_STANDARD};
        let Some(folder) = env::var_os("SCREENSHOTS").map(PathBuf::from) else { return };
        let picture = self.get("/screenshot");
        let picture = BASE64_STANDARD.decode(picture.as_str().unwrap_or_default()).expect("a picture is Base64");
        std::fs::write(folder.join(format!("{name}.png")), picture).expect("the picture can be kept");
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // The browser ends with its session, and the driver after it; both may be gone.
        let end = Request::delete(self.path("")).header("Host", self.at.0.to_string());
        let _ = self.at.try_send(&end);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
