//! Rows as Hydra writes them, so that it can go on with ours.

use oauth_core::{
    ids::{CodeSignature, FlowId, LoginSessionId, RequestId},
    secret::AuthorizationCode,
    storage::{CodeRecord, ConsentRecord, GrantRecord, LoginSession},
    token::Session,
};
use serde_json::json;

use crate::{
    look::{consent, lines, list, moment, open, store_client, write},
    support::{Backend, ScratchDb},
};

pub(crate) fn a_consent_is_written_as_hydra_writes_it(database: &ScratchDb, _: Backend) {
    let storage = open(database, true);
    store_client(database, "vector-client");
    let claims = |value| serde_json::from_value(value).expect("these are claims");
    let session = LoginSession {
        id: LoginSessionId::new("3f0c9a44-6f0d-4c5b-9d8e-2b1a7c6d5e4f"),
        authenticated_at: Some(moment("2026-07-01T10:00:03Z")),
        subject: "user-1".to_owned(),
        remember: true,
        identity_provider_session_id: None,
        expires_at: Some(moment("2026-07-31T10:00:04Z")),
    };
    let consent = ConsentRecord {
        flow: FlowId::new("0123456789abcdef0123456789abcdef"),
        requested_scope: list(&["openid", "offline"]),
        granted_scope: list(&["openid", "offline"]),
        request_url: "https://auth.vectors.test/oauth2/auth?client_id=vector-client&state=abcdefgh".to_owned(),
        session: Some(session.id.clone()),
        context: Some(r#"{"a":1}"#.to_owned()),
        remember_for: 90,
        id_token_claims: claims(json!({"name": "A<B"})),
        access_token_claims: claims(json!({"role": "admin", "b": {"z": 1, "a": 2}})),
        ..consent("fedcba9876543210fedcba9876543210")
    };
    write(&storage, move |records| {
        records.put_login_session(&session)?;
        records.insert_consent(&consent)
    });
    let one = |columns: &[(&str, &str)], table: &str| {
        for (column, expected) in columns {
            let query = format!("SELECT quote({column}) AS line FROM {table}");
            assert_eq!(lines(database, &query), [*expected], "{table}.{column}");
        }
    };
    one(
        &[
            ("login_challenge", "'0123456789abcdef0123456789abcdef'"),
            ("requested_scope", r#"'["openid","offline"]'"#),
            ("requested_at_audience", "'[]'"),
            ("granted_scope", r#"'["openid","offline"]'"#),
            ("granted_at_audience", "'[]'"),
            ("amr", "'[]'"),
            ("acr", "''"),
            // Bytes, not text: `{}`.
            ("oidc_context", "X'7B7D'"),
            ("context", r#"'{"a":1}'"#),
            ("session_id_token", r#"'{"name":"A\u003cB"}'"#),
            ("session_access_token", r#"'{"b":{"a":2,"z":1},"role":"admin"}'"#),
            ("login_session_id", "'3f0c9a44-6f0d-4c5b-9d8e-2b1a7c6d5e4f'"),
            ("consent_challenge_id", "'fedcba9876543210fedcba9876543210'"),
            ("requested_at", "'2026-07-01 10:00:00+00:00'"),
            ("consent_handled_at", "'2026-07-01 10:00:05.25+00:00'"),
            ("expires_at", "'2026-07-01 10:01:30'"),
            ("consent_skip", "0"),
            ("consent_remember", "1"),
            ("consent_remember_for", "90"),
            ("state", "NULL"),
            ("consent_error", "NULL"),
            ("login_was_used", "NULL"),
            ("device_challenge_id", "NULL"),
            ("device_code_request_id", "NULL"),
        ],
        "hydra_oauth2_flow",
    );
    one(
        &[
            ("authenticated_at", "'2026-07-01 10:00:03+00:00'"),
            ("remember", "1"),
            ("identity_provider_session_id", "NULL"),
            ("expires_at", "'2026-07-31 10:00:04+00:00'"),
        ],
        "hydra_oauth2_authentication_session",
    );
}

pub(crate) fn nothing_is_null_where_hydra_cannot_read_it(database: &ScratchDb, _: Backend) {
    let storage = open(database, true);
    store_client(database, "vector-client");
    write(&storage, |records| {
        records.insert_consent(&ConsentRecord { subject: String::new(), handled_at: None, ..consent("empty") })?;
        records.insert_code(&code("sig"))
    });
    for column in [
        "subject",
        "client_id",
        "request_url",
        "acr",
        "consent_skip",
        "consent_remember",
        "consent_remember_for",
        "session_id_token",
        "session_access_token",
        "context",
        "oidc_context",
    ] {
        let query = format!("SELECT '{column}' AS line FROM hydra_oauth2_flow WHERE {column} IS NULL");
        assert_eq!(lines(database, &query), [""; 0]);
    }
    for column in ["requested_audience", "granted_audience"] {
        let query = format!("SELECT '{column}' AS line FROM hydra_oauth2_code WHERE {column} IS NULL");
        assert_eq!(lines(database, &query), [""; 0]);
    }
}

/// A code with nothing in it that may be missing.
fn code(signature: &str) -> CodeRecord {
    let consent = consent("k");
    CodeRecord {
        signature: CodeSignature::new(signature),
        grant: GrantRecord {
            request_id: RequestId::new("r"),
            requested_at: consent.requested_at,
            client_id: consent.client_id,
            requested_scope: list(&["openid", "offline"]),
            granted_scope: list(&["openid", "offline"]),
            requested_audience: Vec::new(),
            granted_audience: Vec::new(),
            form_data: "client_id=vector-client&code_challenge=7w_YNF9D&code_challenge_method=S256".to_owned(),
            session: Session { client_id: "vector-client".to_owned(), ..Session::default() },
            subject: consent.subject,
            active: true,
            challenge_id: None,
            expires_at: None,
        },
    }
}

fn store_code(database: &ScratchDb) {
    let storage = open(database, true);
    store_client(database, "vector-client");
    write(&storage, |records| {
        let code = code("half");
        records.insert_code(&code)?;
        records.insert_code_challenge(&code)?;
        records.insert_openid_request(&AuthorizationCode::new("ory_ac_other.half"), &code.grant)
    });
}

const CODE_TABLES: [(&str, &str); 3] =
    [("hydra_oauth2_code", "half"), ("hydra_oauth2_pkce", "half"), ("hydra_oauth2_oidc", "ory_ac_other.half")];

pub(crate) fn codes_are_written_as_hydra_writes_them(database: &ScratchDb, _: Backend) {
    store_code(database);
    for (table, key) in CODE_TABLES {
        let row = lines(
            database,
            &format!(
                "SELECT CONCAT(signature, ' ', request_id, ' ', scope, ' ', granted_scope, ' ', requested_audience, ' ', \
                 form_data, ' ', subject, ' ', client_id) AS line \
                 FROM {table} WHERE active AND challenge_id IS NULL AND expires_at IS NULL"
            ),
        );
        let form = "client_id=vector-client&code_challenge=7w_YNF9D&code_challenge_method=S256";
        assert_eq!(row, [format!("{key} r openid|offline openid|offline  {form} user-1 vector-client")], "{table}");
    }
}

pub(crate) fn an_end_beyond_the_timestamps_of_mysql_is_written_as_their_last_day(database: &ScratchDb, _: Backend) {
    let storage = open(database, true);
    store_client(database, "vector-client");
    write(&storage, |records| {
        let mut code = code("half");
        code.grant.expires_at = Some(moment("2126-10-30T01:31:54Z"));
        records.insert_code(&code)
    });
    let written = lines(database, "SELECT CAST(expires_at AS CHAR(19)) AS line FROM hydra_oauth2_code");
    assert_eq!(written, ["2038-01-18 00:00:00"]);
}

pub(crate) fn no_session_rests_in_plain_text(database: &ScratchDb, _: Backend) {
    store_code(database);
    for (table, _) in CODE_TABLES {
        let sealed = lines(database, &format!("SELECT CAST(session_data AS CHAR(9000)) AS line FROM {table}"));
        assert!(sealed.iter().all(|text| text.len() > 64 && !text.contains('{')), "{table}");
        assert_eq!(sealed.len(), 1);
    }
}
