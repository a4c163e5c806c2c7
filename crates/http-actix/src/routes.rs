//! The table of addresses: one line for each. The same functions serve the tests.

use actix_web::{
    Handler, HttpRequest, HttpResponse, Responder, Route, guard,
    web::{self, ServiceConfig},
};

use crate::{
    admin::{clients, consent, introspect, keys, login, logout as logout_requests, sessions, tokens},
    development, health,
    public::{authorize, credentials, fallbacks, logout, revoke, token, userinfo, well_known},
    respond::{not_found, wrong_method},
    state::Shared,
};

/// Endpoints of the public listener.
pub(crate) fn public(app: &mut ServiceConfig) {
    at(app, "/oauth2/auth", [get(authorize::visit), post(authorize::visit)]);
    at(app, "/oauth2/token", [post(token::token), options()]);
    at(app, "/oauth2/revoke", [post(revoke::revoke), options()]);
    at(app, "/oauth2/sessions/logout", [get(logout::logout), post(logout::logout)]);
    at(app, "/userinfo", [get(userinfo::userinfo), post(userinfo::userinfo), options()]);
    at(app, "/credentials", [post(credentials::issue), options()]);
    at(app, "/oauth2/fallbacks/login", [get(development::login::show), post(development::login::decide)]);
    at(app, "/oauth2/fallbacks/consent", [get(development::consent::show), post(development::consent::decide)]);
    at(app, "/oauth2/fallbacks/logout", [get(development::logout::show), post(development::logout::decide)]);
    at(app, "/oauth2/fallbacks/logout/callback", [get(fallbacks::logged_out)]);
    at(app, "/oauth2/fallbacks/device", [get(fallbacks::device)]);
    at(app, "/oauth2/fallbacks/device/done", [get(fallbacks::device_done)]);
    at(app, "/oauth2/fallbacks/error", [get(fallbacks::error)]);
    at(app, "/.well-known/openid-configuration", [get(well_known::openid_configuration), options()]);
    at(app, "/.well-known/oauth-authorization-server", [get(well_known::openid_configuration), options()]);
    at(app, "/.well-known/jwks.json", [get(well_known::jwks), options()]);
    at(app, "/health/alive", [get(health::alive)]);
    at(app, "/health/ready", [get(health::ready)]);
    app.default_service(web::to(nowhere));
}

/// Endpoints of the administrative listener.
pub(crate) fn admin(app: &mut ServiceConfig) {
    // First, for paths are compared in this order, and this one is asked for thousands of times a second.
    at(app, "/admin/oauth2/introspect", [post(introspect::introspect)]);
    at(app, "/admin/clients", [get(clients::list), post(clients::create)]);
    at(
        app,
        "/admin/clients/{id}",
        [get(clients::get), put(clients::replace), patch(clients::patch), delete(clients::delete)],
    );
    at(app, "/admin/clients/{id}/lifespans", [put(clients::set_lifespans)]);
    at(
        app,
        "/admin/clients/{id}/secrets/rotate",
        [post(clients::rotate_secret), delete(clients::forget_rotated_secrets)],
    );
    at(app, "/admin/keys/{set}", [get(keys::list), post(keys::create), put(keys::replace), delete(keys::delete_set)]);
    at(app, "/admin/keys/{set}/{kid}", [get(keys::get), put(keys::put), delete(keys::delete)]);
    at(app, "/admin/oauth2/auth/requests/login", [get(login::get)]);
    at(app, "/admin/oauth2/auth/requests/login/accept", [put(login::accept)]);
    at(app, "/admin/oauth2/auth/requests/login/reject", [put(login::reject)]);
    at(app, "/admin/oauth2/auth/requests/consent", [get(consent::get)]);
    at(app, "/admin/oauth2/auth/requests/consent/accept", [put(consent::accept)]);
    at(app, "/admin/oauth2/auth/requests/consent/reject", [put(consent::reject)]);
    at(app, "/admin/oauth2/auth/requests/logout", [get(logout_requests::get)]);
    at(app, "/admin/oauth2/auth/requests/logout/accept", [put(logout_requests::accept)]);
    at(app, "/admin/oauth2/auth/requests/logout/reject", [put(logout_requests::reject)]);
    at(app, "/admin/oauth2/auth/sessions/consent", [get(sessions::list_consents), delete(sessions::revoke_consents)]);
    at(app, "/admin/oauth2/auth/sessions/login", [delete(sessions::end_logins)]);
    at(app, "/admin/oauth2/tokens", [delete(tokens::delete)]);
    at(app, "/admin/health/alive", [get(health::alive)]);
    at(app, "/admin/health/ready", [get(health::ready)]);
    at(app, "/admin/version", [get(health::version)]);
    app.default_service(web::to(nowhere));
}

async fn nowhere(request: HttpRequest) -> HttpResponse {
    not_found(&request)
}

/// A method, as it stands in `Allow`, and the route that answers it.
type Answer = (&'static str, Route);

/// Puts routes at a path; any other method is told which ones there are.
fn at<const N: usize>(app: &mut ServiceConfig, path: &str, answers: [Answer; N]) {
    let allow = answers.each_ref().map(|(methods, _)| *methods).join(", ");
    let mut resource = web::resource(path);
    for (_, route) in answers {
        resource = resource.route(route);
    }
    let refuse = move |request: HttpRequest, state: Shared| {
        let response = wrong_method(&request, &allow, state.compat_hydra);
        async move { response }
    };
    app.service(resource.default_service(web::to(refuse)));
}

/// Every GET answers HEAD as well (RFC 9110 §9.3.2).
fn get<F, Args>(handler: F) -> Answer
where
    F: Handler<Args>,
    Args: actix_web::FromRequest + 'static,
    F::Output: Responder + 'static,
{
    ("GET, HEAD", web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(handler))
}

macro_rules! answers {
    ($($name:ident: $word:literal),*) => {
        $(fn $name<F, Args>(handler: F) -> Answer
        where
            F: Handler<Args>,
            Args: actix_web::FromRequest + 'static,
            F::Output: Responder + 'static,
        {
            ($word, web::$name().to(handler))
        })*
    };
}

answers!(post: "POST", put: "PUT", patch: "PATCH", delete: "DELETE");

/// OPTIONS that is no CORS preflight: nothing to say.
fn options() -> Answer {
    ("OPTIONS", web::route().guard(guard::Options()).to(HttpResponse::Ok))
}
