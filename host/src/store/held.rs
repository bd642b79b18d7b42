//! Stock that is held for a checkout which no order came of is given back (rule C4): at once when it is abandoned, by a sweep when its time
//! is over. The release is a transfer, committed together with the end of the hold, so that a host that dies forgets none.

use futures::future::FutureExt;
use jiff::Timestamp;

use super::capture::{Route, insert_transfer};
use super::rows::{json, parse};
use super::sql::{Connection, query};
use super::{Held, Instruction, Store, StoreError};
use crate::domain::{AccountNumber, CheckoutId, Reference, Seal, StoreName, TransferOperation};

/// Stock that is held for nobody any more.
#[derive(Clone, Debug)]
pub struct FreedStock {
    pub checkout: CheckoutId,
    pub store: StoreName,
    pub account: AccountNumber,
    pub held: Held,
}

impl FreedStock {
    /// What a seal holds.
    pub fn of(seal: &Seal) -> Option<Self> {
        let (reservation, hold) = (seal.reservation.clone()?, seal.hold.as_ref()?);
        let held = Held { reservation, adapter: hold.adapter.clone() };
        Some(Self { checkout: seal.id.clone(), store: seal.store.clone(), account: seal.account.clone(), held })
    }
}

impl Store {
    /// Queues the release of stock.
    pub async fn give_back(&self, freed: FreedStock, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection| async move { release(connection, freed, at).await }.boxed()).await
    }

    /// Deletes a seal that no order quotes and queues the release of its stock. Tells whether there was one.
    pub async fn abandon_seal(&self, id: &CheckoutId, at: Timestamp) -> Result<bool, StoreError> {
        let id = id.to_string();
        self.write(move |connection| give_up_seal(connection, id, at).boxed()).await
    }

    /// Gives the stock of checkouts back whose time is over and that nobody ordered, at most so many. They can still be ordered; their stock
    /// is then held anew. Returns how many holds were ended.
    pub async fn release_expired(&self, now: Timestamp, most: u32) -> Result<usize, StoreError> {
        let due = query("SELECT count(*) AS number FROM seals WHERE used_by IS NULL AND release_at <= $1").bind(now);
        if due.one(&mut self.read().await?).await?.number::<i64>("number")? == 0 {
            return Ok(0);
        }
        self.write(move |connection| release_expired(connection, now, most).boxed()).await
    }
}

/// Deletes a seal that no order quotes and queues the release of its stock. Tells whether there was one.
pub(super) async fn give_up_seal(connection: &mut Connection, id: String, at: Timestamp) -> Result<bool, StoreError> {
    let deleted = query("DELETE FROM seals WHERE id = $1 AND used_by IS NULL RETURNING payload").bind(id);
    let Some(row) = deleted.optional(connection).await? else { return Ok(false) };
    let seal: Seal = parse("seal", &row.text("payload")?)?;
    if let Some(freed) = still_held(&seal, at) {
        release(connection, freed, at).await?;
    }
    Ok(true)
}

async fn release_expired(connection: &mut Connection, now: Timestamp, most: u32) -> Result<usize, StoreError> {
    // What another host is just giving back, or an order using, is passed over.
    let due = query("SELECT payload FROM seals WHERE used_by IS NULL AND release_at <= $1 ORDER BY release_at LIMIT $2")
        .push(connection.dialect().choose("", " FOR UPDATE SKIP LOCKED"))
        .bind(now)
        .bind(most)
        .all(connection)
        .await?;
    for row in &due {
        let seal: Seal = parse("seal", &row.text("payload")?)?;
        if let Some(freed) = still_held(&seal, now) {
            release(connection, freed, now).await?;
        }
        let without = Seal { reservation: None, hold: None, ..seal };
        query("UPDATE seals SET payload = $1, release_at = NULL WHERE id = $2")
            .bind(json("seal", &without)?)
            .bind(without.id.to_string())
            .execute(connection)
            .await?;
    }
    Ok(due.len())
}

/// A reservation that has ended by itself needs no release.
fn still_held(seal: &Seal, now: Timestamp) -> Option<FreedStock> {
    FreedStock::of(seal).filter(|freed| freed.held.reservation.expires_at > now)
}

/// There is no order: the checkout's id is the transfer's reference.
async fn release(connection: &mut Connection, freed: FreedStock, at: Timestamp) -> Result<(), StoreError> {
    let FreedStock { checkout, store, account, held } = freed;
    let (reference, adapter) = (Reference::new(checkout.as_str()), held.adapter.clone());
    let instruction = Instruction { held: Some(held), ..Instruction::default() };
    let route = Route { reference: &reference, store: &store, account: &account, adapter: &adapter };
    insert_transfer(connection, &route, TransferOperation::ReleaseReservation, &instruction, at).await.map(drop)
}
