//! `[database]`: where orders and quotes are kept. Either one SQLite file, or a PostgreSQL database that several hosts share.

mod postgres;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::Secret;
pub use postgres::{PostgresUrl, ServerAddress, Tls};

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// SQLite file, relative to the configuration file. Left out, and without `url`: `ordergate.db`.
    pub path: Option<PathBuf>,
    /// PostgreSQL database, such as `postgres://ordergate@db.example.com/ordergate?sslmode=verify-full`. Without a password.
    pub url: Option<PostgresUrl>,
    /// For `url`, when the server asks for one.
    pub password: Option<Secret>,
    /// To PostgreSQL at the same time; what finds none waits for it.
    pub max_connections: u32,
    /// Longest wait for a connection to PostgreSQL; then 503.
    pub acquire_timeout_ms: u64,
    /// Longest time for one statement in PostgreSQL, waits for locks included; then 503.
    pub statement_timeout_ms: u64,
    /// Longest wait for a lock in PostgreSQL; then 503.
    pub lock_timeout_ms: u64,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            path: None,
            url: None,
            password: None,
            max_connections: 16,
            acquire_timeout_ms: 5_000,
            statement_timeout_ms: 10_000,
            lock_timeout_ms: 5_000,
        }
    }
}

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place<'a> {
    File(&'a Path),
    Server(&'a PostgresUrl),
}

impl DatabaseConfig {
    /// The database in a file, with defaults otherwise.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { path: Some(path.into()), ..Self::default() }
    }

    pub fn place(&self) -> Place<'_> {
        match &self.url {
            Some(url) => Place::Server(url),
            None => Place::File(self.path.as_deref().unwrap_or(Path::new("ordergate.db"))),
        }
    }

    /// Paths that are relative start from this folder.
    pub(super) fn resolve(&mut self, folder: &Path) {
        match &mut self.url {
            Some(url) => url.resolve(folder),
            None => self.path = Some(folder.join(self.path.as_deref().unwrap_or(Path::new("ordergate.db")))),
        }
    }

    pub fn acquire_timeout(&self) -> Duration {
        Duration::from_millis(self.acquire_timeout_ms)
    }
}

/// The file or the server, without anything secret.
impl fmt::Display for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place() {
            Place::File(path) => write!(f, "{}", path.display()),
            Place::Server(url) => write!(f, "{url}"),
        }
    }
}
