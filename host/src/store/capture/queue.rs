//! Transfers get in line (rule T6).

use jiff::Timestamp;

use crate::domain::{AccountNumber, AdapterName, Reference, StoreName, TransferEvent, TransferOperation, TransferState};
use crate::store::lock::{Lock, lock};
use crate::store::rows::json;
use crate::store::sql::{Connection, query};
use crate::store::{Instruction, StoreError, Transfer};

/// Whose transfer it is and where it goes.
#[derive(Clone, Copy)]
pub(in crate::store) struct Route<'a> {
    pub(in crate::store) reference: &'a Reference,
    pub(in crate::store) store: &'a StoreName,
    pub(in crate::store) account: &'a AccountNumber,
    pub(in crate::store) adapter: &'a AdapterName,
}

impl<'a> Route<'a> {
    pub(in crate::store) fn of(transfer: &'a Transfer) -> Self {
        let Transfer { reference, store, account, adapter, .. } = transfer;
        Self { reference, store, account, adapter }
    }
}

/// A transfer that is to be queued.
pub(super) struct Queued<'a> {
    pub(super) route: Route<'a>,
    pub(super) operation: TransferOperation,
    pub(super) instruction: &'a Instruction,
    pub(super) at: Timestamp,
}

/// Queues a transfer; it is in turn when its account has no other that is unsettled (rule T6), or when it lines up with nobody.
pub(in crate::store) async fn insert_transfer(
    connection: &mut Connection,
    route: &Route<'_>,
    operation: TransferOperation,
    instruction: &Instruction,
    at: Timestamp,
) -> Result<i64, StoreError> {
    let ids = insert_transfers(connection, &[Queued { route: *route, operation, instruction, at }]).await?;
    ids.into_iter().next().ok_or_else(|| missing(route.reference))
}

/// The same for several of one line, the first of which may be in turn; gives their ids in order. Each has a reference of its own.
pub(super) async fn insert_transfers(connection: &mut Connection, queued: &[Queued<'_>]) -> Result<Vec<i64>, StoreError> {
    let state = TransferState::Captured.after(TransferEvent::Enqueued)?;
    let Some(first) = queued.first() else { return Ok(Vec::new()) };
    let Route { store, account, adapter, .. } = first.route;
    if !first.operation.is_best_effort() {
        lock(connection, Lock::Line { store, account, adapter }).await?;
    }
    let mut insert = query(
        "INSERT INTO transfers \
         (store, account, adapter, state, reference, operation, instruction, accepts, due_at, created_at, updated_at, turn) VALUES ",
    )
    .bind(store.to_string())
    .bind(account.to_string())
    .bind(adapter.to_string())
    .bind(state.as_str());
    for (place, Queued { route, operation, instruction, at }) in queued.iter().enumerate() {
        let accepts = instruction.number.as_ref().filter(|_| *operation == TransferOperation::AcceptQuote);
        insert = insert.push(if place == 0 { "($1, $2, $3, $4, " } else { ", ($1, $2, $3, $4, " });
        insert = insert.push_bind(route.reference.to_string()).push(", ").push_bind(operation.as_str()).push(", ");
        insert = insert.push_bind(json("instruction", instruction)?).push(", ").push_bind(accepts.map(ToString::to_string));
        for _ in ["due_at", "created_at", "updated_at"] {
            insert = insert.push(", ").push_bind(*at);
        }
        insert = insert.push(match (operation.is_best_effort(), place) {
            (true, _) => ", 1)",
            (false, 0) => {
                ", CASE WHEN EXISTS (SELECT 1 FROM transfers WHERE store = $1 AND account = $2 AND adapter = $3 AND turn IS NOT NULL \
                 AND operation <> 'release-reservation') THEN 0 ELSE 1 END)"
            }
            (false, _) => ", 0)",
        });
    }
    let rows = insert.push(" RETURNING id, reference").all(connection).await?;
    let ids = rows.iter().map(|row| Ok((row.text("reference")?, row.number("id")?))).collect::<Result<Vec<_>, StoreError>>()?;
    let id_of = |wanted: &Reference| ids.iter().find(|(reference, _)| reference == wanted.as_str()).map(|(_, id)| *id);
    queued.iter().map(|Queued { route, .. }| id_of(route.reference).ok_or_else(|| missing(route.reference))).collect()
}

fn missing(reference: &Reference) -> StoreError {
    StoreError::Corrupt { what: "answer", reason: format!("it lacks the transfer of {reference}") }
}
