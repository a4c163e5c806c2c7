//! A client as it is registered, changed and shown (RFC 7591 §2, with Hydra's additions).

use std::fmt;

use chrono::{DateTime, Utc};
use go_duration::GoDuration;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, value::RawValue};

use crate::{decode::null_is_default, time};

/// The client object of `/admin/clients` and `/oauth2/register`; members in the order in which they are printed.
///
/// Reading: a member that is missing or `null` is left empty, an unknown one is ignored. Writing: some members are left
/// out when empty, others never. The four lists that are `Option` tell "not given" (`null`) from "empty" (`[]`), which
/// the answer to a create or replace request repeats.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Client {
    /// Identifier; free choice on create, a UUID when empty.
    #[serde(deserialize_with = "null_is_default")]
    pub client_id: String,
    /// Name for people.
    #[serde(deserialize_with = "null_is_default")]
    pub client_name: String,
    /// The secret; in answers only right after it was set.
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "String::is_empty")]
    pub client_secret: String,
    /// Where answers may be sent (RFC 6749 §3.1.2).
    pub redirect_uris: Option<Vec<String>>,
    /// Grants the client may use; none means `authorization_code` alone.
    pub grant_types: Option<Vec<String>>,
    /// Response types it may ask for; none means `code` alone.
    pub response_types: Option<Vec<String>>,
    /// Scopes it may ask for, separated by spaces.
    #[serde(deserialize_with = "null_is_default")]
    pub scope: String,
    /// Audiences it may ask for.
    #[serde(deserialize_with = "null_is_default")]
    pub audience: Vec<String>,
    /// Free text of the operator.
    #[serde(deserialize_with = "null_is_default")]
    pub owner: String,
    /// Page with the privacy policy.
    #[serde(deserialize_with = "null_is_default")]
    pub policy_uri: String,
    /// Origins whose scripts may call the public endpoints for this client.
    #[serde(deserialize_with = "null_is_default")]
    pub allowed_cors_origins: Vec<String>,
    /// Page with the terms of service.
    #[serde(deserialize_with = "null_is_default")]
    pub tos_uri: String,
    /// Home page.
    #[serde(deserialize_with = "null_is_default")]
    pub client_uri: String,
    /// Picture.
    #[serde(deserialize_with = "null_is_default")]
    pub logo_uri: String,
    /// Who answers for the client.
    pub contacts: Option<Vec<String>>,
    /// Always 0: secrets do not expire.
    #[serde(deserialize_with = "null_is_default")]
    pub client_secret_expires_at: i64,
    /// `public` or `pairwise` (OIDC Core §8).
    #[serde(deserialize_with = "null_is_default")]
    pub subject_type: String,
    /// List of redirect URIs that share pairwise subjects (OIDC Core §8.1).
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "String::is_empty")]
    pub sector_identifier_uri: String,
    /// Where the client's keys are published; not together with `jwks`.
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "String::is_empty")]
    pub jwks_uri: String,
    /// The client's keys; `{}` when there are none.
    #[serde(default = "no_keys", deserialize_with = "keys")]
    pub jwks: Value,
    /// How it authenticates (OIDC Core §9).
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "String::is_empty")]
    pub token_endpoint_auth_method: String,
    /// Algorithm of its assertions with `private_key_jwt`.
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "String::is_empty")]
    pub token_endpoint_auth_signing_alg: String,
    /// Where its request objects may be fetched (OIDC Core §6.2).
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "Vec::is_empty")]
    pub request_uris: Vec<String>,
    /// Algorithm of its request objects.
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "String::is_empty")]
    pub request_object_signing_alg: String,
    /// `none` or the algorithm that signs its userinfo answers.
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "String::is_empty")]
    pub userinfo_signed_response_alg: String,
    /// The algorithm that signs its ID tokens and logout tokens; empty leaves it to the server. Hydra does not know it.
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "String::is_empty")]
    pub id_token_signed_response_alg: String,
    /// When it was registered, whole seconds.
    #[serde(serialize_with = "time::serialize")]
    pub created_at: Option<DateTime<Utc>>,
    /// When it was last changed, microseconds.
    #[serde(serialize_with = "time::serialize")]
    pub updated_at: Option<DateTime<Utc>>,
    /// Page to load in the browser at logout.
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "String::is_empty")]
    pub frontchannel_logout_uri: String,
    /// Whether that page wants `iss` and `sid`.
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "is_false")]
    pub frontchannel_logout_session_required: bool,
    /// Where a logout may end.
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<String>,
    /// Where logout tokens are posted.
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "String::is_empty")]
    pub backchannel_logout_uri: String,
    /// Whether a logout token must carry `sid`.
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "is_false")]
    pub backchannel_logout_session_required: bool,
    /// Any JSON of the operator, kept byte for byte; `null` counts as given. `None` leaves the member out, as on the
    /// public registration endpoint.
    #[serde(deserialize_with = "any_json", skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Box<RawValue>>,
    /// Token for the registration endpoint (RFC 7592 §3), shown once.
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "String::is_empty")]
    pub registration_access_token: String,
    /// This client at the registration endpoint.
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "String::is_empty")]
    pub registration_client_uri: String,
    /// `jwt` or `opaque`; empty follows the server.
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "String::is_empty")]
    pub access_token_strategy: String,
    /// Tells the consent application that it need not ask.
    #[serde(deserialize_with = "null_is_default")]
    pub skip_consent: bool,
    /// Tells the logout application that it need not ask.
    pub skip_logout_consent: Option<bool>,
    /// Access tokens from an authorization code.
    pub authorization_code_grant_access_token_lifespan: Option<GoDuration>,
    /// ID tokens from an authorization code.
    pub authorization_code_grant_id_token_lifespan: Option<GoDuration>,
    /// Refresh tokens from an authorization code.
    pub authorization_code_grant_refresh_token_lifespan: Option<GoDuration>,
    /// Access tokens from client credentials.
    pub client_credentials_grant_access_token_lifespan: Option<GoDuration>,
    /// Access tokens from the implicit flow.
    pub implicit_grant_access_token_lifespan: Option<GoDuration>,
    /// ID tokens from the implicit flow.
    pub implicit_grant_id_token_lifespan: Option<GoDuration>,
    /// Access tokens from a JWT assertion.
    pub jwt_bearer_grant_access_token_lifespan: Option<GoDuration>,
    /// ID tokens from a refresh token.
    pub refresh_token_grant_id_token_lifespan: Option<GoDuration>,
    /// Access tokens from a refresh token.
    pub refresh_token_grant_access_token_lifespan: Option<GoDuration>,
    /// Refresh tokens from a refresh token.
    pub refresh_token_grant_refresh_token_lifespan: Option<GoDuration>,
    /// ID tokens from the device flow.
    pub device_authorization_grant_id_token_lifespan: Option<GoDuration>,
    /// Access tokens from the device flow.
    pub device_authorization_grant_access_token_lifespan: Option<GoDuration>,
    /// Refresh tokens from the device flow.
    pub device_authorization_grant_refresh_token_lifespan: Option<GoDuration>,
}

impl Client {
    /// The name of every member, in the order in which they are printed.
    pub const MEMBERS: [&str; 52] = [
        "client_id",
        "client_name",
        "client_secret",
        "redirect_uris",
        "grant_types",
        "response_types",
        "scope",
        "audience",
        "owner",
        "policy_uri",
        "allowed_cors_origins",
        "tos_uri",
        "client_uri",
        "logo_uri",
        "contacts",
        "client_secret_expires_at",
        "subject_type",
        "sector_identifier_uri",
        "jwks_uri",
        "jwks",
        "token_endpoint_auth_method",
        "token_endpoint_auth_signing_alg",
        "request_uris",
        "request_object_signing_alg",
        "userinfo_signed_response_alg",
        "id_token_signed_response_alg",
        "created_at",
        "updated_at",
        "frontchannel_logout_uri",
        "frontchannel_logout_session_required",
        "post_logout_redirect_uris",
        "backchannel_logout_uri",
        "backchannel_logout_session_required",
        "metadata",
        "registration_access_token",
        "registration_client_uri",
        "access_token_strategy",
        "skip_consent",
        "skip_logout_consent",
        "authorization_code_grant_access_token_lifespan",
        "authorization_code_grant_id_token_lifespan",
        "authorization_code_grant_refresh_token_lifespan",
        "client_credentials_grant_access_token_lifespan",
        "implicit_grant_access_token_lifespan",
        "implicit_grant_id_token_lifespan",
        "jwt_bearer_grant_access_token_lifespan",
        "refresh_token_grant_id_token_lifespan",
        "refresh_token_grant_access_token_lifespan",
        "refresh_token_grant_refresh_token_lifespan",
        "device_authorization_grant_id_token_lifespan",
        "device_authorization_grant_access_token_lifespan",
        "device_authorization_grant_refresh_token_lifespan",
    ];

    /// The thirteen lifespans on their own.
    pub fn lifespans(&self) -> Lifespans {
        Lifespans {
            authorization_code_grant_access_token_lifespan: self.authorization_code_grant_access_token_lifespan,
            authorization_code_grant_id_token_lifespan: self.authorization_code_grant_id_token_lifespan,
            authorization_code_grant_refresh_token_lifespan: self.authorization_code_grant_refresh_token_lifespan,
            client_credentials_grant_access_token_lifespan: self.client_credentials_grant_access_token_lifespan,
            implicit_grant_access_token_lifespan: self.implicit_grant_access_token_lifespan,
            implicit_grant_id_token_lifespan: self.implicit_grant_id_token_lifespan,
            jwt_bearer_grant_access_token_lifespan: self.jwt_bearer_grant_access_token_lifespan,
            refresh_token_grant_id_token_lifespan: self.refresh_token_grant_id_token_lifespan,
            refresh_token_grant_access_token_lifespan: self.refresh_token_grant_access_token_lifespan,
            refresh_token_grant_refresh_token_lifespan: self.refresh_token_grant_refresh_token_lifespan,
            device_authorization_grant_id_token_lifespan: self.device_authorization_grant_id_token_lifespan,
            device_authorization_grant_access_token_lifespan: self.device_authorization_grant_access_token_lifespan,
            device_authorization_grant_refresh_token_lifespan: self.device_authorization_grant_refresh_token_lifespan,
        }
    }

    /// Replaces all thirteen lifespans.
    pub fn set_lifespans(&mut self, lifespans: Lifespans) {
        let Lifespans {
            authorization_code_grant_access_token_lifespan,
            authorization_code_grant_id_token_lifespan,
            authorization_code_grant_refresh_token_lifespan,
            client_credentials_grant_access_token_lifespan,
            implicit_grant_access_token_lifespan,
            implicit_grant_id_token_lifespan,
            jwt_bearer_grant_access_token_lifespan,
            refresh_token_grant_id_token_lifespan,
            refresh_token_grant_access_token_lifespan,
            refresh_token_grant_refresh_token_lifespan,
            device_authorization_grant_id_token_lifespan,
            device_authorization_grant_access_token_lifespan,
            device_authorization_grant_refresh_token_lifespan,
        } = lifespans;
        self.authorization_code_grant_access_token_lifespan = authorization_code_grant_access_token_lifespan;
        self.authorization_code_grant_id_token_lifespan = authorization_code_grant_id_token_lifespan;
        self.authorization_code_grant_refresh_token_lifespan = authorization_code_grant_refresh_token_lifespan;
        self.client_credentials_grant_access_token_lifespan = client_credentials_grant_access_token_lifespan;
        self.implicit_grant_access_token_lifespan = implicit_grant_access_token_lifespan;
        self.implicit_grant_id_token_lifespan = implicit_grant_id_token_lifespan;
        self.jwt_bearer_grant_access_token_lifespan = jwt_bearer_grant_access_token_lifespan;
        self.refresh_token_grant_id_token_lifespan = refresh_token_grant_id_token_lifespan;
        self.refresh_token_grant_access_token_lifespan = refresh_token_grant_access_token_lifespan;
        self.refresh_token_grant_refresh_token_lifespan = refresh_token_grant_refresh_token_lifespan;
        self.device_authorization_grant_id_token_lifespan = device_authorization_grant_id_token_lifespan;
        self.device_authorization_grant_access_token_lifespan = device_authorization_grant_access_token_lifespan;
        self.device_authorization_grant_refresh_token_lifespan = device_authorization_grant_refresh_token_lifespan;
    }
}

/// The body of `PUT /admin/clients/{id}/lifespans`: how long this client's tokens live, where it differs from the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lifespans {
    /// Access tokens from an authorization code.
    pub authorization_code_grant_access_token_lifespan: Option<GoDuration>,
    /// ID tokens from an authorization code.
    pub authorization_code_grant_id_token_lifespan: Option<GoDuration>,
    /// Refresh tokens from an authorization code.
    pub authorization_code_grant_refresh_token_lifespan: Option<GoDuration>,
    /// Access tokens from client credentials.
    pub client_credentials_grant_access_token_lifespan: Option<GoDuration>,
    /// Access tokens from the implicit flow.
    pub implicit_grant_access_token_lifespan: Option<GoDuration>,
    /// ID tokens from the implicit flow.
    pub implicit_grant_id_token_lifespan: Option<GoDuration>,
    /// Access tokens from a JWT assertion.
    pub jwt_bearer_grant_access_token_lifespan: Option<GoDuration>,
    /// ID tokens from a refresh token.
    pub refresh_token_grant_id_token_lifespan: Option<GoDuration>,
    /// Access tokens from a refresh token.
    pub refresh_token_grant_access_token_lifespan: Option<GoDuration>,
    /// Refresh tokens from a refresh token.
    pub refresh_token_grant_refresh_token_lifespan: Option<GoDuration>,
    /// ID tokens from the device flow.
    pub device_authorization_grant_id_token_lifespan: Option<GoDuration>,
    /// Access tokens from the device flow.
    pub device_authorization_grant_access_token_lifespan: Option<GoDuration>,
    /// Refresh tokens from the device flow.
    pub device_authorization_grant_refresh_token_lifespan: Option<GoDuration>,
}

/// All members but the secrets: the client's secret, its registration token and its keys, which may be private ones.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut members: Map<String, Value> = match serde_json::to_value(self) {
            Ok(Value::Object(members)) => members,
            _ => return f.write_str("Client"),
        };
        for secret in ["client_secret", "registration_access_token", "jwks"] {
            if let Some(value) = members.get_mut(secret) {
                *value = Value::from("…");
            }
        }
        f.debug_map().entries(&members).finish()
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn no_keys() -> Value {
    Value::Object(Map::new())
}

fn keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Ok(Option::<Map<String, Value>>::deserialize(deserializer)?.map_or_else(no_keys, Value::Object))
}

fn any_json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(Some)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]
mod tests {
    use chrono::DateTime;
    use serde_json::{Value, json};

    use super::{Client, Lifespans};
    use crate::{decode, go_json};

    /// Every member has a value, so that every member is printed.
    fn full() -> Value {
        let mut full = json!({
            "client_secret": "s3cret", "sector_identifier_uri": "https://s", "jwks_uri": "https://k",
            "token_endpoint_auth_method": "none", "token_endpoint_auth_signing_alg": "RS256", "request_uris": ["https://r"],
            "request_object_signing_alg": "none", "userinfo_signed_response_alg": "none",
            "id_token_signed_response_alg": "ES256",
            "frontchannel_logout_uri": "https://f", "frontchannel_logout_session_required": true,
            "post_logout_redirect_uris": ["https://p"], "backchannel_logout_uri": "https://b",
            "backchannel_logout_session_required": true, "metadata": {}, "registration_access_token": "ory_at_x",
            "registration_client_uri": "https://c", "access_token_strategy": "jwt",
        });
        full["jwks"] = json!({"keys": [{"d": "hidden-key"}]});
        full
    }

    fn client(body: &Value) -> Client {
        decode(body.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn members_are_printed_in_the_listed_order() {
        let printed: Value = serde_json::to_value(client(&full())).unwrap();
        let names: Vec<&str> = printed.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, Client::MEMBERS);
    }

    #[test]
    fn an_empty_client_keeps_the_members_that_are_always_there() {
        let empty = r#"{"client_id":"","client_name":"","redirect_uris":null,"grant_types":null,"response_types":null,"scope":"","audience":[],"owner":"","policy_uri":"","allowed_cors_origins":[],"tos_uri":"","client_uri":"","logo_uri":"","contacts":null,"client_secret_expires_at":0,"subject_type":"","jwks":{},"created_at":"0001-01-01T00:00:00Z","updated_at":"0001-01-01T00:00:00Z","skip_consent":false,"skip_logout_consent":null,"authorization_code_grant_access_token_lifespan":null"#;
        let printed = go_json::to_string(&client(&json!({}))).unwrap();
        assert!(printed.starts_with(empty), "{printed}");
        assert!(printed.ends_with(r#""device_authorization_grant_refresh_token_lifespan":null}"#), "{printed}");
    }

    #[test]
    fn null_leaves_a_member_empty_and_unknown_members_are_ignored() {
        let nulls: Value = Client::MEMBERS.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
        let read = client(&nulls);
        assert_eq!(read.metadata.as_ref().map(|raw| raw.get()), Some("null"), "null metadata counts as given");
        let expected = go_json::to_string(&Client { metadata: read.metadata.clone(), ..client(&json!({"x": 1})) });
        assert_eq!(go_json::to_string(&read).unwrap(), expected.unwrap());
    }

    #[test]
    fn empty_lists_are_told_from_lists_that_were_not_given() {
        let read = client(&json!({"redirect_uris": [], "contacts": null}));
        assert_eq!((read.redirect_uris, read.contacts), (Some(vec![]), None));
    }

    #[test]
    fn metadata_is_kept_byte_for_byte() {
        let read: Client = decode(br#"{"metadata": { "z": 1.0e2,  "a": 12345678901234567890123 } }"#).unwrap();
        assert_eq!(read.metadata.unwrap().get(), r#"{ "z": 1.0e2,  "a": 12345678901234567890123 }"#);
    }

    #[test]
    fn times_and_durations_are_printed_in_their_normal_form() {
        let read =
            client(&json!({"created_at": "2026-07-24T12:00:00.500+02:00", "implicit_grant_id_token_lifespan": "90m"}));
        assert_eq!(read.created_at, DateTime::from_timestamp_millis(1_784_887_200_500));
        let printed = serde_json::to_value(read).unwrap();
        assert_eq!(printed["created_at"], "2026-07-24T10:00:00.5Z");
        assert_eq!(printed["implicit_grant_id_token_lifespan"], "1h30m0s");
    }

    #[test]
    fn lifespans_travel_between_client_and_body() {
        let mut minute = 0;
        let mut named = serde_json::to_value(Lifespans::default()).unwrap();
        for value in named.as_object_mut().unwrap().values_mut() {
            minute += 1;
            *value = json!(format!("{minute}m0s"));
        }
        let mut read = Client::default();
        read.set_lifespans(serde_json::from_value(named.clone()).unwrap());
        assert_eq!(serde_json::to_value(read.lifespans()).unwrap(), named);
        assert_eq!(
            named.as_object().unwrap().keys().collect::<Vec<_>>(),
            Client::MEMBERS[39..].iter().collect::<Vec<_>>()
        );
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let shown = format!("{:?}", client(&full()));
        for secret in ["s3cret", "ory_at_x", "hidden-key"] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("https://s"), "{shown}");
    }
}
