//! News for other servers: logout tokens for clients (OIDC Back-Channel Logout §2.5), and ended sessions for the identity provider.
//! Sent in the background; what became of it stands in the log.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use hydra_config::Config;
use oauth_core::{LogoutDelivery, LogoutNotice};
use percent_encoding::utf8_percent_encode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::{admin::clients::SEGMENT, remote::HttpRemote};

/// Pauses before a notice that did not arrive is sent again.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];

/// Delivers over HTTP.
pub(crate) struct HttpDelivery {
    remote: Arc<HttpRemote>,
    identity_provider: Option<Url>,
    headers: HeaderMap,
}

impl HttpDelivery {
    pub(crate) fn new(remote: Arc<HttpRemote>, config: &Config) -> Self {
        let provider = &config.urls.identity_provider;
        let identity_provider = provider.url.as_deref().and_then(|url| Url::parse(url).ok());
        let named: BTreeMap<&str, &str> =
            provider.headers.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
        Self { remote, identity_provider, headers: headers(named) }
    }
}

fn headers(named: BTreeMap<&str, &str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in named {
        match (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(true);
                headers.insert(name, value);
            }
            _ => {
                log::warn!("urls.identity_provider.headers: '{name}' or its value cannot be a header, and is not sent")
            }
        }
    }
    headers
}

impl LogoutDelivery for HttpDelivery {
    fn notify_clients(&self, notices: Vec<LogoutNotice>) {
        for notice in notices {
            let remote = Arc::clone(&self.remote);
            tokio::spawn(async move { notify(&remote, notice).await });
        }
    }

    fn end_session_at_identity_provider(&self, session: String) {
        let Some(mut url) = self.identity_provider.clone() else { return };
        let path =
            format!("{}/admin/sessions/{}", url.path().trim_end_matches('/'), utf8_percent_encode(&session, SEGMENT));
        url.set_path(&path);
        let (remote, headers) = (Arc::clone(&self.remote), self.headers.clone());
        tokio::spawn(async move {
            let ended = async {
                let request = remote.client().map_err(|why| why.to_string())?.delete(url).headers(headers);
                let answer = request.send().await.map_err(|why| why.without_url().to_string())?;
                // Gone already is as good.
                match answer.status().as_u16() {
                    200..300 | 404 => Ok(()),
                    status => Err(format!("it answered {status}")),
                }
            };
            if let Err(why) = ended.await {
                log::warn!("the session at the identity provider could not be ended: {why}");
            }
        });
    }
}

async fn notify(remote: &HttpRemote, notice: LogoutNotice) {
    let mut pauses = PAUSES.iter();
    loop {
        let why = match post(remote, &notice).await {
            Ok(()) => return log::info!("the client {} was told of a logout", notice.client),
            Err(why) => why,
        };
        match pauses.next() {
            Some(pause) => tokio::time::sleep(*pause).await,
            None => return log::warn!("the client {} could not be told of a logout: {why}", notice.client),
        }
    }
}

async fn post(remote: &HttpRemote, notice: &LogoutNotice) -> Result<(), String> {
    let url = Url::parse(&notice.uri).map_err(|_| "its backchannel_logout_uri is no address".to_owned())?;
    remote.may_call(&url).map_err(|why| why.to_string())?;
    let client = remote.client().map_err(|why| why.to_string())?;
    let answer = client.post(url).form(&[("logout_token", notice.token.expose())]).send().await;
    match answer.map_err(|why| why.without_url().to_string())?.status().as_u16() {
        200 | 204 => Ok(()),
        status => Err(format!("it answered {status}")),
    }
}
