//! One page of a merged list (rules H1, H2): the back end's page, with ours that it does not have yet; what it said last when it is down.

use std::collections::HashSet;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::ListRequest;
use super::owned::only_of;
use crate::domain::{
    AccountGrant, AdapterName, BackendNumber, DocumentFilter, Failure, FailureCode, Page, PageRequest, Reference,
};
use crate::service::{BackendDocument, Caller, Commerce, Provenance, ServiceError};
use crate::store::{Document, DocumentQuery, ListKey, ListedBy};

/// One page, merged, before it is turned into records.
pub(super) struct Merged<T> {
    pub(super) items: Vec<Either<T>>,
    pub(super) next_cursor: Option<String>,
    pub(super) provenance: Provenance,
    pub(super) as_of: Timestamp,
}

pub(super) enum Either<T> {
    Backend(T),
    Ours(Box<Document>),
}

/// How long after a confirmation a back end's list may still miss the document.
const LIST_LAG: SignedDuration = SignedDuration::from_secs(60);

/// Documents of a first page that is worth remembering.
const REMEMBERED: u32 = 20;

/// How many of our own documents are read at once, and how many one page may hold of them at the most.
const OURS_AT_ONCE: u32 = 200;
const MOST_OF_OURS: usize = 5_000;

/// Where the next page begins. Opaque to the caller.
#[derive(Serialize, Deserialize)]
struct Cursor {
    /// The back end's own cursor; absent when the list is continued from what was remembered.
    backend: Option<String>,
    /// What was placed before this instant was not shown yet.
    before: Timestamp,
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

impl Commerce {
    /// The back end's page merged with ours that it does not have yet (rule H1); what it said last when it is down (rule H2).
    pub(super) async fn merged<T: BackendDocument>(
        &self,
        caller: &Caller,
        adapter: &AdapterName,
        request: &ListRequest,
        ask: impl AsyncFnOnce(PageRequest) -> Result<Page<T>, Failure>,
    ) -> Result<Merged<T>, ServiceError> {
        let account = caller.account()?;
        let cursor = request.cursor.as_deref().map(Cursor::parse).transpose()?;
        let key = ListKey { store: caller.shop.name.clone(), adapter: adapter.clone(), account: account.clone(), kind: T::KIND };
        let answer = match &cursor {
            Some(Cursor { backend: None, .. }) => {
                Err(Failure::new(FailureCode::Unavailable, "the list is continued from what was remembered"))
            }
            Some(Cursor { backend, .. }) => ask(PageRequest { cursor: backend.clone(), limit: request.limit }).await,
            None => ask(PageRequest { cursor: None, limit: request.limit }).await,
        };
        let listed = match answer {
            Ok(page) => {
                let items = only_of(adapter, account, page.items);
                let now = self.inner.clock.now();
                self.remember(key, request, &items, page.next.is_none(), now).await;
                Listed {
                    items: self.filtered(caller, items, &request.filter),
                    next: page.next.map(NextPage::Backend),
                    provenance: Provenance::Live,
                    as_of: now,
                }
            }
            Err(failure) if may_show_last_known(&failure) => {
                self.last_known(caller, &key, request, cursor.as_ref(), &failure).await?
            }
            Err(failure) => return Err(failure.into()),
        };
        self.merge(caller, adapter, request, cursor, listed).await
    }

    /// Keeps an unfiltered first page for the time when the back end is down. A shorter one than usual says less than the one before.
    async fn remember<T: BackendDocument>(
        &self,
        key: ListKey,
        request: &ListRequest,
        items: &[T],
        is_whole: bool,
        now: Timestamp,
    ) {
        let unfiltered = request.cursor.is_none() && request.filter == DocumentFilter::default();
        if unfiltered
            && (is_whole || request.limit >= REMEMBERED)
            && let Err(error) = self.inner.store.remember_list(key, items, now).await
        {
            tracing::warn!(%error, "the newest list was not kept");
        }
    }

    /// The remembered list, paged by time (rule H2). Documents placed in the same instant stay on one page.
    async fn last_known<T: BackendDocument>(
        &self,
        caller: &Caller,
        key: &ListKey,
        request: &ListRequest,
        cursor: Option<&Cursor>,
        failure: &Failure,
    ) -> Result<Listed<T>, ServiceError> {
        // Without anything remembered, an empty list would be a lie.
        let Some((known, as_of)) = self.inner.store.last_known_list::<T>(key).await? else { return Err(failure.clone().into()) };
        let mut items = self.filtered(caller, known, &request.filter);
        items.retain(|document| cursor.is_none_or(|cursor| document.head().placed_at < cursor.before));
        items.sort_by_key(|document| std::cmp::Reverse(document.head().placed_at));
        let last =
            (request.limit as usize).checked_sub(1).and_then(|last| items.get(last)).map(|document| document.head().placed_at);
        let more = last.is_some_and(|last| items.iter().any(|document| document.head().placed_at < last));
        items.retain(|document| last.is_none_or(|last| document.head().placed_at >= last));
        Ok(Listed { items, next: more.then_some(NextPage::Remembered), provenance: Provenance::Stale, as_of })
    }

    /// Adds ours to a page: those placed within the time that the page covers.
    async fn merge<T: BackendDocument>(
        &self,
        caller: &Caller,
        adapter: &AdapterName,
        request: &ListRequest,
        cursor: Option<Cursor>,
        listed: Listed<T>,
    ) -> Result<Merged<T>, ServiceError> {
        let zone = &caller.shop.time_zone;
        let lagging_since = match cursor {
            None => self.inner.clock.now().saturating_sub(LIST_LAG).unwrap_or(Timestamp::MIN),
            Some(_) => Timestamp::MAX,
        };
        // While the back end is down, its remembered list may miss whatever was confirmed since.
        let live = listed.provenance == Provenance::Live;
        let until = cursor.map(|cursor| cursor.before);
        let oldest = listed.items.iter().map(|document| document.head().placed_at).min();
        // On the last page everything older is ours to show; before that, only what is newer than the page's oldest.
        let since = listed.next.as_ref().and(oldest.or(until));
        let query = DocumentQuery {
            store: caller.shop.name.clone(),
            accounts: AccountGrant::Only([caller.account()?.clone()].into()),
            kind: T::KIND,
            statuses: request.filter.statuses.clone(),
            from: later(since, request.filter.from.and_then(|day| start_of(day, zone))),
            until: earlier(until, request.filter.to.and_then(|day| end_of(day, zone))),
            not_listed_by: live.then(|| ListedBy { adapter: adapter.clone(), lagging_since }),
            after: None,
            limit: OURS_AT_ONCE,
        };
        let references: HashSet<_> = listed.items.iter().filter_map(|document| document.head().reference.cloned()).collect();
        let numbers: HashSet<_> = listed.items.iter().map(|document| document.head().number.clone()).collect();
        let mut ours = self.all_of(query).await?;
        ours.retain(|document| {
            // Some back ends do not keep our reference: then the number tells.
            let numbered =
                document.adapter == *adapter && document.backend_number.as_ref().is_some_and(|number| numbers.contains(number));
            !references.contains(&document.reference) && !numbered && matches_search(document, request.filter.search.as_deref())
        });
        let ours = ours.into_iter().map(|document| Either::Ours(Box::new(document)));
        let mut items: Vec<_> = listed.items.into_iter().map(Either::Backend).chain(ours).collect();
        items.sort_by_key(|item| std::cmp::Reverse(item.placed_at()));
        let next_cursor = listed.next.map(|next| {
            let before = since.unwrap_or(Timestamp::MIN);
            match next {
                NextPage::Backend(backend) => Cursor { backend: Some(backend), before }.show(),
                NextPage::Remembered => Cursor { backend: None, before }.show(),
            }
        });
        Ok(Merged { items, next_cursor, provenance: listed.provenance, as_of: listed.as_of })
    }

    /// All documents that a query finds, page by page: none may fall between two pages of a list.
    async fn all_of(&self, mut query: DocumentQuery) -> Result<Vec<Document>, ServiceError> {
        let mut all = Vec::new();
        loop {
            let page = self.inner.store.documents_of(query.clone()).await?;
            let is_last = page.len() < OURS_AT_ONCE as usize || all.len() >= MOST_OF_OURS;
            query.after = page.last().map(|document| (document.captured_at, document.reference.clone()));
            all.extend(page);
            if is_last {
                return Ok(all);
            }
        }
    }

    /// The host filters again: an adapter may not be able to, and a remembered list was not asked.
    fn filtered<T: BackendDocument>(&self, caller: &Caller, documents: Vec<T>, filter: &DocumentFilter) -> Vec<T> {
        let (now, zone) = (self.inner.clock.now(), &caller.shop.time_zone);
        let (from, to) = (filter.from.and_then(|day| start_of(day, zone)), filter.to.and_then(|day| end_of(day, zone)));
        let search = filter.search.as_deref().map(str::to_lowercase);
        let wanted = |document: &T| {
            let (head, status) = (document.head(), document.status_at(now, zone));
            let texts = [Some(head.number.as_str()), head.reference.map(Reference::as_str), head.purchase_order];
            (filter.statuses.is_empty() || filter.statuses.iter().any(|wanted| T::parse_status(wanted) == status))
                && from.is_none_or(|from| head.placed_at >= from)
                && to.is_none_or(|to| head.placed_at < to)
                && search.as_deref().is_none_or(|search| contains(texts, search))
        };
        documents.into_iter().filter(wanted).collect()
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
    Remembered,
}

impl<T: BackendDocument> Either<T> {
    pub(super) fn backend(&self) -> Option<&T> {
        match self {
            Self::Backend(document) => Some(document),
            Self::Ours(_) => None,
        }
    }

    fn placed_at(&self) -> Timestamp {
        match self {
            Self::Backend(document) => document.head().placed_at,
            Self::Ours(document) => document.captured_at,
        }
    }
}

/// Searched by reference, number and purchase order.
fn matches_search(document: &Document, search: Option<&str>) -> bool {
    let Some(search) = search.map(str::to_lowercase) else { return true };
    let purchase_order = document
        .order()
        .and_then(|order| order.purchase_order.as_deref())
        .or_else(|| document.quote().and_then(|quote| quote.purchase_order.as_deref()));
    contains(
        [Some(document.reference.as_str()), purchase_order, document.backend_number.as_ref().map(BackendNumber::as_str)],
        &search,
    )
}

/// `search` must be in lower case.
fn contains(texts: [Option<&str>; 3], search: &str) -> bool {
    texts.into_iter().flatten().any(|text| text.to_lowercase().contains(search))
}

/// The back end is not there or does not answer sensibly; a refusal is passed on.
fn may_show_last_known(failure: &Failure) -> bool {
    !matches!(failure.code, FailureCode::Rejected | FailureCode::InvalidRequest | FailureCode::Unsupported)
}

fn start_of(day: jiff::civil::Date, zone: &jiff::tz::TimeZone) -> Option<Timestamp> {
    day.to_zoned(zone.clone()).ok().map(|start| start.timestamp())
}

/// The first instant after a day.
fn end_of(day: jiff::civil::Date, zone: &jiff::tz::TimeZone) -> Option<Timestamp> {
    start_of(day.tomorrow().ok()?, zone)
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
