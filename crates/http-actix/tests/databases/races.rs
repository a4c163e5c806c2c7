//! Many at once.

use std::{collections::BTreeMap, sync::Barrier, thread};

use serde_json::json;

use crate::support::{
    http::Request,
    server::{Server, secret_of, token_request},
};

/// How many try at once.
const RACERS: usize = 32;

/// Lets all of them go at the same moment, and counts what they got.
fn race(one: impl Fn(usize) -> u16 + Sync) -> BTreeMap<u16, usize> {
    let start = Barrier::new(RACERS);
    let statuses: Vec<u16> = thread::scope(|scope| {
        let racers: Vec<_> = (0..RACERS)
            .map(|n| {
                let (start, one) = (&start, &one);
                scope.spawn(move || {
                    start.wait();
                    one(n)
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().expect("a racer gets an answer")).collect()
    });
    let mut counted = BTreeMap::new();
    for status in statuses {
        *counted.entry(status).or_default() += 1;
    }
    counted
}

pub(crate) fn one_id(server: &Server) {
    for round in 0..3 {
        let id = format!("race-{round}");
        let got = race(|n| {
            let client = json!({"client_id": id, "client_name": n.to_string()});
            server.admin.send(Request::post("/admin/clients").json(&client)).status
        });
        assert_eq!(got, BTreeMap::from([(201, 1), (409, RACERS - 1)]));
    }
}

pub(crate) fn one_key(server: &Server) {
    let got = race(|_| {
        let key = json!({"alg": "ES256", "kid": "the-one"});
        server.admin.send(Request::post("/admin/keys/race").json(&key)).status
    });
    assert_eq!(got, BTreeMap::from([(201, 1), (409, RACERS - 1)]));
}

/// Half rotate the secret and half add a contact: nobody gets an error of ours, and what was answered is there.
pub(crate) fn one_client(server: &Server) {
    server.register_machine("race");
    let got = race(|n| {
        if n % 2 == 0 {
            return server.admin.send(Request::post("/admin/clients/race/secrets/rotate")).status;
        }
        let operations = json!([{"op": "add", "path": "/contacts/-", "value": n.to_string()}]);
        loop {
            // Whoever lost too often against others is told to come again, and does.
            match server.admin.send(Request::patch("/admin/clients/race").json(&operations)).status {
                409 | 503 => {}
                status => return status,
            }
        }
    });
    assert_eq!(got, BTreeMap::from([(200, RACERS)]));
    let kept = server.admin.send(Request::get("/admin/clients/race")).expect(200).json();
    assert_eq!(kept["contacts"].as_array().map(Vec::len), Some(RACERS / 2), "{kept}");
}

pub(crate) fn tokens(server: &Server) {
    server.register_machine("race");
    let got = race(|_| {
        let token = server.token("race");
        assert_eq!(server.introspect(&token)["active"], true);
        200
    });
    assert_eq!(got, BTreeMap::from([(200, RACERS)]));
    // The client goes while tokens are asked for: each request is answered with a token or a refusal, never an error.
    let got = race(|n| {
        if n == RACERS / 2 {
            server.admin.send(Request::delete("/admin/clients/race")).status
        } else {
            server.public.send(token_request("race", &secret_of("race"))).status
        }
    });
    assert!(got.keys().all(|status| [200, 204, 401].contains(status)), "{got:?}");
    server.public.send(token_request("race", &secret_of("race"))).expect(401);
}
