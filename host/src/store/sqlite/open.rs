//! Opening the database file: lock, mode, settings of the connections, schema. Every refusal says what to change.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, Sqlite};

use crate::store::StoreError;
use crate::store::schema::{self, SQLITE, Schema};
use crate::store::sql::Connection;

/// How long a connection waits for another's lock. Only checkpoints and outside tools ever hold one.
const BUSY: Duration = Duration::from_secs(5);

/// Reads run at the same time as the writer (WAL) and are short.
const READERS: u32 = 4;

/// What an open database consists of.
pub(super) struct Opened {
    pub(super) writer: Connection,
    pub(super) readers: SqlitePool,
    /// Held as long as the store is open; the operating system lets go of it when the process dies.
    pub(super) lock: File,
}

pub(super) async fn open(path: &Path) -> Result<Opened, StoreError> {
    // The lock comes first: closing a second descriptor of the database file would drop SQLite's own locks of this process.
    let lock = lock(path)?;
    create(path)?;
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY).foreign_keys(true).disable_statement_logging();
    let writing = options
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged order must survive a power failure (rule T1).
        .synchronous(SqliteSynchronous::Full)
        // What is erased must not lie about in unused places of the file (rule A3).
        .pragma("secure_delete", "ON");
    let mut writer = lend(path, SqlitePoolOptions::new().max_connections(1).connect_with(writing)).await?;
    migrate(path, &mut writer).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(BUSY)
        .connect_with(options.read_only(true))
        .await
        .map_err(|error| refuse(path, &error))?;
    Ok(Opened { writer: Connection::Sqlite(writer), readers, lock })
}

/// The one connection of a pool of its own, for good.
async fn lend(
    path: &Path,
    pool: impl Future<Output = Result<SqlitePool, sqlx::Error>>,
) -> Result<PoolConnection<Sqlite>, StoreError> {
    let lent = async { pool.await?.acquire().await }.await;
    lent.map_err(|error| refuse(path, &error))
}

/// Only one process may have the database open: a second host would take the first one's transfers for those of a dead host.
fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let name = PathBuf::from(name);
    let file = private().open(&name).map_err(|error| refuse_file(path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { database: path.display().to_string() }),
        Err(TryLockError::Error(error)) => Err(refuse_file(path, &error)),
    }
}

/// Creates the file with mode 0600, or checks that it can be written. SQLite gives its side files the same mode.
fn create(path: &Path) -> Result<(), StoreError> {
    private().open(path).map(drop).map_err(|error| refuse_file(path, &error))
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options
}

fn refuse_file(path: &Path, error: &std::io::Error) -> StoreError {
    let mend = match error.kind() {
        ErrorKind::NotFound => "Create its directory, or correct the path of the database in the configuration",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "Give the service's user write access to the file and its directory"
        }
        ErrorKind::IsADirectory => "Name a file, not a directory, as the database in the configuration",
        ErrorKind::StorageFull => "Free disk space",
        _ => "Correct the path of the database in the configuration",
    };
    StoreError::Open { database: path.display().to_string(), reason: error.to_string(), mend }
}

fn refuse(path: &Path, error: &sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|database| database.code());
    let mend = match code.as_deref() {
        Some("26") => "The file is no SQLite database: move it away, or correct the path of the database in the configuration",
        Some("11") => "The file is damaged: restore a backup",
        _ => "Check that the file and its directory can be written and that the disk is not full",
    };
    StoreError::Open { database: path.display().to_string(), reason: error.to_string(), mend }
}

/// Looks at the schema and changes nothing of it; an absent file is created, as an empty one.
pub(super) async fn schema(path: &Path) -> Result<Schema, StoreError> {
    let _lock = lock(path)?;
    create(path)?;
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY).disable_statement_logging();
    let mut connection = options.connect().await.map_err(|error| refuse(path, &error))?;
    let schema = found(path, &mut connection).await;
    let _ = connection.close().await;
    schema
}

/// Brings the schema up to date, unless it is newer than this build.
async fn migrate(path: &Path, connection: &mut SqliteConnection) -> Result<(), StoreError> {
    found(path, connection).await?;
    schema::migrate(SQLITE, connection).await.map_err(|error| refuse_schema(path, &error))
}

async fn found(path: &Path, connection: &mut SqliteConnection) -> Result<Schema, StoreError> {
    let look = async {
        let there = "SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'";
        let there: i64 = sqlx::query_scalar(there).fetch_one(&mut *connection).await?;
        if there == 0 {
            return Ok(0);
        }
        sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations").fetch_one(connection).await
    };
    let found = look.await.map_err(|error| refuse(path, &error))?;
    Schema { found, known: schema::newest(SQLITE) }.refuse_newer(&path.display().to_string())
}

fn refuse_schema(path: &Path, error: &MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => refuse(path, error),
        _ => StoreError::Open {
            database: path.display().to_string(),
            reason: error.to_string(),
            mend: "The schema was changed by hand or by a development build: restore a backup, or start with a new file",
        },
    }
}
