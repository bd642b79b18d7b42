//! Holds: a document that a person holds is not sent until every hold on it is released (rules T6, T11). It steps out of its account's line,
//! so that the next one goes on, and lines up again where it was.

use futures::future::FutureExt;
use jiff::Timestamp;

use super::columns::transfer_columns;
use super::desk::write_audit;
use super::findings::touch;
use super::lock::{Lock, lock};
use super::record::pass_turn_on;
use super::sql::{Connection, Row, query};
use super::{Conflict, Deed, Store, StoreError, Transfer, rows};
use crate::domain::{HoldCode, Reference, TransferState};

/// Why a document is held, by whom, since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub code: HoldCode,
    /// What the customer is told.
    pub shown: Option<String>,
    pub actor: String,
    pub reason: String,
    pub placed_at: Timestamp,
}

impl Store {
    /// Holds a document that waits to be sent. What was claimed of it a moment ago is not sent any more: the claim's fence is stale.
    pub async fn hold(
        &self,
        reference: &Reference,
        code: HoldCode,
        shown: Option<String>,
        deed: Deed,
    ) -> Result<Transfer, StoreError> {
        let document = reference.clone();
        let held = self.write(move |connection| place(connection, document, code, shown, deed).boxed()).await?;
        self.tell_other_hosts(reference);
        Ok(held)
    }

    /// Releases one hold of a document, or all of them. It is sent once none is left, with its whole time again.
    pub async fn release_hold(&self, reference: &Reference, code: Option<HoldCode>, deed: Deed) -> Result<Transfer, StoreError> {
        let document = reference.clone();
        let released = self.write(move |connection| release(connection, document, code, deed).boxed()).await?;
        self.tell_other_hosts(reference);
        Ok(released)
    }

    /// The holds on a document, oldest first.
    pub async fn holds_of(&self, reference: &Reference) -> Result<Vec<Hold>, StoreError> {
        holds(&mut self.read().await?, reference).await
    }
}

pub(super) async fn holds(connection: &mut Connection, reference: &Reference) -> Result<Vec<Hold>, StoreError> {
    let holds = query("SELECT code, shown, actor, reason, placed_at FROM holds WHERE reference = $1 ORDER BY placed_at, code");
    holds.bind(reference.to_string()).all(connection).await?.iter().map(hold).collect()
}

async fn place(
    connection: &mut Connection,
    reference: Reference,
    code: HoldCode,
    shown: Option<String>,
    deed: Deed,
) -> Result<Transfer, StoreError> {
    let (mut transfer, turn) = carrier(connection, &reference).await?;
    if transfer.state != TransferState::Queued {
        return Err(Conflict::NotWaiting { reference: reference.to_string(), state: transfer.state }.into());
    }
    let placed = query(
        "INSERT INTO holds (reference, code, shown, actor, reason, placed_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (reference, code) DO NOTHING",
    )
    .bind(reference.to_string())
    .bind(code.to_string())
    .bind(shown)
    .bind(deed.actor.clone())
    .bind(deed.reason.clone())
    .bind(deed.at)
    .execute(connection)
    .await?;
    if placed == 0 {
        return Err(Conflict::HeldAlready { reference: reference.to_string(), code: code.to_string() }.into());
    }
    query("UPDATE transfers SET turn = NULL, fence = fence + 1, lease_until = NULL, updated_at = $1 WHERE id = $2")
        .bind(deed.at)
        .bind(transfer.id.0)
        .execute(connection)
        .await?;
    if turn == Some(1) {
        pass_turn_on(connection, &transfer).await?;
    }
    transfer.updated_at = deed.at;
    touch(connection, &reference, deed.at).await?;
    write_audit(connection, &transfer, "hold", Some(code.to_string()), deed).await?;
    Ok(transfer)
}

async fn release(
    connection: &mut Connection,
    reference: Reference,
    code: Option<HoldCode>,
    deed: Deed,
) -> Result<Transfer, StoreError> {
    let (mut transfer, _) = carrier(connection, &reference).await?;
    let held = holds(connection, &reference).await?;
    let (ending, left): (Vec<_>, Vec<_>) = held.into_iter().partition(|hold| code.as_ref().is_none_or(|code| hold.code == *code));
    if ending.is_empty() {
        return Err(Conflict::NotHeld { reference: reference.to_string(), code: code.map(|code| code.to_string()) }.into());
    }
    for hold in &ending {
        query("DELETE FROM holds WHERE reference = $1 AND code = $2")
            .bind(reference.to_string())
            .bind(hold.code.to_string())
            .execute(connection)
            .await?;
        write_audit(connection, &transfer, "release", Some(hold.code.to_string()), deed.clone()).await?;
    }
    if left.is_empty() && transfer.state == TransferState::Queued {
        line_up(connection, &transfer, deed.at).await?;
        (transfer.due_at, transfer.resent_at, transfer.updated_at) = (deed.at, Some(deed.at), deed.at);
    }
    touch(connection, &reference, deed.at).await?;
    Ok(transfer)
}

/// Ends every hold on a document that is given up; tells how many there were.
pub(super) async fn end_all(connection: &mut Connection, reference: &Reference) -> Result<u64, StoreError> {
    query("DELETE FROM holds WHERE reference = $1").bind(reference.to_string()).execute(connection).await
}

/// By its id it stands where it stood before; who is under way is not overtaken.
async fn line_up(connection: &mut Connection, transfer: &Transfer, at: Timestamp) -> Result<(), StoreError> {
    let Transfer { store, account, adapter, .. } = transfer;
    lock(connection, Lock::Line { store, account, adapter }).await?;
    query(
        "UPDATE transfers SET due_at = $1, resent_at = $1, updated_at = $1, turn = CASE WHEN NOT EXISTS (SELECT 1 FROM transfers o \
         WHERE o.store = transfers.store AND o.account = transfers.account AND o.adapter = transfers.adapter AND o.turn IS NOT NULL \
         AND o.operation <> 'release-reservation') THEN 1 ELSE 0 END WHERE id = $2",
    )
    .bind(at)
    .bind(transfer.id.0)
    .execute(connection)
    .await
    .map(drop)
}

/// The transfer that carries a document, and its turn.
pub(super) async fn carrier(connection: &mut Connection, reference: &Reference) -> Result<(Transfer, Option<i64>), StoreError> {
    let carrier = query(concat!(
        "SELECT ",
        transfer_columns!("t."),
        ", t.turn AS turn FROM documents d JOIN transfers t ON t.id = d.transfer WHERE d.reference = $1"
    ));
    let carrier = carrier.push(connection.dialect().choose("", " FOR UPDATE OF t")).bind(reference.to_string());
    let row = carrier.optional(connection).await?.ok_or_else(|| StoreError::NotFound(reference.to_string()))?;
    Ok((rows::transfer(&row)?, row.optional_number("turn")?))
}

fn hold(row: &Row) -> Result<Hold, StoreError> {
    Ok(Hold {
        code: row.text("code")?.into(),
        shown: row.optional_text("shown")?,
        actor: row.text("actor")?,
        reason: row.text("reason")?,
        placed_at: row.instant("placed_at")?,
    })
}
