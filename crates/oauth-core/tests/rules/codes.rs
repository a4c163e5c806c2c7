//! The authorization code grant (RFC 6749 §4.1.3), with PKCE (RFC 7636).

use crate::support::World;

#[tokio::test]
async fn a_code_buys_tokens_once() {
    let world = World::with_shop().await;
    let code = world.login("alice").at("shop").allowing("openid offline").await;
    let tokens = world.redeem(&code).await.expect("tokens");
    assert!(tokens.id_token.is_some() && tokens.refresh_token.is_some());
}
