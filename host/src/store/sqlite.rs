//! The embedded database: one SQLite file (WAL, synced at every commit), many readers, one writer.

mod open;
mod place;
mod writer;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::Timestamp;
use parking_lot::Mutex;
use sqlx::sqlite::SqlitePool;

use super::StoreError;
use super::schema::Schema;
use super::sql::Connection;
use crate::clock::Clock;
use place::Place;
use writer::Writer;

/// An open file. Only one process at a time has it.
#[derive(Clone)]
pub(super) struct Sqlite {
    writer: Writer,
    readers: SqlitePool,
    clock: Clock,
    place: Arc<Place>,
    /// Keeps other processes out; given up when the store is closed.
    lock: Arc<Mutex<Option<File>>>,
}

impl Sqlite {
    pub(super) async fn open(path: &Path) -> Result<Self, StoreError> {
        let opened = open::open(path).await?;
        let lock = Arc::new(Mutex::new(Some(opened.lock)));
        let clock = Clock::followed(Timestamp::now());
        let place = Arc::new(opened.place);
        let writer =
            Writer::start(opened.writer, Arc::clone(&place)).map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { writer, readers: opened.readers, clock, place, lock })
    }

    pub(super) async fn schema(path: &Path) -> Result<Schema, StoreError> {
        open::schema(path).await
    }

    pub(super) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        drop(self.lock.lock().take());
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(super) fn commits(&self) -> u64 {
        self.writer.commits()
    }

    /// Brings everything into the database's file, and empties the log of what was written since.
    pub(super) async fn empty_log(&self) -> Result<(), StoreError> {
        self.writer.empty_log().await
    }

    /// Refused when the file is not where it was: what was committed into it since was not acknowledged, and must not be by being found there.
    pub(super) async fn read(&self) -> Result<Connection, StoreError> {
        let reader = self.readers.acquire().await?;
        self.place.check()?;
        Ok(Connection::Sqlite(reader))
    }

    pub(super) async fn write<T, F>(&self, command: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Connection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.writer.run(command).await
    }
}

#[cfg(test)]
mod tests;
