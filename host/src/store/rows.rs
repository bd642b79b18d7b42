//! From rows to what they mean. The only place that knows the columns' types.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::instant::from_millis;
use super::{Attempt, AttemptKind, Document, DocumentKind, Payload, StoreError, Transfer, TransferId};
use crate::domain::{Failure, Reference, TransferOperation, TransferState};

pub(super) fn transfer(row: &SqliteRow) -> Result<Transfer, StoreError> {
    let operation: String = row.try_get("operation")?;
    Ok(Transfer {
        id: TransferId(row.try_get("id")?),
        reference: text(row, "reference")?.into(),
        operation: TransferOperation::parse(&operation).ok_or_else(|| unreadable("operation", &operation))?,
        store: text(row, "store")?.into(),
        account: text(row, "account")?.into(),
        adapter: text(row, "adapter")?.into(),
        instruction: parse("instruction", &text(row, "instruction")?)?,
        state: state(row, "state")?,
        attempts: row.try_get("attempts")?,
        lookups: row.try_get("lookups")?,
        spent: row.try_get("spent")?,
        due_at: from_millis(row.try_get("due_at")?)?,
        unknown_since: instant(row, "unknown_since")?,
        last_failure: failure(row, "last_failure")?,
        created_at: from_millis(row.try_get("created_at")?)?,
        resent_at: instant(row, "resent_at")?,
        updated_at: from_millis(row.try_get("updated_at")?)?,
    })
}

/// Needs the columns of `documents` and some of the carrying transfer's, as the query in `history` names them.
pub(super) fn document(row: &SqliteRow) -> Result<Document, StoreError> {
    let kind = text(row, "kind")?;
    let payload = text(row, "payload")?;
    let payload = match DocumentKind::parse(&kind).ok_or_else(|| unreadable("document kind", &kind))? {
        DocumentKind::Order => Payload::Order(parse("order", &payload)?),
        DocumentKind::Quote => Payload::Quote(parse("quote request", &payload)?),
    };
    let transfer = state(row, "transfer_state")?;
    let due_at = from_millis(row.try_get("transfer_due_at")?)?;
    Ok(Document {
        reference: text(row, "reference")?.into(),
        store: text(row, "store")?.into(),
        account: text(row, "account")?.into(),
        adapter: text(row, "adapter")?.into(),
        principal: text(row, "principal")?,
        seal: optional(row, "seal")?.map(Into::into),
        parent: optional(row, "parent")?.map(Reference::from),
        captured_at: from_millis(row.try_get("captured_at")?)?,
        payload,
        backend_number: optional(row, "backend_number")?.map(Into::into),
        status: optional(row, "status")?,
        raw_status: optional(row, "raw_status")?,
        revision: optional(row, "revision")?,
        amendments: parse("amendments", &text(row, "amendments")?)?,
        transfer,
        attempts: row.try_get("transfer_attempts")?,
        next_attempt_at: (!transfer.is_settled()).then_some(due_at),
        last_failure: failure(row, "transfer_failure")?,
        updated_at: from_millis(row.try_get("updated_at")?)?,
        version: row.try_get("version")?,
    })
}

pub(super) fn attempt(row: &SqliteRow) -> Result<Attempt, StoreError> {
    let kind = text(row, "kind")?;
    Ok(Attempt {
        transfer: TransferId(row.try_get("transfer")?),
        number: row.try_get("number")?,
        kind: AttemptKind::parse(&kind).ok_or_else(|| unreadable("attempt kind", &kind))?,
        started_at: from_millis(row.try_get("started_at")?)?,
        ended_at: instant(row, "ended_at")?,
        adapter_digest: optional(row, "adapter_digest")?,
        outcome: optional(row, "outcome")?.map(|name| known_state(&name)).transpose()?,
        failure: failure(row, "failure")?,
    })
}

pub(super) fn state(row: &SqliteRow, column: &'static str) -> Result<TransferState, StoreError> {
    known_state(&text(row, column)?)
}

/// A stored JSON value.
pub(super) fn parse<T: DeserializeOwned>(what: &'static str, json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(StoreError::corrupt(what))
}

/// A value as it is stored.
pub(super) fn json<T: Serialize + ?Sized>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::corrupt(what))
}

fn known_state(name: &str) -> Result<TransferState, StoreError> {
    TransferState::parse(name).ok_or_else(|| unreadable("transfer state", name))
}

fn unreadable(what: &'static str, name: &str) -> StoreError {
    StoreError::Corrupt { what, reason: format!("{name:?} is not known to this build") }
}

fn text(row: &SqliteRow, column: &'static str) -> Result<String, StoreError> {
    Ok(row.try_get(column)?)
}

fn failure(row: &SqliteRow, column: &'static str) -> Result<Option<Failure>, StoreError> {
    optional(row, column)?.map(|failure| parse("failure", &failure)).transpose()
}

fn instant(row: &SqliteRow, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
    row.try_get::<Option<i64>, _>(column)?.map(from_millis).transpose()
}

fn optional(row: &SqliteRow, column: &'static str) -> Result<Option<String>, StoreError> {
    Ok(row.try_get(column)?)
}
