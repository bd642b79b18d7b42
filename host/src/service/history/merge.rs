//! One page of a merged list (rules H1, H2, B3): pages of the back ends that a store shows, with ours that they do not have yet; what a back
//! end said last when it is down.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::ListRequest;
use super::pages::{Listed, Source};
use crate::domain::{AdapterName, BackendNumber, Deduplication, DocumentFilter, Reference};
use crate::service::{BackendDocument, Caller, Commerce, FieldProblem, Provenance, ServiceError};
use crate::store::{Document, DocumentQuery, ListedBy};

/// One page, merged, before it is turned into records.
pub(super) struct Merged<T> {
    pub(super) items: Vec<Either<T>>,
    pub(super) next_cursor: Option<String>,
    /// `Live` when every back end answered.
    pub(super) provenance: Provenance,
    /// Of the oldest of its parts.
    pub(super) as_of: Timestamp,
}

pub(super) enum Either<T> {
    /// Of a back end, with where it was read and when.
    Backend(Box<Shown<T>>),
    Ours(Box<Document>),
}

/// A document of a back end in a list.
pub(super) struct Shown<T> {
    pub(super) document: T,
    pub(super) adapter: AdapterName,
    pub(super) provenance: Provenance,
    pub(super) as_of: Timestamp,
}

/// How long after a confirmation a back end's list may still miss the document.
const LIST_LAG: SignedDuration = SignedDuration::from_secs(60);

/// How many of our own documents are read at once, and how many one page may hold of them at the most.
const OURS_AT_ONCE: u32 = 200;
const MOST_OF_OURS: usize = 5_000;

/// Where the next page begins. Opaque to the caller.
#[derive(Serialize, Deserialize)]
struct Cursor {
    /// Back ends that have more.
    sources: Vec<Source>,
    /// What was placed before this instant was not shown yet.
    before: Timestamp,
    /// Back ends count their pages by it.
    limit: u32,
    /// Whose list it is, and of what, as a number.
    list: u64,
}

impl Cursor {
    fn parse(text: &str) -> Result<Self, ServiceError> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| ServiceError::CursorInvalid)?;
        serde_json::from_slice(&bytes).map_err(|_| ServiceError::CursorInvalid)
    }

    /// Pages of another length would leave out what is between them.
    fn same_limit(&self, limit: Option<u32>) -> Result<u32, ServiceError> {
        if limit.is_some_and(|limit| limit != self.limit) {
            let message = format!("must be {}, as on the page before, or be left out", self.limit);
            return Err(ServiceError::Invalid(vec![FieldProblem::new("?limit", message)]));
        }
        Ok(self.limit)
    }

    fn show(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }
}

impl Commerce {
    /// The back ends' pages merged with ours that they do not have yet (rules H1, B3). A cursor names only back ends of the store.
    pub(super) async fn merged<T: BackendDocument>(
        &self,
        caller: &Caller,
        mut request: ListRequest,
    ) -> Result<Merged<T>, ServiceError> {
        let shown = self.backends_of::<T>(&caller.shop);
        let cursor = request.cursor.as_deref().map(Cursor::parse).transpose()?;
        let (sources, before) = match cursor {
            None => (shown.iter().cloned().map(Source::start).collect(), None),
            Some(cursor) => {
                request.limit = Some(cursor.same_limit(request.limit)?);
                if cursor.list != list_of::<T>(caller, &request)? {
                    return Err(ServiceError::CursorInvalid);
                }
                (cursor.sources, Some(cursor.before))
            }
        };
        let request = &request;
        // Each at most once: a cursor comes from outside, and every source is a call.
        let named: HashSet<_> = sources.iter().map(|source: &Source| &source.adapter).collect();
        if named.len() != sources.len() || !named.iter().all(|adapter| shown.contains(adapter)) {
            return Err(ServiceError::CursorInvalid);
        }
        let pages = sources.into_iter().map(|source| self.page_of::<T>(caller, request, source, before));
        let pages = try_join_all(pages).await?;
        let cut = cut(&pages, request.limit(), before);
        self.merge(caller, request, pages, before, cut).await
    }

    /// Adds ours to the pages: those placed within the time that is shown.
    async fn merge<T: BackendDocument>(
        &self,
        caller: &Caller,
        request: &ListRequest,
        pages: Vec<Listed<T>>,
        before: Option<Timestamp>,
        cut: Option<Timestamp>,
    ) -> Result<Merged<T>, ServiceError> {
        let zone = &caller.shop.time_zone;
        let now = self.inner.clock.now();
        let lagging_since = match before {
            None => now.saturating_sub(LIST_LAG).unwrap_or(Timestamp::MIN),
            Some(_) => Timestamp::MAX,
        };
        let provenance =
            if pages.iter().all(|page| page.provenance == Provenance::Live) { Provenance::Live } else { Provenance::Stale };
        let as_of = pages.iter().map(|page| page.as_of).min().unwrap_or(now);
        // While a back end is down, its remembered list may miss whatever was confirmed since.
        let live = pages.iter().filter(|page| page.provenance == Provenance::Live).map(|page| page.source.adapter.clone());
        let query = DocumentQuery {
            store: caller.shop.name.clone(),
            account: caller.account()?.clone(),
            kind: T::KIND,
            statuses: request.filter.statuses.clone(),
            // On the last page everything older is ours to show, too.
            from: later(cut, request.filter.from.and_then(|day| start_of(day, zone))),
            until: earlier(before, request.filter.to.and_then(|day| end_of(day, zone))),
            not_listed_by: live.map(|adapter| ListedBy { adapter, lagging_since }).collect(),
            after: None,
            limit: OURS_AT_ONCE,
        };
        let mut ours = self.all_of(query).await?;
        let known = Known::of(&pages);
        ours.retain(|document| {
            !known.has(document, || self.class_of(&document.adapter, known.references_of(&document.adapter)))
                && matches_search(document, request.filter.search.as_deref())
        });
        // Without anything remembered, a list that has nothing of ours either would be a lie.
        if let Some(failure) = pages.iter().find_map(|page| page.unknown.as_ref()).filter(|_| ours.is_empty()) {
            return Err(failure.clone().into());
        }
        let mut left = Vec::new();
        let mut items: Vec<_> = ours.into_iter().map(|document| Either::Ours(Box::new(document))).collect();
        for page in pages {
            let (shown, rest) = page.shown_down_to(cut);
            items.extend(shown.into_iter().map(|shown| Either::Backend(Box::new(shown))));
            left.extend(rest);
        }
        items.sort_by_key(|item| std::cmp::Reverse(item.placed_at()));
        let (before, list) = (cut.or(before).unwrap_or(Timestamp::MIN), list_of::<T>(caller, request)?);
        let next_cursor = (!left.is_empty()).then(|| Cursor { sources: left, before, limit: request.limit(), list }.show());
        Ok(Merged { items, next_cursor, provenance, as_of })
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
}

/// Tells a list from those of other customers and stores, and otherwise narrowed ones.
fn list_of<T: BackendDocument>(caller: &Caller, request: &ListRequest) -> Result<u64, ServiceError> {
    let mut hasher = DefaultHasher::new();
    let DocumentFilter { statuses, from, to, search } = &request.filter;
    (T::KIND.as_str(), caller.shop.name.as_str(), caller.account()?.as_str(), statuses, from, to, search).hash(&mut hasher);
    Ok(hasher.finish())
}

/// Down to which instant this page shows; none when it shows everything that is left. Of several back ends as many as were asked for together,
/// and nothing that is older than what one of them has yet to show.
fn cut<T: BackendDocument>(pages: &[Listed<T>], limit: u32, before: Option<Timestamp>) -> Option<Timestamp> {
    let unseen = pages.iter().filter(|page| page.next.is_some());
    let horizon = unseen.map(|page| page.oldest().or(before).unwrap_or(Timestamp::MAX)).max();
    if pages.len() < 2 {
        return horizon;
    }
    let mut placed: Vec<_> = pages.iter().flat_map(|page| page.items.iter().map(|document| document.head().placed_at)).collect();
    placed.sort_unstable_by(|one, other| other.cmp(one));
    let last = (limit as usize).checked_sub(1).and_then(|last| placed.get(last)).copied();
    let is_full = last.is_some_and(|last| placed.last().is_some_and(|oldest| *oldest < last));
    later(horizon, last.filter(|_| is_full))
}

/// By what the documents of a page are known: our reference, or the number at a back end that does not keep it.
struct Known {
    references: HashSet<Reference>,
    numbers: HashMap<(AdapterName, BackendNumber), Option<Reference>>,
}

impl Known {
    fn of<T: BackendDocument>(pages: &[Listed<T>]) -> Self {
        let all = || pages.iter().flat_map(|page| page.items.iter().map(|document| (&page.source.adapter, document.head())));
        Self {
            references: all().filter_map(|(_, head)| head.reference.cloned()).collect(),
            numbers: all().map(|(adapter, head)| ((adapter.clone(), head.number.clone()), head.reference.cloned())).collect(),
        }
    }

    /// Of what one back end shows.
    fn references_of(&self, adapter: &AdapterName) -> impl Iterator<Item = Option<&Reference>> {
        self.numbers.iter().filter(move |((of, _), _)| of == adapter).map(|(_, reference)| reference.as_ref())
    }

    /// `class` is asked only of the few whose number is shown.
    fn has(&self, document: &Document, class: impl FnOnce() -> Deduplication) -> bool {
        let numbered = document.backend_number.clone().map(|number| (document.adapter.clone(), number));
        let shown = numbered.and_then(|numbered| self.numbers.get(&numbered));
        self.references.contains(&document.reference)
            || shown.is_some_and(|reference| document.may_be_known_as(reference.as_ref(), class()))
    }
}

impl<T: BackendDocument> Either<T> {
    pub(super) fn backend(&self) -> Option<&Shown<T>> {
        match self {
            Self::Backend(shown) => Some(shown),
            Self::Ours(_) => None,
        }
    }

    fn placed_at(&self) -> Timestamp {
        match self {
            Self::Backend(shown) => shown.document.head().placed_at,
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
pub(super) fn contains(texts: [Option<&str>; 3], search: &str) -> bool {
    texts.into_iter().flatten().any(|text| text.to_lowercase().contains(search))
}

pub(super) fn start_of(day: jiff::civil::Date, zone: &jiff::tz::TimeZone) -> Option<Timestamp> {
    day.to_zoned(zone.clone()).ok().map(|start| start.timestamp())
}

/// The first instant after a day.
pub(super) fn end_of(day: jiff::civil::Date, zone: &jiff::tz::TimeZone) -> Option<Timestamp> {
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
