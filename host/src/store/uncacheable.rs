//! What back ends do not want to be cached (rule F12): kept here, so that it holds after a restart and on every host of the database.

use futures::future::FutureExt;
use jiff::Timestamp;

use super::sql::{Connection, Row, query};
use super::{Store, StoreError};
use crate::domain::Withheld;

impl Store {
    /// Keeps these, each in the place of what is known of the same part of the item, unless that is newer. Gives the number of the change.
    pub async fn withhold(&self, withheld: Vec<Withheld>) -> Result<i64, StoreError> {
        self.write(move |connection| keep(connection, withheld).boxed()).await
    }

    /// All that are in force or have ended lately.
    pub async fn withheld(&self) -> Result<Vec<Withheld>, StoreError> {
        let all = query("SELECT sku, adapter, store, location, as_of_micros, ends_at FROM uncacheable");
        all.all(&mut self.read().await?).await?.iter().map(withheld).collect()
    }

    /// The number of the last change: [`Store::withheld`] answers as before while it is the same.
    pub async fn withheld_changes(&self) -> Result<i64, StoreError> {
        query("SELECT number FROM uncacheable_changes").one(&mut self.read().await?).await?.number("number")
    }
}

async fn keep(connection: &mut Connection, all: Vec<Withheld>) -> Result<i64, StoreError> {
    // First, so that hosts that change something at the same time wait here and nowhere else.
    let change = query("UPDATE uncacheable_changes SET number = number + 1 RETURNING number").one(connection).await?;
    for Withheld { sku, adapter, store, location, as_of, until } in all {
        query(
            "INSERT INTO uncacheable (sku, adapter, store, location, as_of_micros, ends_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (sku, adapter, store, location) DO UPDATE SET as_of_micros = excluded.as_of_micros, ends_at = excluded.ends_at \
             WHERE uncacheable.as_of_micros <= excluded.as_of_micros",
        )
        .bind(sku.to_string())
        .bind(adapter.map_or_else(String::new, |adapter| adapter.to_string()))
        .bind(store.map_or_else(String::new, |store| store.to_string()))
        .bind(location.map_or_else(String::new, |location| location.to_string()))
        .bind(as_of.as_microsecond())
        .bind(until)
        .execute(connection)
        .await?;
    }
    change.number("number")
}

/// Deletes what ended before. Nobody goes by it, so it is no change.
pub(super) async fn prune(connection: &mut Connection, before: Timestamp) -> Result<u64, StoreError> {
    query("DELETE FROM uncacheable WHERE ends_at < $1").bind(before).execute(connection).await
}

fn withheld(row: &Row) -> Result<Withheld, StoreError> {
    let part = |column| Ok::<_, StoreError>(Some(row.text(column)?).filter(|text| !text.is_empty()));
    Ok(Withheld {
        sku: row.text("sku")?.into(),
        adapter: part("adapter")?.map(Into::into),
        store: part("store")?.map(Into::into),
        location: part("location")?.map(Into::into),
        as_of: Timestamp::from_microsecond(row.number("as_of_micros")?).map_err(StoreError::corrupt("instant"))?,
        until: row.optional_instant("ends_at")?,
    })
}
