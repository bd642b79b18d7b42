//! Opening the database file: lock, mode, settings of the connections, schema. Every refusal says what to change.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::OpenFlags;
use rusqlite::ffi::{SQLITE_CORRUPT, SQLITE_NOTADB};
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePool, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection as _};

use super::place::{Place, lock_of};
use crate::store::StoreError;
use crate::store::schema::{self, SQLITE, Schema};
use crate::store::sql::Local;

/// How long a connection waits for another's lock. Only checkpoints and outside tools ever hold one.
const BUSY: Duration = Duration::from_secs(5);

/// Reads run at the same time as the writer (WAL) and are short.
const READERS: u32 = 4;

/// What an open database consists of.
pub(super) struct Opened {
    pub(super) writer: Local,
    pub(super) readers: SqlitePool,
    pub(super) place: Place,
    /// Held as long as the store is open; the operating system lets go of it when the process dies.
    pub(super) lock: File,
}

pub(super) async fn open(path: &Path) -> Result<Opened, StoreError> {
    // The lock comes first: closing a second descriptor of the database file would drop SQLite's own locks of this process.
    let lock = lock(path)?;
    create(path)?;
    let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY).foreign_keys(true).disable_statement_logging();
    let writer = writer(path).map_err(|error| refuse_local(path, &error))?;
    let mut migrating = options.connect().await.map_err(|error| refuse(path, &error))?;
    migrate(path, &mut migrating).await?;
    migrating.close().await.map_err(|error| refuse(path, &error))?;
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(BUSY)
        .connect_with(options.read_only(true))
        .await
        .map_err(|error| refuse(path, &error))?;
    // With its first transaction a connection opens the log, and keeps it.
    writer.execute_batch("BEGIN IMMEDIATE; COMMIT").map_err(|error| refuse_local(path, &error))?;
    let place = Place::of(path).map_err(|error| refuse_file(path, &error))?;
    Ok(Opened { writer: Local::new(writer), readers, place, lock })
}

/// The one connection that writes; it puts the file into the mode that all others find.
fn writer(path: &Path) -> rusqlite::Result<rusqlite::Connection> {
    let connection =
        rusqlite::Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // An acknowledged order must survive a power failure (rule T1).
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What is erased must not lie about in unused places of the file (rule A3).
    connection.pragma_update(None, "secure_delete", "ON")?;
    Ok(connection)
}

/// Only one process may have the database open: a second host would take the first one's transfers for those of a dead host.
fn lock(path: &Path) -> Result<File, StoreError> {
    let file = private().open(lock_of(path)).map_err(|error| refuse_file(path, &error))?;
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
    refuse_code(path, code.and_then(|code| code.parse().ok()), error.to_string())
}

fn refuse_local(path: &Path, error: &rusqlite::Error) -> StoreError {
    refuse_code(path, error.sqlite_error().map(|error| error.extended_code), error.to_string())
}

/// By SQLite's result code (<https://sqlite.org/rescode.html>).
fn refuse_code(path: &Path, code: Option<i32>, reason: String) -> StoreError {
    let mend = match code {
        Some(SQLITE_NOTADB) => {
            "The file is no SQLite database: move it away, or correct the path of the database in the configuration"
        }
        Some(SQLITE_CORRUPT) => "The file is damaged: restore a backup",
        _ => "Check that the file and its directory can be written and that the disk is not full",
    };
    StoreError::Open { database: path.display().to_string(), reason, mend }
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
