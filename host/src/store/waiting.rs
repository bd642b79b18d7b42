//! What waits for a person: parked transfers, and documents that are held. Narrowed as bulk actions need it (rule T11).

use jiff::Timestamp;

use super::columns::transfer_columns;
use super::sql::query;
use super::{Store, StoreError, Transfer, rows};
use crate::domain::{AccountNumber, AdapterName, StoreName};

/// What is listed. Those that are absent do not narrow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskFilter {
    pub waiting: Waiting,
    /// Of what is parked: the code of its last failure; of what is held: the code of a hold.
    pub code: Option<String>,
    pub store: Option<StoreName>,
    pub adapter: Option<AdapterName>,
    pub account: Option<AccountNumber>,
    /// Only what was captured before.
    pub before: Option<Timestamp>,
    pub limit: u32,
}

/// Why it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    Parked,
    Held,
}

impl DeskFilter {
    /// Everything that waits for this.
    pub fn all(waiting: Waiting, limit: u32) -> Self {
        Self { waiting, code: None, store: None, adapter: None, account: None, before: None, limit }
    }
}

impl Store {
    /// Transfers that wait for a person, oldest first.
    pub async fn waiting(&self, filter: DeskFilter) -> Result<Vec<Transfer>, StoreError> {
        let mut connection = self.read().await?;
        let code_of_failure =
            connection.dialect().choose("json_extract(t.last_failure, '$.code')", "t.last_failure::json->>'code'");
        let mut wanted = query(concat!("SELECT ", transfer_columns!("t."), " FROM transfers t WHERE "));
        wanted = match (filter.waiting, filter.code) {
            (Waiting::Parked, None) => wanted.push("t.state = 'parked'"),
            (Waiting::Parked, Some(code)) => {
                wanted.push("t.state = 'parked' AND ").push(code_of_failure).push(" = ").push_bind(code)
            }
            (Waiting::Held, None) => {
                wanted.push("t.state = 'queued' AND t.turn IS NULL AND t.reference IN (SELECT h.reference FROM holds h)")
            }
            (Waiting::Held, Some(code)) => wanted
                .push("t.state = 'queued' AND t.turn IS NULL AND t.reference IN (SELECT h.reference FROM holds h WHERE h.code = ")
                .push_bind(code)
                .push(")"),
        };
        let names = [
            ("store", filter.store.map(|store| store.to_string())),
            ("adapter", filter.adapter.map(|adapter| adapter.to_string())),
            ("account", filter.account.map(|account| account.to_string())),
        ];
        for (column, name) in names {
            if let Some(name) = name {
                wanted = wanted.push(" AND t.").push(column).push(" = ").push_bind(name);
            }
        }
        if let Some(before) = filter.before {
            wanted = wanted.push(" AND t.created_at < ").push_bind(before);
        }
        let wanted = wanted.push(" ORDER BY t.id LIMIT ").push_bind(filter.limit);
        wanted.all(&mut connection).await?.iter().map(rows::transfer).collect()
    }
}
