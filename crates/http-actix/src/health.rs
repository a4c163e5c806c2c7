//! Whether the process lives, whether it can work, and which version it is. Both listeners answer the first two.

use std::time::Duration;

use actix_web::{Either, HttpResponse, http::header};
use hydra_api::{ErrorBody, Health, Version};
use oauth_core::storage::StorageError;
use storage_diesel::NotReady;

use crate::{
    respond::{Json, json_line},
    state::Shared,
};

/// The version this server shows; it follows the Hydra release whose place it takes.
pub const VERSION: &str = concat!("v", env!("CARGO_PKG_VERSION"));

/// How long the database may take to answer a readiness probe.
const PATIENCE: Duration = Duration::from_secs(3);

/// Never touches the database.
pub(crate) async fn alive() -> Json<Health> {
    Json::ok(Health::ok())
}

/// 503 says what is missing, and what to do about it.
pub(crate) async fn ready(state: Shared) -> Either<Json<Health>, HttpResponse> {
    let not_ready = match tokio::time::timeout(PATIENCE, state.provider.storage().ready()).await {
        Ok(Ok(())) => return Either::Left(Json::ok(Health::ok())),
        Ok(Err(not_ready)) => not_ready,
        Err(_elapsed) => NotReady::Database(StorageError::Unavailable("no answer in time".to_owned())),
    };
    log::warn!("not ready: {not_ready}");
    // What the database itself says stays in the log: this listener may face the world.
    let reason = match not_ready {
        NotReady::Schema(missing) => missing,
        NotReady::Database(_) => "the database does not answer; the log says more".to_owned(),
    };
    let body = json_line(&ErrorBody { error: "error".to_owned(), error_description: format!("Not ready: {reason}.") });
    let response =
        HttpResponse::ServiceUnavailable().insert_header((header::CONTENT_TYPE, "application/json")).body(body);
    Either::Right(response)
}

pub(crate) async fn version() -> Json<Version> {
    Json::ok(Version { version: VERSION.to_owned() })
}
