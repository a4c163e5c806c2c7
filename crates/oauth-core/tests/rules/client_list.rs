//! The list of clients, page by page, and what a page token is good for.

use oauth_core::{ErrorCode, client::ClientPage};
use token_hmac::PageSecrets;

use crate::support::{World, refused};

const SECRET: &str = "a system secret that only tests have";

/// Seven clients; those with an even number are owned by `even`.
async fn seven() -> World {
    let world = World::new();
    for n in [3, 1, 7, 5, 2, 6, 4] {
        world
            .register(&format!("client-{n}"), |client| {
                client.owner = if n % 2 == 0 { "even" } else { "odd" }.to_owned();
                client.name = if n > 5 { "late" } else { "early" }.to_owned();
            })
            .await;
    }
    world
}

fn ids(page: &ClientPage) -> Vec<&str> {
    page.clients.iter().map(|entry| entry.client.id.as_str().trim_start_matches("client-")).collect()
}

async fn page(world: &World, size: u32, token: Option<&str>) -> ClientPage {
    world.provider.list_clients(None, None, size, token).await.expect("a page")
}

async fn refuses(world: &World, token: &str) -> bool {
    let answer = world.provider.list_clients(None, None, 2, Some(token)).await;
    answer.is_err_and(|why| why.code() == ErrorCode::InvalidRequest)
}

#[tokio::test]
async fn pages_follow_one_another_by_id_until_the_last() {
    let world = seven().await;
    let first = page(&world, 3, None).await;
    let second = page(&world, 3, first.next.as_deref()).await;
    let third = page(&world, 3, second.next.as_deref()).await;
    assert_eq!((ids(&first), ids(&second), ids(&third)), (vec!["1", "2", "3"], vec!["4", "5", "6"], vec!["7"]));
    assert!(second.next.is_some() && third.next.is_none());
    assert_eq!(ids(&page(&world, 3, Some(&third.first)).await), ["1", "2", "3"]);
}

#[tokio::test]
async fn a_page_that_is_just_full_has_no_next() {
    let world = seven().await;
    assert!(page(&world, 7, None).await.next.is_none());
    assert!(page(&world, 6, None).await.next.is_some());
    assert!(page(&World::new(), 7, None).await.clients.is_empty());
}

#[tokio::test]
async fn filters_are_exact_and_hold_on_every_page() {
    let world = seven().await;
    let owned = async |token: Option<&str>| {
        let answer = world.provider.list_clients(None, Some("even".to_owned()), 2, token).await;
        answer.expect("a page")
    };
    let first = owned(None).await;
    let second = owned(first.next.as_deref()).await;
    assert_eq!((ids(&first), ids(&second)), (vec!["2", "4"], vec!["6"]));
    assert!(second.next.is_none());
    let both = world.provider.list_clients(Some("late".to_owned()), Some("odd".to_owned()), 9, None).await;
    assert_eq!(ids(&both.expect("a page")), ["7"]);
    for odd in ["eve", "EVEN", "even ", "%", "' OR 1=1 --", "even' OR owner='odd"] {
        let none = world.provider.list_clients(None, Some(odd.to_owned()), 9, None).await;
        assert!(none.expect("a page").clients.is_empty(), "{odd}");
    }
}

#[tokio::test]
async fn a_page_token_stays_good_when_clients_come_and_go() {
    let world = seven().await;
    let first = page(&world, 3, None).await;
    world.provider.delete_client(first.clients[2].client.id.clone()).await.expect("it is deleted");
    world.register("client-31", |_| ()).await;
    let second = page(&world, 3, first.next.as_deref()).await;
    assert_eq!(ids(&second), ["31", "4", "5"], "nothing is skipped, nothing comes twice");
}

#[tokio::test]
async fn a_page_token_ends_after_an_hour() {
    let world = seven().await;
    let token = page(&world, 2, None).await.next.expect("a next page");
    world.wait(3599);
    page(&world, 2, Some(&token)).await;
    world.wait(1);
    assert!(refuses(&world, &token).await);
}

#[tokio::test]
async fn a_page_token_is_good_at_every_instance_and_under_older_secrets() {
    let world = seven().await;
    let token = page(&world, 2, None).await.next.expect("a next page");
    assert_eq!(ids(&page(&world.another_instance(), 2, Some(&token)).await), ["3", "4"]);
    assert_eq!(ids(&page(&world.after_rotating_the_system_secret(), 2, Some(&token)).await), ["3", "4"]);
    assert!(refuses(&world.instance_with(&["somebody else's system secret"], |_| ()), &token).await);
}

#[tokio::test]
async fn a_page_token_of_another_list_is_refused() {
    let world = seven().await;
    let position = br#"{"e":1790003600,"a":"client-2"}"#;
    let secrets = PageSecrets::new(&[SECRET]).expect("a secret");
    let own = secrets.seal([1; 24], b"page token of clients", position);
    assert_eq!(ids(&page(&world, 2, Some(&own)).await), ["3", "4"], "this is how our own look");
    for list in ["page token of trusted issuers", "page token of ", "clients", ""] {
        assert!(refuses(&world, &secrets.seal([1; 24], list.as_bytes(), position)).await, "{list}");
    }
}

#[tokio::test]
async fn a_page_token_that_somebody_made_up_or_changed_is_refused() {
    let world = seven().await;
    let token = page(&world, 2, None).await.next.expect("a next page");
    for n in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[n] = if changed[n] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("ASCII");
        assert!(refuses(&world, &changed).await, "changed at {n}");
    }
    for made_up in ["", "x", "eyJvZmZzZXQiOiIyMCIsInYiOjJ9", "client-3", &token[1..], &format!("{token}{token}")] {
        assert!(refuses(&world, made_up).await, "{made_up}");
    }
    let secrets = PageSecrets::new(&[SECRET]).expect("a secret");
    for odd in [&b"{}"[..], b"null", b"", b"{\"e\":\"soon\",\"a\":\"\"}", b"\xff"] {
        assert!(refuses(&world, &secrets.seal([1; 24], b"page token of clients", odd)).await);
    }
}

#[tokio::test]
async fn page_tokens_are_never_the_same_twice_and_tell_nothing() {
    let world = seven().await;
    let (one, two) = (page(&world, 2, None).await, page(&world, 2, None).await);
    assert_ne!(one.next, two.next);
    assert!(!one.next.expect("a next page").contains("client"));
}

#[tokio::test]
async fn a_failing_storage_is_no_empty_list() {
    let world = seven().await;
    world.storage.break_down(oauth_core::storage::StorageError::Unavailable("gone".to_owned()));
    let answer = world.provider.list_clients(None, None, 9, None).await;
    assert_eq!(refused(answer), ErrorCode::TemporarilyUnavailable);
}
