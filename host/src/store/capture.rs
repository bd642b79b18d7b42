//! Capture: the one transaction after which an order or quote is acknowledged (rules T1, A2, C2).

use futures::future::FutureExt;
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::answers::{Answer, keep_answer, replay};
use super::instant::to_millis;
use super::rows::json;
use super::{Instruction, NewDocument, Payload, Store, StoreError};
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
        self.write(move |connection| capture_document(connection, capture).boxed()).await
    }

    /// Commits an operation on an existing document, with the same idempotency as [`Store::capture`].
    pub async fn enqueue(&self, operation: NewOperation) -> Result<CaptureOutcome, StoreError> {
        self.write(move |connection| enqueue_operation(connection, operation).boxed()).await
    }
}

async fn capture_document(connection: &mut SqliteConnection, capture: Capture) -> Result<CaptureOutcome, StoreError> {
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

async fn enqueue_operation(connection: &mut SqliteConnection, new: NewOperation) -> Result<CaptureOutcome, StoreError> {
    if let Some(outcome) = replay(connection, new.answer.as_ref()).await? {
        return Ok(outcome);
    }
    let route = Route { reference: &new.reference, store: &new.store, account: &new.account, adapter: &new.adapter };
    insert_transfer(connection, &route, new.operation, &new.instruction, new.at).await?;
    keep_answer(connection, new.answer, &new.reference, new.at).await?;
    Ok(CaptureOutcome::Captured)
}

/// Marks a seal as used. Returns the order that used it before, if one did (rule C2).
async fn use_seal(connection: &mut SqliteConnection, seal: &CheckoutId, by: &Reference) -> Result<Option<Reference>, StoreError> {
    let marked = sqlx::query("UPDATE seals SET used_by = ? WHERE id = ? AND used_by IS NULL")
        .bind(by.to_string())
        .bind(seal.to_string())
        .execute(&mut *connection)
        .await?;
    if marked.rows_affected() == 1 {
        return Ok(None);
    }
    let used_by: Option<String> = sqlx::query_scalar("SELECT used_by FROM seals WHERE id = ?")
        .bind(seal.to_string())
        .fetch_optional(connection)
        .await?
        .flatten();
    used_by.map(|reference| Some(reference.into())).ok_or_else(|| StoreError::NotFound(format!("checkout {seal}")))
}

/// The order that accepts the same quote already: a double click in two windows must not make two orders.
async fn accepted_by(
    connection: &mut SqliteConnection,
    document: &NewDocument,
    instruction: &Instruction,
) -> Result<Option<Reference>, StoreError> {
    let Some(number) = &instruction.number else { return Ok(None) };
    let reference: Option<String> = sqlx::query_scalar(
        "SELECT reference FROM transfers WHERE store = ? AND adapter = ? AND accepts = ? AND state NOT IN ('rejected', 'abandoned')",
    )
    .bind(document.store.to_string())
    .bind(document.adapter.to_string())
    .bind(number.to_string())
    .fetch_optional(connection)
    .await?;
    Ok(reference.map(Reference::from))
}

/// Whose transfer it is and where it goes.
pub(super) struct Route<'a> {
    pub(super) reference: &'a Reference,
    pub(super) store: &'a StoreName,
    pub(super) account: &'a AccountNumber,
    pub(super) adapter: &'a AdapterName,
}

/// Queues a transfer; it is in turn when its account has no other that is unsettled (rule T6), or when it lines up with nobody.
pub(super) async fn insert_transfer(
    connection: &mut SqliteConnection,
    route: &Route<'_>,
    operation: TransferOperation,
    instruction: &Instruction,
    at: Timestamp,
) -> Result<i64, StoreError> {
    let state = TransferState::Captured.after(TransferEvent::Enqueued)?;
    let inserted = sqlx::query(
        "INSERT INTO transfers \
         (reference, operation, store, account, adapter, instruction, accepts, state, turn, due_at, created_at, updated_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?9, ?7, \
         ?10 OR NOT EXISTS (SELECT 1 FROM transfers WHERE store = ?3 AND account = ?4 AND adapter = ?5 AND turn IS NOT NULL \
         AND operation <> 'release-reservation'), ?8, ?8, ?8)",
    )
    .bind(route.reference.to_string())
    .bind(operation.as_str())
    .bind(route.store.to_string())
    .bind(route.account.to_string())
    .bind(route.adapter.to_string())
    .bind(json("instruction", instruction)?)
    .bind(state.as_str())
    .bind(to_millis(at))
    .bind(instruction.number.as_ref().filter(|_| operation == TransferOperation::AcceptQuote).map(ToString::to_string))
    .bind(operation.is_best_effort())
    .execute(connection)
    .await?;
    Ok(inserted.last_insert_rowid())
}

async fn insert_document(
    connection: &mut SqliteConnection,
    document: &NewDocument,
    transfer: i64,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (payload, status) = match &document.payload {
        Payload::Order(order) => (json("order", order)?, None),
        Payload::Quote(request) => (json("quote request", request)?, Some(QuoteStatus::Requested.as_str())),
    };
    sqlx::query(
        "INSERT INTO documents (reference, kind, store, account, adapter, principal, seal, parent, captured_at, payload, status, transfer, \
         updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?9)",
    )
    .bind(document.reference.to_string())
    .bind(document.payload.kind().as_str())
    .bind(document.store.to_string())
    .bind(document.account.to_string())
    .bind(document.adapter.to_string())
    .bind(document.principal.clone())
    .bind(document.seal.as_ref().map(ToString::to_string))
    .bind(document.parent.as_ref().map(ToString::to_string))
    .bind(to_millis(at))
    .bind(payload)
    .bind(status)
    .bind(transfer)
    .execute(connection)
    .await?;
    Ok(())
}
