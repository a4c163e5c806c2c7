//! The refresh token grant (RFC 6749 §6): what a refresh gives, what it refuses, and what a second use of a token means.

use std::time::Duration;

use chrono::TimeDelta;
use go_duration::GoDuration;
use oauth_core::{
    Error, ErrorCode,
    client::{AuthMethod, Client},
    ids::{ClientId, RefreshSignature, RequestId},
    policy::{Forking, OnReuse, Policy, Rotation},
    sessions::Revocation,
    storage::{RefreshAnswer, RefreshTokenRecord, StorageError},
    token::TokenResponse,
};
use token_hmac::{AnswerKey, TokenKind};

use crate::support::{RACERS, World, beginning, list, refused};

/// What the shop holds, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pair {
    access: String,
    refresh: String,
    id: Option<String>,
}

impl From<TokenResponse> for Pair {
    fn from(tokens: TokenResponse) -> Self {
        Self {
            access: tokens.access_token.into_exposed(),
            refresh: tokens.refresh_token.expect("a refresh token").into_exposed(),
            id: tokens.id_token.map(|token| token.into_exposed()),
        }
    }
}

/// Alice logs in at the shop; the shop's first pair.
async fn first_pair(world: &World) -> Pair {
    let login = world.login("alice").at("shop").with("audience", "https://api.example/v1 https://api.example/v2");
    let code = login.allowing("openid offline api photos.*").await;
    world.redeem(&code).await.expect("tokens").into()
}

async fn refresh(world: &World, token: &str) -> Result<Pair, Error> {
    world.refresh(token).await.map(Pair::from)
}

async fn good(world: &World, token: &str) -> Pair {
    refresh(world, token).await.expect("the shop may refresh")
}

/// With a window in which a lost answer is given again.
async fn world_with_window(seconds: u64) -> World {
    World::with_shop_and(|policy| policy.refresh.idempotent_window = Duration::from_secs(seconds)).await
}

async fn are_alive(world: &World, pair: &Pair) -> (bool, bool) {
    (world.is_active(&pair.access).await, world.is_active(&pair.refresh).await)
}

fn signature(token: &str) -> RefreshSignature {
    RefreshSignature::new(token_hmac::signature_part(token).expect("a token of ours has a signature"))
}

async fn row(world: &World, token: &str) -> Option<RefreshTokenRecord> {
    let signature = signature(token);
    world.look(move |records| records.refresh_token(&signature)).await
}

async fn answer(world: &World, token: &str) -> Option<RefreshAnswer> {
    let signature = signature(token);
    world.look(move |records| records.refresh_answer(&signature)).await
}

/// How many access and refresh tokens an authorization has.
async fn rows_of(world: &World, request: &RequestId) -> (usize, usize) {
    let request = request.clone();
    // A look works on a copy, so that counting by deleting leaves everything as it is.
    let count = move |records: &mut dyn oauth_core::storage::Records| {
        Ok((records.delete_access_tokens_of_request(&request)?, records.delete_refresh_tokens_of_request(&request)?))
    };
    world.look(count).await
}

fn seconds(seconds: u64) -> Option<GoDuration> {
    Some(format!("{seconds}s").parse().expect("a duration"))
}

#[tokio::test]
async fn a_refresh_gives_a_new_pair_and_ends_the_old_one() {
    let world = World::with_shop().await;
    let first = first_pair(&world).await;
    let id = row(&world, &first.refresh).await.expect("it is stored").grant.request_id;
    world.wait(100);
    let tokens = world.refresh(&first.refresh).await.expect("tokens");
    assert_eq!(tokens.expires_in, 3600);
    assert_eq!(tokens.scope, ["openid", "offline", "api", "photos.*"]);
    let second = Pair::from(tokens);
    assert!(second.id.is_some() && second.access != first.access && second.refresh != first.refresh);
    assert_eq!(are_alive(&world, &first).await, (false, false));
    assert_eq!(are_alive(&world, &second).await, (true, true));
    assert_eq!(rows_of(&world, &id).await, (1, 2), "a spent refresh token is remembered");
    let now = beginning() + TimeDelta::seconds(100);
    let spent = row(&world, &first.refresh).await.expect("it is still stored");
    assert!(!spent.grant.active && spent.first_used_at.is_none() && spent.used_times.is_none());
    assert_eq!(spent.grant.expires_at, Some(now + TimeDelta::minutes(30)));
    let new = row(&world, &second.refresh).await.expect("it is stored");
    assert_eq!((new.grant.requested_at, new.grant.request_id.clone()), (now, id));
    assert_eq!(new.grant.expires_at, Some(now + TimeDelta::hours(720)));
    assert_eq!(new.grant.form_data, "grant_type=refresh_token");
    let access = world.row_of(&second.access).await.expect("it is stored");
    assert_eq!(
        (new.access_token_signature, access.grant.challenge_id),
        (Some(access.signature), new.grant.challenge_id)
    );
}

#[tokio::test]
async fn a_client_has_lifespans_of_its_own_for_what_it_refreshes() {
    let world = World::with_shop().await;
    world
        .register_app("quick", |client: &mut Client| {
            client.lifespans.refresh_token_grant_access_token = seconds(60);
            client.lifespans.refresh_token_grant_refresh_token = seconds(120);
            client.lifespans.refresh_token_grant_id_token = seconds(30);
        })
        .await;
    let code = world.login("alice").at("quick").allowing("openid offline").await;
    let tokens =
        world.ask_as("quick").with("redirect_uri", "https://quick.example/cb").redeem(&code).await.expect("tokens");
    assert_eq!(tokens.expires_in, 3600);
    let tokens = world.ask_as("quick").refresh(&Pair::from(tokens).refresh).await.expect("tokens");
    assert_eq!(tokens.expires_in, 60);
    let pair = Pair::from(tokens);
    let (claims, _) = world.verified(pair.id.as_deref().expect("an ID token")).await;
    assert_eq!(claims["exp"].as_i64(), Some(beginning().timestamp() + 30));
    world.wait(119);
    assert_eq!(are_alive(&world, &pair).await, (false, true));
    world.wait(1);
    assert!(matches!(world.ask_as("quick").refresh(&pair.refresh).await, Err(Error::RefreshTokenExpired)));
}

#[tokio::test]
async fn without_a_lifespan_the_end_of_the_token_before_stays() {
    // None at all: never.
    let world = World::with_shop_and(|policy| policy.lifetimes.refresh_token = None).await;
    let pair = first_pair(&world).await;
    let pair = good(&world, &pair.refresh).await;
    assert_eq!(row(&world, &pair.refresh).await.expect("it is stored").grant.expires_at, None);
    // One that was issued when there still was one.
    let world = World::with_shop().await;
    let pair = first_pair(&world).await;
    let without =
        world.instance_with(&["a system secret that only tests have"], |policy| policy.lifetimes.refresh_token = None);
    world.wait(1000);
    let pair = good(&without, &pair.refresh).await;
    let end = beginning() + TimeDelta::hours(720);
    assert_eq!(row(&world, &pair.refresh).await.expect("it is stored").grant.expires_at, Some(end));
}

/// N24, RFC 6749 §6.
#[tokio::test]
async fn a_refresh_may_ask_for_less_and_get_the_whole_again_later() {
    let world = World::with_shop().await;
    let first = first_pair(&world).await;
    let tokens = world.ask_as("shop").with("scope", "api  openid").refresh(&first.refresh).await.expect("tokens");
    assert_eq!(tokens.scope, ["api", "openid"]);
    let narrow = Pair::from(tokens);
    assert_eq!(world.row_of(&narrow.access).await.expect("it is stored").grant.granted_scope, ["api", "openid"]);
    let tokens = world.ask_as("shop").with("scope", "api").refresh(&narrow.refresh).await.expect("tokens");
    assert!(tokens.id_token.is_none(), "without openid there is no ID token");
    let whole = world.refresh(&Pair::from(tokens).refresh).await.expect("tokens");
    assert_eq!(whole.scope, ["openid", "offline", "api", "photos.*"]);
    let last = Pair::from(whole);
    for wider in ["api admin", "photos", "API", "offline_access", "é"] {
        let asked = world.ask_as("shop").with("scope", wider).refresh(&last.refresh).await;
        assert_eq!(refused(asked), ErrorCode::InvalidScope, "{wider}");
    }
    assert_eq!(are_alive(&world, &last).await, (true, true), "what is refused spends nothing");
    let tokens = world.ask_as("shop").with("scope", "").refresh(&last.refresh).await.expect("tokens");
    assert_eq!(tokens.scope.len(), 4);
}

#[tokio::test]
async fn like_hydra_the_scope_of_a_refresh_is_not_looked_at() {
    let world = World::with_shop_and(|policy| policy.compat_hydra = true).await;
    let mut pair = first_pair(&world).await;
    for scope in ["api", "admin", "é"] {
        let tokens = world.ask_as("shop").with("scope", scope).refresh(&pair.refresh).await.expect("tokens");
        assert_eq!(tokens.scope, ["openid", "offline", "api", "photos.*"]);
        pair = tokens.into();
    }
}

#[tokio::test]
async fn what_is_no_refresh_token_of_ours_gives_nothing() {
    let world = World::with_shop().await;
    let pair = first_pair(&world).await;
    let code = world.login("bob").at("shop").allowing("openid offline").await;
    let (random, mac) = pair.refresh.split_once('.').expect("two halves");
    let odd = [
        String::new(),
        "x".to_owned(),
        format!("{random}x.{mac}"),
        format!("{random}.{mac}x"),
        format!(".{mac}"),
        format!("ory_rt_{}.{mac}", "A".repeat(43)),
        pair.refresh.replace("ory_rt_", "ory_at_"),
        pair.refresh.replace("ory_rt_", "ory_ac_"),
        pair.refresh[..pair.refresh.len() - 1].to_owned(),
        pair.access.clone(),
        code.clone(),
    ];
    for odd in &odd {
        let why = world.refresh(odd).await.expect_err("it is no refresh token");
        assert!(matches!(why, Error::UnknownRefreshToken) && why.code() == ErrorCode::InvalidGrant, "{odd} {why:?}");
    }
    let missing = world.ask_as("shop").with("grant_type", "refresh_token").token_as_is().await;
    assert_eq!(refused(missing), ErrorCode::InvalidGrant);
    assert_eq!(are_alive(&world, &pair).await, (true, true));
    good(&world, pair.refresh.trim_start_matches("ory_rt_")).await;
}

/// N25, RFC 6749 §10.4.
#[tokio::test]
async fn a_token_in_the_hands_of_another_client_refreshes_and_ends_nothing() {
    let world = World::with_shop().await;
    world.register_app("thief", |_| ()).await;
    let first = first_pair(&world).await;
    let second = good(&world, &first.refresh).await;
    for token in [&first.refresh, &second.refresh] {
        let why = world.ask_as("thief").refresh(token).await.expect_err("it is not the thief's");
        assert!(matches!(why, Error::RefreshTokenOfAnotherClient) && why.code() == ErrorCode::InvalidGrant);
    }
    assert_eq!(are_alive(&world, &second).await, (true, true));
}

#[tokio::test]
async fn what_the_client_may_not_have_any_more_is_not_refreshed() {
    let world = World::with_shop().await;
    let pair = first_pair(&world).await;
    let shop = |change: fn(&mut Client)| {
        let world = &world;
        async move {
            world
                .replace("shop", None, |client| {
                    client.redirect_uris = list(&["https://shop.example/cb"]);
                    client.grant_types = list(&["authorization_code", "refresh_token"]);
                    client.scope = "openid offline api photos.*".to_owned();
                    client.audience = list(&["https://api.example"]);
                    change(client);
                })
                .await
        }
    };
    for (change, code) in [
        (
            (|client| client.grant_types = list(&["authorization_code"])) as fn(&mut Client),
            ErrorCode::UnauthorizedClient,
        ),
        (|client| client.scope = "openid offline api".to_owned(), ErrorCode::InvalidScope),
        (|client| client.audience = list(&["https://api.example/v1"]), ErrorCode::InvalidRequest),
    ] {
        shop(change).await;
        assert_eq!(refused(world.refresh(&pair.refresh).await), code);
    }
    shop(|_| ()).await;
    good(&world, &pair.refresh).await;
}

#[tokio::test]
async fn a_token_without_the_scope_offline_is_good_for_nothing() {
    let world = World::with_shop().await;
    let token = world.store_refresh_token("shop", "a-1", |_| ()).await;
    let why = world.refresh(&token).await.expect_err("the user may not be away");
    assert!(matches!(why, Error::NotOffline) && why.code() == ErrorCode::ScopeNotGranted);
}

#[tokio::test]
async fn a_token_that_has_expired_is_good_for_nothing() {
    let world = World::with_shop().await;
    let pair = first_pair(&world).await;
    world.wait(720 * 3600 - 1);
    let last = good(&world, &pair.refresh).await;
    world.wait(720 * 3600);
    let why = world.refresh(&last.refresh).await.expect_err("it is too late");
    assert!(matches!(why, Error::RefreshTokenExpired) && why.code() == ErrorCode::InvalidGrant);
}

#[tokio::test]
async fn a_token_is_not_spent_on_a_pair_that_could_not_be_stored() {
    let world = World::with_shop().await;
    let pair = first_pair(&world).await;
    for fault in [StorageError::Unavailable("disk full".to_owned()), StorageError::Contention] {
        world.storage.break_writes(fault);
        assert_eq!(refused(world.refresh(&pair.refresh).await), ErrorCode::TemporarilyUnavailable);
        world.storage.repair();
    }
    good(&world, &pair.refresh).await;
}

// The second use. Numbers are those of the acceptance list.

/// 1. As many at once as there may be get one pair, also over two instances, and with no window at all.
#[tokio::test]
async fn calls_that_race_get_one_answer() {
    let world = World::with_shop().await;
    let second = world.another_instance();
    let pair = first_pair(&world).await;
    let id = row(&world, &pair.refresh).await.expect("it is stored").grant.request_id;
    let outcomes = world.race(|n| {
        let (server, token) = (if n % 2 == 0 { &world } else { &second }, &pair.refresh);
        async move { refresh(server, token).await }
    });
    let pairs: Vec<Pair> = outcomes.into_iter().map(|outcome| outcome.expect("everybody is answered")).collect();
    assert_eq!(pairs.len(), RACERS);
    assert!(pairs.iter().all(|other| *other == pairs[0]), "and by the same");
    assert_eq!(are_alive(&world, &pairs[0]).await, (true, true));
    assert_eq!(rows_of(&world, &id).await, (1, 2));
}

/// 2. Without a window a second use, a moment later, ends the authorization.
#[tokio::test]
async fn a_second_use_ends_the_authorization() {
    for wait in [1, 3600] {
        let world = World::with_shop().await;
        let (first, other_login) = (first_pair(&world).await, first_pair(&world).await);
        let second = good(&world, &first.refresh).await;
        let third = good(&world, &second.refresh).await;
        // Whoever asks before the answer has left cannot have seen it.
        assert_eq!(good(&world, &second.refresh).await, third);
        world.wait(wait);
        let why = refresh(&world, &second.refresh).await.expect_err("it is spent");
        assert!(matches!(why, Error::RefreshTokenSpent) && why.code() == ErrorCode::InvalidGrant, "{wait}: {why:?}");
        assert_eq!(are_alive(&world, &third).await, (false, false));
        assert!(world.is_active(&other_login.refresh).await);
        for gone in [&first, &second, &third] {
            assert!(matches!(refresh(&world, &gone.refresh).await, Err(Error::UnknownRefreshToken)));
        }
    }
}

/// 3. With a window the same answer is given again, until it closes.
#[tokio::test]
async fn inside_the_window_a_lost_answer_is_given_again() {
    let world = world_with_window(60).await;
    let first = first_pair(&world).await;
    let second = good(&world, &first.refresh).await;
    for (wait, left) in [(0, 3600), (30, 3570), (29, 3541)] {
        world.wait(wait);
        let again = world.refresh(&first.refresh).await.expect("the same answer");
        assert_eq!(again.expires_in, left);
        assert_eq!(again.scope, ["openid", "offline", "api", "photos.*"]);
        assert_eq!(Pair::from(again), second);
    }
    world.wait(2);
    assert!(matches!(refresh(&world, &first.refresh).await, Err(Error::RefreshTokenSpent)));
    assert_eq!(are_alive(&world, &second).await, (false, false));
}

/// 4. One successor, for ever: using it closes the window of the token before.
#[tokio::test]
async fn whoever_uses_a_token_has_received_it() {
    let world = world_with_window(60).await;
    let a = first_pair(&world).await;
    let b = good(&world, &a.refresh).await;
    assert_eq!(good(&world, &a.refresh).await, b);
    let c = good(&world, &b.refresh).await;
    assert_eq!(good(&world, &b.refresh).await, c);
    assert_eq!(answer(&world, &a.refresh).await, None);
    assert!(matches!(refresh(&world, &a.refresh).await, Err(Error::RefreshTokenSpent)));
    assert_eq!(are_alive(&world, &c).await, (false, false));
}

/// 5. The same answer is for the same question.
#[tokio::test]
async fn another_question_gets_no_kept_answer_and_ends_nothing() {
    let world = world_with_window(60).await;
    let first = first_pair(&world).await;
    let second = good(&world, &first.refresh).await;
    let narrower = world.ask_as("shop").with("scope", "api").refresh(&first.refresh).await;
    let why = narrower.expect_err("that was not asked before");
    assert!(matches!(why, Error::RefreshedOtherwise) && why.code() == ErrorCode::InvalidGrant);
    // The order of the scope is not part of the question, and all of it is the same as none.
    let same = world.ask_as("shop").with("scope", "photos.* api offline openid").refresh(&first.refresh).await;
    assert_eq!(Pair::from(same.expect("the same question")), second);
    world
        .replace("shop", Some(&crate::support::secret_of("shop")), |client| {
            client.redirect_uris = list(&["https://shop.example/cb"]);
            client.grant_types = list(&["refresh_token"]);
            client.scope = "openid offline api photos.*".to_owned();
            client.audience = list(&["https://api.example"]);
            client.token_endpoint_auth_method = AuthMethod::ClientSecretPost;
        })
        .await;
    let otherwise = world.ask().post("shop", &crate::support::secret_of("shop")).refresh(&first.refresh).await;
    assert!(matches!(otherwise, Err(Error::RefreshedOtherwise)), "who it is was proved in another way");
    assert_eq!(are_alive(&world, &second).await, (true, true));
}

/// 6. The server dies between storing the new pair and answering; the client asks another instance.
#[tokio::test]
async fn an_answer_that_was_stored_but_never_sent_is_not_lost() {
    let world = world_with_window(60).await;
    let first = first_pair(&world).await;
    drop(world.refresh(&first.refresh).await);
    let restarted = world.after_rotating_the_system_secret();
    world.wait(5);
    let second = good(&restarted, &first.refresh).await;
    assert_eq!(are_alive(&restarted, &second).await, (true, true));
}

/// 7. Whoever has the database and the system secret has no token from it.
#[tokio::test]
async fn a_kept_answer_opens_to_the_spent_token_alone() {
    let world = world_with_window(60).await;
    let first = first_pair(&world).await;
    let second = good(&world, &first.refresh).await;
    let kept = answer(&world, &first.refresh).await.expect("it is kept");
    assert_eq!((kept.spent.clone(), kept.successor.clone()), (signature(&first.refresh), signature(&second.refresh)));
    assert_eq!((kept.rotated_at, kept.expires_at), (beginning(), beginning() + TimeDelta::seconds(60)));
    let shown = format!("{kept:?}") + &String::from_utf8_lossy(&kept.sealed);
    for token in [&second.access, &second.refresh, second.id.as_ref().expect("an ID token")] {
        assert!(!shown.contains(token.as_str()));
        let (random, mac) = token.split_once('.').expect("parts");
        assert!(!shown.contains(&random[7..]) && (!shown.contains(mac) || mac == kept.successor.as_str()));
    }
    // What is in the row is no key to it.
    let salt = crate::support::NETWORK;
    let aad = format!("{}|{salt}|{}|{}|{}", kept.spent, kept.request_id, kept.successor, kept.ask);
    let opens = |text: &str| {
        let key = AnswerKey::of(TokenKind::Refresh, text, salt.as_bytes());
        key.is_ok_and(|key| key.open(aad.as_bytes(), &kept.sealed).is_ok())
    };
    assert!(opens(&first.refresh), "the test knows the form");
    for text in [
        kept.spent.as_str(),
        kept.successor.as_str(),
        &kept.ask,
        kept.request_id.as_str(),
        &second.refresh,
        &second.access,
    ] {
        assert!(!opens(text), "{text}");
        assert!(!opens(&format!("{text}.{}", kept.spent)), "{text}");
    }
}

#[tokio::test]
async fn a_kept_answer_in_another_row_is_no_answer() {
    let world = world_with_window(60).await;
    let (mine, other) = (first_pair(&world).await, first_pair(&world).await);
    let (mine_next, _) = (good(&world, &mine.refresh).await, good(&world, &other.refresh).await);
    let [mine_kept, other_kept] = [answer(&world, &mine.refresh).await, answer(&world, &other.refresh).await];
    let (mine_kept, other_kept) = (mine_kept.expect("it is kept"), other_kept.expect("it is kept"));
    world
        .change(move |records| {
            records.delete_refresh_answers_of_request(&mine_kept.request_id)?;
            records.insert_refresh_answer(&RefreshAnswer { sealed: other_kept.sealed.clone(), ..mine_kept.clone() })
        })
        .await;
    assert!(matches!(refresh(&world, &mine.refresh).await, Err(Error::RefreshedOtherwise)));
    assert_eq!(are_alive(&world, &mine_next).await, (true, true), "nobody is to blame");
}

/// 8. However an authorization ended, no kept answer outlives it.
#[tokio::test]
async fn what_was_revoked_is_not_answered_again() {
    for n in 0..5 {
        let world = world_with_window(60).await;
        let first = first_pair(&world).await;
        let id = row(&world, &first.refresh).await.expect("it is stored").grant.request_id;
        let second = good(&world, &first.refresh).await;
        match n {
            0 => world.ask_as("shop").revoke(&second.refresh).await.expect("it is revoked"),
            1 => world.ask_as("shop").revoke(&second.access).await.expect("it is revoked"),
            2 => world.provider.revoke_consents(Revocation::One(id.clone())).await.expect("it is revoked"),
            3 => {
                // Hydra beside us does not know of our answers.
                let successor = signature(&second.refresh);
                world
                    .change({
                        let id = id.clone();
                        move |records| records.delete_refresh_tokens_of_request(&id)
                    })
                    .await;
                assert!(answer(&world, &first.refresh).await.is_some_and(|kept| kept.successor == successor));
            }
            _ => {
                world.provider.delete_client(ClientId::new("shop")).await.expect("it is deleted");
                assert_eq!(answer(&world, &first.refresh).await, None);
                world.register_app("shop", |_| ()).await;
            }
        }
        assert_eq!(refused(refresh(&world, &first.refresh).await), ErrorCode::InvalidGrant, "{n}");
        assert!(n == 3 || answer(&world, &first.refresh).await.is_none(), "{n}");
        assert!(!world.is_active(&second.refresh).await, "{n}");
    }
}

/// 8. The successor is gone, and the spent token is not: the answer would be a dead token.
#[tokio::test]
async fn an_answer_whose_token_is_gone_is_not_given() {
    let world = world_with_window(60).await;
    let first = first_pair(&world).await;
    let id = row(&world, &first.refresh).await.expect("it is stored").grant.request_id;
    let second = good(&world, &first.refresh).await;
    let spent = row(&world, &first.refresh).await.expect("it is stored");
    world
        .change(move |records| {
            records.delete_refresh_tokens_of_request(&id)?;
            records.insert_refresh_token(&spent)
        })
        .await;
    assert!(matches!(refresh(&world, &first.refresh).await, Err(Error::RefreshTokenSpent)));
    assert_eq!(are_alive(&world, &second).await, (false, false));
}

/// A token that Hydra rotated has no answer of ours.
#[tokio::test]
async fn a_token_that_another_server_rotated_is_spent() {
    let world = world_with_window(60).await;
    let pair = first_pair(&world).await;
    let spent = signature(&pair.refresh);
    let forget_at = beginning() + TimeDelta::minutes(30);
    assert!(world.change(move |records| records.spend_refresh_token(&spent, forget_at)).await);
    assert!(matches!(refresh(&world, &pair.refresh).await, Err(Error::RefreshTokenSpent)));
    assert_eq!(are_alive(&world, &pair).await, (false, false));
}

#[tokio::test]
async fn a_confidential_client_may_be_spared_where_the_operator_says_so() {
    let world = World::with_shop_and(|policy| policy.refresh.on_reuse = OnReuse::Refuse).await;
    world.register_public_app("app", |_| ()).await;
    let first = first_pair(&world).await;
    let second = good(&world, &first.refresh).await;
    world.wait(1);
    assert!(matches!(refresh(&world, &first.refresh).await, Err(Error::RefreshTokenSpent)));
    assert_eq!(are_alive(&world, &second).await, (true, true));
    // Whoever cannot prove who it is could be the thief.
    let code = world.login("alice").at("app").allowing("openid offline").await;
    let app = || world.ask().with("client_id", "app");
    let first = Pair::from(app().with("redirect_uri", "https://app.example/cb").redeem(&code).await.expect("tokens"));
    let second = Pair::from(app().refresh(&first.refresh).await.expect("tokens"));
    world.wait(1);
    assert!(matches!(app().refresh(&first.refresh).await, Err(Error::RefreshTokenSpent)));
    assert_eq!(are_alive(&world, &second).await, (false, false));
}

#[tokio::test]
async fn a_second_use_whose_revocation_fails_is_an_error_of_ours() {
    let world = World::with_shop().await;
    let first = first_pair(&world).await;
    let second = good(&world, &first.refresh).await;
    world.wait(1);
    world.storage.break_writes(StorageError::Unavailable("disk full".to_owned()));
    assert_eq!(refused(refresh(&world, &first.refresh).await), ErrorCode::TemporarilyUnavailable);
    world.storage.repair();
    assert_eq!(are_alive(&world, &second).await, (true, true));
}

#[tokio::test]
async fn kept_answers_do_not_pile_up() {
    let world = World::with_shop().await;
    let mut pair = first_pair(&world).await;
    // The answer that held a token goes when the token is used; those to tokens that are never used again are swept.
    for _ in 0..20 {
        let next = good(&world, &pair.refresh).await;
        assert!(answer(&world, &pair.refresh).await.is_some());
        pair = next;
    }
    for n in 0..300 {
        let offline = |record: &mut RefreshTokenRecord| record.grant.granted_scope = list(&["offline"]);
        let token = world.store_refresh_token("shop", &format!("a-{n}"), offline).await;
        good(&world, &token).await;
        world.wait(61);
    }
    let now = world.provider.now();
    let left = world.look(move |records| records.sweep_refresh_answers(now, 1000)).await;
    assert!(left < 200, "{left}");
}

// Without rotation.

async fn world_with_rotation(rotation: Rotation) -> World {
    let world = World::with_shop_and(|policy| policy.refresh.rotation = rotation).await;
    world.register_public_app("app", |_| ()).await;
    world
}

#[tokio::test]
async fn without_rotation_a_token_stays_and_is_repeated() {
    for rotation in [Rotation::Never, Rotation::PublicClients] {
        let world = world_with_rotation(rotation).await;
        let first = first_pair(&world).await;
        let id = row(&world, &first.refresh).await.expect("it is stored").grant.request_id;
        world.wait(3000);
        let second = good(&world, &first.refresh).await;
        let third = good(&world, &first.refresh).await;
        assert!(first.refresh == second.refresh && second.refresh == third.refresh && second.access != third.access);
        assert!(second.id.is_some());
        assert_eq!(
            are_alive(&world, &first).await,
            (false, true),
            "the access token that came with it is gone, as at Hydra"
        );
        assert_eq!((are_alive(&world, &second).await, are_alive(&world, &third).await), ((true, true), (true, true)));
        assert_eq!(rows_of(&world, &id).await, (2, 1));
        assert_eq!(answer(&world, &first.refresh).await, None, "there is nothing to give again");
        let end = beginning() + TimeDelta::hours(720);
        assert_eq!(
            row(&world, &first.refresh).await.expect("it is stored").grant.expires_at,
            Some(end),
            "it does not slide"
        );
        world.ask_as("shop").revoke(&third.access).await.expect("it is revoked");
        assert_eq!(refused(refresh(&world, &first.refresh).await), ErrorCode::InvalidGrant);
        assert!(!world.is_active(&second.access).await);
    }
}

#[tokio::test]
async fn where_public_clients_alone_rotate_theirs_do() {
    for (rotation, rotates) in [(Rotation::Always, true), (Rotation::PublicClients, true), (Rotation::Never, false)] {
        let world = world_with_rotation(rotation).await;
        let code = world.login("alice").at("app").allowing("openid offline").await;
        let app = || world.ask().with("client_id", "app");
        let first =
            Pair::from(app().with("redirect_uri", "https://app.example/cb").redeem(&code).await.expect("tokens"));
        let second = Pair::from(app().refresh(&first.refresh).await.expect("tokens"));
        assert_eq!(first.refresh != second.refresh, rotates, "{rotation:?}");
    }
}

#[tokio::test]
async fn a_token_that_was_spent_while_there_was_rotation_is_spent_without() {
    let world = World::with_shop().await;
    let first = first_pair(&world).await;
    let second = good(&world, &first.refresh).await;
    let without = world.instance_with(&["a system secret that only tests have"], |policy| {
        policy.refresh.rotation = Rotation::Never;
    });
    world.wait(1);
    assert!(matches!(refresh(&without, &first.refresh).await, Err(Error::RefreshTokenSpent)));
    assert_eq!(are_alive(&world, &second).await, (false, false));
}

// Hydra's grace period: 11 of the acceptance list.

async fn world_with_grace(seconds: u64, uses: u32, change: impl FnOnce(&mut Policy)) -> World {
    World::with_shop_and(|policy| {
        policy.refresh.fork = Some(Forking { period: Duration::from_secs(seconds), uses });
        change(policy);
    })
    .await
}

#[tokio::test]
async fn in_hydras_grace_period_each_use_gives_a_pair_of_its_own() {
    let world = world_with_grace(60, 0, |policy| policy.compat_hydra = true).await;
    let first = first_pair(&world).await;
    let second = good(&world, &first.refresh).await;
    assert_eq!(are_alive(&world, &first).await, (false, false), "used, and usable");
    world.wait(59);
    let third = good(&world, &first.refresh).await;
    assert!(second.refresh != third.refresh && second.access != third.access);
    assert_eq!((are_alive(&world, &second).await, are_alive(&world, &third).await), ((true, true), (true, true)));
    let spent = row(&world, &first.refresh).await.expect("it is stored");
    assert_eq!((spent.first_used_at, spent.used_times, spent.grant.active), (Some(beginning()), Some(2), false));
    assert_eq!(answer(&world, &first.refresh).await, None);
    world.wait(1);
    assert!(matches!(refresh(&world, &first.refresh).await, Err(Error::RefreshTokenSpent)));
    assert_eq!((are_alive(&world, &second).await, are_alive(&world, &third).await), ((false, false), (false, false)));
}

#[tokio::test]
async fn hydras_reuse_count_is_the_number_of_all_uses() {
    for uses in [1, 2, 3] {
        let world = world_with_grace(60, uses, |_| ()).await;
        let pair = first_pair(&world).await;
        for _ in 0..uses {
            good(&world, &pair.refresh).await;
        }
        assert!(matches!(refresh(&world, &pair.refresh).await, Err(Error::RefreshTokenSpent)), "{uses}");
    }
}

#[tokio::test]
async fn of_many_that_race_in_the_grace_period_no_more_win_than_may() {
    for uses in [1, 3] {
        let world = world_with_grace(60, uses, |_| ()).await;
        let pair = first_pair(&world).await;
        let id = row(&world, &pair.refresh).await.expect("it is stored").grant.request_id;
        let outcomes = world.race(|_| refresh(&world, &pair.refresh));
        let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert!(won <= uses as usize, "{won} of {uses}");
        assert_eq!(rows_of(&world, &id).await, (0, 0), "the first one too many was a reuse");
    }
}

#[tokio::test]
async fn a_revoked_token_has_no_grace() {
    let world = world_with_grace(60, 0, |_| ()).await;
    let first = first_pair(&world).await;
    let second = good(&world, &first.refresh).await;
    world.ask_as("shop").revoke(&second.refresh).await.expect("it is revoked");
    assert!(matches!(refresh(&world, &first.refresh).await, Err(Error::UnknownRefreshToken)));
}

#[tokio::test]
async fn grace_does_not_outlive_the_token() {
    let world = World::with_shop_and(|policy| {
        policy.lifetimes.refresh_token = Some(Duration::from_secs(100));
        policy.refresh.fork = Some(Forking { period: Duration::from_secs(300), uses: 0 });
    })
    .await;
    let pair = first_pair(&world).await;
    world.wait(90);
    good(&world, &pair.refresh).await;
    world.wait(10);
    assert!(matches!(refresh(&world, &pair.refresh).await, Err(Error::RefreshTokenExpired)));
}

// Revocation against refreshing.

/// The authorization ends between the look and the write: nothing may come to life after that.
#[tokio::test]
async fn what_is_revoked_at_the_last_moment_is_not_refreshed() {
    type Change = fn(&mut Policy);
    let changes: [Change; 4] = [
        |_| (),
        |policy| policy.refresh.rotation = Rotation::Never,
        |policy| policy.refresh.fork = Some(Forking { period: Duration::from_secs(60), uses: 0 }),
        |policy| policy.refresh.idempotent_window = Duration::from_secs(60),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        for by_consent in [true, false] {
            let world = World::with_shop_and(change).await;
            let pair = first_pair(&world).await;
            let id = row(&world, &pair.refresh).await.expect("it is stored").grant.request_id;
            let revoked = id.clone();
            world.storage.meanwhile(move |records| {
                if by_consent {
                    drop(records.delete_consent(&revoked));
                } else {
                    drop(records.delete_refresh_tokens_of_request(&revoked));
                    drop(records.delete_access_tokens_of_request(&revoked));
                }
            });
            assert_eq!(refused(refresh(&world, &pair.refresh).await), ErrorCode::InvalidGrant, "{n} {by_consent}");
            assert_eq!(rows_of(&world, &id).await, (0, 0), "{n} {by_consent}");
        }
    }
}

#[tokio::test]
async fn revocation_wins_against_any_number_of_refreshes() {
    for rotation in [Rotation::Always, Rotation::Never] {
        let world = World::with_shop_and(|policy| policy.refresh.rotation = rotation).await;
        for _ in 0..8 {
            let pair = first_pair(&world).await;
            let id = row(&world, &pair.refresh).await.expect("it is stored").grant.request_id;
            world.race(|n| {
                let (world, pair) = (&world, &pair);
                async move {
                    match n % 4 {
                        0 => world.ask_as("shop").revoke(&pair.refresh).await.expect("it is revoked"),
                        _ => drop(refresh(world, &pair.refresh).await),
                    }
                }
            });
            assert_eq!(rows_of(&world, &id).await, (0, 0), "{rotation:?}");
        }
    }
}
