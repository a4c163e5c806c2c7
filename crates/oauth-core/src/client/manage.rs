//! Administration of clients: register, replace, rotate secrets, list.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use token_hmac::TokenKind;
use url::Url;

use crate::{
    Error, Provider,
    client::{
        AuthMethod, Client, Lifespans, SecretHash, SigningChoice,
        change::{Change, Text},
        hash, register,
    },
    ids::ClientId,
    paging,
    secret::{AccessToken, ClientSecret},
    storage::{ClientQuery, Storage, StorageError},
};

/// Name that binds page tokens to the list of clients.
const LIST: &str = "clients";
/// Characters of generated secrets: 66, so that 26 of them hold 157 bits and none needs escaping in a URL.
const SECRET_ALPHABET: &[u8; 66] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.~";
/// Length of generated secrets.
const SECRET_LENGTH: usize = 26;

/// A client as somebody wants it to be. Of `client`, the fields that a caller may not choose (hashes, times, registration
/// token) are overwritten.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The fields; an empty id asks for one to be made.
    pub client: Client,
    /// How it wants its tokens signed.
    pub signing: SigningChoice,
    /// A secret to set; `None` makes one up (new clients) or keeps the present one.
    pub secret: Option<ClientSecret>,
    /// Drop rotated secrets although the present one is kept.
    pub forget_rotated_secrets: bool,
}

/// A client with what is kept beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct RegisteredClient {
    /// The client.
    pub client: Client,
    /// How it wants its tokens signed.
    pub signing: SigningChoice,
}

/// A new client, with what is shown only once.
#[derive(Debug)]
pub struct Registered {
    /// The client as stored.
    pub client: Client,
    /// How it wants its tokens signed.
    pub signing: SigningChoice,
    /// Its secret; `None` for a public client.
    pub secret: Option<ClientSecret>,
    /// Lets the client manage its own registration (RFC 7592).
    pub registration_access_token: AccessToken,
    /// Where it can do so.
    pub registration_client_uri: String,
}

/// A changed client, with its new secret if it got one.
#[derive(Debug)]
pub struct ClientUpdate {
    /// The client as stored.
    pub client: Client,
    /// How it wants its tokens signed.
    pub signing: SigningChoice,
    /// Shown only once.
    pub secret: Option<ClientSecret>,
}

/// One page of the list of clients.
#[derive(Debug)]
pub struct ClientPage {
    /// The clients, ascending by id.
    pub clients: Vec<RegisteredClient>,
    /// Page token of the first page.
    pub first: String,
    /// Page token of the next page, if there is one.
    pub next: Option<String>,
}

impl<S: Storage> Provider<S> {
    /// `POST /admin/clients`.
    pub async fn register_client(&self, registration: Registration) -> Result<Registered, Error> {
        let Registration { mut client, signing, secret, .. } = registration;
        self.check(&mut client, None, secret.as_ref()).await?;
        self.have_keys_for(&client, signing).await?;
        let now = self.now();
        if client.id.as_str().is_empty() {
            client.id = ClientId::new(self.random().uuid().to_string());
        }
        let secret = secret.unwrap_or_else(|| self.make_secret());
        let registration_token = self.secrets().mint(TokenKind::Access, self.random().bytes());
        client.secret = self.hash(secret.clone()).await?;
        client.rotated_secrets.clear();
        client.registration_access_token_signature = registration_token.signature;
        client.created_at = now.duration_round(TimeDelta::seconds(1)).unwrap_or(now);
        client.updated_at = whole_micros(now);
        let row = client.clone();
        let inserted = self.storage().write(move |records| {
            records.insert_client(&row)?;
            Ok::<_, Error>(records.put_signing_choice(&row, signing)?)
        });
        inserted.await.map_err(|why| match why {
            Error::Storage(StorageError::Duplicate) => Error::ClientExists,
            other => other,
        })?;
        Ok(Registered {
            secret: (!client.is_public()).then_some(secret),
            registration_access_token: AccessToken::new(registration_token.token),
            registration_client_uri: self.registration_uri(&client.id),
            client,
            signing,
        })
    }

    /// `PUT /admin/clients/{id}`, and the end of a PATCH: `seen` is then the client that the patch was made from, and the
    /// answer is `None` when somebody changed it meanwhile. The rules are for what changes; the rest may stay as it is.
    pub async fn replace_client(
        &self,
        id: ClientId,
        registration: Registration,
        seen: Option<Client>,
    ) -> Result<Option<ClientUpdate>, Error> {
        let Registration { mut client, signing, secret, forget_rotated_secrets } = registration;
        let before = match &seen {
            Some(seen) => Some(seen.clone()),
            None => self.look_up(id.clone()).await?,
        };
        client.id = id;
        self.check(&mut client, before.as_ref(), secret.as_ref()).await?;
        self.have_keys_for(&client, signing).await?;
        let new_hash = match &secret {
            Some(secret) => Some(self.hash(secret.clone()).await?),
            None => None,
        };
        let now = self.now();
        let stored = self
            .storage()
            .write(move |records| {
                let present = records.client(&client.id)?.ok_or(Error::NoSuchClient)?;
                if seen.as_ref().is_some_and(|seen| *seen != present) {
                    return Ok(None);
                }
                let mut next = client.clone();
                next.created_at = present.created_at;
                next.updated_at = whole_micros(now);
                // Whoever holds the old registration token must not undo what the operator just decided.
                next.registration_access_token_signature = String::new();
                (next.secret, next.rotated_secrets) = match &new_hash {
                    Some(hash) => (hash.clone(), Vec::new()),
                    None if forget_rotated_secrets => (present.secret, Vec::new()),
                    None => (present.secret, present.rotated_secrets),
                };
                must_exist(records.update_client(&next)?)?;
                records.put_signing_choice(&next, signing)?;
                Ok::<_, Error>(Some(next))
            })
            .await?;
        Ok(stored.map(|client| ClientUpdate { secret: secret.filter(|_| !client.is_public()), client, signing }))
    }

    /// `PUT /admin/clients/{id}/lifespans`: all thirteen are replaced.
    pub async fn set_lifespans(&self, id: ClientId, lifespans: Lifespans) -> Result<RegisteredClient, Error> {
        self.change_client(id, move |client| {
            client.lifespans = lifespans.clone();
            Ok(())
        })
        .await
    }

    /// `POST /admin/clients/{id}/secrets/rotate`: a new secret; the present one keeps working beside it.
    pub async fn rotate_secret(&self, id: ClientId) -> Result<ClientUpdate, Error> {
        must_use_secret(&self.find_client(id.clone()).await?)?;
        let secret = self.make_secret();
        let hash = self.hash(secret.clone()).await?;
        let RegisteredClient { client, signing } = self
            .change_client(id, move |client| {
                must_use_secret(client)?;
                let previous = std::mem::replace(&mut client.secret, hash.clone());
                client.rotated_secrets.insert(0, previous);
                client.rotated_secrets.truncate(Client::MAX_ROTATED_SECRETS);
                Ok(())
            })
            .await?;
        Ok(ClientUpdate { client, signing, secret: Some(secret) })
    }

    /// `DELETE /admin/clients/{id}/secrets/rotate`: only the newest secret keeps working.
    pub async fn forget_rotated_secrets(&self, id: ClientId) -> Result<RegisteredClient, Error> {
        self.change_client(id, |client| {
            must_use_secret(client)?;
            client.rotated_secrets.clear();
            Ok(())
        })
        .await
    }

    async fn change_client(
        &self,
        id: ClientId,
        mut change: impl FnMut(&mut Client) -> Result<(), Error> + Send + 'static,
    ) -> Result<RegisteredClient, Error> {
        let now = self.now();
        self.storage()
            .write(move |records| {
                let mut client = records.client(&id)?.ok_or(Error::NoSuchClient)?;
                change(&mut client)?;
                client.updated_at = whole_micros(now);
                must_exist(records.update_client(&client)?)?;
                Ok(RegisteredClient { signing: records.signing_choice(&id)?, client })
            })
            .await
    }

    /// `GET /admin/clients/{id}`.
    pub async fn show_registered_client(&self, id: ClientId) -> Result<RegisteredClient, Error> {
        let found = self.storage().read(move |records| {
            let client = records.client(&id)?.ok_or(Error::NoSuchClient)?;
            Ok(RegisteredClient { signing: records.signing_choice(&id)?, client })
        });
        found.await
    }

    /// The client alone, for whoever does not show it.
    pub async fn find_client(&self, id: ClientId) -> Result<Client, Error> {
        self.look_up(id).await?.ok_or(Error::NoSuchClient)
    }

    async fn look_up(&self, id: ClientId) -> Result<Option<Client>, Error> {
        Ok(self.storage().client(id).await?)
    }

    /// `DELETE /admin/clients/{id}`: its tokens go with it.
    pub async fn delete_client(&self, id: ClientId) -> Result<(), Error> {
        let deleted = self.storage().write(move |records| Ok::<_, Error>(records.delete_client(&id)?)).await?;
        must_exist(deleted)
    }

    /// `GET /admin/clients`: at most `size` clients, from where the page token says.
    pub async fn list_clients(
        &self,
        name: Option<String>,
        owner: Option<String>,
        size: u32,
        page_token: Option<&str>,
    ) -> Result<ClientPage, Error> {
        let now = self.now();
        let after = match page_token {
            Some(token) => paging::open(self.page_secrets(), LIST, token, now)?,
            None => String::new(),
        };
        let after = (!after.is_empty()).then(|| ClientId::new(after));
        let query = ClientQuery { name, owner, after, limit: size.saturating_add(1) };
        let listed = self.storage().read(move |records| {
            let clients = records.list_clients(&query)?;
            let ids: Vec<_> = clients.iter().map(|client| client.id.clone()).collect();
            Ok::<_, Error>((clients, records.signing_choices(&ids)?))
        });
        let (mut clients, choices) = listed.await?;
        let more = clients.len() > size as usize;
        clients.truncate(size as usize);
        let seal = |position: &str| paging::seal(self.page_secrets(), LIST, position, now, self.random().bytes());
        let next = clients.last().filter(|_| more).map(|last| seal(last.id.as_str()));
        let entry = |client: Client| RegisteredClient { signing: SigningChoice::among(&choices, &client.id), client };
        Ok(ClientPage { clients: clients.into_iter().map(entry).collect(), first: seal(""), next })
    }

    /// `DELETE /admin/oauth2/tokens`: the access tokens of a client.
    pub async fn delete_access_tokens(&self, client: ClientId) -> Result<(), Error> {
        self.storage()
            .write(move |records| Ok::<_, Error>(records.delete_access_tokens_of_client(&client).map(drop)?))
            .await
    }

    async fn check(
        &self,
        client: &mut Client,
        before: Option<&Client>,
        secret: Option<&ClientSecret>,
    ) -> Result<(), Error> {
        register::check(client, before, secret, self.policy())?;
        let change = &Change { now: client, before };
        self.check_addresses(change).await?;
        self.check_sector(change).await
    }

    /// Addresses that we would call later on a client's word.
    async fn check_addresses(&self, change: &Change<'_>) -> Result<(), Error> {
        if !self.policy().disallow_private_ip_ranges {
            return Ok(());
        }
        let single: [Text; 3] = [
            ("jwks_uri", |client| &client.jwks_uri),
            ("backchannel_logout_uri", |client| &client.backchannel_logout_uri),
            ("sector_identifier_uri", |client| &client.sector_identifier_uri),
        ];
        let single =
            single.into_iter().filter(|(_, uri)| change.touches(*uri)).map(|(name, uri)| (name, uri(change.now)));
        let listed = change.added(|client| &client.request_uris).map(|uri| ("request_uris", uri));
        for (member, uri) in single.chain(listed).filter(|(_, uri)| !uri.is_empty()) {
            let refuse = |why: &str| Error::InvalidClientMetadata(format!("{member}: '{uri}' {why}."));
            let url = Url::parse(uri).map_err(|_| refuse("is not an absolute address"))?;
            self.remote().permitted(url).await.map_err(|why| refuse(&why.to_string()))?;
        }
        Ok(())
    }

    /// The document behind `sector_identifier_uri` must list every redirect URI (OIDC Registration §5).
    async fn check_sector(&self, change: &Change<'_>) -> Result<(), Error> {
        let address = &change.now.sector_identifier_uri;
        let is_new = change.touches(|client| &client.sector_identifier_uri);
        let added: Vec<&str> = change.added(|client| &client.redirect_uris).collect();
        if address.is_empty() || (!is_new && added.is_empty()) {
            return Ok(());
        }
        let refuse = |why: &str| Error::InvalidClientMetadata(format!("sector_identifier_uri: {why}."));
        let url = Url::parse(address).ok().filter(|url| url.scheme() == "https");
        let url = url.ok_or_else(|| refuse("it must be an address that starts with https://"))?;
        let document = self.remote().get(url).await.map_err(|why| refuse(&why.to_string()))?;
        let listed: Vec<String> = serde_json::from_slice(&document)
            .map_err(|_| refuse("its document is not a JSON list of redirect URIs"))?;
        let is_missing = |uri: &&String| (is_new || added.contains(&uri.as_str())) && !listed.contains(uri);
        match change.now.redirect_uris.iter().find(is_missing) {
            Some(missing) => Err(refuse(&format!("its document does not list '{missing}'"))),
            None if listed.is_empty() => Err(refuse("its document lists no redirect URI")),
            None => Ok(()),
        }
    }

    fn make_secret(&self) -> ClientSecret {
        let mut secret = String::with_capacity(SECRET_LENGTH);
        // 198 is the largest multiple of 66 in a byte: larger bytes are drawn again, or some characters would come more often.
        while secret.len() < SECRET_LENGTH {
            let [byte] = self.random().bytes::<1>();
            if byte < 198 {
                secret.push(char::from(SECRET_ALPHABET[usize::from(byte % 66)]));
            }
        }
        ClientSecret::new(secret)
    }

    async fn hash(&self, secret: ClientSecret) -> Result<SecretHash, Error> {
        let (how, salt) = (self.policy().secret_hashing, self.random().bytes());
        self.hashing().run(move || hash::hash(&secret, how, salt)).await?
    }

    fn registration_uri(&self, id: &ClientId) -> String {
        let id: String = url::form_urlencoded::byte_serialize(id.as_str().as_bytes()).collect();
        format!("{}/oauth2/register/{}", self.policy().public_url.trim_end_matches('/'), id.replace('+', "%20"))
    }
}

fn must_exist(found: bool) -> Result<(), Error> {
    if found { Ok(()) } else { Err(Error::NoSuchClient) }
}

fn must_use_secret(client: &Client) -> Result<(), Error> {
    match &client.token_endpoint_auth_method {
        AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost => Ok(()),
        other => Err(Error::NoSecretToRotate(other.as_str().to_owned())),
    }
}

/// What every database keeps of a time.
fn whole_micros(time: DateTime<Utc>) -> DateTime<Utc> {
    time.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(time)
}
