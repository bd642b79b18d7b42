//! What waits to be tried or looked up again is so at once, because a person says so (rule T11): its back end is there again, or a customer is on
//! the telephone. It stays in its line.

use super::columns::transfer_columns;
use super::desk::write_audit;
use super::sql::{Connection, query};
use super::{Conflict, Deed, StoreError, Transfer, rows};
use crate::domain::{Reference, TransferState};

/// The newest transfer of a reference, when it waits for its time; none when it is parked or settled. Nobody hurries what is held, nor what
/// somebody is at work on.
pub(super) async fn waiting(connection: &mut Connection, reference: &Reference) -> Result<Option<Transfer>, StoreError> {
    let newest = query(concat!(
        "SELECT ",
        transfer_columns!(""),
        ", turn, lease_until FROM transfers WHERE reference = $1 AND operation <> 'release-reservation' ORDER BY id DESC LIMIT 1"
    ));
    let newest = newest.push(connection.dialect().choose("", " FOR UPDATE")).bind(reference.to_string());
    let Some(row) = newest.optional(connection).await? else { return Ok(None) };
    let transfer = rows::transfer(&row)?;
    let turn = row.optional_number("turn")?;
    let is_at_work = row.optional_number("lease_until")?.is_some();
    let reference = reference.to_string();
    match transfer.state {
        TransferState::Queued if turn.is_none() => Err(Conflict::Held { reference }.into()),
        TransferState::Queued if turn == Some(0) => Err(Conflict::NotInTurn { reference }.into()),
        TransferState::Queued | TransferState::Unknown | TransferState::Sending if is_at_work => {
            Err(Conflict::AtWork { reference }.into())
        }
        TransferState::Queued | TransferState::Unknown => Ok(Some(transfer)),
        _ => Ok(None),
    }
}

pub(super) async fn at_once(connection: &mut Connection, waiting: Transfer, deed: Deed) -> Result<Transfer, StoreError> {
    query("UPDATE transfers SET due_at = $1, updated_at = $1 WHERE id = $2")
        .bind(deed.at)
        .bind(waiting.id.0)
        .execute(connection)
        .await?;
    let hurried = Transfer { due_at: deed.at, updated_at: deed.at, ..waiting };
    write_audit(connection, &hurried, "resend", Some("at once".to_owned()), deed).await?;
    Ok(hurried)
}
