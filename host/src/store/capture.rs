//! Capture: the one transaction after which an order or quote is acknowledged (rules T1, A2, C2).

mod queue;
mod together;

use std::time::Duration;

use futures::future::FutureExt;
use jiff::Timestamp;

use super::answers::{Answer, keep_answers, lock_keys, replay};
use super::decisions::{Asks, in_the_way};
use super::lock::Lock;
use super::sql::Connection;
use super::{Database, Instruction, NewDocument, Store, StoreError};
use crate::domain::{AccountNumber, AdapterName, Reference, StoreName, TransferOperation};
pub(super) use queue::{Route, insert_transfer};
pub(super) use together::{capture_document, capture_together};

/// An order or quote to be captured together with the transfer that brings it to the back end.
#[derive(Clone, Debug)]
pub struct Capture {
    pub document: NewDocument,
    /// `SubmitOrder`, `AcceptQuote`, `SubmitQuote` or `CounterQuote`.
    pub operation: TransferOperation,
    pub instruction: Instruction,
    /// Of one that is about a number: what the back end was asked about it by others, and took since then, was not seen when this was decided.
    pub seen_since: Option<Timestamp>,
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
    /// As in [`Capture`].
    pub seen_since: Option<Timestamp>,
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
    /// Another order accepts this quote.
    QuoteAccepted { reference: Reference },
    /// Something else was asked of the back end about this document, and it has not answered yet, or took it unseen.
    UnderWay { reference: Reference, operation: TransferOperation },
}

impl Store {
    /// Commits document, transfer, answer and use of the seal in one transaction. Returns when they are on disk. A quoted seal must be
    /// stored; otherwise [`StoreError::NotFound`].
    pub async fn capture(&self, capture: Capture) -> Result<CaptureOutcome, StoreError> {
        let trace = Trace { reference: capture.document.reference.clone(), answer: capture.answer.clone() };
        let outcome = match &self.database {
            // With others, unless it waits for a quote's lock, which whoever waits for the line may hold.
            Database::Postgres(postgres) if capture.instruction.number.is_none() => {
                let NewDocument { store, account, adapter, .. } = &capture.document;
                let line = Lock::of_line(store, account, adapter);
                self.noted(postgres.capture(line, capture).await)
            }
            _ => self.write(move |connection| capture_document(connection, capture).boxed()).await,
        };
        self.told(outcome, trace).await
    }

    /// Commits an operation on an existing document, with the same idempotency as [`Store::capture`].
    pub async fn enqueue(&self, operation: NewOperation) -> Result<CaptureOutcome, StoreError> {
        let trace = Trace { reference: operation.reference.clone(), answer: operation.answer.clone() };
        let outcome = self.write(move |connection| enqueue_operation(connection, operation).boxed()).await;
        self.told(outcome, trace).await
    }

    /// Tells other hosts of a capture. When the connection was lost while it was committed: what is there was committed; that it is not there
    /// yet proves nothing, so the doubt stays.
    async fn told(&self, outcome: Result<CaptureOutcome, StoreError>, trace: Trace) -> Result<CaptureOutcome, StoreError> {
        if let Ok(CaptureOutcome::Captured) = outcome {
            self.tell_other_hosts(&trace.reference);
        }
        let Err(StoreError::InDoubt(_)) = outcome else { return outcome };
        let look = async {
            while !self.has(&trace).await {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        match tokio::time::timeout(self.patience(), look).await {
            Ok(()) => Ok(CaptureOutcome::Captured),
            Err(_) => outcome,
        }
    }

    async fn has(&self, trace: &Trace) -> bool {
        let Some(answer) = &trace.answer else { return false };
        match self.answer(&answer.principal, &answer.key).await {
            Ok(Some(stored)) => stored.reference == trace.reference && stored.body_sha256 == answer.body_sha256,
            Ok(None) | Err(_) => false,
        }
    }
}

/// What a capture leaves behind, all of it or nothing.
struct Trace {
    reference: Reference,
    answer: Option<Answer>,
}

/// How often the database is asked whether a commit was done whose answer was lost.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

async fn enqueue_operation(connection: &mut Connection, new: NewOperation) -> Result<CaptureOutcome, StoreError> {
    if let Some(answer) = &new.answer {
        lock_keys(connection, &[answer]).await?;
        if let Some(outcome) = replay(connection, &[answer]).await?.pop().flatten() {
            return Ok(outcome);
        }
    }
    let asks = Asks { operation: new.operation, number: new.instruction.number.as_ref(), seen_since: new.seen_since };
    if let Some(outcome) = in_the_way(connection, &new.adapter, &new.account, asks).await? {
        return Ok(outcome);
    }
    let route = Route { reference: &new.reference, store: &new.store, account: &new.account, adapter: &new.adapter };
    insert_transfer(connection, &route, new.operation, &new.instruction, new.at).await?;
    keep_answers(connection, new.answer.iter().map(|answer| (answer, &new.reference, new.at))).await?;
    Ok(CaptureOutcome::Captured)
}
