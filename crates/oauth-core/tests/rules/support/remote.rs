//! Other servers, as a script: which documents there are, and which addresses are private.

use std::{
    collections::HashMap,
    future::{Future, ready},
    pin::Pin,
    sync::{Mutex, PoisonError},
};

use oauth_core::{Remote, RemoteError};
use url::Url;

#[derive(Default)]
pub(crate) struct ScriptedRemote {
    documents: Mutex<HashMap<String, Vec<u8>>>,
    fetched: Mutex<Vec<String>>,
}

impl ScriptedRemote {
    /// From now on there is a document at this address.
    pub(crate) fn publish(&self, address: &str, document: &str) {
        self.publish_bytes(address, document.as_bytes());
    }

    /// The same for what need not be text.
    pub(crate) fn publish_bytes(&self, address: &str, document: &[u8]) {
        let mut documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        documents.insert(address.to_owned(), document.to_vec());
    }

    /// From now on nothing answers at this address.
    pub(crate) fn withdraw(&self, address: &str) {
        self.documents.lock().unwrap_or_else(PoisonError::into_inner).remove(address);
    }

    /// What was fetched so far.
    pub(crate) fn fetched(&self) -> Vec<String> {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Remote for ScriptedRemote {
    fn get(&self, url: Url) -> Pin<Box<dyn Future<Output = Result<Vec<u8>, RemoteError>> + Send>> {
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner).push(url.to_string());
        let found = self.documents.lock().unwrap_or_else(PoisonError::into_inner).get(url.as_str()).cloned();
        Box::pin(ready(found.ok_or_else(|| RemoteError("its document cannot be fetched".to_owned()))))
    }

    /// Hosts under `.internal` are private.
    fn permitted(&self, url: Url) -> Pin<Box<dyn Future<Output = Result<(), RemoteError>> + Send>> {
        let is_private = url.host_str().is_some_and(|host| host.ends_with(".internal"));
        let answer = if is_private { Err(RemoteError("leads to a private address".to_owned())) } else { Ok(()) };
        Box::pin(ready(answer))
    }
}
