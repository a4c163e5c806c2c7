//! What may be registered as a client (RFC 7591 §2, OIDC Registration §2), checked in a fixed order; the first rule that is
//! broken is reported, with the member it is about and what would be right.

use std::collections::HashSet;

use token_jwt::Jwk;
use url::Url;

use crate::{
    Error,
    client::{AccessTokenStrategy, AuthMethod, Client},
    policy::Policy,
    secret::ClientSecret,
};

/// Shortest client secret, in bytes.
const MIN_SECRET: usize = 6;
/// Longest `client_id`, in characters: what the column holds.
const MAX_ID: usize = 255;
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
/// Algorithms of signed requests and assertions.
pub(crate) const SIGNING_ALGS: [&str; 9] =
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];
/// Schemes that make a browser run or show what the "address" itself carries.
const DANGEROUS_SCHEMES: [&str; 7] = ["javascript", "data", "vbscript", "blob", "about", "filesystem", "view-source"];

/// Fills in defaults and refuses what is not right. `secret` is the new secret, if one is being set. The one rule that needs
/// the network, `sector_identifier_uri`, is the caller's.
pub(super) fn check(client: &mut Client, secret: Option<&ClientSecret>, policy: &Policy) -> Result<(), Error> {
    let strict = !policy.compat_hydra;
    no_nul(client)?;
    check_id(client, strict)?;
    check_authentication(client, strict)?;
    check_keys(client)?;
    for (member, uri) in [
        ("tos_uri", &client.tos_uri),
        ("policy_uri", &client.policy_uri),
        ("logo_uri", &client.logo_uri),
        ("client_uri", &client.client_uri),
    ] {
        web_page(member, uri, strict)?;
    }
    if let Some(secret) = secret {
        check_secret(secret, strict)?;
    }
    if client.scope.trim().is_empty() {
        client.scope = policy.default_client_scope.join(" ");
    }
    for origin in &mut client.allowed_cors_origins {
        *origin = normalised_origin(origin)?;
    }
    check_userinfo_alg(client)?;
    for uri in &client.redirect_uris {
        redirect_uri(uri, strict).map_err(Error::InvalidRedirectUri)?;
    }
    check_subject_type(client, policy)?;
    check_logout_uris(client, strict)?;
    if strict {
        check_words(client)?;
    }
    Ok(())
}

fn invalid(text: impl Into<String>) -> Error {
    Error::InvalidClientMetadata(text.into())
}

/// No column can hold a NUL on every database.
fn no_nul(client: &Client) -> Result<(), Error> {
    let lists = [
        ("redirect_uris", &client.redirect_uris),
        ("grant_types", &client.grant_types),
        ("response_types", &client.response_types),
        ("audience", &client.audience),
        ("allowed_cors_origins", &client.allowed_cors_origins),
        ("contacts", &client.contacts),
        ("request_uris", &client.request_uris),
        ("post_logout_redirect_uris", &client.post_logout_redirect_uris),
    ];
    let texts = [
        ("client_id", client.id.as_str()),
        ("client_name", &client.name),
        ("scope", &client.scope),
        ("owner", &client.owner),
        ("policy_uri", &client.policy_uri),
        ("tos_uri", &client.tos_uri),
        ("client_uri", &client.client_uri),
        ("logo_uri", &client.logo_uri),
        ("sector_identifier_uri", &client.sector_identifier_uri),
        ("jwks_uri", &client.jwks_uri),
        ("token_endpoint_auth_method", client.token_endpoint_auth_method.as_str()),
        ("token_endpoint_auth_signing_alg", &client.token_endpoint_auth_signing_alg),
        ("request_object_signing_alg", &client.request_object_signing_alg),
        ("frontchannel_logout_uri", &client.frontchannel_logout_uri),
        ("backchannel_logout_uri", &client.backchannel_logout_uri),
    ];
    let in_lists = lists.iter().flat_map(|(member, list)| list.iter().map(move |text| (*member, text.as_str())));
    match texts.into_iter().chain(in_lists).find(|(_, text)| text.contains('\0')) {
        Some((member, _)) => Err(invalid(format!("{member} holds a NUL character."))),
        // JSON spells it out; PostgreSQL refuses it even then.
        None if client.metadata.contains("\\u0000") => Err(invalid("metadata holds a NUL character.")),
        None => Ok(()),
    }
}

fn check_id(client: &Client, strict: bool) -> Result<(), Error> {
    let id = client.id.as_str();
    if id.chars().count() > MAX_ID {
        return Err(invalid(format!("client_id is longer than {MAX_ID} characters.")));
    }
    if strict && !is_vschar(id) {
        return Err(invalid("client_id may hold printable ASCII characters only (RFC 6749 appendix A.1)."));
    }
    Ok(())
}

fn is_vschar(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}

fn check_authentication(client: &Client, strict: bool) -> Result<(), Error> {
    let has_keys = jwks_value(client)?.get("keys").is_some();
    match &client.token_endpoint_auth_method {
        AuthMethod::PrivateKeyJwt => {
            if client.jwks_uri.is_empty() && !has_keys {
                return Err(invalid(
                    "token_endpoint_auth_method is private_key_jwt: register the client's public keys as jwks, or their address as jwks_uri.",
                ));
            }
            let alg = client.token_endpoint_auth_signing_alg.as_str();
            if !alg.is_empty() && !SIGNING_ALGS.contains(&alg) {
                return Err(invalid(format!(
                    "token_endpoint_auth_signing_alg must be one of {}.",
                    SIGNING_ALGS.join(", ")
                )));
            }
        }
        AuthMethod::Other(word) if strict => {
            return Err(invalid(format!(
                "token_endpoint_auth_method '{word}' is not served; use client_secret_basic, client_secret_post, private_key_jwt or none."
            )));
        }
        AuthMethod::Other(word) if word.len() > 25 => {
            return Err(invalid("token_endpoint_auth_method is longer than 25 characters."));
        }
        _ => {}
    }
    if has_keys && !client.jwks_uri.is_empty() {
        return Err(invalid("jwks and jwks_uri exclude each other: register one of them."));
    }
    Ok(())
}

fn jwks_value(client: &Client) -> Result<serde_json::Value, Error> {
    let value: serde_json::Value =
        serde_json::from_str(&client.jwks).map_err(|_| invalid("jwks is not a JSON Web Key set."))?;
    if value.is_object() { Ok(value) } else { Err(invalid("jwks must be an object with the member 'keys'.")) }
}

/// Keys of a client are public by nature (RFC 7591 §2): a private one that reached us is a leak to be reported, not stored.
fn check_keys(client: &Client) -> Result<(), Error> {
    let value = jwks_value(client)?;
    let Some(keys) = value.get("keys").filter(|keys| !keys.is_null()) else { return Ok(()) };
    let keys = keys.as_array().ok_or_else(|| invalid("jwks.keys must be a list."))?;
    let mut kids = HashSet::new();
    for (n, key) in keys.iter().enumerate() {
        let parsed =
            Jwk::from_json(key.to_string().as_bytes()).map_err(|why| invalid(format!("jwks.keys[{n}]: {why}.")))?;
        if parsed.is_symmetric() {
            return Err(invalid(format!("jwks.keys[{n}] is symmetric; register a public RSA, EC or Ed25519 key.")));
        }
        if parsed.is_private() {
            return Err(invalid(format!(
                "jwks.keys[{n}] holds private members. Register the public half only, and consider this key compromised."
            )));
        }
        if let Some(kid) = key.get("kid").and_then(serde_json::Value::as_str)
            && (kid.is_empty() || !kids.insert(kid))
        {
            return Err(invalid(format!("jwks.keys[{n}]: its kid is empty or used twice.")));
        }
    }
    Ok(())
}

fn web_page(member: &str, uri: &str, strict: bool) -> Result<(), Error> {
    if uri.is_empty() {
        return Ok(());
    }
    let scheme_is_web = |url: &Url| matches!(url.scheme(), "http" | "https");
    let right = match Url::parse(uri) {
        Ok(url) => scheme_is_web(&url) && url.has_host() && uri.trim() == uri && !uri.contains(char::is_control),
        Err(_) => !strict && (uri == "http://" || uri == "https://"),
    };
    if right {
        Ok(())
    } else {
        Err(invalid(format!("{member} must be an address that starts with http:// or https://.")))
    }
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

/// An origin as browsers send it: scheme, host and port, nothing else.
fn normalised_origin(origin: &str) -> Result<String, Error> {
    let refuse =
        || invalid(format!("allowed_cors_origins: '{origin}' is no origin; write scheme, host and port alone."));
    let url = Url::parse(origin).map_err(|_| refuse())?;
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.path().trim_end_matches('/').is_empty()
        && url.query().is_none()
        && url.fragment().is_none();
    if matches!(url.scheme(), "http" | "https") && url.has_host() && bare {
        // As browsers spell it: lower case, without the scheme's own port.
        Ok(url.origin().ascii_serialization())
    } else {
        Err(refuse())
    }
}

fn check_userinfo_alg(client: &mut Client) -> Result<(), Error> {
    match client.userinfo_signed_response_alg.as_str() {
        "" => "none".clone_into(&mut client.userinfo_signed_response_alg),
        "none" | "RS256" => {}
        _ => return Err(invalid("userinfo_signed_response_alg must be 'none' or 'RS256'.")),
    }
    Ok(())
}

/// Whether a browser may be sent to `uri` with a code or token in it. The text is kept and later compared as it is, so it
/// must be plain: no characters that parsers read differently.
fn redirect_uri(uri: &str, strict: bool) -> Result<(), String> {
    let refuse = |why: &str| Err(format!("The redirect URI '{}' {why}.", uri.escape_default()));
    if uri.contains('#') {
        return refuse("has a fragment, which RFC 6749 section 3.1.2 rules out");
    }
    if !strict && (uri.starts_with('/') || uri == "*") {
        return Ok(());
    }
    if !uri.bytes().all(|byte| matches!(byte, 0x21..=0x7e)) || uri.contains('\\') {
        return refuse("holds spaces, backslashes or characters outside ASCII; percent-encode them");
    }
    let Ok(url) = Url::parse(uri) else {
        return refuse("is not an absolute URI");
    };
    if strict && DANGEROUS_SCHEMES.contains(&url.scheme()) {
        return refuse("has a scheme that browsers run or show as content");
    }
    if strict && authority(uri).1.contains('@') {
        return refuse("names a user before the host");
    }
    if strict && matches!(url.scheme(), "http" | "https") && !uri[url.scheme().len()..].starts_with("://") {
        return refuse("lacks the '//' before its host");
    }
    Ok(())
}

fn check_subject_type(client: &mut Client, policy: &Policy) -> Result<(), Error> {
    let strategy = client.access_token_strategy.unwrap_or(policy.access_token_strategy);
    let pairwise = policy.subject_types.pairwise && strategy == AccessTokenStrategy::Opaque;
    let public = policy.subject_types.public || !pairwise;
    if client.subject_type.is_empty() {
        client.subject_type = if public { "public" } else { "pairwise" }.to_owned();
    }
    let supported = match client.subject_type.as_str() {
        "public" => public,
        "pairwise" => pairwise,
        _ => false,
    };
    if !supported {
        let mut words = Vec::new();
        words.extend(public.then_some("'public'"));
        words.extend(pairwise.then_some("'pairwise'"));
        return Err(invalid(format!("subject_type must be {} here.", words.join(" or "))));
    }
    if !policy.compat_hydra && client.subject_type == "pairwise" && client.sector_identifier_uri.is_empty() {
        let hosts: HashSet<_> = client.redirect_uris.iter().map(|uri| authority(uri)).collect();
        if hosts.len() > 1 {
            return Err(invalid(
                "subject_type pairwise with redirect URIs on several hosts needs a sector_identifier_uri (OIDC Core section 8.1).",
            ));
        }
    }
    Ok(())
}

/// Scheme, host and literal port of a URI, as text.
fn authority(uri: &str) -> (String, &str) {
    let (scheme, rest) = uri.split_once(':').unwrap_or(("", uri));
    let authority = rest.strip_prefix("//").map_or("", |rest| rest.split(['/', '?', '#']).next().unwrap_or(""));
    (scheme.to_ascii_lowercase(), authority)
}

fn check_logout_uris(client: &Client, strict: bool) -> Result<(), Error> {
    for uri in &client.post_logout_redirect_uris {
        redirect_uri(uri, strict).map_err(|why| invalid(format!("post_logout_redirect_uris: {why}")))?;
        if !client.redirect_uris.iter().any(|redirect| authority(redirect) == authority(uri)) {
            return Err(invalid(format!(
                "post_logout_redirect_uris: '{uri}' must have scheme, host and port of one of the redirect_uris."
            )));
        }
    }
    if strict {
        for (member, uri) in [
            ("frontchannel_logout_uri", &client.frontchannel_logout_uri),
            ("backchannel_logout_uri", &client.backchannel_logout_uri),
        ] {
            web_page(member, uri, strict)?;
            if uri.contains('#') {
                return Err(invalid(format!("{member} must not have a fragment.")));
            }
        }
    }
    Ok(())
}

/// Words that Hydra stores without a look, so that a typing error shows only when a login fails.
fn check_words(client: &Client) -> Result<(), Error> {
    if let Some(odd) =
        client.grant_types.iter().find(|word| !GRANT_TYPES.iter().any(|known| known.eq_ignore_ascii_case(word)))
    {
        return Err(invalid(format!("grant_types: '{odd}' is no grant type; known are {}.", GRANT_TYPES.join(", "))));
    }
    for entry in &client.response_types {
        let mut words = entry.split(' ').filter(|word| !word.is_empty()).peekable();
        if words.peek().is_none()
            || !words
                .all(|word| ["code", "token", "id_token", "none"].iter().any(|known| known.eq_ignore_ascii_case(word)))
        {
            return Err(invalid(format!("response_types: '{entry}' is not made of code, token and id_token.")));
        }
    }
    let alg = client.request_object_signing_alg.as_str();
    if !alg.is_empty() && alg != "none" && !SIGNING_ALGS.contains(&alg) {
        return Err(invalid(format!(
            "request_object_signing_alg must be none, or one of {}.",
            SIGNING_ALGS.join(", ")
        )));
    }
    if let Some(odd) = client.audience.iter().find(|audience| !crate::scope::audience_can_be_stored(audience)) {
        return Err(invalid(format!(
            "audience: '{}' holds a '|', which separates audiences in storage.",
            odd.escape_default()
        )));
    }
    crate::scope::parse_scope(&client.scope).map(drop).map_err(|why| invalid(format!("scope: {why}")))
}
