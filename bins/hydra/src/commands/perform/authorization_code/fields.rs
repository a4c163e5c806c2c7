//! Queries and form bodies: names and values, decoded.

use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::{Request, StatusCode, body::Incoming, header::CONTENT_TYPE};
use tokio::time::timeout;
use url::form_urlencoded;

use super::trouble::Trouble;

const BODY_PATIENCE: Duration = Duration::from_secs(5);
const BODY_SIZE: usize = 256 * 1024;

/// Decoded pairs in the order in which they came.
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The query of a request.
    pub(super) fn of_query(request: &Request<Incoming>) -> Self {
        Self::parse(request.uri().query().unwrap_or_default().as_bytes())
    }

    /// The body of a request that posts a form.
    pub(super) async fn of_body(request: Request<Incoming>) -> Result<Self, Trouble> {
        let refused = |status, why: &str| Trouble::new("The form could not be read").fact("reason", why).status(status);
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "it is not application/x-www-form-urlencoded"));
        }
        match timeout(BODY_PATIENCE, Limited::new(request.into_body(), BODY_SIZE).collect()).await {
            Ok(Ok(body)) => Ok(Self::parse(&body.to_bytes())),
            Ok(Err(_)) => Err(refused(StatusCode::PAYLOAD_TOO_LARGE, "it broke off, or is too large")),
            Err(_) => Err(refused(StatusCode::REQUEST_TIMEOUT, "it did not arrive in time")),
        }
    }

    fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// The first value of a name; empty if there is none.
    pub(super) fn first(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// Every value of a name.
    pub(super) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Whether a box is ticked.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.first(name) == "on"
    }

    /// The pairs as a query.
    pub(super) fn to_query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}
