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
                    "INSERT INTO seals (id, payload, expires_at) VALUES (?, ?, ?) \
                     ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, expires_at = excluded.expires_at WHERE used_by IS NULL",
                )
                .bind(seal.id.to_string())
                .bind(payload)
                .bind(to_millis(seal.expires_at))
                .execute(connection)
                .await?;
                if put.rows_affected() == 1 { Ok(()) } else { Err(Conflict::Exists(format!("an order of checkout {}", seal.id)).into()) }
            }
            .boxed()
        })
        .await
    }

    /// Replaces a seal that is still there and not used: one that was abandoned meanwhile does not come back. Tells whether it did.
    pub async fn renew_seal(&self, seal: Seal) -> Result<bool, StoreError> {
        let payload = json("seal", &seal)?;
        self.write(move |connection| {
            async move {
                let renewed = sqlx::query("UPDATE seals SET payload = ?, expires_at = ? WHERE id = ? AND used_by IS NULL")
                    .bind(payload)
                    .bind(to_millis(seal.expires_at))
                    .bind(seal.id.to_string())
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

    /// Deletes a seal that no order quotes (an abandoned checkout). Tells whether there was one.
    pub async fn delete_seal(&self, id: &CheckoutId) -> Result<bool, StoreError> {
        let id = id.to_string();
        self.write(move |connection| {
            async move {
                let deleted =
                    sqlx::query("DELETE FROM seals WHERE id = ? AND used_by IS NULL").bind(id).execute(connection).await?;
                Ok(deleted.rows_affected() == 1)
            }
            .boxed()
        })
        .await
    }
}
