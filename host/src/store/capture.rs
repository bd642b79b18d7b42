//! Capture: the one transaction after which an order or quote is acknowledged (rules T1, A2, C2).

use std::sync::Arc;
use std::time::Duration;

use futures::future::FutureExt;
use jiff::Timestamp;

use super::answers::{Answer, keep_answer, replay};
use super::lock::{Lock, lock};
use super::postgres::Command;
use super::rows::json;
use super::sql::{Connection, query};
use super::{Database, Instruction, NewDocument, Payload, Store, StoreError, Transfer};
use crate::domain::{
    AccountNumber, AdapterName, CheckoutId, QuoteStatus, Reference, StoreName, TransferEvent, TransferOperation, TransferState,
};

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
    /// Another order accepts this quote.
    QuoteAccepted { reference: Reference },
}

impl Store {
    /// Commits document, transfer, answer and use of the seal in one transaction. Returns when they are on disk. A quoted seal must be
    /// stored; otherwise [`StoreError::NotFound`].
    pub async fn capture(&self, capture: Capture) -> Result<CaptureOutcome, StoreError> {
        let trace = Trace { reference: capture.document.reference.clone(), answer: capture.answer.clone() };
        let outcome = match &self.database {
            // Not with others: it waits for the quote's lock, which whoever waits for the line may hold.
            Database::Postgres(postgres) if capture.operation != TransferOperation::AcceptQuote => {
                let NewDocument { store, account, adapter, .. } = &capture.document;
                let line = Lock::of_line(store, account, adapter);
                let command: Command = Arc::new(move |connection| capture_document(connection, capture.clone()).boxed());
                self.noted(postgres.capture(line, command).await)
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

pub(super) async fn capture_document(connection: &mut Connection, capture: Capture) -> Result<CaptureOutcome, StoreError> {
    let Capture { document, operation, instruction, answer, at } = capture;
    if let Some(outcome) = replay(connection, answer.as_ref()).await? {
        return Ok(outcome);
    }
    if let Some(seal) = &document.seal
        && let Some(reference) = use_seal(connection, seal, &document.reference).await?
    {
        return Ok(CaptureOutcome::SealUsed { reference });
    }
    if operation == TransferOperation::AcceptQuote
        && let Some(reference) = accepted_by(connection, &document, &instruction).await?
    {
        return Ok(CaptureOutcome::QuoteAccepted { reference });
    }
    let route =
        Route { reference: &document.reference, store: &document.store, account: &document.account, adapter: &document.adapter };
    let transfer = insert_transfer(connection, &route, operation, &instruction, at).await?;
    insert_document(connection, &document, transfer, at).await?;
    keep_answer(connection, answer, &document.reference, at).await?;
    Ok(CaptureOutcome::Captured)
}

async fn enqueue_operation(connection: &mut Connection, new: NewOperation) -> Result<CaptureOutcome, StoreError> {
    if let Some(outcome) = replay(connection, new.answer.as_ref()).await? {
        return Ok(outcome);
    }
    let route = Route { reference: &new.reference, store: &new.store, account: &new.account, adapter: &new.adapter };
    insert_transfer(connection, &route, new.operation, &new.instruction, new.at).await?;
    keep_answer(connection, new.answer, &new.reference, new.at).await?;
    Ok(CaptureOutcome::Captured)
}

/// Marks a seal as used. Returns the order that used it before, if one did (rule C2).
async fn use_seal(connection: &mut Connection, seal: &CheckoutId, by: &Reference) -> Result<Option<Reference>, StoreError> {
    let marked = query("UPDATE seals SET used_by = $1 WHERE id = $2 AND used_by IS NULL")
        .bind(by.to_string())
        .bind(seal.to_string())
        .execute(connection)
        .await?;
    if marked == 1 {
        return Ok(None);
    }
    let row = query("SELECT used_by FROM seals WHERE id = $1").bind(seal.to_string()).optional(connection).await?;
    let used_by = row.map(|row| row.optional_text("used_by")).transpose()?.flatten();
    used_by.map(|reference| Some(reference.into())).ok_or_else(|| StoreError::NotFound(format!("checkout {seal}")))
}

/// The order that accepts the same quote already: a double click in two windows must not make two orders.
async fn accepted_by(
    connection: &mut Connection,
    document: &NewDocument,
    instruction: &Instruction,
) -> Result<Option<Reference>, StoreError> {
    let Some(number) = &instruction.number else { return Ok(None) };
    lock(connection, Lock::Quote { store: &document.store, adapter: &document.adapter, number: number.as_str() }).await?;
    let row = query(
        "SELECT reference FROM transfers WHERE store = $1 AND adapter = $2 AND accepts = $3 AND state NOT IN ('rejected', 'abandoned')",
    )
    .bind(document.store.to_string())
    .bind(document.adapter.to_string())
    .bind(number.to_string())
    .optional(connection)
    .await?;
    row.map(|row| Ok(row.text("reference")?.into())).transpose()
}

/// Whose transfer it is and where it goes.
pub(super) struct Route<'a> {
    pub(super) reference: &'a Reference,
    pub(super) store: &'a StoreName,
    pub(super) account: &'a AccountNumber,
    pub(super) adapter: &'a AdapterName,
}

impl<'a> Route<'a> {
    pub(super) fn of(transfer: &'a Transfer) -> Self {
        let Transfer { reference, store, account, adapter, .. } = transfer;
        Self { reference, store, account, adapter }
    }
}

/// Queues a transfer; it is in turn when its account has no other that is unsettled (rule T6), or when it lines up with nobody.
pub(super) async fn insert_transfer(
    connection: &mut Connection,
    route: &Route<'_>,
    operation: TransferOperation,
    instruction: &Instruction,
    at: Timestamp,
) -> Result<i64, StoreError> {
    let state = TransferState::Captured.after(TransferEvent::Enqueued)?;
    if !operation.is_best_effort() {
        lock(connection, Lock::Line { store: route.store, account: route.account, adapter: route.adapter }).await?;
    }
    let inserted = query(
        "INSERT INTO transfers \
         (reference, operation, store, account, adapter, instruction, accepts, state, turn, due_at, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $9, $7, \
         CASE WHEN $10 OR NOT EXISTS (SELECT 1 FROM transfers WHERE store = $3 AND account = $4 AND adapter = $5 AND turn IS NOT NULL \
         AND operation <> 'release-reservation') THEN 1 ELSE 0 END, $8, $8, $8) RETURNING id",
    )
    .bind(route.reference.to_string())
    .bind(operation.as_str())
    .bind(route.store.to_string())
    .bind(route.account.to_string())
    .bind(route.adapter.to_string())
    .bind(json("instruction", instruction)?)
    .bind(state.as_str())
    .bind(at)
    .bind(instruction.number.as_ref().filter(|_| operation == TransferOperation::AcceptQuote).map(ToString::to_string))
    .bind(operation.is_best_effort())
    .one(connection)
    .await?;
    inserted.number("id")
}

async fn insert_document(
    connection: &mut Connection,
    document: &NewDocument,
    transfer: i64,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (payload, status) = match &document.payload {
        Payload::Order(order) => (json("order", order)?, None),
        Payload::Quote(request) => (json("quote request", request)?, Some(QuoteStatus::Requested.as_str())),
    };
    query(
        "INSERT INTO documents (reference, kind, store, account, adapter, principal, seal, parent, captured_at, payload, status, transfer, \
         updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $9)",
    )
    .bind(document.reference.to_string())
    .bind(document.payload.kind().as_str())
    .bind(document.store.to_string())
    .bind(document.account.to_string())
    .bind(document.adapter.to_string())
    .bind(document.principal.clone())
    .bind(document.seal.as_ref().map(ToString::to_string))
    .bind(document.parent.as_ref().map(ToString::to_string))
    .bind(at)
    .bind(payload)
    .bind(status)
    .bind(transfer)
    .execute(connection)
    .await?;
    Ok(())
}
