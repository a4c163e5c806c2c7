//! Consents.

use serde_json::{Value, json};

use super::{
    Opened, RACERS, race,
    samples::{access, answer, client, code, consent, fresh_refresh, grant, list, moment, session},
};
use crate::{
    client::Client,
    ids::{AccessSignature, ClientId, CodeSignature, FlowId, LoginSessionId, RefreshSignature, RequestId},
    secret::AuthorizationCode,
    storage::{
        AccessTokenRecord, CodeRecord, ConsentQuery, ConsentRecord, ConsentSelection, ForcedSubject, GrantRecord,
        LoginSession, RefreshTokenRecord, Storage, StorageError,
    },
    token::Claims,
};

fn store<S: Storage>(storage: &Opened<S>, consent: &ConsentRecord) {
    assert_eq!(try_to_store(storage, consent), Ok(()));
}

fn try_to_store<S: Storage>(storage: &Opened<S>, consent: &ConsentRecord) -> Result<(), StorageError> {
    let consent = consent.clone();
    storage.write(move |records| records.insert_consent(&consent))
}

fn stored<S: Storage>(storage: &Opened<S>, id: &str) -> Option<ConsentRecord> {
    let id = RequestId::new(id);
    storage.read(move |records| records.consent(&id)).expect("a consent is looked up")
}

fn store_session<S: Storage>(storage: &Opened<S>, session: &LoginSession) {
    let session = session.clone();
    assert_eq!(storage.write(move |records| records.put_login_session(&session)), Ok(()));
}

fn claims(value: Value) -> Claims {
    match value {
        Value::Object(claims) => claims,
        other => panic!("{other} holds no claims"),
    }
}

/// Databases may reformat JSON: what it says is compared.
fn parsed(consent: Option<ConsentRecord>) -> Option<(ConsentRecord, Option<Value>)> {
    let consent = consent?;
    let context = consent.context.as_deref().map(|text| serde_json::from_str(text).expect("the context is JSON"));
    Some((ConsentRecord { context: None, ..consent }, context))
}

pub(super) fn consent_round_trip<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    store_session(storage, &session("s", "alice"));
    let odd = ConsentRecord {
        requested_audience: list(&["https://api.example/v1", "a|b \"c\" <&> 日本"]),
        granted_audience: list(&["a|b \"c\" <&> 日本"]),
        subject: "O'Neill | ünï\u{2028} 日本 \u{1f600}".to_owned(),
        acr: "urn:acr \"1\"".to_owned(),
        amr: list(&["pwd", "otp \\u0000"]),
        session: Some(LoginSessionId::new("s")),
        remember_for: 3600,
        oidc_context: claims(json!({"ui_locales": ["de", "fr"], "login_hint": "<b>&amp;", "display": "page"})),
        context: Some(r#"{"b": [1, null, "<&>"], "a": {"z": "ü'\\u0000", "y": true}}"#.to_owned()),
        id_token_claims: claims(json!({"z": {"b": 1, "a": [1.5, -2]}, "name": "A<B> \u{2028}", "nothing": null})),
        access_token_claims: claims(json!({"big": 9_007_199_254_740_993_i64, "": "empty name"})),
        ..consent("k", "c")
    };
    store(storage, &odd);
    assert_eq!(parsed(stored(storage, "k")), parsed(Some(odd)));
    assert_eq!(stored(storage, "K"), None);

    let plain = ConsentRecord { remember: false, skip: true, handled_at: None, ..consent("plain", "c") };
    store(storage, &plain);
    assert_eq!(stored(storage, "plain"), Some(plain));
    let device = Some(("device challenge".to_owned(), RequestId::new("device request")));
    let of_device = ConsentRecord { device, context: Some("7".to_owned()), ..consent("device", "c") };
    store(storage, &of_device);
    assert_eq!(stored(storage, "device"), Some(of_device));
}

pub(super) fn consent_once<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let device = Some(("device challenge".to_owned(), RequestId::new("device request")));
    let first = ConsentRecord { device: device.clone(), ..consent("first", "c") };
    store(storage, &first);
    let same_flow = ConsentRecord { flow: first.flow.clone(), ..consent("other", "c") };
    let same_id = ConsentRecord { flow: FlowId::new("another flow"), ..consent("first", "c") };
    let same_device = ConsentRecord { device, ..consent("other", "c") };
    for again in [same_flow, same_id, same_device] {
        assert_eq!(try_to_store(storage, &again), Err(StorageError::Duplicate));
    }
    assert_eq!(stored(storage, "first"), Some(first));
}

pub(super) fn consent_without_parents<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let of_nobody = consent("k", "nobody");
    let of_no_session = ConsentRecord { session: Some(LoginSessionId::new("no session")), ..consent("k", "c") };
    for orphan in [of_nobody, of_no_session] {
        assert_eq!(try_to_store(storage, &orphan), Err(StorageError::MissingParent));
    }
    assert_eq!(stored(storage, "k"), None);
}

pub(super) fn race_to_consent<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let shared = Opened(storage.0.clone());
    let outcomes = race(RACERS, move |n| {
        let consent = ConsentRecord { acr: format!("racer {n}"), ..consent("prize", "c") };
        shared.write(move |records| {
            // As the end of a consent does it: the session is refreshed first.
            records.put_login_session(&session("s", "alice"))?;
            records.insert_consent(&ConsentRecord { session: Some(LoginSessionId::new("s")), ..consent.clone() })
        })
    });
    let winners: Vec<usize> = (0..RACERS).filter(|n| outcomes[*n].is_ok()).collect();
    assert_eq!(winners.len(), 1, "{outcomes:?}");
    let lost = |outcome: &&Result<(), StorageError>| **outcome == Err(StorageError::Duplicate);
    assert_eq!(outcomes.iter().filter(lost).count(), RACERS - 1, "{outcomes:?}");
    assert_eq!(stored(storage, "prize").map(|consent| consent.acr), Some(format!("racer {}", winners[0])));
}

fn remembered_at<S: Storage>(storage: &Opened<S>, now: i64) -> Option<String> {
    let found = storage.read(move |records| records.remembered_consent("alice", &ClientId::new("c"), moment(now)));
    found.expect("a consent is looked up").map(|consent| consent.id.to_string())
}

pub(super) fn remembered<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    storage.store_client(&client("d"));
    assert_eq!(remembered_at(storage, 0), None);
    let at = |id: &str, seconds| ConsentRecord { requested_at: moment(seconds), ..consent(id, "c") };
    store(storage, &at("newest", 30));
    store(storage, &at("older", 10));
    // Newer, but none of these lets anybody skip.
    store(storage, &ConsentRecord { skip: true, ..at("skipped", 40) });
    store(storage, &ConsentRecord { remember: false, ..at("not remembered", 40) });
    store(storage, &ConsentRecord { subject: "Alice".to_owned(), ..at("of another subject", 40) });
    store(storage, &ConsentRecord { client_id: ClientId::new("d"), ..at("to another client", 40) });
    store(storage, &ConsentRecord { remember_for: 5, ..at("expired", 40) });
    assert_eq!(remembered_at(storage, 100).as_deref(), Some("newest"));
    store(storage, &ConsentRecord { remember_for: 3600, ..at("newer still", 50) });
    assert_eq!(remembered_at(storage, 100).as_deref(), Some("newer still"));
}

pub(super) fn remembered_until<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    // The time counts from the request on, not from the moment when consent was given.
    store(
        storage,
        &ConsentRecord {
            requested_at: moment(100),
            handled_at: Some(moment(900)),
            remember_for: 1000,
            ..consent("k", "c")
        },
    );
    assert_eq!(remembered_at(storage, 1099).as_deref(), Some("k"));
    assert_eq!(remembered_at(storage, 1100), None);
    assert_eq!(remembered_at(storage, 5000), None);
    assert!(stored(storage, "k").is_some(), "it can be looked at all the same");
    store(storage, &ConsentRecord { remember_for: i32::MAX, ..consent("for a lifetime", "c") });
    assert_eq!(remembered_at(storage, 5000).as_deref(), Some("for a lifetime"));
}

pub(super) fn consent_list<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    store_session(storage, &session("s", "alice"));
    let flow = |id: &str, flow: &str| ConsentRecord { flow: FlowId::new(flow), ..consent(id, "c") };
    store(storage, &flow("k3", "cc"));
    store(storage, &ConsentRecord { session: Some(LoginSessionId::new("s")), ..flow("k1", "aa") });
    store(storage, &ConsentRecord { session: Some(LoginSessionId::new("s")), remember: false, ..flow("k4", "dd") });
    store(storage, &ConsentRecord { remember_for: 60, ..flow("k2", "bb") });
    store(storage, &ConsentRecord { skip: true, ..flow("skipped", "ab") });
    store(storage, &ConsentRecord { subject: "bob".to_owned(), ..flow("bob's", "ac") });
    let ids = |query: ConsentQuery| {
        let found = storage.read(move |records| records.list_consents(&query)).expect("consents are listed");
        found.iter().map(|consent| consent.id.to_string()).collect::<Vec<_>>()
    };
    let all = ConsentQuery { subject: "alice".to_owned(), session: None, after: None, now: moment(59), limit: 10 };
    assert_eq!(ids(all.clone()), ["k1", "k2", "k3", "k4"]);
    assert_eq!(ids(ConsentQuery { now: moment(60), ..all.clone() }), ["k1", "k3", "k4"], "one has expired");
    assert_eq!(ids(ConsentQuery { limit: 2, after: Some(FlowId::new("aa")), ..all.clone() }), ["k2", "k3"]);
    assert_eq!(ids(ConsentQuery { after: Some(FlowId::new("dd")), ..all.clone() }), [""; 0]);
    let session = Some(LoginSessionId::new("s"));
    assert_eq!(ids(ConsentQuery { session: session.clone(), ..all.clone() }), ["k1", "k4"]);
    assert_eq!(ids(ConsentQuery { session, after: Some(FlowId::new("aa")), ..all.clone() }), ["k4"]);
    assert_eq!(ids(ConsentQuery { subject: "' OR 1=1 --".to_owned(), ..all }), [""; 0]);
}

pub(super) fn consents_of<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    storage.store_client(&client("d"));
    store(storage, &consent("k1", "c"));
    store(storage, &ConsentRecord { remember_for: 1, ..consent("expired", "c") });
    store(storage, &ConsentRecord { skip: true, ..consent("skipped", "d") });
    store(storage, &ConsentRecord { subject: "bob".to_owned(), ..consent("bob's", "c") });
    let of = |whose: ConsentSelection, limit| {
        let found = storage.read(move |records| records.consents_of(&whose, limit)).expect("consents are found");
        let mut ids: Vec<_> = found.iter().map(ToString::to_string).collect();
        ids.sort();
        ids
    };
    let alice = || ConsentSelection::Subject("alice".to_owned());
    let alice_at = |client: &str| ConsentSelection::SubjectAt("alice".to_owned(), ClientId::new(client));
    assert_eq!(of(alice(), 10), ["expired", "k1", "skipped"]);
    assert_eq!(of(alice(), 2).len(), 2);
    assert_eq!(of(alice_at("c"), 10), ["expired", "k1"]);
    assert_eq!(of(alice_at("d"), 10), ["skipped"]);
    assert_eq!(of(alice_at("nobody"), 10), [""; 0]);
}

/// Stores one of each that hangs on a consent, and a token of a request of its own, as device codes lead to.
fn store_all_of<S: Storage>(storage: &Opened<S>, id: &'static str) {
    store(storage, &consent(id, "c"));
    let stored = storage.write(move |records| {
        let of = |what: &str| format!("{what} of {id}");
        let hanging = |grant: GrantRecord| GrantRecord { challenge_id: Some(id.to_owned()), ..grant };
        let (token, refresh, code) =
            (access(&of("access"), "c", id), fresh_refresh(&of("refresh"), "c", id), code(&of("code"), "c", id));
        let code = CodeRecord { grant: hanging(code.grant.clone()), ..code };
        records.insert_access_token(&AccessTokenRecord { grant: hanging(token.grant.clone()), ..token })?;
        records.insert_refresh_token(&RefreshTokenRecord { grant: hanging(refresh.grant.clone()), ..refresh })?;
        records.insert_code(&code)?;
        records.insert_code_challenge(&code)?;
        records.insert_openid_request(&AuthorizationCode::new(of("whole code")), &code.grant)?;
        records.insert_refresh_answer(&answer(&of("refresh"), &of("next"), id))?;
        // Tokens of a device code: their request is not the consent's.
        let (token, refresh) = (
            access(&of("device access"), "c", &of("device")),
            fresh_refresh(&of("device refresh"), "c", &of("device")),
        );
        records.insert_access_token(&AccessTokenRecord { grant: hanging(token.grant.clone()), ..token })?;
        records.insert_refresh_token(&RefreshTokenRecord { grant: hanging(refresh.grant.clone()), ..refresh })?;
        records.insert_refresh_answer(&answer(&of("device refresh"), &of("device next"), &of("device")))?;
        // A token of the same request that does not name the consent, as very old releases wrote it.
        records.insert_access_token(&access(&of("old access"), "c", id))?;
        records.insert_refresh_token(&fresh_refresh(&of("old refresh"), "c", id))
    });
    assert_eq!(stored, Ok(()));
}

pub(super) fn consent_delete<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    store_all_of(storage, "gone");
    store_all_of(storage, "stays");
    let delete = || storage.write(|records| records.delete_consent(&RequestId::new("gone")));
    assert_eq!(delete(), Ok(true));
    assert_eq!(delete(), Ok(false));
    for (id, stays) in [("gone", false), ("stays", true)] {
        let found = storage.read(move |records| {
            let of = |what: &str| format!("{what} of {id}");
            let mut found = vec![records.consent(&RequestId::new(id))?.is_some()];
            for what in ["access", "device access", "old access"] {
                found.push(records.access_token(&AccessSignature::new(of(what)))?.is_some());
            }
            for what in ["refresh", "device refresh", "old refresh"] {
                found.push(records.refresh_token(&RefreshSignature::new(of(what)))?.is_some());
            }
            for what in ["refresh", "device refresh"] {
                found.push(records.refresh_answer(&RefreshSignature::new(of(what)))?.is_some());
            }
            found.push(records.code(&CodeSignature::new(of("code")))?.is_some());
            found.push(records.code_challenge(&CodeSignature::new(of("code")))?.is_some());
            Ok(found)
        });
        assert_eq!(found, Ok(vec![stays; 11]), "{id}");
        let again = storage.write(move |records| {
            let whole = AuthorizationCode::new(format!("whole code of {id}"));
            records.insert_openid_request(&whole, &grant("c", "r"))
        });
        assert_eq!(again.is_err(), stays, "{id}");
    }
}

pub(super) fn clients_of_session<S: Storage>(storage: &Opened<S>) {
    let listener = |id: &str, front: &str, back: &str| Client {
        frontchannel_logout_uri: front.to_owned(),
        backchannel_logout_uri: back.to_owned(),
        ..client(id)
    };
    let uri = "https://a.example/out";
    for client in [
        listener("back", "", uri),
        listener("both", uri, uri),
        listener("deaf", "", ""),
        listener("elsewhere", uri, uri),
        listener("front", uri, ""),
        listener("with another", uri, ""),
    ] {
        storage.store_client(&client);
    }
    store_session(storage, &session("s", "alice"));
    store_session(storage, &session("t", "alice"));
    let mut count = 0;
    let mut takes_part = |client: &str, session: &str, subject: &str| {
        count += 1;
        let consent = consent(&format!("k{count}"), client);
        let session = Some(LoginSessionId::new(session));
        store(storage, &ConsentRecord { session, subject: subject.to_owned(), skip: count % 2 == 0, ..consent });
    };
    for client in ["front", "back", "both", "both", "deaf"] {
        takes_part(client, "s", "alice");
    }
    takes_part("elsewhere", "t", "alice");
    takes_part("with another", "s", "bob");
    let found = storage.read(|records| records.clients_of_session(&LoginSessionId::new("s"), "alice"));
    assert_eq!(
        found.map(|clients| clients.iter().map(|client| client.id.to_string()).collect()),
        Ok(list(&["back", "both", "front"]))
    );
    let found = storage.read(|records| records.clients_of_session(&LoginSessionId::new("no session"), "alice"));
    assert_eq!(found, Ok(Vec::new()));
}

pub(super) fn nul<S: Storage>(storage: &Opened<S>) {
    storage.store_client(&client("c"));
    let refused =
        |stored: Result<(), StorageError>| assert!(matches!(stored, Err(StorageError::Unfit(_))), "{stored:?}");
    let with_nul = "before\0after".to_owned();
    for odd in [
        ConsentRecord { subject: with_nul.clone(), ..consent("k", "c") },
        ConsentRecord { acr: with_nul.clone(), ..consent("k", "c") },
        ConsentRecord { amr: vec![with_nul.clone()], ..consent("k", "c") },
        ConsentRecord { granted_audience: vec![with_nul.clone()], ..consent("k", "c") },
        ConsentRecord { context: Some(r#""\u0000""#.to_owned()), ..consent("k", "c") },
        ConsentRecord { id_token_claims: claims(json!({"a": [{"b": with_nul}]})), ..consent("k", "c") },
        ConsentRecord { access_token_claims: claims(json!({with_nul.clone(): 1})), ..consent("k", "c") },
    ] {
        refused(try_to_store(storage, &odd));
    }
    assert_eq!(stored(storage, "k"), None);
    for odd in [
        session("s", &with_nul),
        LoginSession { identity_provider_session_id: Some(with_nul.clone()), ..session("s", "alice") },
    ] {
        refused(storage.write(move |records| records.put_login_session(&odd)));
    }
    let forced = ForcedSubject { client_id: ClientId::new("c"), subject: "alice".to_owned(), identifier: with_nul };
    refused(storage.write(move |records| records.put_forced_subject(&forced)));
}
