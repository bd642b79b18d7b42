//! Every order and quote of an account, from every channel (rules H1 to H3): the back end's, merged with ours that are not there yet.

mod counterparts;
mod looked_up;
mod merge;
mod owned;
mod pages;

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use jiff::Timestamp;

use merge::{Either, Merged, Shown};
pub(super) use owned::{Asked, owned};

use super::{BackendDocument, Caller, Commerce, DocumentPage, Provenance, Record, ServiceError, Shop};
use crate::adapter::operation::Operation;
use crate::domain::{AdapterName, BackendNumber, Deduplication, DocumentFilter, Failure, FailureCode, Purpose, Reference};
use crate::store::{Document, DocumentKind, Observed};

/// Which page of which documents.
#[derive(Clone, Debug)]
pub struct ListRequest {
    pub filter: DocumentFilter,
    pub cursor: Option<String>,
    /// Back-end documents of a page; those of the page before, or 20, when absent.
    pub limit: Option<u32>,
}

/// Back-end documents of a page when nobody says how many.
const USUAL_LIMIT: u32 = 20;

impl ListRequest {
    fn limit(&self) -> u32 {
        self.limit.unwrap_or(USUAL_LIMIT)
    }
}

impl Commerce {
    /// One page of the account's orders or quotes, newest first, from every back end that the store shows (rule B3).
    pub async fn documents<T: BackendDocument>(
        &self,
        caller: &Caller,
        request: ListRequest,
    ) -> Result<DocumentPage<Record<T>>, ServiceError> {
        let Merged { items, next_cursor, provenance, as_of } = self.merged::<T>(caller, request).await?;
        let backends: BTreeSet<_> = items.iter().filter_map(Either::backend).map(|shown| shown.adapter.clone()).collect();
        let mut counterparts = BTreeMap::new();
        for backend in backends {
            let its = items.iter().filter_map(Either::backend).filter(|shown| shown.adapter == backend);
            let its = its.map(|shown| &shown.document);
            let class = self.class_of(&backend, its.clone().map(|document| document.head().reference));
            let known = self.counterparts(caller, &backend, class, its).await?;
            counterparts.insert(backend, known);
        }
        let record = |item| match item {
            Either::Backend(shown) => {
                let Shown { document, adapter, provenance, as_of } = *shown;
                let captured = counterparts.get(&adapter).and_then(|known| known.of(&document));
                self.record(caller, &adapter, captured, document, provenance, as_of)
            }
            Either::Ours(document) => Record::captured(*document),
        };
        let mut items: Vec<_> = items.into_iter().map(record).collect();
        self.mark_pending(caller, &mut items).await?;
        self.keep_observed(&items).await;
        Ok(DocumentPage { items, next_cursor, provenance, as_of })
    }

    /// One order or quote, by our reference or the back end's number; live where the back end answers (rule H1). A number that the store's own
    /// back end does not know is looked for in the others that it shows.
    pub async fn document<T: BackendDocument>(&self, caller: &Caller, id: &str) -> Result<Record<T>, ServiceError> {
        let mut record = self.record_behind(caller, id).await?;
        self.mark_pending(caller, std::slice::from_mut(&mut record)).await?;
        Ok(record)
    }

    async fn record_behind<T: BackendDocument>(&self, caller: &Caller, id: &str) -> Result<Record<T>, ServiceError> {
        let not_found = || ServiceError::NotFound(T::KIND.as_str());
        if let Some(document) = self.ours(caller, id, T::KIND).await? {
            let Some(number) = &document.backend_number else { return Ok(Record::captured(document)) };
            return match self.shown_by::<T>(caller, &document.adapter, number, Asked::Ours(&document)).await? {
                Ok(record) => Ok(record),
                Err(_) => Ok(Record { provenance: Provenance::Stale, ..Record::captured(document) }),
            };
        }
        if !may_be_number(id) {
            return Err(not_found());
        }
        let (number, mut failed) = (BackendNumber::new(id), None);
        for backend in self.backends_of::<T>(&caller.shop) {
            match self.shown_by::<T>(caller, &backend, &number, Asked::Number(&number)).await? {
                Ok(record) => return Ok(record),
                Err(failure) if is_no_number(&failure) => {}
                Err(failure) => failed = failed.or(Some(failure)),
            }
        }
        Err(failed.map_or_else(not_found, ServiceError::from))
    }

    /// What a back end says of a number now, or why it does not.
    async fn shown_by<T: BackendDocument>(
        &self,
        caller: &Caller,
        backend: &AdapterName,
        number: &BackendNumber,
        asked: Asked<'_>,
    ) -> Result<Result<Record<T>, Failure>, ServiceError> {
        let (account, adapter) = (caller.account()?.clone(), self.adapter(backend)?);
        let context = caller.context(Purpose::History, caller.shop.config.read_deadline());
        let asked_at = self.inner.clock.now();
        let answer: Result<T, _> = adapter.call_on(&self.inner.reads, &context, T::get(account.clone(), number.clone())).await;
        let document = match owned(&adapter, &account, asked, answer) {
            Ok(document) => document,
            Err(failure) => return Ok(Err(failure)),
        };
        let counterparts = self.counterparts(caller, adapter.name(), adapter.description().deduplication, [&document]).await?;
        let captured = counterparts.of(&document);
        let record = self.record(caller, adapter.name(), captured, document, Provenance::Live, asked_at);
        self.keep_observed(std::slice::from_ref(&record)).await;
        Ok(Ok(record))
    }

    /// The back ends whose documents a store shows: its own, and those beside it that can list them.
    fn backends_of<T: BackendDocument>(&self, shop: &Shop) -> Vec<AdapterName> {
        let lists = |name: &&AdapterName| {
            self.inner.adapters.get(name).is_some_and(|adapter| adapter.description().supports(<T::List as Operation>::NAME))
        };
        let own = T::adapter_of(&shop.config);
        let others = shop.config.history.iter().filter(|name| *name != own).filter(lists);
        std::iter::once(own).chain(others).cloned().collect()
    }

    /// What a back end does with our references; `none` when nobody knows, and where none of its rows has one: a list may leave them out.
    fn class_of<'a>(&self, adapter: &AdapterName, mut references: impl Iterator<Item = Option<&'a Reference>>) -> Deduplication {
        if !references.any(|reference| reference.is_some()) {
            return Deduplication::None;
        }
        self.inner.adapters.get(adapter).map_or(Deduplication::None, |adapter| adapter.description().deduplication)
    }

    /// Our document behind an id, when it is the caller's account's in this store. A foreign one is as if it were not there (rule H3).
    pub(super) async fn ours(&self, caller: &Caller, id: &str, kind: DocumentKind) -> Result<Option<Document>, ServiceError> {
        let Ok(reference) = Reference::parse(id) else { return Ok(None) };
        let account = caller.account()?;
        let document = self.inner.store.document(&reference).await?;
        Ok(document
            .filter(|document| document.account == *account && document.store == caller.shop.name && document.kind() == kind))
    }

    /// Tells of each what the back end has yet to answer to.
    async fn mark_pending<T: BackendDocument>(&self, caller: &Caller, records: &mut [Record<T>]) -> Result<(), ServiceError> {
        let backends: BTreeSet<_> = records.iter().map(|record| record.adapter.clone()).collect();
        for backend in backends {
            let its = records.iter_mut().filter(|record| record.adapter == backend);
            let (numbers, its): (Vec<_>, Vec<_>) = its.filter_map(|record| Some((record.number()?.clone(), record))).unzip();
            let pending = self.inner.store.under_way_about(&backend, caller.account()?, T::KIND, &numbers).await?;
            for (number, record) in numbers.iter().zip(its) {
                record.pending = pending.get(number).copied();
            }
        }
        Ok(())
    }

    /// A back-end document with what we know of it.
    fn record<T: BackendDocument>(
        &self,
        caller: &Caller,
        adapter: &AdapterName,
        captured: Option<Document>,
        document: T,
        provenance: Provenance,
        as_of: Timestamp,
    ) -> Record<T> {
        let zone = &caller.shop.time_zone;
        Record {
            store: caller.shop.name.clone(),
            adapter: adapter.clone(),
            captured,
            status: Some(document.status_at(self.inner.clock.now(), zone)),
            expires_at: document.expires_at(zone),
            backend: Some(document),
            provenance,
            as_of,
            pending: None,
        }
    }

    /// Keeps changed statuses, so that they can be shown while the back end is down (rule H2). Not worth failing a read for.
    async fn keep_observed<T: BackendDocument>(&self, records: &[Record<T>]) {
        let live = records.iter().filter(|record| record.provenance == Provenance::Live);
        let changed = live.filter_map(|record| {
            let (captured, observed) = (record.captured.as_ref()?, record.backend.as_ref()?.observed());
            (captured.status.as_ref() != Some(&observed.status)).then_some((&captured.reference, observed, record.as_of))
        });
        join_all(changed.map(|(reference, observed, at)| self.keep(reference, observed, at))).await;
    }

    pub(super) async fn keep(&self, reference: &Reference, observed: Observed, at: Timestamp) {
        if let Err(error) = self.inner.store.observe(reference, observed, at).await {
            tracing::warn!(%error, %reference, "the newest status was not kept");
        }
    }
}

/// There is no document with the number, or it is none that could be asked for (such as `..`).
fn is_no_number(failure: &Failure) -> bool {
    matches!(failure.code, FailureCode::NotFound | FailureCode::InvalidRequest)
}

/// A reference of ours is never asked as a number.
fn may_be_number(id: &str) -> bool {
    Reference::parse(id).is_err() && id.len() <= 64 && !id.bytes().any(|byte| byte.is_ascii_control())
}
