//! The back end's lists of documents as they were seen last, for the time when it is down (rule H2).

use futures::future::FutureExt;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::rows::{json, parse};
use super::sql::query;
use super::{DocumentKind, Store, StoreError};
use crate::domain::{AccountNumber, AdapterName, StoreName};

/// Whose list is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListKey {
    pub store: StoreName,
    pub adapter: AdapterName,
    pub account: AccountNumber,
    pub kind: DocumentKind,
}

impl Store {
    /// Keeps the back end's newest list. A list with an older `as_of` than the stored one changes nothing.
    pub async fn remember_list<T: Serialize>(&self, key: ListKey, items: &[T], as_of: Timestamp) -> Result<(), StoreError> {
        let items = json("list", items)?;
        self.write(move |connection| {
            async move {
                query(
                    "INSERT INTO known_lists (store, adapter, account, kind, items, as_of) VALUES ($1, $2, $3, $4, $5, $6) \
                     ON CONFLICT (store, adapter, account, kind) DO UPDATE SET items = excluded.items, as_of = excluded.as_of \
                     WHERE excluded.as_of >= known_lists.as_of",
                )
                .bind(key.store.to_string())
                .bind(key.adapter.to_string())
                .bind(key.account.to_string())
                .bind(key.kind.as_str())
                .bind(items)
                .bind(as_of)
                .execute(connection)
                .await?;
                Ok(())
            }
            .boxed()
        })
        .await
    }

    /// The list remembered last and its time.
    pub async fn last_known_list<T: DeserializeOwned>(&self, key: &ListKey) -> Result<Option<(Vec<T>, Timestamp)>, StoreError> {
        let list = query("SELECT items, as_of FROM known_lists WHERE store = $1 AND adapter = $2 AND account = $3 AND kind = $4")
            .bind(key.store.to_string())
            .bind(key.adapter.to_string())
            .bind(key.account.to_string())
            .bind(key.kind.as_str());
        let Some(row) = list.optional(&mut self.read().await?).await? else { return Ok(None) };
        Ok(Some((parse("list", &row.text("items")?)?, row.instant("as_of")?)))
    }
}
