//! `GET /admin/clients`: pages, and how to get from one to the next.

use serde_json::json;

use crate::support::{
    http::{Answer, Request},
    server::Server,
};

fn ids(answer: &Answer) -> Vec<String> {
    let page = answer.json();
    let clients = page.as_array().expect("a page is a list");
    clients.iter().filter_map(|client| Some(client["client_id"].as_str()?.to_owned())).collect()
}

/// The target that `Link` gives for a relation.
fn link(answer: &Answer, relation: &str) -> Option<String> {
    let links = answer.header("Link")?;
    let entry = links.split(',').find(|entry| entry.ends_with(&format!("; rel=\"{relation}\"")))?;
    Some(entry.strip_prefix('<')?.split_once('>')?.0.to_owned())
}

#[test]
fn following_next_shows_every_client_once_and_then_ends() {
    let server = Server::start(&[]);
    let made: Vec<String> = (0..7).map(|n| format!("list-{n}")).collect();
    for id in made.iter().rev() {
        server.register(&json!({"client_id": id, "owner": "team <a>&b"}));
    }
    server.register(&json!({"client_id": "list-of-others"}));
    let mut target = "/admin/clients?owner=team+%3Ca%3E%26b&page_size=3".to_owned();
    let mut seen = Vec::new();
    let first = link(&server.admin.send(Request::get(target.as_str())), "first").expect("first is always there");
    for expected in [3, 3, 1] {
        let page = server.admin.send(Request::get(target.as_str())).expect(200);
        assert_eq!(page.header("X-Total-Count"), None);
        assert_eq!(ids(&page).len(), expected);
        seen.extend(ids(&page));
        match link(&page, "next") {
            Some(next) => target = next,
            None => assert_eq!(expected, 1, "{page:?}"),
        }
        assert!(target.starts_with("/admin/clients?owner=team+%3Ca%3E%26b&page_size=3&page_token="), "{target}");
    }
    assert_eq!(seen, made);
    assert_eq!(ids(&server.admin.send(Request::get(first)).expect(200)), made[..3]);
}

#[test]
fn clients_are_found_by_name_and_owner_and_shown_without_secrets() {
    let server = &Server::shared();
    server.register(&json!({"client_id": "list-named", "client_name": "Named one", "owner": "list-owner"}));
    server.register(&json!({"client_id": "list-owned", "owner": "list-owner"}));
    let found = |query: &str| server.admin.send(Request::get(format!("/admin/clients?{query}"))).expect(200);
    assert_eq!(ids(&found("owner=list-owner")), ["list-named", "list-owned"]);
    let named = found("client_name=Named%20one&owner=list-owner&unknown=1");
    assert_eq!(ids(&named), ["list-named"]);
    assert_eq!(named.header("Content-Type"), Some("application/json; charset=utf-8"));
    assert!(!named.text().contains("client_secret\""));
    let nobody = found("owner=list-nobody");
    assert_eq!(nobody.text(), "[]\n");
    assert!(link(&nobody, "first").is_some() && link(&nobody, "next").is_none());
}

#[test]
fn odd_sizes_mean_the_usual_or_the_largest_page() {
    let server = &Server::shared();
    for (asked, size) in
        [("0", "100"), ("-3", "100"), ("", "100"), ("100000", "500"), ("99999999999", "500"), ("7", "7")]
    {
        let page = server.admin.send(Request::get(format!("/admin/clients?page_size={asked}"))).expect(200);
        let first = link(&page, "first").expect("first is always there");
        assert!(first.contains(&format!("page_size={size}&")), "{asked}: {first}");
    }
    for odd in ["x", "1.5", "1e3", "99999999999999999999"] {
        let answer = server.admin.send(Request::get(format!("/admin/clients?page_size={odd}"))).expect(400);
        assert_eq!(answer.error(), "The request was malformed or contained invalid parameters", "{odd}");
    }
}

#[test]
fn a_page_token_that_we_did_not_make_is_refused() {
    let server = &Server::shared();
    let own = link(&server.admin.send(Request::get("/admin/clients?page_size=1")), "first").expect("always there");
    let (_, token) = own.split_once("page_token=").expect("a link has a token");
    let turned: String = token.chars().map(|c| if c == 'A' { 'B' } else { 'A' }).collect();
    for odd in ["x", "AAAA", "%00", "%ff", &token[..token.len() / 2], turned.as_str()] {
        let target = format!("/admin/clients?page_size=1&page_token={odd}");
        server.admin.send(Request::get(target)).expect(400);
    }
}
