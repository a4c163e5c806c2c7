//! HTTP calls to a server: one attempt each, ten seconds at most, no proxy from the environment.
//!
//! Paths, bodies and what an answer means belong to the commands. An error answer with a JSON body becomes
//! [`Failure::Api`], every other trouble [`Failure::Message`].

use std::{error::Error, time::Duration};

use reqwest::{
    Method, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LINK},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

use crate::{
    args::Connection,
    failure::{Failure, Refusal},
};

const TIMEOUT: Duration = Duration::from_secs(10);
/// Scripts and gateways tell the command line apart by this name.
const USER_AGENT: &str = "OpenAPI-Generator/1.0.0/go";

/// A server at its base URL.
pub(crate) struct Server {
    http: reqwest::Client,
    base: Url,
    extra_headers: HeaderMap,
}

/// A successful answer.
pub(crate) struct Answered {
    /// What was asked, for messages.
    request: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// An answer of any status.
pub(crate) struct RawAnswer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Server {
    /// The server that the connection flags describe.
    pub(crate) fn new(connection: &Connection) -> Result<Self, Failure> {
        let base = base_url(connection.endpoint.as_deref().unwrap_or_default())?;
        let extra_headers = extra_headers(&connection.headers())?;
        let client = || {
            reqwest::Client::builder()
                .timeout(TIMEOUT)
                .no_proxy()
                .user_agent(USER_AGENT)
                .tls_danger_accept_invalid_certs(connection.skip_tls_verify)
        };
        let http = match client().build() {
            // A machine without certificate authorities, a bare container say, can still talk plain HTTP; with no
            // authority to trust, a redirect to https is refused.
            Err(_) if base.scheme() == "http" => client().tls_certs_only([]).build(),
            built => built,
        };
        let http = http
            .map_err(|error| Failure::Message(format!("the HTTP client cannot be set up: {}", with_causes(&error))))?;
        Ok(Self { http, base, extra_headers })
    }

    /// The base URL for messages, without a password.
    pub(crate) fn shown(&self) -> String {
        without_credentials(&self.base).as_str().trim_end_matches('/').to_owned()
    }

    /// The URL of a path; every segment is percent-encoded.
    pub(crate) fn url(&self, segments: &[&str]) -> Result<Url, Failure> {
        if let Some(segment) = segments.iter().find(|segment| matches!(**segment, "" | "." | "..")) {
            let message = format!("{segment:?} cannot be part of a URL path; give the id of something that exists");
            return Err(Failure::Usage(message));
        }
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        Ok(url)
    }

    pub(crate) async fn get(&self, url: Url) -> Result<Answered, Failure> {
        self.send(self.http.request(Method::GET, url)).await
    }

    pub(crate) async fn delete(&self, url: Url) -> Result<Answered, Failure> {
        self.send(self.http.request(Method::DELETE, url)).await
    }

    pub(crate) async fn send_json(&self, method: Method, url: Url, body: &impl Serialize) -> Result<Answered, Failure> {
        let body = hydra_api::go_json::to_vec(body)
            .map_err(|error| Failure::Message(format!("the request cannot be written: {error}")))?;
        self.send(self.http.request(method, url).header(CONTENT_TYPE, "application/json").body(body)).await
    }

    pub(crate) async fn post_form(
        &self,
        url: Url,
        form: &[(&str, &str)],
        credentials: Option<(&str, &str)>,
    ) -> Result<Answered, Failure> {
        self.send(self.form(url, form, credentials)).await
    }

    /// As [`Self::post_form`], but an error answer is an answer.
    pub(crate) async fn try_form(
        &self,
        url: Url,
        form: &[(&str, &str)],
        credentials: Option<(&str, &str)>,
    ) -> Result<RawAnswer, Failure> {
        Ok(self.attempt(self.form(url, form, credentials)).await?.1)
    }

    fn form(&self, url: Url, form: &[(&str, &str)], credentials: Option<(&str, &str)>) -> reqwest::RequestBuilder {
        let request = self.http.request(Method::POST, url).form(form);
        match credentials {
            Some((id, secret)) => request.basic_auth(id, Some(secret)),
            None => request,
        }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answered, Failure> {
        let (request, RawAnswer { status, headers, body }) = self.attempt(request).await?;
        if status.is_success() {
            return Ok(Answered { request, headers, body });
        }
        match serde_json::from_slice(&body) {
            Ok(body) => Err(Failure::Api(Refusal { status: status.to_string(), body })),
            Err(_) => Err(Failure::Message(format!(
                "{request}: the server answered {status} without a reason in JSON; check that --endpoint is the right \
                 server and port"
            ))),
        }
    }

    async fn attempt(&self, request: reqwest::RequestBuilder) -> Result<(String, RawAnswer), Failure> {
        let request = request
            .header(ACCEPT, "application/json")
            .headers(self.extra_headers.clone())
            .build()
            .map_err(|error| Failure::Message(format!("the request cannot be written: {}", with_causes(&error))))?;
        let name = format!("{} {}", request.method(), request.url());
        let read = async {
            let response: Response = self.http.execute(request).await?;
            let (status, headers) = (response.status(), response.headers().clone());
            Ok(RawAnswer { status, headers, body: response.bytes().await?.into() })
        };
        match read.await {
            Ok(answer) => Ok((name, answer)),
            Err(error) => {
                let error: reqwest::Error = error;
                Err(Failure::Message(format!("{name}: {}", with_causes(&error.without_url()))))
            }
        }
    }
}

impl Answered {
    /// The body as JSON of the expected shape.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| {
            Failure::Message(format!(
                "{}: the answer is not what this endpoint should send ({error}); check that --endpoint is the right \
                 server and port",
                self.request
            ))
        })
    }

    /// The body as a JSON object.
    pub(crate) fn object(&self) -> Result<Value, Failure> {
        self.json::<serde_json::Map<String, Value>>().map(Value::Object)
    }

    /// `page_token` of the link with `rel="next"` (RFC 8288); empty on the last page.
    pub(crate) fn next_page_token(&self) -> String {
        let links = self.headers.get_all(LINK).into_iter().filter_map(|value| value.to_str().ok());
        links.flat_map(|value| value.split(',')).find_map(next_page_token).unwrap_or_default()
    }
}

fn next_page_token(link: &str) -> Option<String> {
    let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
    let is_next = parameters.split(';').any(|parameter| {
        parameter.trim().strip_prefix("rel=").is_some_and(|relation| relation.trim_matches('"') == "next")
    });
    let query = target.split_once('?')?.1;
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let (_, token) = pairs.find(|(name, _)| is_next && name == "page_token")?;
    Some(token.into_owned())
}

fn base_url(endpoint: &str) -> Result<Url, Failure> {
    let endpoint = endpoint.trim_end_matches('/');
    if endpoint.is_empty() {
        return Err(Failure::Usage(
            "no server to talk to: pass its URL with --endpoint or in the environment variable ORY_SDK_URL".to_owned(),
        ));
    }
    match Url::parse(endpoint) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        // Before the @ there may be a password.
        _ if endpoint.contains('@') => Err(Failure::Usage(
            "the endpoint is not a URL with http or https; write it as in http://127.0.0.1:4445".to_owned(),
        )),
        _ => Err(Failure::Usage(format!(
            "the endpoint {endpoint:?} is not a URL with http or https; write it as in http://127.0.0.1:4445"
        ))),
    }
}

/// The same URL without the user and password that may stand before its host.
pub(crate) fn without_credentials(url: &Url) -> Url {
    let mut url = url.clone();
    // A URL with a host can always do without them.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url
}

/// `Name: value` pairs. Of one name given twice, the first counts.
fn extra_headers(given: &[String]) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for header in given {
        let parsed = header.split_once(':').and_then(|(name, value)| {
            let name: HeaderName = name.trim().parse().ok()?;
            let value: HeaderValue = value.trim().parse().ok()?;
            Some((name, value))
        });
        let Some((name, mut value)) = parsed else {
            // The whole may be a secret that lacks its name, so none of it is repeated.
            return Err(Failure::Usage("a value of --http-header is not of the form \"Name: value\"".to_owned()));
        };
        value.set_sensitive(true);
        headers.entry(name).or_insert(value);
    }
    Ok(headers)
}

/// An error and what caused it, in one line.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = inner.source();
    }
    text
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop where it is")]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_needs_a_scheme() {
        assert_eq!(base_url("http://h:4445/base//").unwrap().as_str(), "http://h:4445/base");
        for wrong in ["", "/", "127.0.0.1:4445", "localhost:4445", "ftp://h"] {
            assert!(base_url(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_header_is_split_on_its_first_colon_and_the_first_of_a_name_counts() {
        let given = ["X-Time: 12:30".to_owned(), "x-time: no".to_owned(), "Authorization:Bearer t".to_owned()];
        let headers = extra_headers(&given).unwrap();
        assert_eq!(headers["x-time"], "12:30");
        assert_eq!(headers["authorization"], "Bearer t");
        assert!(extra_headers(&["Bearer t".to_owned()]).is_err());
    }

    #[test]
    fn the_next_page_is_found_among_the_links() {
        let first = "</admin/clients?page_size=1&page_token=no>; rel=\"first\"";
        let next = "</admin/clients?page_size=1&page_token=a%2Bb%3D>; rel=\"next\"";
        assert_eq!(next_page_token(next).as_deref(), Some("a+b="));
        assert_eq!(next_page_token(first), None);
        assert_eq!(next_page_token("nonsense"), None);
    }
}
