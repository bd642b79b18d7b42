//! Capture: the one transaction after which an order or quote is acknowledged (rules T1, A2, C2).

use jiff::Timestamp;

use super::{Instruction, NewDocument, Store, StoreError};
use crate::domain::{AccountNumber, AdapterName, Reference, StoreName, TransferOperation};

/// The first answer to a request with an Idempotency-Key, committed with what it captured (rule A2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Scope of the key.
    pub principal: String,
    pub key: String,
    /// Route or operation, for operators.
    pub operation: String,
    /// SHA-256 of the request as it was understood.
    pub body_sha256: [u8; 32],
    pub status: u16,
    pub body: String,
}

/// An order or quote to be captured together with the transfer that brings it to the back end.
#[derive(Clone, Debug)]
pub struct Capture {
    pub document: NewDocument,
    /// `SubmitOrder`, `AcceptQuote`, `SubmitQuote` or `CounterQuote`.
    pub operation: TransferOperation,
    pub instruction: Instruction,
    pub answer: Option<Answer>,
    pub at: Timestamp,
}

/// An operation on a document that the back end has or will have: `CancelOrder`, `DeclineQuote` or `WithdrawQuote`.
#[derive(Clone, Debug)]
pub struct NewOperation {
    /// The document's reference; for one that we do not hold, a new reference of the operation itself.
    pub reference: Reference,
    pub store: StoreName,
    pub account: AccountNumber,
    pub adapter: AdapterName,
    pub operation: TransferOperation,
    pub instruction: Instruction,
    pub answer: Option<Answer>,
    pub at: Timestamp,
}

/// What became of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaptureOutcome {
    /// Committed and fsynced.
    Captured,
    /// Same key, same body: the first answer again. Nothing new was captured.
    Replayed { reference: Reference, status: u16, body: String },
    /// Same key, other body: nothing was captured.
    KeyReused,
    /// Another order came from this seal.
    SealUsed { reference: Reference },
}

/// A stored answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    pub reference: Reference,
    pub body_sha256: [u8; 32],
    pub status: u16,
    pub body: String,
}

impl Store {
    /// Commits document, transfer, answer and use of the seal in one transaction. Returns when they are on disk.
    pub async fn capture(&self, capture: Capture) -> Result<CaptureOutcome, StoreError> {
        todo!()
    }

    /// Commits an operation on an existing document, with the same idempotency as [`Store::capture`].
    pub async fn enqueue(&self, operation: NewOperation) -> Result<CaptureOutcome, StoreError> {
        todo!()
    }

    /// The answer stored for a key, for a look before expensive work. [`Store::capture`] decides.
    pub async fn answer(&self, principal: &str, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
        todo!()
    }
}
