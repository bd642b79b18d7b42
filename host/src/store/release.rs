//! Stock that was held for an order which came to nothing is given back (rule C4), by a transfer that is committed with the news. It lines
//! up with nobody: a slow release must hold up no order.

use jiff::Timestamp;

use super::capture::{Route, insert_transfer};
use super::sql::{Connection, query};
use super::{Held, Instruction, StoreError, Taken, Transfer, rows, taken};
use crate::domain::{BusinessStatus, Reference, StoreName, TransferOperation, TransferState};

/// Queues the release of what is held for an order, when this move of one of its transfers was its end.
pub(super) async fn follow(
    connection: &mut Connection,
    transfer: &Transfer,
    state: TransferState,
    taken: Option<&Taken>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let came_to_nothing = match transfer.operation {
        TransferOperation::SubmitOrder => matches!(state, TransferState::Rejected | TransferState::Abandoned),
        TransferOperation::CancelOrder => {
            matches!(taken, Some(Taken::Order(order)) if order.status == BusinessStatus::Cancelled)
        }
        _ => false,
    };
    if !came_to_nothing {
        return Ok(());
    }
    for order in taken::about(connection, transfer).await? {
        let Some((held, store)) = held_for(connection, &order).await? else { continue };
        let adapter = held.adapter.clone();
        let Instruction { channel, locale, .. } = transfer.instruction.clone();
        let instruction = Instruction { held: Some(held), channel, locale, ..Instruction::default() };
        let route = Route { reference: &order, store: &store, account: &transfer.account, adapter: &adapter };
        insert_transfer(connection, &route, TransferOperation::ReleaseReservation, &instruction, at).await?;
    }
    Ok(())
}

/// What the transfer that carries an order says of it, and the order's store; nothing for an order that we do not hold, nor when it is given back
/// already.
async fn held_for(connection: &mut Connection, order: &Reference) -> Result<Option<(Held, StoreName)>, StoreError> {
    let carrier = query(
        "SELECT t.instruction, d.store FROM documents d JOIN transfers t ON t.id = d.transfer WHERE d.reference = $1 \
         AND NOT EXISTS (SELECT 1 FROM transfers r WHERE r.reference = $1 AND r.operation = 'release-reservation')",
    );
    let Some(row) = carrier.bind(order.to_string()).optional(connection).await? else { return Ok(None) };
    let instruction: Instruction = rows::parse("instruction", &row.text("instruction")?)?;
    let store = row.text("store")?.into();
    Ok(instruction.held.map(|held| (held, store)))
}
