//! From rows to what they mean. The only place that knows the columns' types.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::sql::Row;
use super::{
    Attempt, AttemptKind, Cause, Document, DocumentEvent, DocumentKind, OnHold, Payload, StoreError, Transfer, TransferId,
};
use crate::domain::{Failure, FindingState, Reference, TransferOperation, TransferState};

pub(super) fn transfer(row: &Row) -> Result<Transfer, StoreError> {
    Ok(Transfer {
        id: TransferId(row.number("id")?),
        reference: row.text("reference")?.into(),
        operation: operation(row)?,
        store: row.text("store")?.into(),
        account: row.text("account")?.into(),
        adapter: row.text("adapter")?.into(),
        instruction: parse("instruction", &row.text("instruction")?)?,
        state: state(row, "state")?,
        attempts: row.number("attempts")?,
        lookups: row.number("lookups")?,
        spent: row.number("spent")?,
        due_at: row.instant("due_at")?,
        unknown_since: row.optional_instant("unknown_since")?,
        last_failure: failure(row, "last_failure")?,
        created_at: row.instant("created_at")?,
        resent_at: row.optional_instant("resent_at")?,
        updated_at: row.instant("updated_at")?,
    })
}

/// Needs the columns of `documents` and some of the carrying transfer's, as the query in `history` names them.
pub(super) fn document(row: &Row) -> Result<Document, StoreError> {
    let payload = row.text("payload")?;
    let payload = match document_kind(row)? {
        DocumentKind::Order => Payload::Order(parse("order", &payload)?),
        DocumentKind::Quote => Payload::Quote(parse("quote request", &payload)?),
    };
    let transfer = state(row, "transfer_state")?;
    let due_at = row.instant("transfer_due_at")?;
    let is_held = row.number::<i64>("holds")? > 0;
    Ok(Document {
        reference: row.text("reference")?.into(),
        store: row.text("store")?.into(),
        account: row.text("account")?.into(),
        adapter: row.text("adapter")?.into(),
        principal: row.text("principal")?,
        seal: row.optional_text("seal")?.map(Into::into),
        parent: row.optional_text("parent")?.map(Reference::from),
        captured_at: row.instant("captured_at")?,
        payload,
        backend_number: row.optional_text("backend_number")?.map(Into::into),
        status: row.optional_text("status")?,
        raw_status: row.optional_text("raw_status")?,
        revision: row.optional_text("revision")?,
        amendments: parse("amendments", &row.text("amendments")?)?,
        review: row.optional_text("review")?.as_deref().and_then(FindingState::parse),
        transfer,
        attempts: row.number("transfer_attempts")?,
        on_hold: if is_held { Some(OnHold { shown: row.optional_text("hold_shown")? }) } else { None },
        next_attempt_at: (!transfer.is_settled() && !is_held).then_some(due_at),
        last_failure: failure(row, "transfer_failure")?,
        updated_at: row.instant("updated_at")?,
        version: row.number("version")?,
    })
}

pub(super) fn attempt(row: &Row) -> Result<Attempt, StoreError> {
    let kind = row.text("kind")?;
    Ok(Attempt {
        transfer: TransferId(row.number("transfer")?),
        number: row.number("number")?,
        kind: AttemptKind::parse(&kind).ok_or_else(|| unreadable("attempt kind", &kind))?,
        started_at: row.instant("started_at")?,
        ended_at: row.optional_instant("ended_at")?,
        adapter_digest: row.optional_text("adapter_digest")?,
        outcome: row.optional_text("outcome")?.map(|name| known_state(&name)).transpose()?,
        failure: failure(row, "failure")?,
        exchanges: row.optional_text("exchanges")?.map(|kept| parse("exchanges", &kept)).transpose()?.unwrap_or_default(),
    })
}

pub(super) fn event(row: &Row) -> Result<DocumentEvent, StoreError> {
    let cause = row.text("cause")?;
    Ok(DocumentEvent {
        number: row.number("number")?,
        reference: row.text("reference")?.into(),
        kind: document_kind(row)?,
        store: row.text("store")?.into(),
        account: row.text("account")?.into(),
        at: row.instant("at")?,
        operation: operation(row)?,
        cause: Cause::parse(&cause).ok_or_else(|| unreadable("cause of an event", &cause))?,
        transfer: state(row, "transfer")?,
        status: row.optional_text("status")?,
        revision: row.optional_text("revision")?,
        backend_number: row.optional_text("backend_number")?.map(Into::into),
    })
}

pub(super) fn state(row: &Row, column: &'static str) -> Result<TransferState, StoreError> {
    known_state(&row.text(column)?)
}

/// A stored JSON value.
pub(super) fn parse<T: DeserializeOwned>(what: &'static str, json: &str) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::Corrupt { what, reason: unread(&error) })
}

/// Where reading stopped, without what stands there: it may be personal.
fn unread(error: &serde_json::Error) -> String {
    format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column())
}

/// A value as it is stored.
pub(super) fn json<T: Serialize + ?Sized>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(StoreError::corrupt(what))
}

pub(super) fn operation(row: &Row) -> Result<TransferOperation, StoreError> {
    let name = row.text("operation")?;
    TransferOperation::parse(&name).ok_or_else(|| unreadable("operation", &name))
}

fn document_kind(row: &Row) -> Result<DocumentKind, StoreError> {
    let name = row.text("kind")?;
    DocumentKind::parse(&name).ok_or_else(|| unreadable("document kind", &name))
}

fn known_state(name: &str) -> Result<TransferState, StoreError> {
    TransferState::parse(name).ok_or_else(|| unreadable("transfer state", name))
}

fn unreadable(what: &'static str, name: &str) -> StoreError {
    StoreError::Corrupt { what, reason: format!("{name:?} is not known to this build") }
}

fn failure(row: &Row, column: &'static str) -> Result<Option<Failure>, StoreError> {
    row.optional_text(column)?.map(|failure| parse("failure", &failure)).transpose()
}
