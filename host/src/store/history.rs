//! Reading documents, transfers and attempts (rules H1, T11), and what the back end says about a document later.

use futures::future::FutureExt;
use jiff::Timestamp;

use super::columns::{attempt_columns, document_columns};
use super::sql::{Query, Row, query};
use super::{Attempt, Document, DocumentKind, Observed, Store, StoreError, Transfer, rows, taken};
use crate::domain::{AccountNumber, AdapterName, BackendNumber, Reference, StoreName};

/// Which documents to list.
#[derive(Clone, Debug)]
pub struct DocumentQuery {
    pub store: StoreName,
    pub account: AccountNumber,
    pub kind: DocumentKind,
    /// Business statuses by name; empty for all.
    pub statuses: Vec<String>,
    /// Captured at or after.
    pub from: Option<Timestamp>,
    /// Captured before.
    pub until: Option<Timestamp>,
    /// Leaves out what the back ends' own lists show.
    pub not_listed_by: Vec<ListedBy>,
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
const DOCUMENTS: &str = concat!(
    "SELECT ",
    document_columns!("d."),
    ", t.state AS transfer_state, t.attempts AS transfer_attempts, t.due_at AS transfer_due_at, t.last_failure AS transfer_failure, ",
    "(SELECT f.state FROM findings f WHERE f.reference = d.reference AND f.reason = 'amended' ORDER BY f.id DESC LIMIT 1) AS review, ",
    "(SELECT count(*) FROM holds h WHERE h.reference = d.reference) AS holds, ",
    "(SELECT h.shown FROM holds h WHERE h.reference = d.reference ORDER BY h.placed_at, h.code LIMIT 1) AS hold_shown ",
    "FROM documents d JOIN transfers t ON t.id = d.transfer WHERE "
);

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
            let wanted = query(DOCUMENTS).push("d.reference IN ").push_list(references.iter().map(ToString::to_string));
            extend(&mut found, wanted.all(&mut self.read().await?).await?)?;
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
            let wanted = query(DOCUMENTS).push("d.backend_number IN ").push_list(numbers.iter().map(ToString::to_string));
            let wanted = wanted.push(" AND d.kind = ").push_bind(kind.as_str());
            let wanted = wanted.push(" AND d.store = ").push_bind(store.to_string());
            let wanted = wanted.push(" AND d.adapter = ").push_bind(adapter.to_string());
            let wanted = wanted.push(" ORDER BY d.captured_at, d.transfer");
            extend(&mut found, wanted.all(&mut self.read().await?).await?)?;
        }
        Ok(found)
    }

    /// Documents, newest first.
    pub async fn documents_of(&self, wanted: DocumentQuery) -> Result<Vec<Document>, StoreError> {
        let documents = wanted.into_query().all(&mut self.read().await?).await?;
        documents.iter().map(rows::document).collect()
    }

    /// Everything that was or is to be sent for a reference, oldest first.
    pub async fn transfers_of(&self, reference: &Reference) -> Result<Vec<Transfer>, StoreError> {
        self.transfers_among(std::slice::from_ref(reference)).await
    }

    /// All attempts and look-ups for a reference, oldest first.
    pub async fn attempts_of(&self, reference: &Reference) -> Result<Vec<Attempt>, StoreError> {
        let attempts = query(concat!(
            "SELECT ",
            attempt_columns!("a."),
            " FROM attempts a JOIN transfers t ON t.id = a.transfer WHERE t.reference = $1 ORDER BY a.transfer, a.number",
        ))
        .bind(reference.to_string());
        attempts.all(&mut self.read().await?).await?.iter().map(rows::attempt).collect()
    }

    /// Keeps what the back end was seen to say about one of our documents, when it was asked at that time. What is known from later stays, and a
    /// final quote (rule Q4). Tells whether anything changed.
    pub async fn observe(&self, reference: &Reference, observed: Observed, asked_at: Timestamp) -> Result<bool, StoreError> {
        let document = reference.clone();
        let changed = self
            .write(move |connection| async move { taken::observe(connection, &document, &observed, asked_at).await }.boxed())
            .await?;
        if changed {
            self.tell_other_hosts(reference);
        }
        Ok(changed)
    }
}

impl DocumentQuery {
    fn into_query(self) -> Query {
        let mut documents = query(DOCUMENTS).push("d.store = ").push_bind(self.store.to_string());
        documents = documents.push(" AND d.kind = ").push_bind(self.kind.as_str());
        documents = documents.push(" AND d.account = ").push_bind(self.account.to_string());
        if !self.statuses.is_empty() {
            documents = documents.push(" AND d.status IN ").push_list(self.statuses);
        }
        if let Some(from) = self.from {
            documents = documents.push(" AND d.captured_at >= ").push_bind(from);
        }
        if let Some(until) = self.until {
            documents = documents.push(" AND d.captured_at < ").push_bind(until);
        }
        for ListedBy { adapter, lagging_since } in self.not_listed_by {
            let not_confirmed = " AND (t.state NOT IN ('confirmed', 'linked') OR d.updated_at >= ";
            documents = documents.push(not_confirmed).push_bind(lagging_since);
            documents = documents.push(" OR d.adapter <> ").push_bind(adapter.to_string()).push(")");
        }
        if let Some((captured_at, reference)) = self.after {
            documents = documents.push(" AND (d.captured_at, d.reference) < (").push_bind(captured_at);
            documents = documents.push(", ").push_bind(reference.to_string()).push(")");
        }
        documents.push(" ORDER BY d.captured_at DESC, d.reference DESC LIMIT ").push_bind(self.limit)
    }
}

fn extend(found: &mut Vec<Document>, rows: Vec<Row>) -> Result<(), StoreError> {
    for row in &rows {
        found.push(rows::document(row)?);
    }
    Ok(())
}
