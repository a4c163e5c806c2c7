//! `POST /admin/oauth2/introspect` (RFC 7662).

use actix_web::{Either, HttpResponse, http::header};
use hydra_api::Introspection;
use oauth_core::token::{IntrospectionRequest, TokenHint};

use crate::{
    error::OAuthFailure,
    extract::UniqueForm,
    respond::{NoStoreLine, json_bytes},
    state::Shared,
};

/// "Never ends", for readers that expect a number: the last second of the year 9999.
const NEVER: i64 = 253_402_300_799;

pub(crate) async fn introspect(
    state: Shared,
    form: UniqueForm,
) -> Result<Either<HttpResponse, NoStoreLine<Introspection>>, OAuthFailure> {
    let found = state.provider.introspect(IntrospectionRequest::parse(&form.0)?).await?;
    let Some(token) = found else { return Ok(Either::Right(NoStoreLine(Introspection::inactive()))) };
    let body = Introspection {
        active: true,
        scope: (!token.scope.is_empty()).then(|| token.scope.join(" ")),
        client_id: Some(token.client_id.to_string()),
        sub: Some(token.subject),
        obfuscated_subject: token.obfuscated_subject,
        exp: Some(token.expires_at.map_or(NEVER, |end| end.timestamp())),
        iat: Some(token.issued_at.timestamp()),
        nbf: Some(token.issued_at.timestamp()),
        username: (!token.username.is_empty()).then_some(token.username),
        aud: Some(token.audience),
        iss: Some(state.provider.policy().issuer.clone()),
        token_type: Some("Bearer".to_owned()),
        token_use: Some(match token.kind {
            TokenHint::Access => "access_token".to_owned(),
            TokenHint::Refresh => "refresh_token".to_owned(),
        }),
        ext: token.extra,
    };
    let response = HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json;charset=UTF-8"))
        .body(json_bytes(&body));
    Ok(Either::Left(response))
}
