//! `GET` and `POST /oauth2/auth`: the authorization endpoint.

use actix_web::{HttpRequest, HttpResponse, web::Payload};
use oauth_core::authorize::Visit;

use crate::{
    extract::parameters,
    respond::directions::{directions, error_page},
    state::Shared,
};

pub(crate) async fn visit(state: Shared, request: HttpRequest, payload: Payload) -> HttpResponse {
    let form = match parameters(&request, payload.into_inner(), &state).await {
        Ok(form) => form,
        Err(reason) => return error_page(&state, &reason, &[]),
    };
    let browser = state.cookies.browser(&request, form.all("client_id").next());
    let outcome = state.provider.authorize(Visit { form, browser }).await;
    directions(&state, outcome)
}
