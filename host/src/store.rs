//! The durable store: captured orders and quotes, their transfers, seals, idempotency answers and last-known lists, in one SQLite file.
//! Called by `service` and `pipeline`. All SQL of the host is in this module; it decides no move of a transfer by itself (that is
//! `domain::TransferState::after`) and never calls a back end.

mod capture;
mod claim;
mod desk;
mod document;
mod error;
mod gauges;
mod history;
mod seals;
mod transfer;

use std::path::Path;

use jiff::SignedDuration;

pub use capture::{Answer, Capture, CaptureOutcome, NewOperation, StoredAnswer};
pub use desk::{AuditEntry, Deed};
pub use document::{Document, DocumentKind, NewDocument, Payload};
pub use error::{Conflict, StoreError};
pub use gauges::Backlog;
pub use history::{DocumentQuery, ListKey};
pub use seals::StoredSeal;
pub use transfer::{Attempt, AttemptKind, Claimed, Counts, Fence, Instruction, Outcome, Taken, Transfer, TransferId};

/// How long the answer to an Idempotency-Key is kept at least (rule A2 asks for 24 hours).
pub const ANSWERS_KEPT: SignedDuration = SignedDuration::from_hours(48);

/// A handle to the open database. Cheap to clone.
#[derive(Clone)]
pub struct Store {}

impl Store {
    /// Opens the database file, creates it when it is missing (mode 0600) and brings its schema up to date. Only one process at a time can
    /// have it open. Refuses a schema that is newer than this build.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        todo!()
    }

    /// Finishes what was queued, then closes the file. Later calls answer [`StoreError::Stopped`].
    pub async fn close(&self) {
        todo!()
    }
}
