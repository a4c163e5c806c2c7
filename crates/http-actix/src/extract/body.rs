//! A body, whole, within its limits of size and time.

use std::time::Duration;

use actix_web::{FromRequest, HttpRequest, dev::Payload, error::PayloadError, web};

use crate::{error::Reason, state::State};

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) async fn read(request: &HttpRequest, mut payload: Payload) -> Result<web::Bytes, Reason> {
    let limit = request.app_data::<web::Data<State>>().map_or(1 << 20, |state| state.max_body_size);
    let bytes = web::Bytes::from_request(request, &mut payload);
    match tokio::time::timeout(PATIENCE, bytes).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => Err(match error.as_error::<PayloadError>() {
            Some(PayloadError::Overflow) => Reason::BodyTooLarge(limit),
            Some(PayloadError::Incomplete(_)) => Reason::BodyCutOff,
            _ => Reason::Malformed("The body is not properly encoded.".to_owned()),
        }),
        Err(_elapsed) => Err(Reason::BodyCutOff),
    }
}
