//! The durable store: captured orders and quotes, their transfers, seals, idempotency answers and last-known lists, in one SQLite file.
//! Called by `service` and `pipeline`. All SQL of the host is in this module; it decides no move of a transfer by itself (that is
//! `domain::TransferState::after`) and never calls a back end.

mod answers;
mod capture;
mod carried;
mod claim;
mod desk;
mod document;
mod error;
mod gauges;
mod held;
mod history;
mod instant;
mod left_out;
mod lists;
mod open;
mod pricing;
mod record;
mod release;
mod rows;
mod seals;
mod taken;
mod transfer;
mod writer;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::SignedDuration;
use parking_lot::Mutex;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqlitePool;

use writer::Writer;

pub use answers::{Answer, StoredAnswer};
pub use capture::{Capture, CaptureOutcome, NewOperation};
pub use carried::CarriedOrder;
pub use desk::{AuditEntry, Deed};
pub use document::{Document, DocumentKind, NewDocument, Observed, Payload};
pub use error::{Conflict, StoreError};
pub use gauges::Backlog;
pub use held::FreedStock;
pub use history::{DocumentQuery, ListedBy};
pub use left_out::LeftOut;
pub use lists::ListKey;
pub use seals::StoredSeal;
pub use transfer::{Attempt, AttemptKind, Claimed, Counts, Fence, Held, Instruction, Outcome, Taken, Transfer, TransferId};

/// How long the answer to an Idempotency-Key is kept at least (rule A2 asks for 24 hours).
pub const ANSWERS_KEPT: SignedDuration = SignedDuration::from_hours(48);

/// A handle to the open database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    writer: Writer,
    readers: SqlitePool,
    /// Keeps other processes out; given up when the store is closed.
    lock: Arc<Mutex<Option<File>>>,
}

impl Store {
    /// Opens the database file, creates it when it is missing (mode 0600) and brings its schema up to date. Only one process at a time can
    /// have it open. Refuses a schema that is newer than this build.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let opened = open::open(path).await?;
        let lock = Arc::new(Mutex::new(Some(opened.lock)));
        Ok(Self { writer: Writer::start(opened.writer), readers: opened.readers, lock })
    }

    /// Finishes what was queued, then closes the file. Later calls answer [`StoreError::Stopped`].
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        drop(self.lock.lock().take());
    }

    /// Transactions committed since it was opened; fewer than commands when many came at once (group commit).
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }

    /// Runs a command in the writer's transaction; answers when it is on disk.
    async fn write<T, F>(&self, command: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.writer.run(command).await
    }
}

#[cfg(test)]
mod contract;
#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod sqlite_tests;
