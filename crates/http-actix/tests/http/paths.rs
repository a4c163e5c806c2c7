//! What is done with addresses before they are routed, and what is said of those that lead nowhere.

use crate::support::{http::Request, server::Server};

#[test]
fn one_trailing_slash_does_not_matter() {
    let server = &Server::shared();
    server.public.send(Request::get("/health/alive/")).expect(200);
    server.admin.send(Request::get("/admin/clients/?page_size=1")).expect(200);
    server.admin.send(Request::get("/clients/")).expect(200);
    server.admin.send(Request::delete("/admin/clients/")).expect(405);
    server.public.send(Request::get("/health/alive//")).expect(307);
}

#[test]
fn the_administrative_port_does_without_its_prefix() {
    let server = &Server::shared();
    server.register_machine("paths-prefix");
    let short = server.admin.send(Request::get("/clients/paths-prefix")).expect(200);
    let long = server.admin.send(Request::get("/admin/clients/paths-prefix")).expect(200);
    assert_eq!(short.text(), long.text());
    server.admin.send(Request::post("/oauth2/introspect").form(&[("token", "x")])).expect(200);
    server.admin.send(Request::get("/adminclients")).expect(404);
    server.register_machine("paths of? #odd/ids");
    for target in ["/clients/paths%20of%3F%20%23odd%2Fids", "/admin/clients/paths%20of%3F%20%23odd%2Fids/"] {
        let found = server.admin.send(Request::get(target)).expect(200);
        assert_eq!(found.json()["client_id"], "paths of? #odd/ids", "{target}");
    }
}

#[test]
fn crooked_paths_are_sent_to_their_clean_form_on_this_host() {
    let server = &Server::shared();
    for (listener, crooked, clean) in [
        (server.public, "//health/alive", "/health/alive"),
        (server.public, "//evil.test/x", "/evil.test/x"),
        (server.public, "/.//evil.test", "/evil.test"),
        (server.public, "/a/../../health//alive?a=1&b=%2F", "/health/alive?a=1&b=%2F"),
        (server.admin, "/admin//clients?page_size=1", "/admin/clients?page_size=1"),
        (server.admin, "/admin/./clients", "/admin/clients"),
        (server.public, "//a%0d%0aSet-Cookie:%20a=b", "/a%0d%0aSet-Cookie:%20a=b"),
        (server.public, "//a%3Fb%2F..", "/a%3Fb%2F.."),
    ] {
        let answer = listener.send(Request::get(crooked)).expect(307);
        assert_eq!(answer.header("Location"), Some(clean), "{crooked}");
    }
}

#[test]
fn an_address_that_leads_nowhere_says_so_in_the_form_that_was_asked_for() {
    let server = &Server::shared();
    for (accept, kind) in [
        (None, "text/html"),
        (Some("*/*"), "text/html"),
        (Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), "text/html"),
        (Some("application/json"), "application/json"),
        (Some("application/json;q=0.5, text/plain"), "text/plain"),
        (Some("text/plain;q=0.1, application/json;q=0.2"), "application/json"),
        (Some("image/png"), "text/html"),
    ] {
        let mut request = Request::get("/nowhere");
        if let Some(accept) = accept {
            request = request.header("Accept", accept);
        }
        let answer = server.public.send(request).expect(404);
        assert_eq!(answer.header("Content-Type"), Some(format!("{kind}; charset=utf-8").as_str()), "{accept:?}");
        if kind == "application/json" {
            let body = answer.json();
            assert_eq!(body["error"]["code"], 404);
            assert_eq!(body["error"]["message"], "Not Found");
            assert!(body["error"]["reason"].as_str().is_some_and(|reason| reason.contains("port")));
            assert!(answer.text().starts_with("{\n  \"error\": {\n"), "{answer:?}");
        } else {
            assert!(answer.text().contains("Not Found"), "{answer:?}");
        }
    }
}

#[test]
fn the_roots_lead_nowhere() {
    let server = &Server::shared();
    for listener in [server.public, server.admin] {
        listener.send(Request::get("/")).expect(404);
        listener.send(Request::post("/").form(&[("a", "b")])).expect(404);
    }
}

#[test]
fn answers_to_get_are_not_kept_unless_the_endpoint_decides() {
    let server = &Server::shared();
    let private = Some("private, no-cache, no-store, must-revalidate");
    for (listener, target, status) in [
        (server.public, "/health/alive", 200),
        (server.public, "/nowhere", 404),
        (server.admin, "/admin/clients", 200),
        (server.admin, "/admin/clients/paths-nobody", 404),
    ] {
        assert_eq!(listener.send(Request::get(target)).expect(status).header("Cache-Control"), private, "{target}");
    }
    assert_eq!(server.admin.send(Request::delete("/admin/keys/paths-none")).expect(204).header("Cache-Control"), None);
}

#[test]
fn wrong_methods_are_told_the_right_ones_everywhere() {
    let server = &Server::shared();
    for (target, allow) in [
        ("/admin/clients", "GET, HEAD, POST"),
        ("/admin/clients/x", "GET, HEAD, PUT, PATCH, DELETE"),
        ("/admin/clients/x/lifespans", "PUT"),
        ("/admin/clients/x/secrets/rotate", "POST, DELETE"),
        ("/admin/keys/x", "GET, HEAD, POST, PUT, DELETE"),
        ("/admin/keys/x/y", "GET, HEAD, PUT, DELETE"),
        ("/admin/oauth2/tokens", "DELETE"),
        ("/admin/version", "GET, HEAD"),
    ] {
        let answer = server.admin.send(Request::new("TRACE", target)).expect(405);
        assert_eq!(answer.header("Allow"), Some(allow), "{target}");
        let strange = server.admin.send(Request::new("BREW", target).header("Accept", "application/json")).expect(405);
        assert_eq!(strange.json()["error"]["code"], 405);
    }
}

#[test]
fn with_hydras_ways_a_wrong_method_leads_nowhere() {
    let server = Server::start(&[("COMPAT_HYDRA", "true")]);
    let answer = server.admin.send(Request::new("TRACE", "/admin/clients")).expect(404);
    assert_eq!(answer.header("Allow"), None);
    server.public.send(Request::get("/oauth2/revoke")).expect(404);
}

#[test]
fn an_address_that_is_not_text_is_a_bad_request() {
    let server = &Server::shared();
    for target in ["/admin/clients/%ff", "/admin/keys/%fe/x", "/admin/clients/%00", "/clients?owner=%00"] {
        let answer = server.admin.send(Request::get(target)).expect(400);
        assert_eq!(answer.header("Content-Type"), Some("application/json"), "{target}");
        assert_eq!(answer.error(), "The request was malformed or contained invalid parameters");
    }
}
