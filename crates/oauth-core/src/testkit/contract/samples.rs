//! Rows to store, with something odd wherever there is room for it. Times are whole seconds: what every database keeps.

use chrono::{DateTime, TimeDelta, Utc};
use go_duration::GoDuration;
use token_jwt::{Algorithm, Jwk};
use uuid::Uuid;

use crate::{
    client::{AccessTokenStrategy, AuthMethod, Client, Lifespans, SecretHash},
    ids::{AccessSignature, ClientId, CodeSignature, FlowId, KeySetName, LoginSessionId, RefreshSignature, RequestId},
    storage::{
        AccessTokenRecord, CodeRecord, ConsentRecord, GrantRecord, KeyRecord, LoginSession, RefreshAnswer,
        RefreshTokenRecord,
    },
    token::{Claims, ExpiresAt, IdTokenClaims, IdTokenSession, Session},
};

pub(super) fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_790_000_000 + seconds)
}

pub(super) fn list(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

/// A client with something odd in every field.
pub fn client(id: &str) -> Client {
    let lifespan = |n: i64| Some(GoDuration::from_nanos(n));
    Client {
        id: ClientId::new(id),
        name: "O'Neill \"the\" <b>&amp; | ünï\u{2028}cødé \\ 日本".to_owned(),
        secret: SecretHash::new("$pbkdf2-sha256$i=1,l=32$c2FsdA$a2V5"),
        rotated_secrets: vec![SecretHash::new("$old|1"), SecretHash::new("$old\"2")],
        redirect_uris: list(&["https://a.example/cb?x=1&y=<2>", "com.app:/cb"]),
        grant_types: list(&["client_credentials", "refresh_token"]),
        response_types: Vec::new(),
        scope: "api other.*  double".to_owned(),
        audience: list(&["https://api.example/v1", "a|b"]),
        owner: String::new(),
        policy_uri: "https://a.example/policy".to_owned(),
        allowed_cors_origins: list(&["https://a.example"]),
        tos_uri: String::new(),
        client_uri: "https://a.example".to_owned(),
        logo_uri: String::new(),
        contacts: list(&["a@example.org", "\u{1f600}"]),
        subject_type: "pairwise".to_owned(),
        sector_identifier_uri: "https://a.example/sector".to_owned(),
        jwks_uri: String::new(),
        jwks: r#"{"keys":[]}"#.to_owned(),
        token_endpoint_auth_method: AuthMethod::Other("telepathy".to_owned()),
        token_endpoint_auth_signing_alg: "ES256".to_owned(),
        request_uris: list(&["https://a.example/request"]),
        request_object_signing_alg: "RS256".to_owned(),
        userinfo_signed_response_alg: "none".to_owned(),
        created_at: moment(0),
        updated_at: moment(1),
        frontchannel_logout_uri: "https://a.example/front".to_owned(),
        frontchannel_logout_session_required: true,
        post_logout_redirect_uris: list(&["https://a.example/bye"]),
        backchannel_logout_uri: String::new(),
        backchannel_logout_session_required: false,
        metadata: "{\"b\":1.10,  \"a\":[null,\"<&>\"]}".to_owned(),
        registration_access_token_signature: "sig-na_ture".to_owned(),
        access_token_strategy: Some(AccessTokenStrategy::Jwt),
        skip_consent: true,
        skip_logout_consent: Some(false),
        lifespans: Lifespans {
            authorization_code_grant_access_token: lifespan(1),
            client_credentials_grant_access_token: lifespan(i64::MAX),
            refresh_token_grant_refresh_token: lifespan(-1),
            device_authorization_grant_refresh_token: lifespan(0),
            ..Lifespans::default()
        },
    }
}

pub(super) fn grant(client_id: &str, request: &str) -> GrantRecord {
    let mut extra = Claims::new();
    extra.insert("big".to_owned(), serde_json::json!(9_007_199_254_740_993_i64));
    extra.insert("odd".to_owned(), serde_json::json!({"<&>": ["\u{0}", "ü|"]}));
    GrantRecord {
        request_id: RequestId::new(request),
        requested_at: moment(2),
        client_id: ClientId::new(client_id),
        requested_scope: list(&["api", "other"]),
        granted_scope: list(&["api"]),
        requested_audience: list(&["https://api.example/v1"]),
        granted_audience: Vec::new(),
        form_data: "grant_type=client_credentials&scope=api+other".to_owned(),
        session: Session {
            id_token: IdTokenSession {
                id_token_claims: Some(IdTokenClaims {
                    iss: "https://op.example/".to_owned(),
                    iat: Some(moment(2)),
                    ..IdTokenClaims::default()
                }),
                expires_at: ExpiresAt { access_token: Some(moment(3600)), ..ExpiresAt::default() },
                subject: "alice".to_owned(),
                ..IdTokenSession::default()
            },
            extra: Some(extra),
            client_id: client_id.to_owned(),
            mirror_top_level_claims: true,
            ..Session::default()
        },
        subject: "alice 日本".to_owned(),
        active: true,
        challenge_id: None,
        expires_at: Some(moment(3600)),
    }
}

/// An access token of a client, with something odd in its grant.
pub fn access(signature: &str, client_id: &str, request: &str) -> AccessTokenRecord {
    AccessTokenRecord { signature: AccessSignature::new(signature), grant: grant(client_id, request) }
}

pub(super) fn refresh(signature: &str, client_id: &str, request: &str) -> RefreshTokenRecord {
    RefreshTokenRecord {
        signature: RefreshSignature::new(signature),
        grant: GrantRecord { active: false, expires_at: None, ..grant(client_id, request) },
        access_token_signature: Some(AccessSignature::new("companion")),
        first_used_at: Some(moment(5)),
        used_times: Some(3),
    }
}

pub(super) fn key(set: &str, kid: &str, created: i64) -> KeyRecord {
    KeyRecord {
        id: Uuid::from_u128(u128::try_from(created).unwrap_or_default() << 64 | kid.len() as u128),
        set: KeySetName::new(set),
        jwk: Jwk::generate(Algorithm::EdDSA, "sig", kid).expect("an Ed25519 key is made"),
        created_at: moment(created),
    }
}

/// A refresh token that nobody used yet.
pub(super) fn fresh_refresh(signature: &str, client_id: &str, request: &str) -> RefreshTokenRecord {
    RefreshTokenRecord {
        grant: grant(client_id, request),
        first_used_at: None,
        used_times: None,
        ..refresh(signature, client_id, request)
    }
}

pub(super) fn code(signature: &str, client_id: &str, request: &str) -> CodeRecord {
    let form_data = "client_id=c&code=&redirect_uri=https%3A%2F%2Fa.example%2Fcb%3Fx%3D1&response_type=code";
    CodeRecord {
        signature: CodeSignature::new(signature),
        grant: GrantRecord { form_data: form_data.to_owned(), ..grant(client_id, request) },
    }
}

/// An answer to the refresh that spent one token and handed out another, kept for a minute.
pub(super) fn answer(spent: &str, successor: &str, request: &str) -> RefreshAnswer {
    RefreshAnswer {
        spent: RefreshSignature::new(spent),
        request_id: RequestId::new(request),
        successor: RefreshSignature::new(successor),
        ask: "f".repeat(64),
        binding: None,
        sealed: (0..=255).cycle().take(3000).collect(),
        rotated_at: moment(0),
        expires_at: moment(60),
    }
}

pub(super) fn session(id: &str, subject: &str) -> LoginSession {
    LoginSession {
        id: LoginSessionId::new(id),
        authenticated_at: Some(moment(3)),
        subject: subject.to_owned(),
        remember: true,
        identity_provider_session_id: None,
        expires_at: Some(moment(2_592_000)),
    }
}

/// A consent of alice in no login session, remembered for ever. Its flow is called `flow of ` and its id.
pub(super) fn consent(id: &str, client_id: &str) -> ConsentRecord {
    ConsentRecord {
        flow: FlowId::new(format!("flow of {id}")),
        id: RequestId::new(id),
        requested_at: moment(0),
        requested_scope: list(&["openid", "offline"]),
        requested_audience: Vec::new(),
        granted_scope: list(&["openid"]),
        granted_audience: Vec::new(),
        subject: "alice".to_owned(),
        client_id: ClientId::new(client_id),
        request_url: "https://op.example/oauth2/auth?client_id=c&scope=openid+offline&state=%22%27%7C".to_owned(),
        acr: String::new(),
        amr: Vec::new(),
        session: None,
        skip: false,
        remember: true,
        remember_for: 0,
        handled_at: Some(moment(5)),
        oidc_context: Claims::new(),
        context: None,
        id_token_claims: Claims::new(),
        access_token_claims: Claims::new(),
        device: None,
    }
}
