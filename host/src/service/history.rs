//! Every order and quote of an account, from every channel (rules H1 to H3): the back end's list, merged with ours that are not there yet.

use std::collections::HashSet;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::record::{DocumentPage, OrderRecord, Provenance, QuoteRecord, TransferSummary};
use super::{Caller, Commerce, ServiceError};
use crate::adapter::Adapter;
use crate::adapter::operation::{GetOrder, GetQuote, ListOrders, ListQuotes};
use crate::domain::{
    AccountGrant, AccountNumber, AdapterName, BackendNumber, DocumentFilter, Failure, FailureCode, OrderDocument, Page, PageRequest,
    Purpose, QuoteDocument, QuoteStatus, Reference, TransferState,
};
use crate::store::{Document, DocumentKind, DocumentQuery, ListKey};

/// Which page of which documents.
#[derive(Clone, Debug)]
pub struct ListRequest {
    pub filter: DocumentFilter,
    pub cursor: Option<String>,
    pub limit: u32,
}

/// Where the next page begins. Opaque to the caller.
#[derive(Serialize, Deserialize)]
struct Cursor {
    /// The back end's own cursor; absent while it is down.
    backend: Option<String>,
    /// Ours placed before this instant were not shown yet.
    before: Timestamp,
    /// Documents of the remembered list that were shown, while the back end is down.
    skip: Option<usize>,
}

impl Cursor {
    fn parse(text: &str) -> Result<Self, ServiceError> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| ServiceError::CursorInvalid)?;
        serde_json::from_slice(&bytes).map_err(|_| ServiceError::CursorInvalid)
    }

    fn show(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }
}

/// What orders and quotes of a back end have in common.
trait BackendDocument: Serialize + DeserializeOwned + Clone {
    fn account(&self) -> &AccountNumber;
    fn reference(&self) -> Option<&Reference>;
    fn placed_at(&self) -> Timestamp;
    fn status(&self) -> &'static str;
}

impl BackendDocument for OrderDocument {
    fn account(&self) -> &AccountNumber {
        &self.account
    }

    fn reference(&self) -> Option<&Reference> {
        self.reference.as_ref()
    }

    fn placed_at(&self) -> Timestamp {
        self.placed_at
    }

    fn status(&self) -> &'static str {
        self.status.as_str()
    }
}

impl BackendDocument for QuoteDocument {
    fn account(&self) -> &AccountNumber {
        &self.account
    }

    fn reference(&self) -> Option<&Reference> {
        self.reference.as_ref()
    }

    fn placed_at(&self) -> Timestamp {
        self.placed_at
    }

    fn status(&self) -> &'static str {
        self.status.as_str()
    }
}

/// One page, merged, before it is turned into records.
struct Merged<T> {
    items: Vec<Either<T>>,
    next_cursor: Option<String>,
    provenance: Provenance,
    as_of: Timestamp,
}

enum Either<T> {
    Backend(T),
    Ours(Box<Document>),
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
                Either::Backend(document) => self.order_record(caller, adapter.name(), document, merged.provenance, merged.as_of).await?,
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
                Either::Backend(document) => self.quote_record(caller, adapter.name(), document, merged.provenance, merged.as_of).await?,
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
            (Ok(document), _) => self.order_record(caller, adapter.name(), document, Provenance::Live, self.inner.clock.now()).await,
            (Err(_), Some(document)) => {
                let as_of = document.updated_at;
                let record = self.captured_order(document).await?;
                Ok(OrderRecord { provenance: Provenance::Stale, as_of, ..record })
            }
            (Err(failure), None) if failure.code == FailureCode::NotFound => Err(ServiceError::NotFound("order")),
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
            (Ok(document), _) => self.quote_record(caller, adapter.name(), document, Provenance::Live, self.inner.clock.now()).await,
            (Err(_), Some(document)) => {
                let as_of = document.updated_at;
                let record = self.captured_quote(caller, document).await?;
                Ok(QuoteRecord { provenance: Provenance::Stale, as_of, ..record })
            }
            (Err(failure), None) if failure.code == FailureCode::NotFound => Err(ServiceError::NotFound("quote")),
            (Err(failure), None) => Err(failure.into()),
        }
    }

    /// Our document behind an id, when it is the caller's account's in this store. A foreign one is as if it were not there (rule H3).
    async fn ours(&self, caller: &Caller, id: &str, kind: DocumentKind) -> Result<Option<Document>, ServiceError> {
        let Ok(reference) = Reference::parse(id) else { return Ok(None) };
        let account = caller.account()?;
        let document = self.inner.store.document(&reference).await?;
        Ok(document.filter(|document| document.account == *account && document.store == caller.shop.name && document.kind() == kind))
    }

    /// The back end's page merged with ours that it does not have yet (rule H1); what it said last when it is down (rule H2).
    async fn merged<T: BackendDocument>(
        &self,
        caller: &Caller,
        adapter: &AdapterName,
        kind: DocumentKind,
        request: &ListRequest,
        ask: impl AsyncFnOnce(PageRequest) -> Result<Page<T>, Failure>,
    ) -> Result<Merged<T>, ServiceError> {
        let account = caller.account()?;
        let cursor = request.cursor.as_deref().map(Cursor::parse).transpose()?;
        let key = ListKey { store: caller.shop.name.clone(), adapter: adapter.clone(), account: account.clone(), kind };
        let resumed_offline = cursor.as_ref().is_some_and(|cursor| cursor.skip.is_some());
        let answer = if resumed_offline {
            Err(Failure::new(FailureCode::Unavailable, "the list is continued from what was remembered"))
        } else {
            let backend = cursor.as_ref().and_then(|cursor| cursor.backend.clone());
            ask(PageRequest { cursor: backend, limit: request.limit }).await
        };
        let listed = match answer {
            Ok(page) => {
                let items = only_of(adapter, account, page.items);
                let now = self.inner.clock.now();
                if request.cursor.is_none() && request.filter == DocumentFilter::default() {
                    self.inner.store.remember_list(key, &items, now).await?;
                }
                Listed { items: filtered(items, &request.filter), next: page.next.map(NextPage::Backend), provenance: Provenance::Live, as_of: now }
            }
            Err(failure) if may_show_last_known(&failure) => self.last_known(&key, request, cursor.as_ref(), &failure).await?,
            Err(failure) => return Err(failure.into()),
        };
        self.merge(caller, kind, request, cursor, listed).await
    }

    /// The remembered list, paged by position (rule H2).
    async fn last_known<T: BackendDocument>(
        &self,
        key: &ListKey,
        request: &ListRequest,
        cursor: Option<&Cursor>,
        failure: &Failure,
    ) -> Result<Listed<T>, ServiceError> {
        // Without anything remembered, an empty list would be a lie.
        let Some((known, as_of)) = self.inner.store.last_known_list::<T>(key).await? else { return Err(failure.clone().into()) };
        let skip = cursor.and_then(|cursor| cursor.skip).unwrap_or(0);
        let limit = request.limit as usize;
        let known = filtered(known, &request.filter);
        let next = (known.len() > skip + limit).then_some(NextPage::Remembered(skip + limit));
        let items = known.into_iter().skip(skip).take(limit).collect();
        Ok(Listed { items, next, provenance: Provenance::Stale, as_of })
    }

    /// Adds ours to a page: those placed within the time that the page covers.
    async fn merge<T: BackendDocument>(
        &self,
        caller: &Caller,
        kind: DocumentKind,
        request: &ListRequest,
        cursor: Option<Cursor>,
        listed: Listed<T>,
    ) -> Result<Merged<T>, ServiceError> {
        let until = cursor.map(|cursor| cursor.before);
        let oldest = listed.items.iter().map(BackendDocument::placed_at).min();
        // On the last page everything older is ours to show; before that, only what is newer than the page's oldest.
        let since = listed.next.as_ref().and(oldest.or(until));
        let query = DocumentQuery {
            store: caller.shop.name.clone(),
            accounts: AccountGrant::Only([caller.account()?.clone()].into()),
            kind,
            statuses: request.filter.statuses.clone(),
            from: later(since, request.filter.from.and_then(|day| start_of(day, &caller.shop.time_zone))),
            until: earlier(until, request.filter.to.and_then(|day| day.tomorrow().ok()).and_then(|day| start_of(day, &caller.shop.time_zone))),
            after: None,
            limit: request.limit.max(100),
        };
        let shown: HashSet<_> = listed.items.iter().filter_map(|document| document.reference().cloned()).collect();
        let offline = listed.provenance == Provenance::Stale;
        let ours = self.inner.store.documents_of(query).await?;
        let missing = ours.into_iter().filter(|document| {
            let in_backend = matches!(document.transfer, TransferState::Confirmed | TransferState::Linked);
            !shown.contains(&document.reference) && (!in_backend || offline) && matches_search(document, request.filter.search.as_deref())
        });
        let mut items: Vec<_> = listed.items.into_iter().map(Either::Backend).chain(missing.map(|document| Either::Ours(Box::new(document)))).collect();
        items.sort_by_key(|item| std::cmp::Reverse(item.placed_at()));
        let next_cursor = listed.next.map(|next| {
            let before = since.unwrap_or(Timestamp::MIN);
            match next {
                NextPage::Backend(backend) => Cursor { backend: Some(backend), before, skip: None }.show(),
                NextPage::Remembered(skip) => Cursor { backend: None, before, skip: Some(skip) }.show(),
            }
        });
        Ok(Merged { items, next_cursor, provenance: listed.provenance, as_of: listed.as_of })
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
        let captured = self.counterpart(caller, adapter, DocumentKind::Order, document.reference.as_ref(), &document.number).await?;
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
        let captured = self.counterpart(caller, adapter, DocumentKind::Quote, document.reference.as_ref(), &document.number).await?;
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

    async fn summary(&self, document: Option<&Document>) -> Result<Option<TransferSummary>, ServiceError> {
        let Some(document) = document else { return Ok(None) };
        let transfers = self.inner.store.transfers_of(&document.reference).await?;
        Ok(transfers.first().map(TransferSummary::from))
    }
}

struct Listed<T> {
    items: Vec<T>,
    next: Option<NextPage>,
    provenance: Provenance,
    as_of: Timestamp,
}

enum NextPage {
    Backend(String),
    Remembered(usize),
}

impl<T: BackendDocument> Either<T> {
    fn placed_at(&self) -> Timestamp {
        match self {
            Self::Backend(document) => document.placed_at(),
            Self::Ours(document) => document.captured_at,
        }
    }
}

/// Only documents of the account: whatever else an adapter returns is dropped and counted (rule H3).
fn only_of<T: BackendDocument>(adapter: &AdapterName, account: &AccountNumber, documents: Vec<T>) -> Vec<T> {
    let (own, foreign): (Vec<_>, Vec<_>) = documents.into_iter().partition(|document| document.account() == account);
    if !foreign.is_empty() {
        count_foreign(adapter, foreign.len() as u64);
    }
    own
}

/// A foreign document is as if it were not there, and counted (rule H3).
fn owned<T: BackendDocument>(adapter: &Adapter, account: &AccountNumber, answer: Result<T, Failure>) -> Result<T, Failure> {
    let document = answer?;
    if document.account() == account {
        return Ok(document);
    }
    count_foreign(adapter.name(), 1);
    Err(Failure::new(FailureCode::NotFound, "there is no such document"))
}

fn count_foreign(adapter: &AdapterName, documents: u64) {
    metrics::counter!("ordergate_contract_violations_total", "adapter" => adapter.to_string(), "kind" => "foreign-document").increment(documents);
    tracing::warn!(adapter.name = %adapter, documents, "adapter returned documents of another account: dropped");
}

/// The host filters again: an adapter may not be able to.
fn filtered<T: BackendDocument>(documents: Vec<T>, filter: &DocumentFilter) -> Vec<T> {
    let wanted = |document: &T| filter.statuses.is_empty() || filter.statuses.iter().any(|status| status == document.status());
    documents.into_iter().filter(wanted).collect()
}

/// Ours have no number yet: searched by reference and purchase order.
fn matches_search(document: &Document, search: Option<&str>) -> bool {
    let Some(search) = search.map(str::to_lowercase) else { return true };
    let purchase_order = document
        .order()
        .and_then(|order| order.purchase_order.as_deref())
        .or_else(|| document.quote().and_then(|quote| quote.purchase_order.as_deref()));
    [Some(document.reference.as_str()), purchase_order].into_iter().flatten().any(|text| text.to_lowercase().contains(&search))
}

/// The back end is not there or does not answer sensibly; a refusal is passed on.
fn may_show_last_known(failure: &Failure) -> bool {
    !matches!(failure.code, FailureCode::Rejected | FailureCode::InvalidRequest | FailureCode::Unsupported)
}

/// A reference of ours is never asked as a number.
fn may_be_number(id: &str) -> bool {
    Reference::parse(id).is_err() && id.len() <= 64 && !id.bytes().any(|byte| byte.is_ascii_control())
}

fn start_of(day: jiff::civil::Date, zone: &jiff::tz::TimeZone) -> Option<Timestamp> {
    day.to_zoned(zone.clone()).ok().map(|start| start.timestamp())
}

fn later(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.max(other)
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
