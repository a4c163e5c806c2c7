//! `/admin/keys`: sets of JSON Web Keys, private members included.

use actix_web::web::Path;
use hydra_api::{CreateJwkRequest, JwkSet};
use oauth_core::{
    Error,
    ids::{KeyId, KeySetName},
    keys::NewKey,
};
use percent_encoding::utf8_percent_encode;
use token_jwt::Jwk;

use crate::{
    error::{ApiFailure, Reason},
    extract::{JsonBody, RawBody, strict_value},
    respond::{Json, NoContent},
    state::Shared,
};

pub(crate) async fn list(state: Shared, set: Path<String>) -> Result<Json<JwkSet>, ApiFailure> {
    let keys = state.provider.list_keys(KeySetName::new(set.into_inner())).await?;
    Ok(Json::ok(set_of(&keys)?))
}

pub(crate) async fn get(state: Shared, path: Path<(String, String)>) -> Result<Json<JwkSet>, ApiFailure> {
    let (set, kid) = path.into_inner();
    let key = state.provider.find_key(KeySetName::new(set), KeyId::new(kid)).await?;
    Ok(Json::ok(set_of(&[key])?))
}

pub(crate) async fn create(
    state: Shared,
    set: Path<String>,
    body: JsonBody<CreateJwkRequest>,
) -> Result<Json<JwkSet>, ApiFailure> {
    let (set, body) = (set.into_inner(), body.0);
    let key_use = if body.usage.is_empty() { "sig".to_owned() } else { body.usage };
    let new = NewKey { alg: body.alg, key_use, kid: Some(body.kid).filter(|kid| !kid.is_empty()) };
    let key = state.provider.create_key(KeySetName::new(set.as_str()), new).await?;
    let issuer = state.provider.policy().issuer.trim_end_matches('/');
    let location = format!("{issuer}/keys/{}", utf8_percent_encode(&set, super::clients::SEGMENT));
    Ok(Json::created(set_of(&[key])?, location))
}

pub(crate) async fn replace(
    state: Shared,
    set: Path<String>,
    body: JsonBody<JwkSet>,
) -> Result<Json<JwkSet>, ApiFailure> {
    let sent = body.0.keys.unwrap_or_default();
    let keys = sent.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let echo = set_of(&keys)?;
    state.provider.replace_keys(KeySetName::new(set.into_inner()), keys).await?;
    Ok(Json::ok(echo))
}

/// The key's own `kid` counts; the one of the path must not contradict it silently, so an absent one is taken from there.
pub(crate) async fn put(
    state: Shared,
    path: Path<(String, String)>,
    body: RawBody,
) -> Result<Json<serde_json::Value>, ApiFailure> {
    let (set, kid) = path.into_inner();
    let mut value = strict_value(&body.0)?;
    if let Some(members) = value.as_object_mut()
        && !members.contains_key("kid")
    {
        members.insert("kid".to_owned(), kid.into());
    }
    let key = parse(&value)?;
    let echo = value_of(&key)?;
    state.provider.put_key(KeySetName::new(set), key).await?;
    Ok(Json::ok(echo))
}

pub(crate) async fn delete_set(state: Shared, set: Path<String>) -> Result<NoContent, ApiFailure> {
    state.provider.delete_keys(KeySetName::new(set.into_inner()), None).await?;
    Ok(NoContent)
}

pub(crate) async fn delete(state: Shared, path: Path<(String, String)>) -> Result<NoContent, ApiFailure> {
    let (set, kid) = path.into_inner();
    state.provider.delete_keys(KeySetName::new(set), Some(KeyId::new(kid))).await?;
    Ok(NoContent)
}

fn parse(value: &serde_json::Value) -> Result<Jwk, Reason> {
    Jwk::from_json(value.to_string().as_bytes())
        .map_err(|why| Reason::Malformed(format!("The body is not a valid JSON Web Key: {why}.")))
}

fn value_of(key: &Jwk) -> Result<serde_json::Value, Reason> {
    serde_json::to_value(key).map_err(|why| Error::Internal(format!("writing a key as JSON failed: {why}")).into())
}

/// The JSON form of a set.
pub(crate) fn set_of(keys: &[Jwk]) -> Result<JwkSet, Reason> {
    Ok(JwkSet { keys: Some(keys.iter().map(value_of).collect::<Result<_, _>>()?) })
}
