//! The amounts of an order that was taken while the back end was down (rule C6): noted by whoever holds the claim on its transfer, or by a
//! person while it is parked. After its amounts are settled they never change.

use futures::future::FutureExt;
use jiff::Timestamp;
use rust_decimal::Decimal;

use super::claim::held;
use super::rows::{json, parse};
use super::sql::{Connection, query};
use super::{Conflict, Fence, Store, StoreError, TransferId};
use crate::domain::{Money, Order, Reference};

impl Store {
    /// Commits what an order comes to, before anything of it is sent. Refused with a stale fence (rule T5).
    pub async fn keep_priced(&self, id: TransferId, fence: Fence, order: Order, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection| {
            async move {
                let transfer = held(connection, id, fence).await?;
                keep(connection, &transfer.reference, &order, at).await
            }
            .boxed()
        })
        .await
    }
}

/// Accepts the price that a parked order is at, if it is the one that was seen. Returns what was agreed to, and what is now.
pub(super) async fn accept(
    connection: &mut Connection,
    reference: &Reference,
    seen: Decimal,
    at: Timestamp,
) -> Result<(Option<Money>, Money), StoreError> {
    let nothing = || Conflict::NoPriceToAccept { reference: reference.to_string() };
    let row = query("SELECT payload FROM documents WHERE reference = $1 AND kind = 'order'").bind(reference.to_string());
    let row = row.optional(connection).await?.ok_or_else(nothing)?;
    let order: Order = parse("order", &row.text("payload")?)?;
    let accepted = order.accepted().ok_or_else(nothing)?;
    let terms = accepted.provisional.as_ref().and_then(|terms| Some((terms.agreed, terms.accepted?)));
    let (agreed, now) = terms.ok_or_else(nothing)?;
    if now.amount != seen {
        return Err(Conflict::OtherPrice { reference: reference.to_string(), seen, now }.into());
    }
    keep(connection, reference, &accepted, at).await?;
    Ok((agreed, now))
}

pub(super) async fn keep(
    connection: &mut Connection,
    reference: &Reference,
    order: &Order,
    at: Timestamp,
) -> Result<(), StoreError> {
    query("UPDATE documents SET payload = $1, updated_at = $2, version = version + 1 WHERE reference = $3")
        .bind(json("order", order)?)
        .bind(at)
        .bind(reference.to_string())
        .execute(connection)
        .await?;
    Ok(())
}
