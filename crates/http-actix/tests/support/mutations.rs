//! Requests that are almost right, over all routes. The same ones on every run.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    http::{Body, Request},
    server::{Server, secret_of, token_request},
};

/// A secret inside one of the requests.
pub(crate) const SYMMETRIC_KEY: &str = "c2VjcmV0LW9mLXRoZS10ZXN0cw";

/// Pieces of text that have made servers stumble.
const ODD: [&[u8]; 28] = [
    b"",
    b"\0",
    b"%00",
    b"%",
    b"%zz",
    b"%ff",
    b"\xff\xfe",
    b"\xc3",
    "\u{e4}\u{1f600}".as_bytes(),
    b"\\u0000",
    b"\\ud800",
    b"..",
    b"/../",
    b"//",
    b"'",
    b"\"",
    b"\\",
    b";",
    b"&&==",
    b"-1",
    b"99999999999999999999999",
    b"1e400",
    b"null",
    b"[[[[[[[[[[",
    b"{\"a\":{\"a\":{\"a\":",
    b"' OR 1=1 --",
    b"\r\n",
    b" ",
];

/// A generator of numbers that are the same on every run (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// Right requests for every route: on which listener, and what.
fn right_ones(token: &str) -> Vec<(bool, Request)> {
    let client = json!({
        "client_id": "mutant", "client_name": "n", "client_secret": secret_of("mutant"), "scope": "api openid",
        "grant_types": ["client_credentials"], "redirect_uris": ["https://a.example/cb"], "audience": ["https://a.example"],
        "allowed_cors_origins": ["https://a.example"], "metadata": {"a": [1, 2.5, null]}, "contacts": ["c"],
        "jwks": {"keys": []}, "client_credentials_grant_access_token_lifespan": "1h30m", "skip_consent": true,
    });
    let key = json!({"kty": "oct", "kid": "k", "use": "sig", "alg": "HS256", "k": SYMMETRIC_KEY});
    let patch = json!([
        {"op": "replace", "path": "/client_name", "value": "m"}, {"op": "add", "path": "/contacts/-1", "value": "d"},
        {"op": "remove", "path": "/metadata"},
    ]);
    let basic = |target: &str| Request::post(target).basic("mutant", &secret_of("mutant"));
    let origin = |request: Request| request.header("Origin", "https://a.example");
    let admin = [
        Request::post("/admin/clients").json(&client),
        Request::get("/admin/clients?page_size=2&page_token=AAAA&client_name=n&owner=o"),
        Request::get("/admin/clients/mutant"),
        Request::put("/admin/clients/mutant").json(&client),
        Request::patch("/admin/clients/mutant").json(&patch),
        Request::put("/admin/clients/mutant/lifespans").json(&json!({"jwt_bearer_grant_access_token_lifespan": "5m"})),
        Request::post("/admin/clients/mutant/secrets/rotate"),
        Request::delete("/admin/clients/mutant/secrets/rotate"),
        Request::delete("/admin/clients/mutant-gone"),
        Request::post("/admin/keys/mutants").json(&json!({"alg": "ES256", "use": "sig", "kid": "k2"})),
        Request::get("/admin/keys/mutants"),
        Request::get("/admin/keys/mutants/k"),
        Request::put("/admin/keys/mutants").json(&json!({"keys": [key]})),
        Request::put("/admin/keys/mutants/k").json(&key),
        Request::delete("/admin/keys/mutants/k"),
        Request::delete("/admin/keys/mutants"),
        Request::post("/admin/oauth2/introspect").form(&[("token", token), ("scope", "api"), ("token_type_hint", "x")]),
        Request::delete("/admin/oauth2/tokens?client_id=mutant"),
        Request::get("/version"),
        Request::get("/health/ready"),
    ];
    let public = [
        origin(token_request("mutant", &secret_of("mutant"))),
        basic("/oauth2/token").form(&[("grant_type", "client_credentials"), ("audience", "https://a.example")]),
        basic("/oauth2/revoke").form(&[("token", token), ("token_type_hint", "access_token")]),
        origin(Request::get("/.well-known/openid-configuration")),
        Request::get("/.well-known/jwks.json"),
        origin(Request::options("/oauth2/token")).header("Access-Control-Request-Method", "POST"),
        Request::get("/oauth2/fallbacks/login?login_challenge=AAAA"),
        Request::post("/oauth2/fallbacks/login").form(&[
            ("login_challenge", "AAAA"),
            ("subject", "a"),
            ("verdict", "yes"),
        ]),
        Request::post("/oauth2/fallbacks/consent").form(&[
            ("consent_challenge", "AAAA"),
            ("scope", "a"),
            ("verdict", "yes"),
        ]),
        Request::post("/oauth2/fallbacks/logout").form(&[("logout_challenge", "AAAA"), ("verdict", "no")]),
        Request::get("/health/alive").header("Accept", "application/json;q=0.5, text/html"),
    ];
    admin.into_iter().map(|request| (true, request)).chain(public.into_iter().map(|request| (false, request))).collect()
}

/// Changes a text a little: cuts, doubles, flips, or puts something odd in.
fn disturb(dice: &mut Dice, text: &mut Vec<u8>) {
    let at = dice.below(text.len() + 1);
    let end = (at + 1 + dice.below(12)).min(text.len());
    match dice.below(6) {
        0 if at < end => drop(text.drain(at..end)),
        1 if at < end => {
            let twice = text[at..end].to_vec();
            text.splice(at..at, twice);
        }
        2 if at < text.len() => text[at] ^= 1 << dice.below(8),
        3 => text.truncate(at),
        4 => drop(text.splice(at..at, vec![b'a'; 3000])),
        _ => drop(text.splice(at..end, ODD[dice.below(ODD.len())].iter().copied())),
    }
}

fn mutate(dice: &mut Dice, mut request: Request) -> Request {
    for _ in 0..=dice.below(3) {
        let has_body = !matches!(request.body, Body::None);
        match dice.below(10) {
            0 => request.method = ["GET", "PUT", "PATCH", "POST", "DELETE", "HEAD", "TRACE"][dice.below(7)].to_owned(),
            1..=3 => {
                let mut target = request.target.into_bytes();
                disturb(dice, &mut target);
                // The target is one word of printable characters, or the request is none of HTTP.
                target.retain(|byte| byte.is_ascii_graphic());
                request.target = format!("/{}", String::from_utf8_lossy(&target).trim_start_matches('/'));
            }
            4 if !request.headers.is_empty() => {
                let at = dice.below(request.headers.len());
                disturb(dice, &mut request.headers[at].1);
                request.headers[at].1.retain(|byte| !matches!(byte, b'\r' | b'\n' | b'\0'));
            }
            5 if !request.headers.is_empty() => {
                let at = dice.below(request.headers.len());
                let header = request.headers.remove(at);
                if dice.below(2) == 0 {
                    request.headers.extend([header.clone(), header]);
                }
            }
            _ if has_body => {
                let (Body::Whole(mut bytes) | Body::Chunked(mut bytes)) = request.body else {
                    unreachable!("has a body")
                };
                disturb(dice, &mut bytes);
                request.body = if dice.below(8) == 0 { Body::Chunked(bytes) } else { Body::Whole(bytes) };
            }
            _ => {}
        }
    }
    request
}

/// Sends so many of them to a server with quick keys, where the client `mutant` may be done with as they like. None may be
/// answered as our own failure.
#[track_caller]
pub(crate) fn send_almost_right_requests(server: &Server, token: &str, count: u64) {
    let right = right_ones(token);
    let listener = |is_admin: &bool| if *is_admin { server.admin } else { server.public };
    for (is_admin, request) in &right {
        let answer = listener(is_admin).send(request.clone());
        assert!(answer.status < 500, "{request:?}: {answer:?}");
    }
    let mut statuses = BTreeMap::<u16, u32>::new();
    for n in 0..count {
        let mut dice = Dice(n);
        let (is_admin, request) = &right[dice.below(right.len())];
        let request = mutate(&mut dice, request.clone());
        let answer = listener(is_admin).try_send(&request);
        let answer = answer.unwrap_or_else(|why| panic!("request {n}: {why}: {request:?}"));
        assert!(answer.status < 500, "request {n}: {request:?}: {answer:?}");
        *statuses.entry(answer.status).or_default() += 1;
    }
    // Not all were refused at the door, and not all were right.
    for status in [200, 201, 400, 401, 404, 405] {
        assert!(statuses.contains_key(&status), "{statuses:?}");
    }
    for listener in [server.public, server.admin] {
        listener.send(Request::get("/health/ready")).expect(200);
    }
}
