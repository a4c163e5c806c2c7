//! What happens to every request before it is routed, and to every answer before it leaves.
//!
//! One trailing slash is cut off. On the administrative listener a missing `/admin` is put in front, so that `/clients` works
//! like `/admin/clients`. Paths with empty, `.` or `..` segments are sent to their clean form. Answers to GET may not be kept,
//! unless the endpoint said otherwise. CORS preflights are answered here, and the headers of CORS are added here.

use actix_web::{
    Error, HttpMessage, HttpResponse, ResponseError,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse},
    http::{
        Method, Uri,
        header::{self, HeaderValue},
        uri::PathAndQuery,
    },
    web,
};
use oauth_core::ids::ClientId;
use percent_encoding::percent_decode_str;
use std::{future::Future, rc::Rc};

use crate::{
    cors::{Cors, Grant},
    error::{ApiFailure, Reason},
    state::State,
};

/// What stands before the endpoints of a listener.
pub(crate) struct Front {
    /// Its way with paths.
    pub(crate) paths: Paths,
    /// CORS, if it is on.
    pub(crate) cors: Option<Cors>,
}

/// The client that a request said it comes from; it may let origins of its own in.
#[derive(Clone)]
pub(crate) struct AskingClient(pub(crate) ClientId);

/// A listener's way with paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paths {
    /// As they come.
    Public,
    /// `/admin` is put in front where it is missing.
    Admin,
}

const UNCACHED: HeaderValue = HeaderValue::from_static("private, no-cache, no-store, must-revalidate");

/// Prepares a request, lets `next` answer it, and finishes the answer.
pub(crate) fn around<S, B>(
    front: Rc<Front>,
    mut request: ServiceRequest,
    next: &S,
) -> impl Future<Output = Result<ServiceResponse<EitherBody<B>>, Error>> + use<S, B>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let is_get = request.method() == Method::GET;
    let preflight = front.cors.as_ref().and_then(|cors| cors.preflight(&request));
    let is_preflight = preflight.is_some();
    // The path as it was sent: escapes must come through to where segments are decoded.
    let step = match (preflight, settle(request.uri().path(), front.paths)) {
        (Some(answer), _) => Err(request.into_response(answer)),
        (None, _) if !is_text(request.uri(), front.paths) => Err(request.into_response(undecodable())),
        (None, Settled::AsItIs) => Ok(next.call(request)),
        (None, Settled::Rewrite(path)) => {
            rewrite(&mut request, &path);
            Ok(next.call(request))
        }
        (None, Settled::Redirect(path)) => Err(redirect(request, path)),
    };
    async move {
        let mut response = match step {
            Ok(answer) => answer.await?.map_into_left_body(),
            Err(answer) => answer.map_into_right_body(),
        };
        if is_get && !response.headers().contains_key(header::CACHE_CONTROL) {
            response.headers_mut().insert(header::CACHE_CONTROL, UNCACHED);
        }
        if let Some(cors) = front.cors.as_ref().filter(|_| !is_preflight) {
            mark(cors, front.paths, &mut response).await;
        }
        Ok(response)
    }
}

async fn mark<B>(cors: &Cors, paths: Paths, response: &mut ServiceResponse<B>) {
    let Some(origin) = response.request().headers().get(header::ORIGIN).cloned() else {
        return cors.mark(response.headers_mut(), None);
    };
    let grant = match origin.to_str() {
        Ok(text) => match cors.grant(text) {
            None if paths == Paths::Public && client_lets_in(response, text).await => Some(Grant::Named),
            grant => grant,
        },
        Err(_) => None,
    };
    cors.mark(response.headers_mut(), grant.map(|grant| (&origin, grant)));
}

/// Whether the client that asked registered this origin. When it cannot be looked up, the origin stays outside.
async fn client_lets_in<B>(response: &ServiceResponse<B>, origin: &str) -> bool {
    let request = response.request();
    let asking = request.extensions().get::<AskingClient>().cloned();
    let (Some(AskingClient(id)), Some(state)) = (asking, request.app_data::<web::Data<State>>()) else { return false };
    let client = state.provider.find_client(id).await;
    client.is_ok_and(|client| client.allowed_cors_origins.iter().any(|allowed| allowed == origin))
}

/// Whether the address holds text that can be looked up. Of a path whose escapes are no UTF-8, routing would make one with
/// replacement characters, and different addresses would lead to one thing. NUL is in no name, and some databases refuse to
/// look for it; operators' queries are looked up too, while those of the public endpoints have rules of their own.
fn is_text(address: &Uri, paths: Paths) -> bool {
    let path = address.path();
    let path_is_text =
        !path.contains('%') || percent_decode_str(path).decode_utf8().is_ok_and(|path| !path.contains('\0'));
    let query_is_text = paths == Paths::Public || !address.query().is_some_and(|query| query.contains("%00"));
    path_is_text && query_is_text
}

fn undecodable() -> HttpResponse {
    let why = "The address is not properly percent-encoded UTF-8 without NUL characters.".to_owned();
    ApiFailure::from(Reason::Malformed(why)).error_response()
}

fn redirect(request: ServiceRequest, path: String) -> ServiceResponse {
    let query = request.query_string();
    let location = if query.is_empty() { path } else { format!("{path}?{query}") };
    request.into_response(HttpResponse::TemporaryRedirect().insert_header((header::LOCATION, location)).finish())
}

#[derive(Debug, PartialEq, Eq)]
enum Settled {
    AsItIs,
    Rewrite(String),
    Redirect(String),
}

fn settle(path: &str, paths: Paths) -> Settled {
    let trimmed = match path.strip_suffix('/') {
        Some(trimmed) if !trimmed.is_empty() => trimmed,
        _ => path,
    };
    let missing_prefix = paths == Paths::Admin && !trimmed.starts_with("/admin");
    let odd = |segment: &str| matches!(segment, "" | "." | "..") || segment.contains('\\');
    if trimmed.len() > 1 && trimmed.split('/').skip(1).any(odd) {
        return Settled::Redirect(clean(trimmed));
    }
    if missing_prefix {
        return Settled::Rewrite(format!("/admin{trimmed}"));
    }
    if trimmed.len() == path.len() { Settled::AsItIs } else { Settled::Rewrite(trimmed.to_owned()) }
}

fn clean(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(kept.pop()),
            // Browsers take a backslash for a slash.
            other => kept.extend(other.split('\\').filter(|part| !matches!(*part, "" | "." | ".."))),
        }
    }
    // A cleaned path starts with exactly one slash, so that no browser takes its first segment for a host.
    format!("/{}", kept.join("/"))
}

/// Gives the request another path; one that cannot be a URI is left alone and finds no route.
fn rewrite(request: &mut ServiceRequest, path: &str) {
    let query = request.query_string();
    let text = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = PathAndQuery::try_from(text).ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_settled_as_each_listener_does() {
        let rewrite = |path: &str| Settled::Rewrite(path.to_owned());
        let redirect = |path: &str| Settled::Redirect(path.to_owned());
        for (paths, path, settled) in [
            (Paths::Public, "/oauth2/token", Settled::AsItIs),
            (Paths::Public, "/oauth2/token/", rewrite("/oauth2/token")),
            (Paths::Public, "/", Settled::AsItIs),
            (Paths::Public, "//evil.test/x", redirect("/evil.test/x")),
            (Paths::Public, "/a/../../b", redirect("/b")),
            (Paths::Admin, "/admin/clients/", rewrite("/admin/clients")),
            (Paths::Admin, "/clients", rewrite("/admin/clients")),
            (Paths::Admin, "/health/alive", rewrite("/admin/health/alive")),
            (Paths::Admin, "/adminx", Settled::AsItIs),
            (Paths::Public, "/x/../\\evil.test", redirect("/evil.test")),
            (Paths::Admin, "/admin//clients", redirect("/admin/clients")),
            (Paths::Admin, "/clients/a%3Fb%20c", rewrite("/admin/clients/a%3Fb%20c")),
            (Paths::Public, "//a%0D%0Ab%3Fc", redirect("/a%0D%0Ab%3Fc")),
        ] {
            assert_eq!(settle(path, paths), settled, "{path}");
        }
    }
}
