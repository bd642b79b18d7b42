//! What was asked of the back end about a document that it has, such as a cancellation: until it has answered, nothing else is (rule Q5).

use std::collections::HashMap;

use jiff::Timestamp;

use super::lock::{Lock, lock};
use super::sql::{Connection, Dialect, Query, query};
use super::{CaptureOutcome, DocumentKind, Store, StoreError, rows};
use crate::domain::{AccountNumber, AdapterName, BackendNumber, TransferOperation};

/// Of `transfers`, those that name the number of what they are about; in the wording of the index.
pub(super) const NAMES_A_NUMBER: &str = "operation NOT IN ('submit-order', 'submit-quote', 'release-reservation')";

/// Of transfers `t`, those that act on a document without being one; in the wording of the index.
pub(super) const ACTS: &str = "t.operation IN ('cancel-order', 'decline-quote', 'withdraw-quote')";

/// The number that a transfer's instruction names; in the wording of the index.
pub(super) fn number(dialect: Dialect) -> &'static str {
    dialect.choose("json_extract(instruction, '$.number')", "(instruction::json ->> 'number') COLLATE \"C\"")
}

const OPEN: &str = "state NOT IN ('confirmed', 'linked', 'rejected', 'abandoned')";

impl Store {
    /// What waits for the back end's answer, by the number of the account's order or quote that it is about; the oldest where there are several.
    pub async fn under_way_about(
        &self,
        adapter: &AdapterName,
        account: &AccountNumber,
        kind: DocumentKind,
        numbers: &[BackendNumber],
    ) -> Result<HashMap<BackendNumber, TransferOperation>, StoreError> {
        let mut connection = self.read().await?;
        let asked =
            asked(connection.dialect(), adapter, account, kind, numbers).push(" AND ").push(OPEN).push(" ORDER BY id DESC");
        let pair = |row: &super::sql::Row| Ok((row.text("number")?.into(), rows::operation(row)?));
        asked.all(&mut connection).await?.iter().map(pair).collect()
    }
}

/// Something that is to be asked of the back end.
pub(super) struct Asks<'a> {
    pub(super) operation: TransferOperation,
    /// Of the order or quote that it is about, if it is about one.
    pub(super) number: Option<&'a BackendNumber>,
    /// What it took since then was not seen by whoever asks.
    pub(super) seen_since: Option<Timestamp>,
}

/// What of the same account stands in the way of that. Until the end of the transaction nobody else asks anything about its document.
pub(super) async fn in_the_way(
    connection: &mut Connection,
    adapter: &AdapterName,
    account: &AccountNumber,
    asks: Asks<'_>,
) -> Result<Option<CaptureOutcome>, StoreError> {
    let Some(number) = asks.number else { return Ok(None) };
    lock(connection, Lock::Number { adapter, number: number.as_str() }).await?;
    let kind = DocumentKind::named_by(asks.operation);
    let mut asked = asked(connection.dialect(), adapter, account, kind, std::slice::from_ref(number)).push(" AND (").push(OPEN);
    if let Some(since) = asks.seen_since {
        asked = asked.push(" OR updated_at >= ").push_bind(since).push(" AND state IN ('confirmed', 'linked')");
    }
    let row = asked.push(") ORDER BY id").optional(connection).await?;
    row.map(|row| Ok(CaptureOutcome::UnderWay { reference: row.text("reference")?.into(), operation: rows::operation(&row)? }))
        .transpose()
}

fn asked(
    dialect: Dialect,
    adapter: &AdapterName,
    account: &AccountNumber,
    kind: DocumentKind,
    numbers: &[BackendNumber],
) -> Query {
    let named = number(dialect);
    let asked = query("SELECT reference, operation, ").push(named).push(" AS number FROM transfers WHERE ").push(named);
    let asked = asked.push(" IN ").push_list(numbers.iter().map(ToString::to_string)).push(" AND ").push(NAMES_A_NUMBER);
    let asked = asked.push(if kind == DocumentKind::Order { " AND operation = " } else { " AND operation <> " });
    let asked = asked.push_bind(TransferOperation::CancelOrder.as_str()).push(" AND adapter = ").push_bind(adapter.to_string());
    asked.push(" AND account = ").push_bind(account.to_string())
}
