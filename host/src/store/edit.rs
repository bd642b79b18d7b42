//! Changing a parked order before it is sent again (rule T11).

use futures::future::FutureExt;

use super::desk::{parked_transfer, write_audit};
use super::pricing::keep;
use super::rows::parse;
use super::sql::{Connection, query};
use super::{Conflict, Deed, Store, StoreError, Transfer};
use crate::domain::{Failure, FailureCode, Order, OrderEdit, Reference};

impl Store {
    /// Changes a parked order; audited with what changed. One that the back end may have already is refused: it would be found there unchanged.
    pub async fn edit(&self, reference: &Reference, edit: OrderEdit, deed: Deed) -> Result<Transfer, StoreError> {
        let document = reference.clone();
        let edited = self.write(move |connection| change(connection, document, edit, deed).boxed()).await?;
        self.tell_other_hosts(reference);
        Ok(edited)
    }
}

async fn change(connection: &mut Connection, reference: Reference, edit: OrderEdit, deed: Deed) -> Result<Transfer, StoreError> {
    let transfer = parked_transfer(connection, &reference).await?;
    if !transfer.operation.carries_order() || may_be_there(connection, &transfer).await? {
        return Err(Conflict::NotEditable { reference: reference.to_string() }.into());
    }
    let row = query("SELECT payload FROM documents WHERE reference = $1 AND kind = 'order'").bind(reference.to_string());
    let row = row.optional(connection).await?.ok_or_else(|| StoreError::NotFound(reference.to_string()))?;
    let order: Order = parse("order", &row.text("payload")?)?;
    let (order, changes) = order.edited(&edit).map_err(Conflict::from)?;
    if changes.is_empty() {
        return Err(Conflict::NothingChanged { reference: reference.to_string() }.into());
    }
    keep(connection, &reference, &order, deed.at).await?;
    write_audit(connection, &transfer, "edit", Some(changes.join("; ")), deed).await?;
    Ok(transfer)
}

/// Whether an attempt may have been taken: the host died in it, or its reply was lost or could not be read.
async fn may_be_there(connection: &mut Connection, transfer: &Transfer) -> Result<bool, StoreError> {
    let sent =
        query("SELECT failure FROM attempts WHERE transfer = $1 AND kind = 'send'").bind(transfer.id.0).all(connection).await?;
    if sent.len() < transfer.attempts as usize {
        // Some are not remembered.
        return Ok(true);
    }
    for row in &sent {
        let failure = row.optional_text("failure")?.map(|failure| parse::<Failure>("failure", &failure)).transpose()?;
        if failure.is_none_or(|failure| leaves_a_doubt(failure.code)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn leaves_a_doubt(code: FailureCode) -> bool {
    matches!(code, FailureCode::OutcomeUnknown | FailureCode::Timeout | FailureCode::InvalidResponse | FailureCode::Conflict)
}
