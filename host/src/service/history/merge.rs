//! One page of a merged list (rules H1, H2): the back end's page, with ours that it does not have yet; what it said last when it is down.

use std::collections::HashSet;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::ListRequest;
use super::owned::{BackendDocument, only_of};
use crate::domain::{AccountGrant, AdapterName, DocumentFilter, Failure, FailureCode, Page, PageRequest, TransferState};
use crate::service::{Caller, Commerce, Provenance, ServiceError};
use crate::store::{Document, DocumentKind, DocumentQuery, ListKey};

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

impl Commerce {
    /// The back end's page merged with ours that it does not have yet (rule H1); what it said last when it is down (rule H2).
    pub(super) async fn merged<T: BackendDocument>(
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
                Listed {
                    items: filtered(items, &request.filter),
                    next: page.next.map(NextPage::Backend),
                    provenance: Provenance::Live,
                    as_of: now,
                }
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
        let first_page = cursor.is_none();
        let lagging_since = self.inner.clock.now().saturating_sub(LIST_LAG).unwrap_or(Timestamp::MIN);
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
            until: earlier(
                until,
                request.filter.to.and_then(|day| day.tomorrow().ok()).and_then(|day| start_of(day, &caller.shop.time_zone)),
            ),
            after: None,
            limit: request.limit.max(100),
        };
        let shown: HashSet<_> = listed.items.iter().filter_map(|document| document.reference().cloned()).collect();
        let offline = listed.provenance == Provenance::Stale;
        let ours = self.inner.store.documents_of(query).await?;
        let missing = ours.into_iter().filter(|document| {
            let in_backend = matches!(document.transfer, TransferState::Confirmed | TransferState::Linked);
            // The back end's list may lag behind what it has just confirmed.
            let just_confirmed = first_page && document.updated_at >= lagging_since;
            !shown.contains(&document.reference)
                && (!in_backend || offline || just_confirmed)
                && matches_search(document, request.filter.search.as_deref())
        });
        let mut items: Vec<_> = listed
            .items
            .into_iter()
            .map(Either::Backend)
            .chain(missing.map(|document| Either::Ours(Box::new(document))))
            .collect();
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
