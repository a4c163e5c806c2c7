//! Documents at other servers, within limits: 30 seconds, 5 MiB, no more than a few redirects, and no private addresses where
//! the operator says so. Names are looked up by our own resolver, which filters what it finds, so that neither a redirect nor a
//! second look-up leads inside.

use std::{
    error::Error,
    future::Future,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use oauth_core::{Remote, RemoteError};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::trust;

/// Largest document, in bytes.
const LIMIT: usize = 5 << 20;
/// Longest wait for an answer, look-up included.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest wait when only the name is looked up.
const LOOKUP_PATIENCE: Duration = Duration::from_secs(2);

/// Fetches over HTTP. The client is made at the first fetch: reading the certificate authorities takes longer than all the rest
/// of a start, and most servers never fetch anything.
pub(crate) struct HttpRemote {
    client: OnceLock<Result<reqwest::Client, RemoteError>>,
    disallow_private: bool,
}

impl HttpRemote {
    pub(crate) fn new(disallow_private: bool) -> Self {
        Self { client: OnceLock::new(), disallow_private }
    }

    /// Refuses an address that the operator does not let us call. Names are looked up, and refused, when the call is made.
    pub(crate) fn may_call(&self, url: &Url) -> Result<(), RemoteError> {
        if self.disallow_private && literal_is_private(url) { Err(private()) } else { Ok(()) }
    }

    /// The client for calls that are not documents.
    pub(crate) fn client(&self) -> Result<reqwest::Client, RemoteError> {
        let made = self.client.get_or_init(|| {
            make_client(self.disallow_private).map_err(|why| {
                log::error!("no client for documents at other servers: {why}; install the package ca-certificates");
                RemoteError("its document cannot be fetched".to_owned())
            })
        });
        made.clone()
    }
}

fn make_client(disallow_private: bool) -> Result<reqwest::Client, Box<dyn Error>> {
    let redirects = reqwest::redirect::Policy::custom(move |attempt| {
        if attempt.previous().len() > 5 || (disallow_private && literal_is_private(attempt.url())) {
            attempt.stop()
        } else {
            attempt.follow()
        }
    });
    let builder = reqwest::Client::builder().timeout(PATIENCE).redirect(redirects).user_agent("hydra");
    let builder = builder.tls_backend_preconfigured(trust::client_config()?);
    let builder = if disallow_private { builder.dns_resolver(Arc::new(PublicOnly)).no_proxy() } else { builder };
    Ok(builder.build()?)
}

impl Remote for HttpRemote {
    fn get(&self, url: Url) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, RemoteError>> + Send>> {
        if let Err(why) = self.may_call(&url) {
            return Box::pin(std::future::ready(Err(why)));
        }
        let client = self.client();
        Box::pin(async move {
            let request = client?.get(url);
            let unreachable = |_| RemoteError("its document cannot be fetched".to_owned());
            let mut response = request.send().await.map_err(unreachable)?;
            if response.status() != reqwest::StatusCode::OK {
                return Err(RemoteError(format!("its server answers with status {}", response.status().as_u16())));
            }
            let mut document = Vec::new();
            while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
                if document.len() + chunk.len() > LIMIT {
                    return Err(RemoteError(format!("its document is larger than {LIMIT} bytes")));
                }
                document.extend_from_slice(&chunk);
            }
            Ok(document)
        })
    }

    fn permitted(&self, url: Url) -> Pin<Box<dyn Future<Output = Result<(), RemoteError>> + Send>> {
        if literal_is_private(&url) {
            return Box::pin(std::future::ready(Err(private())));
        }
        Box::pin(async move {
            let Some(Host::Domain(name)) = url.host() else { return Ok(()) };
            let unknown = || RemoteError("names a host that cannot be looked up".to_owned());
            let target = (name.to_owned(), url.port_or_known_default().unwrap_or(443));
            let found = tokio::time::timeout(LOOKUP_PATIENCE, tokio::net::lookup_host(target)).await;
            let mut addresses = found.map_err(|_elapsed| unknown())?.map_err(|_| unknown())?;
            if addresses.any(|address| is_private(address.ip())) { Err(private()) } else { Ok(()) }
        })
    }
}

fn private() -> RemoteError {
    RemoteError("leads to a private address (clients.http.disallow_private_ip_ranges)".to_owned())
}

/// Looks names up and drops addresses that are not public.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| !is_private(address.ip())).collect();
            if public.is_empty() {
                return Err("no public address behind this name".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

fn literal_is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => is_private(ip.into()),
        Some(Host::Ipv6(ip)) => is_private(ip.into()),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost") || name.ends_with(".localhost"),
        None => true,
    }
}

/// Everything that is not an ordinary address of the internet (RFC 6890).
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_broadcast()
                || ip.is_documentation()
                || ip.is_multicast()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && (18..20).contains(&b))
        }
        IpAddr::V6(ip) => match ip.to_ipv4_mapped().or_else(|| embedded_v4(ip)) {
            Some(v4) => is_private(v4.into()),
            None => {
                let head = ip.segments()[0];
                // Only 2000::/3 is handed out, and of it documentation and Teredo prefixes are not for us.
                head & 0xe000 != 0x2000 || (head == 0x2001 && matches!(ip.segments()[1], 0 | 0xdb8))
            }
        },
    }
}

/// The IPv4 address inside a NAT64 or 6to4 address.
fn embedded_v4(ip: std::net::Ipv6Addr) -> Option<std::net::Ipv4Addr> {
    let [a, b, .., y, z] = ip.segments();
    let v4 = |high: u16, low: u16| std::net::Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (a, b) {
        (0x64, 0xff9b) => Some(v4(y, z)),
        (0x2002, high) => Some(v4(high, ip.segments()[2])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_our_network_are_private_however_they_are_written() {
        for inside in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://localhost:80/",
            "http://a.localhost/",
            "http://10.1.2.3/",
            "http://169.254.169.254/latest",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[64:ff9b::a00:1]/",
            "http://[2002:a00:1::]/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
            "http://100.64.0.1/",
            "http://0.0.0.0/",
        ] {
            assert!(Url::parse(inside).is_ok_and(|url| literal_is_private(&url)), "{inside}");
        }
        for outside in ["http://93.184.216.34/", "http://[2606:4700::1111]/", "https://example.org/"] {
            assert!(Url::parse(outside).is_ok_and(|url| !literal_is_private(&url)), "{outside}");
        }
    }
}
