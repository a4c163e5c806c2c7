//! A browser at the authorization or logout endpoint: parameters of query and body together. Unlike elsewhere the query counts,
//! for that is how a browser is sent here.

use actix_web::{HttpRequest, dev::Payload, http::Method};
use oauth_core::token::Form;

use super::form;
use crate::{error::Reason, state::Shared};

/// The parameters, those of the query first.
pub(crate) async fn parameters(request: &HttpRequest, payload: Payload, state: &Shared) -> Result<Form, Reason> {
    let lenient = state.compat_hydra;
    let mut pairs = form::urlencoded(request.query_string().as_bytes(), lenient)?;
    if request.method() == Method::POST {
        pairs.extend(form::read(request, payload, lenient).await?);
    }
    Ok(Form::new(pairs, lenient))
}

/// Those of the body alone: where a form is posted, an address must not fill it in.
pub(crate) async fn posted(request: &HttpRequest, payload: Payload, state: &Shared) -> Result<Form, Reason> {
    let lenient = state.compat_hydra;
    Ok(Form::new(form::read(request, payload, lenient).await?, lenient))
}
