//! `GET` and `POST /userinfo` (OIDC Core §5.3).

use actix_web::{Either, HttpResponse, http::header};
use oauth_core::{token::Claims, userinfo::UserInfo};

use crate::{error::BearerFailure, extract::Bearer, respond::Json, state::Shared};

pub(crate) async fn userinfo(
    state: Shared,
    token: Bearer,
) -> Result<Either<Json<Claims>, HttpResponse>, BearerFailure> {
    Ok(match state.provider.userinfo(token.0?).await? {
        UserInfo::Claims(claims) => Either::Left(Json::ok(claims)),
        UserInfo::Signed(jwt) => Either::Right(
            HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/jwt")).body(jwt.into_exposed()),
        ),
    })
}
