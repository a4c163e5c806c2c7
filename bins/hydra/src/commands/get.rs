//! `hydra get`: clients and keys by their names. All or nothing: the first failure ends the command.

use hydra_api::JwkSet;
use serde_json::Value;

use super::Session;
use crate::{args::Get, failure::Failure, output::answers};

/// What only the owner of an asymmetric key may know (RFC 7518 §6.2.2, §6.3.2).
const PRIVATE_MEMBERS: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];

pub(super) async fn run(session: &Session, what: Get) -> Result<(), Failure> {
    match what {
        Get::Client { id } => clients(session, &id).await,
        Get::Jwk { set, public } => jwks(session, &set, public.public).await,
    }
}

async fn clients(session: &Session, ids: &[String]) -> Result<(), Failure> {
    let mut found = Vec::new();
    for id in ids {
        let url = session.server.url(&["admin", "clients", id])?;
        found.push(session.server.get(url).await?.object()?);
    }
    match found.as_slice() {
        [one] => session.print(&answers::client(one)),
        several => session.print(&answers::clients(several)),
    }
}

async fn jwks(session: &Session, sets: &[String], public: bool) -> Result<(), Failure> {
    let mut keys = Vec::new();
    for set in sets {
        let url = session.server.url(&["admin", "keys", set])?;
        let found: JwkSet = session.server.get(url).await?.json()?;
        keys.extend(keys_of(set, found, public)?);
    }
    let of_set = match sets {
        [one] => Some(one.as_str()),
        _ => None,
    };
    match keys.as_slice() {
        [] => Ok(()),
        [(set, key)] => session.print(&answers::jwk(set, key)),
        several => session.print(&answers::jwks(of_set, several)),
    }
}

/// The keys of a set with its name; only what may be published of them if `public`.
pub(super) fn keys_of(set: &str, found: JwkSet, public: bool) -> Result<Vec<(String, Value)>, Failure> {
    let mut keys = found.keys.unwrap_or_default();
    if public {
        keys.iter_mut().try_for_each(|key| make_public(set, key))?;
    }
    Ok(keys.into_iter().map(|key| (set.to_owned(), key)).collect())
}

fn make_public(set: &str, key: &mut Value) -> Result<(), Failure> {
    if key["kty"] == "oct" {
        return Err(Failure::Message(format!(
            "the key {} of the set {set:?} is symmetric, so nothing of it may be published; leave --public out to see it",
            key["kid"]
        )));
    }
    if let Some(members) = key.as_object_mut() {
        members.retain(|name, _| !PRIVATE_MEMBERS.contains(&name.as_str()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_public_key_has_no_private_member() {
        let private =
            json!({"kty": "RSA", "n": "n", "e": "e", "d": "1", "p": "2", "q": "3", "dp": "4", "dq": "5", "qi": "6"});
        let keys = keys_of("s", JwkSet { keys: Some(vec![private]) }, true).unwrap_or_default();
        assert_eq!(keys, [("s".to_owned(), json!({"kty": "RSA", "n": "n", "e": "e"}))]);
    }

    #[test]
    fn a_symmetric_key_is_never_public() {
        let set = JwkSet { keys: Some(vec![json!({"kty": "oct", "kid": "x", "k": "hush"})]) };
        let refusal = keys_of("s", set, true).map_err(|failure| failure.to_string());
        assert!(refusal.is_err_and(|text| text.contains("symmetric") && !text.contains("hush")));
    }
}
