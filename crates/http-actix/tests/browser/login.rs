//! A login from the application to its tokens, and a logout, page by page.

use serde_json::{Value, json};

use crate::{
    application::Application,
    chromium::Chromium,
    support::{
        http::Request,
        people::{STATE, claims},
        server::{Server, secret_of},
    },
};

const APP: &str = "browser-app";

/// A server with the built-in pages, an application, and its authorization request.
fn begin() -> (Server, Application, String) {
    let server = Server::start(&[]).with_quick_keys();
    let application = Application::start();
    server.register_app(APP, json!({"client_name": "The photo shop", "redirect_uris": [application.callback]}));
    let url = server.login_url(APP, &[("redirect_uri", &application.callback), ("scope", "openid offline photos")]);
    (server, application, url)
}

pub(crate) fn with_scripts() {
    whole_story(&Chromium::start(), "");
}

pub(crate) fn without_scripts() {
    let browser = Chromium::start();
    browser.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
    whole_story(&browser, "-no-scripts");
}

fn whole_story(browser: &Chromium, suffix: &str) {
    let (server, application, url) = begin();
    let see = |title: &str, name: &str| {
        browser.await_title(title);
        assert_eq!(browser.complaints(), Vec::<String>::new(), "{title}");
        browser.picture(&format!("{name}{suffix}"));
    };
    browser.visit(&url);
    see("Sign in", "login");
    // A box is ticked by its words as well.
    browser.click("label[for=remember]");
    browser.type_into("#subject", "alice");
    browser.click("button[value=yes]");
    see("Allow access?", "consent");
    browser.click("button[value=yes]");
    let landed = application.next_answer();
    let answer = |name: &str| landed.query_pairs().find(|(own, _)| own == name).map(|(_, value)| value.into_owned());
    assert_eq!(answer("state").as_deref(), Some(STATE));
    let code = answer("code").unwrap_or_else(|| panic!("no code in {landed}"));
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", &application.callback)];
    let tokens =
        server.public.send(Request::post("/oauth2/token").basic(APP, &secret_of(APP)).form(&form)).expect(200).json();
    let id_token = tokens["id_token"].as_str().expect("an ID token");
    assert_eq!(claims(id_token)["sub"], "alice");
    assert!(tokens["refresh_token"].is_string(), "{tokens}");

    browser.visit(&format!("{}oauth2/sessions/logout?id_token_hint={id_token}", server.issuer));
    see("Sign out?", "logout");
    browser.click("button[value=no]");
    see("You stay signed in", "stays");
    browser.visit(&format!("{}oauth2/sessions/logout?id_token_hint={id_token}", server.issuer));
    browser.click("button[value=yes]");
    see("You are logged out", "logged-out");

    browser.visit(&server.login_url(APP, &[("redirect_uri", "https://nowhere.example/")]));
    browser.await_title("Something went wrong");
    browser.picture(&format!("error{suffix}"));
    browser.visit(&format!("{}oauth2/fallbacks/login?login_challenge=broken", server.issuer));
    browser.await_title("This cannot go on");
    browser.picture(&format!("trouble{suffix}"));
}

/// What is wrong with what can be read: text whose colours are closer than 4.5 to 1 (WCAG 2.2 §1.4.3).
const TOO_PALE: &str = "
    const shown = document.createElement('i');
    document.body.append(shown);
    const channels = colour => {
        shown.style.color = colour;
        return getComputedStyle(shown).color.match(/[\\d.]+/g).map(Number);
    };
    const light = colour => {
        const [r, g, b] = channels(colour).map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = element => {
        if (!element) return 'Canvas';
        const colour = getComputedStyle(element).backgroundColor;
        return /, 0\\)$/.test(colour) ? behind(element.parentElement) : colour;
    };
    const pale = [...document.querySelectorAll('body *')].filter(element => {
        const isText = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
        if (!isText && element.tagName !== 'INPUT') return false;
        const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
    });
    const said = pale.map(element => element.outerHTML);
    shown.remove();
    return said;";

/// What everybody needs: words for every control, an order that follows the page, one heading, a language, and colours that differ.
#[track_caller]
fn is_accessible(browser: &Chromium, title: &str, controls: &[(&str, &str)]) {
    browser.await_title(title);
    assert_eq!(browser.run("return document.documentElement.lang"), "en");
    assert_eq!(browser.all("h1").len(), 1);
    assert_eq!(browser.role(&browser.the("main")), "main");
    for (role, label) in controls {
        let focused = browser.tab();
        assert_eq!((browser.role(&focused).as_str(), browser.label(&focused).as_str()), (*role, *label), "{title}");
    }
    for scheme in ["light", "dark"] {
        let feature = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.devtools("Emulation.setEmulatedMedia", &feature);
        assert_eq!(browser.run(TOO_PALE), Value::Array(Vec::new()), "{title}, {scheme}");
        browser.picture(&format!("{}-{scheme}", title.replace(['?', ' '], "")));
    }
}

pub(crate) fn accessible() {
    let (server, _application, url) = begin();
    let browser = Chromium::start();
    browser.visit(&url);
    let login = [
        ("textbox", "Sign in as"),
        ("checkbox", "Remember this sign-in in this browser"),
        ("button", "Sign in"),
        ("button", "Refuse"),
    ];
    is_accessible(&browser, "Sign in", &login);
    // The browser itself asks for a name; what gets past it, the server does.
    browser.type_into("#subject", " ");
    browser.click("button[value=yes]");
    is_accessible(&browser, "Sign in", &[]);
    assert_eq!(browser.all(".wrong[role=alert]").len(), 1);
    browser.type_into("#subject", "alice");
    browser.click("button[value=yes]");
    let consent = [
        ("checkbox", "openid: know who you are"),
        ("checkbox", "offline: keep access while you are away"),
        ("checkbox", "photos"),
        ("checkbox", "Do not ask again for this application"),
        ("button", "Allow"),
        ("button", "Refuse"),
    ];
    is_accessible(&browser, "Allow access?", &consent);
    browser.visit(&format!("{}oauth2/fallbacks/consent?consent_challenge=broken", server.issuer));
    is_accessible(&browser, "This cannot go on", &[]);
    browser.visit(&format!("{}oauth2/fallbacks/error?error=a&error_description=b", server.issuer));
    is_accessible(&browser, "Something went wrong", &[]);
}
