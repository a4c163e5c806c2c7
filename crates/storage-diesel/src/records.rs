//! What jobs see: rows as the domain's types. Every query carries the network id.

/// Runs a query on the connection behind an [`OpenRecords`]; see [`on_own_connection!`](dialect::on_own_connection).
macro_rules! query {
    ($records:expr, |$own:ident| $query:expr) => {
        $records.query(|connection| $crate::dialect::on_own_connection!(connection, |$own| $query))
    };
}

/// Runs a statement likewise; how many rows it changed.
macro_rules! change {
    ($records:expr, |$own:ident| $statement:expr) => {
        $records.change(|connection| $crate::dialect::on_own_connection!(connection, |$own| $statement))
    };
}

mod assertion;
mod client;
mod client_signing;
mod code;
mod consent;
mod grant;
mod json;
mod key;
mod login;
mod refresh_answer;
mod token;

use std::sync::Arc;

use diesel::QueryResult;
use oauth_core::{ports::Random, storage::StorageError};
use token_hmac::SystemSecrets;
use uuid::Uuid;

use crate::{columns::Id, connection::AnyConnection, dialect};
pub(crate) use token::{AccessArrays, AccessRow};

/// What every job needs besides a connection.
pub(crate) struct Context {
    /// The network that this process serves.
    pub(crate) network: Uuid,
    /// Seal what rests in the database.
    pub(crate) secrets: SystemSecrets,
    /// Whether sessions are sealed too; keys always are.
    pub(crate) encrypt_sessions: bool,
    /// For nonces.
    pub(crate) random: Arc<dyn Random>,
}

impl Context {
    fn nid(&self) -> Id {
        Id(self.network)
    }

    fn seal(&self, plain: &[u8]) -> String {
        self.secrets.seal(self.random.bytes(), plain)
    }
}

/// The records, over one connection. It notes what happened to the connection, for the lane to act on.
pub(crate) struct OpenRecords<'a> {
    connection: &'a mut AnyConnection,
    context: &'a Context,
    /// Rows that were changed.
    pub(crate) changed: usize,
    /// The database asked to try again.
    pub(crate) contention: bool,
    /// The connection is of no further use.
    pub(crate) lost: bool,
    /// The database may have rolled back more than the statement that failed.
    pub(crate) unsettled: bool,
    /// Why the first statement failed that did. PostgreSQL commits nothing after it, so a job that goes on as if nothing had
    /// happened must not be told that it succeeded.
    pub(crate) poison: Option<StorageError>,
}

impl<'a> OpenRecords<'a> {
    pub(crate) fn new(connection: &'a mut AnyConnection, context: &'a Context) -> Self {
        Self { connection, context, changed: 0, contention: false, lost: false, unsettled: false, poison: None }
    }

    /// Runs a query and turns its error into the rules' words.
    fn query<T>(&mut self, query: impl FnOnce(&mut AnyConnection) -> QueryResult<T>) -> Result<T, StorageError> {
        query(self.connection).map_err(|error| {
            self.lost |= dialect::is_lost(&error);
            self.unsettled |= dialect::may_undo_more(&error);
            let explained = dialect::explain(&error);
            self.contention |= explained == StorageError::Contention;
            self.poison.get_or_insert_with(|| explained.clone());
            explained
        })
    }

    /// Runs a statement; how many rows it changed.
    fn change(
        &mut self,
        statement: impl FnOnce(&mut AnyConnection) -> QueryResult<usize>,
    ) -> Result<usize, StorageError> {
        let changed = self.query(statement)?;
        self.changed += changed;
        Ok(changed)
    }

    /// For an insert in whose way no row stands, unless it came this very moment: then the whole job is to run again, and will
    /// find that row. It cannot be tried on the spot: once a statement failed, PostgreSQL does nothing more in a transaction.
    fn inserted_or_again(&mut self, inserted: Result<usize, StorageError>) -> Result<(), StorageError> {
        if inserted == Err(StorageError::Duplicate) {
            self.contention = true;
            return Err(StorageError::Contention);
        }
        inserted.map(drop)
    }

    fn nid(&self) -> Id {
        self.context.nid()
    }

    /// Opens a sealed text. `place` is what an operator gets to read when it was sealed under a secret that we do not have.
    fn open(&self, place: &str, sealed: &str) -> Result<Vec<u8>, StorageError> {
        self.context.secrets.open(sealed).map_err(|_| {
            StorageError::Corrupt(format!(
                "{place} was not encrypted under any of the configured secrets; is an older one missing in secrets.system?"
            ))
        })
    }
}

/// PostgreSQL refuses a NUL in text, the others would keep it: none shall.
fn without_nul<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<(), StorageError> {
    match texts.into_iter().any(|text| text.contains('\0')) {
        true => Err(StorageError::Unfit("a text holds a NUL character".to_owned())),
        false => Ok(()),
    }
}

/// For text that is damaged rather than sealed.
fn damaged(place: &str) -> StorageError {
    StorageError::Corrupt(format!("{place} does not hold what it should"))
}
