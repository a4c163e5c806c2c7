//! From what the server said to what is printed: rows, documents and ids of each kind of result.

use chrono::{DateTime, FixedOffset, Local, SubsecRound, TimeZone};
use hydra_api::{Client, Introspection, TokenResponse, rfc3339};
use serde_json::{Map, Value, json};
use storage_diesel::migrate::MigrationStatus;

use super::{Answer, Table};

const CLIENT: [&str; 7] =
    ["CLIENT ID", "CLIENT SECRET", "GRANT TYPES", "RESPONSE TYPES", "SCOPE", "AUDIENCE", "REDIRECT URIS"];
const JWK: [&str; 4] = ["SET ID", "KEY ID", "ALGORITHM", "USE"];
const TOKEN: [&str; 4] = ["ACCESS TOKEN", "REFRESH TOKEN", "ID TOKEN", "EXPIRY"];
const INTROSPECTION: [&str; 6] = ["ACTIVE", "SUBJECT", "CLIENT ID", "SCOPE", "EXPIRY", "TOKEN USE"];

/// Members of a printed key, alphabetical.
const JWK_MEMBERS: [&str; 18] =
    ["alg", "crv", "d", "dp", "dq", "e", "k", "kid", "kty", "n", "p", "q", "qi", "set", "use", "x", "x5c", "y"];

/// Members of a printed introspection, alphabetical but for the first.
const INTROSPECTION_MEMBERS: [&str; 14] = [
    "active",
    "aud",
    "client_id",
    "exp",
    "ext",
    "iat",
    "iss",
    "nbf",
    "obfuscated_subject",
    "scope",
    "sub",
    "token_type",
    "token_use",
    "username",
];

/// One client. Empty lists are left out.
pub(crate) fn client(client: &Value) -> Answer {
    let mut document = client_document(client);
    document.retain(|_, value| value.as_array().is_none_or(|list| !list.is_empty()));
    Answer {
        table: Table::row(&CLIENT, client_cells(client)),
        document: Value::Object(document),
        ids: vec![text(client, "client_id")],
        known_members: client_members(),
    }
}

/// Several clients as an array. Empty lists stay.
pub(crate) fn clients(clients: &[Value]) -> Answer {
    Answer {
        table: Table::list(&CLIENT, clients.iter().map(client_cells)),
        document: clients.iter().map(client_document).map(Value::Object).collect(),
        ids: clients.iter().map(|client| text(client, "client_id")).collect(),
        known_members: vec![],
    }
}

/// One page of the list of clients; an empty `next_page_token` marks the last.
pub(crate) fn client_page(page: &[Value], next_page_token: &str) -> Answer {
    let is_last_page = next_page_token.is_empty();
    let mut answer = clients(page);
    answer.table.push([""]);
    answer.table.push(["NEXT PAGE TOKEN", next_page_token]);
    answer.table.push(["IS LAST PAGE", if is_last_page { "true" } else { "false" }]);
    answer.document =
        json!({"items": answer.document, "next_page_token": next_page_token, "is_last_page": is_last_page});
    answer
}

/// One key and the set it belongs to. Its id for `--quiet` is the set's.
pub(crate) fn jwk(set: &str, key: &Value) -> Answer {
    Answer {
        table: Table::row(&JWK, jwk_cells(set, key)),
        document: jwk_document(set, key),
        ids: vec![set.to_owned()],
        known_members: JWK_MEMBERS.into(),
    }
}

/// Keys with their sets; `of_set` is named in the document if all of them belong to it.
pub(crate) fn jwks(of_set: Option<&str>, keys: &[(String, Value)]) -> Answer {
    let mut document = Map::new();
    if let Some(set) = of_set {
        document.insert("set".to_owned(), set.into());
    }
    document.insert("keys".to_owned(), keys.iter().map(|(set, key)| jwk_document(set, key)).collect());
    Answer {
        table: Table::list(&JWK, keys.iter().map(|(set, key)| jwk_cells(set, key))),
        document: Value::Object(document),
        ids: keys.iter().map(|(_, key)| text(key, "kid")).collect(),
        known_members: vec!["set", "keys"],
    }
}

/// A token response received at `received`, whose time zone is the user's.
pub(crate) fn token(response: &TokenResponse, received: DateTime<FixedOffset>) -> Answer {
    let expiry = expiry(response, received);
    let expiry_text = expiry.as_ref().map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), rfc3339);
    let or_empty = |token: &Option<String>| token.clone().unwrap_or_else(|| "<empty>".to_owned());
    let mut document = json!({"access_token": response.access_token, "token_type": response.token_type});
    if let Some(refresh_token) = &response.refresh_token {
        document["refresh_token"] = refresh_token.as_str().into();
    }
    document["expiry"] = expiry_text.into();
    let cells = [
        response.access_token.clone(),
        or_empty(&response.refresh_token),
        or_empty(&response.id_token),
        expiry.map_or_else(|| "0001-01-01 00:00:00 +0000 UTC".to_owned(), wall_clock),
    ];
    Answer {
        table: Table::row(&TOKEN, cells),
        document,
        ids: vec![response.access_token.clone()],
        known_members: vec!["access_token", "token_type", "refresh_token", "expiry"],
    }
}

/// When the access token ends, if it does.
pub(crate) fn expiry(response: &TokenResponse, received: DateTime<FixedOffset>) -> Option<DateTime<FixedOffset>> {
    match response.expires_in {
        0 => None,
        seconds => chrono::TimeDelta::try_seconds(seconds).and_then(|lifetime| received.checked_add_signed(lifetime)),
    }
}

/// The same for a flow with a user, whose document also says how many seconds the access token lives.
pub(crate) fn token_of_user(response: &TokenResponse, received: DateTime<FixedOffset>) -> Answer {
    let mut answer = token(response, received);
    if response.expires_in != 0 {
        answer.document["expires_in"] = response.expires_in.into();
    }
    answer.known_members.push("expires_in");
    answer
}

/// What the server knows about a token.
pub(crate) fn introspection(introspection: &Introspection) -> Answer {
    let known = serde_json::to_value(introspection).unwrap_or_default();
    let document = INTROSPECTION_MEMBERS
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), known.get(name)?.clone())))
        .filter(|(name, value)| name == "active" || !is_empty(value))
        .collect();
    let expiry = Local.timestamp_opt(introspection.exp.unwrap_or_default(), 0).single();
    let or_nothing = |text: &Option<String>| text.clone().unwrap_or_default();
    let cells = [
        introspection.active.to_string(),
        or_nothing(&introspection.sub),
        or_nothing(&introspection.client_id),
        or_nothing(&introspection.scope),
        expiry.map_or_else(String::new, |expiry| wall_clock(expiry.fixed_offset())),
        or_nothing(&introspection.token_use),
    ];
    Answer {
        table: Table::row(&INTROSPECTION, cells),
        document: Value::Object(document),
        ids: vec![introspection.active.to_string()],
        known_members: INTROSPECTION_MEMBERS.into(),
    }
}

/// All migrations, oldest first.
pub(crate) fn migrations(migrations: &[MigrationStatus]) -> Answer {
    let document = |migration: &MigrationStatus| {
        json!({"state": migration.state.to_string(), "version": migration.version, "name": migration.name,
            "content": migration.up_sql, "content_down": migration.down_sql})
    };
    let row =
        |migration: &MigrationStatus| [migration.version.clone(), migration.name.clone(), migration.state.to_string()];
    Answer {
        table: Table::list(&["Version", "Name", "Status"], migrations.iter().map(row)),
        document: migrations.iter().map(document).collect(),
        ids: migrations.iter().map(|migration| migration.version.clone()).collect(),
        known_members: vec![],
    }
}

/// Names of what was deleted or revoked; one alone is no list.
pub(crate) fn ids(ids: Vec<String>) -> Answer {
    let (table, document) = match ids.as_slice() {
        [id] => (Table::row(&["ID"], [id.clone()]), id.as_str().into()),
        several => {
            let rows = several.iter().map(|id| [id.clone()]);
            (Table::list(&["ID"], rows), several.iter().map(String::as_str).collect())
        }
    };
    Answer { table, document, ids, known_members: vec![] }
}

/// `2026-07-24 12:00:00 +0200 +0200`, and `UTC` where that is the zone; whole seconds. The system does not tell the
/// abbreviation of other zones, so the offset stands in for it.
fn wall_clock(time: DateTime<FixedOffset>) -> String {
    let time = time.round_subsecs(0);
    let zone = if time.offset().local_minus_utc() == 0 { "UTC" } else { "%z" };
    time.format(&format!("%Y-%m-%d %H:%M:%S %z {zone}")).to_string()
}

fn client_members() -> Vec<&'static str> {
    let mut members = Vec::from(Client::MEMBERS);
    members.sort_unstable();
    members
}

/// The members that are set, alphabetical; what this command line does not know is dropped.
fn client_document(client: &Value) -> Map<String, Value> {
    set_members(client, &client_members())
}

fn set_members(object: &Value, names: &[&str]) -> Map<String, Value> {
    names
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), object.get(name)?.clone())))
        .filter(|(_, value)| !value.is_null())
        .collect()
}

fn client_cells(client: &Value) -> [String; 7] {
    [
        text(client, "client_id"),
        text(client, "client_secret"),
        joined(client, "grant_types", ", "),
        joined(client, "response_types", ", "),
        text(client, "scope"),
        joined(client, "audience", ","),
        joined(client, "redirect_uris", ", "),
    ]
}

fn jwk_cells(set: &str, key: &Value) -> [String; 4] {
    [set.to_owned(), text(key, "kid"), text(key, "alg"), text(key, "use")]
}

fn jwk_document(set: &str, key: &Value) -> Value {
    let mut named = key.clone();
    if let Some(members) = named.as_object_mut() {
        members.insert("set".to_owned(), set.into());
    }
    let mut document = set_members(&named, &JWK_MEMBERS);
    document.retain(|_, value| !is_empty(value));
    Value::Object(document)
}

fn text(object: &Value, member: &str) -> String {
    object.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn joined(object: &Value, member: &str, separator: &str) -> String {
    let words: Vec<&str> =
        object.get(member).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    words.join(separator)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]
mod tests {
    use super::*;

    #[test]
    fn one_client_drops_empty_lists_and_several_keep_them() {
        let server = json!({"unknown": 1, "scope": "", "owner": null, "client_id": "c", "audience": [], "jwks": {}});
        assert_eq!(client(&server).document.to_string(), r#"{"client_id":"c","jwks":{},"scope":""}"#);
        let several = clients(&[server]).document.to_string();
        assert_eq!(several, r#"[{"audience":[],"client_id":"c","jwks":{},"scope":""}]"#);
    }

    #[test]
    fn a_page_says_whether_it_is_the_last() {
        let last = client_page(&[], "");
        assert_eq!(last.document.to_string(), r#"{"items":[],"next_page_token":"","is_last_page":true}"#);
        assert!(client_page(&[], "x").table.render().ends_with("NEXT PAGE TOKEN\tx\t\nIS LAST PAGE\tfalse\t\n"));
        assert_eq!(client_page(&[json!({"client_id": "c"})], "x").ids, ["c"]);
    }

    #[test]
    fn a_key_names_its_set_among_its_members() {
        let key = json!({"use": "sig", "kty": "RSA", "kid": "k", "alg": "RS256", "n": "n", "e": "AQAB", "x5t": "t"});
        let expected = r#"{"alg":"RS256","e":"AQAB","kid":"k","kty":"RSA","n":"n","set":"s","use":"sig"}"#;
        assert_eq!(jwk("s", &key).document.to_string(), expected);
        assert_eq!(jwk("s", &key).ids, ["s"]);
        let several = jwks(None, &[("s".to_owned(), key)]);
        assert_eq!(several.document.to_string(), format!(r#"{{"keys":[{expected}]}}"#));
        assert_eq!(several.ids, ["k"]);
    }

    #[test]
    fn a_token_expires_a_lifetime_after_it_was_received_in_the_users_zone() {
        let response = TokenResponse {
            access_token: "at".into(),
            expires_in: 3600,
            token_type: "bearer".into(),
            ..TokenResponse::default()
        };
        let received = DateTime::parse_from_rfc3339("2026-07-24T12:00:00.600000001+02:00").unwrap();
        let answer = token(&response, received);
        let expected = r#"{"access_token":"at","token_type":"bearer","expiry":"2026-07-24T13:00:00.600000001+02:00"}"#;
        assert_eq!(answer.document.to_string(), expected);
        let table = answer.table.render().replace('\t', " ");
        assert!(table.contains("<empty>") && table.contains("2026-07-24 13:00:01 +0200 +0200"), "{table}");
        let in_utc = DateTime::parse_from_rfc3339("2026-07-24T12:00:00Z").unwrap();
        let table = token(&TokenResponse { expires_in: 1, ..response.clone() }, in_utc).table.render();
        assert!(table.contains("2026-07-24 12:00:01 +0000 UTC"), "{table}");
        let endless = token(&TokenResponse { expires_in: 0, ..response }, in_utc);
        assert_eq!(endless.document["expiry"], "0001-01-01T00:00:00Z");
    }

    #[test]
    fn an_introspection_drops_what_is_empty() {
        let active: Introspection = serde_json::from_value(json!({
            "active": true, "scope": "api", "client_id": "c", "sub": "c", "exp": 2, "iat": 1, "nbf": 1, "aud": [],
            "iss": "http://h/", "token_type": "Bearer", "token_use": "access_token", "ext": {},
        }))
        .unwrap();
        let expected = r#"{"active":true,"client_id":"c","exp":2,"iat":1,"iss":"http://h/","nbf":1,"scope":"api","sub":"c","token_type":"Bearer","token_use":"access_token"}"#;
        assert_eq!(introspection(&active).document.to_string(), expected);
        assert_eq!(introspection(&Introspection::inactive()).document.to_string(), r#"{"active":false}"#);
    }

    #[test]
    fn one_id_is_no_list() {
        assert_eq!(ids(vec!["a".into()]).document.to_string(), r#""a""#);
        assert_eq!(ids(vec!["a".into()]).table.render(), "ID\ta\t\n");
        assert_eq!(ids(vec!["a".into(), "b".into()]).document.to_string(), r#"["a","b"]"#);
        assert_eq!(ids(vec!["a".into(), "b".into()]).table.render(), "ID\t\na\t\nb\t\n");
    }
}
