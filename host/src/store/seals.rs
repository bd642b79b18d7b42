//! Seals: what the customer agreed to at checkout (rules C1, C2). Used up by the capture of an order.

use futures::future::FutureExt;
use sqlx::Row;

use super::instant::to_millis;
use super::rows::{json, parse};
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
                let put = sqlx::query(
                    "INSERT INTO seals (id, payload, expires_at, release_at) VALUES (?, ?, ?, ?) \
                     ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at, \
                     release_at = excluded.release_at WHERE used_by IS NULL",
                )
                .bind(seal.id.to_string())
                .bind(payload)
                .bind(to_millis(seal.expires_at))
                .bind(release_at(&seal))
                .execute(connection)
                .await?;
                if put.rows_affected() == 1 {
                    Ok(())
                } else {
                    Err(Conflict::Exists(format!("an order of checkout {}", seal.id)).into())
                }
            }
            .boxed()
        })
        .await
    }

    /// Puts `seal` in the place of `before`, if that is still as it was: one that was abandoned, ordered, renewed or whose stock was given
    /// back meanwhile is left alone. Tells whether it did.
    pub async fn renew_seal(&self, before: &Seal, seal: Seal) -> Result<bool, StoreError> {
        let payload = json("seal", &seal)?;
        let (expired_at, was_released_at) = (to_millis(before.expires_at), release_at(before));
        self.write(move |connection| {
            async move {
                let renewed = sqlx::query(
                    "UPDATE seals SET payload = ?, expires_at = ?, release_at = ? WHERE id = ? AND used_by IS NULL \
                     AND expires_at = ? AND release_at IS NOT DISTINCT FROM ?",
                )
                .bind(payload)
                .bind(to_millis(seal.expires_at))
                .bind(release_at(&seal))
                .bind(seal.id.to_string())
                .bind(expired_at)
                .bind(was_released_at)
                .execute(connection)
                .await?;
                Ok(renewed.rows_affected() == 1)
            }
            .boxed()
        })
        .await
    }

    pub async fn seal(&self, id: &CheckoutId) -> Result<Option<StoredSeal>, StoreError> {
        let row = sqlx::query("SELECT payload, used_by FROM seals WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(&self.readers)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let payload: String = row.try_get("payload")?;
        let used_by: Option<String> = row.try_get("used_by")?;
        Ok(Some(StoredSeal { seal: parse("seal", &payload)?, used_by: used_by.map(Reference::from) }))
    }
}

fn release_at(seal: &Seal) -> Option<i64> {
    seal.hold.as_ref().filter(|_| seal.reservation.is_some()).map(|hold| to_millis(hold.release_at))
}
