//! Every order and quote of an account, from every channel (rules H1 to H3): the back end's, merged with ours that are not there yet.

mod counterparts;
mod looked_up;
mod merge;
mod owned;

use futures::future::join_all;
use jiff::Timestamp;

use merge::{Either, Merged};
use owned::owned;

use super::{BackendDocument, Caller, Commerce, DocumentPage, Provenance, Record, ServiceError};
use crate::domain::{AdapterName, BackendNumber, DocumentFilter, Failure, FailureCode, PageRequest, Purpose, Reference};
use crate::store::{Document, DocumentKind, Observed};

/// Which page of which documents.
#[derive(Clone, Debug)]
pub struct ListRequest {
    pub filter: DocumentFilter,
    pub cursor: Option<String>,
    pub limit: u32,
}

impl Commerce {
    /// One page of the account's orders or quotes, newest first.
    pub async fn documents<T: BackendDocument>(
        &self,
        caller: &Caller,
        request: ListRequest,
    ) -> Result<DocumentPage<Record<T>>, ServiceError> {
        let adapter = self.adapter(T::adapter_of(&caller.shop.config))?;
        let context = caller.context(Purpose::History, caller.shop.config.read_deadline());
        let (account, filter, reads) = (caller.account()?.clone(), request.filter.clone(), &self.inner.reads);
        let ask = async |page: PageRequest| adapter.call_on(reads, &context, T::list(account, filter, page)).await;
        let merged: Merged<T> = self.merged(caller, adapter.name(), &request, ask).await?;
        let Merged { items, next_cursor, provenance, as_of } = merged;
        let counterparts = self.counterparts(caller, adapter.name(), items.iter().filter_map(Either::backend)).await?;
        let record = |item| match item {
            Either::Backend(document) => {
                let captured = counterparts.of(&document);
                self.record(caller, adapter.name(), captured, document, provenance, as_of)
            }
            Either::Ours(document) => Record::captured(*document),
        };
        let items: Vec<_> = items.into_iter().map(record).collect();
        self.keep_observed(&items).await;
        Ok(DocumentPage { items, next_cursor, provenance, as_of })
    }

    /// One order or quote, by our reference or the back end's number; live where the back end answers (rule H1).
    pub async fn document<T: BackendDocument>(&self, caller: &Caller, id: &str) -> Result<Record<T>, ServiceError> {
        let account = caller.account()?.clone();
        let not_found = || ServiceError::NotFound(T::KIND.as_str());
        let captured = self.ours(caller, id, T::KIND).await?;
        let number = match &captured {
            Some(document) => document.backend_number.clone(),
            None => may_be_number(id).then(|| BackendNumber::new(id)),
        };
        let Some(number) = number else { return captured.map(Record::captured).ok_or_else(not_found) };
        let name = captured.as_ref().map_or_else(|| T::adapter_of(&caller.shop.config), |document| &document.adapter);
        let adapter = self.adapter(name)?;
        let context = caller.context(Purpose::History, caller.shop.config.read_deadline());
        let answer: Result<T, _> = adapter.call_on(&self.inner.reads, &context, T::get(account.clone(), number)).await;
        match (owned(&adapter, &account, answer), captured) {
            (Ok(document), _) => {
                let counterparts = self.counterparts(caller, adapter.name(), [&document]).await?;
                let (captured, now) = (counterparts.of(&document), self.inner.clock.now());
                let record = self.record(caller, adapter.name(), captured, document, Provenance::Live, now);
                self.keep_observed(std::slice::from_ref(&record)).await;
                Ok(record)
            }
            (Err(_), Some(document)) => Ok(Record { provenance: Provenance::Stale, ..Record::captured(document) }),
            (Err(failure), None) if is_no_number(&failure) => Err(not_found()),
            (Err(failure), None) => Err(failure.into()),
        }
    }

    /// Our document behind an id, when it is the caller's account's in this store. A foreign one is as if it were not there (rule H3).
    pub(super) async fn ours(&self, caller: &Caller, id: &str, kind: DocumentKind) -> Result<Option<Document>, ServiceError> {
        let Ok(reference) = Reference::parse(id) else { return Ok(None) };
        let account = caller.account()?;
        let document = self.inner.store.document(&reference).await?;
        Ok(document
            .filter(|document| document.account == *account && document.store == caller.shop.name && document.kind() == kind))
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

    async fn keep(&self, reference: &Reference, observed: Observed, at: Timestamp) {
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
