//! Storage over SQLite, PostgreSQL and MySQL/MariaDB.
//!
//! [`DieselStorage`] is the door: it implements the two doors of `oauth_core::storage` over one database. A job gets
//! `records` over a connection that `lanes` found for it. `connection` opens connections from a DSN, `columns` are the types
//! that differ between databases, `dialect` knows how their errors read, `schema` are Hydra's tables, and [`migrate`] makes
//! them. What a row means is decided in `oauth-core`, not here.

pub mod columns;
pub mod connection;
mod dialect;
mod dsn;
mod lanes;
pub mod migrate;
mod records;
mod schema;

use std::{fmt, sync::Arc};

use oauth_core::{
    client::Client,
    ids::{AccessSignature, ClientId},
    ports::Random,
    storage::{AccessTokenRecord, Records, Storage, StorageError},
};
use token_hmac::SystemSecrets;
use uuid::Uuid;

pub use connection::OpenError;
use connection::{AnyConnection, Dsn, Purpose};
use lanes::{Answer, Lanes, Mode};
use migrate::{Event, MigrateError, Progress, SchemaState};
use records::{AccessRow, Context, OpenRecords};

/// What a storage is opened with.
#[derive(Clone)]
pub struct Options {
    /// Address of the database in any of Hydra's forms.
    pub dsn: String,
    /// Seal keys and sessions at rest.
    pub secrets: SystemSecrets,
    /// Whether sessions are sealed; keys always are.
    pub encrypt_sessions: bool,
    /// For nonces and row ids.
    pub random: Arc<dyn Random>,
    /// Migrate on opening. A database in memory is migrated in any case.
    pub migrate: bool,
}

/// Hydra's tables in a database. Clones share it; the last one to go finishes what is queued.
#[derive(Clone)]
pub struct DieselStorage {
    lanes: Arc<Lanes>,
    context: Arc<Context>,
}

/// Why a storage cannot do its work now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotReady {
    /// The schema is not what it must be; the text says what to run.
    Schema(String),
    /// The database does not answer.
    Database(StorageError),
}

impl fmt::Display for NotReady {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema(text) => f.write_str(text),
            Self::Database(why) => why.fmt(f),
        }
    }
}

impl From<StorageError> for NotReady {
    fn from(why: StorageError) -> Self {
        Self::Database(why)
    }
}

impl DieselStorage {
    /// Opens a database and finds the network that it serves.
    ///
    /// # Errors
    /// The database cannot be reached, or its schema is missing or too old.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let dsn = Dsn::parse(&options.dsn)?;
        let migrates = options.migrate || dsn.is_in_memory();
        let mut connection = connection::open(&dsn, if migrates { Purpose::Create } else { Purpose::Maintain })?;
        let mut standing = migrate::look(&mut connection).map_err(refuse)?;
        if migrates && matches!(standing.state, SchemaState::Fresh | SchemaState::Pending(_)) {
            migrate::up(&mut connection, (*options.random).uuid(), &mut |_| {}).map_err(refuse)?;
            standing = migrate::look(&mut connection).map_err(refuse)?;
        }
        if let SchemaState::Pending(_) = standing.state {
            add_our_own(&mut connection);
            standing = migrate::look(&mut connection).map_err(refuse)?;
        }
        match standing.state {
            SchemaState::Current => {}
            pending @ SchemaState::Pending(_) => log::warn!("{pending}; until then some requests fail"),
            unusable => return Err(OpenError::Permanent(unusable.to_string())),
        }
        let network = standing.network_id.ok_or_else(|| refuse(MigrateError::NotMigrated))?;
        let network = Uuid::parse_str(&network)
            .map_err(|_| OpenError::Permanent("the id in the table networks is not a UUID".to_owned()))?;
        let context = Arc::new(Context {
            network,
            secrets: options.secrets,
            encrypt_sessions: options.encrypt_sessions,
            random: options.random,
        });
        Ok(Self { lanes: Arc::new(Lanes::start(&dsn, Arc::clone(&context), connection)?), context })
    }

    /// The network that this storage serves.
    pub fn network(&self) -> Uuid {
        self.context.network
    }

    /// Whether the database answers and nothing is pending.
    pub async fn ready(&self) -> Result<(), NotReady> {
        let state = self.lanes.look(|connection, _| {
            let state = migrate::state(connection);
            let lost = matches!(&state, Err(MigrateError::Database(error)) if dialect::is_lost(error));
            let outcome = state.map_err(|why| match why {
                MigrateError::Database(error) => NotReady::Database(dialect::explain(&error)),
                other => NotReady::Schema(other.to_string()),
            });
            Answer { outcome, changed: 0, contention: false, lost, unsettled: false }
        });
        match state.await? {
            SchemaState::Current => Ok(()),
            state => Err(NotReady::Schema(state.to_string())),
        }
    }
}

/// Adds what a database of Hydra lacks. Whoever may not make tables learns what to run.
fn add_our_own(connection: &mut AnyConnection) {
    let mut tell = |Progress { version, name, event }: Progress| {
        if event == Event::Applied {
            log::info!("added what a database of Ory Hydra lacks: migration {version}_{name}");
        }
    };
    if let Err(why) = migrate::up_ours(connection, &mut tell) {
        log::warn!("{why}");
    }
}

fn refuse(why: MigrateError) -> OpenError {
    match why {
        MigrateError::Busy => OpenError::Transient(why.to_string()),
        _ => OpenError::Permanent(why.to_string()),
    }
}

/// Lets a job loose on the records over a connection.
fn with_records<T, E: From<StorageError>>(
    connection: &mut AnyConnection,
    context: &Context,
    job: impl FnOnce(&mut OpenRecords<'_>) -> Result<T, E>,
) -> Answer<T, E> {
    let mut records = OpenRecords::new(connection, context);
    let outcome = job(&mut records);
    let outcome = match (outcome, records.poison.take()) {
        (Ok(_), Some(why)) => Err(why.into()),
        (outcome, _) => outcome,
    };
    let OpenRecords { changed, contention, lost, unsettled, .. } = records;
    Answer { outcome, changed, contention, lost, unsettled }
}

impl Storage for DieselStorage {
    async fn read<T, E>(&self, job: impl FnOnce(&mut dyn Records) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.lanes.look(move |connection, context| with_records(connection, context, |records| job(records))).await
    }

    async fn write<T, E>(&self, mut job: impl FnMut(&mut dyn Records) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.lanes
            .run(Mode::Many, move |connection, context| with_records(connection, context, |records| job(records)))
            .await
    }

    async fn write_one<T, E>(
        &self,
        mut job: impl FnMut(&mut dyn Records) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        self.lanes
            .run(Mode::One, move |connection, context| with_records(connection, context, |records| job(records)))
            .await
    }

    async fn add_access_token(&self, token: AccessTokenRecord) -> Result<(), StorageError> {
        self.lanes.ask(AccessRow::of(&self.context, &token)?).await
    }

    async fn access_token(&self, signature: AccessSignature) -> Result<Option<AccessTokenRecord>, StorageError> {
        self.lanes.ask(signature).await
    }

    async fn client(&self, id: ClientId) -> Result<Option<Client>, StorageError> {
        self.lanes.ask(id).await
    }
}
