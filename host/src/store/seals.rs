//! Seals: what the customer agreed to at checkout (rules C1, C2). Used up by the capture of an order.

use futures::future::FutureExt;
use jiff::Timestamp;

use super::rows::{json, parse};
use super::sql::query;
use super::{Conflict, Store, StoreError};
use crate::domain::{CheckoutId, Reference, Seal};

/// A seal with what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSeal {
    pub seal: Seal,
    /// The order that quoted it.
    pub used_by: Option<Reference>,
}

impl Store {
    /// Stores a seal, or replaces one that was not used yet (a checkout that was checked again).
    pub async fn put_seal(&self, seal: Seal) -> Result<(), StoreError> {
        let payload = json("seal", &seal)?;
        self.write(move |connection| {
            async move {
                let put = query(
                    "INSERT INTO seals (id, payload, expires_at, release_at) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at, \
                     release_at = excluded.release_at WHERE seals.used_by IS NULL",
                )
                .bind(seal.id.to_string())
                .bind(payload)
                .bind(seal.expires_at)
                .bind(release_at(&seal))
                .execute(connection)
                .await?;
                if put == 1 { Ok(()) } else { Err(Conflict::Exists(format!("an order of checkout {}", seal.id)).into()) }
            }
            .boxed()
        })
        .await
    }

    /// Puts `seal` in the place of `before`, if that is still as it was: one that was abandoned, ordered, renewed or whose stock was given
    /// back meanwhile is left alone. Tells whether it did.
    pub async fn renew_seal(&self, before: &Seal, seal: Seal) -> Result<bool, StoreError> {
        let payload = json("seal", &seal)?;
        let (expired_at, was_released_at) = (before.expires_at, release_at(before));
        self.write(move |connection| {
            async move {
                let renewed = query(
                    "UPDATE seals SET payload = $1, expires_at = $2, release_at = $3 WHERE id = $4 AND used_by IS NULL \
                     AND expires_at = $5 AND release_at IS NOT DISTINCT FROM $6",
                )
                .bind(payload)
                .bind(seal.expires_at)
                .bind(release_at(&seal))
                .bind(seal.id.to_string())
                .bind(expired_at)
                .bind(was_released_at)
                .execute(connection)
                .await?;
                Ok(renewed == 1)
            }
            .boxed()
        })
        .await
    }

    pub async fn seal(&self, id: &CheckoutId) -> Result<Option<StoredSeal>, StoreError> {
        let row = query("SELECT payload, used_by FROM seals WHERE id = $1").bind(id.to_string());
        let Some(row) = row.optional(&mut self.read().await?).await? else { return Ok(None) };
        let used_by = row.optional_text("used_by")?.map(Reference::from);
        Ok(Some(StoredSeal { seal: parse("seal", &row.text("payload")?)?, used_by }))
    }
}

fn release_at(seal: &Seal) -> Option<Timestamp> {
    seal.hold.as_ref().filter(|_| seal.reservation.is_some()).map(|hold| hold.release_at)
}
