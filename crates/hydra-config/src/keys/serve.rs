//! Keys about the two listeners and their cookies.

use super::{
    Default::{From, Is, None},
    Group, Item,
    Kind::*,
    keys,
};
use crate::words::{METHODS, SameSite};

macro_rules! listener {
    ($at:literal, $port:literal) => { keys! {
        concat!($at, ".host"); Text; Is("");
            "The address to listen on, or `unix:/path/to/socket`; empty: every interface, IPv4 and IPv6."; empty =>
        concat!($at, ".port"); Integer(1, 65535); Is($port); "The TCP port." =>
        concat!($at, ".base_url"); UrlReference; None; "Accepted for compatibility. Without effect." =>
        concat!($at, ".socket.owner"); Text; Is(""); "User name that owns the unix socket."; empty =>
        concat!($at, ".socket.group"); Text; Is(""); "Group name of the unix socket."; empty =>
        concat!($at, ".socket.mode"); FileMode; Is("0755"); "Permissions of the unix socket: `0770` in YAML, 504 in JSON." =>
        concat!($at, ".request_log.disable_for_health"); Bool; Is("false"); "Log health checks at `trace` only." =>
        concat!($at, ".cors.enabled"); Bool; Is("false"); "Answer cross-origin requests (CORS)." =>
        concat!($at, ".cors.allowed_origins"); List(Item::Origin); Is("");
            "Origins that may call, such as `https://app.example.com` or `https://*.example.com`; empty: every origin, without credentials." =>
        concat!($at, ".cors.allowed_methods"); List(Item::OneOf(METHODS)); Is("POST,GET,PUT,PATCH,DELETE,CONNECT,HEAD,OPTIONS,TRACE");
            "Methods that may be used." =>
        concat!($at, ".cors.allowed_headers"); List(Item::Text);
            Is("Accept,Content-Type,Content-Length,Accept-Language,Content-Language,Authorization"); "Request headers that may be sent." =>
        concat!($at, ".cors.exposed_headers"); List(Item::Text);
            Is("Cache-Control,Expires,Last-Modified,Pragma,Content-Length,Content-Language,Content-Type");
            "Response headers that scripts may read." =>
        concat!($at, ".cors.allow_credentials"); Bool; Is("true"); "Whether cookies and authorization may be sent along." =>
        concat!($at, ".cors.options_passthrough"); Bool; Is("false"); "Hand preflight requests on to the endpoint." =>
        concat!($at, ".cors.max_age"); Integer(0, i32::MAX as i64); Is("0"); "Seconds a browser may remember a preflight; 0: not said." =>
        concat!($at, ".cors.debug"); Bool; Is("false"); "Log why CORS requests are refused." =>
    }};
}

macro_rules! tls {
    ($at:literal, $enabled:expr, $none:expr) => {
        keys! {
            concat!($at, ".enabled"); Bool; $enabled; "Serve HTTPS." =>
            concat!($at, ".cert.path"); Text; $none; "File with the PEM certificate chain." =>
            concat!($at, ".cert.base64"); Text; $none; "The PEM certificate chain in base64, instead of a file." =>
            concat!($at, ".key.path"); Text; $none; "File with the PEM private key." =>
            concat!($at, ".key.base64"); Text; $none; "The PEM private key in base64, instead of a file."; secret =>
            concat!($at, ".allow_termination_from"); List(Item::AddressRange); $none;
                "Address ranges, such as `10.0.0.0/8`, of proxies that may terminate TLS for us." =>
        }
    };
}

pub(super) const PUBLIC: Group = Group { title: "Public listener", keys: listener!("serve.public", "4444") };
pub(super) const ADMIN: Group = Group { title: "Admin listener", keys: listener!("serve.admin", "4445") };
pub(super) const TLS: Group = Group { title: "TLS for both listeners", keys: tls!("serve.tls", Is("false"), None) };
pub(super) const PUBLIC_TLS: Group =
    Group { title: "TLS of the public listener", keys: tls!("serve.public.tls", SHARED, SHARED) };
pub(super) const ADMIN_TLS: Group =
    Group { title: "TLS of the admin listener", keys: tls!("serve.admin.tls", SHARED, SHARED) };

const SHARED: super::Default = From("`serve.tls`");

pub(super) const COOKIES: Group = Group {
    title: "Cookies",
    keys: keys! {
        "serve.cookies.same_site_mode"; OneOf(SameSite::WORDS); Is("None");
            "SameSite of our cookies. `None` becomes `Lax` while the issuer is not `https`." =>
        "serve.cookies.same_site_legacy_workaround"; Bool; Is("false");
            "With `None`: also set a second CSRF cookie without SameSite, for browsers from before 2020." =>
        "serve.cookies.domain"; Text; None; "The cookies' domain; without it, the host alone."; empty =>
        "serve.cookies.secure"; Bool; Is("false"); "In development mode: mark cookies `Secure`. Outside, they always are." =>
        "serve.cookies.names.login_csrf"; Text; Is("ory_hydra_login_csrf"); "Name of the login CSRF cookie." =>
        "serve.cookies.names.consent_csrf"; Text; Is("ory_hydra_consent_csrf"); "Name of the consent CSRF cookie." =>
        "serve.cookies.names.device_csrf"; Text; Is("ory_hydra_device_csrf"); "Name of the device CSRF cookie." =>
        "serve.cookies.names.session"; Text; Is("ory_hydra_session"); "Name of the login session cookie." =>
        "serve.cookies.paths.session"; Text; Is("/"); "Path of the login session cookie." =>
    },
};
