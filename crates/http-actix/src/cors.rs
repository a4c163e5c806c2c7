//! Cross-origin requests (Fetch §3.2): which origins may read our answers.
//!
//! Origins come from `serve.*.cors.allowed_origins`; the endpoints that scripts call with client credentials also accept the
//! `allowed_cors_origins` of the client that asks. A page that is allowed only because *every* origin is gets no credentials:
//! otherwise any site could use its visitor's session. Answers are never withheld, the headers are merely absent.

use actix_web::{
    HttpResponse,
    dev::ServiceRequest,
    http::{
        Method,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
};

/// The settings of one listener, prepared.
pub(crate) struct Cors {
    everyone: bool,
    origins: Vec<Pattern>,
    methods: Vec<String>,
    headers: Vec<String>,
    exposed: String,
    credentials: bool,
    options_passthrough: bool,
    max_age: u32,
    like_hydra: bool,
}

/// An origin, or a family of origins with one `*`.
enum Pattern {
    Exact(String),
    Family { before: String, after: String },
}

/// How an origin is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    /// It was named.
    Named,
    /// Everybody is.
    Everyone,
}

impl Cors {
    /// `None` when CORS is off for the listener.
    pub(crate) fn new(settings: &hydra_config::Cors, legacy_origins: bool, like_hydra: bool) -> Option<Self> {
        if !settings.enabled {
            return None;
        }
        let listed = &settings.allowed_origins;
        Some(Self {
            everyone: listed.is_empty() || listed.iter().any(|origin| origin == "*"),
            origins: listed.iter().filter_map(|origin| Pattern::parse(origin, legacy_origins)).collect(),
            methods: settings.allowed_methods.clone(),
            headers: settings.allowed_headers.iter().map(|name| name.to_ascii_lowercase()).collect(),
            exposed: settings.exposed_headers.join(", "),
            credentials: settings.allow_credentials,
            options_passthrough: settings.options_passthrough,
            max_age: settings.max_age,
            like_hydra,
        })
    }

    /// Whether pages of this origin may read our answers.
    pub(crate) fn grant(&self, origin: &str) -> Option<Grant> {
        let origin = origin.to_ascii_lowercase();
        if self.origins.iter().any(|pattern| pattern.matches(&origin)) {
            return Some(Grant::Named);
        }
        (self.everyone && (origin != "null" || self.like_hydra)).then_some(Grant::Everyone)
    }

    /// The answer to a preflight request, if this is one: it never reaches an endpoint.
    pub(crate) fn preflight(&self, request: &ServiceRequest) -> Option<HttpResponse> {
        let asked = request.headers().get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
        if request.method() != Method::OPTIONS || self.options_passthrough {
            return None;
        }
        let mut response = HttpResponse::NoContent();
        response.insert_header((header::VARY, "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"));
        let origin = request.headers().get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
        let wanted = request.headers().get(header::ACCESS_CONTROL_REQUEST_HEADERS);
        if let Some((origin, grant)) = origin.and_then(|origin| Some((origin, self.grant(origin)?)))
            && self.serves(asked, wanted)
        {
            response.insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, origin));
            response.insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, asked));
            if let Some(wanted) = wanted {
                response.insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, wanted));
            }
            if self.with_credentials(grant) {
                response.insert_header((header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true"));
            }
            if self.max_age > 0 {
                response.insert_header((header::ACCESS_CONTROL_MAX_AGE, self.max_age.to_string()));
            }
        }
        Some(response.finish())
    }

    fn serves(&self, method: &HeaderValue, headers: Option<&HeaderValue>) -> bool {
        let method_fits = method.to_str().is_ok_and(|method| self.methods.iter().any(|allowed| allowed == method));
        let names = headers.map_or(Some(""), |names| names.to_str().ok());
        let allowed = |name: &str| {
            let name = name.trim().to_ascii_lowercase();
            name.is_empty() || self.headers.iter().any(|allowed| *allowed == name || allowed == "*")
        };
        method_fits && names.is_some_and(|names| names.split(',').all(allowed))
    }

    fn with_credentials(&self, grant: Grant) -> bool {
        self.credentials && (grant == Grant::Named || self.like_hydra)
    }

    /// Marks an answer as readable for `origin`.
    pub(crate) fn mark(&self, headers: &mut HeaderMap, origin: Option<(&HeaderValue, Grant)>) {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        let Some((origin, grant)) = origin else { return };
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        if self.with_credentials(grant) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        insert_text(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, &self.exposed);
    }
}

fn insert_text(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text)
        && !text.is_empty()
    {
        headers.insert(name, value);
    }
}

impl Pattern {
    /// A `*` counts only inside a label that is followed by a domain somebody can own; elsewhere it would let strangers in.
    fn parse(origin: &str, legacy: bool) -> Option<Self> {
        let origin = origin.to_ascii_lowercase();
        let Some((before, after)) = origin.split_once('*') else { return Some(Self::Exact(origin)) };
        let host = after.split_once('.').map_or("", |(_, host)| host.split(':').next().unwrap_or_default());
        let is_owned = psl::domain_str(host).is_some();
        if before.is_empty() || (!is_owned && !legacy) {
            return None;
        }
        Some(Self::Family { before: before.to_owned(), after: after.to_owned() })
    }

    fn matches(&self, origin: &str) -> bool {
        match self {
            Self::Exact(allowed) => allowed == origin,
            Self::Family { before, after } => origin
                .strip_prefix(before.as_str())
                .and_then(|rest| rest.strip_suffix(after.as_str()))
                .is_some_and(|middle| {
                    middle.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
                }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cors(origins: &[&str]) -> Cors {
        Cors {
            everyone: origins.is_empty() || origins.contains(&"*"),
            origins: origins.iter().filter_map(|origin| Pattern::parse(origin, false)).collect(),
            methods: Vec::new(),
            headers: Vec::new(),
            exposed: String::new(),
            credentials: true,
            options_passthrough: false,
            max_age: 0,
            like_hydra: false,
        }
    }

    #[test]
    fn a_star_stands_for_labels_below_a_domain_that_somebody_owns() {
        let cors = cors(&["https://*.example.com", "https://exact.test"]);
        for allowed in ["https://a.example.com", "https://a.b.example.com", "https://EXACT.test"] {
            assert_eq!(cors.grant(allowed), Some(Grant::Named), "{allowed}");
        }
        for refused in [
            "https://example.com",
            "https://evilexample.com",
            "http://a.example.com",
            "https://a.example.com.evil.test",
            "https://evil.test/.example.com",
            "null",
            "https://exact.test:444",
        ] {
            assert_eq!(cors.grant(refused), None, "{refused}");
        }
    }

    #[test]
    fn a_star_in_front_of_what_nobody_owns_lets_nobody_in() {
        for pattern in ["https://*foo.com", "https://*.com", "https://*.co.uk", "https://foo.*"] {
            assert_eq!(cors(&[pattern, "https://exact.test"]).grant("https://evilfoo.com"), None, "{pattern}");
        }
    }

    #[test]
    fn everybody_is_let_in_without_credentials_and_null_is_not() {
        let open = cors(&[]);
        let grant = open.grant("https://any.test");
        assert_eq!(grant, Some(Grant::Everyone));
        assert!(grant.is_some_and(|grant| !open.with_credentials(grant)));
        assert_eq!(open.grant("null"), None);
    }
}
