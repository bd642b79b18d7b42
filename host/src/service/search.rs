//! The desk's search (rule T11): which orders and quotes there are of what somebody says, and where they stand.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::Serialize;

use super::{Commerce, ServiceError, TransferReport};
use crate::domain::{AccountNumber, AdapterName, BackendNumber, Reference, StoreName};
use crate::store::{Document, DocumentKind, Found, Search, Transfer};

/// One page of what was found, newest first.
#[derive(Clone, Debug)]
pub struct FoundPage {
    pub items: Vec<FoundReport>,
    /// The last one, when there are more.
    pub next: Option<Found>,
}

/// An order or quote, and where it stands. Without its payload, purchase order included: that is personal.
#[derive(Clone, Debug, Serialize)]
pub struct FoundReport {
    pub reference: Reference,
    pub kind: DocumentKind,
    /// The back end's number; of what came through another channel, the number of what was acted on.
    pub number: Option<BackendNumber>,
    pub store: StoreName,
    pub account: AccountNumber,
    pub adapter: AdapterName,
    /// The back end's word.
    pub status: Option<String>,
    pub captured_at: Timestamp,
    /// A person holds it back.
    pub is_held: bool,
    /// Findings about it that wait for somebody.
    pub findings: Vec<i64>,
    /// What was or is to be sent of it, oldest first.
    pub transfers: Vec<TransferReport>,
}

impl Commerce {
    /// Finds orders and quotes of every store.
    pub async fn search(&self, mut search: Search) -> Result<FoundPage, ServiceError> {
        let (store, limit) = (&self.inner.store, search.limit as usize);
        search.limit = search.limit.saturating_add(1);
        let mut found = store.search(&search).await?;
        let has_more = found.len() > limit;
        found.truncate(limit);
        let references: Vec<_> = found.iter().map(|found| found.reference.clone()).collect();
        let documents = store.documents(&references).await?.into_iter();
        let mut documents: HashMap<_, _> = documents.map(|document| (document.reference.clone(), document)).collect();
        let mut transfers =
            grouped(store.transfers_among(&references).await?.into_iter().map(|one| (one.reference.clone(), one)));
        let mut findings = grouped(store.open_findings_among(&references).await?.into_iter());
        let items = references.into_iter().filter_map(|reference| {
            let findings = findings.remove(&reference).unwrap_or_default();
            report(documents.remove(&reference), transfers.remove(&reference)?, findings)
        });
        Ok(FoundPage { items: items.collect(), next: found.pop().filter(|_| has_more) })
    }
}

fn grouped<T>(items: impl Iterator<Item = (Reference, T)>) -> BTreeMap<Reference, Vec<T>> {
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for (reference, item) in items {
        groups.entry(reference).or_default().push(item);
    }
    groups
}

fn report(document: Option<Document>, transfers: Vec<Transfer>, findings: Vec<i64>) -> Option<FoundReport> {
    let first = transfers.first()?;
    let (number, status, is_held) = match document {
        Some(document) => (document.backend_number, document.status, document.on_hold.is_some()),
        None => (first.instruction.number.clone(), None, false),
    };
    Some(FoundReport {
        kind: DocumentKind::of(&first.reference),
        reference: first.reference.clone(),
        number,
        store: first.store.clone(),
        account: first.account.clone(),
        adapter: first.adapter.clone(),
        status,
        captured_at: first.created_at,
        is_held,
        findings,
        transfers: transfers.into_iter().map(TransferReport::from).collect(),
    })
}
