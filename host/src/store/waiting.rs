//! What waits: parked transfers and documents that are held, for a person; the others on their own. Narrowed as bulk actions need it (rule T11).

use jiff::Timestamp;

use super::columns::transfer_columns;
use super::sql::{Query, query};
use super::{Store, StoreError, Transfer, rows};
use crate::domain::{AccountNumber, AdapterName, StoreName};

/// What is listed. Those that are absent do not narrow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskFilter {
    pub waiting: Waiting,
    /// Of what is held: the code of a hold; else the code of the last failure.
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
    /// For its time, its turn or its back end: nobody has to do anything.
    UnderWay,
}

impl Waiting {
    const ALL: [Self; 3] = [Self::Parked, Self::Held, Self::UnderWay];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parked => "parked",
            Self::Held => "held",
            Self::UnderWay => "under-way",
        }
    }

    /// Of a transfer `t`.
    pub(super) fn condition(self) -> &'static str {
        match self {
            Self::Parked => "t.state = 'parked'",
            Self::UnderWay => "t.turn IS NOT NULL",
            Self::Held => "t.state = 'queued' AND t.turn IS NULL AND t.reference IN (SELECT h.reference FROM holds h)",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|waiting| waiting.as_str() == name)
    }
}

impl DeskFilter {
    /// Everything that waits for this.
    pub fn all(waiting: Waiting, limit: u32) -> Self {
        Self { waiting, code: None, store: None, adapter: None, account: None, before: None, limit }
    }
}

impl Store {
    /// Transfers that wait, oldest first.
    pub async fn waiting(&self, filter: DeskFilter) -> Result<Vec<Transfer>, StoreError> {
        let mut connection = self.read().await?;
        let code_of_failure =
            connection.dialect().choose("json_extract(t.last_failure, '$.code')", "t.last_failure::json->>'code'");
        let mut wanted = query(concat!("SELECT ", transfer_columns!("t."), " FROM transfers t WHERE "));
        wanted = wanted.push(filter.waiting.condition());
        wanted = match (filter.waiting, filter.code) {
            (_, None) => wanted,
            (Waiting::Parked | Waiting::UnderWay, Some(code)) => {
                wanted.push(" AND ").push(code_of_failure).push(" = ").push_bind(code)
            }
            (Waiting::Held, Some(code)) => {
                wanted.push(" AND t.reference IN (SELECT h.reference FROM holds h WHERE h.code = ").push_bind(code).push(")")
            }
        };
        wanted = of_named(wanted, "t", filter.store.as_ref(), filter.adapter.as_ref(), filter.account.as_ref());
        if let Some(before) = filter.before {
            wanted = wanted.push(" AND t.created_at < ").push_bind(before);
        }
        let wanted = wanted.push(" ORDER BY t.id LIMIT ").push_bind(filter.limit);
        wanted.all(&mut connection).await?.iter().map(rows::transfer).collect()
    }
}

/// Narrows what is wanted of a table to those that are named.
pub(super) fn of_named(
    wanted: Query,
    table: &str,
    store: Option<&StoreName>,
    adapter: Option<&AdapterName>,
    account: Option<&AccountNumber>,
) -> Query {
    let names = [
        (".store = ", store.map(ToString::to_string)),
        (".adapter = ", adapter.map(ToString::to_string)),
        (".account = ", account.map(ToString::to_string)),
    ];
    let named = names.into_iter().filter_map(|(column, name)| Some((column, name?)));
    named.fold(wanted, |wanted, (column, name)| wanted.push(" AND ").push(table).push(column).push_bind(name))
}
