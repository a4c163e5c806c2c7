//! What may be registered as a client (RFC 7591 §2, OIDC Registration §2), checked in a fixed order; the first rule that is
//! broken is reported, with the member it is about and what would be right. Of a client that is there already, only what
//! changes is held against the rules: see [`Change`].

use std::collections::HashSet;

use serde_json::Value;
use token_jwt::{Algorithm, Jwk};

use crate::{
    Error,
    client::{
        AccessTokenStrategy, AuthMethod, Client,
        addresses::{authority, check_redirect_uri, is_web_page, normalised_origin},
        change::{Change, List, Text},
        signing::algorithms,
    },
    policy::{Policy, SubjectTypes},
    scope::{audience_can_be_stored, parse_scope},
    secret::ClientSecret,
};

/// Shortest client secret, in bytes.
const MIN_SECRET: usize = 6;
/// Longest `client_id`, in characters: what the column holds.
const MAX_ID: usize = 255;
/// Longest `token_endpoint_auth_method`, in bytes: what the column holds.
const MAX_METHOD: usize = 25;
/// Grant types that are registered words (RFC 7591 §2 and the documents that extend it).
const GRANT_TYPES: [&str; 9] = [
    "authorization_code",
    "implicit",
    "password",
    "client_credentials",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "urn:ietf:params:oauth:grant-type:device_code",
    "urn:ietf:params:oauth:grant-type:token-exchange",
];
/// What `response_types` are made of.
const RESPONSE_TYPES: [&str; 4] = ["code", "token", "id_token", "none"];
/// Algorithms of signed requests and assertions.
pub(crate) const SIGNING_ALGS: [&str; 9] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

/// Fills in defaults and refuses what is not right. `before` is the stored client, if there is one, and `secret` the new
/// secret, if one is being set. The rules that need the network are the caller's.
pub(super) fn check(
    client: &mut Client,
    before: Option<&Client>,
    secret: Option<&ClientSecret>,
    policy: &Policy,
) -> Result<(), Error> {
    settle(client, before, policy);
    let change = &Change { now: client, before };
    let strict = !policy.compat_hydra;
    no_nul(change)?;
    check_id(change, strict)?;
    check_authentication(change, strict)?;
    check_keys(change)?;
    check_pages(change, strict)?;
    if let Some(secret) = secret {
        check_secret(secret, strict)?;
    }
    check_origins(change)?;
    check_userinfo_alg(change)?;
    for uri in change.added(|client| &client.redirect_uris) {
        check_redirect_uri(uri, strict).map_err(Error::InvalidRedirectUri)?;
    }
    check_subject_type(change, policy)?;
    check_logout_uris(change, strict)?;
    if strict {
        check_words(change)?;
    }
    Ok(())
}

/// Gives members their normal form: the default where nothing is said, origins as browsers spell them, and keys to the letter
/// as they are stored when they are the same ones.
fn settle(client: &mut Client, before: Option<&Client>, policy: &Policy) {
    if client.scope.trim().is_empty() {
        client.scope = policy.default_client_scope.join(" ");
    }
    if client.userinfo_signed_response_alg.is_empty() {
        "none".clone_into(&mut client.userinfo_signed_response_alg);
    }
    if client.subject_type.is_empty() {
        client.subject_type = if served(client, policy).public { "public" } else { "pairwise" }.to_owned();
    }
    for origin in &mut client.allowed_cors_origins {
        if let Some(normal) = normalised_origin(origin) {
            *origin = normal;
        }
    }
    if let Some(before) = before
        && let Some(stored) = jwks(before)
        && jwks(client).is_some_and(|jwks| jwks == stored)
    {
        client.jwks.clone_from(&before.jwks);
    }
}

fn invalid(text: impl Into<String>) -> Error {
    Error::InvalidClientMetadata(text.into())
}

/// No column can hold a NUL on every database.
fn no_nul(change: &Change<'_>) -> Result<(), Error> {
    let lists: [List; 8] = [
        ("redirect_uris", |client| &client.redirect_uris),
        ("grant_types", |client| &client.grant_types),
        ("response_types", |client| &client.response_types),
        ("audience", |client| &client.audience),
        ("allowed_cors_origins", |client| &client.allowed_cors_origins),
        ("contacts", |client| &client.contacts),
        ("request_uris", |client| &client.request_uris),
        ("post_logout_redirect_uris", |client| &client.post_logout_redirect_uris),
    ];
    let texts: [Text; 15] = [
        ("client_id", |client| client.id.as_str()),
        ("client_name", |client| &client.name),
        ("scope", |client| &client.scope),
        ("owner", |client| &client.owner),
        ("policy_uri", |client| &client.policy_uri),
        ("tos_uri", |client| &client.tos_uri),
        ("client_uri", |client| &client.client_uri),
        ("logo_uri", |client| &client.logo_uri),
        ("sector_identifier_uri", |client| &client.sector_identifier_uri),
        ("jwks_uri", |client| &client.jwks_uri),
        ("token_endpoint_auth_method", |client| client.token_endpoint_auth_method.as_str()),
        ("token_endpoint_auth_signing_alg", |client| &client.token_endpoint_auth_signing_alg),
        ("request_object_signing_alg", |client| &client.request_object_signing_alg),
        ("frontchannel_logout_uri", |client| &client.frontchannel_logout_uri),
        ("backchannel_logout_uri", |client| &client.backchannel_logout_uri),
    ];
    let whole =
        texts.iter().filter(|(_, text)| change.touches(*text)).map(|(member, text)| (*member, text(change.now)));
    let entries = lists.iter().flat_map(|(member, list)| change.added(*list).map(move |entry| (*member, entry)));
    match whole.chain(entries).find(|(_, text)| text.contains('\0')) {
        Some((member, _)) => Err(invalid(format!("{member} holds a NUL character."))),
        // JSON spells it out; PostgreSQL refuses it even then.
        None if change.touches(|client| &client.metadata) && change.now.metadata.contains("\\u0000") => {
            Err(invalid("metadata holds a NUL character."))
        }
        None => Ok(()),
    }
}

fn check_id(change: &Change<'_>, strict: bool) -> Result<(), Error> {
    if !change.touches(|client| &client.id) {
        return Ok(());
    }
    let id = change.now.id.as_str();
    if id.chars().count() > MAX_ID {
        return Err(invalid(format!("client_id is longer than {MAX_ID} characters.")));
    }
    if strict && !is_vschar(id) {
        return Err(invalid("client_id may hold printable ASCII characters only (RFC 6749 appendix A.1)."));
    }
    if matches!(id, "." | "..") {
        return Err(invalid(
            "client_id must not be '.' or '..': every address with it, such as /admin/clients/.., leads elsewhere (RFC 3986 section 5.2.4).",
        ));
    }
    Ok(())
}

fn is_vschar(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}

fn check_authentication(change: &Change<'_>, strict: bool) -> Result<(), Error> {
    let method = &change.now.token_endpoint_auth_method;
    if change.breaks(signs_without_keys) {
        return Err(invalid(
            "token_endpoint_auth_method is private_key_jwt: register the client's public keys as jwks, or their address as jwks_uri.",
        ));
    }
    let alg = change.now.token_endpoint_auth_signing_alg.as_str();
    let is_new = change.touches(|client| &client.token_endpoint_auth_method);
    if *method == AuthMethod::PrivateKeyJwt
        && (is_new || change.touches(|client| &client.token_endpoint_auth_signing_alg))
        && !alg.is_empty()
        && !SIGNING_ALGS.contains(&alg)
    {
        return Err(invalid(format!("token_endpoint_auth_signing_alg must be one of {}.", SIGNING_ALGS.join(", "))));
    }
    match method {
        AuthMethod::Other(word) if is_new && strict => Err(invalid(format!(
            "token_endpoint_auth_method '{word}' is not served; use client_secret_basic, client_secret_post, private_key_jwt or none."
        ))),
        AuthMethod::Other(word) if is_new && word.len() > MAX_METHOD => {
            Err(invalid(format!("token_endpoint_auth_method is longer than {MAX_METHOD} characters.")))
        }
        _ if change.breaks(|client| has_keys(client) && !client.jwks_uri.is_empty()) => {
            Err(invalid("jwks and jwks_uri exclude each other: register one of them."))
        }
        _ => Ok(()),
    }
}

fn signs_without_keys(client: &Client) -> bool {
    client.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt && client.jwks_uri.is_empty() && !has_keys(client)
}

fn has_keys(client: &Client) -> bool {
    jwks(client).is_some_and(|jwks| jwks.get("keys").is_some())
}

/// The client's key set, if it is an object at all.
fn jwks(client: &Client) -> Option<Value> {
    serde_json::from_str(&client.jwks).ok().filter(Value::is_object)
}

/// Keys of a client are public by nature (RFC 7591 §2): a private one that reached us is a leak to be reported, not stored.
fn check_keys(change: &Change<'_>) -> Result<(), Error> {
    if !change.touches(|client| &client.jwks) {
        return Ok(());
    }
    let jwks = jwks(change.now)
        .ok_or_else(|| invalid("jwks must be a JSON Web Key set, an object with the member 'keys'."))?;
    let keys = match jwks.get("keys") {
        None | Some(Value::Null) => return Ok(()),
        Some(keys) => keys.as_array().ok_or_else(|| invalid("jwks.keys must be a list."))?,
    };
    let stored = change.before.and_then(self::jwks);
    let stored = stored.as_ref().and_then(|stored| stored.get("keys")?.as_array());
    for (n, key) in keys.iter().enumerate().filter(|(_, key)| !stored.is_some_and(|stored| stored.contains(key))) {
        check_key(key).map_err(|why| invalid(format!("jwks.keys[{n}]{why}")))?;
        if let Some(kid) = key.get("kid")
            && (kid == "" || keys.iter().filter(|other| other.get("kid") == Some(kid)).count() > 1)
        {
            return Err(invalid(format!("jwks.keys[{n}]: its kid is empty or used twice.")));
        }
    }
    Ok(())
}

fn check_key(key: &Value) -> Result<(), String> {
    let parsed = Jwk::from_json(key.to_string().as_bytes()).map_err(|why| format!(": {why}."))?;
    if parsed.is_symmetric() {
        return Err(" is symmetric; register a public RSA, EC or Ed25519 key.".to_owned());
    }
    if parsed.is_private() {
        return Err(
            " holds private members. Register the public half only, and consider this key compromised.".to_owned()
        );
    }
    Ok(())
}

fn check_pages(change: &Change<'_>, strict: bool) -> Result<(), Error> {
    let pages: [Text; 4] = [
        ("tos_uri", |client| &client.tos_uri),
        ("policy_uri", |client| &client.policy_uri),
        ("logo_uri", |client| &client.logo_uri),
        ("client_uri", |client| &client.client_uri),
    ];
    pages.into_iter().try_for_each(|page| check_page(change, page, strict))
}

fn check_page(change: &Change<'_>, (member, uri): Text, strict: bool) -> Result<(), Error> {
    if !change.touches(uri) || is_web_page(uri(change.now), strict) {
        return Ok(());
    }
    Err(invalid(format!("{member} must be an address that starts with http:// or https://.")))
}

fn check_secret(secret: &ClientSecret, strict: bool) -> Result<(), Error> {
    let text = secret.expose();
    if text.len() < MIN_SECRET {
        return Err(invalid(format!("client_secret needs at least {MIN_SECRET} characters.")));
    }
    if strict && !is_vschar(text) {
        return Err(invalid("client_secret may hold printable ASCII characters only (RFC 6749 appendix A.2)."));
    }
    Ok(())
}

fn check_origins(change: &Change<'_>) -> Result<(), Error> {
    match change.added(|client| &client.allowed_cors_origins).find(|origin| normalised_origin(origin).is_none()) {
        Some(odd) => {
            Err(invalid(format!("allowed_cors_origins: '{odd}' is no origin; write scheme, host and port alone.")))
        }
        None => Ok(()),
    }
}

fn check_userinfo_alg(change: &Change<'_>) -> Result<(), Error> {
    let alg = change.now.userinfo_signed_response_alg.as_str();
    if alg == "none"
        || alg.parse::<Algorithm>().is_ok()
        || !change.touches(|client| &client.userinfo_signed_response_alg)
    {
        return Ok(());
    }
    Err(invalid(format!("userinfo_signed_response_alg must be 'none' or one of {}.", algorithms())))
}

/// The subject types that this client may have: a pairwise subject would show as the public one inside a JWT.
fn served(client: &Client, policy: &Policy) -> SubjectTypes {
    let strategy = client.access_token_strategy.unwrap_or(policy.access_token_strategy);
    let pairwise = policy.subject_types.pairwise && strategy == AccessTokenStrategy::Opaque;
    SubjectTypes { public: policy.subject_types.public || !pairwise, pairwise }
}

fn check_subject_type(change: &Change<'_>, policy: &Policy) -> Result<(), Error> {
    let served = served(change.now, policy);
    let is_served = match change.now.subject_type.as_str() {
        "public" => served.public,
        "pairwise" => served.pairwise,
        _ => false,
    };
    let is_new =
        change.touches(|client| &client.subject_type) || change.touches(|client| &client.access_token_strategy);
    if is_new && !is_served {
        let words = [("'public'", served.public), ("'pairwise'", served.pairwise)];
        let words: Vec<_> = words.into_iter().filter(|(_, served)| *served).map(|(word, _)| word).collect();
        return Err(invalid(format!("subject_type must be {} here.", words.join(" or "))));
    }
    if !policy.compat_hydra && change.breaks(is_pairwise_without_sector) {
        return Err(invalid(
            "subject_type pairwise with redirect URIs on several hosts needs a sector_identifier_uri (OIDC Core section 8.1).",
        ));
    }
    Ok(())
}

fn is_pairwise_without_sector(client: &Client) -> bool {
    let hosts: HashSet<_> = client.redirect_uris.iter().map(|uri| authority(uri)).collect();
    client.subject_type == "pairwise" && client.sector_identifier_uri.is_empty() && hosts.len() > 1
}

fn check_logout_uris(change: &Change<'_>, strict: bool) -> Result<(), Error> {
    for uri in change.added(|client| &client.post_logout_redirect_uris) {
        check_redirect_uri(uri, strict).map_err(|why| invalid(format!("post_logout_redirect_uris: {why}")))?;
    }
    for uri in &change.now.post_logout_redirect_uris {
        let is_homeless = |client: &Client| {
            client.post_logout_redirect_uris.contains(uri)
                && !client.redirect_uris.iter().any(|redirect| authority(redirect) == authority(uri))
        };
        if change.breaks(is_homeless) {
            return Err(invalid(format!(
                "post_logout_redirect_uris: '{uri}' must have scheme, host and port of one of the redirect_uris."
            )));
        }
    }
    let called: [Text; 2] = [
        ("frontchannel_logout_uri", |client| &client.frontchannel_logout_uri),
        ("backchannel_logout_uri", |client| &client.backchannel_logout_uri),
    ];
    for (member, uri) in called.into_iter().filter(|_| strict) {
        check_page(change, (member, uri), strict)?;
        if change.touches(uri) && uri(change.now).contains('#') {
            return Err(invalid(format!("{member} must not have a fragment.")));
        }
    }
    Ok(())
}

/// Words that Hydra stores without a look, so that a typing error shows only when a login fails.
fn check_words(change: &Change<'_>) -> Result<(), Error> {
    let is_one_of = |known: &[&str], word: &str| known.iter().any(|known| known.eq_ignore_ascii_case(word));
    if let Some(odd) = change.added(|client| &client.grant_types).find(|word| !is_one_of(&GRANT_TYPES, word)) {
        return Err(invalid(format!("grant_types: '{odd}' is no grant type; known are {}.", GRANT_TYPES.join(", "))));
    }
    for entry in change.added(|client| &client.response_types) {
        let mut words = entry.split(' ').filter(|word| !word.is_empty()).peekable();
        if words.peek().is_none() || !words.all(|word| is_one_of(&RESPONSE_TYPES, word)) {
            return Err(invalid(format!("response_types: '{entry}' is not made of code, token and id_token.")));
        }
    }
    let alg = change.now.request_object_signing_alg.as_str();
    let alg_is_known = alg.is_empty() || alg == "none" || SIGNING_ALGS.contains(&alg);
    if !alg_is_known && change.touches(|client| &client.request_object_signing_alg) {
        return Err(invalid(format!(
            "request_object_signing_alg must be none, or one of {}.",
            SIGNING_ALGS.join(", ")
        )));
    }
    if let Some(odd) = change.added(|client| &client.audience).find(|audience| !audience_can_be_stored(audience)) {
        return Err(invalid(format!(
            "audience: '{}' holds a '|', which separates audiences in storage.",
            odd.escape_default()
        )));
    }
    let known: Vec<&str> = change.before.map(|before| before.scope.split(' ').collect()).unwrap_or_default();
    for entry in change.now.scope.split(' ').filter(|entry| !known.contains(entry)) {
        parse_scope(entry).map_err(|why| invalid(format!("scope: {why}")))?;
    }
    Ok(())
}
