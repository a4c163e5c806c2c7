//! The first visit to the authorization endpoint (RFC 6749 §3.1, §4.1.1; OIDC Core §3.1.2): what is checked, in which order, and
//! who gets to read what is wrong. What is checked after the consent stands here as well.

use oauth_core::{
    Error, ErrorCode,
    authorize::{CookieChange, ResponseMode, Shown},
    client::Client,
    policy::{ID_TOKEN_KEYS, Pkce, Policy},
    storage::StorageError,
};
use serde_json::json;

use crate::support::{Request, World, failure, list, told_client, turned_away};

fn shop() -> Request {
    Request::of("shop")
}

/// A world in which the shop's registration is other than usual.
async fn world_with(change: impl FnOnce(&mut Client)) -> World {
    world_and(|_| (), change).await
}

async fn world_and(policy: impl FnOnce(&mut Policy), change: impl FnOnce(&mut Client)) -> World {
    let world = World::with(policy);
    world.add_key(ID_TOKEN_KEYS, "id-1").await;
    world.register_app("shop", change).await;
    world
}

/// A request as the shop sends it, straight to its end: somebody logs in and allows everything.
async fn to_the_end(
    world: &World,
    request: &Request,
) -> Result<crate::support::Stop, oauth_core::authorize::AuthorizeFailure> {
    let mut browser = world.browser();
    let login = browser.begin(request).await;
    let consent = browser.log_in(&login, "alice").await;
    let asked = world.provider.consent_request(&consent).await.expect("the challenge is good");
    browser.allow_with(&consent, &asked.requested_scope.join(" "), |_| ()).await
}

#[tokio::test]
async fn a_good_request_goes_to_the_login_application_with_a_cookie_and_a_challenge() {
    let world = World::with_shop().await;
    let request = shop().with("scope", "openid photos.read").with("audience", "https://api.example/v1/x urn:a");
    let request = request.with("audience", "https://api.example/v1/x").and("unheard_of", "a b");
    let mut browser = world.browser();
    let written = world.storage.written();
    let stop = browser.visit(&request).await.expect("the request is good");
    assert_eq!(world.storage.written(), written, "nothing is written yet");
    let challenge = stop.login_challenge();
    let url = format!("{stop:?}");
    assert!(url.contains("https://id.example/login?login_challenge="), "{url}");
    assert!(matches!(&browser.changes[..], [CookieChange::LoginCsrf(client, csrf, lasts)]
            if client.as_str() == "shop" && csrf.as_str().len() == 32 && lasts.num_minutes() == 30));
    let asked = world.provider.login_request(&challenge).await.expect("the challenge is good");
    assert_eq!(asked.requested_scope, ["openid", "photos.read"]);
    assert_eq!(asked.requested_audience, ["https://api.example/v1/x"]);
    assert_eq!((asked.skip, asked.subject.as_str()), (false, ""));
    assert_eq!(asked.client.id.as_str(), "shop");
    assert_eq!(asked.session.len(), 36);
    assert_eq!(
        asked.request_url,
        "https://op.example/oauth2/auth?client_id=shop&response_type=code&redirect_uri=https%3A%2F%2Fshop.example%2Fcb\
         &state=some-state-0123456789&nonce=some-nonce-0123456789&scope=openid+photos.read\
         &audience=https%3A%2F%2Fapi.example%2Fv1%2Fx&unheard_of=a+b",
        "whatever came goes on, also what nobody here knows"
    );
}

#[tokio::test]
async fn the_login_application_reads_what_openid_connect_asked_for() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let plain = browser.begin(&shop()).await;
    assert_eq!(
        world.provider.login_request(&plain).await.expect("it is good").oidc_context,
        *json!({}).as_object().expect("{}")
    );
    let id_token = browser.sign_in(&shop().with("response_type", "id_token"), "alice").await.get("id_token").to_owned();
    let request = shop()
        .with("acr_values", "gold  silver")
        .with("ui_locales", "de fr")
        .with("display", "popup")
        .with("login_hint", "alice@example.com")
        .with("id_token_hint", &id_token);
    let context = world.provider.login_request(&browser.begin(&request).await).await.expect("it is good").oidc_context;
    assert_eq!(context["acr_values"], json!(["gold", "silver"]));
    assert_eq!(context["ui_locales"], json!(["de", "fr"]));
    assert_eq!((&context["display"], &context["login_hint"]), (&json!("popup"), &json!("alice@example.com")));
    assert_eq!(context["id_token_hint_claims"]["sub"], "alice");
}

#[tokio::test]
async fn registration_has_a_page_of_its_own_and_the_identity_schema_goes_along() {
    let world = World::with_shop().await;
    let at = |request: Request| {
        let world = &world;
        async move { format!("{:?}", world.browser().visit(&request).await.expect("the request is good")) }
    };
    assert!(
        at(shop().with("prompt", "registration")).await.contains("https://id.example/registration?login_challenge=")
    );
    let url = at(shop().with("identity_schema", "customer & co")).await;
    assert!(
        url.contains("https://id.example/login?login_challenge=") && url.contains("&identity_schema=customer+%26+co"),
        "{url}"
    );
}

#[tokio::test]
async fn until_the_redirect_uri_is_certain_the_user_reads_what_is_wrong() {
    let world = World::with_shop().await;
    let several = ["https://a.example/cb", "https://b.example/cb"];
    world.register_app("several", |client| client.redirect_uris = list(&several)).await;
    world.register_app("none", |client| client.redirect_uris.clear()).await;
    for (request, code) in [
        (shop().with("client_id", "nobody"), ErrorCode::InvalidClient),
        (shop().with("client_id", ""), ErrorCode::InvalidClient),
        (shop().without("client_id"), ErrorCode::InvalidClient),
        (shop().with("request", "a.b.c"), ErrorCode::InvalidRequestObject),
        (shop().with("request_uri", "https://shop.example/request"), ErrorCode::InvalidRequestUri),
        (shop().with("request", "a.b.c").with("request_uri", "https://a.example"), ErrorCode::InvalidRequest),
        (shop().with("response_mode", "telepathy"), ErrorCode::UnsupportedResponseMode),
        (shop().with("response_mode", "FRAGMENT"), ErrorCode::UnsupportedResponseMode),
        (shop().without("redirect_uri"), ErrorCode::InvalidRequest),
        (shop().with("redirect_uri", ""), ErrorCode::InvalidRequest),
        (shop().with("redirect_uri", "https://shop.example/elsewhere"), ErrorCode::InvalidRequest),
        (shop().with("redirect_uri", "https://evil.example/cb"), ErrorCode::InvalidRequest),
        (shop().with("redirect_uri", "not an address"), ErrorCode::InvalidRequest),
        (Request::of("several").with("scope", "api").without("redirect_uri"), ErrorCode::InvalidRequest),
        (Request::of("none").with("scope", "api").without("redirect_uri"), ErrorCode::InvalidRequest),
        (Request::of("none"), ErrorCode::InvalidRequest),
        (shop().and("state", "another-state"), ErrorCode::InvalidRequest),
        (Request(Vec::new()), ErrorCode::InvalidClient),
    ] {
        let refusal = failure(world.browser().visit(&request).await);
        assert!(matches!(refusal.shown, Shown::ToUser), "{request:?}");
        assert_eq!(refusal.error.code(), code, "{request:?}");
        assert!(refusal.cookies.is_empty());
    }
}

#[tokio::test]
async fn once_the_redirect_uri_is_certain_the_client_reads_what_is_wrong() {
    let world = World::with_shop().await;
    for (request, code) in [
        (shop().with("scope", "openid admin"), "invalid_scope"),
        (shop().with("scope", "openid é"), "invalid_scope"),
        (shop().with("audience", "https://bank.example"), "invalid_request"),
        (shop().with("registration", "{}"), "registration_not_supported"),
        (shop().without("response_type"), "unsupported_response_type"),
        (shop().with("response_type", "telepathy"), "unsupported_response_type"),
        (shop().with("response_type", "code telepathy"), "unsupported_response_type"),
        (shop().with("nonce", "short"), "insufficient_entropy"),
        (shop().with("max_age", "never"), "invalid_request"),
        (shop().with("max_age", "-1"), "invalid_request"),
        (shop().with("id_token_hint", "not.a.jwt"), "invalid_request"),
        (shop().with("prompt", "none"), "login_required"),
        (shop().with("prompt", "none login"), "login_required"),
        (shop().with("prompt", "none select_account"), "login_required"),
    ] {
        let refusal = failure(world.browser().visit(&request).await);
        let expected = format!("https://shop.example/cb?error={code}&state=some-state-0123456789");
        assert_eq!(told_client(&refusal).as_deref(), Some(expected.as_str()), "{request:?}");
        assert!(refusal.cookies.is_empty());
    }
}

#[tokio::test]
async fn a_state_that_anybody_can_guess_is_refused_and_sent_back_as_it_was() {
    let world = World::with_shop().await;
    for state in ["", "1234567", "abc", "ééé"] {
        let refusal = failure(world.browser().visit(&shop().with("state", state)).await);
        let sent_back = url::form_urlencoded::byte_serialize(state.as_bytes()).collect::<String>();
        assert_eq!(
            told_client(&refusal),
            Some(format!("https://shop.example/cb?error=invalid_state&state={sent_back}"))
        );
    }
    let missing = failure(world.browser().visit(&shop().without("state")).await);
    assert_eq!(told_client(&missing).as_deref(), Some("https://shop.example/cb?error=invalid_state&state="));
    for state in ["12345678", "éééé"] {
        world.browser().visit(&shop().with("state", state)).await.expect("eight bytes are enough");
    }
}

/// The checks in their order: a request with every fault shows the first; mended fault by fault, the next.
#[tokio::test]
async fn the_first_fault_is_the_one_that_is_told() {
    let world = World::with_shop().await;
    let mut request = Request(Vec::new());
    for (name, value) in [
        ("client_id", "nobody"),
        ("request", "a.b.c"),
        ("response_mode", "telepathy"),
        ("redirect_uri", "https://evil.example/cb"),
        ("scope", "openid admin"),
        ("audience", "https://bank.example"),
        ("registration", "{}"),
        ("response_type", "telepathy"),
        ("state", "short"),
        ("nonce", "short"),
        ("max_age", "never"),
        ("id_token_hint", "not.a.jwt"),
        ("prompt", "none login"),
    ] {
        request = request.with(name, value);
    }
    for (name, right, code) in [
        ("client_id", Some("shop"), ErrorCode::InvalidClient),
        ("request", None, ErrorCode::InvalidRequestObject),
        ("response_mode", Some("query"), ErrorCode::UnsupportedResponseMode),
        ("redirect_uri", Some("https://shop.example/cb"), ErrorCode::InvalidRequest),
        ("scope", Some("openid"), ErrorCode::InvalidScope),
        ("audience", None, ErrorCode::InvalidRequest),
        ("registration", None, ErrorCode::RegistrationNotSupported),
        ("response_type", Some("code"), ErrorCode::UnsupportedResponseType),
        ("state", Some("some-state"), ErrorCode::InvalidState),
        ("nonce", None, ErrorCode::InsufficientEntropy),
        ("max_age", None, ErrorCode::InvalidRequest),
        ("id_token_hint", None, ErrorCode::InvalidRequest),
        ("prompt", None, ErrorCode::LoginRequired),
    ] {
        assert_eq!(turned_away(world.browser().visit(&request).await), code, "{name}");
        request = right.map_or_else(|| request.clone().without(name), |right| request.clone().with(name, right));
    }
    world.browser().visit(&request).await.expect("nothing is wrong any more");
}

#[tokio::test]
async fn errors_travel_as_the_answer_would() {
    let world = World::with_shop().await;
    for (types, mode, sign) in [
        ("code", None, '?'),
        ("token", None, '#'),
        ("id_token", None, '#'),
        ("id_token token", None, '#'),
        ("code id_token", None, '#'),
        ("TOKEN", None, '#'),
        ("token telepathy", None, '#'),
        ("telepathy", None, '?'),
        ("", None, '?'),
        ("code", Some("fragment"), '#'),
        ("token", Some("query"), '?'),
        ("code", Some("query"), '?'),
    ] {
        let mut request = shop().with("response_type", types).with("scope", "openid admin");
        if let Some(mode) = mode {
            request = request.with("response_mode", mode);
        }
        let told = told_client(&failure(world.browser().visit(&request).await)).expect("the client is told");
        assert!(
            told.starts_with(&format!("https://shop.example/cb{sign}error=invalid_scope&")),
            "{types} {mode:?}: {told}"
        );
    }
    let posted = shop().with("response_mode", "form_post").with("scope", "openid admin");
    let refusal = failure(world.browser().visit(&posted).await);
    assert!(matches!(refusal.shown, Shown::ToClient { mode: ResponseMode::FormPost, .. }));
}

#[tokio::test]
async fn a_redirect_uri_with_its_own_state_gets_one_state_and_no_more() {
    let own = "https://shop.example/cb?state=mine&tenant=7&code=x&error=y";
    let world = world_with(|client| client.redirect_uris = vec![own.to_owned()]).await;
    let request = shop().with("redirect_uri", own);
    let refusal = failure(world.browser().visit(&request.clone().with("scope", "admin")).await);
    let told = told_client(&refusal).expect("the client is told");
    assert_eq!(told, "https://shop.example/cb?code=x&error=invalid_scope&state=some-state-0123456789&tenant=7");
    let answer = to_the_end(&world, &request).await.expect("it ends well").answer();
    let expected = format!(
        "https://shop.example/cb?code={}&error=y&scope=openid&state=some-state-0123456789&tenant=7",
        answer.get("code")
    );
    assert_eq!(answer.url, expected);
}

#[tokio::test]
async fn a_redirect_uri_is_compared_to_the_letter() {
    let registered = "https://shop.example/cb?a=b%2Fc";
    let world = world_with(|client| client.redirect_uris = vec![registered.to_owned()]).await;
    let at = |uri: &str| shop().with("redirect_uri", uri);
    world.browser().visit(&at(registered)).await.expect("the very same text");
    for other in [
        "https://shop.example/cb?a=b%2fc",
        "https://shop.example/cb?a=b/c",
        "https://SHOP.example/cb?a=b%2Fc",
        "HTTPS://shop.example/cb?a=b%2Fc",
        "https://shop.example:443/cb?a=b%2Fc",
        "https://shop.example/./cb?a=b%2Fc",
        "https://shop.example/cb?a=b%2Fc#",
        "https://shop.example/cb?a=b%2Fc#x",
        "https://shop.example/cb?a=b%2Fc&x=y",
        "https://shop.example/cb",
        " https://shop.example/cb?a=b%2Fc",
        "https://shop.example/cb?a=b%2Fc\n",
        "https://shop.example\t/cb?a=b%2Fc",
        "//shop.example/cb?a=b%2Fc",
        "/cb?a=b%2Fc",
    ] {
        let refusal = failure(world.browser().visit(&at(other)).await);
        assert!(matches!(refusal.shown, Shown::ToUser), "{other}");
        assert!(matches!(refusal.error, Error::RedirectUriMismatch(_)), "{other}");
    }
}

#[tokio::test]
async fn the_port_of_the_users_own_machine_floats() {
    let uris = ["http://127.0.0.1/cb", "http://[::1]:8000/cb?x=1", "http://localhost:8080/cb", "http://127.0.0.2:80"];
    let world = world_with(|client| client.redirect_uris = list(&uris)).await;
    let like_hydra =
        world.instance_with(&["a system secret that only tests have"], |policy| policy.compat_hydra = true);
    for (uri, here, hydra) in [
        ("http://127.0.0.1:5555/cb", true, true),
        ("http://127.0.0.1:0/cb", true, true),
        ("http://127.0.0.1/cb", true, true),
        ("http://[::1]:1/cb?x=1", true, true),
        ("http://localhost:9999/cb", true, false),
        ("http://localhost/cb", true, false),
        ("http://127.0.0.2:65535", true, true),
        ("http://127.0.0.1:65536/cb", false, false),
        ("http://127.0.0.1:5555/cb/", false, false),
        ("http://127.0.0.1:5555/cb?x=1", false, false),
        ("http://[::1]:1/cb", false, false),
        ("https://127.0.0.1:5555/cb", false, false),
        ("http://127.0.0.3:5555/cb", false, false),
        ("http://localhost.evil.example:80/cb", false, false),
        ("http://127.0.0.1:5555@evil.example/cb", false, false),
    ] {
        let request = shop().with("redirect_uri", uri);
        assert_eq!(world.browser().visit(&request).await.is_ok(), here, "{uri}");
        assert_eq!(like_hydra.browser().visit(&request).await.is_ok(), hydra, "{uri} like Hydra");
    }
    // The answer goes where the request said, not where the registration says.
    let request = shop().with("redirect_uri", "http://localhost:9999/cb");
    let answer = to_the_end(&world, &request).await.expect("it ends well").answer();
    assert!(answer.url.starts_with("http://localhost:9999/cb?code="), "{}", answer.url);
}

#[tokio::test]
async fn the_only_registered_redirect_uri_is_taken_where_openid_connect_does_not_ask_for_one() {
    let world = World::with_shop().await;
    let plain = shop().with("scope", "api").without("redirect_uri");
    let answer = to_the_end(&world, &plain).await.expect("it ends well").answer();
    assert!(answer.url.starts_with("https://shop.example/cb?code="), "{}", answer.url);
    for scope in ["openid", "api openid", "OpenID"] {
        let refusal = failure(world.browser().visit(&plain.clone().with("scope", scope)).await);
        assert!(matches!(refusal.shown, Shown::ToUser) && refusal.error.code() == ErrorCode::InvalidRequest, "{scope}");
    }
}

#[tokio::test]
async fn an_application_on_a_device_may_have_a_scheme_of_its_own() {
    for uri in ["com.example.app:/cb", "wta://auth", "com.example.app:/cb?x=1"] {
        let world = world_with(|client| client.redirect_uris = vec![uri.to_owned()]).await;
        let answer = to_the_end(&world, &shop().with("redirect_uri", uri)).await.expect("it ends well").answer();
        assert!(answer.url.starts_with(uri.split('?').next().expect("a beginning")), "{}", answer.url);
    }
}

/// What Hydra's registration let through must not become a redirect here.
#[tokio::test]
async fn a_registered_text_that_is_no_address_is_never_redirected_to() {
    for odd in ["/cb", "cb", "*", "https://shop.example/cb#fragment", "https://shop.example/cb#", "https://"] {
        let world = World::with_shop().await;
        world
            .change(move |records| {
                let mut client = records.client(&oauth_core::ids::ClientId::new("shop"))?.expect("it is registered");
                client.redirect_uris = vec![odd.to_owned()];
                records.update_client(&client)
            })
            .await;
        for request in [shop().with("redirect_uri", odd), shop().with("scope", "api").without("redirect_uri")] {
            let refusal = failure(world.browser().visit(&request).await);
            assert!(matches!(refusal.shown, Shown::ToUser), "{odd}");
            assert_eq!(refusal.error.code(), ErrorCode::InvalidRequest, "{odd}");
        }
    }
}

#[tokio::test]
async fn response_types_are_compared_without_order_and_case() {
    let world = world_with(|client| client.response_types = list(&["code", "id_token token"])).await;
    for good in ["code", "CODE", "token id_token", "id_token token", "Token  ID_Token", "code code"] {
        world
            .browser()
            .visit(&shop().with("response_type", good))
            .await
            .unwrap_or_else(|why| panic!("{good}: {why:?}"));
    }
    for odd in ["token", "id_token", "code token", "code id_token token", "none", "code,token", "coded"] {
        let refusal = turned_away(world.browser().visit(&shop().with("response_type", odd)).await);
        assert_eq!(refusal, ErrorCode::UnsupportedResponseType, "{odd}");
    }
    let without = world_with(|client| client.response_types.clear()).await;
    without.browser().visit(&shop()).await.expect("nothing registered means code");
    let token = shop().with("response_type", "token");
    assert_eq!(turned_away(without.browser().visit(&token).await), ErrorCode::UnsupportedResponseType);
}

#[tokio::test]
async fn every_parameter_that_may_come_once_is_refused_when_it_comes_twice() {
    let world = World::with_shop().await;
    let like_hydra =
        world.instance_with(&["a system secret that only tests have"], |policy| policy.compat_hydra = true);
    for name in [
        "client_id",
        "redirect_uri",
        "response_mode",
        "response_type",
        "scope",
        "state",
        "nonce",
        "prompt",
        "max_age",
        "login_hint",
        "display",
        "acr_values",
        "ui_locales",
        "identity_schema",
        "code_challenge",
        "code_challenge_method",
    ] {
        let (_, first) = shop().0.into_iter().find(|(own, _)| own == name).unwrap_or_default();
        let twice = if shop().0.iter().any(|(own, _)| own == name) { shop() } else { shop().and(name, "") };
        let twice = twice.and(name, &first);
        let refusal = failure(world.browser().visit(&twice).await);
        assert!(matches!(refusal.shown, Shown::ToUser), "{name}");
        assert!(matches!(&refusal.error, Error::RepeatedParameter(said) if said == name), "{name}");
        like_hydra.browser().visit(&twice).await.unwrap_or_else(|why| panic!("{name}: {why:?}"));
    }
    for name in ["id_token_hint", "registration", "request", "request_uri", "login_verifier", "consent_verifier"] {
        let refusal = failure(world.browser().visit(&shop().and(name, "x").and(name, "x")).await);
        assert!(matches!(&refusal.error, Error::RepeatedParameter(said) if said == name), "{name}");
    }
    let audiences = shop().and("audience", "https://api.example/v1").and("audience", "https://api.example/v2");
    let challenge = world.browser().begin(&audiences).await;
    let asked = world.provider.login_request(&challenge).await.expect("it is good");
    assert_eq!(asked.requested_audience, ["https://api.example/v1", "https://api.example/v2"]);
}

#[tokio::test]
async fn like_hydra_the_first_of_repeated_parameters_counts_to_the_end() {
    let world = World::with_shop_and(|policy| policy.compat_hydra = true).await;
    let request =
        shop().and("state", "second-state").and("redirect_uri", "https://evil.example/cb").and("scope", "api");
    let answer = to_the_end(&world, &request).await.expect("it ends well").answer();
    assert!(answer.url.starts_with("https://shop.example/cb?code="), "{}", answer.url);
    assert_eq!((answer.get("state"), answer.get("scope")), ("some-state-0123456789", "openid"));
    let tokens = world.redeem(answer.get("code")).await.expect("tokens");
    assert_eq!(tokens.scope, ["openid"]);
}

#[tokio::test]
async fn max_age_and_nonce_may_be_as_long_as_they_like() {
    let world = World::with_shop().await;
    for request in [
        shop().with("max_age", "0"),
        shop().with("max_age", "4294967295"),
        shop().with("max_age", ""),
        shop().with("nonce", "12345678"),
        shop().with("nonce", &"n".repeat(4000)),
        shop().without("nonce"),
        shop().with("state", &"s".repeat(4000)),
    ] {
        to_the_end(&world, &request).await.expect("it ends well");
    }
}

#[tokio::test]
async fn a_request_larger_than_a_challenge_can_hold_is_refused_and_not_cut() {
    let world = World::with_shop().await;
    let refusal = failure(world.browser().visit(&shop().with("login_hint", &"x".repeat(70_000))).await);
    assert_eq!(refusal.error.code(), ErrorCode::InvalidRequest);
}

#[tokio::test]
async fn all_checks_run_again_at_every_visit() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let login = browser.begin(&shop()).await;
    let back = world.accept_login(&login, "alice", |_| ()).await;
    let verifier = crate::support::parameter(&back, "login_verifier");
    let consent = browser.log_in(&login, "alice").await;
    let back = world.accept_consent(&consent, "openid", |_| ()).await;
    let second = crate::support::parameter(&back, "consent_verifier");
    for (name, verifier) in [("login_verifier", &verifier), ("consent_verifier", &second)] {
        let resumed = shop().with(name, verifier);
        for (changed, code, to_client) in [
            (resumed.clone().with("client_id", "nobody"), ErrorCode::InvalidClient, false),
            (resumed.clone().with("redirect_uri", "https://evil.example/cb"), ErrorCode::InvalidRequest, false),
            (resumed.clone().with("scope", "openid admin"), ErrorCode::InvalidScope, true),
            (resumed.clone().with("response_type", "telepathy"), ErrorCode::UnsupportedResponseType, true),
            (resumed.clone().with("state", "short"), ErrorCode::InvalidState, true),
        ] {
            let refusal = failure(browser.visit(&changed).await);
            assert_eq!(refusal.error.code(), code, "{name} {changed:?}");
            assert_eq!(told_client(&refusal).is_some(), to_client, "{name} {changed:?}");
        }
        browser.visit(&resumed).await.expect("unchanged it goes on");
    }
}

#[tokio::test]
async fn when_both_verifiers_come_the_login_counts() {
    let world = World::with_shop().await;
    let mut browser = world.browser();
    let login = browser.begin(&shop()).await;
    let back = world.accept_login(&login, "alice", |_| ()).await;
    let both = shop()
        .with("login_verifier", &crate::support::parameter(&back, "login_verifier"))
        .with("consent_verifier", "nonsense");
    browser.visit(&both).await.expect("the login goes on").consent_challenge();
}

#[tokio::test]
async fn a_code_never_travels_over_plain_http_but_to_the_users_own_machine() {
    for (uri, in_dev_only) in [
        ("http://shop.example/cb", true),
        ("http://10.0.0.1/cb", true),
        ("http://localhost.shop.example/cb", true),
        ("http://localhost/cb", false),
        ("http://app.localhost/cb", false),
        ("http://127.0.0.1/cb", false),
        ("http://[::1]/cb", false),
        ("https://shop.example/cb", false),
        ("app://cb", false),
    ] {
        for dev in [false, true] {
            let world =
                world_and(|policy| policy.dev = dev, |client| client.redirect_uris = vec![uri.to_owned()]).await;
            let outcome = to_the_end(&world, &shop().with("redirect_uri", uri)).await;
            if in_dev_only && !dev {
                assert_eq!(turned_away(outcome), ErrorCode::InvalidRequest, "{uri}");
            } else {
                outcome.unwrap_or_else(|why| panic!("{uri} {dev}: {why:?}"));
            }
        }
    }
}

#[tokio::test]
async fn a_client_gets_by_the_redirect_what_it_registered_grants_for_and_nothing_else() {
    for (grants, types, allowed) in [
        (vec!["authorization_code"], "code", true),
        (vec![], "code", true),
        (vec!["refresh_token", "client_credentials"], "code", false),
        (vec!["implicit"], "code", false),
        (vec!["implicit"], "token", true),
        (vec!["implicit"], "id_token token", true),
        (vec!["authorization_code"], "token", false),
        (vec!["authorization_code"], "id_token", false),
        (vec!["authorization_code", "implicit"], "code id_token", true),
        (vec!["implicit"], "code id_token", false),
        (vec!["authorization_code"], "code token", false),
    ] {
        let world = world_with(|client| client.grant_types = list(&grants)).await;
        let outcome = to_the_end(&world, &shop().with("response_type", types)).await;
        if allowed {
            outcome.unwrap_or_else(|why| panic!("{grants:?} {types}: {why:?}"));
        } else {
            assert_eq!(turned_away(outcome), ErrorCode::UnauthorizedClient, "{grants:?} {types}");
        }
    }
}

#[tokio::test]
async fn tokens_in_the_redirect_need_a_nonce_a_fragment_and_for_hybrids_a_redirect_uri() {
    let world = World::with_shop().await;
    for (request, code) in [
        (shop().with("response_type", "id_token").without("nonce"), ErrorCode::InvalidRequest),
        (shop().with("response_type", "code id_token").without("nonce"), ErrorCode::InvalidRequest),
        (shop().with("response_type", "id_token token").without("nonce"), ErrorCode::InvalidRequest),
        (shop().with("response_type", "token").with("response_mode", "query"), ErrorCode::UnsupportedResponseMode),
        (shop().with("response_type", "code token").with("response_mode", "query"), ErrorCode::UnsupportedResponseMode),
        (
            shop().with("response_type", "code token").with("scope", "api").without("redirect_uri"),
            ErrorCode::InvalidRequest,
        ),
    ] {
        assert_eq!(turned_away(to_the_end(&world, &request).await), code, "{request:?}");
    }
    for request in [
        shop().with("response_type", "token").without("nonce"),
        shop().with("response_type", "code token").without("nonce"),
        shop().with("response_type", "token").with("scope", "api").without("redirect_uri"),
        shop().with("response_type", "token").with("response_mode", "form_post"),
        shop().with("response_type", "code").with("response_mode", "fragment"),
    ] {
        to_the_end(&world, &request).await.expect("it ends well");
    }
    // Told in the query, as the request wanted it: there is no token in an error.
    let refusal =
        failure(to_the_end(&world, &shop().with("response_type", "token").with("response_mode", "query")).await);
    assert!(told_client(&refusal).is_some_and(|told| told.starts_with("https://shop.example/cb?error=")));
}

#[tokio::test]
async fn an_id_token_in_the_redirect_needs_openid_to_be_granted() {
    let world = World::with_shop().await;
    for types in ["id_token", "id_token token", "code id_token", "code id_token token"] {
        let mut browser = world.browser();
        let login = browser.begin(&shop().with("response_type", types).with("scope", "openid api")).await;
        let consent = browser.log_in(&login, "alice").await;
        let outcome = browser.allow_with(&consent, "api", |_| ()).await;
        assert_eq!(turned_away(outcome), ErrorCode::UnsupportedResponseType, "{types}");
        browser.allow(&consent, "openid").await;
    }
}

const CHALLENGE: &str = "TDp3C-wPo3aKDK1Bg-ukP78nZ9YiqUD2ToRD96HoaHU";

#[tokio::test]
async fn a_pkce_challenge_must_be_hashed() {
    let world = World::with_shop().await;
    for (challenge, method, allowed) in [
        (Some(CHALLENGE), Some("S256"), true),
        (Some(CHALLENGE), Some("plain"), false),
        (Some(CHALLENGE), Some("s256"), false),
        (Some(CHALLENGE), Some("telepathy"), false),
        (Some(CHALLENGE), None, false),
        (None, Some("S256"), true),
        (None, Some("plain"), true),
        (None, None, true),
    ] {
        let mut request = shop();
        for (name, value) in [("code_challenge", challenge), ("code_challenge_method", method)] {
            request = value.map_or_else(|| request.clone(), |value| request.clone().with(name, value));
        }
        let outcome = to_the_end(&world, &request).await;
        if allowed {
            outcome.unwrap_or_else(|why| panic!("{challenge:?} {method:?}: {why:?}"));
        } else {
            assert_eq!(turned_away(outcome), ErrorCode::InvalidRequest, "{challenge:?} {method:?}");
        }
    }
}

#[tokio::test]
async fn pkce_is_required_of_whom_the_operator_says() {
    for (pkce, confidential, public) in [
        (Pkce::default(), true, true),
        (Pkce { enforced: false, enforced_for_public_clients: true }, true, false),
        (Pkce { enforced: true, enforced_for_public_clients: false }, false, false),
    ] {
        let world = World::with_shop_and(|policy| policy.pkce = pkce).await;
        world.register_public_app("app", |_| ()).await;
        for (client, without) in [("shop", confidential), ("app", public)] {
            let request = Request::of(client);
            let outcome = to_the_end(&world, &request).await;
            assert_eq!(outcome.is_ok(), without, "{pkce:?} {client}");
            if !without {
                assert_eq!(turned_away(outcome), ErrorCode::InvalidRequest);
            }
            // A method alone proves nothing.
            assert_eq!(
                to_the_end(&world, &request.clone().with("code_challenge_method", "S256")).await.is_ok(),
                without
            );
            let with = request.with("code_challenge", CHALLENGE).with("code_challenge_method", "S256");
            to_the_end(&world, &with).await.expect("it sent a challenge");
        }
    }
    // Where no code is issued there is nothing to prove.
    let world = World::with_shop_and(|policy| policy.pkce.enforced = true).await;
    to_the_end(&world, &shop().with("response_type", "token")).await.expect("no code, no challenge");
}

#[tokio::test]
async fn a_database_that_is_away_is_told_as_such_and_nobody_is_sent_anywhere() {
    let world = World::with_shop().await;
    world.storage.break_down(StorageError::Unavailable("10.0.0.7".to_owned()));
    let refusal = failure(world.browser().visit(&shop()).await);
    assert_eq!(refusal.error.code(), ErrorCode::TemporarilyUnavailable);
    assert!(matches!(refusal.shown, Shown::ToUser) && !refusal.error.description().contains("10.0.0.7"));
}
