//! Properties that hold for any input: what parses anything never panics, and what compares never lets a stranger through.

use std::sync::LazyLock;

use oauth_core::{
    Error, ErrorCode,
    authorize::{AuthorizeFailure, AuthorizeRequest, Shown},
    ids::ClientId,
    scope::{ScopeStrategy, audience_covers, parse_audience, parse_scope},
    secret::ClientSecret,
    token::{Form, IntrospectionRequest, RevocationRequest, TokenRequest},
};
use proptest::prelude::*;

use crate::support::{Request, Stop, World, list, parameter};

/// Text made of what scope parsers stumble over.
fn scope_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-c.*| ]{0,24}", "[ -~]{0,24}"]
}

fn segments() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-c]{0,2}", 1..5)
}

/// Text made of what URL parsers read differently.
fn odd_uri() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[hH]ttps?[:/\\\\]{1,4}([ab.@:\\[\\]]{0,8}api\\.example\\.com)[a-z0-9./\\\\@:?#%|\t\n -]{0,20}",
        "https://api\\.example\\.com[/v1.%2efF@:\\\\?#|]{0,24}",
        "(urn|tag|mailto|app|file):[a-z0-9:/.@%]{0,16}",
    ]
}

fn parameter_name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "grant_type",
        "scope",
        "audience",
        "client_id",
        "client_secret",
        "client_assertion_type",
        "client_assertion",
        "token",
        "token_type_hint",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => any::<String>()]
}

fn parameter_value() -> impl Strategy<Value = String> {
    let known =
        prop::sample::select(vec!["client_credentials", "authorization_code", "refresh_token", "access_token", ""]);
    prop_oneof![known.prop_map(str::to_owned), any::<String>()]
}

fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((parameter_name(), parameter_value()), 0..8)
}

/// Scheme and authority of a URI by the letter of RFC 3986, as a resource server might read them.
fn place_of(uri: &str) -> Option<(String, String)> {
    let (scheme, rest) = uri.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    Some((scheme.to_ascii_lowercase(), rest[..end].to_ascii_lowercase()))
}

proptest! {
    #[test]
    fn a_scope_that_parses_is_clean_and_parses_to_itself(text in scope_text()) {
        if let Ok(scope) = parse_scope(&text) {
            for entry in &scope {
                prop_assert!(!entry.is_empty() && entry.bytes().all(|b| matches!(b, 0x21..=0x7e) && !b"\"\\|".contains(&b)));
                prop_assert!(text.split(' ').any(|word| word == entry));
            }
            let distinct: std::collections::HashSet<_> = scope.iter().collect();
            prop_assert_eq!(distinct.len(), scope.len());
            prop_assert_eq!(parse_scope(&scope.join(" ")).expect("it parsed before"), scope);
        }
    }

    #[test]
    fn comparing_scopes_never_panics_and_the_exact_strategy_is_equality(allowed in scope_text(), asked in scope_text()) {
        prop_assert_eq!(ScopeStrategy::Exact.covers(&allowed, &asked), allowed == asked);
        let covers = ScopeStrategy::Wildcard.covers(&allowed, &asked);
        if covers && !allowed.split('.').any(|segment| segment == "*") {
            prop_assert_eq!(allowed, asked, "without a star only the same text is covered");
        }
    }

    #[test]
    fn a_star_covers_a_segment_in_the_middle_and_all_that_follow_at_the_end(
        before in segments(), inner in "[a-c]{1,2}", after in segments(), tail in segments(),
    ) {
        let (before, after) = (before.join("."), after.join("."));
        let wildcard = ScopeStrategy::Wildcard;
        let (middle, asked) = (format!("{before}.*.{after}"), format!("{before}.{inner}.{after}"));
        prop_assert!(wildcard.covers(&middle, &asked));
        let without_middle = format!("{before}..{after}");
        prop_assert!(!wildcard.covers(&middle, &without_middle));
        let (end, longer) = (format!("{before}.*"), format!("{before}.{inner}.{}", tail.join(".")));
        prop_assert!(wildcard.covers(&end, &longer));
        prop_assert!(!wildcard.covers(&end, &before));
    }

    #[test]
    fn audiences_are_what_was_sent_each_once(values in prop::collection::vec("[a-c| ]{0,8}", 0..4)) {
        let borrowed: Vec<&str> = values.iter().map(String::as_str).collect();
        let audience = parse_audience(&borrowed);
        let distinct: std::collections::HashSet<_> = audience.iter().collect();
        prop_assert_eq!(distinct.len(), audience.len());
        for entry in &audience {
            prop_assert!(!entry.is_empty());
            prop_assert!(values.contains(entry) || values.len() == 1 && values[0].split(' ').any(|word| word == entry));
        }
    }

    #[test]
    fn a_registered_audience_never_covers_another_origin(
        allowed in prop::sample::select(vec![
            "https://api.example.com", "https://api.example.com/", "https://api.example.com/v1", "https://api.example.com:8443/v1",
            "http://api.example.com", "app://host/path", "urn:thing", "api", "",
        ]),
        asked in odd_uri(),
    ) {
        if audience_covers(allowed, &asked) && allowed != asked {
            prop_assert_eq!(place_of(allowed), place_of(&asked));
            prop_assert!(place_of(allowed).is_some() && !asked.contains(['\\', '|', '\n', '\t', ' ']));
        }
    }

    #[test]
    fn a_path_below_a_registered_audience_stays_below_it(rest in "[a-z0-9./%2eF;]{0,24}") {
        let asked = format!("https://api.example.com/v1{rest}");
        if audience_covers("https://api.example.com/v1", &asked) {
            let path = url::Url::parse(&asked).expect("it was covered").path().to_owned();
            prop_assert!(path == "/v1" || path.starts_with("/v1/"), "{path}");
            let mut depth = 0;
            for segment in rest.split(['?', '#']).next().unwrap_or_default().split('/').skip(1) {
                depth += if segment == ".." { -1 } else { i32::from(segment != "." && !segment.is_empty()) };
                prop_assert!(!segment.to_ascii_lowercase().contains("%2e"), "{segment}");
            }
            prop_assert!(depth >= 0, "{asked}");
        }
    }

    #[test]
    fn any_audience_covers_itself_unless_it_cannot_be_stored(text in odd_uri()) {
        prop_assert_eq!(audience_covers(&text, &text), !text.contains('|'));
    }

    #[test]
    fn forms_of_any_content_are_parsed_or_refused(pairs in pairs(), like_hydra in any::<bool>(), user in any::<Option<String>>()) {
        let form = Form::new(pairs.clone(), like_hydra);
        let basic = || Ok(user.as_deref().map(|user| (ClientId::new(user), ClientSecret::new("password of the user"))));
        let repeated = |name: &str| pairs.iter().filter(|(key, _)| key == name).count() > 1;
        if let Ok(request) = TokenRequest::parse(&form, basic()) {
            prop_assert!(like_hydra || !["grant_type", "client_id", "client_secret", "client_assertion_type"].into_iter().any(repeated));
            for (name, _) in url::form_urlencoded::parse(request.form_data.as_bytes()) {
                prop_assert!(["client_id", "grant_type", "response_type", "scope"].contains(&&*name));
            }
            let shown = format!("{request:?}");
            prop_assert!(!shown.contains("password of the user"));
        }
        if RevocationRequest::parse(&form, basic()).is_ok() {
            prop_assert!(like_hydra || !repeated("token"));
        }
        if let Ok(request) = IntrospectionRequest::parse(&form) {
            prop_assert!(like_hydra || !repeated("token"));
            prop_assert!(request.scope.iter().all(|entry| !entry.is_empty() && !entry.contains(' ')));
        }
    }

    #[test]
    fn a_refusal_is_short_whatever_was_sent(pairs in pairs(), long in "[a-zé]{200,400}") {
        let mut pairs = pairs;
        pairs.push(("grant_type".to_owned(), long));
        let form = Form::new(pairs, false);
        match TokenRequest::parse(&form, Ok(None)) {
            Ok(_) => prop_assert!(false, "there is no such grant type"),
            Err(Error::RepeatedParameter(name)) => prop_assert!(name.len() < 40),
            Err(why) => prop_assert!(why.to_string().len() < 1000, "{}", why),
        }
    }
}

/// Redirect URIs of a client that meets everybody.
const REGISTERED: [&str; 7] = [
    "https://app.example/cb",
    "https://app.example/cb?tenant=7",
    "http://127.0.0.1/cb",
    "http://[::1]:8000/cb?x=1",
    "http://localhost:8080",
    "com.example.app:/cb",
    "http://app.example:8080/cb",
];

/// A server that all cases share: none of them changes it.
static SERVER: LazyLock<World> = LazyLock::new(|| {
    block_on(async {
        let world = World::with_shop().await;
        world.register_app("met", |client| client.redirect_uris = list(&REGISTERED)).await;
        world
    })
});

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime starts").block_on(work)
}

fn visit(request: &Request) -> Result<Stop, Box<AuthorizeFailure>> {
    block_on(SERVER.browser().visit(request)).map_err(Box::new)
}

/// A registered redirect URI, bent out of shape here and there.
fn almost_registered() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "@",
        ":",
        "/",
        "\\",
        "?",
        "#",
        "%2e",
        "..",
        "..;/",
        ".",
        "a",
        "A",
        "\t",
        "\n",
        " ",
        "é",
        "@evil.example",
        ":1",
        ":65536",
        "[",
        "]",
        "127.0.0.1",
        "localhost",
        "&state=x",
        "s",
    ]);
    (
        prop::sample::select(REGISTERED.to_vec()),
        prop::collection::vec((any::<prop::sample::Index>(), odd, 0_usize..3), 0..3),
    )
        .prop_map(|(uri, bends)| {
            let mut bent: Vec<char> = uri.chars().collect();
            for (at, odd, dropped) in bends {
                let at = at.index(bent.len() + 1);
                let end = (at + dropped).min(bent.len());
                bent.splice(at..end, odd.chars());
            }
            bent.into_iter().collect()
        })
}

/// An address with its port taken out, if it is http on the machine itself: by other means than the server's.
fn without_loopback_port(uri: &str) -> Option<String> {
    let host =
        ["http://127.0.0.1", "http://[::1]", "http://localhost"].into_iter().find(|host| uri.starts_with(host))?;
    let rest = uri[host.len()..].trim_start_matches(|c: char| c == ':' || c.is_ascii_digit());
    let port = &uri[host.len()..uri.len() - rest.len()];
    let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(|digits| !digits.contains(':'));
    (is_port && (rest.is_empty() || rest.starts_with(['/', '?']))).then(|| format!("{host}{rest}"))
}

fn authorize_name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "client_id",
        "redirect_uri",
        "response_mode",
        "response_type",
        "scope",
        "audience",
        "state",
        "nonce",
        "prompt",
        "max_age",
        "id_token_hint",
        "login_hint",
        "display",
        "acr_values",
        "ui_locales",
        "identity_schema",
        "code_challenge",
        "code_challenge_method",
        "request",
        "request_uri",
        "registration",
        "login_verifier",
        "consent_verifier",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => any::<String>()]
}

fn authorize_value() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "met",
        "openid",
        "code",
        "token",
        "id_token code",
        "none",
        "login",
        "query",
        "form_post",
        "S256",
        "0",
        "a.b.c",
        "",
        "https://app.example/cb",
        "some-state-0123456789",
    ]);
    prop_oneof![2 => known.prop_map(str::to_owned), 1 => any::<String>(), 1 => almost_registered()]
}

proptest! {
    #[test]
    fn no_answer_goes_anywhere_but_to_a_registered_address_or_its_loopback_port(uri in almost_registered()) {
        let settled = match visit(&Request::of("met").with("redirect_uri", &uri)).map_err(|failure| *failure) {
            Ok(_) => true,
            Err(AuthorizeFailure { shown: Shown::ToUser, error, .. }) => {
                prop_assert_eq!(error.code(), ErrorCode::InvalidRequest);
                false
            }
            Err(other) => return Err(TestCaseError::fail(format!("{other:?}"))),
        };
        let stripped = without_loopback_port(&uri);
        let is_own = REGISTERED.iter().any(|own| *own == uri || (stripped.is_some() && without_loopback_port(own) == stripped));
        prop_assert!(!settled || is_own, "{}", uri);
        if is_own && url::Url::parse(&uri).is_ok() {
            prop_assert!(settled, "{}", uri);
        }
    }

    #[test]
    fn an_authorization_request_of_any_content_is_answered_without_an_error_of_our_own(
        pairs in prop::collection::vec((authorize_name(), authorize_value()), 0..8), good in any::<bool>(),
    ) {
        let mut request = if good { Request::of("met").with("redirect_uri", REGISTERED[0]) } else { Request(Vec::new()) };
        for (name, value) in pairs {
            request = if good { request.with(&name, &value) } else { request.and(&name, &value) };
        }
        match visit(&request) {
            Ok(stop) => {
                let asked = block_on(SERVER.provider.login_request(&stop.login_challenge())).expect("the challenge is good");
                let goes_on: Vec<_> = url::Url::parse(&asked.request_url).expect("an address").query_pairs().into_owned().collect();
                // Verifiers are for us alone.
                let sent: Vec<_> = request.0.iter().filter(|(name, _)| !name.ends_with("_verifier")).cloned().collect();
                prop_assert_eq!(goes_on, sent, "what came goes on as it was");
            }
            Err(failure) => {
                let code = failure.error.code();
                prop_assert!(!matches!(code, ErrorCode::ServerError | ErrorCode::Conflict | ErrorCode::TemporarilyUnavailable), "{:?}", failure);
                let texts = [failure.error.description(), failure.error.trap().map(|trap| trap.to_string()).unwrap_or_default()];
                for text in texts {
                    prop_assert!(text.len() < 1000 && text.chars().all(|c| !c.is_control()), "{:?}", text);
                }
            }
        }
        let form = Form::new(request.0.clone(), true);
        prop_assert!(AuthorizeRequest::parse(&form).is_ok() || request.0.iter().any(|(name, _)| name == "request_uri"));
    }

    #[test]
    fn no_text_that_we_did_not_make_is_a_challenge(text in prop_oneof![any::<String>(), "[A-Za-z0-9_-]{0,200}", "[A-Za-z0-9_=%+-]{0,99}"]) {
        let provider = &SERVER.provider;
        for refusal in [
            block_on(provider.login_request(&text)).map(drop),
            block_on(provider.consent_request(&text)).map(drop),
            block_on(provider.logout_request(&text)).map(drop),
            block_on(provider.accept_logout(&text)).map(drop),
        ] {
            prop_assert_eq!(refusal.expect_err("it is made up").code(), ErrorCode::NotFound);
        }
        for name in ["login_verifier", "consent_verifier"] {
            let resumed = Request::of("met").with("redirect_uri", REGISTERED[0]).with(name, &text);
            match visit(&resumed) {
                Ok(_) => prop_assert!(text.is_empty(), "without a verifier the request begins"),
                Err(failure) => prop_assert_eq!(failure.error.code(), ErrorCode::AccessDenied),
            }
        }
    }

    /// One character changed, or a part lost: it does not open, and no part of it does.
    #[test]
    fn a_challenge_that_was_tampered_with_does_not_open(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_=-]", cut in any::<bool>()) {
        let stop = visit(&Request::of("met").with("redirect_uri", REGISTERED[0])).expect("a good request");
        let Stop::Login(url) = stop else { return Err(TestCaseError::fail("a login")) };
        let challenge = parameter(&url, "login_challenge");
        let at = at.index(challenge.len());
        let tampered = if cut { challenge[..at].to_owned() } else { format!("{}{to}{}", &challenge[..at], &challenge[at + 1..]) };
        if tampered != challenge {
            let refusal = block_on(SERVER.provider.login_request(&tampered)).expect_err("it was tampered with");
            prop_assert_eq!(refusal.code(), ErrorCode::NotFound);
        }
    }
}
