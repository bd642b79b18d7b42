//! Reading documents, transfers and attempts (rules H1, T11), and what the back end says about a document later.

use futures::future::FutureExt;
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Sqlite};

use super::instant::to_millis;
use super::{Attempt, Document, DocumentKind, Observed, Store, StoreError, Transfer, rows, taken};
use crate::domain::{AccountGrant, AdapterName, BackendNumber, Reference, StoreName};

/// Which documents to list.
#[derive(Clone, Debug)]
pub struct DocumentQuery {
    pub store: StoreName,
    pub accounts: AccountGrant,
    pub kind: DocumentKind,
    /// Business statuses by name; empty for all.
    pub statuses: Vec<String>,
    /// Captured at or after.
    pub from: Option<Timestamp>,
    /// Captured before.
    pub until: Option<Timestamp>,
    /// Leaves out what the back end's own list shows.
    pub not_listed_by: Option<ListedBy>,
    /// The last document of the page before.
    pub after: Option<(Timestamp, Reference)>,
    pub limit: u32,
}

/// A back end whose list is at hand: it shows what it has confirmed, except what it confirmed only just.
#[derive(Clone, Debug)]
pub struct ListedBy {
    pub adapter: AdapterName,
    /// Confirmed since then: its list may still miss it.
    pub lagging_since: Timestamp,
}

/// Documents with where the transfer stands that carries them.
const DOCUMENTS: &str = "SELECT d.*, t.state AS transfer_state, t.attempts AS transfer_attempts, t.due_at AS transfer_due_at, \
    t.last_failure AS transfer_failure FROM documents d JOIN transfers t ON t.id = d.transfer WHERE ";

/// How many references or numbers one query names.
const AT_ONCE: usize = 500;

impl Store {
    pub async fn document(&self, reference: &Reference) -> Result<Option<Document>, StoreError> {
        Ok(self.documents(std::slice::from_ref(reference)).await?.pop())
    }

    /// The documents with these references, in no particular order.
    pub async fn documents(&self, references: &[Reference]) -> Result<Vec<Document>, StoreError> {
        let mut found = Vec::with_capacity(references.len());
        for references in references.chunks(AT_ONCE) {
            let mut query = QueryBuilder::<Sqlite>::new(DOCUMENTS);
            push_list(&mut query, "d.reference IN (", references.iter().map(ToString::to_string));
            extend(&mut found, query.build().fetch_all(&self.readers).await?)?;
        }
        Ok(found)
    }

    /// Our documents with these numbers of a back end, when they came through us; the oldest first where one number has several.
    pub async fn documents_by_number(
        &self,
        store: &StoreName,
        adapter: &AdapterName,
        kind: DocumentKind,
        numbers: &[BackendNumber],
    ) -> Result<Vec<Document>, StoreError> {
        let mut found = Vec::with_capacity(numbers.len());
        for numbers in numbers.chunks(AT_ONCE) {
            let mut query = QueryBuilder::<Sqlite>::new(DOCUMENTS);
            push_list(&mut query, "d.backend_number IN (", numbers.iter().map(ToString::to_string));
            query.push(" AND d.kind = ").push_bind(kind.as_str());
            query.push(" AND d.store = ").push_bind(store.to_string());
            query.push(" AND d.adapter = ").push_bind(adapter.to_string());
            query.push(" ORDER BY d.captured_at, d.transfer");
            extend(&mut found, query.build().fetch_all(&self.readers).await?)?;
        }
        Ok(found)
    }

    /// Documents, newest first.
    pub async fn documents_of(&self, wanted: DocumentQuery) -> Result<Vec<Document>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(DOCUMENTS);
        query.push("d.store = ").push_bind(wanted.store.to_string());
        query.push(" AND d.kind = ").push_bind(wanted.kind.as_str());
        if let AccountGrant::Only(accounts) = &wanted.accounts {
            push_list(&mut query, " AND d.account IN (", accounts.iter().map(ToString::to_string));
        }
        if !wanted.statuses.is_empty() {
            push_list(&mut query, " AND d.status IN (", wanted.statuses);
        }
        if let Some(from) = wanted.from {
            query.push(" AND d.captured_at >= ").push_bind(to_millis(from));
        }
        if let Some(until) = wanted.until {
            query.push(" AND d.captured_at < ").push_bind(to_millis(until));
        }
        if let Some(ListedBy { adapter, lagging_since }) = wanted.not_listed_by {
            query.push(" AND (t.state NOT IN ('confirmed', 'linked') OR d.updated_at >= ").push_bind(to_millis(lagging_since));
            query.push(" OR d.adapter <> ").push_bind(adapter.to_string()).push(")");
        }
        if let Some((captured_at, reference)) = wanted.after {
            query.push(" AND (d.captured_at, d.reference) < (").push_bind(to_millis(captured_at));
            query.push(", ").push_bind(reference.to_string()).push(")");
        }
        query.push(" ORDER BY d.captured_at DESC, d.reference DESC LIMIT ").push_bind(wanted.limit);
        query.build().fetch_all(&self.readers).await?.iter().map(rows::document).collect()
    }

    /// Everything that was or is to be sent for a reference, oldest first.
    pub async fn transfers_of(&self, reference: &Reference) -> Result<Vec<Transfer>, StoreError> {
        let query = sqlx::query("SELECT * FROM transfers WHERE reference = ? ORDER BY id").bind(reference.to_string());
        query.fetch_all(&self.readers).await?.iter().map(rows::transfer).collect()
    }

    /// All attempts and look-ups for a reference, oldest first.
    pub async fn attempts_of(&self, reference: &Reference) -> Result<Vec<Attempt>, StoreError> {
        let query = sqlx::query(
            "SELECT a.* FROM attempts a JOIN transfers t ON t.id = a.transfer WHERE t.reference = ? ORDER BY a.transfer, a.number",
        )
        .bind(reference.to_string());
        query.fetch_all(&self.readers).await?.iter().map(rows::attempt).collect()
    }

    /// Keeps what the back end was just seen to say about one of our documents. A final quote stays as it is (rule Q4). Tells whether
    /// anything changed.
    pub async fn observe(&self, reference: &Reference, observed: Observed, at: Timestamp) -> Result<bool, StoreError> {
        let reference = reference.clone();
        self.write(move |connection| async move { taken::observe(connection, &reference, &observed, at).await }.boxed()).await
    }
}

fn extend(found: &mut Vec<Document>, rows: Vec<SqliteRow>) -> Result<(), StoreError> {
    for row in &rows {
        found.push(rows::document(row)?);
    }
    Ok(())
}

/// `head`, the values, and the closing bracket.
fn push_list(query: &mut QueryBuilder<Sqlite>, head: &'static str, values: impl IntoIterator<Item = String>) {
    let mut list = query.push(head).separated(", ");
    for value in values {
        list.push_bind(value);
    }
    query.push(")");
}
