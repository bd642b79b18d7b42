//! Every order and quote of an account, from every channel (rules H1 to H3): the back end's, merged with ours that are not there yet.

mod merge;
mod owned;

use jiff::Timestamp;

use merge::Either;
use owned::owned;

use super::record::{DocumentPage, OrderRecord, Provenance, QuoteRecord, TransferSummary};
use super::{Caller, Commerce, ServiceError};
use crate::adapter::operation::{GetOrder, GetQuote, ListOrders, ListQuotes};
use crate::domain::{
    AdapterName, BackendNumber, DocumentFilter, Failure, FailureCode, OrderDocument, PageRequest, Purpose, QuoteDocument,
    QuoteStatus, Reference,
};
use crate::store::{Document, DocumentKind, Observed};

/// Which page of which documents.
#[derive(Clone, Debug)]
pub struct ListRequest {
    pub filter: DocumentFilter,
    pub cursor: Option<String>,
    pub limit: u32,
}

impl Commerce {
    /// One page of the account's orders, newest first.
    pub async fn orders(&self, caller: &Caller, request: ListRequest) -> Result<DocumentPage<OrderRecord>, ServiceError> {
        let adapter = self.adapter(caller.shop.config.orders_adapter())?;
        let context = caller.context(Purpose::History, caller.shop.config.read_deadline());
        let account = caller.account()?.clone();
        let filter = request.filter.clone();
        let ask = async |page: PageRequest| adapter.call(&context, &ListOrders { account, filter, page }).await;
        let merged = self.merged(caller, adapter.name(), DocumentKind::Order, &request, ask).await?;
        let mut items = Vec::with_capacity(merged.items.len());
        for item in merged.items {
            items.push(match item {
                Either::Backend(document) => {
                    self.order_record(caller, adapter.name(), document, merged.provenance, merged.as_of).await?
                }
                Either::Ours(document) => self.captured_order(*document).await?,
            });
        }
        Ok(DocumentPage { items, next_cursor: merged.next_cursor, provenance: merged.provenance, as_of: merged.as_of })
    }

    /// One page of the account's quotes, newest first.
    pub async fn quotes(&self, caller: &Caller, request: ListRequest) -> Result<DocumentPage<QuoteRecord>, ServiceError> {
        let adapter = self.adapter(caller.shop.config.quotes_adapter())?;
        let context = caller.context(Purpose::History, caller.shop.config.read_deadline());
        let account = caller.account()?.clone();
        let filter = request.filter.clone();
        let ask = async |page: PageRequest| adapter.call(&context, &ListQuotes { account, filter, page }).await;
        let merged = self.merged(caller, adapter.name(), DocumentKind::Quote, &request, ask).await?;
        let mut items = Vec::with_capacity(merged.items.len());
        for item in merged.items {
            items.push(match item {
                Either::Backend(document) => {
                    self.quote_record(caller, adapter.name(), document, merged.provenance, merged.as_of).await?
                }
                Either::Ours(document) => self.captured_quote(caller, *document).await?,
            });
        }
        Ok(DocumentPage { items, next_cursor: merged.next_cursor, provenance: merged.provenance, as_of: merged.as_of })
    }

    /// One order, by our reference or the back end's number; live where the back end answers (rule H1).
    pub async fn order(&self, caller: &Caller, id: &str) -> Result<OrderRecord, ServiceError> {
        let account = caller.account()?.clone();
        let captured = self.ours(caller, id, DocumentKind::Order).await?;
        let adapter_name = captured.as_ref().map_or(caller.shop.config.orders_adapter(), |document| &document.adapter).clone();
        let number = match &captured {
            Some(document) => document.backend_number.clone(),
            None => Some(BackendNumber::new(id)),
        };
        let (Some(number), true) = (number, may_be_number(id) || captured.is_some()) else {
            return match captured {
                Some(document) => self.captured_order(document).await,
                None => Err(ServiceError::NotFound("order")),
            };
        };
        let adapter = self.adapter(&adapter_name)?;
        let context = caller.context(Purpose::History, caller.shop.config.read_deadline());
        let answer = adapter.call(&context, &GetOrder { account: account.clone(), number }).await;
        match (owned(&adapter, &account, answer), captured) {
            (Ok(document), _) => {
                self.order_record(caller, adapter.name(), document, Provenance::Live, self.inner.clock.now()).await
            }
            (Err(_), Some(document)) => {
                let as_of = document.updated_at;
                let record = self.captured_order(document).await?;
                Ok(OrderRecord { provenance: Provenance::Stale, as_of, ..record })
            }
            (Err(failure), None) if is_no_number(&failure) => Err(ServiceError::NotFound("order")),
            (Err(failure), None) => Err(failure.into()),
        }
    }

    /// One quote, by our reference or the back end's number; live where the back end answers.
    pub async fn quote(&self, caller: &Caller, id: &str) -> Result<QuoteRecord, ServiceError> {
        let account = caller.account()?.clone();
        let captured = self.ours(caller, id, DocumentKind::Quote).await?;
        let adapter_name = captured.as_ref().map_or(caller.shop.config.quotes_adapter(), |document| &document.adapter).clone();
        let number = match &captured {
            Some(document) => document.backend_number.clone(),
            None => Some(BackendNumber::new(id)),
        };
        let (Some(number), true) = (number, may_be_number(id) || captured.is_some()) else {
            return match captured {
                Some(document) => self.captured_quote(caller, document).await,
                None => Err(ServiceError::NotFound("quote")),
            };
        };
        let adapter = self.adapter(&adapter_name)?;
        let context = caller.context(Purpose::History, caller.shop.config.read_deadline());
        let answer = adapter.call(&context, &GetQuote { account: account.clone(), number }).await;
        match (owned(&adapter, &account, answer), captured) {
            (Ok(document), _) => {
                self.quote_record(caller, adapter.name(), document, Provenance::Live, self.inner.clock.now()).await
            }
            (Err(_), Some(document)) => {
                let as_of = document.updated_at;
                let record = self.captured_quote(caller, document).await?;
                Ok(QuoteRecord { provenance: Provenance::Stale, as_of, ..record })
            }
            (Err(failure), None) if is_no_number(&failure) => Err(ServiceError::NotFound("quote")),
            (Err(failure), None) => Err(failure.into()),
        }
    }

    /// Our document behind an id, when it is the caller's account's in this store. A foreign one is as if it were not there (rule H3).
    async fn ours(&self, caller: &Caller, id: &str, kind: DocumentKind) -> Result<Option<Document>, ServiceError> {
        let Ok(reference) = Reference::parse(id) else { return Ok(None) };
        let account = caller.account()?;
        let document = self.inner.store.document(&reference).await?;
        Ok(document
            .filter(|document| document.account == *account && document.store == caller.shop.name && document.kind() == kind))
    }

    /// A back-end order with what we know of it.
    async fn order_record(
        &self,
        caller: &Caller,
        adapter: &AdapterName,
        document: OrderDocument,
        provenance: Provenance,
        as_of: Timestamp,
    ) -> Result<OrderRecord, ServiceError> {
        let captured =
            self.counterpart(caller, adapter, DocumentKind::Order, document.reference.as_ref(), &document.number).await?;
        let observed =
            Observed { status: document.status.as_str().to_owned(), raw_status: document.raw_status.clone(), revision: None };
        if provenance == Provenance::Live {
            self.keep_observed(captured.as_ref(), observed, as_of).await;
        }
        let transfer = self.summary(captured.as_ref()).await?;
        let store = caller.shop.name.clone();
        Ok(OrderRecord { store, adapter: adapter.clone(), captured, backend: Some(document), transfer, provenance, as_of })
    }

    async fn captured_order(&self, document: Document) -> Result<OrderRecord, ServiceError> {
        Ok(OrderRecord {
            store: document.store.clone(),
            adapter: document.adapter.clone(),
            transfer: self.summary(Some(&document)).await?,
            provenance: Provenance::Captured,
            as_of: document.updated_at,
            backend: None,
            captured: Some(document),
        })
    }

    async fn quote_record(
        &self,
        caller: &Caller,
        adapter: &AdapterName,
        document: QuoteDocument,
        provenance: Provenance,
        as_of: Timestamp,
    ) -> Result<QuoteRecord, ServiceError> {
        let captured =
            self.counterpart(caller, adapter, DocumentKind::Quote, document.reference.as_ref(), &document.number).await?;
        let observed = Observed {
            status: document.status.as_str().to_owned(),
            raw_status: document.raw_status.clone(),
            revision: Some(document.revision.clone()),
        };
        if provenance == Provenance::Live {
            self.keep_observed(captured.as_ref(), observed, as_of).await;
        }
        let transfer = self.summary(captured.as_ref()).await?;
        Ok(QuoteRecord {
            store: caller.shop.name.clone(),
            adapter: adapter.clone(),
            captured,
            status: document.status_at(self.inner.clock.now(), &caller.shop.time_zone),
            expires_at: document.expires_at(&caller.shop.time_zone),
            backend: Some(document),
            transfer,
            provenance,
            as_of,
        })
    }

    async fn captured_quote(&self, caller: &Caller, document: Document) -> Result<QuoteRecord, ServiceError> {
        Ok(QuoteRecord {
            store: caller.shop.name.clone(),
            adapter: document.adapter.clone(),
            status: document.quote_status().unwrap_or(QuoteStatus::Requested),
            transfer: self.summary(Some(&document)).await?,
            provenance: Provenance::Captured,
            as_of: document.updated_at,
            expires_at: None,
            backend: None,
            captured: Some(document),
        })
    }

    /// What we captured of a back-end document: by our reference, else by its number.
    async fn counterpart(
        &self,
        caller: &Caller,
        adapter: &AdapterName,
        kind: DocumentKind,
        reference: Option<&Reference>,
        number: &BackendNumber,
    ) -> Result<Option<Document>, ServiceError> {
        let account = caller.account()?;
        let by_reference = match reference {
            Some(reference) => self.inner.store.document(reference).await?,
            None => None,
        };
        let document = match by_reference {
            Some(document) => Some(document),
            None => self.inner.store.document_by_number(&caller.shop.name, adapter, kind, number).await?,
        };
        Ok(document.filter(|document| document.account == *account && document.kind() == kind))
    }

    /// Keeps a changed status, so that it can be shown while the back end is down (rule H2). Not worth failing a read for.
    async fn keep_observed(&self, captured: Option<&Document>, observed: Observed, as_of: Timestamp) {
        let Some(document) = captured.filter(|document| document.status.as_deref() != Some(&observed.status)) else { return };
        if let Err(error) = self.inner.store.observe(&document.reference, observed, as_of).await {
            tracing::warn!(%error, reference = %document.reference, "the newest status was not kept");
        }
    }

    async fn summary(&self, document: Option<&Document>) -> Result<Option<TransferSummary>, ServiceError> {
        let Some(document) = document else { return Ok(None) };
        let transfers = self.inner.store.transfers_of(&document.reference).await?;
        Ok(transfers.first().map(TransferSummary::from))
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
